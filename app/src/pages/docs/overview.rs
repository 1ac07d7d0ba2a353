//! `/docs`: the list of all pages of the documentation.

use leptos::prelude::*;
use locales::{rich, text};

use super::{
    articles::ARTICLES,
    layout::{self, CONTENT_LANGUAGE, Link, OVERVIEW, Page, REFERENCE},
};
use crate::components::rich::rich_text;

pub(crate) fn overview() -> AnyView {
    let documents = ARTICLES
        .iter()
        .map(|(document, article)| {
            view! {
                <li lang=CONTENT_LANGUAGE>
                    <a href=document.path()>{document.title}</a>
                    <p>{article.summary.as_str()}</p>
                </li>
            }
        })
        .collect_view();
    let first = ARTICLES.first().map(|(document, _)| Link::content(document.path(), document.title));
    layout::page(Page {
        title: text!(docs_title),
        here: OVERVIEW.to_owned(),
        head: view! {
            <h1>{text!(docs_title)}</h1>
            <p class="lead">{text!(docs_lead)}</p>
        }
        .into_any(),
        headings: Vec::new(),
        content: view! {
            <ul class="docs-list" role="list">
                {documents}
                <li>
                    <a href=REFERENCE>{text!(docs_reference)}</a>
                    <p>{rich_text(rich!(docs_reference_about, openapi = "/openapi.json"))}</p>
                </li>
            </ul>
        }
        .into_any(),
        has_code: false,
        previous: None,
        next: first,
    })
}
