//! A workspace's membership: its plan, entitlements, usage and price, for pages and for the API.

use domain::{
    account::WorkspaceViewer,
    entitlement::{
        FeatureUsage,
        remedy::{self, LimitRemedy},
    },
    ids::{PlanId, TenantId},
    money::Currency,
    subscription::{
        CollectionPause, Entitlements, Subscription, SubscriptionStatus,
        currency::{subscribed_currency, tenant_currency},
        current_subscription,
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
    /// The scheduled end of the live subscription.
    pub cancel_at: Option<Timestamp>,
    pub collection_pause: Option<CollectionPause>,
    /// The seats that the live subscription pays for; `None` for a plan without seats.
    pub seats: Option<u64>,
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
        self.membership_in(viewer, None).await
    }

    /// Returns the membership with prices in the currency that the page chose, before the first subscription. A
    /// currency in which nothing is sold is ignored.
    pub async fn membership_in(
        &self,
        viewer: impl Into<WorkspaceViewer>,
        chosen: Option<Currency>,
    ) -> Result<MembershipView, ServiceError> {
        let viewer = viewer.into();
        let tenant = &viewer.current_membership.tenant_id;
        let now = self.billing_now();
        let (tenant_plan, usage) = self.usage().readings(tenant).await?;
        let TenantPlan { subscription, entitlements, tenant: _ } = tenant_plan;
        let had = self.subscriptions_for_currency(tenant, subscription.as_ref()).await?;
        let currency = self.currency_of(&had, chosen);
        let currencies: Vec<Currency> = match subscribed_currency(self.catalog(), &had) {
            None => self.catalog().currencies().into_iter().collect(),
            Some(_) => Vec::new(),
        };
        let currencies = if currencies.len() > 1 { currencies } else { Vec::new() };
        let catalog = entitlements.effective_catalog(self.catalog()).priced_in(currency);
        let price = subscription.as_ref().and_then(Subscription::display_price);
        let provider = self.provider().name();
        // Few tenants have any: the others read no more than their view.
        let mut duplicates = if subscription.is_some() && self.usage().has_duplicates(tenant).await? {
            self.store().read().await?.connection().list_duplicates(tenant).await?
        } else {
            Vec::new()
        };
        duplicates.retain(|duplicate| is_shown(duplicate, now));
        let unmanaged =
            if self.usage().has_unmanaged(tenant).await? { self.unmanaged(tenant).await? } else { Vec::new() };
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
            currencies,
        })
    }

    /// Returns the currency that the tenant's subscriptions set; `None` before the first, and for a currency in which
    /// nothing is sold here.
    pub async fn currency_set(&self, tenant: &TenantId) -> Result<Option<Currency>, ServiceError> {
        let had = self.store().read().await?.connection().list_subscriptions(tenant).await?;
        Ok(subscribed_currency(self.catalog(), &had).filter(|currency| self.catalog().sells_in(*currency)))
    }

    /// Returns the currency in which a tenant pays or, before its first subscription, would pay. `chosen` is ignored
    /// where the tenant can't pay in it.
    pub(in crate::service) async fn currency(
        &self,
        tenant: &TenantId,
        current: Option<&Subscription>,
        chosen: Option<Currency>,
    ) -> Result<Currency, ServiceError> {
        Ok(self.currency_of(&self.subscriptions_for_currency(tenant, current).await?, chosen))
    }

    /// Like [`Self::currency`], but fails for a currency in which the tenant can't pay.
    pub(in crate::service) async fn requested_currency(
        &self,
        tenant: &TenantId,
        current: Option<&Subscription>,
        wanted: Option<Currency>,
    ) -> Result<Currency, ServiceError> {
        let had = self.subscriptions_for_currency(tenant, current).await?;
        tenant_currency(self.catalog(), &had, wanted)
            .map_err(|error| ServiceError::field("currency", error.to_string()))
    }

    fn currency_of(&self, had: &[Subscription], chosen: Option<Currency>) -> Currency {
        let catalog = self.catalog();
        let currency = tenant_currency(catalog, had, chosen).or_else(|_| tenant_currency(catalog, had, None));
        currency.unwrap_or(catalog.currency)
    }

    /// Returns the subscriptions that determine the tenant's currency. Reads them only if the current one does not.
    async fn subscriptions_for_currency(
        &self,
        tenant: &TenantId,
        current: Option<&Subscription>,
    ) -> Result<Vec<Subscription>, ServiceError> {
        match current {
            None => Ok(Vec::new()),
            Some(current) if current.status.is_live() && current.currency().is_some() => Ok(vec![current.clone()]),
            Some(_) => Ok(self.store().read().await?.connection().list_subscriptions(tenant).await?),
        }
    }

    /// Returns what raises the limit of a feature.
    pub async fn limit_remedy(&self, tenant: &TenantId, usage: &FeatureUsage) -> Result<LimitRemedy, ServiceError> {
        let TenantPlan { subscription, entitlements, tenant: _ } = self.tenant_plan(tenant).await?;
        let cycle = remedy::order_cycle(subscription.as_ref(), self.provider().name());
        let currency = self.currency(tenant, subscription.as_ref(), None).await?;
        Ok(remedy::remedy(&self.catalog().priced_in(currency), &entitlements, usage, cycle))
    }

    /// Returns the tenant's plan and status.
    pub async fn status(&self, tenant: &TenantId) -> Result<BillingStatus, ServiceError> {
        let TenantPlan { subscription, entitlements, .. } = self.tenant_plan(tenant).await?;
        let live = subscription.as_ref().filter(|current| current.status.is_live());
        Ok(BillingStatus {
            cancel_at: live.and_then(Subscription::ends_at),
            collection_pause: live.and_then(|current| current.details.collection_pause),
            seats: live.and_then(|current| current.details.seats),
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
