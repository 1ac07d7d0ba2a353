//! The operator's desk: pages under `/operator`.

mod accounts;
mod failing_jobs;
pub(crate) mod imports;
pub(crate) mod keys;
pub(crate) mod mails;
pub(crate) mod requests;
pub(crate) mod revenue;
pub(crate) mod search;
pub(crate) mod tenant;
pub(crate) mod tenants;
pub(crate) mod webhooks;
pub(in crate::pages) mod words;
pub(crate) mod work;

use std::borrow::Cow;

use leptos::prelude::*;

/// Renders the links to the first and the next page of a list, each given as URL and text; `None` without links.
fn page_links(
    label: Cow<'static, str>,
    first: Option<(String, Cow<'static, str>)>,
    next: Option<(String, Cow<'static, str>)>,
) -> Option<AnyView> {
    let link = |(href, words): (String, Cow<'static, str>)| view! { <a href=href>{words}</a> };
    (first.is_some() || next.is_some())
        .then(|| view! { <nav class="actions" aria-label=label>{first.map(link)}{next.map(link)}</nav> }.into_any())
}
