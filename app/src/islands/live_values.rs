//! Live updates of the parts of a page that show current values.

use leptos::{
    prelude::*,
    wasm_bindgen::{JsCast, closure::Closure},
    web_sys::{Element, HtmlElement, MessageEvent, js_sys::Function},
};
use web_sys::EventSource;

/// Listens to the event stream at the page's `data-live` URL and replaces elements by id.
///
/// Without JavaScript the page keeps the values that it was loaded with.
#[island]
pub fn LiveValues() -> impl IntoView {
    if cfg!(feature = "hydrate") {
        listen();
    }
}

/// Listens while the page is visible. Browsers limit connections per server, and hidden pages would hold them.
fn listen() -> Option<()> {
    let address = document().query_selector("[data-live]").ok()??.get_attribute("data-live")?;
    let on_message = Closure::<dyn Fn(MessageEvent)>::new(|event: MessageEvent| {
        event.data().as_string().and_then(|html| apply_update(&html));
    });
    let on_message: Function = on_message.into_js_value().unchecked_into();
    let mut open: Option<EventSource> = None;
    let mut connect = move || {
        if let Some(source) = open.take() {
            source.close();
        }
        if !document().hidden() {
            open = EventSource::new(&address).ok();
            if let Some(source) = &open {
                source.set_onmessage(Some(&on_message));
            }
        }
    };
    connect();
    let connect: Function = Closure::<dyn FnMut()>::new(connect).into_js_value().unchecked_into();
    document().add_event_listener_with_callback("visibilitychange", &connect).ok()
}

fn apply_update(html: &str) -> Option<()> {
    let sent = document().create_element("div").ok()?;
    sent.set_inner_html(html);
    while let Some(new) = sent.first_element_child() {
        new.remove();
        let old = document().get_element_by_id(&new.id());
        if let Some(old) = old.filter(|old| !old.is_equal_node(Some(&new))) {
            replace(&old, &new)?;
        }
    }
    Some(())
}

/// Replaces an element. Restores the focus if a link within it had the focus.
fn replace(old: &Element, new: &Element) -> Option<()> {
    let is_within = document().active_element().is_some_and(|active| old.contains(Some(&active)));
    old.replace_with_with_node_1(new).ok()?;
    if is_within {
        new.query_selector("a").ok()??.dyn_into::<HtmlElement>().ok()?.focus().ok()?;
    }
    Some(())
}
