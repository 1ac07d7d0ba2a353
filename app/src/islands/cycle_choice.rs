//! The switch between monthly and yearly prices, without a request.

use leptos::{ev::MouseEvent, prelude::*, wasm_bindgen::JsCast, web_sys::Element};

/// Makes links with `data-choose` among `children` set their value on the nearest ancestor with `data-cycle`.
///
/// Both prices are in the page; CSS shows one of them by `data-cycle`. Without JavaScript the links load the page
/// again.
///
/// The state lives in the markup because properties of an island would pull in a JSON parser, which is larger than
/// the rest of the module.
#[island]
pub fn CycleChoice(children: Children) -> impl IntoView {
    let clicked = |event: MouseEvent| {
        if choose(&event).is_some() {
            event.prevent_default();
        }
    };
    view! { <div on:click=clicked>{children()}</div> }
}

/// Applies the choice; `None` if the click is not on a choice.
fn choose(event: &MouseEvent) -> Option<()> {
    // With a modifier key, the browser opens the link elsewhere.
    if event.ctrl_key() || event.meta_key() || event.shift_key() || event.alt_key() {
        return None;
    }
    let link = event.target()?.dyn_into::<Element>().ok()?.closest("a[data-choose]").ok()??;
    let around = link.closest("[data-cycle]").ok()??;
    around.set_attribute("data-cycle", &link.get_attribute("data-choose")?).ok()?;
    if let Some(former) = link.parent_element()?.query_selector("[aria-current]").ok()? {
        former.remove_attribute("aria-current").ok()?;
    }
    link.set_attribute("aria-current", "true").ok()
}
