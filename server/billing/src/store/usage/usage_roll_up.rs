//! Hourly roll-ups on `SQLite`: added to [`super::usage_hours`] after the events were recorded, so that a commit writes
//! fewer pages. What is not added yet lies at the end of the ledger, above one time.

use std::collections::BTreeMap;

use domain::time::Timestamp;
use rusqlite::OptionalExtension;

use super::usage_hours::ADD_TO_HOURS;
use crate::store::{
    Connection, Store, StoreError, StoreResult,
    dialect::json_rows,
    direct_writer::{DirectResult, DirectTransaction},
    statements,
};

const MICROS_PER_HOUR: i64 = 3_600_000_000;

statements! {
    FIND_ROLLED_UP_TO = "SELECT rolled_up_to FROM usage_roll_up WHERE id = 1";
    SET_ROLLED_UP_TO = "UPDATE usage_roll_up SET rolled_up_to = $1 WHERE id = 1";
    FIND_EVENT_TO_ROLL_UP = "SELECT CAST(1 AS BIGINT) FROM usage_events \
         WHERE recorded_at > (SELECT rolled_up_to FROM usage_roll_up WHERE id = 1) ORDER BY recorded_at LIMIT 1";
    FIND_END_OF_SLICE = "SELECT recorded_at FROM usage_events WHERE recorded_at > $1 \
         ORDER BY recorded_at LIMIT 1 OFFSET $2";
}

/// In the order in which they were counted: events of one commit have the same time. Only `SQLite` has row ids.
const LIST_EVENTS_TO_ROLL_UP: &str = "SELECT tenant_id, feature, recorded_at, counted_at, amount, used_after \
     FROM usage_events WHERE recorded_at > $1 AND recorded_at <= $2 ORDER BY recorded_at, rowid";

#[derive(sqlx::FromRow)]
struct EventRow {
    tenant_id: String,
    feature: String,
    recorded_at: i64,
    counted_at: i64,
    amount: i64,
    used_after: i64,
}

/// What events add to an hour.
#[derive(Default)]
struct HourSum {
    amount: i64,
    peak: i64,
    closing: i64,
}

/// The time at which events are recorded: now, but above what is rolled up, also if the clock is behind.
pub(crate) fn recording_time(now: Timestamp, rolled_up_to: Option<i64>) -> Timestamp {
    rolled_up_to.map_or(now, |to| now.max(Timestamp::from_micros(to.saturating_add(1))))
}

impl Store {
    /// Whether roll-ups are added after the commit.
    pub const fn rolls_up_later(&self) -> bool {
        matches!(self, Self::Sqlite(_))
    }
}

impl DirectTransaction<'_> {
    /// Returns up to which time of recording the ledger is rolled up.
    pub fn find_rolled_up_to(&self) -> DirectResult<Option<i64>> {
        let mut statement = self.connection.prepare_cached(FIND_ROLLED_UP_TO)?;
        Ok(statement.query_row((), |row| row.get(0)).optional()?)
    }
}

impl Connection<'_> {
    /// Returns up to which time of recording the ledger is rolled up; `None` on `PostgreSQL`.
    pub(in crate::store) async fn find_rolled_up_to(&mut self) -> StoreResult<Option<i64>> {
        let Connection::Sqlite(connection) = self else { return Ok(None) };
        Ok(sqlx::query_scalar(FIND_ROLLED_UP_TO).fetch_optional(&mut **connection).await?)
    }

    /// Whether the ledger has events that are in no roll-up yet. `false` on `PostgreSQL`.
    pub async fn has_events_to_roll_up(&mut self) -> StoreResult<bool> {
        let Connection::Sqlite(connection) = self else { return Ok(false) };
        let found: Option<i64> = sqlx::query_scalar(FIND_EVENT_TO_ROLL_UP).fetch_optional(&mut **connection).await?;
        Ok(found.is_some())
    }

    /// Adds the oldest events that are in no roll-up yet, about `most`: those of one commit are added together. Returns
    /// how many, less than `most` if none are left. 0 on `PostgreSQL`.
    pub async fn roll_up_events(&mut self, most: u16) -> StoreResult<usize> {
        let Connection::Sqlite(connection) = self else { return Ok(0) };
        let from: Option<i64> = sqlx::query_scalar(FIND_ROLLED_UP_TO).fetch_optional(&mut **connection).await?;
        let from = from.unwrap_or_default();
        let end: Option<i64> = sqlx::query_scalar(FIND_END_OF_SLICE)
            .bind(from)
            .bind(i64::from(most.saturating_sub(1)))
            .fetch_optional(&mut **connection)
            .await?;
        let rows: Vec<EventRow> = sqlx::query_as(LIST_EVENTS_TO_ROLL_UP)
            .bind(from)
            .bind(end.unwrap_or(i64::MAX))
            .fetch_all(&mut **connection)
            .await?;
        let Some(last) = rows.last() else { return Ok(0) };
        let added = json_rows(sum_by_hour(&rows)?.into_iter().map(|((tenant, feature, hour), sum)| {
            let HourSum { amount, peak, closing } = sum;
            (tenant, feature, hour, amount, peak, closing)
        }))?;
        sqlx::query(ADD_TO_HOURS.sqlite).bind(added).execute(&mut **connection).await?;
        sqlx::query(SET_ROLLED_UP_TO).bind(last.recorded_at).execute(&mut **connection).await?;
        Ok(rows.len())
    }

    /// Adds all events that are in no roll-up yet.
    pub async fn roll_up_all_events(&mut self) -> StoreResult<()> {
        const AT_ONCE: u16 = 10_000;
        while self.roll_up_events(AT_ONCE).await? > 0 {}
        Ok(())
    }
}

fn sum_by_hour(rows: &[EventRow]) -> StoreResult<BTreeMap<(&str, &str, i64), HourSum>> {
    let mut hours = BTreeMap::new();
    for row in rows {
        let EventRow { tenant_id, feature, recorded_at: _, counted_at, amount, used_after } = row;
        let hour = counted_at - counted_at.rem_euclid(MICROS_PER_HOUR);
        let sum: &mut HourSum = hours.entry((tenant_id.as_str(), feature.as_str(), hour)).or_default();
        sum.amount = sum.amount.checked_add(*amount).ok_or(StoreError::Corrupt("usage_events.amount"))?;
        sum.peak = sum.peak.max(*used_after);
        // The rows are in order, so the last one's value remains.
        sum.closing = *used_after;
    }
    Ok(hours)
}
