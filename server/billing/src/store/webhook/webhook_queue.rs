//! The queue of webhook messages by endpoint: an endpoint's cursor says when it has a message due, so that finding work
//! costs the same with any number of messages.
//!
//! The cursor, `webhook_endpoints.next_try_at`, is the first `next_try_at` of the endpoint's messages, or its
//! `served_at` if that is later: an endpoint with a backlog queues behind those that were due before it was served. The
//! cursor is null only if no message waits. It may be too early: a claim then finds no message and the cursor is
//! corrected. On `PostgreSQL` a transaction that raises the cursor first locks the endpoint against new messages
//! ([`Connection::lock_endpoint`]).

use domain::{ids::TenantId, time::Timestamp};

use super::webhook_endpoints::Pace;
use crate::store::{
    Connection, StoreResult,
    dialect::{json_rows, row_statements},
    on_backend, parse, statements,
};

statements! {
    // Endpoints of a pace with a message due. Those of the tenant with the fewest calls in progress come first, then
    // those of the tenant that was served least recently. A call in progress holds back the endpoint's other messages,
    // and a tenant has at most $3 calls in progress. Only the 1,000 endpoints with the earliest cursors compete.
    LIST_DUE = "WITH busy AS (SELECT calls.tenant_id, calls.endpoint_id FROM webhook_messages AS calls \
         CROSS JOIN webhook_endpoints AS called WHERE calls.locked_until > 0 AND calls.locked_until > $1 \
         AND called.tenant_id = calls.tenant_id AND called.endpoint_id = calls.endpoint_id AND called.pace = $2), \
         heads AS (SELECT own.tenant_id, own.endpoint_id, own.next_try_at AS due_at FROM webhook_endpoints AS own \
         WHERE own.pace = $2 AND own.next_try_at <= $1 \
         AND (SELECT count(*) FROM busy WHERE busy.tenant_id = own.tenant_id) < $3 AND NOT EXISTS \
         (SELECT 1 FROM busy WHERE busy.tenant_id = own.tenant_id AND busy.endpoint_id = own.endpoint_id) \
         ORDER BY own.next_try_at LIMIT 1000), \
         placed AS (SELECT heads.tenant_id, heads.endpoint_id, heads.due_at, \
         (SELECT count(*) FROM busy WHERE busy.tenant_id = heads.tenant_id) \
         + row_number() OVER (PARTITION BY heads.tenant_id ORDER BY heads.due_at, heads.endpoint_id) AS place, \
         (SELECT max(other.served_at) FROM webhook_endpoints AS other WHERE other.tenant_id = heads.tenant_id) AS served_at \
         FROM heads) \
         SELECT tenant_id, endpoint_id FROM placed WHERE place <= $3 ORDER BY place, served_at, due_at, endpoint_id LIMIT $4";
    // Compares the cursor with the first message that waits: one look-up on an index for each endpoint.
    LIST_LATE = "SELECT own.tenant_id, own.endpoint_id, \
         own.served_at < COALESCE(own.next_try_at, 9223372036854775807) AND EXISTS \
         (SELECT 1 FROM webhook_messages AS waiting WHERE waiting.tenant_id = own.tenant_id \
         AND waiting.endpoint_id = own.endpoint_id AND waiting.next_try_at IS NOT NULL \
         AND waiting.next_try_at < COALESCE(own.next_try_at, 9223372036854775807)) FROM webhook_endpoints AS own \
         WHERE (own.tenant_id, own.endpoint_id) > ($1, $2) ORDER BY own.tenant_id, own.endpoint_id LIMIT $3";
    COUNT_WAITING = "SELECT count(*) FROM (SELECT 1 FROM webhook_messages WHERE next_try_at IS NOT NULL LIMIT 100000) \
         AS waiting";
    UPDATE_CURSOR = "UPDATE webhook_endpoints SET next_try_at = (SELECT CASE \
         WHEN head.first_at < webhook_endpoints.served_at THEN webhook_endpoints.served_at ELSE head.first_at END \
         FROM (SELECT min(waiting.next_try_at) AS first_at FROM webhook_messages AS waiting \
         WHERE waiting.tenant_id = $1 AND waiting.endpoint_id = $2 AND waiting.next_try_at IS NOT NULL) AS head) \
         WHERE tenant_id = $1 AND endpoint_id = $2";
}

row_statements! {
    // Skips endpoints whose messages another node is claiming.
    LOCK_DUE = "SELECT own.tenant_id, own.endpoint_id FROM "
        ROWS " JOIN webhook_endpoints AS own ON own.tenant_id = sent.value ->> 0 AND own.endpoint_id = sent.value ->> 1 \
         ORDER BY CAST(sent.value ->> 2 AS BIGINT)"
        LOCK " FOR NO KEY UPDATE OF own SKIP LOCKED";
    LOCK_ENDPOINT = "SELECT own.endpoint_id FROM "
        ROWS " JOIN webhook_endpoints AS own ON own.tenant_id = sent.value ->> 0 AND own.endpoint_id = sent.value ->> 1"
        LOCK " FOR UPDATE OF own";
    // In one global order, which avoids deadlocks.
    LOCK_LATER = "SELECT own.endpoint_id FROM "
        ROWS " JOIN webhook_endpoints AS own ON own.tenant_id = sent.value ->> 0 AND own.endpoint_id = sent.value ->> 1 \
         WHERE own.next_try_at IS NULL OR own.next_try_at > $2 ORDER BY own.tenant_id, own.endpoint_id"
        LOCK " FOR NO KEY UPDATE OF own";
    LOWER_CURSORS = "UPDATE webhook_endpoints SET next_try_at = $2 FROM "
        ROWS " WHERE webhook_endpoints.tenant_id = sent.value ->> 0 AND webhook_endpoints.endpoint_id = sent.value ->> 1 \
         AND (webhook_endpoints.next_try_at IS NULL OR webhook_endpoints.next_try_at > $2)";
}

