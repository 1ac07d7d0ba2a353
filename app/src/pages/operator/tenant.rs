//! `/operator/tenants/{id}`: a tenant's entitlements and their reasons, and the operator's actions.

mod meter;
mod settle;
mod tables;

use billing::service::{operator::OperatorTenantView, subscription::membership::TenantPlan};
use domain::{
    catalog::Catalog,
    entitlement::FeatureUsage,
    ids::TenantId,
    subscription::{ProviderStatus, SubscriptionStatus},
};
use leptos::{prelude::*, server_fn::ServerFn};

use self::{
    meter::metering,
    settle::settling,
    tables::{alerts_table, attempts_table, members_table, subscriptions_table},
};
use super::{
    accounts::unknown_table,
    failing_jobs::failing_table,
    words::{answered, plan_name, status_view},
};
use crate::{
    actions::operator::{OperatorCorrect, OperatorKey, OperatorLimit, OperatorPlan, OperatorSync},
    components::{
        membership::{
            activity::tables::{drift_table, events_table},
            unmanaged::unmanaged_list,
        },
        page::{
            access::desk_page,
            desk_frame,
            entry::{entry, opening_beside},
            not_found,
            operator_nav::{DeskPage, operator_nav},
        },
        usage::{meter::meters_of_another, readings::readings},
    },
    request::{
        PageRequest,
        draft::Draft,
        drawn_for::form_address,
        shown_once::{DESK_KEY, Recipient},
    },
    wording::{capital, count, day, limits_sentence, minute, reached_and_near},
};

/// Paths of the forms whose rejected input this page restores (see [`Draft::take_about`]).
const FORMS: [&str; 4] = [OperatorPlan::PATH, OperatorLimit::PATH, OperatorKey::PATH, OperatorCorrect::PATH];

pub(crate) fn tenant() -> AnyView {
    desk_page(|services, operator, req| async move {
        let Ok(id) = req.last_segment().parse::<TenantId>() else { return Ok(not_found::not_found()) };
        let desk = services.operators().desk_tenant(&operator, &id).await?;
        let reader = req.account();
        let fresh = reader.and_then(|account| DESK_KEY.take(&req, Recipient::desk(&account.user_id, &id)));
        let draft = Draft::take_about(&req, &FORMS, id.as_str());
        Ok(page(&req, services.catalog(), &desk, fresh.as_deref(), &draft))
    })
}

/// Renders the page. `fresh` is the plain text of a key that was just created.
pub(in crate::pages) fn page(
    req: &PageRequest,
    catalog: &Catalog,
    desk: &OperatorTenantView,
    fresh: Option<&str>,
    draft: &Draft,
) -> AnyView {
    let TenantPlan { tenant, entitlements, .. } = &desk.tenant_plan;
    let plan = plan_name(catalog, &entitlements.plan);
    let note = |text: &str| Some(text.to_owned().into_any());
    let (mistakes, settle) = settling(req, catalog, desk, draft);
    let (meter_mistakes, meter) = metering(req, catalog, desk, fresh, draft);
    let body = view! {
        {answered(req)}
        {mistakes}
        {meter_mistakes}
        <div class="stack">
            <h1>{format!("{} is on {plan}.", tenant.name)}</h1>
            <p class="lead">{why(catalog, desk)}</p>
        </div>
        {facts(desk)}
        <form class="actions" method="post" action=form_address(OperatorSync::PATH)>
            <input type="hidden" name="tenant" value=tenant.id.to_string()/>
            <button class="button">"Ask the providers now"</button>
        </form>
    };
    let nothing = |words: &'static str| view! { <p>{words}</p> }.into_any();
    let or = |is_empty: bool, words: &'static str, table: fn(&OperatorTenantView, &Catalog) -> AnyView| {
        if is_empty { nothing(words) } else { table(desk, catalog) }
    };
    let subscriptions = or(desk.subscriptions.is_empty(), "It never had a subscription.", subscriptions_table);
    let attempts = or(desk.attempts.is_empty(), "It was never led to a payment.", attempts_table);
    let alerts = or(desk.alerts.is_empty(), "No limit was ever near.", alerts_table);
    let mended =
        or(desk.activity.drift.is_empty(), "What is stored has always been what the provider says.", |desk, _| {
            drift_table(&desk.activity.drift)
        });
    let events = or(desk.activity.events.is_empty(), "No provider has told of anything yet.", |desk, _| {
        events_table(&desk.activity.events)
    });
    let unknown = unknown_table(desk.unknown.iter().map(|object| (object, None)).collect());
    let fails = failing_table(desk.activity.troubled.iter().map(|job| (job, None)).collect(), desk.wall_now);
    desk_frame(
        &tenant.name,
        view! {
            {opening_beside(operator_nav(DeskPage::Tenant), body)}
            {entry("settled", "Settled here", note("Holds beside what is paid, and stands in the workspace’s audit log."), settle)}
            {entry("subscriptions", "Subscriptions", note("As the provider last told them, newest first."), subscriptions)}
            {(!desk.unmanaged.is_empty()).then(|| entry("aside", "Also there", note("What Dues does not act on. Map its price, or settle it at the provider."), unmanaged_list(&desk.unmanaged)))}
            {entry("usage", "Usage", note(&of_usage(catalog, desk)), meters(catalog, &desk.usage))}
            {entry("meter", "Counting", note("Who counts for this workspace, and what was counted wrong."), meter)}
            {entry("members", "Members", None, members_table(desk))}
            {entry("alerts", "Told of limits", note("The newest twenty."), alerts)}
            {entry("checkouts", "Checkouts", note("The newest twenty."), attempts)}
            {entry("failing", "Failing", note("Tried again by itself, ever more rarely."), fails)}
            {entry("unknown", "Unknown", note("Seen at a provider, and not known there now. Nothing is ended by that."), unknown)}
            {entry("received", "Received", note("The newest twenty events about it."), events)}
            {entry("mended", "Mended", note("Where what was stored was not what the provider said."), mended)}
        },
    )
}

