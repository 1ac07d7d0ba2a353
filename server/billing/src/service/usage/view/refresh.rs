//! Polls the store for changes of other nodes.

use std::{
    sync::{PoisonError, atomic::Ordering},
    time::Duration,
};

use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::read_facts;
use crate::{service::Usage, store::StoreResult};

const REFRESH_EVERY: Duration = Duration::from_millis(250);
/// Maximum clock skew between nodes at which a poll still finds each other's counts at once.
const MAX_CLOCK_SKEW_SECS: i64 = 10;

impl Usage {
    /// Polls changes of other nodes until `stop`.
    pub async fn refresh_views_regularly(&self, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(REFRESH_EVERY) => {}
            }
            if let Err(error) = self.refresh_views().instrument(tracing::error_span!("views", task = "refresh")).await {
                tracing::warn!(error = &error as &dyn std::error::Error, "failed to refresh views");
            }
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
        if writes.is_some() && writes == *as_of() {
            for (tenant, generation) in tenants.iter().zip(generations) {
                views.of(tenant).extend_freshness(began, generation);
            }
            return Ok(());
        }
        let since = self.wall_now().plus_secs(-MAX_CLOCK_SKEW_SECS);
        let mut reader = self.store().read().await?;
        let mut link = reader.connection();
        let revisions = link.list_revisions(&tenants).await?;
        for (key, reading) in link.list_counters_of_many(&tenants, since).await? {
            views.of(&key.tenant).update_reading(key, reading);
        }
        for (place, revision) in revisions {
            let (Some(tenant), Some(generation)) = (tenants.get(place), generations.get(place)) else { continue };
            let view = views.of(tenant);
            let Some(facts) = view.facts() else { continue };
            if facts.revision != revision {
                match read_facts(&mut link, tenant).await? {
                    Some(facts) => view.update_facts(facts),
                    None => continue,
                }
            }
            view.extend_freshness(began, *generation);
        }
        *as_of() = writes;
        Ok(())
    }
}
