//! The documentation.

use std::{collections::BTreeSet, sync::LazyLock};

use leptos::prelude::*;

use super::{rendered, shown::assert_shown, sound};
use crate::pages::docs::{self, Documentation, DocumentationSource};

static DOCUMENTATION: LazyLock<Documentation> =
    LazyLock::new(|| Documentation::new(include_str!("../../../../server/openapi.json")));

fn page(uri: &str, view: fn() -> AnyView) -> String {
    let html = rendered(uri, |_| {
        provide_context(DocumentationSource(&DOCUMENTATION));
        view()
    });
    sound(&html);
    html
}

/// Returns the targets of links that begin with `prefix`.
fn links<'a>(html: &'a str, prefix: &str) -> BTreeSet<&'a str> {
    let all = html.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    all.filter(|to| to.starts_with(prefix)).collect()
}

#[test]
fn the_overview_links_to_every_page_and_each_is_sound() {
    let overview = page("/docs", docs::overview);
    let pages: Vec<_> =
        links(&overview, "/docs/").into_iter().filter(|to| !["/docs/api", "/docs/search"].contains(to)).collect();
    assert!(pages.len() >= 12 && pages.contains(&"/docs/security"), "{pages:?}");
    for path in pages {
        let html = page(path, docs::document);
        assert!(html.contains(&format!("<a href=\"{path}\" aria-current=\"page\"")), "{path}: {html}");
        assert!(html.contains("Next:"), "{path}: {html}");
    }
}

#[test]
fn a_document_has_its_headings_beside_it() {
    let html = page("/docs/security", docs::document);
    for part in ["<h2 id=\"security-events\">Security events</h2>", "<a href=\"#security-events\">Security events</a>"]
    {
        assert!(html.contains(part), "{part}: {html}");
    }
}

#[test]
fn the_reference_lists_every_operation_and_each_has_a_section() {
    let html = page("/docs/api", docs::reference);
    let operations: Vec<_> = links(&html, "/docs/api/").into_iter().filter_map(|to| to.split_once('#')).collect();
    assert!(operations.len() > 60, "{operations:?}");
    let tags: BTreeSet<_> = operations.iter().map(|(path, _)| *path).collect();
    for path in tags {
        let section = page(path, docs::operations);
        for (_, id) in operations.iter().filter(|(of, _)| *of == path) {
            assert!(section.contains(&format!("id=\"{id}\"")), "{path} has no {id}");
        }
    }
}

#[test]
fn an_operation_states_callers_fields_responses_and_a_command() {
    let html = page("/docs/api/billing", docs::operations);
    let start = html.find("id=\"consumeFeature\"").unwrap();
    let start = html[..start].rfind("<section").unwrap();
    let section = &html[start..start + html[start..].find("</section>").unwrap() + "</section>".len()];
    assert!(section.contains("data-copy"), "{section}");
    assert_shown("docs/consume", section);
}

#[test]
fn the_search_marks_its_terms_and_escapes_the_query() {
    let html = page("/docs/search?q=consume", docs::search);
    assert!(html.contains("<mark>") && html.contains("/docs/api/billing#consumeFeature"), "{html}");
    for query in ["", "q=", "q=%ff%00", "q=%22%3E%3C", "x=1"] {
        let html = page(&format!("/docs/search?{query}"), docs::search);
        assert!(!html.contains("<mark>"), "{query}: {html}");
    }
    let html = page("/docs/search?q=%22%3E%3Cscript%3Ealert(1)", docs::search);
    assert!(!html.contains("<script>alert"), "{html}");
    let long = page(&format!("/docs/search?q={}", "x".repeat(5000)), docs::search);
    let cut = format!("No results for “{}”.", "x".repeat(100));
    assert!(long.contains(&cut), "{long}");
}

#[test]
fn an_unknown_page_is_not_found() {
    for (uri, view) in [
        ("/docs/no-such-page", docs::document as fn() -> AnyView),
        ("/docs/api/none", docs::operations as fn() -> AnyView),
    ] {
        assert!(page(uri, view).contains("There’s no page at this address."), "{uri}");
    }
}
