//! `/docs/security` and `/docs/bounds`: pages rendered from `server/docs`.

use std::sync::LazyLock;

use leptos::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, html};

use crate::{
    components::page::{Place, entry::opening, frame},
    request::PageRequest,
};

const SECURITY_TEXT: &str = include_str!("../../../../server/docs/security.md");
const BOUNDS_TEXT: &str = include_str!("../../../../server/docs/bounds.md");

static SECURITY: LazyLock<String> = LazyLock::new(|| rendered(SECURITY_TEXT));
static BOUNDS: LazyLock<String> = LazyLock::new(|| rendered(BOUNDS_TEXT));

/// Reporting of vulnerabilities, protections, and duties of an operator.
pub(crate) fn security() -> AnyView {
    document("Security", &SECURITY)
}

/// Every in-memory queue and map with its bound.
pub(crate) fn bounds() -> AnyView {
    document("Bounds", &BOUNDS)
}

fn document(title: &'static str, html: &'static str) -> AnyView {
    let viewer = PageRequest::now().and_then(|req| req.viewer());
    frame(
        title,
        Place::Elsewhere,
        viewer,
        opening(
            view! { <a href="/docs">"API documentation"</a> },
            view! { <div class="stack prose" inner_html=html></div> },
        ),
    )
}

/// Renders Markdown to HTML. Tables and code blocks scroll on their own on a narrow screen.
fn rendered(text: &str) -> String {
    let events = Parser::new_ext(text, Options::ENABLE_TABLES).flat_map(|event| match event {
        Event::Start(Tag::Table(columns)) => {
            // `group`, not `region`: landmarks would need distinct names.
            let open = "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Table\">";
            vec![Event::Html(open.into()), Event::Start(Tag::Table(columns))]
        }
        Event::End(TagEnd::Table) => vec![Event::End(TagEnd::Table), Event::Html("</div>".into())],
        event => vec![event],
    });
    let mut out = String::new();
    html::push_html(&mut out, events);
    out.replace("<table>", "<table class=\"ledger\">")
}

#[cfg(test)]
mod tests {
    use pulldown_cmark::HeadingLevel;

    use super::*;

    #[test]
    fn each_page_has_one_title_and_no_raw_markdown() {
        let page = rendered(SECURITY_TEXT);
        assert_eq!(page.matches("<h1>").count(), 1);
        for (text, is_there) in
            [("<h2>Security events</h2>", true), ("<table class=\"ledger\">", true), ("## ", false), ("| --- |", false)]
        {
            assert_eq!(page.contains(text), is_there, "{text}");
        }
        for text in [SECURITY_TEXT, BOUNDS_TEXT] {
            let titles = Parser::new(text)
                .filter(|event| matches!(event, Event::Start(Tag::Heading { level: HeadingLevel::H1, .. })));
            assert_eq!(titles.count(), 1);
        }
    }

    /// The page's table names every security event.
    #[test]
    fn every_security_event_is_documented() {
        for name in billing::security_event::NAMES {
            assert!(SECURITY_TEXT.contains(&format!("`{name}`")), "{name}");
        }
    }
}
