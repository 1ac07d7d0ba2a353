//! A batch of the usage writer: ledger, counters and roll-ups in one round trip.

use std::sync::LazyLock;

use domain::{entitlement::alert::UsageLevel, history::Span, ids::TenantId, time::Timestamp};
use futures::TryStreamExt;
use sqlx::{Either, Executor, Row};

use super::{
    Link, StoreError, StoreResult,
    dialect::{Trip, sent},
    tenants::FIND_STALE,
    usage_counters::{CounterKey, UPDATE_COUNTERS, stands},
    usage_events::{Entry, INSERT_EVENTS, row},
    usage_hours::ADD_TO_HOURS,
};

pub(super) static ENTER: LazyLock<Trip> =
    LazyLock::new(|| Trip::of(&[INSERT_EVENTS, UPDATE_COUNTERS, ADD_TO_HOURS], FIND_STALE));

/// What to write. The caller holds the counters' locks.
#[derive(Debug)]
pub struct UsageBatch<'a> {
    pub entries: &'a [Entry],
    /// The new values of the counters.
    pub counters: &'a [(CounterKey, u64, UsageLevel)],
    /// What to add to the existing roll-ups.
    pub hours: &'a [(&'a CounterKey, Span)],
    /// The tenants involved, at the revisions that the decisions were based on.
    pub seen: &'a [(TenantId, i64)],
}

impl Link<'_> {
    /// Writes a batch. Returns the indexes in `seen` of tenants whose revision has changed: the caller must then roll
    /// back. Conflict if an entry is in the ledger already.
    pub async fn enter_usage(&mut self, batch: &UsageBatch<'_>, now: Timestamp) -> StoreResult<Vec<usize>> {
        let UsageBatch { entries, counters, hours, seen } = batch;
        let wanted = entries.len() + counters.len() + hours.len();
        let entries = sent(entries.iter().map(row))?;
        let counters = stands(counters)?;
        let hours = sent(hours.iter().map(|(key, span)| {
            let Span { starts_at, amount, peak, closing } = span;
            (key.tenant.as_str(), key.feature.as_str(), starts_at.as_micros(), amount, peak, closing)
        }))?;
        let seen = sent(seen.iter().enumerate().map(|(place, (tenant, revision))| (tenant.as_str(), revision, place)))?;
        let (mut changed, mut stale) = (0, Vec::new());
        match self {
            Link::Sqlite(connection) => {
                let statements = sqlx::query(ENTER.sqlite.as_str()).bind(entries).bind(counters).bind(hours).bind(seen);
                let mut told = connection.fetch_many(statements.bind(now.as_micros()));
                let mut changes_left = ENTER.changes;
                while let Some(one) = told.try_next().await? {
                    match one {
                        Either::Left(done) if changes_left > 0 => {
                            changes_left -= 1;
                            changed += done.rows_affected();
                        }
                        // The query's count, which repeats that of the last change.
                        Either::Left(_) => {}
                        Either::Right(row) => stale.push(row.try_get(0)?),
                    }
                }
            }
            Link::Postgres(connection) => {
                let statement = sqlx::query_as(ENTER.postgres.as_str());
                let statement = statement.bind(entries).bind(counters).bind(hours).bind(seen).bind(now.as_micros());
                let rows: Vec<(i64, Option<i64>)> = statement.fetch_all(&mut **connection).await?;
                changed = rows.first().map_or(0, |(changed, _)| changed.unsigned_abs());
                stale.extend(rows.into_iter().filter_map(|(_, place)| place));
            }
        }
        if stale.is_empty() && usize::try_from(changed).is_ok_and(|changed| changed < wanted) {
            return Err(StoreError::Conflict);
        }
        stale
            .into_iter()
            .map(|place| usize::try_from(place).map_err(|_| StoreError::Corrupt("a row's place")))
            .collect()
    }
}
