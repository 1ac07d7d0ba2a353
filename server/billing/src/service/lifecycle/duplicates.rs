//! Two subscriptions that are paid at once: one stays, the other is canceled and refunded, or flagged where it can't be.

use domain::{
    ids::TenantId,
    lifecycle::{DuplicateState, DuplicateSubscription, find_duplicates},
    subscription::{Provider, Subscription},
    time::Timestamp,
};

use super::{Cause, wanted};
use crate::{
    payment::{PaymentProvider, ProviderError, Refund, SubscriptionAnswer},
    service::{ServiceError, Services, reconcile::unknown},
    store::{StoreResult, Tx, duplicate_subscriptions::Settled, jobs::Task, unknown_objects::ObjectKind},
};

impl Services {
    /// Whether there is one that was not known.
    pub(super) async fn note_duplicates(
        &self,
        tx: &mut Tx,
        tenant: &TenantId,
        kept: &Subscription,
        beside: &[&Subscription],
        now: Timestamp,
    ) -> StoreResult<bool> {
        let mut is_new = false;
        for own in beside {
            let found = DuplicateSubscription {
                provider: own.provider,
                external_id: own.external_id.clone(),
                plan: own.plan.clone(),
                kept_external_id: kept.external_id.clone(),
                state: DuplicateState::Found,
                refunded: None,
                reason: None,
                found_at: now,
            };
            if tx.link().insert_duplicate(tenant, &found).await? {
                is_new = true;
                tracing::warn!(%tenant, kept = found.kept_external_id, beside = found.external_id, "a tenant pays for more than one subscription");
                let id = format!("doubled {} {}", own.provider.as_str(), own.external_id);
                let subscription = own.external_id.clone();
                let task = Task::SettleDoubled { tenant: tenant.clone(), provider: own.provider, subscription };
                let now = self.wall_now();
                tx.link().want_jobs(&[wanted(id, task, now)], now).await?;
            }
        }
        Ok(is_new)
    }

    /// Cancels a subscription that is paid beside another, and gives back what was paid for it last. Safe to repeat: it is decided
    /// once, and the provider gives the same money back once.
    pub(crate) async fn settle_duplicate(
        &self,
        tenant: &TenantId,
        name: Provider,
        subscription: &str,
    ) -> Result<(), ServiceError> {
        let found = self.store().read().await?.link().find_duplicate(tenant, name, subscription).await?;
        let Some(found) = found else { return Ok(()) };
        match found.state {
            DuplicateState::Found => {
                if !self.is_still_duplicate(tenant, name, subscription).await? {
                    let dropped = Settled { state: DuplicateState::Dropped, refunded: None, reason: None };
                    return self.write_settled(tenant, name, subscription, &dropped).await;
                }
                let mut tx = self.store().begin().await?;
                tx.link().decide_duplicate(tenant, name, subscription).await?;
                tx.commit().await?;
            }
            DuplicateState::Canceling => {}
            _ => return Ok(()),
        }
        let provider = self.sender(name).ok_or(ServiceError::BillingNotConfigured)?;
        self.require_own(provider, tenant, (name, subscription)).await?;
        let beside = self.began(tenant, &found.kept_external_id).await?;
        let settled = match end_and_refund(provider, subscription, beside).await {
            Ok(Refund::NothingPaid) => Settled { state: DuplicateState::Canceled, refunded: None, reason: None },
            Ok(Refund::Returned(money)) => {
                Settled { state: DuplicateState::Refunded, refunded: Some(money), reason: None }
            }
            Err(
                error @ (ProviderError::Unavailable(_)
                | ProviderError::Decode(_)
                // Neither is settled: what the provider does not know was not canceled.
                | ProviderError::UnknownSubscription(_)
                | ProviderError::AccountChanged { .. }),
            ) => {
                return Err(ServiceError::from_provider(name.title(), error));
            }
            Err(error) => {
                let reason = match error {
                    ProviderError::Rejected { reason, .. } => reason,
                    ProviderError::Unsupported => format!("{} can't be asked to give money back.", name.title()),
                    other => other.to_string(),
                };
                tracing::error!(%tenant, subscription, reason, "a second payment could not be given back: somebody has to");
                Settled { state: DuplicateState::Flagged, refunded: None, reason: Some(reason) }
            }
        };
        self.write_settled(tenant, name, subscription, &settled).await?;
        self.reconcile_tenant(tenant, name, Cause::Order).await
    }

    /// Fails where the provider says that the subscription is of another customer: that one is never canceled or refunded from here.
    async fn require_own(
        &self,
        provider: &dyn PaymentProvider,
        tenant: &TenantId,
        (name, subscription): (Provider, &str),
    ) -> Result<(), ServiceError> {
        let fetched = provider.fetch_subscription(subscription).await;
        let fetched = fetched.map_err(|error| ServiceError::from_provider(name.title(), error))?;
        let customer = self.store().read().await?.link().find_customer(tenant, name).await?;
        let of = fetched.as_ref().and_then(SubscriptionAnswer::customer);
        let is_own = of.is_none_or(|of| customer.is_some_and(|customer| customer.external_id == of));
        if is_own { Ok(()) } else { Err(unknown(name, ObjectKind::Subscription)) }
    }

    /// What is so now, which may be hours after it was found.
    async fn is_still_duplicate(
        &self,
        tenant: &TenantId,
        name: Provider,
        subscription: &str,
    ) -> Result<bool, ServiceError> {
        self.ask_all_providers(tenant, Cause::Order).await?;
        let mut reader = self.store().read().await?;
        let all = reader.link().list_subscriptions(tenant).await?;
        if reader.link().list_unmanaged(tenant).await?.iter().any(|own| own.is(name, subscription)) {
            return Ok(false);
        }
        let beside = find_duplicates(&all).map(|(_, beside)| beside).unwrap_or_default();
        Ok(beside.iter().any(|own| (own.provider, own.external_id.as_str()) == (name, subscription)))
    }

    async fn began(&self, tenant: &TenantId, kept: &str) -> Result<Timestamp, ServiceError> {
        let all = self.store().read().await?.link().list_subscriptions(tenant).await?;
        let kept = all.iter().find(|own| own.external_id == kept);
        kept.map(|own| own.started_at).ok_or(ServiceError::Internal("a subscription is never deleted"))
    }

    async fn write_settled(
        &self,
        tenant: &TenantId,
        name: Provider,
        subscription: &str,
        settled: &Settled,
    ) -> Result<(), ServiceError> {
        let mut tx = self.store().begin().await?;
        tx.link().settle_duplicate(tenant, name, subscription, settled).await?;
        tx.commit().await?;
        Ok(())
    }
}

async fn end_and_refund(
    provider: &dyn PaymentProvider,
    subscription: &str,
    beside: Timestamp,
) -> Result<Refund, ProviderError> {
    // In this order: nothing more is charged from here on.
    provider.cancel_subscription(subscription).await?;
    provider.refund_latest(subscription, beside).await
}
