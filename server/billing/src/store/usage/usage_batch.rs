//! A batch of the usage writer in one round trip: ledger and counters, and on `PostgreSQL` the roll-ups.

use std::sync::LazyLock;

use domain::{
    entitlement::{alert::UsageLevel, history::Span},
    ids::TenantId,
    time::Timestamp,
};
use futures::TryStreamExt;
use sqlx::{Either, Executor, Row};

use super::{
    entry_columns::{EntryColumns, INSERT_ENTRIES},
    usage_counters::{CounterKey, UPDATE_COUNTERS, counter_rows},
    usage_events::{Entry, INSERT_EVENTS, entry_row},
    usage_hours::ADD_TO_HOURS,
    usage_roll_up::recording_time,
};
use crate::store::{
    Connection, StoreError, StoreResult,
    dialect::{SqlBatch, json_rows},
    tenant::tenants::FIND_STALE,
};

/// On `SQLite` roll-ups are added later; on `PostgreSQL` entries are bound as arrays.
pub(in crate::store) static ENTER_USAGE: LazyLock<SqlBatch> = LazyLock::new(|| {
    let batch = SqlBatch::of(&[INSERT_EVENTS, UPDATE_COUNTERS], FIND_STALE);
    batch.with_arrays_on_postgres(INSERT_ENTRIES, &[UPDATE_COUNTERS, ADD_TO_HOURS], FIND_STALE)
});

/// What to write. The caller holds the counters' locks.
#[derive(Debug)]
pub struct UsageBatch<'a> {
    pub entries: &'a [Entry],
    /// The new values of the counters.
    pub counters: &'a [(CounterKey, u64, UsageLevel)],
    /// What to add to the hourly roll-ups. On `SQLite` they are computed from the ledger later.
    pub hours: &'a [(&'a CounterKey, Span)],
    /// The tenants involved, at the revisions that the decisions were based on.
    pub seen: &'a [(TenantId, i64)],
}

impl Connection<'_> {
    /// Writes a batch. Returns the indexes in `seen` of tenants whose revision has changed: the caller must then roll
    /// back. Conflict if an entry is in the ledger already.
    pub async fn write_usage_batch(&mut self, batch: &UsageBatch<'_>, now: Timestamp) -> StoreResult<Vec<usize>> {
        let UsageBatch { entries, counters, hours, seen } = batch;
        let mut expected = entries.len() + counters.len();
        let now = recording_time(now, self.find_rolled_up_to().await?);
        let counters = counter_rows(counters)?;
        let seen =
            json_rows(seen.iter().enumerate().map(|(place, (tenant, revision))| (tenant.as_str(), revision, place)))?;
        let (mut changed, mut stale) = (0, Vec::new());
        match self {
            Connection::Sqlite(connection) => {
                let entries = json_rows(entries.iter().map(entry_row))?;
                let statements = sqlx::query(ENTER_USAGE.sqlite.as_str()).bind(entries).bind(counters).bind(seen);
                let mut results = connection.fetch_many(statements.bind(now.as_micros()));
                let mut changes_left = ENTER_USAGE.changes;
                while let Some(result) = results.try_next().await? {
                    match result {
                        Either::Left(done) if changes_left > 0 => {
                            changes_left -= 1;
                            changed += done.rows_affected();
                        }
                        // The query comes last. Its own row count only repeats that of the last change.
                        Either::Left(_) => {}
                        Either::Right(row) => stale.push(row.try_get(0)?),
                    }
                }
            }
            Connection::Postgres(connection) => {
                expected += hours.len();
                let hours = json_rows(hours.iter().map(|(key, span)| {
                    let Span { starts_at, amount, peak, closing } = span;
                    (key.tenant.as_str(), key.feature.as_str(), starts_at.as_micros(), amount, peak, closing)
                }))?;
                let EntryColumns {
                    tenants,
                    sources,
                    ids,
                    parts,
                    features,
                    period_starts,
                    changes,
                    wanted,
                    amounts,
                    event_times,
                    counted_times,
                    used_after,
                    limits,
                    failures,
                    warnings,
                } = EntryColumns::of(entries);
                let statement = sqlx::query_as(ENTER_USAGE.postgres.as_str());
                let statement = statement.bind(counters).bind(hours).bind(seen).bind(now.as_micros());
                let statement = statement.bind(tenants).bind(sources).bind(ids).bind(parts).bind(features);
                let statement = statement.bind(period_starts).bind(changes).bind(wanted).bind(amounts);
                let statement = statement.bind(event_times).bind(counted_times).bind(used_after);
                let statement = statement.bind(limits).bind(failures).bind(warnings);
                let rows: Vec<(i64, Option<i64>)> = statement.fetch_all(&mut **connection).await?;
                changed = rows.first().map_or(0, |(changed, _)| changed.unsigned_abs());
                stale.extend(rows.into_iter().filter_map(|(_, place)| place));
            }
        }
        if stale.is_empty() && usize::try_from(changed).is_ok_and(|changed| changed < expected) {
            return Err(StoreError::Conflict);
        }
        stale
            .into_iter()
            .map(|place| usize::try_from(place).map_err(|_| StoreError::Corrupt("a row's index")))
            .collect()
    }
}
