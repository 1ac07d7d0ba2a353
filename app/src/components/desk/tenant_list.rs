//! The list of tenants: all of a selection, or those that a search found.

use billing::service::operator::{ListedTenant, Place as ListPlace, TenantSelection, TenantsPage, TenantsQuery};
use domain::catalog::Catalog;
use leptos::prelude::*;
use locales::text;

use super::{
    page_links,
    plan_state::{limits_view, plan_name, status_view},
};
use crate::{
    actions::operator::{HOME, page_of},
    components::table::{Column, RowAlign, record_table},
    request::local_path::with_query,
    wording::{day, number},
};

/// What precedes a plan's id in the query `show`.
pub(crate) const ON_PLAN: &str = "plan.";

/// Returns the value of the query `show` that selects these tenants; empty for all.
pub(crate) fn filter_value(which: &TenantSelection) -> String {
    match which {
        TenantSelection::All => String::new(),
        TenantSelection::PastDue => "past_due".to_owned(),
        TenantSelection::NearLimit => "near".to_owned(),
        TenantSelection::Drifted => "drift".to_owned(),
        TenantSelection::OnPlan(plan) => format!("{ON_PLAN}{plan}"),
    }
}

fn address(filter: &TenantsQuery, after: Option<&ListPlace>) -> String {
    let (show, after) = (filter_value(&filter.which), after.map(ToString::to_string).unwrap_or_default());
    let mut pairs = vec![("search", filter.search.as_str()), ("show", show.as_str()), ("after", after.as_str())];
    pairs.retain(|(_, value)| !value.is_empty());
    with_query(HOME, &pairs)
}

/// Renders a page of the list of tenants that match `filter`, with links to its other pages.
pub(crate) fn list(catalog: &Catalog, filter: &TenantsQuery, found: &TenantsPage) -> AnyView {
    let first = filter.after.as_ref().map(|_| (address(filter, None), text!(desk_tenants_newest)));
    let next = found.next.as_ref().map(|next| (address(filter, Some(next)), text!(desk_tenants_older)));
    let page_links = page_links(text!(desk_tenants_pages), first, next);
    if found.tenants.is_empty() {
        let words = if filter.search.is_empty() && filter.which == TenantSelection::All {
            text!(desk_tenants_none)
        } else {
            text!(desk_tenants_none_found)
        };
        return view! { <div class="empty"><p>{words}</p>{page_links}</div> }.into_any();
    }
    let rows = found.tenants.iter().map(|listed| row(catalog, listed)).collect_view();
    let table = record_table(
        RowAlign::Baseline,
        text!(desk_tenants_table),
        [
            Column::Text(text!(desk_column_tenant)),
            Column::Text(text!(desk_column_plan)),
            Column::Text(text!(desk_column_status)),
            Column::Text(text!(desk_tenants_limits)),
            Column::Figure(text!(desk_tenants_members)),
            Column::Text(text!(desk_tenants_created)),
        ],
        rows,
    );
    view! {
        {table}
        {page_links}
    }
    .into_any()
}

fn row(catalog: &Catalog, listed: &ListedTenant) -> impl IntoView + use<> {
    let ListedTenant { tenant, subscription, entitlements, members, .. } = listed;
    let is_paid = subscription.as_ref().is_some_and(|paid| paid.plan == entitlements.plan);
    let granted = (entitlements.plan != catalog.free && !is_paid)
        .then(|| view! { <br/><span class="note">{text!(desk_tenants_granted)}</span> });
    view! {
        <tr role="row">
            <th role="rowheader" scope="row">
                <a class="breaking" href=page_of(&tenant.id)><bdi>{tenant.name.clone()}</bdi></a>
                <br/><code class="note breaking">{tenant.id.to_string()}</code>
            </th>
            <td role="cell" data-label=text!(desk_column_plan)>{plan_name(catalog, &entitlements.plan)}{granted}</td>
            <td role="cell" data-label=text!(desk_column_status)>{status_view(entitlements, subscription.as_ref())}</td>
            <td role="cell" data-label=text!(desk_tenants_limits)>{limits_view(listed)}</td>
            <td role="cell" class="num" data-label=text!(desk_tenants_members)>{number(*members)}</td>
            <td role="cell" data-label=text!(desk_tenants_created)><span class="nowrap">{day(tenant.created_at)}</span></td>
        </tr>
    }
}
