//! What a workspace has, uses and pays, for pages and for the API.

use domain::{
    account::Viewer,
    catalog::Catalog,
    entitlement::{FeatureUsage, window},
    ids::TenantId,
    subscription::{Entitled, Standing, Subscription, current, entitled},
    time::Timestamp,
    wire::MembershipView,
};

use super::{ServiceError, Services};
use crate::store::{tenants::Tenant, usage_counters::Counter};

/// A tenant with what holds for it now.
#[derive(Clone, Debug)]
pub struct Holding {
    pub tenant: Tenant,
    pub subscription: Option<Subscription>,
    pub entitled: Entitled,
}

/// What `GET /api/v1/billing/status` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillingStatus {
    pub plan: String,
    pub standing: Standing,
    pub current_period_end: Option<Timestamp>,
    pub cancel_at_period_end: bool,
}

impl Services {
    /// Everything that a page about the open workspace shows.
    pub async fn membership(&self, viewer: &Viewer) -> Result<MembershipView, ServiceError> {
        let tenant = &viewer.here.tenant_id;
        let now = self.billing_now();
        let Holding { subscription, entitled, .. } = self.holding(tenant).await?;
        let usage = self.usage(tenant, &entitled, subscription.as_ref(), now).await?;
        let catalog = self.catalog().clone();
        let price =
            subscription.as_ref().and_then(|own| catalog.plan(own.plan.as_str())?.price(own.cycle, catalog.currency));
        let provider = self.provider().name();
        Ok(MembershipView { viewer: viewer.clone(), now, catalog, provider, entitled, subscription, price, usage })
    }

    pub async fn status(&self, tenant: &TenantId) -> Result<BillingStatus, ServiceError> {
        let Holding { subscription, entitled, .. } = self.holding(tenant).await?;
        Ok(BillingStatus {
            plan: entitled.plan.into(),
            standing: entitled.standing,
            current_period_end: subscription.as_ref().map(|own| own.ended_at.unwrap_or(own.period_end)),
            cancel_at_period_end: subscription.is_some_and(|own| own.cancel_at_period_end),
        })
    }

    pub async fn holding(&self, tenant: &TenantId) -> Result<Holding, ServiceError> {
        let mut reader = self.store().read().await?;
        let tenant = reader.link().find_tenant(tenant).await?.ok_or(ServiceError::TenantNotFound)?;
        let subscriptions = reader.link().list_subscriptions(&tenant.id).await?;
        let subscription = current(&subscriptions).cloned();
        let entitled = self.entitled(&tenant, subscription.as_ref());
        Ok(Holding { tenant, subscription, entitled })
    }

    /// What holds for a tenant now.
    pub(super) fn entitled(&self, tenant: &Tenant, subscription: Option<&Subscription>) -> Entitled {
        let grace_secs = self.settings().grace_secs;
        entitled(subscription, tenant.granted_plan.as_ref(), self.catalog(), grace_secs, self.billing_now())
    }

    async fn usage(
        &self,
        tenant: &TenantId,
        entitled: &Entitled,
        subscription: Option<&Subscription>,
        now: Timestamp,
    ) -> Result<Vec<FeatureUsage>, ServiceError> {
        let windows: Vec<_> =
            self.catalog().features.iter().map(|feature| window(feature.kind, subscription, now)).collect();
        let oldest = windows.iter().flatten().map(|(start, _)| *start).min().unwrap_or(now);
        let mut reader = self.store().read().await?;
        let counters = reader.link().list_counters(tenant, oldest).await?;
        let members = reader.link().count_members(tenant).await?;
        Ok(readings(self.catalog(), entitled, &windows, &counters, members))
    }
}

/// The feature that Dues itself counts.
pub(super) const TEAM_MEMBERS: &str = "team_members";

fn readings(
    catalog: &Catalog,
    entitled: &Entitled,
    windows: &[Option<(Timestamp, Timestamp)>],
    counters: &[Counter],
    members: u64,
) -> Vec<FeatureUsage> {
    let plan = catalog.plan(entitled.plan.as_str());
    catalog
        .features
        .iter()
        .zip(windows)
        .map(|(feature, window)| {
            let since = window.map(|(start, _)| start);
            let counted =
                || counters.iter().find(|counter| counter.feature == feature.key && counter.period_start == since);
            FeatureUsage {
                used: if feature.key.as_str() == TEAM_MEMBERS {
                    members
                } else {
                    counted().map_or(0, |counter| counter.used)
                },
                limit: plan.map_or(domain::catalog::Limit::AtMost(0), |plan| plan.limit(&feature.key)),
                feature: feature.key.clone(),
                since,
                resets_at: window.map(|(_, end)| end),
            }
        })
        .collect()
}
