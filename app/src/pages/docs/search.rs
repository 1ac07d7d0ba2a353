//! `/docs/search`: sections of the documentation that contain the words of a query.

pub(super) mod index;

use std::borrow::Cow;

use leptos::prelude::*;
use locales::{Locale, text};

use self::index::{Hit, MAX_RESULTS, Piece};
use super::{
    documentation::documentation,
    layout::{self, CONTENT_LANGUAGE, Page, SEARCH},
};
use crate::request::PageRequest;

pub(crate) fn search() -> AnyView {
    let (Some(req), Some(documentation)) = (PageRequest::now(), documentation()) else { return ().into_any() };
    let query = layout::query(&req);
    let query = query.trim();
    let hits = documentation.index.find(query);
    let summary = match (query.is_empty(), hits.len()) {
        (true, _) => text!(docs_search_empty),
        (_, 0) => text!(docs_search_none, query = query),
        (_, MAX_RESULTS) => text!(docs_search_best, results = MAX_RESULTS, query = query),
        (_, count) => text!(docs_search_results, results = count, query = query),
    };
    layout::page(Page {
        title: text!(docs_search_title),
        here: SEARCH.to_owned(),
        head: view! {
            <h1>{text!(docs_search_title)}</h1>
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
            let (page, language) = match page {
                Some(page) => (Cow::Borrowed(page), None),
                None => (text!(docs_reference), Some(Locale::current().tag())),
            };
            view! {
                <li>
                    <a href=href>{pieces(heading)}</a>
                    <span class="note" lang=language>{page}</span>
                    <p>{pieces(excerpt)}</p>
                </li>
            }
        })
        .collect::<Vec<_>>();
    (!hits.is_empty()).then(|| view! { <ul class="docs-list" role="list" lang=CONTENT_LANGUAGE>{hits}</ul> }).into_any()
}

fn pieces(pieces: Vec<Piece<'static>>) -> AnyView {
    let piece = |Piece { text, is_match }: Piece<'static>| {
        if is_match { view! { <mark>{text}</mark> }.into_any() } else { text.into_any() }
    };
    pieces.into_iter().map(piece).collect_view().into_any()
}
