//! The frame of the documentation: navigation and search in the margin, the page's headings beside its content.

use std::borrow::Cow;

use leptos::prelude::*;
use locales::text;

use super::contents::DOCUMENTS;
use crate::{
    components::{
        copy::copying,
        page::{Place, frame},
    },
    request::PageRequest,
};

pub(super) const OVERVIEW: &str = "/docs";
pub(super) const REFERENCE: &str = "/docs/api";
pub(super) const SEARCH: &str = "/docs/search";
/// The longest query that the search reads, in characters.
const MAX_QUERY_CHARS: usize = 100;

/// The language of the documents and of the API reference.
pub(super) const CONTENT_LANGUAGE: &str = "en";

/// A page of the documentation.
pub(super) struct Page {
    pub(super) title: Cow<'static, str>,
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
    pub(super) text: Cow<'static, str>,
    /// The language of `text`; `None` for the language of the frame.
    pub(super) language: Option<&'static str>,
}

impl Link {
    /// Returns a link with a text in the language of the documents.
    pub(super) fn content(to: String, text: &'static str) -> Self {
        Self { to, text: Cow::Borrowed(text), language: Some(CONTENT_LANGUAGE) }
    }
}

/// Returns the query of the search, without control characters and cut to [`MAX_QUERY_CHARS`].
pub(super) fn query(req: &PageRequest) -> String {
    let query = req.query("q").unwrap_or_default();
    query.chars().filter(|char| !char.is_control()).take(MAX_QUERY_CHARS).collect()
}

pub(super) fn reference_link() -> Link {
    Link { to: REFERENCE.to_owned(), text: text!(docs_reference), language: None }
}

/// Renders a page in the frame of the documentation.
pub(super) fn page(page: Page) -> AnyView {
    let Page { title, here, head, headings, content, has_code, previous, next } = page;
    let req = PageRequest::now();
    let viewer = req.as_ref().and_then(PageRequest::viewer);
    let query = req.filter(|_| here == SEARCH).map(|req| query(&req)).unwrap_or_default();
    let content = view! { <div class="docs-content">{content}</div> {has_code.then(copying)} };
    let body = view! {
        <div class="entry">
            <div class="side">
                <div class="stick docs-side">
                    {search_form(query)}
                    <nav class="docs-nav" aria-label=text!(docs_nav)>{links(&here)}</nav>
                    <details class="docs-menu">
                        <summary>{text!(docs_nav_all)}</summary>
                        <nav aria-label=text!(docs_nav)>{links(&here)}</nav>
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
    let title = if here == OVERVIEW { title } else { text!(docs_page_title, page = title) };
    frame(title, Place::Elsewhere, viewer, body)
}

fn search_form(query: String) -> AnyView {
    let longest = MAX_QUERY_CHARS.to_string();
    view! {
        <form class="docs-search" method="get" action=SEARCH role="search">
            <input
                type="search"
                name="q"
                value=query
                maxlength=longest
                autocomplete="off"
                aria-label=text!(docs_search_field)
            />
            <button class="button small">{text!(docs_search)}</button>
        </form>
    }
    .into_any()
}

/// Renders the list of all pages, and marks the current page or the page above it.
fn links(here: &str) -> AnyView {
    let overview = Link { to: OVERVIEW.to_owned(), text: text!(docs_overview), language: None };
    let documents = DOCUMENTS.iter().map(|document| Link::content(document.path(), document.title));
    let all = std::iter::once(overview)
        .chain(documents)
        .chain([reference_link()])
        .map(|Link { to, text, language }| {
            let is_above = to == REFERENCE && here.starts_with("/docs/api/");
            let current = if to == here { Some("page") } else { is_above.then_some("true") };
            view! { <li><a href=to aria-current=current lang=language>{text}</a></li> }
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
            <nav class="docs-toc" aria-label=text!(docs_toc)>
                <p class="note">{text!(docs_toc)}</p>
                <ul role="list" lang=CONTENT_LANGUAGE>{links}</ul>
            </nav>
        }
        .into_any()
    })
}

fn turn(previous: Option<Link>, next: Option<Link>) -> Option<AnyView> {
    (previous.is_some() || next.is_some()).then(|| {
        let previous = previous.map(|Link { to, text, language }| {
            view! { <p>{text!(docs_previous)}" "<a rel="prev" href=to lang=language>{text}</a></p> }
        });
        let next = next.map(|Link { to, text, language }| {
            view! { <p>{text!(docs_next)}" "<a rel="next" href=to lang=language>{text}</a></p> }
        });
        view! { <nav class="docs-turn" aria-label=text!(docs_turn)>{previous}{next}</nav> }.into_any()
    })
}
