//! One tenant, as an operator sees it and what she does for it.

use domain::{
    audit::{AuditAction, NewAuditEntry},
    entitlement::{FeatureUsage, alert::Alert},
    ids::TenantId,
    overrides::Overrides,
    subscription::{Provider, Subscription, UnmanagedSubscription},
    time::Timestamp,
    wire::Member,
};
use serde_json::json;

use super::{
    super::{
        ServiceError, Services, activity::Activity, lifecycle::Cause, membership::Holding, overrides::OverrideWish,
    },
    ConfirmedOperator, Operator,
};
use crate::store::{checkout_attempts::Attempt, customers::Customer, unknown_objects::UnknownObject};

/// Everything that a tenant's page at the desk shows.
#[derive(Clone, Debug)]
pub struct TenantDesk {
    pub holding: Holding,
    /// One for every feature of the catalog, in its order.
    pub usage: Vec<FeatureUsage>,
    /// All that it ever had, the newest first.
    pub subscriptions: Vec<Subscription>,
    /// What its customers have at providers that Dues does not act on.
    pub unmanaged: Vec<UnmanagedSubscription>,
    /// The oldest membership first.
    pub members: Vec<Member>,
    /// The newest first.
    pub alerts: Vec<Alert>,
    /// The newest first.
    pub attempts: Vec<Attempt>,
    /// Who it is at each provider.
    pub customers: Vec<(Provider, Customer)>,
    pub activity: Activity,
    /// What was seen at a provider and is not known there now, the oldest first.
    pub unknown: Vec<UnknownObject>,
    /// Billing time.
    pub now: Timestamp,
    pub wall_now: Timestamp,
    /// Makes a correction that is sent twice from the same page count once.
    pub correction_key: String,
}

impl Services {
    pub async fn desk_tenant(&self, _: &Operator, tenant: &TenantId) -> Result<TenantDesk, ServiceError> {
        let (holding, usage) = self.readings(tenant).await?;
        let activity = self.activity_of(tenant).await?;
        let unmanaged = self.unmanaged(tenant).await?;
        let mut reader = self.store().read().await?;
        let mut link = reader.link();
        let mut customers = Vec::new();
        for provider in [Provider::Stripe, Provider::Polar] {
            customers.extend(link.find_customer(tenant, provider).await?.map(|customer| (provider, customer)));
        }
        Ok(TenantDesk {
            holding,
            usage,
            subscriptions: link.list_subscriptions(tenant).await?,
            members: link.list_members(tenant).await?,
            alerts: link.list_alerts(tenant).await?,
            attempts: link.list_attempts(tenant).await?,
            customers,
            unmanaged,
            activity,
            unknown: link.list_unknown(tenant).await?,
            now: self.billing_now(),
            wall_now: self.wall_now(),
            correction_key: uuid::Uuid::now_v7().to_string(),
        })
    }

    /// Has every provider asked about a tenant. Safe to repeat.
    pub async fn desk_sync(&self, operator: &ConfirmedOperator, tenant: &TenantId) -> Result<(), ServiceError> {
        if self.0.parts.webhook_senders.iter().all(|sender| sender.name().is_none()) {
            return Err(ServiceError::BillingNotConfigured);
        }
        self.spend_provider_change(tenant).await?;
        let mut tx = self.store().begin().await?;
        let owner = tx.link().find_tenant(tenant).await?.ok_or(ServiceError::TenantNotFound)?;
        let deed = NewAuditEntry {
            by: operator.by(),
            action: AuditAction::SyncRequested,
            target: owner.name,
            details: json!({}),
        };
        self.write_down(&mut tx, tenant, deed).await?;
        tx.commit().await?;
        tracing::info!(operator = %operator.user(), %tenant, "an operator has the provider asked");
        self.ask_all_providers(tenant, Cause::Sync).await
    }

    /// Settles something for a tenant, as [`Services::override_tenant`] does, in an operator's own name.
    pub async fn desk_override(
        &self,
        operator: &ConfirmedOperator,
        tenant: &TenantId,
        wish: &OverrideWish,
    ) -> Result<Overrides, ServiceError> {
        let settled = self.settle(tenant, wish, operator.by()).await?;
        tracing::info!(operator = %operator.user(), %tenant, ?wish, "an operator has settled something");
        Ok(settled)
    }
}
