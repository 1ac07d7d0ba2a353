//! `/operator/tenants/{id}`: a tenant's entitlements and their reasons, and the operator's actions.

pub(crate) mod invoices;
mod meter;
mod notes;
mod settle;
mod tables;
pub(crate) mod timeline;

use std::borrow::Cow;

use billing::{
    service::{operator::OperatorTenantView, subscription::membership::TenantPlan},
    store::subscription::cancellation_reasons::StoredReason,
};
use domain::{
    catalog::Catalog,
    entitlement::{FeatureUsage, alert::UsageLevel},
    ids::TenantId,
    subscription::{ProviderStatus, SubscriptionStatus},
};
use leptos::{prelude::*, server_fn::ServerFn};
use locales::text;

use self::{
    meter::metering,
    notes::{contacts, notes},
    settle::settling,
    tables::{alerts_table, attempts_table, members_table, subscriptions_table},
};
use super::{accounts::unknown_table, failing_jobs::failing_table, words::answered};
use crate::{
    actions::operator::{
        OperatorCorrect, OperatorKey, OperatorLimit, OperatorPlan, OperatorSync, invoices_of, notes::OperatorAddNote,
        timeline_of,
    },
    components::{
        copy::{copied_id, copying},
        desk::plan_state::{plan_name, status_view},
        membership::{
            activity::tables::{drift_table, events_table},
            cancellation::cancellation_words,
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
    wording::{day, limits_sentence, minute},
};

/// Paths of the forms whose rejected input this page restores (see [`Draft::take_about`]).
const FORMS: [&str; 5] =
    [OperatorPlan::PATH, OperatorLimit::PATH, OperatorKey::PATH, OperatorCorrect::PATH, OperatorAddNote::PATH];

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
    let note = |words: Cow<'static, str>| Some(words.into_any());
    let (mistakes, settle) = settling(req, catalog, desk, draft);
    let (meter_mistakes, meter) = metering(req, catalog, desk, fresh, draft);
    let (note_mistakes, noted) = notes(req, desk, draft);
    let body = view! {
        {answered(req)}
        {mistakes}
        {meter_mistakes}
        {note_mistakes}
        <div class="stack">
            <h1>{text!(desk_tenant_title, tenant = &tenant.name, plan = plan)}</h1>
            <p class="lead">{why(catalog, desk)}</p>
        </div>
        {facts(desk)}
        <p class="actions">
            <a href=timeline_of(&tenant.id)>{text!(desk_timeline_open)}</a>
            <a href=invoices_of(&tenant.id)>{text!(invoices_title)}</a>
        </p>
        <form class="actions" method="post" action=form_address(OperatorSync::PATH)>
            <input type="hidden" name="tenant" value=tenant.id.to_string()/>
            <button class="button">{text!(desk_tenant_sync)}</button>
        </form>
    };
    let nothing = |words: Cow<'static, str>| view! { <p>{words}</p> }.into_any();
    let or = |is_empty: bool, words: Cow<'static, str>, table: fn(&OperatorTenantView, &Catalog) -> AnyView| {
        if is_empty { nothing(words) } else { table(desk, catalog) }
    };
    let subscriptions = or(desk.subscriptions.is_empty(), text!(desk_tenant_subscriptions_none), subscriptions_table);
    let attempts = or(desk.attempts.is_empty(), text!(desk_tenant_checkouts_none), attempts_table);
    let alerts = or(desk.alerts.is_empty(), text!(desk_tenant_alerts_none), alerts_table);
    let corrections = or(desk.activity.drift.is_empty(), text!(desk_tenant_corrections_none), |desk, _| {
        drift_table(&desk.activity.drift)
    });
    let events = or(desk.activity.events.is_empty(), text!(desk_tenant_events_none), |desk, _| {
        events_table(&desk.activity.events)
    });
    let unknown = unknown_table(desk.unknown.iter().map(|object| (object, None)).collect());
    let fails = failing_table(desk.activity.troubled.iter().map(|job| (job, None)).collect(), desk.wall_now);
    desk_frame(
        &tenant.name,
        view! {
            {opening_beside(operator_nav(DeskPage::Tenant), body)}
            {entry("settled", text!(desk_tenant_overrides), note(text!(desk_tenant_overrides_note)), settle)}
            {entry("subscriptions", text!(desk_tenant_subscriptions), note(text!(desk_tenant_subscriptions_note)), subscriptions)}
            {(!desk.unmanaged.is_empty()).then(|| entry(
                "aside",
                text!(desk_tenant_unmanaged),
                note(text!(desk_tenant_unmanaged_note)),
                unmanaged_list(&desk.unmanaged),
            ))}
            {entry("usage", text!(desk_tenant_usage), note(of_usage(catalog, desk)), meters(catalog, &desk.usage))}
            {entry("meter", text!(desk_tenant_metering), note(text!(desk_tenant_metering_note)), meter)}
            {entry("notes", text!(desk_notes), note(text!(desk_notes_note)), noted)}
            {entry("members", text!(desk_tenant_members), None, members_table(desk))}
            {entry("alerts", text!(desk_tenant_alerts), note(text!(desk_tenant_latest)), alerts)}
            {entry("checkouts", text!(desk_tenant_checkouts), note(text!(desk_tenant_latest)), attempts)}
            {entry("failing", text!(desk_tenant_failing), note(text!(desk_tenant_failing_note)), fails)}
            {entry("unknown", text!(desk_tenant_missing), note(text!(desk_tenant_missing_note)), unknown)}
            {entry("received", text!(desk_tenant_events), note(text!(desk_tenant_events_note)), events)}
            {entry("mended", text!(desk_tenant_corrections), note(text!(desk_tenant_corrections_note)), corrections)}
        },
    )
}

