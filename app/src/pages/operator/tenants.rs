//! `/operator`: the list of tenants.

use billing::service::operator::{
    ListedTenant, OperatorCounts, Place as ListPlace, TenantSelection, TenantsPage, TenantsQuery,
};
use domain::catalog::{Catalog, format::grouped};
use leptos::prelude::*;

use super::{
    accounts::account_notices,
    page_links,
    words::{answered, in_words, limits_view, plan_name, status_view},
};
use crate::{
    actions::operator::{HOME, page_of},
    components::{
        form::field::Field,
        page::{
            access::desk_page,
            desk_frame,
            entry::{entry, opening_beside},
            operator_nav::{DeskPage, operator_nav},
        },
        table::{Column, RowAlign, record_table},
    },
    request::{PageRequest, local_path::with_query},
    wording::{capital, day},
};

const ON_PLAN: &str = "plan.";

pub(crate) fn tenants() -> AnyView {
    desk_page(|services, operator, req| async move {
        let filter = filter_from_query(&req);
        let found = services.operators().operator_tenants(&operator, &filter).await?;
        Ok(page(&req, services.catalog(), &filter, &found))
    })
}

/// Parses the filter from the query; ignores invalid values.
pub(in crate::pages) fn filter_from_query(req: &PageRequest) -> TenantsQuery {
    let text = |name| req.query(name).unwrap_or_default();
    let which = text("show");
    let which = match which.as_str() {
        "past_due" => TenantSelection::PastDue,
        "near" => TenantSelection::NearLimit,
        "drift" => TenantSelection::Drifted,
        other => other
            .strip_prefix(ON_PLAN)
            .and_then(|plan| plan.parse().ok())
            .map_or(TenantSelection::All, TenantSelection::OnPlan),
    };
    TenantsQuery { search: text("search").trim().to_owned(), which, after: text("after").parse().ok() }
}

fn value(which: &TenantSelection) -> String {
    match which {
        TenantSelection::All => String::new(),
        TenantSelection::PastDue => "past_due".to_owned(),
        TenantSelection::NearLimit => "near".to_owned(),
        TenantSelection::Drifted => "drift".to_owned(),
        TenantSelection::OnPlan(plan) => format!("{ON_PLAN}{plan}"),
    }
}

pub(in crate::pages) fn page(
    req: &PageRequest,
    catalog: &Catalog,
    filter: &TenantsQuery,
    found: &TenantsPage,
) -> AnyView {
    let OperatorCounts { tenants, .. } = found.counts;
    let head = match tenants {
        1 => "One workspace.".to_owned(),
        several => format!("{} workspaces.", capital(&in_words(several))),
    };
    let body = view! {
        {answered(req)}
        {account_notices(&found.accounts)}
        <div class="stack">
            <h1>{head}</h1>
            <p class="lead">{pending_work(&found.counts)}</p>
        </div>
        {form(catalog, filter)}
    };
    let note = "Newest first. Limits are near from where the catalog warns.".into_any();
    desk_frame(
        "Workspaces",
        view! {
            {opening_beside(operator_nav(DeskPage::Tenants), body)}
            {entry("workspaces", title(catalog, &filter.which), Some(note), list(catalog, filter, found))}
        },
    )
}

/// Summarizes the counts that need an operator's attention.
fn pending_work(counts: &OperatorCounts) -> String {
    let OperatorCounts { tenants: _, past_due, failing_jobs, new_requests } = *counts;
    let one = |count_of: u64, none: &str, one: &str, several: &str| match count_of {
        0 => none.to_owned(),
        1 => one.to_owned(),
        many => format!("{} {several}", in_words(many)),
    };
    let due = one(past_due, "no payment is due", "one payment is due", "payments are due");
    let fails = one(failing_jobs, "no job fails", "one job fails", "jobs fail");
    let new = one(new_requests, "no request is new", "one request is new", "requests are new");
    format!("{}, {fails}, {new}.", capital(&due))
}

