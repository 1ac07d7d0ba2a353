//! Renders messages with tags.

use leptos::prelude::*;
use locales::{Part, Rich};
use maud::{Markup, html};

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

/// Renders a message with tags as [`rich_text`] does, as markup.
pub(crate) fn rich_markup(message: &Rich) -> Markup {
    html! {
        @for part in &message.0 {
            @match part {
                Part::Text(text) => (text),
                Part::Bold(text) => b { (text) },
                Part::Name(text) => bdi { (text) },
                Part::Code(text) => code { (text) },
                Part::Link { href, text } => a href=(href) { (text) },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_of_a_message_is_what_its_view_renders() {
        let texts = ["Acme & Co", "<b>"].map(ToOwned::to_owned);
        let [text, name] = texts;
        let parts = vec![
            Part::Text(text.clone()),
            Part::Bold(text.clone()),
            Part::Name(name),
            Part::Code(text.clone()),
            Part::Link { href: "/usage?a=1&b=2".to_owned(), text },
        ];
        let rendered = Owner::new().with(|| rich_text(Rich(parts.clone())).to_html().replace("<!>", ""));
        assert_eq!(rich_markup(&Rich(parts)).0, rendered);
    }
}
