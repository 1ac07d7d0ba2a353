//! Monthly or yearly prices, without asking the server again.

use domain::catalog::Cycle;
use leptos::{ev::MouseEvent, prelude::*};

/// Two links that choose the cycle whose prices `children` show. The server renders both prices, marked `monthly` and
/// `yearly`, and the sheet hides one of them. Without JavaScript the links load the page again.
#[island]
pub fn CycleChoice(
    cycle: Cycle,
    /// What the yearly link says.
    yearly: String,
    children: Children,
) -> impl IntoView {
    let chosen = RwSignal::new(cycle);
    view! {
        <div class="by-cycle" data-cycle=move || chosen.get().as_str()>
            <nav class="choice" aria-label="Billing cycle">
                {choice(Cycle::Monthly, "Monthly".to_owned(), chosen)}
                {choice(Cycle::Yearly, yearly, chosen)}
            </nav>
            {children()}
        </div>
    }
}

fn choice(cycle: Cycle, label: String, chosen: RwSignal<Cycle>) -> impl IntoView {
    let choose = move |event: MouseEvent| {
        // With a key held down, a link opens elsewhere: leave that to the browser.
        if !(event.ctrl_key() || event.meta_key() || event.shift_key() || event.alt_key()) {
            event.prevent_default();
            chosen.set(cycle);
        }
    };
    view! {
        <a
            href=format!("/membership?cycle={}#plans", cycle.as_str())
            aria-current=move || (chosen.get() == cycle).then_some("true")
            on:click=choose
        >
            {label}
        </a>
    }
}
