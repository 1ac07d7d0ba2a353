//! Subscriptions at a provider that Dues does not act on: kept aside, shown, reported once. Everything else goes on without them.
//!
//! A subscription that no plan sells grants nothing. One that had a plan here and was moved to a price that no plan sells keeps that
//! plan until an operator maps the price or it ends: a mistake in a price map takes no paid plan away. What can't be read leaves what
//! was stored of it as it was.

use domain::{
    ids::TenantId,
    subscription::{Provider, Subscription, UnmanagedReason, UnmanagedSubscription},
    time::Timestamp,
};

use super::{ServiceError, Services};
use crate::{
    payment::{FetchedSubscription, OddSubscription, Unsold},
    store::{
        StoreResult, Tx,
        unmanaged_subscriptions::{MAX_UNMANAGED, StoredUnmanaged},
        unsold_prices::UnsoldPrice,
    },
};

const UNMANAGED_COUNT: &str = "dues_subscriptions_set_aside_total";
const UNSOLD_PRICES: &str = "dues_unsold_prices_total";
/// A price that was not met for so long is paid by none any more.
const UNSOLD_SHOWN_SECS: i64 = 30 * 86_400;
/// As many as a page lists.
const LISTED: usize = 50;

/// What one answer of a provider's has of a customer.
#[derive(Debug, Default)]
pub(super) struct Unmanaged {
    subscriptions: Vec<UnmanagedSubscription>,
    /// Live ones at a plan: what was kept aside of them before is over.
    acted_on: Vec<String>,
    unsold: Vec<Unsold>,
}

impl Unmanaged {
    pub(super) fn add_odd(&mut self, provider: Provider, odd: OddSubscription, now: Timestamp) {
        let OddSubscription { id, customer: _, reason, described, detail } = odd;
        self.subscriptions.push(UnmanagedSubscription {
            provider,
            external_id: id,
            reason,
            described,
            detail,
            first_seen_at: now,
        });
    }

    /// Notes what of a subscription no plan sells, while it is live. `before` is what is stored of it.
    pub(super) fn add_unsold(
        &mut self,
        provider: Provider,
        fetched: &FetchedSubscription,
        before: Option<&Subscription>,
        now: Timestamp,
    ) {
        if !fetched.status.is_live() {
            return;
        }
        self.unsold.extend(fetched.unsold.iter().cloned());
        if fetched.bought.is_some() {
            self.acted_on.push(fetched.id.clone());
            return;
        }
        let lines: Vec<_> = fetched.unsold.iter().map(|unsold| unsold.described.as_str()).collect();
        self.subscriptions.push(UnmanagedSubscription {
            provider,
            external_id: fetched.id.clone(),
            reason: if before.is_some() { UnmanagedReason::Moved } else { UnmanagedReason::NoPlan },
            described: lines.join(" + "),
            detail: None,
            first_seen_at: now,
        });
    }
}

/// What is new, to be counted once it is committed.
#[derive(Debug, Default)]
#[must_use]
pub(super) struct NewlyUnmanaged {
    reasons: Vec<UnmanagedReason>,
    prices: u64,
}

impl NewlyUnmanaged {
    /// For `/metrics`.
    pub(super) fn count(&self) {
        for reason in &self.reasons {
            metrics::counter!(UNMANAGED_COUNT, "reason" => reason.as_str()).increment(1);
        }
        metrics::counter!(UNSOLD_PRICES).increment(self.prices);
    }
}

/// Describes what is counted here, for `/metrics`.
pub(super) fn describe_counts() {
    metrics::describe_counter!(UNMANAGED_COUNT, "Subscriptions at a provider that Dues does not act on, by why.");
    for reason in UnmanagedReason::ALL {
        metrics::counter!(UNMANAGED_COUNT, "reason" => reason.as_str()).absolute(0);
    }
    metrics::describe_counter!(UNSOLD_PRICES, "Prices that a customer pays and no plan sells.");
    metrics::counter!(UNSOLD_PRICES).absolute(0);
}

