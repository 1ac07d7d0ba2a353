//! `/operator`: the list of tenants.

use std::borrow::Cow;

use billing::service::operator::{OperatorCounts, TenantSelection, TenantsPage, TenantsQuery};
use domain::catalog::Catalog;
use leptos::prelude::*;
use locales::{rich, text};

use super::{accounts::account_notices, words::answered};
use crate::{
    actions::operator::{HOME, imports::IMPORTS},
    components::{
        desk::{
            plan_state::plan_name,
            tenant_list::{ON_PLAN, filter_value, list},
        },
        form::field::Field,
        page::{
            access::desk_page,
            desk_frame,
            entry::{entry, opening_beside},
            operator_nav::{DeskPage, operator_nav},
        },
        rich::rich_text,
    },
    request::PageRequest,
};

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
                view! { <option value=filter_value(&which) selected=chosen>{title(catalog, &which)}</option> }
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
