//! Verified webhook events from providers, each stored once.

use std::collections::HashSet;

use domain::{subscription::Provider, time::Timestamp};

use crate::{
    payment::{EventSubject, ProviderEvent},
    store::{
        Connection, StoreError, StoreResult,
        dialect::{json_rows, row_statements},
        on_backend, statements,
        tenant::tenants::page_position::PagePosition,
    },
};

statements! {
    // Each part reads the index of its states by age. As an expression the provider is no condition of an index that
    // would be read instead, with all events of the provider.
    COUNT_IGNORED_SINCE = "SELECT \
         (SELECT count(*) FROM inbox WHERE state = 'received' AND received_at >= $2 AND provider || '' = $1) + \
         (SELECT count(*) FROM inbox WHERE state <> 'received' AND state <> 'handled' AND received_at >= $2 AND provider || '' = $1)";
}

row_statements! {
    INSERT_EVENTS = "INSERT INTO inbox (provider, event_id, kind, subject, state, received_at) \
         SELECT sent.value ->> 0, sent.value ->> 1, sent.value ->> 2, sent.value ->> 3, sent.value ->> 4, $2 FROM "
        ROWS " WHERE true ON CONFLICT (provider, event_id) DO NOTHING";
    INSERT_AND_LIST_EVENTS = "INSERT INTO inbox (provider, event_id, kind, subject, state, received_at) \
         SELECT sent.value ->> 0, sent.value ->> 1, sent.value ->> 2, sent.value ->> 3, sent.value ->> 4, $2 FROM "
        ROWS " WHERE true ON CONFLICT (provider, event_id) DO NOTHING RETURNING provider, event_id";
    // Waiting events and the others have an index each: each part reads one of them.
    LIST_EVENTS_ABOUT = "SELECT own.provider, own.event_id, own.kind, own.state, own.received_at, own.handled_at FROM \
         (SELECT inbox.provider, inbox.event_id, inbox.kind, inbox.state, inbox.received_at, inbox.handled_at FROM "
        ROWS " JOIN inbox ON inbox.provider = sent.value ->> 0 AND inbox.subject = sent.value ->> 1 \
         AND inbox.state = 'received' UNION ALL \
         SELECT inbox.provider, inbox.event_id, inbox.kind, inbox.state, inbox.received_at, inbox.handled_at FROM sent \
         JOIN inbox ON inbox.provider = sent.value ->> 0 AND inbox.subject = sent.value ->> 1 \
         AND inbox.state <> 'received') AS own ORDER BY own.received_at DESC, own.event_id LIMIT 20";
    LIST_EVENTS_BEFORE = "SELECT own.provider, own.event_id, own.kind, own.state, own.received_at, own.handled_at FROM \
         (SELECT inbox.provider, inbox.event_id, inbox.kind, inbox.state, inbox.received_at, inbox.handled_at FROM "
        ROWS " JOIN inbox ON inbox.provider = sent.value ->> 0 AND inbox.subject = sent.value ->> 1 \
         AND inbox.state = 'received' AND inbox.received_at <= $2 UNION ALL \
         SELECT inbox.provider, inbox.event_id, inbox.kind, inbox.state, inbox.received_at, inbox.handled_at FROM sent \
         JOIN inbox ON inbox.provider = sent.value ->> 0 AND inbox.subject = sent.value ->> 1 \
         AND inbox.state <> 'received' AND inbox.received_at <= $2) AS own \
         WHERE (own.received_at, own.event_id) < ($2, $3) ORDER BY own.received_at DESC, own.event_id DESC LIMIT 51";
    // `$2` is when the events were handled.
    UPDATE_EVENTS_STATE = "UPDATE inbox SET state = sent.value ->> 3, handled_at = $2 FROM "
        ROWS " WHERE inbox.provider = sent.value ->> 0 AND inbox.subject = sent.value ->> 1 \
         AND inbox.state = 'received' AND inbox.received_at <= CAST(sent.value ->> 2 AS BIGINT)";
}

/// A received event. Times are wall time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceivedEvent {
    pub provider: Provider,
    pub id: String,
    pub kind: String,
    pub state: EventState,
    pub received_at: Timestamp,
    pub handled_at: Option<Timestamp>,
}

#[derive(sqlx::FromRow)]
pub(in crate::store) struct ReceivedEventRow {
    pub(in crate::store) provider: String,
    event_id: String,
    kind: String,
    state: String,
    received_at: i64,
    handled_at: Option<i64>,
}

impl ReceivedEventRow {
    pub(in crate::store) fn read(self) -> StoreResult<ReceivedEvent> {
        let Self { provider, event_id, kind, state, received_at, handled_at } = self;
        Ok(ReceivedEvent {
            provider: crate::store::parse(&provider, "inbox.provider")?,
            id: event_id,
            kind,
            state: crate::store::parse(&state, "inbox.state")?,
            received_at: Timestamp::from_micros(received_at),
            handled_at: handled_at.map(Timestamp::from_micros),
        })
    }
}

/// The state of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventState {
    /// A job will handle it.
    Received,
    Handled,
    /// Dues does not act on it, or the provider does not know its object.
    Ignored,
}

