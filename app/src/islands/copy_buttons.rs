//! Copy buttons beside code, keys, links and ids.

use leptos::{
    ev::MouseEvent,
    prelude::*,
    wasm_bindgen::{JsCast, JsValue, closure::Closure},
    web_sys::{
        Element,
        js_sys::{Function, Promise},
    },
};

/// Reveals the copy buttons on the page and makes them copy the text beside them. A button then reads its
/// `data-copied`, or its `data-failed` if the browser refused.
///
/// The texts are attributes because properties of an island pull a JSON parser into the wasm. Of several on a page, the
/// first one finds hidden buttons and the others do nothing.
///
/// Without JavaScript, and on plain http, where browsers offer no clipboard, the buttons stay hidden.
#[island]
pub fn CopyButtons() -> impl IntoView {
    if cfg!(feature = "hydrate") && window().is_secure_context() {
        reveal_buttons();
    }
}

fn reveal_buttons() -> Option<()> {
    let mut hidden = document().query_selector("button[data-copy][hidden]").ok()?;
    hidden.as_ref()?;
    let clicked = Closure::<dyn Fn(MouseEvent)>::new(|event: MouseEvent| {
        copy(&event);
    });
    let clicked: Function = clicked.into_js_value().unchecked_into();
    document().add_event_listener_with_callback("click", &clicked).ok()?;
    while let Some(button) = hidden {
        button.remove_attribute("hidden").ok()?;
        hidden = document().query_selector("button[data-copy][hidden]").ok()?;
    }
    Some(())
}

/// Copies the text beside a clicked button; `None` if the click is not on a button.
fn copy(event: &MouseEvent) -> Option<()> {
    let button = event.target()?.dyn_into::<Element>().ok()?.closest("button[data-copy]").ok()??;
    let text = button.parent_element()?.query_selector("pre,textarea,code,h1").ok()??.text_content()?;
    let written: Promise = window().navigator().clipboard().write_text(&text);
    let label = |attribute: &str| {
        let (button, text) = (button.clone(), button.get_attribute(attribute).unwrap_or_default());
        Closure::<dyn FnMut(JsValue)>::new(move |_: JsValue| button.set_text_content(Some(&text)))
    };
    let (done, refused) = (label("data-copied"), label("data-failed"));
    let _ = written.then2(&done, &refused);
    // The browser calls one of the closures after this function returns, so they must not be dropped here.
    done.forget();
    refused.forget();
    Some(())
}
