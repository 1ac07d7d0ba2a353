//! Duplicate subscriptions: of two that a tenant pays for at once, one stays. The other is canceled and refunded, or
//! flagged, if a checkout of Dues created it. Dues ends and refunds no subscription that it did not create.

use domain::{
    ids::TenantId,
    subscription::{
        Provider, RefundRefusal, Subscription,
        lifecycle::{DuplicateState, DuplicateSubscription, find_duplicates},
    },
    time::Timestamp,
};

use super::{Cause, jobs::job_request};
use crate::{
    payment::{NotRefunded, PaymentProvider, ProviderError, Refund, SubscriptionAnswer},
    service::{ServiceError, Subscriptions, subscription::reconcile::unknown},
    store::{
        StoreResult, Tx,
        job::jobs::Task,
        subscription::{duplicate_subscriptions::Settlement, unknown_objects::ObjectKind},
    },
};

impl Subscriptions {
    /// Records duplicates and enqueues a job to settle each new one. Returns whether there is a new one.
    pub(super) async fn note_duplicates(
        &self,
        tx: &mut Tx,
        tenant: &TenantId,
        kept: &Subscription,
        beside: &[&Subscription],
        now: Timestamp,
    ) -> StoreResult<bool> {
        let mut is_new = false;
        for stored in beside {
            let found = DuplicateSubscription {
                provider: stored.provider,
                external_id: stored.external_id.clone(),
                plan: stored.plan.clone(),
                kept_external_id: kept.external_id.clone(),
                state: DuplicateState::Found,
                refunded: None,
                reason: None,
                found_at: now,
            };
            if tx.connection().insert_duplicate(tenant, &found).await? {
                is_new = true;
                tracing::warn!(%tenant, kept = found.kept_external_id, duplicate = found.external_id, "found a duplicate subscription");
                let id = format!("doubled {} {}", stored.provider.as_str(), stored.external_id);
                let subscription = stored.external_id.clone();
                let task = Task::SettleDuplicate { tenant: tenant.clone(), provider: stored.provider, subscription };
                let now = self.wall_now();
                tx.connection().upsert_jobs(&[job_request(id, task, now)], now).await?;
            }
        }
        Ok(is_new)
    }

    /// Cancels a duplicate subscription and refunds its latest payment. Drops one that no checkout of Dues created, also
    /// at the last moment. Fails without a call while the subscription is noted as unknown at the provider. Safe to
    /// repeat: the decision is stored, and the provider refunds a payment once.
    pub(crate) async fn settle_duplicate(
        &self,
        tenant: &TenantId,
        name: Provider,
        subscription: &str,
    ) -> Result<(), ServiceError> {
        let found = self.store().read().await?.connection().find_duplicate(tenant, name, subscription).await?;
        let Some(found) = found else { return Ok(()) };
        if matches!(found.state, DuplicateState::Found | DuplicateState::Canceling)
            && self.is_noted_unknown(tenant, name, subscription).await?
        {
            // The next reconcile fetches the subscription again. If the provider returns it, it is no longer noted as
            // unknown.
            return Err(unknown(name, ObjectKind::Subscription));
        }
        match found.state {
            DuplicateState::Found => {
                if !self.is_still_duplicate(tenant, name, subscription).await? {
                    let dropped = Settlement { state: DuplicateState::Dropped, refunded: None, reason: None };
                    return self.write_settled(tenant, name, subscription, &dropped).await;
                }
                let mut tx = self.store().begin().await?;
                tx.connection().decide_duplicate(tenant, name, subscription).await?;
                tx.commit().await?;
            }
            DuplicateState::Canceling => {
                if !self.is_begun_by_dues(tenant, name, subscription).await? {
                    // Who created it may not have been stored yet when this was decided.
                    self.reconcile_all_providers(tenant, Cause::Order).await?;
                }
            }
            _ => return Ok(()),
        }
        if !self.is_begun_by_dues(tenant, name, subscription).await? {
            tracing::error!(%tenant, subscription, "refused to end a subscription that no checkout of Dues created");
            let dropped = Settlement { state: DuplicateState::Dropped, refunded: None, reason: None };
            return self.write_settled(tenant, name, subscription, &dropped).await;
        }
        let provider = self.sender(name).ok_or(ServiceError::BillingNotConfigured)?;
        self.require_same_customer(provider, tenant, (name, subscription)).await?;
        let kept_since = self.started_at(tenant, &found.kept_external_id).await?;
        let settled = match cancel_and_refund(provider, subscription, kept_since).await {
            Ok(Refund::NothingPaid) => Settlement { state: DuplicateState::Canceled, refunded: None, reason: None },
            Ok(Refund::Returned(money)) => {
                Settlement { state: DuplicateState::Refunded, refunded: Some(money), reason: None }
            }
            Err(
                error @ (ProviderError::Unavailable(_)
                | ProviderError::Decode(_)
                // The job must be retried: a subscription that the provider does not know was not canceled.
                | ProviderError::UnknownSubscription(_)
                | ProviderError::AccountChanged { .. }),
            ) => {
                return Err(ServiceError::from_provider(name.title(), error));
            }
            Err(error) => {
                let (refusal, reason) = match error {
                    ProviderError::Rejected { reason, cause } => {
                        (cause.downcast_ref().map(NotRefunded::refusal), reason)
                    }
                    ProviderError::Unsupported => (Some(RefundRefusal::Unsupported), error.to_string()),
                    other => (None, other.to_string()),
                };
                tracing::error!(%tenant, subscription, reason, "failed to refund a duplicate subscription: refund it by hand");
                let stored = refusal.map_or(reason, |refusal| refusal.as_str().to_owned());
                Settlement { state: DuplicateState::Flagged, refunded: None, reason: Some(stored) }
            }
        };
        self.write_settled(tenant, name, subscription, &settled).await?;
        self.reconcile_tenant(tenant, name, Cause::Order).await
    }

