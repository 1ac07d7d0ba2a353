//! Webhook messages: each row is both the queue's entry and the delivery log.

use domain::{ids::TenantId, time::Timestamp};

use super::webhook_endpoints::is_id;
use crate::{
    store::{
        Connection, StoreResult,
        dialect::{json_rows, row_statements},
        on_backend, parse, statements,
    },
    trace,
};

statements! {
    // The conditions are repeated outside the sub-query: on PostgreSQL a claim that waited for the row checks them
    // again.
    CLAIM_MESSAGE = "UPDATE webhook_messages SET locked_until = $4, attempts = attempts + 1 \
         WHERE next_try_at <= $3 AND locked_until <= $3 AND tenant_id = $1 AND message_id = \
         (SELECT due.message_id FROM webhook_messages AS due WHERE due.tenant_id = $1 AND due.endpoint_id = $2 \
         AND due.next_try_at <= $3 AND due.locked_until <= $3 AND NOT EXISTS (SELECT 1 FROM webhook_messages AS busy \
         WHERE busy.tenant_id = $1 AND busy.endpoint_id = $2 AND busy.locked_until > 0 AND busy.locked_until > $3) \
         ORDER BY due.next_try_at, due.message_id LIMIT 1) \
         RETURNING tenant_id, message_id, endpoint_id, event, body, attempts, traceparent";
    // A retry that was requested in the meantime is kept.
    UPDATE_ATTEMPT = "UPDATE webhook_messages SET locked_until = 0, last_attempt_at = $4, last_status = $5, \
         last_answer = $6, last_error = $7, delivered_at = $8, \
         next_try_at = CASE WHEN next_try_at > $10 THEN next_try_at ELSE $9 END \
         WHERE tenant_id = $1 AND message_id = $2 AND attempts = $3";
    GIVE_UP_MESSAGES = "UPDATE webhook_messages SET next_try_at = NULL, last_error = $3 \
         WHERE tenant_id = $1 AND endpoint_id = $2 AND next_try_at IS NOT NULL";
    SEND_MESSAGE_AGAIN = "UPDATE webhook_messages SET next_try_at = $4, delivered_at = NULL \
         WHERE tenant_id = $1 AND endpoint_id = $2 AND message_id = $3";
    FIND_MESSAGE = "SELECT message_id, event, body, created_at, attempts, next_try_at, delivered_at, last_attempt_at, \
         last_status, last_answer, last_error FROM webhook_messages \
         WHERE tenant_id = $1 AND endpoint_id = $2 AND message_id = $3";
    // A message's id begins with its creation time, so this is the order of time.
    LIST_MESSAGES = "SELECT message_id, event, body, created_at, attempts, next_try_at, delivered_at, last_attempt_at, \
         last_status, last_answer, last_error FROM webhook_messages \
         WHERE tenant_id = $1 AND endpoint_id = $2 AND message_id < $3 ORDER BY message_id DESC LIMIT $4";
    COUNT_WAITING = "SELECT count(*) FROM webhook_messages \
         WHERE tenant_id = $1 AND endpoint_id = $2 AND event = $3 AND next_try_at IS NOT NULL";
}

row_statements! {
    INSERT_MESSAGES = "INSERT INTO webhook_messages (tenant_id, message_id, endpoint_id, event, body, about_tenant, \
         traceparent, created_at, attempts, locked_until, next_try_at) SELECT sent.value ->> 0, sent.value ->> 1, \
         sent.value ->> 2, sent.value ->> 3, sent.value ->> 4, sent.value ->> 5, sent.value ->> 6, $2, 0, 0, $2 FROM " ROWS " WHERE true ORDER BY 1, 2";
}

/// Sorts after every id, in every collation: an id continues with hexadecimal digits.
const END: &str = "msg_g";

/// A message to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMessage {
    pub tenant: TenantId,
    pub id: String,
    pub endpoint: String,
    pub event: &'static str,
    pub body: String,
    /// For a message to an endpoint of the installation: the tenant that the message is about.
    pub about: Option<TenantId>,
}

/// A message that this node has claimed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimedMessage {
    pub tenant: TenantId,
    pub id: String,
    pub endpoint: String,
    pub event: String,
    pub body: String,
    /// The number of attempts, including the one of this claim.
    pub attempts: i64,
    pub claimed_at: Timestamp,
    /// The `traceparent` of the event, if it was traced.
    pub(crate) traceparent: Option<String>,
}

