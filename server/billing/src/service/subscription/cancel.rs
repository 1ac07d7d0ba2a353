//! Cancellation at the end of the period, and its reversal.

use domain::{
    subscription::current_subscription,
    tenant::audit::{AuditAction, AuditActor, NewAuditEntry},
};
use serde_json::json;

use super::lifecycle::Cause;
use crate::service::{ServiceError, Subscriptions, base::permission::Biller};

impl Subscriptions {
    /// Cancels the current subscription at the end of the period. Idempotent.
    pub async fn cancel_at_period_end(&self, biller: &Biller) -> Result<(), ServiceError> {
        self.set_end(biller, true).await
    }

    /// Takes back a cancellation or a pending change of the current subscription. Idempotent.
    pub async fn resume(&self, biller: &Biller) -> Result<(), ServiceError> {
        self.set_end(biller, false).await
    }

    async fn set_end(&self, biller: &Biller, ends: bool) -> Result<(), ServiceError> {
        let tenant = biller.tenant();
        let all = self.store().read().await?.connection().list_subscriptions(tenant).await?;
        let name = match current_subscription(&all) {
            Some(current) => current.provider,
            None => self.configured_provider()?,
        };
        self.providers().spend_provider_change(tenant).await?;
        // The stored subscription may be stale.
        self.reconcile_tenant(tenant, name, Cause::Order).await?;
        let all = self.store().read().await?.connection().list_subscriptions(tenant).await?;
        let current = current_subscription(&all)
            .filter(|current| current.status.is_live())
            .ok_or(ServiceError::NoSubscription)?;
        // Resuming also removes an end that is set for a later date.
        let is_set = if ends { current.cancel_at_period_end } else { current.ends_at().is_none() };
        if is_set && current.pending.is_none() {
            return Ok(());
        }
        let provider = self.sender(current.provider).ok_or(ServiceError::BillingNotConfigured)?;
        let failed = |error| ServiceError::from_provider(current.provider.title(), error);
        // Both a cancellation and a resumption replace a pending change.
        if current.pending.is_some() {
            provider.drop_pending_change(&current.external_id).await.map_err(failed)?;
        }
        if !is_set {
            provider.set_cancel_at_period_end(&current.external_id, ends).await.map_err(failed)?;
        }
        let action = if ends { AuditAction::CancelRequested } else { AuditAction::ResumeRequested };
        let details = json!({ "plan": current.plan, "provider": current.provider });
        let entry =
            NewAuditEntry { by: AuditActor::from(biller.by()), action, target: current.external_id.clone(), details };
        self.record_audit_separately(tenant, entry).await?;
        self.reconcile_tenant(tenant, current.provider, Cause::Order).await
    }
}
