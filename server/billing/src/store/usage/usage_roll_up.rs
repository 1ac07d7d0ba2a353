//! Hourly roll-ups on `SQLite`: added to [`super::usage_hours`] after the events were recorded, so that a commit writes
//! fewer pages. What is not added yet lies at the end of the ledger, above one time.

use std::collections::HashMap;

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
    ADD_TO_HOUR = "INSERT INTO usage_hours (tenant_id, feature, starts_at, amount, peak, closing) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (tenant_id, feature, starts_at) DO UPDATE SET \
         amount = usage_hours.amount + excluded.amount, \
         peak = CASE WHEN excluded.peak > usage_hours.peak THEN excluded.peak ELSE usage_hours.peak END, \
         closing = excluded.closing";
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

/// What events add to hours, by tenant.
#[derive(Default)]
struct HourSums(HashMap<String, Vec<HourSum>>);

/// What events add to an hour of a feature.
struct HourSum {
    feature: String,
    starts_at: i64,
    amount: i64,
    peak: i64,
    closing: i64,
}

impl HourSums {
    /// Adds an event. Events are added in the order in which they were counted.
    fn add(
        &mut self,
        tenant: &str,
        feature: &str,
        counted_at: i64,
        (amount, used_after): (i64, i64),
    ) -> StoreResult<()> {
        let starts_at = counted_at - counted_at.rem_euclid(MICROS_PER_HOUR);
        let of_tenant = match self.0.get_mut(tenant) {
            Some(of_tenant) => of_tenant,
            None => self.0.entry(tenant.to_owned()).or_default(),
        };
        let known = of_tenant.iter_mut().rev().find(|sum| sum.starts_at == starts_at && sum.feature == feature);
        if let Some(sum) = known {
            sum.amount = sum.amount.checked_add(amount).ok_or(StoreError::Corrupt("usage_events.amount"))?;
            sum.peak = sum.peak.max(used_after);
            sum.closing = used_after;
        } else {
            let feature = feature.to_owned();
            of_tenant.push(HourSum { feature, starts_at, amount, peak: used_after, closing: used_after });
        }
        Ok(())
    }

    /// The sums with their tenants, in the order of the roll-ups' key as far as it is by tenant.
    fn sorted(self) -> Vec<(String, Vec<HourSum>)> {
        let mut tenants: Vec<_> = self.0.into_iter().collect();
        tenants.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        tenants
    }
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

    /// Like [`Connection::roll_up_events`].
    pub fn roll_up_events(&self, most: u16) -> DirectResult<usize> {
        let from = self.find_rolled_up_to()?.unwrap_or_default();
        let skipped = i64::from(most.saturating_sub(1));
        let mut find_end = self.connection.prepare_cached(FIND_END_OF_SLICE)?;
        let end: Option<i64> = find_end.query_row((from, skipped), |row| row.get(0)).optional()?;
        let mut list = self.connection.prepare_cached(LIST_EVENTS_TO_ROLL_UP)?;
        let mut rows = list.query((from, end.unwrap_or(i64::MAX)))?;
        let (mut sums, mut count, mut last) = (HourSums::default(), 0, from);
        while let Some(row) = rows.next()? {
            let (tenant, feature) = (row.get_ref(0)?, row.get_ref(1)?);
            let tenant = tenant.as_str().map_err(rusqlite::Error::from)?;
            let feature = feature.as_str().map_err(rusqlite::Error::from)?;
            last = row.get(2)?;
            sums.add(tenant, feature, row.get(3)?, (row.get(4)?, row.get(5)?))?;
            count += 1;
        }
        drop(rows);
        if count > 0 {
            let mut add = self.connection.prepare_cached(ADD_TO_HOUR)?;
            for (tenant, sums) in sums.sorted() {
                for HourSum { feature, starts_at, amount, peak, closing } in sums {
                    add.execute((&tenant, feature, starts_at, amount, peak, closing))?;
                }
            }
            self.connection.prepare_cached(SET_ROLLED_UP_TO)?.execute((last,))?;
        }
        Ok(count)
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
        let mut sums = HourSums::default();
        for row in &rows {
            let EventRow { tenant_id, feature, recorded_at: _, counted_at, amount, used_after } = row;
            sums.add(tenant_id, feature, *counted_at, (*amount, *used_after))?;
        }
        let sums = sums.sorted();
        let added = json_rows(sums.iter().flat_map(|(tenant, sums)| {
            sums.iter().map(move |HourSum { feature, starts_at, amount, peak, closing }| {
                (tenant, feature, starts_at, amount, peak, closing)
            })
        }))?;
        sqlx::query(ADD_TO_HOURS.sqlite).bind(added).execute(&mut **connection).await?;
        sqlx::query(SET_ROLLED_UP_TO).bind(last.recorded_at).execute(&mut **connection).await?;
        Ok(rows.len())
    }

    /// Adds all events that are in no roll-up yet.
    pub async fn roll_up_all_events(&mut self) -> StoreResult<()> {
        const AT_ONCE: u16 = 1000;
        while self.roll_up_events(AT_ONCE).await? > 0 {}
        Ok(())
    }
}