/// Explains which rule decides the plan in force.
fn why(catalog: &Catalog, desk: &OperatorTenantView) -> String {
    let TenantPlan { tenant, subscription, entitlements } = &desk.tenant_plan;
    let grant = tenant.overrides.plan_at(desk.now).map(|grant| {
        let until = grant.until.map(|until| format!(" until {}", day(until))).unwrap_or_default();
        let counts = if grant.plan == entitlements.plan { "" } else { ", and a higher plan is paid" };
        format!("{} is granted{until}{counts}.", plan_name(catalog, &grant.plan))
    });
    let paid = subscription.as_ref().map(|subscription| {
        let plan = plan_name(catalog, &subscription.plan);
        let at = subscription.provider.title();
        match (subscription.status, entitlements.grace_until) {
            (ProviderStatus::Active, _) => format!("{plan} is paid at {at}."),
            (ProviderStatus::Trialing, _) => format!("{plan} is on trial at {at}."),
            (ProviderStatus::PastDue | ProviderStatus::Unpaid, Some(until)) if entitlements.suspended.is_some() => {
                format!(
                    "A payment for {plan} is due at {at}, and grace ended on {}: limits fell until it is paid.",
                    day(until)
                )
            }
            (ProviderStatus::PastDue | ProviderStatus::Unpaid, until) => {
                let until = until.map(|until| format!(" until {}", day(until))).unwrap_or_default();
                format!("A payment for {plan} is due at {at}. Grace keeps the plan{until}.")
            }
            (ProviderStatus::Incomplete, _) => {
                format!("The first payment for {plan} at {at} is not finished, so it grants nothing.")
            }
            (ProviderStatus::IncompleteExpired, _) => format!("The first payment for {plan} at {at} was never made."),
            (ProviderStatus::Paused, _) => format!("{plan} is paused at {at}, so it grants nothing."),
            (ProviderStatus::Canceled, _) => {
                format!("{plan} ended at {at} on {}.", day(subscription.current_period_end()))
            }
        }
    });
    let custom_limits = match tenant.overrides.limits_at(desk.now).count() {
        0 => None,
        1 => Some("One limit is its own.".to_owned()),
        several => Some(format!("{} limits are its own.", capital(&count(several)))),
    };
    let none =
        (grant.is_none() && paid.is_none()).then(|| "It pays for nothing, and nothing is granted to it.".to_owned());
    [paid, grant, none, custom_limits].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// Renders the tenant's ids, here and at the providers.
fn facts(desk: &OperatorTenantView) -> AnyView {
    let TenantPlan { tenant, subscription, entitlements } = &desk.tenant_plan;
    let row = |label: String, value: AnyView| view! { <div><dt>{label}</dt><dd class="breaking">{value}</dd></div> };
    let code = |id: &str| view! { <code>{id.to_owned()}</code> }.into_any();
    let customers = desk
        .customers
        .iter()
        .map(|(provider, customer)| {
            let last_fetch = customer
                .fetched_at
                .map_or_else(|| "not asked yet".to_owned(), |at| format!("last asked {}", minute(at)));
            let value = view! { {code(&customer.external_id)}<br/><span class="note">{last_fetch}</span> }.into_any();
            row(format!("Customer at {}", provider.title()), value)
        })
        .collect_view();
    let status = (entitlements.status != SubscriptionStatus::Active || subscription.is_some())
        .then(|| row("Status".to_owned(), status_view(entitlements, subscription.as_ref())));
    view! {
        <dl class="detail-list">
            {row("Workspace".to_owned(), code(tenant.id.as_str()))}
            {row("Created".to_owned(), day(tenant.created_at).into_any())}
            {status}
            {customers}
        </dl>
    }
    .into_any()
}

fn of_usage(catalog: &Catalog, desk: &OperatorTenantView) -> String {
    let (reached, near) = reached_and_near(catalog, &desk.usage);
    limits_sentence(reached, near)
}

fn meters(catalog: &Catalog, usage: &[FeatureUsage]) -> AnyView {
    meters_of_another(readings(catalog, usage))
}