fn title(catalog: &Catalog, which: &TenantSelection) -> String {
    match which {
        TenantSelection::All => "All".to_owned(),
        TenantSelection::PastDue => "Payment due".to_owned(),
        TenantSelection::NearLimit => "Near a limit".to_owned(),
        TenantSelection::Drifted => "Mended within a week".to_owned(),
        TenantSelection::OnPlan(plan) => format!("On {}", plan_name(catalog, plan)),
    }
}

fn form(catalog: &Catalog, filter: &TenantsQuery) -> AnyView {
    let search = Field {
        name: "search",
        label: "Search",
        kind: "search",
        autocomplete: "off",
        value: filter.search.clone(),
        max_chars: Some(254),
        optional: true,
        ..Field::default()
    };
    let plans = catalog.plans.iter().map(|plan| TenantSelection::OnPlan(plan.id.clone()));
    let options =
        [TenantSelection::All, TenantSelection::PastDue, TenantSelection::NearLimit, TenantSelection::Drifted]
            .into_iter()
            .chain(plans)
            .map(|which| {
                let chosen = which == filter.which;
                view! { <option value=value(&which) selected=chosen>{title(catalog, &which)}</option> }
            })
            .collect_view();
    view! {
        <form class="between" action=HOME role="search" aria-label="Workspaces">
            {search.view()}
            <div class="field">
                <label for="show">"Show"</label>
                <select id="show" name="show" autocomplete="off">{options}</select>
            </div>
            <button class="button">"Show"</button>
        </form>
        <p class="note">
            "Search takes a part of the name, or the whole of an id, an owner’s e-mail, or a provider’s id of a customer or a subscription."
        </p>
    }
    .into_any()
}

fn address(filter: &TenantsQuery, after: Option<&ListPlace>) -> String {
    let (show, after) = (value(&filter.which), after.map(ToString::to_string).unwrap_or_default());
    let mut pairs = vec![("search", filter.search.as_str()), ("show", show.as_str()), ("after", after.as_str())];
    pairs.retain(|(_, value)| !value.is_empty());
    with_query(HOME, &pairs)
}

fn list(catalog: &Catalog, filter: &TenantsQuery, found: &TenantsPage) -> AnyView {
    let first = filter.after.as_ref().map(|_| (address(filter, None), "Newest workspaces"));
    let next = found.next.as_ref().map(|next| (address(filter, Some(next)), "Older workspaces"));
    let page_links = page_links("Pages of workspaces", first, next);
    if found.tenants.is_empty() {
        let words = if filter.search.is_empty() && filter.which == TenantSelection::All {
            "There is none."
        } else {
            "There is no such workspace here."
        };
        return view! { <div class="empty"><p>{words}</p>{page_links}</div> }.into_any();
    }
    let rows = found.tenants.iter().map(|listed| row(catalog, listed)).collect_view();
    let table = record_table(
        RowAlign::Baseline,
        "Workspaces, newest first",
        [
            Column::Text("Workspace"),
            Column::Text("Plan"),
            Column::Text("Status"),
            Column::Text("Limits"),
            Column::Figure("Members"),
            Column::Text("Created"),
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
    let granted =
        (entitlements.plan != catalog.free && !is_paid).then(|| view! { <br/><span class="note">"granted"</span> });
    view! {
        <tr role="row">
            <th role="rowheader" scope="row">
                <a class="breaking" href=page_of(&tenant.id)>{tenant.name.clone()}</a>
                <br/><code class="note breaking">{tenant.id.to_string()}</code>
            </th>
            <td role="cell" data-label="Plan">{plan_name(catalog, &entitlements.plan)}{granted}</td>
            <td role="cell" data-label="Status">{status_view(entitlements, subscription.as_ref())}</td>
            <td role="cell" data-label="Limits">{limits_view(listed)}</td>
            <td role="cell" class="num" data-label="Members">{grouped(*members)}</td>
            <td role="cell" data-label="Created"><span class="nowrap">{day(tenant.created_at)}</span></td>
        </tr>
    }
}
