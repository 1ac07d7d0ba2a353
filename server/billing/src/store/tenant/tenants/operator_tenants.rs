//! Tenants as operators list them: in pages, each page with a fixed number of statements.

use std::collections::HashMap;

use domain::{
    entitlement::alert::UsageLevel,
    ids::{PlanId, TenantId},
    time::Timestamp,
};

use super::{Tenant, TenantRow, page_position::PagePosition, profiles::anywhere};
use crate::store::{
    Connection, StoreError, StoreResult,
    dialect::{json_rows, row_statements},
    on_backend, parse, statements,
    usage::usage_counters::{CounterKey, key_rows},
};

/// A page of the tenants that match the search, newest first. Names are searched by a scan, everything else by an
/// index.
macro_rules! page_of {
    ($which:literal) => {
        concat!(
            "SELECT tenant_id, name, granted_plan, granted_until, limit_overrides, own_limits, created_at, external_id, email, metadata, \
             deleted_at FROM tenants WHERE tenant_id <> 'installation' AND erased_at IS NULL AND (created_at, tenant_id) < ($1, $2) AND ($3 = '' OR lower(name) LIKE $3 ESCAPE '\\' \
             OR name LIKE $4 ESCAPE '\\' OR tenant_id IN (SELECT CAST($5 AS TEXT) \
             UNION ALL SELECT tenant_id FROM tenants WHERE external_id = $5 \
             UNION ALL SELECT tenant_id FROM customers WHERE provider IN ('stripe', 'polar') AND external_id = $5 \
             UNION ALL SELECT tenant_id FROM subscriptions WHERE external_id = $5 \
             UNION ALL SELECT memberships.tenant_id FROM users JOIN memberships ON memberships.user_id = users.user_id \
             WHERE users.email = lower($5) AND memberships.role = 'owner')) ",
            $which,
            " ORDER BY created_at DESC, tenant_id DESC LIMIT 51"
        )
    };
}

statements! {
    LIST_ALL = page_of!("");
    LIST_PAST_DUE = page_of!("AND tenant_id IN (SELECT tenant_id FROM subscriptions \
         WHERE status IN ('past_due', 'unpaid', 'incomplete'))");
    LIST_DRIFTED = page_of!("AND tenant_id IN (SELECT tenant_id FROM drift WHERE found_at >= $6)");
    LIST_ON_PLAN = page_of!("AND tenant_id IN (SELECT tenant_id FROM subscriptions \
         WHERE status IN ('active', 'trialing', 'past_due', 'unpaid') AND plan = $6 \
         UNION ALL SELECT tenant_id FROM tenants WHERE granted_plan = $6)");
    LIST_ON_FREE = page_of!("AND tenant_id NOT IN (SELECT tenant_id FROM subscriptions \
         WHERE status IN ('active', 'trialing') AND plan <> $6) \
         AND (granted_plan IS NULL OR granted_plan = $6 OR granted_until <= $7)");
    // Reads counters of gauges, of periods that began with this minute, day or month, and of subscription periods.
    // SQLite executes a cross join in the order written, which avoids a scan of counters of past periods.
    LIST_NEAR = page_of!("AND tenant_id IN (SELECT tenant_id FROM usage_counters WHERE level > 0 AND period_start IN (0, $6, $7, $8) \
         UNION ALL SELECT own.tenant_id FROM subscriptions CROSS JOIN usage_counters AS own WHERE $9 = 1 AND own.level > 0 \
         AND own.period_start = subscriptions.period_start AND own.tenant_id = subscriptions.tenant_id \
         AND subscriptions.status NOT IN ('canceled', 'incomplete_expired'))");
    COUNT_FOR_OPERATORS = "SELECT (SELECT count(*) FROM tenants WHERE tenant_id <> 'installation' AND erased_at IS NULL), \
         (SELECT count(*) FROM subscriptions WHERE status IN ('past_due', 'unpaid')), \
         (SELECT count(*) FROM jobs WHERE last_error IS NOT NULL), \
         (SELECT count(*) FROM enterprise_requests WHERE state = 'new'), \
         (SELECT count(*) FROM (SELECT 1 FROM subscriptions WHERE status IN ('active', 'trialing', 'past_due', 'unpaid', \
         'incomplete', 'paused') LIMIT 1) AS live)";
}

row_statements! {
    COUNT_MEMBERS_OF_MANY = "SELECT memberships.tenant_id, count(*) FROM "
        ROWS " JOIN memberships ON memberships.tenant_id = sent.value ->> 0 GROUP BY memberships.tenant_id";
    LIST_NAMES = "SELECT tenants.tenant_id, tenants.name FROM " ROWS " JOIN tenants ON tenants.tenant_id = sent.value ->> 0";
    FIND_LEVELS = "SELECT CAST(sent.value ->> 3 AS BIGINT), own.level FROM "
        ROWS " JOIN usage_counters AS own ON own.tenant_id = sent.value ->> 0 AND own.feature = sent.value ->> 1 \
         AND own.period_start = CAST(sent.value ->> 2 AS BIGINT) WHERE own.level > 0";
}

/// Rows of a page. Queries read one row more, which shows whether there is a next page.
pub const OPERATOR_PAGE_ROWS: usize = 50;

/// Which tenants to list. A tenant's state can change with time alone, which stored rows do not show, so the caller
/// checks each listed tenant again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TenantFilter {
    All,
    PastDue,
    /// Drift was found at this instant or later, by the billing clock.
    Drifted(Timestamp),
    OnPlan(PlanId),
    OnFree {
        free: PlanId,
        now: Timestamp,
    },
    Near {
        /// When the current minute, day and month began.
        began: [Timestamp; 3],
        /// Whether any feature is counted by subscription period.
        by_subscription: bool,
    },
}

