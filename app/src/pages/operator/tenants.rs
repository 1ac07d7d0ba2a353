//! `/operator`: the list of tenants.

use std::borrow::Cow;

use billing::service::operator::{
    ListedTenant, OperatorCounts, Place as ListPlace, TenantSelection, TenantsPage, TenantsQuery,
};
use domain::catalog::Catalog;
use leptos::prelude::*;
use locales::{rich, text};

use super::{
    accounts::account_notices,
    page_links,
    words::{answered, limits_view, plan_name, status_view},
};
use crate::{
    actions::operator::{HOME, imports::IMPORTS, page_of},
    components::{
        form::field::Field,
        page::{
            access::desk_page,
            desk_frame,
            entry::{entry, opening_beside},
            operator_nav::{DeskPage, operator_nav},
        },
        rich::rich_text,
        table::{Column, RowAlign, record_table},
    },
    request::{PageRequest, local_path::with_query},
    wording::{day, number},
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
    let OperatorCounts { tenants, past_due, failing_jobs, new_requests, has_subscriptions } = found.counts;
    let body = view! {
        {answered(req)}
        {account_notices(&found.accounts)}
        <div class="stack">
            <h1>{text!(desk_tenants_count, tenants = tenants)}</h1>
            <p class="lead">
                {text!(desk_tenants_past_due, count = past_due)}
                " "
                {text!(desk_tenants_failing_jobs, count = failing_jobs)}
                " "
                {text!(desk_tenants_new_requests, count = new_requests)}
            </p>
            {(!has_subscriptions).then(|| view! { <p>{rich_text(rich!(imports_prompt, import = IMPORTS))}</p> })}
        </div>
        {form(catalog, filter)}
    };
    let note = text!(desk_tenants_note).into_any();
    desk_frame(
        text!(desk_tenants),
        view! {
            {opening_beside(operator_nav(DeskPage::Tenants), body)}
            {entry("workspaces", title(catalog, &filter.which), Some(note), list(catalog, filter, found))}
        },
    )
}

fn title(catalog: &Catalog, which: &TenantSelection) -> Cow<'static, str> {
    match which {
        TenantSelection::All => text!(desk_tenants_all),
        TenantSelection::PastDue => text!(desk_tenants_filter_past_due),
        TenantSelection::NearLimit => text!(desk_tenants_filter_near),
        TenantSelection::Drifted => text!(desk_tenants_filter_corrected),
        TenantSelection::OnPlan(plan) => text!(desk_tenants_on_plan, plan = plan_name(catalog, plan)),
    }
}

fn form(catalog: &Catalog, filter: &TenantsQuery) -> AnyView {
    let search = Field {
        name: "search",
        label: text!(desk_tenants_search),
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
        <form class="between" action=HOME role="search" aria-label=text!(desk_tenants)>
            {search.view()}
            <div class="field">
                <label for="show">{text!(desk_tenants_show)}</label>
                <select id="show" name="show" autocomplete="off">{options}</select>
            </div>
            <button class="button">{text!(desk_tenants_submit)}</button>
        </form>
        <p class="note">{text!(desk_tenants_search_note)}</p>
    }
    .into_any()
}

fn address(filter: &TenantsQuery, after: Option<&ListPlace>) -> String {
    let (show, after) = (value(&filter.which), after.map(ToString::to_string).unwrap_or_default());
    let mut pairs = vec![("search", filter.search.as_str()), ("show", show.as_str()), ("after", after.as_str())];
    pairs.retain(|(_, value)| !value.is_empty());
    with_query(HOME, &pairs)
}

pub(super) fn list(catalog: &Catalog, filter: &TenantsQuery, found: &TenantsPage) -> AnyView {
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
