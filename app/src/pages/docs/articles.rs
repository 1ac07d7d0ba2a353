//! The rendered documents, and the page that shows a document.

use std::{borrow::Cow, sync::LazyLock};

use leptos::prelude::*;

use super::{
    code,
    contents::{DOCUMENTS, Document},
    layout::{self, CONTENT_LANGUAGE, Link, Page},
    markdown::{Article, article},
};
use crate::{components::page::not_found::not_found, request::PageRequest};

/// Each document with its content, in reading order.
pub(super) static ARTICLES: LazyLock<Vec<(&Document, Article)>> =
    LazyLock::new(|| DOCUMENTS.iter().map(|document| (document, article(document.source))).collect());

/// `/docs/{slug}`: a document; 404 for an unknown one.
pub(crate) fn document() -> AnyView {
    let Some(req) = PageRequest::now() else { return ().into_any() };
    let slug = req.last_segment();
    match ARTICLES.iter().position(|(document, _)| document.slug == slug) {
        Some(at) => page(at),
        None => not_found(),
    }
}

fn page(at: usize) -> AnyView {
    let Some((document, article)) = ARTICLES.get(at) else { return not_found() };
    let link = |(document, _): &(&Document, Article)| Link::content(document.path(), document.title);
    let previous = at.checked_sub(1).and_then(|before| ARTICLES.get(before)).map(link);
    let next = ARTICLES.get(at + 1).map_or_else(layout::reference_link, link);
    let headings = article.headings.iter();
    layout::page(Page {
        title: Cow::Borrowed(document.title),
        here: document.path(),
        head: view! { <h1 id=article.anchor.as_str() lang=CONTENT_LANGUAGE>{article.title.as_str()}</h1> }.into_any(),
        headings: headings.map(|heading| (heading.anchor.as_str(), heading.text.as_str())).collect(),
        content:
            view! { <div class="stack prose" lang=CONTENT_LANGUAGE inner_html=code::labeled(&article.html)></div> }
                .into_any(),
        has_code: article.has_code,
        previous,
        next: Some(next),
    })
}