/// Counts for the operators' overview.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OperatorCounts {
    pub tenants: u64,
    /// How many subscriptions are past due or unpaid.
    pub past_due: u64,
    pub failing_jobs: u64,
    pub new_requests: u64,
    /// Whether any tenant has a live subscription.
    pub has_subscriptions: bool,
}

impl Connection<'_> {
    /// Lists tenants whose name contains `search`, or whose id, external id, owner's address, customer or subscription equals
    /// `search`, newest first. An empty `search` matches every tenant. Returns at most one row more than a page.
    pub async fn list_tenants_for_desk(
        &mut self,
        list: &TenantFilter,
        search: &str,
        after: Option<&PagePosition>,
    ) -> StoreResult<Vec<Tenant>> {
        let (at, id) = PagePosition::or_last(after);
        let (lower, exact) = (anywhere(&search.to_lowercase()), anywhere(search));
        let statement = match list {
            TenantFilter::All => LIST_ALL,
            TenantFilter::PastDue => LIST_PAST_DUE,
            TenantFilter::Drifted(_) => LIST_DRIFTED,
            TenantFilter::OnPlan(_) => LIST_ON_PLAN,
            TenantFilter::OnFree { .. } => LIST_ON_FREE,
            TenantFilter::Near { .. } => LIST_NEAR,
        };
        let rows: Vec<TenantRow> = on_backend!(self, connection => {
            let query = sqlx::query_as(statement).bind(at).bind(id).bind(lower).bind(exact).bind(search);
            let query = match list {
                TenantFilter::All | TenantFilter::PastDue => query,
                TenantFilter::Drifted(since) => query.bind(since.as_micros()),
                TenantFilter::OnPlan(plan) => query.bind(plan.as_str()),
                TenantFilter::OnFree { free, now } => query.bind(free.as_str()).bind(now.as_micros()),
                TenantFilter::Near { began: [minute, day, month], by_subscription } => query
                    .bind(minute.as_micros())
                    .bind(day.as_micros())
                    .bind(month.as_micros())
                    .bind(i64::from(*by_subscription)),
            };
            query.fetch_all(&mut **connection).await?
        });
        rows.into_iter().map(TenantRow::read).collect()
    }

    /// Counts the members of each tenant. A tenant without members is left out.
    pub async fn count_members_of_many(&mut self, tenants: &[TenantId]) -> StoreResult<HashMap<TenantId, u64>> {
        let tenants = json_rows(tenants.iter().map(|tenant| (tenant.as_str(),)))?;
        let statement = self.row_statement(COUNT_MEMBERS_OF_MANY);
        let rows: Vec<(String, i64)> = on_backend!(self, connection => sqlx::query_as(statement)
            .bind(tenants)
            .fetch_all(&mut **connection)
            .await?);
        let read =
            |(tenant, count): (String, i64)| Ok((parse(&tenant, "memberships.tenant_id")?, count.unsigned_abs()));
        rows.into_iter().map(read).collect()
    }

    /// Finds the tenants' names.
    pub async fn list_names(&mut self, tenants: &[&TenantId]) -> StoreResult<HashMap<TenantId, String>> {
        let tenants = json_rows(tenants.iter().map(|tenant| (tenant.as_str(),)))?;
        let statement = self.row_statement(LIST_NAMES);
        let rows: Vec<(String, String)> = on_backend!(self, connection => sqlx::query_as(statement)
            .bind(tenants)
            .fetch_all(&mut **connection)
            .await?);
        rows.into_iter().map(|(tenant, name)| Ok((parse(&tenant, "tenants.tenant_id")?, name))).collect()
    }

    /// Finds the last stored usage levels of counters, each with its index in `keys`. Levels far from the limit are
    /// left out.
    pub async fn find_levels(&mut self, keys: &[CounterKey]) -> StoreResult<Vec<(usize, UsageLevel)>> {
        let keys = key_rows(keys)?;
        let statement = self.row_statement(FIND_LEVELS);
        let found: Vec<(i64, i64)> = on_backend!(self, connection => sqlx::query_as(statement)
            .bind(keys)
            .fetch_all(&mut **connection)
            .await?);
        let read = |(place, level): (i64, i64)| {
            let place = usize::try_from(place).map_err(|_| StoreError::Corrupt("a row's index"))?;
            Ok((place, UsageLevel::from_i64(level).ok_or(StoreError::Corrupt("usage_counters.level"))?))
        };
        found.into_iter().map(read).collect()
    }

    pub async fn count_for_operators(&mut self) -> StoreResult<OperatorCounts> {
        let (tenants, past_due, failing_jobs, new_requests, subscriptions): (i64, i64, i64, i64, i64) =
            on_backend!(self, connection => sqlx::query_as(COUNT_FOR_OPERATORS).fetch_one(&mut **connection).await?);
        Ok(OperatorCounts {
            tenants: tenants.unsigned_abs(),
            past_due: past_due.unsigned_abs(),
            failing_jobs: failing_jobs.unsigned_abs(),
            new_requests: new_requests.unsigned_abs(),
            has_subscriptions: subscriptions > 0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_text_is_not_a_pattern() {
        assert_eq!(anywhere("a_b%c\\"), "%a\\_b\\%c\\\\%");
        assert_eq!(anywhere(""), "");
    }
}
