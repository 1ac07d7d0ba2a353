//! Parts that pages of the operator's desk share.

pub(crate) mod plan_state;
pub(crate) mod tenant_list;

use std::borrow::Cow;

use leptos::prelude::*;

/// Renders the links to the first and the next page of a list, each given as URL and text; `None` without links.
pub(crate) fn page_links(
    label: Cow<'static, str>,
    first: Option<(String, Cow<'static, str>)>,
    next: Option<(String, Cow<'static, str>)>,
) -> Option<AnyView> {
    let link = |(href, words): (String, Cow<'static, str>)| view! { <a href=href>{words}</a> };
    (first.is_some() || next.is_some())
        .then(|| view! { <nav class="actions" aria-label=label>{first.map(link)}{next.map(link)}</nav> }.into_any())
}