/// What operators see of all tenants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnmanagedAtDesk {
    /// The newest, each with whose it is.
    pub subscriptions: Vec<(TenantId, String, UnmanagedSubscription)>,
    /// Whether there are more.
    pub has_more: bool,
    pub prices: Vec<UnsoldPrice>,
}

impl Services {
    /// Makes what is kept aside of a customer equal to what the provider has now. What is new is logged once.
    pub(super) async fn write_unmanaged(
        &self,
        tx: &mut Tx,
        tenant: &TenantId,
        provider: Provider,
        unmanaged: Unmanaged,
    ) -> StoreResult<NewlyUnmanaged> {
        let Unmanaged { mut subscriptions, acted_on, unsold } = unmanaged;
        subscriptions.truncate(MAX_UNMANAGED);
        let mut new = NewlyUnmanaged::default();
        let stored = tx.link().list_unmanaged(tenant).await?;
        for subscription in subscriptions.iter().cloned() {
            let former = stored.iter().find(|former| former.is(provider, &subscription.external_id));
            let is_same = former.is_some_and(|former| {
                let UnmanagedSubscription { reason, described, detail, .. } = &former.subscription;
                former.is_shown
                    && (reason, described, detail)
                        == (&subscription.reason, &subscription.described, &subscription.detail)
            });
            if is_same {
                continue;
            }
            if former.is_none_or(|former| !former.is_shown || former.subscription.reason != subscription.reason) {
                let UnmanagedSubscription { external_id, reason, described, detail, .. } = &subscription;
                let (reason, provider) = (reason.as_str(), provider.as_str());
                tracing::warn!(%tenant, provider, subscription = external_id, reason, described, detail, "subscription set aside");
                new.reasons.push(subscription.reason);
            }
            tx.link().upsert_unmanaged(tenant, &StoredUnmanaged { subscription, is_shown: true }).await?;
        }
        for former in stored.iter().filter(|former| former.subscription.provider == provider) {
            let id = &former.subscription.external_id;
            if subscriptions.iter().any(|own| own.external_id == *id) {
                continue;
            }
            if !acted_on.contains(id) {
                tx.link().delete_unmanaged(tenant, provider, id).await?;
            } else if former.is_shown {
                // Remembered while it is live: what was once kept aside is never settled as a duplicate.
                tx.link().upsert_unmanaged(tenant, &StoredUnmanaged { is_shown: false, ..former.clone() }).await?;
            }
        }
        new.prices = self.write_unsold(tx, tenant, provider, unsold).await?;
        Ok(new)
    }

    async fn write_unsold(
        &self,
        tx: &mut Tx,
        tenant: &TenantId,
        provider: Provider,
        mut unsold: Vec<Unsold>,
    ) -> StoreResult<u64> {
        let now = self.wall_now();
        // In one order on every node, so that none waits for another in a circle.
        unsold.sort_unstable_by(|one, other| one.price.cmp(&other.price));
        unsold.dedup_by(|one, other| one.price == other.price);
        let mut new = 0;
        for Unsold { price, described } in &unsold {
            if tx.link().insert_unsold_price(provider, price, described, now).await? {
                let provider = provider.as_str();
                tracing::warn!(%tenant, provider, price, described, "no plan sells a price that a customer pays");
                new += 1;
            }
        }
        Ok(new)
    }

    /// What a tenant has at providers beside what Dues acts on, the newest first.
    pub(super) async fn unmanaged(&self, tenant: &TenantId) -> Result<Vec<UnmanagedSubscription>, ServiceError> {
        let stored = self.store().read().await?.link().list_unmanaged(tenant).await?;
        Ok(stored.into_iter().filter(|own| own.is_shown).map(|own| own.subscription).collect())
    }

    pub(super) async fn unmanaged_of_all(&self) -> Result<UnmanagedAtDesk, ServiceError> {
        let since = self.wall_now().plus_secs(-UNSOLD_SHOWN_SECS);
        let mut reader = self.store().read().await?;
        let mut subscriptions = reader.link().list_unmanaged_of_all().await?;
        let has_more = subscriptions.len() > LISTED;
        subscriptions.truncate(LISTED);
        Ok(UnmanagedAtDesk { subscriptions, has_more, prices: reader.link().list_unsold_prices(since).await? })
    }
}
