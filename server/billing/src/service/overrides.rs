//! What an operator settles for one tenant beside what it pays for.

#[cfg(test)]
mod tests;

use domain::{
    audit::{AuditAction, AuditActor, NewAuditEntry},
    catalog::{Feature, FeatureKind, Limit},
    ids::TenantId,
    overrides::{CustomLimit, LimitOverride, Overrides, PlanGrant},
    subscription::current_subscription,
    time::Timestamp,
};
use serde_json::{Value, json};

use super::{ServiceError, Services, usage::alerts::want_a_look, webhook_endpoint::News};
use crate::store::{StoreResult, tenants::Tenant};

/// How many tenants of a former version are read at once.
const FORMER_BATCH: i64 = 200;

/// What is to be settled otherwise than it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OverrideWish {
    pub plan: PlanWish,
    /// By feature.
    pub limits: Vec<(String, LimitWish)>,
    /// When all of this ends; `None` for when it is taken back.
    pub until: Option<Timestamp>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum PlanWish {
    #[default]
    AsItIs,
    Grant(String),
    /// What is paid for holds, or the free plan.
    TakeBack,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitWish {
    /// Holds on the plan that holds now; on another one, the higher of both.
    Set(Limit),
    /// No plan gives more.
    AtMost(u64),
    /// The plan's holds.
    TakeBack,
}

impl Services {
    /// Settles something for a tenant, and answers all that is settled for it then. It holds at once here, and within a second
    /// on every node. Safe to repeat.
    pub async fn override_tenant(&self, tenant: &TenantId, wish: &OverrideWish) -> Result<Overrides, ServiceError> {
        self.settle(tenant, wish, AuditActor::Operator).await
    }

    pub(super) async fn settle(
        &self,
        tenant: &TenantId,
        wish: &OverrideWish,
        by: AuditActor,
    ) -> Result<Overrides, ServiceError> {
        let OverrideWish { plan, limits, until } = wish;
        let (until, now) = (*until, self.billing_now());
        if until.is_some_and(|until| until <= now) {
            return Err(ServiceError::field("until", "until must be in the future."));
        }
        let granted = match plan {
            PlanWish::Grant(plan) => Some(PlanGrant { plan: self.plan_to_grant(plan)?, until }),
            PlanWish::AsItIs | PlanWish::TakeBack => None,
        };
        let limits = limits.iter().map(|(feature, wish)| Ok((self.feature_to_limit(feature, *wish)?, *wish)));
        let limits = limits.collect::<Result<Vec<_>, ServiceError>>()?;

        let mut tx = self.store().begin().await?;
        tx.link().lock_tenant(tenant).await?;
        let mut owner = tx.link().find_tenant(tenant).await?.ok_or(ServiceError::TenantNotFound)?;
        let subscriptions = tx.link().list_subscriptions(tenant).await?;
        let own = current_subscription(&subscriptions);
        let before = News::subscription(tenant, &self.entitlements(&owner, own), own, now);
        let mut overrides = owner.overrides.clone();
        match plan {
            PlanWish::AsItIs => {}
            PlanWish::Grant(_) | PlanWish::TakeBack => overrides.plan = granted,
        }
        let with_plan = Tenant { overrides: overrides.clone(), ..owner.clone() };
        let on = self.entitlements(&with_plan, own).plan;
        for (feature, wish) in limits {
            let feature = feature.key.clone();
            let (limit, at_most) = match wish {
                LimitWish::Set(limit) => (limit, false),
                LimitWish::AtMost(most) => (Limit::AtMost(most), true),
                LimitWish::TakeBack => {
                    overrides.clear_limit(&feature);
                    continue;
                }
            };
            let custom = CustomLimit { limit, set_on_plan: Some(on.clone()), at_most };
            overrides.set_limit(LimitOverride { feature, custom, until });
        }
        if overrides != owner.overrides {
            tx.link().update_overrides(tenant, &overrides).await?;
            let details = json!({ "before": told(&owner.overrides), "after": told(&overrides) });
            let deed = NewAuditEntry { by, action: AuditAction::OverridesChanged, target: owner.name.clone(), details };
            self.write_down(&mut tx, tenant, deed).await?;
            owner.overrides = overrides.clone();
            self.set_next_turn(&mut tx, &owner, own, now).await?;
            let after = News::subscription(tenant, &self.entitlements(&owner, own), own, now);
            self.announce_subscription(&mut tx, &before, after).await?;
        }
        want_a_look(&mut tx, tenant, self.wall_now()).await?;
        tx.commit().await?;
        self.0.views.doubt(tenant);
        self.jobs_written().notify_one();
        Ok(overrides)
    }

    /// Notes for limits that a former version set which plan holds now: a lower limit than the plan's goes on holding there.
    /// Idempotent; each tenant in a transaction of its own.
    pub async fn note_plans_of_former_overrides(&self) -> StoreResult<()> {
        loop {
            let tenants = self.store().read().await?.link().list_overrides_without_plan(FORMER_BATCH).await?;
            if tenants.is_empty() {
                return Ok(());
            }
            for tenant in tenants {
                let mut tx = self.store().begin().await?;
                tx.link().lock_tenant(&tenant).await?;
                let Some(owner) = tx.link().find_tenant(&tenant).await? else { continue };
                let subscriptions = tx.link().list_subscriptions(&tenant).await?;
                let on = self.entitlements(&owner, current_subscription(&subscriptions)).plan;
                let mut overrides = owner.overrides;
                for one in &mut overrides.limits {
                    one.custom.set_on_plan.get_or_insert_with(|| on.clone());
                }
                tx.link().update_overrides(&tenant, &overrides).await?;
                tx.commit().await?;
            }
        }
    }

    fn feature_to_limit(&self, key: &str, wish: LimitWish) -> Result<&Feature, ServiceError> {
        let feature = self.catalog().feature(key).ok_or_else(|| {
            let known: Vec<_> = self.catalog().features.iter().map(|feature| feature.key.as_str()).collect();
            ServiceError::field("limit", format!("There is no feature {key:?}; the catalog has {}.", known.join(", ")))
        })?;
        let is_more_than_on =
            matches!(wish, LimitWish::Set(Limit::Unlimited | Limit::AtMost(2..)) | LimitWish::AtMost(2..));
        if feature.kind == FeatureKind::Flag && is_more_than_on {
            return Err(ServiceError::field("limit", format!("{key} is on or off: its limit is 1 or 0.")));
        }
        Ok(feature)
    }
}

/// As people read it, for the audit log: entries of former versions have the ends in microseconds.
fn told(overrides: &Overrides) -> Value {
    let Overrides { plan, limits } = overrides;
    let end = |until: Option<Timestamp>| until.map(Timestamp::rfc3339_secs);
    let plan = plan.as_ref().map(|PlanGrant { plan, until }| json!({ "plan": plan, "until": end(*until) }));
    let limits: Vec<_> = limits
        .iter()
        .map(|LimitOverride { feature, custom: CustomLimit { limit, set_on_plan: _, at_most }, until }| {
            let mut told = json!({ "feature": feature, "limit": limit, "until": end(*until) });
            if let (true, Some(told)) = (*at_most, told.as_object_mut()) {
                told.insert("atMost".to_owned(), json!(true));
            }
            told
        })
        .collect();
    json!({ "plan": plan, "limits": limits })
}