/// A message and its delivery state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    pub id: String,
    /// The event's name when the message was created.
    pub event: String,
    pub body: String,
    pub created_at: Timestamp,
    pub attempts: i64,
    pub state: DeliveryState,
    pub last: Option<Attempt>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    /// A further attempt follows.
    Waiting {
        next_try_at: Timestamp,
    },
    Delivered {
        at: Timestamp,
    },
    /// There are no further attempts.
    Failed,
}

/// The outcome of one attempt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attempt {
    pub at: Timestamp,
    /// `None` if there was no response.
    pub status: Option<u16>,
    /// The beginning of the response's body.
    pub answer: Option<String>,
    /// Why there was no response, or why there are no further attempts.
    pub error: Option<String>,
}

#[derive(sqlx::FromRow)]
struct ClaimedRow {
    tenant_id: String,
    message_id: String,
    endpoint_id: String,
    event: String,
    body: String,
    attempts: i64,
    traceparent: Option<String>,
}

#[derive(sqlx::FromRow)]
struct MessageRow {
    message_id: String,
    event: String,
    body: String,
    created_at: i64,
    attempts: i64,
    next_try_at: Option<i64>,
    delivered_at: Option<i64>,
    last_attempt_at: Option<i64>,
    last_status: Option<i64>,
    last_answer: Option<String>,
    last_error: Option<String>,
}

impl MessageRow {
    fn read(self) -> Delivery {
        let Self {
            message_id,
            event,
            body,
            created_at,
            attempts,
            next_try_at,
            delivered_at,
            last_attempt_at,
            last_status,
            last_answer,
            last_error,
        } = self;
        let state = match (next_try_at, delivered_at) {
            (Some(next), _) => DeliveryState::Waiting { next_try_at: Timestamp::from_micros(next) },
            (None, Some(at)) => DeliveryState::Delivered { at: Timestamp::from_micros(at) },
            (None, None) => DeliveryState::Failed,
        };
        // A message that was given up before its first attempt has a reason, too.
        let tried_at = last_attempt_at.or_else(|| last_error.as_ref().map(|_| created_at));
        let last = tried_at.map(|at| Attempt {
            at: Timestamp::from_micros(at),
            status: last_status.and_then(|status| status.try_into().ok()),
            answer: last_answer,
            error: last_error,
        });
        let created_at = Timestamp::from_micros(created_at);
        Delivery { id: message_id, event, body, created_at, attempts, state, last }
    }
}