    /// Returns whether a checkout of Dues created the subscription, as stored.
    async fn is_begun_by_dues(
        &self,
        tenant: &TenantId,
        name: Provider,
        subscription: &str,
    ) -> Result<bool, ServiceError> {
        let all = self.store().read().await?.connection().list_subscriptions(tenant).await?;
        let mut stored = all.iter().filter(|stored| stored.provider == name && stored.external_id == subscription);
        Ok(stored.any(|stored| stored.details.begun_by_dues))
    }

    async fn is_noted_unknown(
        &self,
        tenant: &TenantId,
        name: Provider,
        subscription: &str,
    ) -> Result<bool, ServiceError> {
        let noted = self.store().read().await?.connection().list_unknown(tenant).await?;
        let mut noted = noted.iter().filter(|noted| noted.provider == name && noted.kind == ObjectKind::Subscription);
        Ok(noted.any(|noted| noted.external_id == subscription))
    }

    /// Fails if the provider says that the subscription belongs to another customer, which must not be canceled or
    /// refunded.
    async fn require_same_customer(
        &self,
        provider: &dyn PaymentProvider,
        tenant: &TenantId,
        (name, subscription): (Provider, &str),
    ) -> Result<(), ServiceError> {
        let fetched = provider.fetch_subscription(subscription).await;
        let fetched = fetched.map_err(|error| ServiceError::from_provider(name.title(), error))?;
        let customer = self.store().read().await?.connection().find_customer(tenant, name).await?;
        let of = fetched.as_ref().and_then(SubscriptionAnswer::customer);
        let is_same = of.is_none_or(|of| customer.is_some_and(|customer| customer.external_id == of));
        if is_same { Ok(()) } else { Err(unknown(name, ObjectKind::Subscription)) }
    }

    /// Fetches the tenant's subscriptions and returns whether this one is still a duplicate: it may have been found as
    /// a duplicate hours ago.
    async fn is_still_duplicate(
        &self,
        tenant: &TenantId,
        name: Provider,
        subscription: &str,
    ) -> Result<bool, ServiceError> {
        self.reconcile_all_providers(tenant, Cause::Order).await?;
        let mut reader = self.store().read().await?;
        let all = reader.connection().list_subscriptions(tenant).await?;
        if reader.connection().list_unmanaged(tenant).await?.iter().any(|stored| stored.matches(name, subscription)) {
            return Ok(false);
        }
        let beside = find_duplicates(self.catalog(), &all).map(|(_, beside)| beside).unwrap_or_default();
        Ok(beside.iter().any(|stored| (stored.provider, stored.external_id.as_str()) == (name, subscription)))
    }

    /// Returns when the kept subscription started.
    async fn started_at(&self, tenant: &TenantId, kept: &str) -> Result<Timestamp, ServiceError> {
        let all = self.store().read().await?.connection().list_subscriptions(tenant).await?;
        let kept = all.iter().find(|subscription| subscription.external_id == kept);
        kept.map(|subscription| subscription.started_at).ok_or(ServiceError::Internal("kept subscription is missing"))
    }

    async fn write_settled(
        &self,
        tenant: &TenantId,
        name: Provider,
        subscription: &str,
        settled: &Settlement,
    ) -> Result<(), ServiceError> {
        let mut tx = self.store().begin().await?;
        tx.connection().settle_duplicate(tenant, name, subscription, settled).await?;
        tx.commit().await?;
        Ok(())
    }
}

async fn cancel_and_refund(
    provider: &dyn PaymentProvider,
    subscription: &str,
    kept_since: Timestamp,
) -> Result<Refund, ProviderError> {
    // Cancel first, so that nothing is charged after the refund.
    provider.cancel_subscription(subscription).await?;
    provider.refund_latest(subscription, kept_since).await
}
