//! What other nodes have changed, asked for again and again.

use std::{
    sync::{PoisonError, atomic::Ordering},
    time::Duration,
};

use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::{super::super::Services, read_facts};
use crate::store::StoreResult;

const REFRESH_EVERY: Duration = Duration::from_millis(250);
/// How far apart the clocks of two nodes may be for one to see at once what the other counts.
const CLOCKS_APART_SECS: i64 = 10;

impl Services {
    /// Asks, until `stop`, what other nodes have changed.
    pub async fn refresh_views_regularly(&self, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(REFRESH_EVERY) => {}
            }
            if let Err(error) = self.refresh_views().instrument(tracing::error_span!("views", task = "refresh")).await {
                tracing::warn!(error = &error as &dyn std::error::Error, "what other nodes count can't be asked for");
            }
        }
    }

    async fn refresh_views(&self) -> StoreResult<()> {
        let views = &self.0.views;
        let tenants = views.asked_about();
        if tenants.is_empty() {
            return Ok(());
        }
        let began = views.now();
        let doubts: Vec<_> = tenants.iter().map(|tenant| views.of(tenant).doubts.load(Ordering::SeqCst)).collect();
        let writes = self.store().foreign_writes().await?;
        let as_of = || views.foreign_writes.lock().unwrap_or_else(PoisonError::into_inner);
        if writes.is_some() && writes == *as_of() {
            for (tenant, doubts) in tenants.iter().zip(doubts) {
                views.of(tenant).stays_fresh(began, doubts);
            }
            return Ok(());
        }
        let since = self.wall_now().plus_secs(-CLOCKS_APART_SECS);
        let mut reader = self.store().read().await?;
        let mut link = reader.link();
        let revisions = link.list_revisions(&tenants).await?;
        for (key, reading) in link.list_counters_of_many(&tenants, since).await? {
            views.of(&key.tenant).count(key, reading);
        }
        for (place, revision) in revisions {
            let (Some(tenant), Some(doubts)) = (tenants.get(place), doubts.get(place)) else { continue };
            let view = views.of(tenant);
            let Some(facts) = view.facts() else { continue };
            if facts.revision != revision {
                match read_facts(&mut link, tenant).await? {
                    Some(facts) => view.learn(facts),
                    None => continue,
                }
            }
            view.stays_fresh(began, *doubts);
        }
        *as_of() = writes;
        Ok(())
    }
}
