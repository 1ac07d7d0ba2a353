//! A batch of the usage writer through the direct writer ([`crate::store::direct_writer`]): each row is bound to a
//! prepared statement.

use domain::{
    entitlement::{
        alert::UsageLevel,
        check::{Check, FailureReason},
    },
    ids::TenantId,
    time::Timestamp,
};
use rusqlite::OptionalExtension;

use super::{
    usage_counters::{CounterKey, Reading, read_used, start_micros},
    usage_events::{Entry, EventId, KnownRow, RecordedPart},
};
use crate::store::{
    StoreError,
    direct_writer::{DirectResult, DirectTransaction},
    limit_to_column, statements,
};

statements! {
    FIND_COUNTER = "SELECT used, version, level FROM usage_counters \
         WHERE tenant_id = $1 AND feature = $2 AND period_start = $3";
    INSERT_COUNTER = "INSERT INTO usage_counters (tenant_id, feature, period_start, used, updated_at) \
         VALUES ($1, $2, $3, 0, $4)";
    UPDATE_COUNTER = "UPDATE usage_counters SET used = $1, level = $2, version = version + 1, updated_at = $3 \
         WHERE tenant_id = $4 AND feature = $5 AND period_start = $6";
    INSERT_EVENT = "INSERT INTO usage_events (tenant_id, source, event_id, part, feature, period_start, change, \
         wanted, amount, event_at, counted_at, recorded_at, used_after, limit_then, failure, warning) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) \
         ON CONFLICT (tenant_id, source, event_id, part) DO NOTHING";
    FIND_EVENT = "SELECT feature, change, wanted, used_after, limit_then, failure, warning FROM usage_events \
         WHERE tenant_id = $1 AND source = $2 AND event_id = $3 ORDER BY part";
    FIND_REVISION = "SELECT revision FROM tenants WHERE tenant_id = $1";
}

/// A number as a column's value.
fn column(number: impl TryInto<i64>) -> DirectResult<i64> {
    number.try_into().map_err(|_| StoreError::Corrupt("a number beyond the range of a column").into())
}

impl DirectTransaction<'_> {
    /// Finds counters, in the order of `keys`; `None` for one that does not exist.
    pub fn find_counters<'k>(
        &self,
        keys: impl IntoIterator<Item = &'k CounterKey>,
    ) -> DirectResult<Vec<Option<(Reading, UsageLevel)>>> {
        let mut statement = self.connection.prepare_cached(FIND_COUNTER)?;
        let mut counters = Vec::new();
        for CounterKey { tenant, feature, period_start } in keys {
            let key = (tenant.as_str(), feature.as_str(), start_micros(*period_start));
            let row: Option<(i64, i64, i64)> =
                statement.query_row(key, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional()?;
            let counter = row.map(|(used, version, level)| {
                let level = UsageLevel::from_i64(level).ok_or(StoreError::Corrupt("usage_counters.level"))?;
                Ok::<_, StoreError>((Reading { used: read_used(used)?, version }, level))
            });
            counters.push(counter.transpose()?);
        }
        Ok(counters)
    }

    /// Inserts a counter at 0, whose version is 0.
    pub fn insert_counter(&self, key: &CounterKey, now: Timestamp) -> DirectResult<()> {
        let CounterKey { tenant, feature, period_start } = key;
        let row = (tenant.as_str(), feature.as_str(), start_micros(*period_start), now.as_micros());
        self.connection.prepare_cached(INSERT_COUNTER)?.execute(row)?;
        Ok(())
    }

    /// Writes the values of counters that exist.
    pub fn update_counters<'k>(
        &self,
        counters: impl IntoIterator<Item = (&'k CounterKey, u64, UsageLevel)>,
        now: Timestamp,
    ) -> DirectResult<()> {
        let mut statement = self.connection.prepare_cached(UPDATE_COUNTER)?;
        for (CounterKey { tenant, feature, period_start }, used, level) in counters {
            let (tenant, feature, start) = (tenant.as_str(), feature.as_str(), start_micros(*period_start));
            statement.execute((column(used)?, level.as_i64(), now.as_micros(), tenant, feature, start))?;
        }
        Ok(())
    }

    /// Finds known events, part by part, in the order of `ids`; no parts for one that is not in the ledger.
    pub fn find_events<'k>(&self, ids: impl IntoIterator<Item = &'k EventId>) -> DirectResult<Vec<Vec<RecordedPart>>> {
        let mut statement = self.connection.prepare_cached(FIND_EVENT)?;
        let mut events = Vec::new();
        for EventId { tenant, source, id } in ids {
            let mut rows = statement.query((tenant.as_str(), source.as_str(), id.as_str()))?;
            let mut parts = Vec::new();
            while let Some(row) = rows.next()? {
                let known = KnownRow {
                    place: 0,
                    feature: row.get(0)?,
                    change: row.get(1)?,
                    wanted: row.get(2)?,
                    used_after: row.get(3)?,
                    limit_then: row.get(4)?,
                    failure: row.get(5)?,
                    warning: row.get(6)?,
                };
                let (_, part) = known.read()?;
                parts.push(part);
            }
            events.push(parts);
        }
        Ok(events)
    }

    /// Enters events in the ledger. `false` if one of them is there already: then some are not entered.
    /// `recorded_at` is above what is rolled up.
    pub fn insert_events(&self, entries: &[Entry], recorded_at: Timestamp) -> DirectResult<bool> {
        let mut statement = self.connection.prepare_cached(INSERT_EVENT)?;
        for entry in entries {
            let Entry { event, part, counter, change, amount, event_at, counted_at, answer } = entry;
            let EventId { tenant, source, id } = event;
            let CounterKey { tenant: _, feature, period_start } = counter;
            let Check { failure, warning, used, limit, permille: _ } = answer;
            let inserted = statement.execute((
                tenant.as_str(),
                source.as_str(),
                id.as_str(),
                column(*part)?,
                feature.as_str(),
                start_micros(*period_start),
                change.kind().as_str(),
                column(change.amount())?,
                *amount,
                event_at.as_micros(),
                counted_at.as_micros(),
                recorded_at.as_micros(),
                column(*used)?,
                limit_to_column(*limit),
                failure.map(FailureReason::as_str),
                warning.as_deref(),
            ))?;
            if inserted == 0 {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Finds the revisions of tenants, in their order; `None` for one that does not exist.
    pub fn find_revisions<'k>(
        &self,
        tenants: impl IntoIterator<Item = &'k TenantId>,
    ) -> DirectResult<Vec<Option<i64>>> {
        let mut statement = self.connection.prepare_cached(FIND_REVISION)?;
        let mut revisions = Vec::new();
        for tenant in tenants {
            revisions.push(statement.query_row((tenant.as_str(),), |row| row.get(0)).optional()?);
        }
        Ok(revisions)
    }
}