impl Connection<'_> {
    /// Inserts messages, in the transaction of the event, whose trace their delivery continues.
    pub async fn insert_messages(&mut self, messages: &[NewMessage], now: Timestamp) -> StoreResult<()> {
        let traceparent = trace::current().traceparent();
        let rows = json_rows(messages.iter().map(|NewMessage { tenant, id, endpoint, event, body, about }| {
            (tenant.as_str(), id, endpoint, event, body, about.as_ref().map(TenantId::as_str), &traceparent)
        }))?;
        let statement = self.row_statement(INSERT_MESSAGES);
        on_backend!(&mut *self, connection => sqlx::query(statement)
            .bind(rows)
            .bind(now.as_micros())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        let endpoints: Vec<_> = messages.iter().map(|message| (&message.tenant, message.endpoint.as_str())).collect();
        self.lower_endpoint_cursors(&endpoints, now).await
    }

    /// Claims the message of an endpoint that has been due longest. `None` if no message is due or one is in progress.
    /// The caller has locked the endpoint.
    pub async fn claim_message(
        &mut self,
        tenant: &TenantId,
        endpoint: &str,
        now: Timestamp,
        locked_until: Timestamp,
    ) -> StoreResult<Option<ClaimedMessage>> {
        let row: Option<ClaimedRow> = on_backend!(self, connection => sqlx::query_as(CLAIM_MESSAGE)
            .bind(tenant.as_str())
            .bind(endpoint)
            .bind(now.as_micros())
            .bind(locked_until.as_micros())
            .fetch_optional(&mut **connection)
            .await?);
        let claimed = row.map(|row| {
            let ClaimedRow { tenant_id, message_id, endpoint_id, event, body, attempts, traceparent } = row;
            let tenant = parse(&tenant_id, "webhook_messages.tenant_id")?;
            let (id, endpoint) = (message_id, endpoint_id);
            Ok(ClaimedMessage { tenant, id, endpoint, event, body, attempts, claimed_at: now, traceparent })
        });
        claimed.transpose()
    }

    /// Stores the outcome of an attempt. `false` if another node has claimed the message since.
    pub async fn update_attempt(
        &mut self,
        claimed: &ClaimedMessage,
        attempt: &Attempt,
        state: DeliveryState,
    ) -> StoreResult<bool> {
        let Attempt { at, status, answer, error } = attempt;
        let (delivered_at, next_try_at) = match state {
            DeliveryState::Waiting { next_try_at } => (None, Some(next_try_at)),
            DeliveryState::Delivered { at } => (Some(at), None),
            DeliveryState::Failed => (None, None),
        };
        let rows = on_backend!(self, connection => sqlx::query(UPDATE_ATTEMPT)
            .bind(claimed.tenant.as_str())
            .bind(&claimed.id)
            .bind(claimed.attempts)
            .bind(at.as_micros())
            .bind(status.map(i64::from))
            .bind(answer.as_deref())
            .bind(error.as_deref())
            .bind(delivered_at.map(Timestamp::as_micros))
            .bind(next_try_at.map(Timestamp::as_micros))
            .bind(claimed.claimed_at.as_micros())
            .execute(&mut **connection)
            .await?
            .rows_affected());
        Ok(rows > 0)
    }

    /// Ends the delivery of an endpoint's undelivered messages, and clears its cursor. The caller has locked the
    /// endpoint.
    pub async fn give_up_messages(&mut self, tenant: &TenantId, endpoint: &str, why: &str) -> StoreResult<()> {
        on_backend!(&mut *self, connection => sqlx::query(GIVE_UP_MESSAGES)
            .bind(tenant.as_str())
            .bind(endpoint)
            .bind(why)
            .execute(&mut **connection)
            .await
            .map(drop)?);
        self.update_endpoint_cursor(tenant, endpoint).await
    }

    /// Makes a message due now. Returns whether it exists.
    pub async fn send_message_again(
        &mut self,
        tenant: &TenantId,
        endpoint: &str,
        id: &str,
        now: Timestamp,
    ) -> StoreResult<bool> {
        if !is_id(id) {
            return Ok(false);
        }
        self.lock_endpoint(tenant, endpoint).await?;
        let rows = on_backend!(&mut *self, connection => sqlx::query(SEND_MESSAGE_AGAIN)
            .bind(tenant.as_str())
            .bind(endpoint)
            .bind(id)
            .bind(now.as_micros())
            .execute(&mut **connection)
            .await?
            .rows_affected());
        self.lower_endpoint_cursors(&[(tenant, endpoint)], now).await?;
        Ok(rows > 0)
    }

    pub async fn find_delivery(
        &mut self,
        tenant: &TenantId,
        endpoint: &str,
        id: &str,
    ) -> StoreResult<Option<Delivery>> {
        let row: Option<MessageRow> = on_backend!(self, connection => sqlx::query_as(FIND_MESSAGE)
            .bind(tenant.as_str())
            .bind(endpoint)
            .bind(id)
            .fetch_optional(&mut **connection)
            .await?);
        Ok(row.map(MessageRow::read))
    }

    /// Lists an endpoint's messages, newest first: those before the message `before`; all for `None`. At most `most`.
    pub async fn list_deliveries(
        &mut self,
        tenant: &TenantId,
        endpoint: &str,
        before: Option<&str>,
        most: i64,
    ) -> StoreResult<Vec<Delivery>> {
        let rows: Vec<MessageRow> = on_backend!(self, connection => sqlx::query_as(LIST_MESSAGES)
            .bind(tenant.as_str())
            .bind(endpoint)
            .bind(before.unwrap_or(END))
            .bind(most)
            .fetch_all(&mut **connection)
            .await?);
        Ok(rows.into_iter().map(MessageRow::read).collect())
    }

    /// Counts the undelivered messages of one event for an endpoint.
    pub async fn count_waiting(&mut self, tenant: &TenantId, endpoint: &str, event: &str) -> StoreResult<u64> {
        let count: i64 = on_backend!(self, connection => sqlx::query_scalar(COUNT_WAITING)
            .bind(tenant.as_str())
            .bind(endpoint)
            .bind(event)
            .fetch_one(&mut **connection)
            .await?);
        Ok(count.unsigned_abs())
    }
}
