//! Monthly or yearly prices, without asking the server again.

use leptos::{ev::MouseEvent, prelude::*, wasm_bindgen::JsCast, web_sys::Element};

/// Makes the links among `children` that carry `data-choose` choose on the spot: the nearest element around them with
/// `data-cycle` gets their value, by which the sheet shows one of the prices that are both in the page. Without JavaScript
/// they load the page again.
///
/// The page holds what is chosen in its own markup. An island with properties would bring a JSON reader along, which weighs
/// more than all the rest of the module.
#[island]
pub fn CycleChoice(children: Children) -> impl IntoView {
    let clicked = |event: MouseEvent| {
        if choose(&event).is_some() {
            event.prevent_default();
        }
    };
    view! { <div on:click=clicked>{children()}</div> }
}

/// `None` when the click was for something else.
fn choose(event: &MouseEvent) -> Option<()> {
    // With a key held down, a link opens elsewhere: leave that to the browser.
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
