//! Usage counters: one for each feature and period; a gauge's period begins at 0. They change only together with the
//! ledger ([`super::usage_events`]), under their locks.

use domain::{
    entitlement::alert::UsageLevel,
    ids::{FeatureKey, TenantId},
    time::Timestamp,
};

use crate::store::{
    Connection, StoreError, StoreResult,
    dialect::{json_rows, row_statements},
    on_backend, parse, statements,
};

statements! {
    LIST_PERIODS = "SELECT period_start FROM usage_counters \
         WHERE tenant_id = $1 AND feature = $2 AND period_start > $3 AND period_start < $4 ORDER BY period_start";
}

row_statements! {
    INSERT_MISSING_COUNTERS = "INSERT INTO usage_counters (tenant_id, feature, period_start, used, updated_at) \
         SELECT sent.value ->> 0, sent.value ->> 1, CAST(sent.value ->> 2 AS BIGINT), 0, $2 FROM "
        ROWS " WHERE true ORDER BY 1, 2, 3 \
         ON CONFLICT (tenant_id, feature, period_start) DO UPDATE SET used = usage_counters.used";
    LOCK_COUNTERS = "SELECT CAST(sent.value ->> 3 AS BIGINT) AS place, own.used, own.version, own.level FROM "
        ROWS " JOIN usage_counters AS own ON own.tenant_id = sent.value ->> 0 AND own.feature = sent.value ->> 1 \
         AND own.period_start = CAST(sent.value ->> 2 AS BIGINT) ORDER BY own.tenant_id, own.feature, own.period_start"
        LOCK " FOR UPDATE OF own";
    FIND_COUNTERS = "SELECT CAST(sent.value ->> 3 AS BIGINT) AS place, own.used, own.version FROM "
        ROWS " JOIN usage_counters AS own ON own.tenant_id = sent.value ->> 0 AND own.feature = sent.value ->> 1 \
         AND own.period_start = CAST(sent.value ->> 2 AS BIGINT)";
    pub(in crate::store) UPDATE_COUNTERS = "UPDATE usage_counters SET used = CAST(sent.value ->> 3 AS BIGINT), \
         level = CAST(sent.value ->> 4 AS BIGINT), version = version + 1, updated_at = $2 FROM "
        ROWS " WHERE usage_counters.tenant_id = sent.value ->> 0 AND usage_counters.feature = sent.value ->> 1 \
         AND usage_counters.period_start = CAST(sent.value ->> 2 AS BIGINT)";
    LIST_COUNTERS_OF_MANY = "SELECT own.tenant_id, own.feature, own.period_start, own.used, own.version FROM "
        ROWS " JOIN usage_counters AS own ON own.tenant_id = sent.value ->> 0 WHERE own.updated_at >= $2";
}

/// A counter's key: the tenant's feature and the start of the period; `None` for a gauge.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CounterKey {
    pub tenant: TenantId,
    pub feature: FeatureKey,
    pub period_start: Option<Timestamp>,
}

/// A counter's value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    pub used: u64,
    /// Grows with every write; below 0 if there is no such counter yet.
    pub version: i64,
}

/// A counter that is locked until the transaction ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LockedCounter {
    /// Its index among the requested keys.
    pub place: usize,
    pub reading: Reading,
    /// The last stored usage level.
    pub level: UsageLevel,
}

impl Reading {
    pub const fn is_there(self) -> bool {
        self.version >= 0
    }
}

#[derive(sqlx::FromRow)]
struct CounterRow {
    feature: String,
    period_start: i64,
    used: i64,
    version: i64,
}

#[derive(sqlx::FromRow)]
struct CounterOfManyRow {
    tenant_id: String,
    #[sqlx(flatten)]
    counter: CounterRow,
}

impl CounterRow {
    fn read(self, tenant: TenantId) -> StoreResult<(CounterKey, Reading)> {
        let Self { feature, period_start, used, version } = self;
        let key = CounterKey {
            tenant,
            feature: parse(&feature, "usage_counters.feature")?,
            period_start: (period_start != 0).then(|| Timestamp::from_micros(period_start)),
        };
        Ok((key, Reading { used: read_used(used)?, version }))
    }
}

/// Reads a counter's value from its column.
pub(in crate::store) fn read_used(used: i64) -> StoreResult<u64> {
    u64::try_from(used).map_err(|_| StoreError::Corrupt("usage_counters.used"))
}

/// A period's start as a column's value.
pub(in crate::store) fn start_micros(period_start: Option<Timestamp>) -> i64 {
    period_start.map_or(0, Timestamp::as_micros)
}

