//! Unmanaged subscriptions: those at a provider that Dues does not act on. They are stored, shown and logged once.
//!
//! A subscription at a price that no plan sells grants nothing. One that had a plan before keeps it until an operator
//! maps the price or it ends, so that a mistake in a price map takes no paid plan away. A subscription that can't be
//! parsed keeps its stored state. Of several live subscriptions, those beside the current one that no checkout of Dues
//! created are listed here, too, and neither ended nor refunded.

use std::collections::BTreeSet;

use domain::{
    catalog::Catalog,
    ids::TenantId,
    subscription::{
        Provider, Subscription, UnmanagedReason, UnmanagedSubscription, UnsoldPrice,
        item::{SubscriptionItem, describe_items},
    },
    time::Timestamp,
};

use crate::{
    payment::{FetchedSubscription, UnreadableSubscription, UnsoldItem},
    service::{ServiceError, Subscriptions},
    store::{
        StoreResult, Tx,
        subscription::unmanaged_subscriptions::{MAX_UNMANAGED, StoredUnmanaged},
    },
};

const UNMANAGED_COUNT: &str = "dues_subscriptions_set_aside_total";
const UNSOLD_PRICES: &str = "dues_unsold_prices_total";
/// How long an unsold price is listed after it was last seen. A price that was not seen for longer is on no live
/// subscription any more.
const UNSOLD_SHOWN_SECS: i64 = 30 * 86_400;
/// Maximum number of subscriptions on the operator's page.
const MAX_LISTED: usize = 50;

/// The unmanaged subscriptions and unsold prices of a customer, from one answer of the provider.
#[derive(Debug, Default)]
pub(in crate::service) struct Unmanaged {
    subscriptions: Vec<UnmanagedSubscription>,
    /// Live subscriptions that have a plan, so that they are managed.
    managed: Vec<String>,
    unsold: Vec<UnsoldItem>,
}

impl Unmanaged {
    /// Adds a subscription that can't be parsed.
    pub(in crate::service) fn add_unreadable(
        &mut self,
        provider: Provider,
        odd: UnreadableSubscription,
        now: Timestamp,
    ) {
        let UnreadableSubscription { id, customer: _, reason, described, items, detail } = odd;
        self.subscriptions.push(UnmanagedSubscription {
            provider,
            external_id: id,
            reason,
            described,
            items,
            detail,
            first_seen_at: now,
        });
    }

    /// Adds the prices of a live subscription that no plan sells. `before` is its stored state.
    pub(in crate::service) fn add_unsold(
        &mut self,
        provider: Provider,
        fetched: &FetchedSubscription,
        before: Option<&Subscription>,
        now: Timestamp,
    ) {
        if !fetched.status.is_live() {
            return;
        }
        // A subscription with two items at one price pays that price once.
        let mut prices = BTreeSet::new();
        self.unsold.extend(fetched.unsold.iter().filter(|unsold| prices.insert(unsold.price.as_str())).cloned());
        if fetched.bought.is_some() {
            self.managed.push(fetched.id.clone());
            return;
        }
        let items: Vec<_> = fetched.unsold.iter().map(|unsold| unsold.item.clone()).collect();
        self.subscriptions.push(UnmanagedSubscription {
            provider,
            external_id: fetched.id.clone(),
            reason: if before.is_some() { UnmanagedReason::Moved } else { UnmanagedReason::NoPlan },
            described: describe_items(&items),
            items,
            detail: None,
            first_seen_at: now,
        });
    }

    /// Adds live subscriptions beside the current one that no checkout of Dues created. No-op for those that are added
    /// already.
    pub(in crate::service) fn add_several(&mut self, others: &[&Subscription], catalog: &Catalog, now: Timestamp) {
        for other in others {
            let is_added = self.subscriptions.iter().any(|added| added.external_id == other.external_id);
            // Subscriptions that the answer did not list keep their stored state.
            if is_added || !self.managed.contains(&other.external_id) {
                continue;
            }
            let item = in_parts(other, catalog);
            self.subscriptions.push(UnmanagedSubscription {
                provider: other.provider,
                external_id: other.external_id.clone(),
                reason: UnmanagedReason::Several,
                described: item.to_string(),
                items: vec![item],
                detail: None,
                first_seen_at: now,
            });
        }
    }
}

/// Reads the parts of a subscription that people see, such as "Pro, $75.00 every 3 months".
fn in_parts(subscription: &Subscription, catalog: &Catalog) -> SubscriptionItem {
    let plan = catalog.plan(subscription.plan.as_str());
    SubscriptionItem {
        name: plan.map_or(subscription.plan.as_str(), |plan| plan.name.as_str()).to_owned(),
        quantity: None,
        price: subscription.price,
        every: Some(subscription.interval()),
    }
}

/// Newly unmanaged subscriptions and unsold prices, to be counted after the commit.
#[derive(Debug, Default)]
#[must_use]
pub(in crate::service) struct NewlyUnmanaged {
    reasons: Vec<UnmanagedReason>,
    prices: u64,
}

impl NewlyUnmanaged {
    /// Adds the subscriptions and prices to the metrics. Call it after the commit.
    pub(in crate::service) fn count(&self) {
        for reason in &self.reasons {
            metrics::counter!(UNMANAGED_COUNT, "reason" => reason.as_str()).increment(1);
        }
        metrics::counter!(UNSOLD_PRICES).increment(self.prices);
    }
}

