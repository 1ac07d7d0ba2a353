//! Verified events from providers, each taken in once.

use domain::{subscription::Provider, time::Timestamp};

use super::{Link, StoreError, StoreResult, on_backend, statements};
use crate::payment::{EventSubject, ProviderEvent};

statements! {
    INSERT_EVENT = "INSERT INTO inbox (provider, event_id, kind, subject, state, received_at) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (provider, event_id) DO NOTHING";
    FIND_EVENT = "SELECT subject, state FROM inbox WHERE provider = $1 AND event_id = $2";
    UPDATE_EVENT_STATE = "UPDATE inbox SET state = $3, handled_at = $4 WHERE provider = $1 AND event_id = $2";
    COUNT_EVENTS = "SELECT count(*) FROM inbox WHERE provider = $1";
}

/// How far an event has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventState {
    /// A job is on it.
    Received,
    Handled,
    /// Nothing that Dues acts on, or about an object that the provider does not know.
    Ignored,
}

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
        match text {
            "received" => Ok(Self::Received),
            "handled" => Ok(Self::Handled),
            "ignored" => Ok(Self::Ignored),
            _ => Err(()),
        }
    }
}

impl Link<'_> {
    /// `false` when the event was taken in before.
    pub async fn insert_event(
        &mut self,
        provider: Provider,
        event: &ProviderEvent,
        state: EventState,
        now: Timestamp,
    ) -> StoreResult<bool> {
        let subject = serde_json::to_string(&event.subject).map_err(|_| StoreError::Corrupt("inbox.subject"))?;
        let touched = on_backend!(self, connection => sqlx::query(INSERT_EVENT)
            .bind(provider.as_str())
            .bind(&event.id)
            .bind(&event.kind)
            .bind(subject)
            .bind(state.as_str())
            .bind(now.as_micros())
            .execute(&mut **connection)
            .await?
            .rows_affected());
        Ok(touched == 1)
    }

    pub async fn find_event(
        &mut self,
        provider: Provider,
        id: &str,
    ) -> StoreResult<Option<(EventSubject, EventState)>> {
        let row: Option<(String, String)> = on_backend!(self, connection => sqlx::query_as(FIND_EVENT)
            .bind(provider.as_str())
            .bind(id)
            .fetch_optional(&mut **connection)
            .await?);
        row.map(|(subject, state)| {
            let subject = serde_json::from_str(&subject).map_err(|_| StoreError::Corrupt("inbox.subject"))?;
            Ok((subject, super::parse(&state, "inbox.state")?))
        })
        .transpose()
    }

    pub async fn update_event_state(
        &mut self,
        provider: Provider,
        id: &str,
        state: EventState,
        now: Timestamp,
    ) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(UPDATE_EVENT_STATE)
            .bind(provider.as_str())
            .bind(id)
            .bind(state.as_str())
            .bind(now.as_micros())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    pub async fn count_events(&mut self, provider: Provider) -> StoreResult<u64> {
        let count: i64 = on_backend!(self, connection => sqlx::query_scalar(COUNT_EVENTS)
            .bind(provider.as_str())
            .fetch_one(&mut **connection)
            .await?);
        Ok(count.unsigned_abs())
    }
}
