//! The entitlements of a tenant: which plan and which limits apply at an instant.

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{ProviderStatus, Subscription, SubscriptionStatus};
use crate::{
    catalog::{Catalog, Feature, Limit, Plan, WarnAt},
    entitlement::{
        overrides::{CustomLimit, Overrides, PlanGrant},
        own_limits::{OwnLimit, OwnLimits},
    },
    ids::{FeatureKey, PlanId},
    money::Currency,
    time::Timestamp,
};

/// The entitlements of a tenant at an instant: its plan, status and limits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entitlements {
    /// The plan whose limits apply.
    pub plan: PlanId,
    /// The status as the APIs report it.
    pub status: SubscriptionStatus,
    /// The end of grace for an overdue payment, also if it has passed; `None` if no payment is overdue.
    pub grace_until: Option<Timestamp>,
    /// The plan that is suspended because its grace is over. Payment restores it.
    pub suspended: Option<PlanId>,
    /// The end of the grant, if `plan` applies because of a grant and the grant has an end.
    pub granted_until: Option<Timestamp>,
    /// The grant that is in force, also if a higher paid plan applies at present.
    pub grant: Option<PlanGrant>,
    /// The seats of `plan`: what the subscription pays for. If the plan is granted, what the subscription pays for,
    /// raised to the plan's minimum. `None` for a plan without seats, and without a subscription that has seats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seats: Option<u64>,
    /// The currency that the subscription sets, also after its end; `None` without one, and for a currency in which
    /// nothing is sold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// The custom limits of the tenant.
    pub limits: BTreeMap<FeatureKey, CustomLimit>,
    /// What the tenant's admins set for its limits.
    #[serde(default)]
    pub own: OwnLimits,
}

impl Entitlements {
    /// The tenant's effective limit of a feature on a plan of the catalog, including custom limits.
    ///
    /// Everything that shows, previews or enforces the limit of a plan uses this, so that a plan grants what its preview
    /// promised. [`Self::limit`] also knows the caps that the tenant's admins set.
    ///
    /// The limit of a plan's seats is their number: those of the tenant on its own plan. On another plan those that a
    /// change to it would keep, without seats the fewest that the plan is sold with.
    pub fn effective_limit(&self, plan: &Plan, feature: &FeatureKey) -> Limit {
        self.with_custom(plan, feature, self.limit_with_seats(plan, feature))
    }

    /// Like [`Self::effective_limit`], with as many seats as `wanted` needs, if the plan is sold with so many.
    pub fn limit_for(&self, plan: &Plan, feature: &FeatureKey, wanted: u64) -> Limit {
        let planned = self.limit_with_seats(plan, feature);
        let seats = plan.seats.as_ref().filter(|seats| seats.feature == *feature && seats.sells(wanted));
        let planned = seats.map_or(planned, |_| planned.max(Limit::AtMost(wanted)));
        self.with_custom(plan, feature, planned)
    }

    fn with_custom(&self, plan: &Plan, feature: &FeatureKey, planned: Limit) -> Limit {
        self.limits.get(feature).map_or(planned, |custom| custom.effective_on(&plan.id, planned))
    }

    /// The number of seats that the tenant has on its own plan, or would have on another; `None` for a plan without
    /// seats.
    pub fn seats_on(&self, plan: &Plan) -> Option<u64> {
        let sold = plan.seats.as_ref()?;
        Some(match self.seats {
            Some(seats) if plan.id == self.plan => seats,
            Some(seats) => sold.kept(seats),
            None => sold.min,
        })
    }

    fn limit_with_seats(&self, plan: &Plan, feature: &FeatureKey) -> Limit {
        let is_seats = plan.seats.as_ref().is_some_and(|seats| seats.feature == *feature);
        let seats = self.seats_on(plan).filter(|_| is_seats);
        seats.map_or_else(|| plan.limit(feature), Limit::AtMost)
    }

    /// A plan of the catalog with the tenant's effective limits.
    #[must_use]
    pub fn effective_plan(&self, plan: &Plan) -> Plan {
        let seats = plan.seats.as_ref().map(|seats| &seats.feature);
        let changed = self.limits.keys().chain(seats);
        let limits = changed.map(|feature| (feature.clone(), self.effective_limit(plan, feature)));
        let mut effective = plan.clone();
        effective.limits.extend(limits);
        effective
    }

    /// Whether the limit of `feature` on `plan` is the tenant's custom limit.
    ///
    /// `plan` must come from [`Entitlements::effective_plan`].
    pub fn is_custom(&self, plan: &Plan, feature: &FeatureKey) -> bool {
        self.limits.get(feature).is_some_and(|custom| custom.limit == plan.limit(feature))
    }

    /// The catalog with the tenant's effective limits in every plan, for comparisons of plans. Caps that
    /// its admins set are left out: they are no part of a plan.
    #[must_use]
    pub fn effective_catalog(&self, catalog: &Arc<Catalog>) -> Arc<Catalog> {
        if self.limits.is_empty() && (self.seats.is_none() || catalog.plans.iter().all(|plan| plan.seats.is_none())) {
            return catalog.clone();
        }
        let plans = catalog.plans.iter().map(|plan| self.effective_plan(plan)).collect();
        Arc::new(Catalog { plans, ..Catalog::clone(catalog) })
    }

