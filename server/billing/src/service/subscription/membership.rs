//! A workspace's membership: its plan, entitlements, usage and price, for pages and for the API.

use domain::{
    account::WorkspaceViewer,
    entitlement::{
        FeatureUsage,
        remedy::{self, LimitRemedy},
    },
    ids::{PlanId, TenantId},
    subscription::{
        Entitlements, Subscription, SubscriptionStatus, current_subscription,
        lifecycle::{DuplicateState, DuplicateSubscription},
        trial,
    },
    time::Timestamp,
    wire::MembershipView,
};

use crate::{
    service::{ServiceError, Subscriptions},
    store::tenant::tenants::Tenant,
};

/// How long a settled duplicate is shown.
const SETTLED_SHOWN_SECS: i64 = 14 * 86_400;

/// A tenant with its current subscription and entitlements.
#[derive(Clone, Debug)]
pub struct TenantPlan {
    pub tenant: Tenant,
    pub subscription: Option<Subscription>,
    pub entitlements: Entitlements,
}

/// A tenant's membership with its customer at the provider.
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub tenant_plan: TenantPlan,
    /// The tenant's customer id at the provider; `None` before its first checkout.
    pub customer: Option<String>,
}

/// A tenant's plan and status, and how long its subscription runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillingStatus {
    pub plan: PlanId,
    pub status: SubscriptionStatus,
    pub current_period_end: Option<Timestamp>,
    pub cancel_at_period_end: bool,
}

/// Returns whether the membership page shows the duplicate.
fn is_shown(duplicate: &DuplicateSubscription, now: Timestamp) -> bool {
    match duplicate.state {
        DuplicateState::Found | DuplicateState::Canceling | DuplicateState::Flagged => true,
        DuplicateState::Canceled | DuplicateState::Refunded => now.secs_since(duplicate.found_at) < SETTLED_SHOWN_SECS,
        DuplicateState::Dropped => false,
    }
}

impl Subscriptions {
    /// Returns all that the membership page of the viewer's current workspace shows.
    pub async fn membership(&self, viewer: impl Into<WorkspaceViewer>) -> Result<MembershipView, ServiceError> {
        let viewer = viewer.into();
        let tenant = &viewer.current_membership.tenant_id;
        let now = self.billing_now();
        let (tenant_plan, usage) = self.usage().readings(tenant).await?;
        let TenantPlan { subscription, entitlements, tenant: _ } = tenant_plan;
        let catalog = entitlements.effective_catalog(self.catalog());
        let price = subscription.as_ref().and_then(Subscription::display_price);
        let provider = self.provider().name();
        let mut duplicates = match subscription {
            Some(_) => self.store().read().await?.connection().list_duplicates(tenant).await?,
            None => Vec::new(),
        };
        duplicates.retain(|duplicate| is_shown(duplicate, now));
        let unmanaged = self.unmanaged(tenant).await?;
        let is_trial_available = match &subscription {
            None => true,
            Some(current) if !trial::is_available(std::slice::from_ref(current)) => false,
            Some(_) => trial::is_available(&self.store().read().await?.connection().list_subscriptions(tenant).await?),
        };
        let is_asking = viewer.account().is_some() && !viewer.current_membership.role.is_admin();
        let admins = if is_asking {
            self.store().read().await?.connection().list_admin_emails(tenant).await?
        } else {
            Vec::new()
        };
        Ok(MembershipView {
            viewer,
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
            admins,
        })
    }

    /// Returns what raises the limit of a feature.
    pub async fn limit_remedy(&self, tenant: &TenantId, usage: &FeatureUsage) -> Result<LimitRemedy, ServiceError> {
        let TenantPlan { subscription, entitlements, tenant: _ } = self.tenant_plan(tenant).await?;
        let cycle = remedy::order_cycle(subscription.as_ref(), self.provider().name());
        Ok(remedy::remedy(self.catalog(), &entitlements, usage, cycle))
    }

    /// Returns the tenant's plan and status.
    pub async fn status(&self, tenant: &TenantId) -> Result<BillingStatus, ServiceError> {
        let TenantPlan { subscription, entitlements, .. } = self.tenant_plan(tenant).await?;
        Ok(BillingStatus {
            plan: entitlements.plan,
            status: entitlements.status,
            current_period_end: subscription.as_ref().map(Subscription::current_period_end),
            cancel_at_period_end: subscription.is_some_and(|current| current.cancel_at_period_end),
        })
    }

    /// Returns the tenant's plan and customer id, at its subscription's provider or else at the provider of new
    /// checkouts.
    pub async fn snapshot(&self, tenant: &TenantId) -> Result<Snapshot, ServiceError> {
        let tenant_plan = self.tenant_plan(tenant).await?;
        let customer =
            match tenant_plan.subscription.as_ref().map(|current| current.provider).or(self.provider().name()) {
                Some(provider) => self.store().read().await?.connection().find_customer(tenant, provider).await?,
                None => None,
            };
        Ok(Snapshot { tenant_plan, customer: customer.map(|customer| customer.external_id) })
    }

    /// Returns a tenant with its current subscription and entitlements, from the store.
    pub async fn tenant_plan(&self, tenant: &TenantId) -> Result<TenantPlan, ServiceError> {
        let mut reader = self.store().read().await?;
        let tenant = reader.connection().find_tenant(tenant).await?.ok_or(ServiceError::TenantNotFound)?;
        let subscriptions = reader.connection().list_subscriptions(&tenant.id).await?;
        let subscription = current_subscription(self.catalog(), &subscriptions).cloned();
        let entitlements = self.entitlements(&tenant, subscription.as_ref());
        Ok(TenantPlan { tenant, subscription, entitlements })
    }
}
