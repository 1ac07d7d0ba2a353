//! What a workspace has, uses and pays, for pages and for the API.

use domain::{
    account::Viewer,
    ids::TenantId,
    lifecycle::{DuplicateState, DuplicateSubscription},
    subscription::{Entitlements, Subscription, SubscriptionStatus, current_subscription, entitlements},
    time::Timestamp,
    trial,
    wire::MembershipView,
};

use super::{ServiceError, Services};
use crate::store::tenants::Tenant;

/// For so long it is told that a second payment went back.
const NEWS_SECS: i64 = 14 * 86_400;

/// A tenant with what holds for it now.
#[derive(Clone, Debug)]
pub struct Holding {
    pub tenant: Tenant,
    pub subscription: Option<Subscription>,
    pub entitlements: Entitlements,
}

/// What `GET /api/v1/billing/subscription` says.
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub holding: Holding,
    /// The provider's id of the tenant; `None` until it is first led to a payment.
    pub customer: Option<String>,
}

/// What `GET /api/v1/billing/status` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillingStatus {
    pub plan: String,
    pub status: SubscriptionStatus,
    pub current_period_end: Option<Timestamp>,
    pub cancel_at_period_end: bool,
}

/// Whether it is still to be told on every visit.
fn is_news(duplicate: &DuplicateSubscription, now: Timestamp) -> bool {
    match duplicate.state {
        DuplicateState::Found | DuplicateState::Canceling | DuplicateState::Flagged => true,
        DuplicateState::Canceled | DuplicateState::Refunded => now.secs_since(duplicate.found_at) < NEWS_SECS,
        DuplicateState::Dropped => false,
    }
}

impl Services {
    /// Everything that a page about the open workspace shows.
    pub async fn membership(&self, viewer: &Viewer) -> Result<MembershipView, ServiceError> {
        let tenant = &viewer.current_membership.tenant_id;
        let now = self.billing_now();
        let (holding, usage) = self.readings(tenant).await?;
        let Holding { subscription, entitlements, tenant: _ } = holding;
        let catalog = entitlements.effective_catalog(self.catalog());
        let price = subscription.as_ref().and_then(Subscription::display_price);
        let provider = self.provider().name();
        let mut duplicates = match subscription {
            Some(_) => self.store().read().await?.link().list_duplicates(tenant).await?,
            None => Vec::new(),
        };
        duplicates.retain(|duplicate| is_news(duplicate, now));
        let unmanaged = self.unmanaged(tenant).await?;
        let is_trial_available = match &subscription {
            None => true,
            Some(own) if !trial::is_available(std::slice::from_ref(own)) => false,
            Some(_) => trial::is_available(&self.store().read().await?.link().list_subscriptions(tenant).await?),
        };
        Ok(MembershipView {
            viewer: viewer.clone(),
            now,
            catalog,
            provider,
            entitlements,
            subscription,
            price,
            usage,
            duplicates,
            unmanaged,
            is_trial_available,
        })
    }

    /// A number that grows with whatever decides about a tenant: members, roles, subscriptions, overrides. No older than a second.
    pub async fn revision(&self, tenant: &TenantId) -> Result<i64, ServiceError> {
        Ok(self.view(tenant).await?.1.revision())
    }

    pub async fn status(&self, tenant: &TenantId) -> Result<BillingStatus, ServiceError> {
        let Holding { subscription, entitlements, .. } = self.holding(tenant).await?;
        Ok(BillingStatus {
            plan: entitlements.plan.into(),
            status: entitlements.status,
            current_period_end: subscription.as_ref().map(Subscription::current_period_end),
            cancel_at_period_end: subscription.is_some_and(|own| own.cancel_at_period_end),
        })
    }

    /// What holds for a tenant, and who it is at the provider: of its subscription, or whoever takes payments now.
    pub async fn snapshot(&self, tenant: &TenantId) -> Result<Snapshot, ServiceError> {
        let holding = self.holding(tenant).await?;
        let customer = match holding.subscription.as_ref().map(|own| own.provider).or(self.provider().name()) {
            Some(provider) => self.store().read().await?.link().find_customer(tenant, provider).await?,
            None => None,
        };
        Ok(Snapshot { holding, customer: customer.map(|customer| customer.external_id) })
    }

    pub async fn holding(&self, tenant: &TenantId) -> Result<Holding, ServiceError> {
        let mut reader = self.store().read().await?;
        let tenant = reader.link().find_tenant(tenant).await?.ok_or(ServiceError::TenantNotFound)?;
        let subscriptions = reader.link().list_subscriptions(&tenant.id).await?;
        let subscription = current_subscription(&subscriptions).cloned();
        let entitlements = self.entitlements(&tenant, subscription.as_ref());
        Ok(Holding { tenant, subscription, entitlements })
    }

    /// What holds for a tenant now.
    pub(super) fn entitlements(&self, tenant: &Tenant, subscription: Option<&Subscription>) -> Entitlements {
        self.entitled_at(tenant, subscription, self.billing_now())
    }

    /// What holds, or held, at an instant.
    pub(super) fn entitled_at(
        &self,
        tenant: &Tenant,
        subscription: Option<&Subscription>,
        at: Timestamp,
    ) -> Entitlements {
        entitlements(subscription, &tenant.overrides, self.catalog(), self.settings().grace_secs, at)
    }
}
