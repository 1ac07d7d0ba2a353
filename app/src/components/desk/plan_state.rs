//! A tenant's plan, status and limits, in words.

use std::borrow::Cow;

use billing::service::operator::ListedTenant;
use domain::{
    catalog::Catalog,
    ids::PlanId,
    subscription::{Entitlements, ProviderStatus, Subscription, SubscriptionStatus},
};
use leptos::prelude::*;
use locales::text;

use crate::{
    components::icon::{Tone, state},
    wording::{day, name},
};

/// Returns a plan's name; the id if the catalog does not know it.
pub(crate) fn plan_name(catalog: &Catalog, plan: &PlanId) -> String {
    catalog.plan(plan.as_str()).map_or_else(|| plan.to_string(), |plan| name(&plan.name))
}

/// Returns the tone and name of the API's status, and a detail such as the end of grace, of a trial or of a grant.
fn status(
    entitlements: &Entitlements,
    subscription: Option<&Subscription>,
) -> (Tone, Cow<'static, str>, Option<Cow<'static, str>>) {
    match (entitlements.status, entitlements.grace_until) {
        (SubscriptionStatus::PastDue, until) => {
            let (tone, detail) = match until {
                Some(until) if entitlements.suspended.is_some() => {
                    (Tone::Stop, text!(desk_status_grace_ended, day = day(until)))
                }
                Some(until) => (Tone::Near, text!(desk_status_grace_until, day = day(until))),
                None => (Tone::Near, text!(desk_status_incomplete)),
            };
            (tone, text!(desk_status_past_due), Some(detail))
        }
        (SubscriptionStatus::Canceled, _) => {
            let ended =
                subscription.map(|subscription| text!(desk_status_since, day = day(subscription.current_period_end())));
            (Tone::Off, text!(desk_status_canceled), ended)
        }
        (SubscriptionStatus::Active, _) => {
            let detail = match subscription {
                Some(subscription) if subscription.status == ProviderStatus::Trialing => Some(text!(desk_status_trial)),
                Some(subscription) if subscription.status.is_live() && subscription.cancel_at_period_end => {
                    Some(text!(desk_status_ends, day = day(subscription.current_period_end())))
                }
                _ => entitlements.granted_until.map(|until| text!(desk_status_granted_until, day = day(until))),
            };
            (Tone::Ok, text!(desk_status_active), detail)
        }
    }
}

pub(crate) fn status_view(entitlements: &Entitlements, subscription: Option<&Subscription>) -> AnyView {
    let (tone, word, detail) = status(entitlements, subscription);
    let detail = detail.map(|detail| view! { <br/><span class="note">{detail}</span> });
    view! { {state(tone, word)}{detail} }.into_any()
}

/// Renders the counts of reached and near limits.
pub(crate) fn limits_view(listed: &ListedTenant) -> AnyView {
    let near = |limits: usize| state(Tone::Near, text!(desk_tenants_limits_near, limits = limits));
    let reached = |limits: usize| state(Tone::Stop, text!(desk_tenants_limits_reached, limits = limits));
    match (listed.reached, listed.near) {
        (0, 0) => view! { <span class="note">{text!(desk_tenants_limits_none)}</span> }.into_any(),
        (0, limits) => near(limits).into_any(),
        (limits, 0) => reached(limits).into_any(),
        (most, some) => view! { {reached(most)}<br/>{near(some)} }.into_any(),
    }
}
