//! A batch on the direct writer of `SQLite`: held, decided and written in one hand-over to its thread.
//!
//! It does what most batches need. A batch that has alerts or entries for audit logs runs as on `PostgreSQL`.

use std::{
    collections::HashMap,
    sync::{Arc, atomic::Ordering},
};

use domain::{ids::TenantId, time::Timestamp};

use super::{super::view::View, Batch, BatchError, DedupCheck, Operation, Outcome, views_of};
use crate::{
    service::Usage,
    store::{
        direct_writer::{DirectOutcome, DirectResult, DirectTransaction, Verdict},
        usage::{
            usage_counters::{CounterKey, Reading},
            usage_events::RecordedPart,
            usage_roll_up::recording_time,
        },
    },
};

/// What became of a batch on the thread.
enum Decision {
    Made {
        outcomes: Vec<Outcome>,
        /// The changed counters, with the views that hold their readings.
        readings: Vec<(Arc<View>, CounterKey, Reading)>,
    },
    /// The batch crosses the threshold of an alert.
    Involved,
    /// The ledger has one of the events, and was not searched for it before.
    Repeated,
    /// The facts about these tenants are stale.
    Stale(Vec<TenantId>),
}

/// Writes a batch on the thread of the direct writer. `None` if it must be written the other way; nothing is written
/// then.
pub(super) async fn try_to_write(
    service: &Usage,
    operations: &Arc<[Operation]>,
    dedup: DedupCheck,
) -> Result<Option<Vec<Outcome>>, BatchError> {
    let Some(writer) = service.store().direct_writer() else { return Ok(None) };
    if operations.iter().any(|operation| operation.audit_entry.is_some()) {
        return Ok(None);
    }
    let views = views_of(service, operations).await?;
    let (usage, shared) = (service.clone(), operations.clone());
    match writer.run(move |tx| Batch::of(&usage, &shared, views).write_direct(tx, dedup)).await? {
        DirectOutcome::Done(Decision::Made { outcomes, readings }) => {
            if !readings.is_empty() {
                service.0.views.publish(readings);
            }
            Ok(Some(outcomes))
        }
        DirectOutcome::Done(Decision::Involved) | DirectOutcome::NotRun => Ok(None),
        DirectOutcome::Done(Decision::Repeated) => Err(BatchError::Retry(Vec::new())),
        DirectOutcome::Done(Decision::Stale(tenants)) => Err(BatchError::Retry(tenants)),
        DirectOutcome::Unknown(error) => Err(BatchError::Unknown(error)),
    }
}

impl Batch<'_> {
    fn write_direct(&mut self, tx: &DirectTransaction<'_>, dedup: DedupCheck) -> DirectResult<Verdict<Decision>> {
        let now = self.service.wall_now();
        if !self.hold_direct(tx, now)? {
            let tenants = self.tenants.keys().map(|tenant| (*tenant).clone()).collect();
            return Ok(Verdict::Rollback(Decision::Stale(tenants)));
        }
        let operations = self.operations;
        // The ledger's unique index is by part. It can't detect every repeat of an operation of several parts.
        let looked_up = |operation: &Operation| dedup == DedupCheck::Eager || operation.parts.len() > 1;
        let known = self.find_known_direct(tx, |_, operation| looked_up(operation))?;
        if dedup == DedupCheck::Eager {
            self.service.0.usage_repeats.store(!known.is_empty(), Ordering::Relaxed);
        }
        let numbered = operations.iter().enumerate();
        let outcomes: Vec<_> = numbered.map(|(at, operation)| self.decide(operation, known.get(&at))).collect();
        // A repeat gets the first answer, even if the limit is reached by now.
        let is_turned_down = |at: usize| outcomes.get(at).is_some_and(Outcome::is_turned_down);
        let missed = self.find_known_direct(tx, |at, operation| !looked_up(operation) && is_turned_down(at))?;
        if !missed.is_empty() {
            return Ok(Verdict::Rollback(Decision::Repeated));
        }
        let stale = self.find_stale(tx)?;
        if !stale.is_empty() {
            return Ok(Verdict::Rollback(Decision::Stale(stale)));
        }
        if self.entries.is_empty() {
            return Ok(Verdict::Rollback(Decision::Made { outcomes, readings: Vec::new() }));
        }
        let levels: Vec<_> = self.written().map(|held| (held, self.level(held))).collect();
        if levels.iter().any(|(held, level)| self.crossing(held, *level).is_some()) {
            return Ok(Verdict::Rollback(Decision::Involved));
        }
        let recorded_at = recording_time(now, tx.find_rolled_up_to()?);
        if !tx.insert_events(&self.entries, recorded_at)? {
            return Ok(Verdict::Rollback(Decision::Repeated));
        }
        tx.update_counters(levels.iter().map(|(held, level)| (&held.key, held.used, *level)), now)?;
        Ok(Verdict::Commit(Decision::Made { outcomes, readings: self.readings().collect() }))
    }

    /// As [`Batch::find_known`].
    fn find_known_direct(
        &self,
        tx: &DirectTransaction<'_>,
        is_looked_up: impl Fn(usize, &Operation) -> bool,
    ) -> DirectResult<HashMap<usize, Vec<RecordedPart>>> {
        let operations = self.operations.iter().enumerate();
        let repeatable = operations.filter(|(at, operation)| operation.is_repeatable && is_looked_up(*at, operation));
        let (places, ids): (Vec<_>, Vec<_>) = repeatable.map(|(at, operation)| (at, &operation.event)).unzip();
        let found = places.into_iter().zip(tx.find_events(ids)?);
        Ok(found.filter(|(_, parts)| !parts.is_empty()).collect())
    }

    /// Reads the counters, and inserts those that the views know to be missing. `false` if one was deleted: the views
    /// are stale.
    fn hold_direct(&mut self, tx: &DirectTransaction<'_>, now: Timestamp) -> DirectResult<bool> {
        let found = tx.find_counters(self.held.iter().map(|held| &held.key))?;
        for (held, counter) in self.held.iter_mut().zip(found) {
            if let Some((reading, level)) = counter {
                held.before = reading;
                held.used = reading.used;
                held.level = level;
                continue;
            }
            let known = self.tenants.get(&held.key.tenant).and_then(Option::as_ref);
            let reading = known.and_then(|known| known.view.reading(&held.key.feature, held.key.period_start));
            if reading.is_some_and(Reading::is_there) {
                return Ok(false);
            }
            // As the values of a new `Held`.
            tx.insert_counter(&held.key, now)?;
        }
        Ok(true)
    }

    /// Returns the tenants whose revision is not the one that the batch has decided by.
    fn find_stale(&self, tx: &DirectTransaction<'_>) -> DirectResult<Vec<TenantId>> {
        let seen: Vec<_> = self.seen().collect();
        let current = tx.find_revisions(seen.iter().map(|(tenant, _)| tenant))?;
        let mut stale = Vec::new();
        for ((tenant, revision), current) in seen.into_iter().zip(current) {
            if current.is_some_and(|current| current != revision) {
                stale.push(tenant);
            }
        }
        Ok(stale)
    }
}

#[cfg(test)]
mod tests;
