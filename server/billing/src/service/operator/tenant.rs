//! One tenant on the operator desk: its page and the operator's actions.

use domain::{
    entitlement::{FeatureUsage, alert::Alert, overrides::Overrides},
    ids::TenantId,
    subscription::{Provider, Subscription, UnmanagedSubscription},
    tenant::audit::{AuditAction, NewAuditEntry},
    time::Timestamp,
    wire::Member,
};
use serde_json::json;

use super::{
    super::{
        Operators, ServiceError,
        operator::overrides::OverrideChange,
        subscription::{activity::Activity, lifecycle::Cause, membership::TenantPlan},
    },
    ConfirmedOperator, Operator,
    notes::TenantNote,
};
use crate::store::subscription::{
    cancellation_reasons::StoredReason, checkout_attempts::Attempt, customers::Customer, unknown_objects::UnknownObject,
};

/// Content of a tenant's page on the operator desk.
#[derive(Clone, Debug)]
pub struct OperatorTenantView {
    pub tenant_plan: TenantPlan,
    /// One entry for each feature of the catalog, in its order.
    pub usage: Vec<FeatureUsage>,
    /// All subscriptions, past ones too, the newest first.
    pub subscriptions: Vec<Subscription>,
    /// Subscriptions of the tenant's customers that Dues does not act on.
    pub unmanaged: Vec<UnmanagedSubscription>,
    /// In order of joining.
    pub members: Vec<Member>,
    /// The newest first.
    pub notes: Vec<TenantNote>,
    /// The newest first.
    pub alerts: Vec<Alert>,
    /// The newest first.
    pub attempts: Vec<Attempt>,
    /// The tenant's customer at each provider where it has one.
    pub customers: Vec<(Provider, Customer)>,
    pub activity: Activity,
    /// The reason of the latest cancellation.
    pub cancellation: Option<StoredReason>,
    /// Objects that a provider no longer knows, the oldest first.
    pub unknown: Vec<UnknownObject>,
    /// Billing time.
    pub now: Timestamp,
    pub wall_now: Timestamp,
    /// Idempotency key for a correction that is sent from this page.
    pub correction_key: String,
}

impl Operators {
    /// Returns the content of a tenant's page.
    pub async fn desk_tenant(&self, _: &Operator, tenant: &TenantId) -> Result<OperatorTenantView, ServiceError> {
        let (tenant_plan, usage) = self.usage().readings(tenant).await?;
        let activity = self.subscriptions().activity_of(tenant).await?;
        let unmanaged = self.subscriptions().unmanaged(tenant).await?;
        let mut reader = self.store().read().await?;
        let mut link = reader.connection();
        let mut customers = Vec::new();
        for provider in Provider::ALL {
            customers.extend(link.find_customer(tenant, provider).await?.map(|customer| (provider, customer)));
        }
        Ok(OperatorTenantView {
            tenant_plan,
            usage,
            subscriptions: link.list_subscriptions(tenant).await?,
            members: link.list_members(tenant).await?,
            notes: link.list_tenant_notes(tenant).await?,
            alerts: link.list_alerts(tenant).await?,
            attempts: link.list_attempts(tenant).await?,
            customers,
            unmanaged,
            activity,
            cancellation: link.find_cancellation_reason(tenant).await?,
            unknown: link.list_unknown(tenant).await?,
            now: self.billing_now(),
            wall_now: self.wall_now(),
            correction_key: uuid::Uuid::now_v7().to_string(),
        })
    }

    /// Syncs a tenant with every provider before it returns. Stops at the first error. Safe to repeat.
    pub async fn desk_sync(&self, operator: &ConfirmedOperator, tenant: &TenantId) -> Result<(), ServiceError> {
        if self.0.parts.webhook_senders.iter().all(|sender| sender.name().is_none()) {
            return Err(ServiceError::BillingNotConfigured);
        }
        self.providers().spend_provider_change(tenant).await?;
        let mut tx = self.store().begin().await?;
        let owner = tx.connection().find_tenant(tenant).await?.ok_or(ServiceError::TenantNotFound)?;
        let entry = NewAuditEntry {
            by: operator.by(),
            action: AuditAction::SyncRequested,
            target: owner.name,
            details: json!({}),
        };
        self.record_audit(&mut tx, tenant, entry).await?;
        tx.commit().await?;
        tracing::info!(operator = %operator.user(), %tenant, "operator requested a sync");
        self.subscriptions().reconcile_all_providers(tenant, Cause::Sync).await
    }

    /// Changes a tenant's overrides like [`Operators::override_tenant`], with the operator as the actor.
    pub async fn desk_override(
        &self,
        operator: &ConfirmedOperator,
        tenant: &TenantId,
        change: &OverrideChange,
    ) -> Result<Overrides, ServiceError> {
        let settled = self.apply_overrides(tenant, change, operator.by()).await?;
        tracing::info!(operator = %operator.user(), %tenant, ?change, "operator changed overrides");
        Ok(settled)
    }
}
