//! Changes of the plan, from the audit log.

use billing::service::tenant::audit::AuditPage;
use domain::{catalog::Catalog, tenant::audit::AuditEntry};
use leptos::prelude::*;
use locales::text;

use crate::{
    components::{
        membership::subscription_change::subscription_changed,
        table::{Column, RowAlign, record_table},
    },
    request::local_path::with_query,
    wording::minute,
};

const PATH: &str = "/settings/billing";

/// Renders the changes. `is_later`: whether this is not the first page.
pub(super) fn history(changes: &AuditPage, catalog: &Catalog, is_later: bool, workspace: &str) -> AnyView {
    let AuditPage { entries, next } = changes;
    let newest = is_later.then(|| view! { <a href=format!("{PATH}#history")>{text!(billing_history_newest)}</a> });
    if entries.is_empty() {
        return view! { <div class="empty"><p>{text!(billing_history_none)}</p>{newest}</div> }.into_any();
    }
    let older = next.as_ref().map(|next| {
        let path = with_query(PATH, &[("changes", &next.to_string())]) + "#history";
        view! { <a href=path>{text!(billing_history_older)}</a> }
    });
    let ways = (newest.is_some() || older.is_some())
        .then(|| view! { <nav class="actions" aria-label=text!(billing_history_pages)>{newest}{older}</nav> });
    let columns = [Column::Text(text!(billing_history_time)), Column::Text(text!(billing_history_change))];
    let rows = entries.iter().map(|entry| row(entry, catalog)).collect_view();
    view! {
        {record_table(RowAlign::Baseline, text!(billing_history_table, workspace = workspace), columns, rows)}
        {ways}
    }
    .into_any()
}

fn row(entry: &AuditEntry, catalog: &Catalog) -> impl IntoView + use<> {
    let AuditEntry { at, details, .. } = entry;
    let change = subscription_changed(&details["before"], &details["after"], catalog);
    view! {
        <tr role="row">
            <th role="rowheader" scope="row" class="nowrap">{minute(*at)}</th>
            <td role="cell" data-label="">{change}</td>
        </tr>
    }
}
