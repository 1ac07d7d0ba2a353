//! Notices: what happened or is required, what it means, one action.

pub(crate) mod address_notice;
pub(crate) mod answer;
pub(crate) mod error_words;

use leptos::prelude::*;

use crate::components::icon::{Tone, icon};

/// Renders a notice below the page's title.
pub(crate) fn notice(tone: Tone, head: impl Into<String>, body: impl IntoView + 'static) -> AnyView {
    let head = head.into();
    draw(tone, false, view! { <h2>{head}</h2> }, body)
}

/// Renders a notice below a section's heading.
pub(crate) fn inner_notice(tone: Tone, head: impl Into<String>, body: impl IntoView + 'static) -> AnyView {
    let head = head.into();
    draw(tone, false, view! { <h3>{head}</h3> }, body)
}

/// Renders the outcome of the last action: announced by screen readers and focused.
pub(crate) fn alert(tone: Tone, head: impl Into<String>, body: impl IntoView + 'static) -> AnyView {
    let head = head.into();
    draw(tone, true, view! { <h2>{head}</h2> }, body)
}

fn draw(tone: Tone, alert: bool, head: impl IntoView + 'static, body: impl IntoView + 'static) -> AnyView {
    view! {
        <div
            class="notice"
            data-is=tone.as_str()
            role=alert.then_some("alert")
            tabindex=alert.then_some("-1")
            autofocus=alert
        >
            {icon(tone.icon())}
            <div>{head}{body.into_any()}</div>
        </div>
    }
    .into_any()
}
