//! Links to usage as CSV.

use std::borrow::Cow;

use billing::service::usage::history::DAYS_SHOWN;
use domain::entitlement::history::Step;
use leptos::prelude::*;
use locales::text;

use crate::request::local_path::with_query;

/// Path of usage over time as CSV. Without a feature it has all limits of the workspace.
pub const PATH: &str = "/usage/history.csv";

/// Renders the link to the last 30 days of all limits.
pub(crate) fn all_as_csv() -> AnyView {
    link(with_query(PATH, &[("step", Step::Day.as_str())]), text!(usage_csv_all, days = DAYS_SHOWN))
}

/// Renders the link to the history of one limit. `query` is that of the history in the API.
pub(crate) fn as_csv(query: &[(&str, &str)]) -> AnyView {
    link(with_query(PATH, query), text!(usage_csv))
}

fn link(href: String, words: Cow<'static, str>) -> AnyView {
    view! { <a href=href download="">{words}</a> }.into_any()
}