/// The late endpoints in a slice of all endpoints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LateEndpoints {
    /// The endpoints whose cursor is too late.
    pub late: Vec<(TenantId, String)>,
    /// The last endpoint of the slice, after which the next one begins; `None` if no more endpoints follow.
    pub last: Option<(TenantId, String)>,
}

impl Connection<'_> {
    /// Counts the messages that are not delivered yet, up to 100,000.
    pub async fn count_waiting_messages(&mut self) -> StoreResult<u64> {
        let count: i64 =
            on_backend!(self, connection => sqlx::query_scalar(COUNT_WAITING).fetch_one(&mut **connection).await?);
        Ok(count.unsigned_abs())
    }

    /// Lists endpoints of a pace with a message due, in the order in which to serve them, at most `most`. Of a tenant,
    /// lists only as many as leave it at most `per_tenant` calls, calls in progress included. Takes no write lock.
    pub async fn list_due_endpoints(
        &mut self,
        pace: Pace,
        per_tenant: i64,
        most: i64,
        now: Timestamp,
    ) -> StoreResult<Vec<(TenantId, String)>> {
        let rows: Vec<(String, String)> = on_backend!(self, connection => sqlx::query_as(LIST_DUE)
            .bind(now.as_micros())
            .bind(pace.as_str())
            .bind(per_tenant)
            .bind(most)
            .fetch_all(&mut **connection)
            .await?);
        read_endpoints(rows)
    }

    /// Locks endpoints until the transaction ends, so that their messages are claimed by one node. Returns them in
    /// order, without those that another transaction has locked.
    pub async fn lock_due_endpoints(&mut self, due: &[(TenantId, String)]) -> StoreResult<Vec<(TenantId, String)>> {
        let sent = due.iter().enumerate().map(|(place, (tenant, endpoint))| (tenant.as_str(), endpoint, place));
        let statement = self.row_statement(LOCK_DUE);
        let rows: Vec<(String, String)> = on_backend!(self, connection => sqlx::query_as(statement)
            .bind(json_rows(sent)?)
            .fetch_all(&mut **connection)
            .await?);
        read_endpoints(rows)
    }

    /// Locks an endpoint until the transaction ends. Waits for transactions that have inserted messages for the
    /// endpoint; later inserts wait for this transaction. A transaction that changes the endpoint or its messages takes
    /// this lock first.
    pub async fn lock_endpoint(&mut self, tenant: &TenantId, endpoint: &str) -> StoreResult<()> {
        let statement = self.row_statement(LOCK_ENDPOINT);
        on_backend!(self, connection => sqlx::query(statement)
            .bind(json_rows([(tenant.as_str(), endpoint)])?)
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    /// Lists those of the `most` endpoints after `after` whose cursor is later than their first waiting message. Only
    /// nodes of versions without cursors cause this; they may run beside this one while an installation is updated.
    pub async fn list_late_endpoints(
        &mut self,
        after: Option<&(TenantId, String)>,
        most: i64,
    ) -> StoreResult<LateEndpoints> {
        let (tenant, endpoint) = after.map_or(("", ""), |(tenant, endpoint)| (tenant.as_str(), endpoint.as_str()));
        let rows: Vec<(String, String, bool)> = on_backend!(self, connection => sqlx::query_as(LIST_LATE)
            .bind(tenant)
            .bind(endpoint)
            .bind(most)
            .fetch_all(&mut **connection)
            .await?);
        let has_more = i64::try_from(rows.len()).is_ok_and(|found| found >= most);
        let (mut late, mut last) = (Vec::new(), None);
        for (tenant, endpoint, is_late) in rows {
            let tenant: TenantId = parse(&tenant, "webhook_endpoints.tenant_id")?;
            if is_late {
                late.push((tenant.clone(), endpoint.clone()));
            }
            last = has_more.then_some((tenant, endpoint));
        }
        Ok(LateEndpoints { late, last })
    }

    /// Computes an endpoint's cursor from its messages and stores it. The caller has locked the endpoint.
    pub async fn update_endpoint_cursor(&mut self, tenant: &TenantId, endpoint: &str) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(UPDATE_CURSOR)
            .bind(tenant.as_str())
            .bind(endpoint)
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    /// Lowers the cursors of endpoints to `at`; earlier cursors are kept. The caller has inserted the messages that are
    /// due at `at`.
    pub(super) async fn lower_endpoint_cursors(
        &mut self,
        endpoints: &[(&TenantId, &str)],
        at: Timestamp,
    ) -> StoreResult<()> {
        let rows = json_rows(endpoints.iter().map(|(tenant, endpoint)| (tenant.as_str(), endpoint)))?;
        let statement = self.row_statement(LOCK_LATER);
        let later: Vec<String> = on_backend!(&mut *self, connection => sqlx::query_scalar(statement)
            .bind(&rows)
            .bind(at.as_micros())
            .fetch_all(&mut **connection)
            .await?);
        if later.is_empty() {
            return Ok(());
        }
        let statement = self.row_statement(LOWER_CURSORS);
        on_backend!(self, connection => sqlx::query(statement)
            .bind(&rows)
            .bind(at.as_micros())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }
}

fn read_endpoints(rows: Vec<(String, String)>) -> StoreResult<Vec<(TenantId, String)>> {
    rows.into_iter().map(|(tenant, endpoint)| Ok((parse(&tenant, "webhook_endpoints.tenant_id")?, endpoint))).collect()
}
