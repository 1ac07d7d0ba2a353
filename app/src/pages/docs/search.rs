//! `/docs/search`: sections of the documentation that contain the words of a query.

pub(super) mod index;

use leptos::prelude::*;

use self::index::{Hit, MAX_RESULTS, Piece};
use super::{
    documentation::documentation,
    layout::{self, Page, SEARCH},
};
use crate::request::PageRequest;

pub(crate) fn search() -> AnyView {
    let (Some(req), Some(documentation)) = (PageRequest::now(), documentation()) else { return ().into_any() };
    let query = layout::query(&req);
    let query = query.trim();
    let hits = documentation.index.find(query);
    let summary = match (query.is_empty(), hits.len()) {
        (true, _) => "Enter one or more words.".to_owned(),
        (_, 0) => format!("No page contains all words of “{query}”. Use fewer words, or only their beginnings."),
        (_, 1) => format!("One result for “{query}”."),
        (_, MAX_RESULTS) => format!("The {MAX_RESULTS} best results for “{query}”."),
        (_, count) => format!("{count} results for “{query}”."),
    };
    layout::page(Page {
        title: "Search",
        here: SEARCH.to_owned(),
        head: view! {
            <h1>"Search"</h1>
            <p class="lead" role="status">{summary}</p>
        }
        .into_any(),
        headings: Vec::new(),
        content: results(hits),
        has_code: false,
        previous: None,
        next: None,
    })
}

fn results(hits: Vec<Hit<'static>>) -> AnyView {
    let hits = hits
        .into_iter()
        .map(|Hit { href, page, heading, excerpt }| {
            view! {
                <li>
                    <a href=href>{pieces(heading)}</a>
                    <span class="note">{page}</span>
                    <p>{pieces(excerpt)}</p>
                </li>
            }
        })
        .collect::<Vec<_>>();
    (!hits.is_empty()).then(|| view! { <ul class="docs-list" role="list">{hits}</ul> }).into_any()
}

fn pieces(pieces: Vec<Piece<'static>>) -> AnyView {
    let piece = |Piece { text, is_match }: Piece<'static>| {
        if is_match { view! { <mark>{text}</mark> }.into_any() } else { text.into_any() }
    };
    pieces.into_iter().map(piece).collect_view().into_any()
}
