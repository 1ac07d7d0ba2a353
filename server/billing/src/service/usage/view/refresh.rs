//! Polls the store for changes by other nodes, and notifies this node's open pages of all changes.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::{PoisonError, atomic::Ordering},
    time::Duration,
};

use domain::ids::TenantId;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::{facts::list_facts, millis};
use crate::{
    service::Usage,
    store::{StoreResult, WrittenBy},
};

const REFRESH_EVERY: Duration = Duration::from_millis(250);
/// How often all views are read at least while it is unknown whether other processes write. Less than half of
/// [`super::FRESH_FOR`], so that no view becomes stale.
const POLL_ALL_EVERY: Duration = Duration::from_millis(400);
/// How much the clocks of two nodes may differ for a poll to find at once what the other node has counted.
const MAX_CLOCK_SKEW_SECS: i64 = 10;
/// A poll also reads all current counters of one of so many parts of the tenants. Within ten seconds that finds what was
/// counted by a node whose clock is further behind, or that stood still before its commit.
pub(super) const PARTS: u64 = 40;

impl Usage {
    /// Polls for changes by other nodes until `stop`, notifies open pages, and rolls up what was counted.
    pub async fn refresh_views_regularly(&self, stop: CancellationToken) {
        tokio::join!(self.poll_views_regularly(&stop), self.roll_up_regularly(&stop));
    }

    async fn poll_views_regularly(&self, stop: &CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(REFRESH_EVERY) => {}
            }
            self.poll_views().await;
        }
    }

    /// Refreshes all views, and notifies the open pages.
    pub(in crate::service::usage) async fn poll_views(&self) {
        if let Err(error) = self.refresh_views().instrument(tracing::error_span!("views", task = "refresh")).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "failed to refresh the usage views in memory");
        }
        let notified = self.notify_open_pages().instrument(tracing::error_span!("open_pages", task = "notify"));
        if let Err(error) = notified.await {
            tracing::warn!(error = &error as &dyn std::error::Error, "failed to notify open pages");
        }
    }

    async fn refresh_views(&self) -> StoreResult<()> {
        let views = &self.0.views;
        let tenants = views.evict_idle();
        if tenants.is_empty() {
            return Ok(());
        }
        let began = views.now();
        let generations: Vec<_> =
            tenants.iter().map(|tenant| views.of(tenant).generation.load(Ordering::SeqCst)).collect();
        let writes = self.store().foreign_writes().await?;
        let as_of = || views.foreign_writes.lock().unwrap_or_else(PoisonError::into_inner);
        let known = *as_of();
        match writes.zip(known).map(|(writes, known)| writes.since(&known)) {
            Some(WrittenBy::Ourselves) => {
                *as_of() = writes;
                for (tenant, generation) in tenants.iter().zip(generations) {
                    views.of(tenant).extend_freshness(began, generation);
                }
                return Ok(());
            }
            // The views stay fresh until the next poll but one.
            Some(WrittenBy::Unknown) if began < views.polled_at.load(Ordering::Relaxed) + millis(POLL_ALL_EVERY) => {
                return Ok(());
            }
            Some(WrittenBy::Unknown | WrittenBy::Others) | None => {}
        }
        views.expect_foreign_events();
        let since = self.wall_now().plus_secs(-MAX_CLOCK_SKEW_SECS);
        let mut reader = self.store().read().await?;
        let mut link = reader.connection();
        let revisions = link.list_revisions(&tenants).await?;
        for (key, reading) in link.list_counters_of_many(&tenants, since).await? {
            views.of(&key.tenant).update_reading(key, reading);
        }
        let poll = views.polls.fetch_add(1, Ordering::Relaxed);
        let due = tenants.iter().filter(|tenant| is_due(tenant, poll)).filter_map(|tenant| views.of(tenant).facts());
        let keys: Vec<_> = due.flat_map(|facts| self.current_counters(&facts)).collect();
        for (place, reading) in link.find_counters(&keys).await? {
            if let Some(key) = keys.get(place) {
                views.of(&key.tenant).update_reading(key.clone(), reading);
            }
        }
        let is_changed = |(place, revision): &(usize, i64)| {
            let tenant = tenants.get(*place)?;
            let facts = views.of(tenant).facts()?;
            (facts.revision != *revision).then(|| tenant.clone())
        };
        let changed: Vec<_> = revisions.iter().filter_map(is_changed).collect();
        for (tenant, facts) in list_facts(&mut link, &changed, self.catalog()).await? {
            views.of(&tenant).update_facts(facts);
        }
        for (place, revision) in revisions {
            let (Some(tenant), Some(generation)) = (tenants.get(place), generations.get(place)) else { continue };
            let view = views.of(tenant);
            // A view whose facts could not be read again becomes stale: its freshness is not extended.
            if view.facts().is_some_and(|facts| facts.revision >= revision) {
                view.extend_freshness(began, *generation);
            }
        }
        views.polled_at.store(began, Ordering::Relaxed);
        *as_of() = writes;
        Ok(())
    }
}

/// Whether a poll reads all current counters of a tenant.
fn is_due(tenant: &TenantId, poll: u64) -> bool {
    let mut hasher = DefaultHasher::new();
    tenant.hash(&mut hasher);
    hasher.finish() % PARTS == poll % PARTS
}