/// The outcome of the events about one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandledEvents {
    pub provider: Provider,
    pub subject: EventSubject,
    /// The job began to fetch the object then: earlier events are handled. Wall time.
    pub as_of: Timestamp,
    pub state: EventState,
}

domain::all_variants!(EventState { Received, Handled, Ignored });

impl EventState {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Handled => "handled",
            Self::Ignored => "ignored",
        }
    }
}

impl std::str::FromStr for EventState {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|state| state.as_str() == text).ok_or(())
    }
}

fn encode(subject: &EventSubject) -> StoreResult<String> {
    serde_json::to_string(subject).map_err(|_| StoreError::Corrupt("inbox.subject"))
}

/// The events as JSON rows.
fn event_rows(events: &[(Provider, &ProviderEvent, EventState)]) -> StoreResult<String> {
    let mut rows = Vec::with_capacity(events.len());
    for (provider, ProviderEvent { id, kind, subject, customer: _ }, state) in events {
        rows.push((provider.as_str(), id, kind, encode(subject)?, state.as_str()));
    }
    json_rows(rows)
}

impl Connection<'_> {
    /// Inserts events that are not stored yet. Returns how many.
    pub async fn insert_inbox_events(
        &mut self,
        events: &[(Provider, &ProviderEvent, EventState)],
        now: Timestamp,
    ) -> StoreResult<u64> {
        let rows = event_rows(events)?;
        let statement = self.row_statement(INSERT_EVENTS);
        Ok(on_backend!(self, connection => sqlx::query(statement)
            .bind(rows)
            .bind(now.as_micros())
            .execute(&mut **connection)
            .await?
            .rows_affected()))
    }

    /// Like [`Self::insert_inbox_events`]. Returns the events that were inserted, by provider and id.
    pub async fn insert_and_list_inbox_events(
        &mut self,
        events: &[(Provider, &ProviderEvent, EventState)],
        now: Timestamp,
    ) -> StoreResult<HashSet<(String, String)>> {
        let rows = event_rows(events)?;
        let statement = self.row_statement(INSERT_AND_LIST_EVENTS);
        let new: Vec<_> = on_backend!(self, connection => sqlx::query_as(statement)
            .bind(rows)
            .bind(now.as_micros())
            .fetch_all(&mut **connection)
            .await?);
        Ok(new.into_iter().collect())
    }

    /// Whether an event of the provider that was received at `since` or later was ignored, or is not handled yet.
    pub async fn has_ignored_events_since(&mut self, provider: Provider, since: Timestamp) -> StoreResult<bool> {
        let count: i64 = on_backend!(self, connection => sqlx::query_scalar(COUNT_IGNORED_SINCE)
            .bind(provider.as_str())
            .bind(since.as_micros())
            .fetch_one(&mut **connection)
            .await?);
        Ok(count > 0)
    }

    /// Lists events about objects at providers, newest first, at most 20.
    pub async fn list_events_about(
        &mut self,
        subjects: &[(Provider, EventSubject)],
    ) -> StoreResult<Vec<ReceivedEvent>> {
        let mut rows = Vec::with_capacity(subjects.len());
        for (provider, subject) in subjects {
            rows.push((provider.as_str(), encode(subject)?));
        }
        let statement = self.row_statement(LIST_EVENTS_ABOUT);
        let rows: Vec<ReceivedEventRow> = on_backend!(self, connection => sqlx::query_as(statement)
            .bind(json_rows(rows)?)
            .fetch_all(&mut **connection)
            .await?);
        rows.into_iter().map(ReceivedEventRow::read).collect()
    }

    /// Lists events about objects at providers before `before`, newest first, at most one more than a page of the desk.
    pub async fn list_events_before(
        &mut self,
        subjects: &[(Provider, EventSubject)],
        before: &PagePosition,
    ) -> StoreResult<Vec<ReceivedEvent>> {
        let mut rows = Vec::with_capacity(subjects.len());
        for (provider, subject) in subjects {
            rows.push((provider.as_str(), encode(subject)?));
        }
        let statement = self.row_statement(LIST_EVENTS_BEFORE);
        let rows: Vec<ReceivedEventRow> = on_backend!(self, connection => sqlx::query_as(statement)
            .bind(json_rows(rows)?)
            .bind(before.at.as_micros())
            .bind(&before.id)
            .fetch_all(&mut **connection)
            .await?);
        rows.into_iter().map(ReceivedEventRow::read).collect()
    }

    /// Sets the state of the events about each object that are still [`EventState::Received`] and arrived at
    /// [`HandledEvents::as_of`] or earlier. No two of `handled` are about the same object.
    pub async fn update_events_state(&mut self, handled: &[HandledEvents], now: Timestamp) -> StoreResult<()> {
        let mut rows = Vec::with_capacity(handled.len());
        for HandledEvents { provider, subject, as_of, state } in handled {
            rows.push((provider.as_str(), encode(subject)?, as_of.as_micros(), state.as_str()));
        }
        let statement = self.row_statement(UPDATE_EVENTS_STATE);
        on_backend!(self, connection => sqlx::query(statement)
            .bind(json_rows(rows)?)
            .bind(now.as_micros())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }
}
