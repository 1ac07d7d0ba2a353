//! Queries that only tests use.

use domain::subscription::Provider;

use crate::{
    payment::EventSubject,
    store::{Connection, StoreError, StoreResult, on_backend, parse, webhook::inbox::EventState},
};

const FIND_EVENT: &str = "SELECT subject, state FROM inbox WHERE provider = $1 AND event_id = $2";
const COUNT_EVENTS: &str = "SELECT count(*) FROM inbox WHERE provider = $1";
const COUNT_HELD_JOBS: &str = "SELECT count(*) FROM jobs WHERE held_for = $1";
const LIST_ACCEPTED_ACCOUNTS: &str =
    "SELECT account_id, how FROM provider_account_history WHERE provider = $1 ORDER BY since DESC LIMIT 20";

impl Connection<'_> {
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
            Ok((subject, parse(&state, "inbox.state")?))
        })
        .transpose()
    }

    pub async fn count_events(&mut self, provider: Provider) -> StoreResult<u64> {
        self.count(COUNT_EVENTS, provider).await
    }

    pub async fn count_held_jobs(&mut self, provider: Provider) -> StoreResult<u64> {
        self.count(COUNT_HELD_JOBS, provider).await
    }

    /// Lists the ids of the accepted accounts, newest first, each with how it was accepted, at most 20.
    pub async fn list_accepted_accounts(&mut self, provider: Provider) -> StoreResult<Vec<(String, String)>> {
        Ok(on_backend!(self, connection => sqlx::query_as(LIST_ACCEPTED_ACCOUNTS)
            .bind(provider.as_str())
            .fetch_all(&mut **connection)
            .await?))
    }

    async fn count(&mut self, statement: &'static str, provider: Provider) -> StoreResult<u64> {
        let count: i64 = on_backend!(self, connection => sqlx::query_scalar(statement)
            .bind(provider.as_str())
            .fetch_one(&mut **connection)
            .await?);
        Ok(count.unsigned_abs())
    }
}