    /// The grant of the current plan, unless the overdue payment would restore a plan of higher rank when it arrives.
    ///
    /// `None` in that case, and if the current plan is not granted.
    pub fn unconditional_grant(&self, catalog: &Catalog) -> Option<&PlanGrant> {
        let grant = self.grant.as_ref().filter(|grant| grant.plan == self.plan)?;
        let rank = |id: &PlanId| catalog.plan(id.as_str()).map(|plan| plan.rank);
        let is_as_high = self.suspended.as_ref().is_none_or(|paid| rank(paid) <= rank(&grant.plan));
        is_as_high.then_some(grant)
    }

    /// The limit of a feature that applies to the tenant: the lower of [`Self::planned_limit`] and the cap that its
    /// admins set.
    pub fn limit(&self, catalog: &Catalog, feature: &FeatureKey) -> Limit {
        let planned = self.planned_limit(catalog, feature);
        match self.cap(catalog, feature) {
            Some((cap, _)) => Limit::AtMost(cap),
            None => planned,
        }
    }

    /// The cap of a feature that the tenant's admins set, if it is below the plan's limit, with who set it and when.
    pub fn cap(&self, catalog: &Catalog, feature: &FeatureKey) -> Option<(u64, &OwnLimit)> {
        let own = self.own.get(feature)?;
        let cap = own.cap.filter(|cap| Limit::AtMost(*cap) < self.planned_limit(catalog, feature))?;
        Some((cap, own))
    }

    /// The thresholds of alerts about a feature.
    pub fn thresholds<'a>(&'a self, feature: &'a Feature) -> &'a [WarnAt] {
        self.own.thresholds(feature)
    }

    /// The effective limit of a feature on the tenant's plan, without a cap; 0 if neither the plan nor an override
    /// includes it.
    pub fn planned_limit(&self, catalog: &Catalog, feature: &FeatureKey) -> Limit {
        match (catalog.plan(self.plan.as_str()), self.limits.get(feature)) {
            (Some(plan), _) => self.effective_limit(plan, feature),
            (None, Some(custom)) => custom.effective_on(&self.plan, Limit::AtMost(0)),
            (None, None) => Limit::AtMost(0),
        }
    }
}

/// Computes the entitlements of a tenant at `now`.
///
/// - Without a subscription the plan is `free` and the status active.
/// - While a payment is overdue the plan stays for `grace_secs`. During grace the lower of the previous and the current
///   plan applies, because a plan that was never paid is not granted. After grace the plan is `free` until the payment
///   arrives.
/// - An `incomplete` subscription grants no plan.
/// - After the end of the subscription the plan is `free` and the status canceled.
/// - A granted plan applies unless a paid plan has a higher rank.
/// - The seats are those that the subscription pays for; a granted plan has at least its minimum.
/// - Custom limits apply as [`CustomLimit::effective_on`] says.
/// - What the tenant's admins set is left out: the caller adds [`Entitlements::own`].
/// - Plans that the catalog lacks grant nothing: the returned plan is always in the catalog.
pub fn entitlements(
    subscription: Option<&Subscription>,
    overrides: &Overrides,
    catalog: &Catalog,
    grace_secs: i64,
    now: Timestamp,
) -> Entitlements {
    let granted = overrides.plan_at(now).and_then(|grant| Some((catalog.plan(grant.plan.as_str())?, grant.until)));
    let paid = subscription.and_then(|current| catalog.plan(current.plan.as_str()));
    let status = subscription.map_or(SubscriptionStatus::Active, |current| current.status.subscription_status());
    let (mut grace_until, mut suspended) = (None, None);
    let mut held = None;
    if let Some(current) = subscription {
        let previous = current.plan_before_due.as_ref().and_then(|plan| catalog.plan(plan.as_str()));
        let lower = [paid, previous].into_iter().flatten().min_by_key(|plan| plan.rank);
        match current.status {
            ProviderStatus::Active | ProviderStatus::Trialing => held = lower,
            ProviderStatus::PastDue | ProviderStatus::Unpaid => {
                let until = current.past_due_since.unwrap_or(current.period_start).plus_secs(grace_secs);
                grace_until = Some(until);
                if now < until {
                    held = lower;
                } else {
                    suspended = paid.map(|plan| plan.id.clone());
                }
            }
            ProviderStatus::Incomplete
            | ProviderStatus::IncompleteExpired
            | ProviderStatus::Canceled
            | ProviderStatus::Paused => {}
        }
    }
    // A granted plan makes the tenant active even if its subscription has ended.
    let status =
        if granted.is_some() && status == SubscriptionStatus::Canceled { SubscriptionStatus::Active } else { status };
    let grant = granted.map(|(plan, until)| PlanGrant { plan: plan.id.clone(), until });
    let granted = granted.filter(|(plan, _)| held.is_none_or(|held| plan.rank > held.rank));
    let applies = granted.map(|(plan, _)| plan).or(held);
    let bought = subscription.filter(|_| held.is_some()).and_then(|current| current.details.seats);
    let seats = applies.and_then(|plan| {
        let is_bought = granted.is_none() && subscription.is_some_and(|current| current.plan == plan.id);
        let sold = plan.seats.as_ref()?;
        bought.map(|bought| if is_bought { bought } else { sold.kept(bought) })
    });
    Entitlements {
        plan: applies.map_or_else(|| catalog.free.clone(), |plan| plan.id.clone()),
        status,
        grace_until,
        suspended,
        granted_until: granted.and_then(|(_, until)| until),
        grant,
        seats,
        currency: subscription.and_then(Subscription::currency).filter(|currency| catalog.sells_in(*currency)),
        limits: overrides.limits_at(now).map(|limit| (limit.feature.clone(), limit.custom.clone())).collect(),
        own: OwnLimits::default(),
    }
}