/// The keys as JSON rows, each with its index.
pub(in crate::store) fn key_rows<'a>(keys: impl IntoIterator<Item = &'a CounterKey>) -> StoreResult<String> {
    json_rows(keys.into_iter().enumerate().map(|(place, key)| {
        let CounterKey { tenant, feature, period_start } = key;
        (tenant.as_str(), feature.as_str(), start_micros(*period_start), place)
    }))
}

/// The counters' new values as JSON rows.
pub(in crate::store) fn counter_rows(counters: &[(CounterKey, u64, UsageLevel)]) -> StoreResult<String> {
    json_rows(counters.iter().map(|(key, used, level)| {
        let CounterKey { tenant, feature, period_start } = key;
        (tenant.as_str(), feature.as_str(), start_micros(*period_start), used, level.as_i64())
    }))
}

impl Connection<'_> {
    /// Lists the start of each period for which a feature has a counter, for starts after `from` and before `to`.
    pub async fn list_periods(
        &mut self,
        tenant: &TenantId,
        feature: &FeatureKey,
        from: Timestamp,
        to: Timestamp,
    ) -> StoreResult<Vec<Timestamp>> {
        let starts: Vec<i64> = on_backend!(self, connection => sqlx::query_scalar(LIST_PERIODS)
            .bind(tenant.as_str())
            .bind(feature.as_str())
            .bind(from.as_micros())
            .bind(to.as_micros())
            .fetch_all(&mut **connection)
            .await?);
        Ok(starts.into_iter().map(Timestamp::from_micros).collect())
    }

    /// Lists the counters of these tenants that were written at `since` or later.
    pub async fn list_counters_of_many(
        &mut self,
        tenants: &[TenantId],
        since: Timestamp,
    ) -> StoreResult<Vec<(CounterKey, Reading)>> {
        let tenants = json_rows(tenants.iter().map(|tenant| (tenant.as_str(),)))?;
        let statement = self.row_statement(LIST_COUNTERS_OF_MANY);
        let rows: Vec<CounterOfManyRow> = on_backend!(self, connection => sqlx::query_as(statement)
            .bind(tenants)
            .bind(since.as_micros())
            .fetch_all(&mut **connection)
            .await?);
        rows.into_iter().map(|row| row.counter.read(parse(&row.tenant_id, "usage_counters.tenant_id")?)).collect()
    }

    /// Inserts missing counters at 0 and locks all of them until the transaction ends, in one global order, which
    /// avoids deadlocks.
    pub async fn insert_and_lock_counters(&mut self, keys: &[CounterKey], now: Timestamp) -> StoreResult<()> {
        let keys = key_rows(keys)?;
        let statement = self.row_statement(INSERT_MISSING_COUNTERS);
        on_backend!(self, connection => sqlx::query(statement)
            .bind(keys)
            .bind(now.as_micros())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    /// Locks counters until the transaction ends. Missing counters are left out.
    pub async fn lock_counters(&mut self, keys: &[CounterKey]) -> StoreResult<Vec<LockedCounter>> {
        let keys = key_rows(keys)?;
        let statement = self.row_statement(LOCK_COUNTERS);
        let found: Vec<(i64, i64, i64, i64)> = on_backend!(self, connection => sqlx::query_as(statement)
            .bind(keys)
            .fetch_all(&mut **connection)
            .await?);
        found
            .into_iter()
            .map(|(at, used, version, level)| {
                Ok(LockedCounter {
                    place: usize::try_from(at).map_err(|_| StoreError::Corrupt("a row's index"))?,
                    reading: Reading { used: read_used(used)?, version },
                    level: UsageLevel::from_i64(level).ok_or(StoreError::Corrupt("usage_counters.level"))?,
                })
            })
            .collect()
    }

    /// Reads counters without locking them, each with its index in `keys`.
    pub async fn find_counters(&mut self, keys: &[CounterKey]) -> StoreResult<Vec<(usize, Reading)>> {
        let keys = key_rows(keys)?;
        let statement = self.row_statement(FIND_COUNTERS);
        let found: Vec<(i64, i64, i64)> = on_backend!(self, connection => sqlx::query_as(statement)
            .bind(keys)
            .fetch_all(&mut **connection)
            .await?);
        let place = |place| usize::try_from(place).map_err(|_| StoreError::Corrupt("a row's index"));
        found
            .into_iter()
            .map(|(at, used, version)| Ok((place(at)?, Reading { used: read_used(used)?, version })))
            .collect()
    }

    /// Writes the counters' values. The caller holds their locks.
    pub async fn update_counters(
        &mut self,
        counters: &[(CounterKey, u64, UsageLevel)],
        now: Timestamp,
    ) -> StoreResult<()> {
        let counters = counter_rows(counters)?;
        let statement = self.row_statement(UPDATE_COUNTERS);
        on_backend!(self, connection => sqlx::query(statement)
            .bind(counters)
            .bind(now.as_micros())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }
}
