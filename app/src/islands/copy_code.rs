//! Copy buttons of code blocks.

use leptos::{
    ev::MouseEvent,
    prelude::*,
    wasm_bindgen::{JsCast, JsValue, closure::Closure},
    web_sys::{Element, js_sys::Promise},
};

/// Reveals the copy buttons on the page and makes those among `children` copy the code beside them. A button then reads
/// its `data-copied`, or its `data-failed` if the browser refused.
///
/// The texts are attributes because properties of an island pull a JSON parser into the wasm.
///
/// Without JavaScript, and on plain http, where browsers offer no clipboard, the buttons stay hidden.
#[island]
pub fn CopyCode(children: Children) -> impl IntoView {
    if cfg!(feature = "hydrate") && window().is_secure_context() {
        reveal_buttons();
    }
    let clicked = move |event: MouseEvent| {
        copy(&event);
    };
    view! { <div class="docs-content" on:click=clicked>{children()}</div> }
}

fn reveal_buttons() -> Option<()> {
    while let Some(button) = document().query_selector("button[data-copy][hidden]").ok()? {
        button.remove_attribute("hidden").ok()?;
    }
    Some(())
}

/// Copies the code of a clicked button; `None` if the click is not on a button.
fn copy(event: &MouseEvent) -> Option<()> {
    let button = event.target()?.dyn_into::<Element>().ok()?.closest("button[data-copy]").ok()??;
    let code = button.parent_element()?.query_selector("pre").ok()??.text_content()?;
    let written: Promise = window().navigator().clipboard().write_text(&code);
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
