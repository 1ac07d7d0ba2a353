//! Renders messages with tags.

use leptos::prelude::*;
use locales::{Part, Rich};

/// Renders a message with tags.
pub(crate) fn rich_text(message: Rich) -> AnyView {
    message
        .0
        .into_iter()
        .map(|part| match part {
            Part::Text(text) => text.into_any(),
            Part::Bold(text) => view! { <b>{text}</b> }.into_any(),
            Part::Name(text) => view! { <bdi>{text}</bdi> }.into_any(),
            Part::Code(text) => view! { <code>{text}</code> }.into_any(),
            Part::Link { href, text } => view! { <a href=href>{text}</a> }.into_any(),
        })
        .collect_view()
        .into_any()
}
