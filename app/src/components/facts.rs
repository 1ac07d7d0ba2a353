//! A list of facts: label, figure, footnote.

use leptos::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fact {
    pub(crate) label: &'static str,
    pub(crate) figure: String,
    pub(crate) footnote: String,
}

pub(crate) fn facts(facts: Vec<Fact>) -> impl IntoView {
    let rows = facts
        .into_iter()
        .map(|Fact { label, figure, footnote }| {
            view! { <div><dt>{label}</dt><dd>{figure}" "<small>{footnote}</small></dd></div> }
        })
        .collect_view();
    view! { <dl class="facts">{rows}</dl> }
}
