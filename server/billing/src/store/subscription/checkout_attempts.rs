//! Checkout attempts: one for each click on checkout, at most one open for each tenant.

use domain::{
    catalog::Cycle,
    ids::{CheckoutAttemptId, PlanId, TenantId},
    subscription::{Provider, checkout_options::CheckoutOptions, order::AttemptState},
    tenant::actor::Actor,
    time::Timestamp,
};

use crate::store::{Connection, StoreError, StoreResult, on_backend, parse, statements};

statements! {
    INSERT_ATTEMPT = "INSERT INTO checkout_attempts (tenant_id, attempt_id, provider, plan, cycle, state, success_url, \
         cancel_url, session_id, trial_days, locale, options, created_by, created_at, seats) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";
    SUPERSEDE_OPEN_ATTEMPT = "UPDATE checkout_attempts SET state = 'superseded' WHERE tenant_id = $1 AND state = 'open' \
         RETURNING attempt_id";
    UPDATE_ATTEMPT_SESSION =
        "UPDATE checkout_attempts SET session_id = $3 WHERE tenant_id = $1 AND attempt_id = $2 AND state = 'open'";
    UPDATE_ATTEMPT_STATE = "UPDATE checkout_attempts SET state = $3 WHERE tenant_id = $1 AND attempt_id = $2 \
         AND state <> 'paid'";
    UPDATE_ATTEMPT_SUBSCRIPTION = "UPDATE checkout_attempts SET subscription_id = $3 WHERE tenant_id = $1 AND attempt_id = $2 \
         AND subscription_id IS NULL";
    LIST_ATTEMPT_OUTCOMES = "SELECT attempt_id, provider, session_id, subscription_id FROM checkout_attempts \
         WHERE tenant_id = $1 ORDER BY created_at DESC, attempt_id DESC LIMIT 500";
    FIND_ATTEMPT = "SELECT attempt_id, provider, plan, cycle, state, success_url, cancel_url, session_id, trial_days, locale, options, \
         created_by, created_at, seats FROM checkout_attempts WHERE tenant_id = $1 AND attempt_id = $2";
    FIND_ATTEMPT_BY_SESSION =
        "SELECT attempt_id, provider, plan, cycle, state, success_url, cancel_url, session_id, trial_days, locale, options, \
         created_by, created_at, seats FROM checkout_attempts WHERE tenant_id = $1 AND session_id = $2";
    LIST_ATTEMPTS = "SELECT attempt_id, provider, plan, cycle, state, success_url, cancel_url, session_id, trial_days, locale, options, \
         created_by, created_at, seats FROM checkout_attempts WHERE tenant_id = $1 ORDER BY created_at DESC, attempt_id DESC LIMIT 20";
    LIST_LATEST_SESSIONS = "SELECT provider, session_id FROM checkout_attempts WHERE tenant_id = $1 AND session_id IS NOT NULL \
         ORDER BY created_at DESC, attempt_id DESC LIMIT 50";
    FIND_LATEST_ATTEMPT =
        "SELECT attempt_id, provider, plan, cycle, state, success_url, cancel_url, session_id, trial_days, locale, options, \
         created_by, created_at, seats FROM checkout_attempts WHERE tenant_id = $1 AND state <> 'superseded' AND session_id IS NOT NULL ORDER BY created_at DESC, attempt_id DESC LIMIT 1";
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    pub id: CheckoutAttemptId,
    pub provider: Provider,
    pub plan: PlanId,
    pub cycle: Cycle,
    pub state: AttemptState,
    pub success_url: String,
    pub cancel_url: String,
    /// The provider's session id, once the provider has answered.
    pub session_id: Option<String>,
    /// The trial that the hosted page offers, in days.
    pub trial_days: u16,
    /// The tag of the hosted page's language; `None` for the browser's. A retry sends the same.
    pub locale: Option<String>,
    /// A retry sends the same.
    pub options: CheckoutOptions,
    pub created_by: Actor,
    pub created_at: Timestamp,
    /// All seats that it buys; `None` for a plan without seats.
    pub seats: Option<u64>,
}

/// Where a checkout attempt led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptOutcome {
    pub attempt: CheckoutAttemptId,
    pub provider: Provider,
    /// The provider's session id.
    pub session: Option<String>,
    /// The provider's id of the subscription that the session created; `None` until the provider has named it.
    pub subscription: Option<String>,
}

