//! Test fixture: the workspace Acme Robotics of the reference pages.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

pub(crate) mod seats;

use std::sync::Arc;

use domain::{
    account::{Identity, Membership, Role, Viewer},
    catalog::{Cycle, file::default_catalog},
    entitlement::{FeatureUsage, overrides::Overrides, window},
    ids::PlanId,
    subscription::{BillingDetails, NextPayment, Provider, ProviderStatus, Subscription, entitlements},
    time::Timestamp,
    wire::MembershipView,
};

const GRACE_SECS: i64 = 7 * 86_400;

pub(crate) fn at(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).unwrap()
}

pub(crate) fn pro(status: ProviderStatus) -> Subscription {
    Subscription {
        provider: Provider::Stripe,
        external_id: "sub_1".to_owned(),
        plan: "pro".parse().unwrap(),
        cycle: Cycle::Monthly,
        status,
        started_at: at("2025-10-01T00:00:00Z"),
        period_start: at("2026-01-01T00:00:00Z"),
        period_end: at("2026-02-01T00:00:00Z"),
        cancel_at_period_end: false,
        ended_at: None,
        past_due_since: None,
        payment_method: Some("card".to_owned()),
        trial_end: None,
        pending: None,
        plan_before_due: None,
        price: None,
        due: None,
        details: BillingDetails::default(),
        fetched_at: at("2026-01-14T21:38:00Z"),
    }
}

/// Builds the workspace's view at `now`, with usage by feature key.
pub(crate) fn view(mut subscription: Option<Subscription>, now: &str, used: &[(&str, u64)]) -> MembershipView {
    let catalog = Arc::new(default_catalog());
    if let Some(subscription) =
        subscription.as_mut().filter(|subscription| subscription.details == BillingDetails::default())
    {
        let listed = |plan: &PlanId, cycle| catalog.plan(plan.as_str())?.price(cycle, catalog.currency);
        // A provider reports the listed price as the next payment of a subscription without extra charges.
        let next = subscription
            .pending
            .as_ref()
            .map_or((&subscription.plan, subscription.cycle), |next| (&next.plan, next.cycle));
        subscription.details.next_payment =
            listed(next.0, next.1).map(|amount| NextPayment { amount, at: subscription.period_end });
        if subscription.status.is_due() && subscription.due.is_none() {
            subscription.due = listed(&subscription.plan, subscription.cycle);
        }
    }
    let now = at(now);
    let entitlements = entitlements(subscription.as_ref(), &Overrides::default(), &catalog, GRACE_SECS, now);
    let current_membership = Membership {
        tenant_id: "acme".parse().unwrap(),
        tenant_name: "Acme Robotics".to_owned(),
        role: Role::Owner,
        plan: entitlements.plan.clone(),
    };
    let is_trial_available = domain::subscription::trial::is_available(subscription.as_slice());
    let listed = |subscription: &Subscription| {
        catalog.plan(subscription.plan.as_str())?.price(subscription.cycle, catalog.currency)
    };
    let price = subscription.as_ref().filter(|subscription| !subscription.details.is_adjusted).and_then(listed);
    let plan = catalog.plan(entitlements.plan.as_str()).unwrap();
    let usage = catalog
        .features
        .iter()
        .map(|feature| {
            let window = window(feature.kind, subscription.as_ref(), now);
            FeatureUsage {
                feature: feature.key.clone(),
                used: used.iter().find(|(key, _)| *key == feature.key.as_str()).map_or(0, |(_, used)| *used),
                limit: plan.limit(&feature.key),
                since: window.map(|(start, _)| start),
                resets_at: window.map(|(_, end)| end),
            }
        })
        .collect();
    MembershipView {
        viewer: Viewer {
            user_id: "ada".parse().unwrap(),
            identity: Identity::Account("owner@acme.test".parse().unwrap()),
            current_membership,
            other_memberships: Vec::new(),
        }
        .into(),
        now,
        catalog,
        provider: Some(Provider::Stripe),
        entitlements,
        subscription,
        price,
        usage,
        duplicates: Vec::new(),
        unmanaged: Vec::new(),
        is_trial_available,
        admins: Vec::new(),
        currencies: Vec::new(),
    }
}

/// Usage of Acme Robotics in the reference pages.
pub(crate) const ACME_USES: [(&str, u64); 17] = [
    ("websocket_connections", 45),
    ("websocket_entities_watched", 8),
    ("websocket_rooms", 3),
    ("file_storage_bytes", 1 << 30),
    ("api_requests", 212),
    ("ai_tokens", 6_214_903),
    ("ai_cost", 31_400_000),
    ("secrets", 12),
    ("auth_providers", 2),
    ("database_connections", 1),
    ("feature_flags", 31),
    ("projects", 1),
    ("environments", 1),
    ("team_members", 4),
    ("flutter_apps", 1),
    ("game_projects", 0),
    ("telemetry_events_monthly", 318_204),
];

/// Date of the reference pages.
pub(crate) const TODAY: &str = "2026-01-14T21:40:00Z";
