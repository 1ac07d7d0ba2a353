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

/// For `PostgreSQL`.
pub(in crate::store) static ENTER_USAGE: LazyLock<SqlBatch> =
    LazyLock::new(|| SqlBatch::of(&[INSERT_EVENTS, UPDATE_COUNTERS, ADD_TO_HOURS], FIND_STALE));
/// For `SQLite`, where roll-ups are added later.
pub(in crate::store) static ENTER_USAGE_ALONE: LazyLock<SqlBatch> =
    LazyLock::new(|| SqlBatch::of(&[INSERT_EVENTS, UPDATE_COUNTERS], FIND_STALE));

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
        let entries = json_rows(entries.iter().map(entry_row))?;
        let counters = counter_rows(counters)?;
        let seen =
            json_rows(seen.iter().enumerate().map(|(place, (tenant, revision))| (tenant.as_str(), revision, place)))?;
        let (mut changed, mut stale) = (0, Vec::new());
        match self {
            Connection::Sqlite(connection) => {
                let statements = sqlx::query(ENTER_USAGE_ALONE.sqlite.as_str()).bind(entries).bind(counters).bind(seen);
                let mut results = connection.fetch_many(statements.bind(now.as_micros()));
                let mut changes_left = ENTER_USAGE_ALONE.changes;
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
                let statement = sqlx::query_as(ENTER_USAGE.postgres.as_str());
                let statement = statement.bind(entries).bind(counters).bind(hours).bind(seen).bind(now.as_micros());
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