#[derive(sqlx::FromRow)]
struct AttemptRow {
    attempt_id: String,
    provider: String,
    plan: String,
    cycle: String,
    state: String,
    success_url: String,
    cancel_url: String,
    session_id: Option<String>,
    trial_days: i64,
    locale: Option<String>,
    options: Option<String>,
    created_by: String,
    created_at: i64,
    seats: Option<i64>,
}

impl AttemptRow {
    fn read(self) -> StoreResult<Attempt> {
        let Self {
            attempt_id,
            provider,
            plan,
            cycle,
            state,
            success_url,
            cancel_url,
            session_id,
            trial_days,
            locale,
            options,
            created_by,
            created_at,
            seats,
        } = self;
        Ok(Attempt {
            id: parse(&attempt_id, "checkout_attempts.attempt_id")?,
            provider: parse(&provider, "checkout_attempts.provider")?,
            plan: parse(&plan, "checkout_attempts.plan")?,
            cycle: parse(&cycle, "checkout_attempts.cycle")?,
            state: parse(&state, "checkout_attempts.state")?,
            success_url,
            cancel_url,
            session_id,
            trial_days: u16::try_from(trial_days).map_err(|_| StoreError::Corrupt("checkout_attempts.trial_days"))?,
            locale,
            options: match options {
                Some(text) => {
                    serde_json::from_str(&text).map_err(|_| StoreError::Corrupt("checkout_attempts.options"))?
                }
                None => CheckoutOptions::default(),
            },
            created_by: parse(&created_by, "checkout_attempts.created_by")?,
            created_at: Timestamp::from_micros(created_at),
            seats: seats
                .map(|seats| u64::try_from(seats).map_err(|_| StoreError::Corrupt("checkout_attempts.seats")))
                .transpose()?,
        })
    }
}

