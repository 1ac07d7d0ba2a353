//! `/docs`: the list of all pages of the documentation.

use leptos::prelude::*;

use super::{
    articles::ARTICLES,
    layout::{self, Link, OVERVIEW, Page, REFERENCE},
};

pub(crate) fn overview() -> AnyView {
    let documents = ARTICLES
        .iter()
        .map(|(document, article)| {
            view! { <li><a href=document.path()>{document.title}</a><p>{article.summary.as_str()}</p></li> }
        })
        .collect_view();
    let first = ARTICLES.first().map(|(document, _)| Link { to: document.path(), text: document.title.to_owned() });
    layout::page(Page {
        title: "Documentation",
        here: OVERVIEW.to_owned(),
        head: view! {
            <h1>"Documentation"</h1>
            <p class="lead">"How to run Dues, how to build on it, and what each call of its API takes and returns."</p>
        }
        .into_any(),
        headings: Vec::new(),
        content: view! {
            <ul class="docs-list" role="list">
                {documents}
                <li>
                    <a href=REFERENCE>"API reference"</a>
                    <p>
                        "Every operation of the API with its parameters, responses and a "<code>"curl"</code>
                        " command. For programs: "<a href="/openapi.json">"openapi.json"</a>"."
                    </p>
                </li>
            </ul>
        }
        .into_any(),
        has_code: false,
        previous: None,
        next: first,
    })
}
