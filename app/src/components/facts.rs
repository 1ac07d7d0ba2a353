//! A list of facts: label, figure, footnote.

use std::borrow::Cow;

use leptos::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fact {
    pub(crate) label: Cow<'static, str>,
    pub(crate) figure: Cow<'static, str>,
    pub(crate) footnote: Cow<'static, str>,
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
