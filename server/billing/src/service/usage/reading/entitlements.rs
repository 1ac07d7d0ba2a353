//! A tenant's plan with the status of every feature, from memory.

use domain::{
    entitlement::status::{FeatureStatus, feature_status},
    ids::{PlanId, TenantId},
    subscription::{Discount, SubscriptionStatus},
};

use crate::service::{ServiceError, Usage};

/// What a tenant may use now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantEntitlements {
    /// The plan whose limits apply.
    pub plan: PlanId,
    pub status: SubscriptionStatus,
    /// The seats that the subscription pays for, or the quantity of a plan without seats; `None` without a live
    /// subscription.
    pub seats: Option<u64>,
    /// The discounts of the live subscription.
    pub discounts: Vec<Discount>,
    /// Rises with every change of the subscription, limits and profile. The same on every node.
    pub revision: i64,
    /// One entry for each feature of the catalog, in its order.
    pub features: Vec<FeatureStatus>,
}

impl Usage {
    /// Returns what a tenant may use now, each feature as [`Self::check`] answers for the amount 1.
    pub async fn tenant_entitlements(&self, tenant: &TenantId) -> Result<TenantEntitlements, ServiceError> {
        let (view, facts) = self.complete_view(tenant).await?;
        let tenant_plan = self.tenant_plan_of(&facts);
        let (catalog, entitlements, now) = (self.catalog(), &tenant_plan.entitlements, self.billing_now());
        let usage = self.all_readings(&view, &facts, &tenant_plan);
        let features = catalog
            .features
            .iter()
            .zip(&usage)
            .map(|(feature, usage)| feature_status(catalog, feature, entitlements, usage, now))
            .collect();
        let billed = facts.subscription.as_ref().filter(|current| current.status.is_live());
        Ok(TenantEntitlements {
            plan: entitlements.plan.clone(),
            status: entitlements.status,
            seats: billed.map(|current| current.details.seats.unwrap_or(current.details.quantity)),
            discounts: billed.map(|current| current.details.discounts.clone()).unwrap_or_default(),
            revision: facts.revision,
            features,
        })
    }
}
