//! Hourly roll-ups on `SQLite`, which are added after the commit that counts: every second, and before they are read.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::{View, Views};
use crate::{
    service::Usage,
    store::{
        StoreResult,
        direct_writer::{DirectOutcome, Verdict},
        usage::usage_counters::{CounterKey, Reading},
    },
};

const INTERVAL: Duration = Duration::from_secs(1);
/// How many events are added in one transaction. Calls that count wait for it.
const EVENTS_A_SLICE: u16 = 1000;
/// How long a read waits for the roll-ups. Longer, it shows what was rolled up last.
const MAX_READ_WAIT: Duration = Duration::from_secs(1);

impl Views {
    /// Stores the readings of a batch that was committed.
    pub(in crate::service::usage) fn publish(
        &self,
        readings: impl IntoIterator<Item = (Arc<View>, CounterKey, Reading)>,
    ) {
        let batch = self.batches.fetch_add(1, Ordering::SeqCst) + 1;
        for (view, key, reading) in readings {
            view.counted_in.store(batch, Ordering::SeqCst);
            view.update_reading(key, reading);
        }
    }

    /// Takes no tenant's usage as rolled up until the next roll-up: another process may have counted.
    pub(super) fn expect_foreign_events(&self) {
        self.rolled_up.store(0, Ordering::SeqCst);
    }
}

impl Usage {
    /// Adds to the roll-ups what was counted. No-op on `PostgreSQL`, whose commits do it.
    pub(crate) async fn roll_up_hours(&self) -> StoreResult<()> {
        if !self.store().rolls_up_later() {
            return Ok(());
        }
        let views = &self.0.views;
        let _guard = views.rolling_up.lock().await;
        let counted = views.batches.load(Ordering::SeqCst);
        let mut is_due = self.store().read().await?.connection().has_events_to_roll_up().await?;
        while is_due {
            is_due = self.roll_up_slice().await? >= usize::from(EVENTS_A_SLICE);
        }
        views.rolled_up.store(counted, Ordering::SeqCst);
        Ok(())
    }

    /// Rolls up the oldest events that are due. Returns how many, less than [`EVENTS_A_SLICE`] if none are left.
    async fn roll_up_slice(&self) -> StoreResult<usize> {
        if let Some(writer) = self.store().direct_writer() {
            match writer.run(|tx| tx.roll_up_events(EVENTS_A_SLICE).map(Verdict::Commit)).await? {
                DirectOutcome::Done(added) => return Ok(added),
                DirectOutcome::Unknown(error) => return Err(error),
                DirectOutcome::NotRun => {}
            }
        }
        let mut tx = self.store().begin().await?;
        let added = tx.connection().roll_up_events(EVENTS_A_SLICE).await?;
        tx.commit().await?;
        Ok(added)
    }

    /// Rolls up what was counted of a tenant, before its roll-ups are read. If the database takes no writes, they lack
    /// what was counted last.
    pub(in crate::service::usage) async fn roll_up_before_read(&self, view: &View) {
        let is_rolled_up = || view.counted_in.load(Ordering::SeqCst) <= self.0.views.rolled_up.load(Ordering::SeqCst);
        if !self.store().rolls_up_later() || is_rolled_up() {
            return;
        }
        match tokio::time::timeout(MAX_READ_WAIT, Box::pin(self.roll_up_hours())).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "failed to roll up usage before a read");
            }
            Err(_) => tracing::warn!("failed to roll up usage before a read: timed out"),
        }
    }

    /// Rolls up until `stop`.
    pub(super) async fn roll_up_regularly(&self, stop: &CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(INTERVAL) => {}
            }
            self.roll_up_or_warn().instrument(tracing::error_span!("usage", task = "roll_up")).await;
        }
    }

    /// Rolls up. A failure is logged, and what is missing is rolled up later.
    pub(in crate::service) async fn roll_up_or_warn(&self) {
        if let Err(error) = self.roll_up_hours().await {
            tracing::warn!(error = &error as &dyn std::error::Error, "failed to roll up usage");
        }
    }
}

#[cfg(test)]
mod tests;
