//! The frame of the documentation: navigation and search in the margin, the page's headings beside its content.

use leptos::prelude::*;

use super::contents::DOCUMENTS;
use crate::{
    components::page::{Place, frame, script::hydration_script},
    islands::copy_code::CopyCode,
    request::PageRequest,
};

pub(super) const OVERVIEW: &str = "/docs";
pub(super) const REFERENCE: &str = "/docs/api";
pub(super) const SEARCH: &str = "/docs/search";
/// The longest query that the search reads, in characters.
const MAX_QUERY_CHARS: usize = 100;

const REFERENCE_TITLE: &str = "API reference";

/// A page of the documentation.
pub(super) struct Page {
    pub(super) title: &'static str,
    /// Its path.
    pub(super) here: String,
    /// The heading of level 1, and what precedes the content.
    pub(super) head: AnyView,
    /// Anchors and titles of its sections.
    pub(super) headings: Vec<(&'static str, &'static str)>,
    pub(super) content: AnyView,
    /// Whether the page has code blocks, which need copy buttons.
    pub(super) has_code: bool,
    pub(super) previous: Option<Link>,
    pub(super) next: Option<Link>,
}

/// A link to another page of the documentation.
pub(super) struct Link {
    pub(super) to: String,
    pub(super) text: String,
}

/// Returns the query of the search, without control characters and cut to [`MAX_QUERY_CHARS`].
pub(super) fn query(req: &PageRequest) -> String {
    let query = req.query("q").unwrap_or_default();
    query.chars().filter(|char| !char.is_control()).take(MAX_QUERY_CHARS).collect()
}

pub(super) fn reference_link() -> Link {
    Link { to: REFERENCE.to_owned(), text: REFERENCE_TITLE.to_owned() }
}

/// Renders a page in the frame of the documentation.
pub(super) fn page(page: Page) -> AnyView {
    let Page { title, here, head, headings, content, has_code, previous, next } = page;
    let req = PageRequest::now();
    let viewer = req.as_ref().and_then(PageRequest::viewer);
    let query = req.filter(|_| here == SEARCH).map(|req| query(&req)).unwrap_or_default();
    let content = if has_code {
        view! { <CopyCode>{content}</CopyCode>{hydration_script()} }.into_any()
    } else {
        view! { <div class="docs-content">{content}</div> }.into_any()
    };
    let body = view! {
        <div class="entry">
            <div class="side">
                <div class="stick docs-side">
                    {search_form(query)}
                    <nav class="docs-nav" aria-label="Documentation">{links(&here)}</nav>
                    <details class="docs-menu">
                        <summary>"All pages"</summary>
                        <nav aria-label="Documentation">{links(&here)}</nav>
                    </details>
                </div>
            </div>
            <div class="body">
                <div class="stack">{head}</div>
                <div class="docs-split">{on_this_page(&headings)}{content}</div>
                {turn(previous, next)}
            </div>
        </div>
    };
    let title = if here == OVERVIEW { title.to_owned() } else { format!("{title} · Documentation") };
    frame(title, Place::Elsewhere, viewer, body)
}

fn search_form(query: String) -> AnyView {
    let longest = MAX_QUERY_CHARS.to_string();
    view! {
        <form class="docs-search" method="get" action=SEARCH role="search">
            <input type="search" name="q" value=query maxlength=longest autocomplete="off" aria-label="Search the documentation"/>
            <button class="button small">"Search"</button>
        </form>
    }
    .into_any()
}

/// Renders the list of all pages, and marks the current page or the page above it.
fn links(here: &str) -> AnyView {
    let documents = DOCUMENTS.iter().map(|document| (document.path(), document.title));
    let all = std::iter::once((OVERVIEW.to_owned(), "Overview"))
        .chain(documents)
        .chain([(REFERENCE.to_owned(), REFERENCE_TITLE)])
        .map(|(path, title)| {
            let is_above = path == REFERENCE && here.starts_with("/docs/api/");
            let current = if path == here { Some("page") } else { is_above.then_some("true") };
            view! { <li><a href=path aria-current=current>{title}</a></li> }
        })
        .collect_view();
    view! { <ul class="subnav" role="list">{all}</ul> }.into_any()
}

fn on_this_page(headings: &[(&'static str, &'static str)]) -> Option<AnyView> {
    let links = headings
        .iter()
        .map(|(anchor, text)| view! { <li><a href=format!("#{anchor}")>{*text}</a></li> })
        .collect_view();
    (headings.len() > 1).then(|| {
        view! {
            <nav class="docs-toc" aria-label="On this page">
                <p class="note">"On this page"</p>
                <ul role="list">{links}</ul>
            </nav>
        }
        .into_any()
    })
}

fn turn(previous: Option<Link>, next: Option<Link>) -> Option<AnyView> {
    (previous.is_some() || next.is_some()).then(|| {
        let previous = previous.map(|Link { to, text }| view! { <p>"Previous: "<a rel="prev" href=to>{text}</a></p> });
        let next = next.map(|Link { to, text }| view! { <p>"Next: "<a rel="next" href=to>{text}</a></p> });
        view! { <nav class="docs-turn" aria-label="Previous and next page">{previous}{next}</nav> }.into_any()
    })
}
