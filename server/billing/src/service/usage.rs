//! What a tenant uses of what it may, and whether it may use more.

use domain::{
    catalog::{Feature, Limit, Plan},
    entitlement::{
        FeatureUsage,
        check::{Check, check},
        window,
    },
    ids::{PlanId, TenantId},
    time::Timestamp,
};

use super::{ServiceError, Services, membership::Holding};

/// The feature that Dues itself counts.
pub(super) const TEAM_MEMBERS: &str = "team_members";

/// Every limit of a tenant, with what is used of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usage {
    /// Whose limits hold.
    pub plan: PlanId,
    /// One for every feature of the catalog, in its order.
    pub features: Vec<FeatureUsage>,
}

type Window = Option<(Timestamp, Timestamp)>;

impl Services {
    pub async fn usage(&self, tenant: &TenantId) -> Result<Usage, ServiceError> {
        let holding = self.holding(tenant).await?;
        let features = self.readings(&holding, self.billing_now()).await?;
        Ok(Usage { plan: holding.entitled.plan, features })
    }

    /// Whether the tenant may use `amount` more of a feature. It changes nothing and keeps no place: what is allowed now may be
    /// taken by somebody else a moment later.
    pub async fn check(&self, tenant: &TenantId, feature: &str, amount: u64) -> Result<Check, ServiceError> {
        let unknown = || ServiceError::UnknownFeature(feature.chars().take(64).collect());
        let feature = self.catalog().feature(feature).ok_or_else(unknown)?;
        let holding = self.holding(tenant).await?;
        let now = self.billing_now();
        let usage = self.reading(&holding, feature, now).await?;
        Ok(check(self.catalog(), feature, &holding.entitled, &usage, amount, now))
    }

    pub(super) async fn readings(&self, holding: &Holding, now: Timestamp) -> Result<Vec<FeatureUsage>, ServiceError> {
        let Holding { tenant, subscription, entitled } = holding;
        let features = &self.catalog().features;
        let windows: Vec<_> = features.iter().map(|feature| window(feature.kind, subscription.as_ref(), now)).collect();
        let oldest = windows.iter().flatten().map(|(start, _)| *start).min().unwrap_or(now);
        let mut reader = self.store().read().await?;
        let counters = reader.link().list_counters(&tenant.id, oldest).await?;
        let members = reader.link().count_members(&tenant.id).await?;
        let plan = self.catalog().plan(entitled.plan.as_str());
        let counted = |feature: &Feature, since: Option<Timestamp>| {
            let own = counters.iter().find(|own| own.feature == feature.key && own.period_start == since);
            own.map_or(0, |own| own.used)
        };
        let read = |(feature, window): (&Feature, Window)| {
            let used = if counts_members(feature) { members } else { counted(feature, start(window)) };
            told(feature, plan, window, used)
        };
        Ok(features.iter().zip(windows).map(read).collect())
    }

    /// Of a single feature.
    async fn reading(
        &self,
        holding: &Holding,
        feature: &Feature,
        now: Timestamp,
    ) -> Result<FeatureUsage, ServiceError> {
        let Holding { tenant, subscription, entitled } = holding;
        let window = window(feature.kind, subscription.as_ref(), now);
        let used = if counts_members(feature) {
            self.store().read().await?.link().count_members(&tenant.id).await?
        } else if feature.kind.is_counted() {
            let mut reader = self.store().read().await?;
            reader.link().find_counter(&tenant.id, &feature.key, start(window)).await?.unwrap_or_default()
        } else {
            0
        };
        Ok(told(feature, self.catalog().plan(entitled.plan.as_str()), window, used))
    }
}

fn counts_members(feature: &Feature) -> bool {
    feature.key.as_str() == TEAM_MEMBERS
}

fn start(window: Window) -> Option<Timestamp> {
    window.map(|(start, _)| start)
}

pub(super) fn told(feature: &Feature, plan: Option<&Plan>, window: Window, used: u64) -> FeatureUsage {
    FeatureUsage {
        feature: feature.key.clone(),
        used,
        limit: plan.map_or(Limit::AtMost(0), |plan| plan.limit(&feature.key)),
        since: start(window),
        resets_at: window.map(|(_, end)| end),
    }
}