/// Registers and describes the metrics of unmanaged subscriptions.
pub(in crate::service) fn describe_counts() {
    metrics::describe_counter!(UNMANAGED_COUNT, "Subscriptions at a provider that Dues does not act on, by reason.");
    for reason in UnmanagedReason::ALL {
        metrics::counter!(UNMANAGED_COUNT, "reason" => reason.as_str()).absolute(0);
    }
    metrics::describe_counter!(UNSOLD_PRICES, "Prices that a customer pays and no plan sells.");
    metrics::counter!(UNSOLD_PRICES).absolute(0);
}

/// The unmanaged subscriptions of all tenants, for operators.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnmanagedOverview {
    /// The newest, each with its tenant's id and name.
    pub subscriptions: Vec<(TenantId, String, UnmanagedSubscription)>,
    /// Whether more exist than are listed.
    pub has_more: bool,
    pub prices: Vec<UnsoldPrice>,
}

impl Subscriptions {
    /// Replaces the stored unmanaged subscriptions of a customer with the provider's current ones. Logs each new one
    /// once.
    pub(in crate::service) async fn write_unmanaged(
        &self,
        tx: &mut Tx,
        tenant: &TenantId,
        provider: Provider,
        unmanaged: Unmanaged,
    ) -> StoreResult<NewlyUnmanaged> {
        let Unmanaged { mut subscriptions, managed, unsold } = unmanaged;
        subscriptions.truncate(MAX_UNMANAGED);
        let mut new = NewlyUnmanaged::default();
        let stored = tx.connection().list_unmanaged(tenant).await?;
        for subscription in subscriptions.iter().cloned() {
            let former = stored.iter().find(|former| former.matches(provider, &subscription.external_id));
            let is_same = former.is_some_and(|former| {
                let UnmanagedSubscription { reason, described, items, detail, .. } = &former.subscription;
                former.is_shown
                    && (reason, described, items, detail)
                        == (&subscription.reason, &subscription.described, &subscription.items, &subscription.detail)
            });
            if is_same {
                continue;
            }
            if former.is_none_or(|former| !former.is_shown || former.subscription.reason != subscription.reason) {
                let UnmanagedSubscription { external_id, reason, described, detail, .. } = &subscription;
                let (reason, provider) = (reason.as_str(), provider.as_str());
                tracing::warn!(%tenant, provider, subscription = external_id, reason, described, detail, "found an unmanaged subscription");
                new.reasons.push(subscription.reason);
            }
            tx.connection().upsert_unmanaged(tenant, &StoredUnmanaged { subscription, is_shown: true }).await?;
        }
        for former in stored.iter().filter(|former| former.subscription.provider == provider) {
            let id = &former.subscription.external_id;
            if subscriptions.iter().any(|stored_subscription| stored_subscription.external_id == *id) {
                continue;
            }
            if !managed.contains(id) {
                tx.connection().delete_unmanaged(tenant, provider, id).await?;
            } else if former.is_shown {
                // Keep the row: a live subscription that was ever unmanaged is never settled as a duplicate.
                tx.connection()
                    .upsert_unmanaged(tenant, &StoredUnmanaged { is_shown: false, ..former.clone() })
                    .await?;
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
        mut unsold: Vec<UnsoldItem>,
    ) -> StoreResult<u64> {
        let now = self.wall_now();
        // Every node writes in the same order, so that they can't deadlock.
        unsold.sort_unstable_by(|one, other| one.price.cmp(&other.price));
        let mut payers: Vec<(String, u64)> = Vec::new();
        for UnsoldItem { price, .. } in &unsold {
            match payers.last_mut().filter(|(last, _)| last == price) {
                Some((_, subscriptions)) => *subscriptions += 1,
                None => payers.push((price.clone(), 1)),
            }
        }
        if tx.connection().list_unsold_payers(tenant, provider).await? != payers {
            tx.connection().replace_unsold_payers(tenant, provider, &payers).await?;
        }
        unsold.dedup_by(|one, other| one.price == other.price);
        let mut new = 0;
        for UnsoldItem { price, item, cycle } in &unsold {
            if tx.connection().insert_unsold_price(provider, price, (item, *cycle), now).await? {
                let (provider, described) = (provider.as_str(), item.to_string());
                tracing::warn!(%tenant, provider, price, described, "found a price that no plan sells");
                new += 1;
            }
        }
        Ok(new)
    }

    /// Returns a tenant's unmanaged subscriptions, newest first.
    pub(in crate::service) async fn unmanaged(
        &self,
        tenant: &TenantId,
    ) -> Result<Vec<UnmanagedSubscription>, ServiceError> {
        let stored = self.store().read().await?.connection().list_unmanaged(tenant).await?;
        Ok(stored
            .into_iter()
            .filter(|subscription| subscription.is_shown)
            .map(|subscription| subscription.subscription)
            .collect())
    }

    /// Returns the newest unmanaged subscriptions and unsold prices of all tenants.
    pub(in crate::service) async fn unmanaged_of_all(&self) -> Result<UnmanagedOverview, ServiceError> {
        let since = self.wall_now().plus_secs(-UNSOLD_SHOWN_SECS);
        let mut reader = self.store().read().await?;
        let mut subscriptions = reader.connection().list_unmanaged_of_all().await?;
        let has_more = subscriptions.len() > MAX_LISTED;
        subscriptions.truncate(MAX_LISTED);
        Ok(UnmanagedOverview { subscriptions, has_more, prices: reader.connection().list_unsold_prices(since).await? })
    }
}