impl Connection<'_> {
    /// Inserts an attempt. Conflict if the tenant has an open one: supersede it first.
    pub async fn insert_attempt(&mut self, tenant: &TenantId, attempt: &Attempt) -> StoreResult<()> {
        let Attempt {
            id,
            provider,
            plan,
            cycle,
            state,
            success_url,
            cancel_url,
            session_id,
            trial_days,
            locale,
            options,
            created_by,
            created_at,
            seats,
        } = attempt;
        let seats = seats.map(|seats| i64::try_from(seats).unwrap_or(i64::MAX));
        let options = serde_json::to_string(options).map_err(|_| StoreError::Corrupt("checkout_attempts.options"))?;
        on_backend!(self, connection => sqlx::query(INSERT_ATTEMPT)
            .bind(tenant.as_str())
            .bind(id.as_str())
            .bind(provider.as_str())
            .bind(plan.as_str())
            .bind(cycle.as_str())
            .bind(state.as_str())
            .bind(success_url)
            .bind(cancel_url)
            .bind(session_id)
            .bind(i64::from(*trial_days))
            .bind(locale)
            .bind(options)
            .bind(created_by.to_string())
            .bind(created_at.as_micros())
            .bind(seats)
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    /// Supersedes the tenant's open attempt, if any, and returns its id.
    pub async fn supersede_open_attempt(&mut self, tenant: &TenantId) -> StoreResult<Option<CheckoutAttemptId>> {
        let id: Option<String> = on_backend!(self, connection => sqlx::query_scalar(SUPERSEDE_OPEN_ATTEMPT)
            .bind(tenant.as_str())
            .fetch_optional(&mut **connection)
            .await?);
        id.map(|id| parse(&id, "checkout_attempts.attempt_id")).transpose()
    }

    /// Stores the provider's session. `false` if a later attempt has superseded this one.
    pub async fn update_attempt_session(
        &mut self,
        tenant: &TenantId,
        attempt: &CheckoutAttemptId,
        session: &str,
    ) -> StoreResult<bool> {
        let touched = on_backend!(self, connection => sqlx::query(UPDATE_ATTEMPT_SESSION)
            .bind(tenant.as_str())
            .bind(attempt.as_str())
            .bind(session)
            .execute(&mut **connection)
            .await?
            .rows_affected());
        Ok(touched == 1)
    }

    /// Sets the state of an attempt. `false` if it is paid, which is final.
    pub async fn update_attempt_state(
        &mut self,
        tenant: &TenantId,
        attempt: &CheckoutAttemptId,
        state: AttemptState,
    ) -> StoreResult<bool> {
        let rows = on_backend!(self, connection => sqlx::query(UPDATE_ATTEMPT_STATE)
            .bind(tenant.as_str())
            .bind(attempt.as_str())
            .bind(state.as_str())
            .execute(&mut **connection)
            .await?
            .rows_affected());
        Ok(rows > 0)
    }

    /// Stores the subscription that an attempt led to. No-op if one is stored already: an attempt leads to one.
    pub async fn update_attempt_subscription(
        &mut self,
        tenant: &TenantId,
        attempt: &CheckoutAttemptId,
        subscription: &str,
    ) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(UPDATE_ATTEMPT_SUBSCRIPTION)
            .bind(tenant.as_str())
            .bind(attempt.as_str())
            .bind(subscription)
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    /// Lists where a tenant's attempts led to, the newest first, at most 500.
    pub async fn list_attempt_outcomes(&mut self, tenant: &TenantId) -> StoreResult<Vec<AttemptOutcome>> {
        type Row = (String, String, Option<String>, Option<String>);
        let rows: Vec<Row> = on_backend!(self, connection => sqlx::query_as(LIST_ATTEMPT_OUTCOMES)
            .bind(tenant.as_str())
            .fetch_all(&mut **connection)
            .await?);
        let read = |(attempt, provider, session, subscription): Row| {
            Ok(AttemptOutcome {
                attempt: parse(&attempt, "checkout_attempts.attempt_id")?,
                provider: parse(&provider, "checkout_attempts.provider")?,
                session,
                subscription,
            })
        };
        rows.into_iter().map(read).collect()
    }

    pub async fn find_attempt(
        &mut self,
        tenant: &TenantId,
        attempt: &CheckoutAttemptId,
    ) -> StoreResult<Option<Attempt>> {
        self.attempt_by(FIND_ATTEMPT, tenant, attempt.as_str()).await
    }

    pub async fn find_attempt_by_session(&mut self, tenant: &TenantId, session: &str) -> StoreResult<Option<Attempt>> {
        self.attempt_by(FIND_ATTEMPT_BY_SESSION, tenant, session).await
    }

    async fn attempt_by(
        &mut self,
        statement: &'static str,
        tenant: &TenantId,
        key: &str,
    ) -> StoreResult<Option<Attempt>> {
        let row: Option<AttemptRow> = on_backend!(self, connection => sqlx::query_as(statement)
            .bind(tenant.as_str())
            .bind(key)
            .fetch_optional(&mut **connection)
            .await?);
        row.map(AttemptRow::read).transpose()
    }

    /// Lists a tenant's attempts, the newest first, at most 20.
    pub async fn list_attempts(&mut self, tenant: &TenantId) -> StoreResult<Vec<Attempt>> {
        let rows: Vec<AttemptRow> = on_backend!(self, connection => sqlx::query_as(LIST_ATTEMPTS)
            .bind(tenant.as_str())
            .fetch_all(&mut **connection)
            .await?);
        rows.into_iter().map(AttemptRow::read).collect()
    }

    /// Lists the provider session ids of the newest 50 attempts.
    pub async fn list_latest_sessions(&mut self, tenant: &TenantId) -> StoreResult<Vec<(Provider, String)>> {
        let rows: Vec<(String, String)> = on_backend!(self, connection => sqlx::query_as(LIST_LATEST_SESSIONS)
            .bind(tenant.as_str())
            .fetch_all(&mut **connection)
            .await?);
        let read = |(provider, id): (String, String)| Ok((parse(&provider, "checkout_attempts.provider")?, id));
        rows.into_iter().map(read).collect()
    }

    /// Finds the newest attempt that has a session and was not superseded.
    pub async fn find_latest_attempt(&mut self, tenant: &TenantId) -> StoreResult<Option<Attempt>> {
        let row: Option<AttemptRow> = on_backend!(self, connection => sqlx::query_as(FIND_LATEST_ATTEMPT)
            .bind(tenant.as_str())
            .fetch_optional(&mut **connection)
            .await?);
        row.map(AttemptRow::read).transpose()
    }
}
