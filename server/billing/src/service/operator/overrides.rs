//! Overrides: plans and limits that an operator sets for one tenant, independent of its subscription.

#[cfg(test)]
mod tests;

use domain::{
    catalog::{Feature, FeatureKind, Limit},
    entitlement::overrides::{CustomLimit, LimitOverride, Overrides, PlanGrant},
    ids::TenantId,
    subscription::current_subscription,
    tenant::audit::{AuditAction, AuditActor, NewAuditEntry},
    time::Timestamp,
};
use serde_json::{Value, json};

use crate::{
    service::{Operators, ServiceError, usage::limit_check::enqueue_limit_check, webhook::endpoint::EndpointEvent},
    store::{StoreResult, tenant::tenants::Tenant},
};

/// Batch size of [`Operators::backfill_override_plans`].
const FORMER_BATCH: i64 = 200;

/// A change of overrides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OverrideChange {
    pub plan: PlanGrantChange,
    /// Changes by the key of the feature.
    pub limits: Vec<(String, CustomLimitChange)>,
    /// When everything set by this change ends; `None` for no end.
    pub until: Option<Timestamp>,
}

/// A change of the granted plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum PlanGrantChange {
    #[default]
    Keep,
    Grant(String),
    /// Remove the grant: the paid plan or the free plan applies.
    Remove,
}

/// A change of a custom limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CustomLimitChange {
    /// Set the limit for the plan that is effective now. On any other plan, this limit applies if it is higher than
    /// that plan's own.
    Set(Limit),
    /// Cap the limit on every plan.
    AtMost(u64),
    /// Remove the custom limit: the plan's limit applies.
    Remove,
}

impl Operators {
    /// Changes a tenant's overrides and returns all overrides in force. Idempotent.
    ///
    /// Takes effect at once on this node and within a second on every other.
    pub async fn override_tenant(&self, tenant: &TenantId, change: &OverrideChange) -> Result<Overrides, ServiceError> {
        self.apply_overrides(tenant, change, AuditActor::Operator).await
    }

    pub(in crate::service) async fn apply_overrides(
        &self,
        tenant: &TenantId,
        change: &OverrideChange,
        by: AuditActor,
    ) -> Result<Overrides, ServiceError> {
        let OverrideChange { plan, limits, until } = change;
        let (until, now) = (*until, self.billing_now());
        if until.is_some_and(|until| until <= now) {
            return Err(ServiceError::field("until", "until must be in the future."));
        }
        let granted = match plan {
            PlanGrantChange::Grant(plan) => Some(PlanGrant { plan: self.tenants().plan_to_grant(plan)?, until }),
            PlanGrantChange::Keep | PlanGrantChange::Remove => None,
        };
        let limits = limits.iter().map(|(feature, change)| Ok((self.feature_to_limit(feature, *change)?, *change)));
        let limits = limits.collect::<Result<Vec<_>, ServiceError>>()?;

        let mut tx = self.store().begin().await?;
        tx.connection().lock_tenant(tenant).await?;
        let found = tx.connection().find_tenant(tenant).await?.filter(|found| found.deleted_at.is_none());
        let mut owner = found.ok_or(ServiceError::TenantNotFound)?;
        let subscriptions = tx.connection().list_subscriptions(tenant).await?;
        let current = current_subscription(self.catalog(), &subscriptions);
        let before = EndpointEvent::subscription(tenant, &self.entitlements(&owner, current), current, now);
        let mut overrides = owner.overrides.clone();
        match plan {
            PlanGrantChange::Keep => {}
            PlanGrantChange::Grant(_) | PlanGrantChange::Remove => overrides.plan = granted,
        }
        let with_plan = Tenant { overrides: overrides.clone(), ..owner.clone() };
        let on = self.entitlements(&with_plan, current).plan;
        for (feature, change) in limits {
            let feature = feature.key.clone();
            let (limit, at_most) = match change {
                CustomLimitChange::Set(limit) => (limit, false),
                CustomLimitChange::AtMost(most) => (Limit::AtMost(most), true),
                CustomLimitChange::Remove => {
                    overrides.clear_limit(&feature);
                    continue;
                }
            };
            let custom = CustomLimit { limit, set_on_plan: Some(on.clone()), at_most };
            overrides.set_limit(LimitOverride { feature, custom, until });
        }
        if overrides != owner.overrides {
            tx.connection().update_overrides(tenant, &overrides).await?;
            let details = json!({ "before": audit_details(&owner.overrides), "after": audit_details(&overrides) });
            let entry =
                NewAuditEntry { by, action: AuditAction::OverridesChanged, target: owner.name.clone(), details };
            self.record_audit(&mut tx, tenant, entry).await?;
            owner.overrides = overrides.clone();
            self.subscriptions().schedule_next_transition(&mut tx, &owner, current, now).await?;
            let after = EndpointEvent::subscription(tenant, &self.entitlements(&owner, current), current, now);
            let event = self.endpoints().note_subscription(&mut tx, &before, after).await?;
            self.endpoints().announce(&mut tx, event.as_slice()).await?;
        }
        enqueue_limit_check(&mut tx, tenant, self.wall_now()).await?;
        tx.commit().await?;
        self.0.views.invalidate(tenant);
        self.jobs_written().notify_one();
        Ok(overrides)
    }

