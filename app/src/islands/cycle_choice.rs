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
    let (cycle, set_cycle) = signal(cycle);
    let current = move |wanted: Cycle| (cycle.get() == wanted).then_some("true");
    let choose = move |event: MouseEvent, wanted: Cycle| {
        // With a key held down, a link opens elsewhere: leave that to the browser.
        if event.ctrl_key() || event.meta_key() || event.shift_key() || event.alt_key() {
            return;
        }
        event.prevent_default();
        set_cycle.set(wanted);
    };
    view! {
        <div class="by-cycle" data-cycle=move || cycle.get().as_str()>
            <nav class="choice" aria-label="Billing cycle">
                <a
                    href="/membership?cycle=monthly#plans"
                    aria-current=move || current(Cycle::Monthly)
                    on:click=move |event| choose(event, Cycle::Monthly)
                >
                    "Monthly"
                </a>
                <a
                    href="/membership?cycle=yearly#plans"
                    aria-current=move || current(Cycle::Yearly)
                    on:click=move |event| choose(event, Cycle::Yearly)
                >
                    {yearly}
                </a>
            </nav>
            {children()}
        </div>
    }
}