/// Explains which rule decides the plan in force.
fn why(catalog: &Catalog, desk: &OperatorTenantView) -> String {
    let TenantPlan { tenant, subscription, entitlements } = &desk.tenant_plan;
    let grant = tenant.overrides.plan_at(desk.now).map(|grant| {
        let plan = plan_name(catalog, &grant.plan);
        match (grant.until, grant.plan == entitlements.plan) {
            (None, true) => text!(desk_tenant_granted, plan = plan),
            (Some(until), true) => text!(desk_tenant_granted_until, plan = plan, day = day(until)),
            (None, false) => text!(desk_tenant_granted_but_paid, plan = plan),
            (Some(until), false) => text!(desk_tenant_granted_until_but_paid, plan = plan, day = day(until)),
        }
    });
    let paid = subscription.as_ref().map(|subscription| {
        let plan = plan_name(catalog, &subscription.plan);
        let provider = subscription.provider.title();
        match (subscription.status, entitlements.grace_until) {
            (ProviderStatus::Active, _) => text!(desk_tenant_paid, plan = plan, provider = provider),
            (ProviderStatus::Trialing, _) => text!(desk_tenant_trial, plan = plan, provider = provider),
            (ProviderStatus::PastDue | ProviderStatus::Unpaid, Some(until)) if entitlements.suspended.is_some() => {
                text!(desk_tenant_suspended, plan = plan, provider = provider, day = day(until))
            }
            (ProviderStatus::PastDue | ProviderStatus::Unpaid, Some(until)) => {
                text!(desk_tenant_grace_until, plan = plan, provider = provider, day = day(until))
            }
            (ProviderStatus::PastDue | ProviderStatus::Unpaid, None) => {
                text!(desk_tenant_grace, plan = plan, provider = provider)
            }
            (ProviderStatus::Incomplete, _) => text!(desk_tenant_incomplete, plan = plan, provider = provider),
            (ProviderStatus::IncompleteExpired, _) => text!(desk_tenant_never_paid, plan = plan, provider = provider),
            (ProviderStatus::Paused, _) => text!(desk_tenant_paused, plan = plan, provider = provider),
            (ProviderStatus::Canceled, _) => {
                let day = day(subscription.current_period_end());
                text!(desk_tenant_ended, plan = plan, provider = provider, day = day)
            }
        }
    });
    let limits = tenant.overrides.limits_at(desk.now).count();
    let custom_limits = (limits > 0).then(|| text!(desk_tenant_custom_limits, limits = limits));
    let none = (grant.is_none() && paid.is_none()).then(|| text!(desk_tenant_no_plan));
    [paid, grant, none, custom_limits].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// Renders the tenant's ids, here and at the providers.
fn facts(desk: &OperatorTenantView) -> AnyView {
    let TenantPlan { tenant, subscription, entitlements } = &desk.tenant_plan;
    let row = |label: Cow<'static, str>, value: AnyView| {
        view! { <div><dt>{label}</dt><dd class="breaking">{value}</dd></div> }
    };
    let code = |id: &str| view! { <code>{id.to_owned()}</code> }.into_any();
    let customers = desk
        .customers
        .iter()
        .map(|(provider, customer)| {
            let last_fetch = customer.fetched_at.map_or_else(
                || text!(desk_tenant_never_synced),
                |at| text!(desk_tenant_last_synced, date = minute(at)),
            );
            let value = view! { {code(&customer.external_id)}<br/><span class="note">{last_fetch}</span> }.into_any();
            row(text!(desk_tenant_customer, provider = provider.title()), value)
        })
        .collect_view();
    let status = (entitlements.status != SubscriptionStatus::Active || subscription.is_some())
        .then(|| row(text!(desk_tenant_status), status_view(entitlements, subscription.as_ref())));
    let canceled = desk.cancellation.as_ref().map(|StoredReason { provider: _, reason, given_at }| {
        let feedback = reason.feedback.map(cancellation_words);
        let comment = reason.comment().map(|comment| view! { <p class="breaking">{comment.to_owned()}</p> });
        let given = view! { <span class="note">{minute(*given_at)}</span> };
        row(text!(desk_tenant_cancellation), view! { {feedback}{comment}<br/>{given} }.into_any())
    });
    view! {
        <dl class="detail-list">
            {row(text!(desk_tenant_id), copied_id(text!(desk_tenant_id), tenant.id.as_str()))}
            {row(text!(desk_tenant_created), day(tenant.created_at).into_any())}
            {status}
            {customers}
            {canceled}
            {contacts(desk).map(|contacts| row(text!(desk_tenant_contacts), contacts))}
        </dl>
        {copying()}
    }
    .into_any()
}

/// Counts the limits as the list of tenants does.
fn of_usage(catalog: &Catalog, desk: &OperatorTenantView) -> Cow<'static, str> {
    let entitlements = &desk.tenant_plan.entitlements;
    let level = |(feature, usage)| UsageLevel::of(usage, entitlements.thresholds(feature));
    let levels: Vec<_> = readings(catalog, &desk.usage).map(level).collect();
    let reached = levels.iter().filter(|level| **level == UsageLevel::Reached).count();
    let near = levels.iter().filter(|level| **level > UsageLevel::Below).count() - reached;
    limits_sentence(reached, near)
}

fn meters(catalog: &Catalog, usage: &[FeatureUsage]) -> AnyView {
    meters_of_another(readings(catalog, usage))
}