    /// Migration: sets the effective plan on custom limits that a former version stored without a plan. On that plan, a
    /// custom limit below the plan's own limit then still applies. Idempotent; one transaction per tenant.
    pub async fn backfill_override_plans(&self) -> StoreResult<()> {
        let mut after: Option<TenantId> = None;
        loop {
            let mut read = self.store().read().await?;
            let tenants = read.connection().list_overrides_without_plan(after.as_ref(), FORMER_BATCH).await?;
            drop(read);
            let Some(last) = tenants.last() else { return Ok(()) };
            // A deleted tenant is listed but not changed: without this cursor it would be listed again and again.
            after = Some(last.clone());
            for tenant in tenants {
                let mut tx = self.store().begin().await?;
                tx.connection().lock_tenant(&tenant).await?;
                let Some(owner) = tx.connection().find_tenant(&tenant).await? else { continue };
                let subscriptions = tx.connection().list_subscriptions(&tenant).await?;
                let on = self.entitlements(&owner, current_subscription(self.catalog(), &subscriptions)).plan;
                let mut overrides = owner.overrides;
                for one in &mut overrides.limits {
                    one.custom.set_on_plan.get_or_insert_with(|| on.clone());
                }
                tx.connection().update_overrides(&tenant, &overrides).await?;
                tx.commit().await?;
            }
        }
    }

    fn feature_to_limit(&self, key: &str, change: CustomLimitChange) -> Result<&Feature, ServiceError> {
        let feature = self.catalog().feature(key).ok_or_else(|| {
            let known: Vec<_> = self.catalog().features.iter().map(|feature| feature.key.as_str()).collect();
            ServiceError::field("limit", format!("There is no feature {key:?}; the catalog has {}.", known.join(", ")))
        })?;
        let is_more_than_on = matches!(
            change,
            CustomLimitChange::Set(Limit::Unlimited | Limit::AtMost(2..)) | CustomLimitChange::AtMost(2..)
        );
        if feature.kind == FeatureKind::Flag && is_more_than_on {
            return Err(ServiceError::field("limit", format!("{key} is on or off: its limit is 1 or 0.")));
        }
        Ok(feature)
    }
}

/// Formats overrides for the audit log, with times as RFC 3339. Entries that former versions wrote have times in
/// microseconds.
fn audit_details(overrides: &Overrides) -> Value {
    let Overrides { plan, limits } = overrides;
    let end = |until: Option<Timestamp>| until.map(Timestamp::rfc3339_secs);
    let plan = plan.as_ref().map(|PlanGrant { plan, until }| json!({ "plan": plan, "until": end(*until) }));
    let limits: Vec<_> = limits
        .iter()
        .map(|LimitOverride { feature, custom: CustomLimit { limit, set_on_plan: _, at_most }, until }| {
            let mut details = json!({ "feature": feature, "limit": limit, "until": end(*until) });
            if let (true, Some(details)) = (*at_most, details.as_object_mut()) {
                details.insert("atMost".to_owned(), json!(true));
            }
            details
        })
        .collect();
    json!({ "plan": plan, "limits": limits })
}
