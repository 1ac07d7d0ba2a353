//! Cancellation at the end of the period, and its reversal.

use domain::{
    subscription::{Subscription, cancellation::CancellationReason, current_subscription},
    tenant::audit::{AuditAction, AuditActor, NewAuditEntry},
};
use serde_json::json;

use super::lifecycle::Cause;
use crate::{
    payment::{PaymentProvider, PeriodEnd, ProviderError},
    service::{ServiceError, Subscriptions, base::permission::Biller},
};

impl Subscriptions {
    /// Cancels the current subscription at the end of the period. Idempotent.
    pub async fn cancel_at_period_end(&self, biller: &Biller) -> Result<(), ServiceError> {
        self.cancel_with_reason(biller, &CancellationReason::default()).await
    }

    /// Like [`Self::cancel_at_period_end`], with the customer's reason, which is stored and reported to the provider, and
    /// never prevents the cancellation.
    pub async fn cancel_with_reason(&self, biller: &Biller, reason: &CancellationReason) -> Result<(), ServiceError> {
        self.set_end(biller, PeriodEnd::Cancels(reason)).await
    }

    /// Takes back a cancellation or a pending change of the current subscription. Idempotent.
    pub async fn resume(&self, biller: &Biller) -> Result<(), ServiceError> {
        self.set_end(biller, PeriodEnd::Renews).await
    }

    async fn set_end(&self, biller: &Biller, end: PeriodEnd<'_>) -> Result<(), ServiceError> {
        let tenant = biller.tenant();
        let all = self.store().read().await?.connection().list_subscriptions(tenant).await?;
        let name = match current_subscription(self.catalog(), &all) {
            Some(current) => current.provider,
            None => self.configured_provider()?,
        };
        self.providers().spend_provider_change(tenant).await?;
        // The stored subscription may be stale.
        self.reconcile_tenant(tenant, name, Cause::Order).await?;
        let all = self.store().read().await?.connection().list_subscriptions(tenant).await?;
        let current = current_subscription(self.catalog(), &all)
            .filter(|current| current.status.is_live())
            .ok_or(ServiceError::NoSubscription)?;
        let is_set = is_end_set(current, end);
        let has_pending = has_pending_change(current);
        if is_set && !has_pending {
            return Ok(());
        }
        let provider = self.sender(current.provider).ok_or(ServiceError::BillingNotConfigured)?;
        // Both a cancellation and a resumption replace a pending change.
        if has_pending && let Err(error) = provider.drop_pending_change(&current.external_id).await {
            self.settle_lost_answer(tenant, current, error, |stored| !has_pending_change(stored)).await?;
        }
        if !is_set && let Err(error) = set_at_provider(provider, &current.external_id, end).await {
            self.settle_lost_answer(tenant, current, error, |stored| is_end_set(stored, end)).await?;
        }
        // The comment may name people: it is in the table that the erasure of the tenant empties.
        let reason = match end {
            PeriodEnd::Cancels(reason) => reason.feedback,
            PeriodEnd::Renews => None,
        };
        let details = match reason {
            Some(reason) => json!({ "plan": current.plan, "provider": current.provider, "reason": reason }),
            None => json!({ "plan": current.plan, "provider": current.provider }),
        };
        let about = (current.provider, current.external_id.as_str());
        let mut tx = self.store().begin().await?;
        let action = match end {
            PeriodEnd::Cancels(reason) => {
                if !reason.is_empty() {
                    tx.connection().upsert_cancellation_reason(tenant, about, reason, self.wall_now()).await?;
                }
                AuditAction::CancelRequested
            }
            PeriodEnd::Renews => {
                tx.connection().delete_cancellation_reason(tenant, about).await?;
                AuditAction::ResumeRequested
            }
        };
        let entry =
            NewAuditEntry { by: AuditActor::from(biller.by()), action, target: current.external_id.clone(), details };
        self.record_audit(&mut tx, tenant, entry).await?;
        tx.commit().await?;
        self.reconcile_tenant(tenant, current.provider, Cause::Order).await
    }
}

/// Whether the period ends as wanted. Resuming also removes an end that is set for a later date.
fn is_end_set(stored: &Subscription, end: PeriodEnd<'_>) -> bool {
    if end.cancels() { stored.cancel_at_period_end } else { stored.ends_at().is_none() }
}

const fn has_pending_change(stored: &Subscription) -> bool {
    stored.pending.is_some() || stored.details.pending_seats.is_some()
}

/// Sets what happens at the end of the period. If the provider rejects the call, it is repeated without the reason, which
/// must not prevent a cancellation.
async fn set_at_provider(provider: &dyn PaymentProvider, id: &str, end: PeriodEnd<'_>) -> Result<(), ProviderError> {
    match (provider.set_cancel_at_period_end(id, end).await, end) {
        (Err(ProviderError::Rejected { .. }), PeriodEnd::Cancels(reason)) if !reason.is_empty() => {
            provider.set_cancel_at_period_end(id, PeriodEnd::Cancels(&CancellationReason::default())).await
        }
        (outcome, _) => outcome,
    }
}
