//! Delivery of messages: one try, and what follows from its outcome.

use std::time::{Duration, Instant};

use domain::{ids::TenantId, time::Timestamp};
use http::{HeaderMap, HeaderValue, header};
use rand::Rng;

use super::{announce::PING, secret::LostSecret};
use crate::{
    mail::{Letter, letters},
    metric::WEBHOOK_DELIVERY_SECONDS,
    outbound::{Answer, CallError},
    service::{Endpoints, ServiceError},
    store::{
        StoreResult, Tx,
        job::jobs::{JobRequest, Task},
        webhook::{
            webhook_endpoints::{Disabled, DisabledWhy, Endpoint, Pace},
            webhook_messages::{Attempt, ClaimedMessage, DeliveryState},
            webhook_queue::LateEndpoints,
        },
    },
    trace,
};

/// An endpoint whose answer takes longer moves to the slow lane.
pub(crate) const SLOW_AFTER: Duration = Duration::from_secs(2);
/// How long a claim of a message lasts. Longer than a call, which takes at most 15 seconds: a worker whose claim lapses
/// has died.
const LEASE_SECS: i64 = 40;
/// How many endpoints one query checks for cursors that are too late.
const CURSORS_AT_ONCE: i64 = 500;
const ACCEPTED: std::ops::Range<u16> = 200..300;
const GONE: u16 = 410;

/// Why a message could not be sent.
#[derive(Debug, thiserror::Error)]
enum SendError {
    #[error(transparent)]
    Call(#[from] CallError),
    #[error(transparent)]
    Secret(#[from] LostSecret),
    #[error("The message can't be sent as it is.")]
    Headers(#[from] header::InvalidHeaderValue),
}

impl Endpoints {
    /// Claims due messages of one lane: at most `most`, and of each tenant at most as many as the lane allows in
    /// flight.
    pub(crate) async fn claim_messages(&self, pace: Pace, most: usize) -> StoreResult<Vec<ClaimedMessage>> {
        let now = self.wall_now();
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let due =
            self.store().read().await?.connection().list_due_endpoints(pace, max_in_flight(pace), most, now).await?;
        if due.is_empty() {
            return Ok(Vec::new());
        }
        let mut claimed = Vec::with_capacity(due.len());
        let mut without_message = Vec::new();
        let mut tx = self.store().begin().await?;
        // Read the clock again: the lease begins after the wait for the transaction.
        let now = self.wall_now();
        for (tenant, endpoint) in tx.connection().lock_due_endpoints(&due).await? {
            match tx.connection().claim_message(&tenant, &endpoint, now, now.plus_secs(LEASE_SECS)).await? {
                Some(message) => {
                    tx.connection().update_endpoint_served(&tenant, &endpoint, now).await?;
                    claimed.push(message);
                }
                None => without_message.push((tenant, endpoint)),
            }
        }
        tx.commit().await?;
        for (tenant, endpoint) in without_message {
            if let Err(error) = self.correct_cursor(&tenant, &endpoint).await {
                tracing::warn!(
                    %tenant,
                    endpoint,
                    error = &error as &dyn std::error::Error,
                    "failed to correct the cursor of a webhook endpoint"
                );
            }
        }
        Ok(claimed)
    }

    /// Corrects cursors that are later than a waiting message, among a slice of the endpoints. The slice begins after
    /// `after`; `None` begins with the first endpoint. Returns the slice's last endpoint;
    /// `None` if no more endpoints follow.
    ///
    /// A node of a version without cursors inserts messages without lowering the cursor, which hides the messages.
    pub(crate) async fn correct_late_cursors(
        &self,
        after: Option<&(TenantId, String)>,
    ) -> StoreResult<Option<(TenantId, String)>> {
        let mut reader = self.store().read().await?;
        let LateEndpoints { late, last } = reader.connection().list_late_endpoints(after, CURSORS_AT_ONCE).await?;
        drop(reader);
        for (tenant, endpoint) in late {
            self.correct_cursor(&tenant, &endpoint).await?;
        }
        Ok(last)
    }

    async fn correct_cursor(&self, tenant: &TenantId, endpoint: &str) -> StoreResult<()> {
        let mut tx = self.store().begin().await?;
        tx.connection().lock_endpoint(tenant, endpoint).await?;
        tx.connection().update_endpoint_cursor(tenant, endpoint).await?;
        tx.commit().await
    }

    /// Moves an endpoint to the slow lane while a call to it is still in flight.
    pub(crate) async fn note_slow(&self, claimed: &ClaimedMessage) -> StoreResult<()> {
        let mut tx = self.store().begin().await?;
        tx.connection().update_endpoint_pace(&claimed.tenant, &claimed.endpoint, Pace::Slow).await?;
        tx.commit().await
    }

    /// Sends a message once and stores the outcome.
    pub(crate) async fn deliver(&self, claimed: &ClaimedMessage) -> Result<(), ServiceError> {
        let ClaimedMessage { tenant, endpoint, .. } = claimed;
        let found = self.store().read().await?.connection().find_endpoint(tenant, endpoint).await?;
        // The endpoint was deleted with its messages.
        let Some(endpoint) = found else { return Ok(()) };
        let started_at = Instant::now();
        let sent = self.send(&endpoint, claimed).await;
        let took = started_at.elapsed();
        let pace = if took < SLOW_AFTER { Pace::Prompt } else { Pace::Slow };
        let attempt = attempt(&sent, self.wall_now());
        record(&attempt, took);
        let mut tx = self.store().begin().await?;
        tx.connection().lock_endpoint(tenant, &claimed.endpoint).await?;
        match attempt.status {
            Some(status) if ACCEPTED.contains(&status) => {
                self.note_success(&mut tx, &endpoint, claimed, &attempt).await?;
            }
            Some(GONE) => {
                tx.connection().update_attempt(claimed, &attempt, DeliveryState::Failed).await?;
                self.disable(&mut tx, endpoint, DisabledWhy::Gone).await?;
            }
            _ => self.note_failure(&mut tx, endpoint, claimed, &attempt).await?,
        }
        let has_changed = tx.connection().update_endpoint_pace(tenant, &claimed.endpoint, pace).await?;
        tx.connection().update_endpoint_cursor(tenant, &claimed.endpoint).await?;
        tx.commit().await?;
        self.jobs_written().notify_one();
        if has_changed {
            self.messages_written().notify_one();
        }
        Ok(())
    }

    async fn send(&self, endpoint: &Endpoint, claimed: &ClaimedMessage) -> Result<Answer, SendError> {
        let ClaimedMessage { id, body, .. } = claimed;
        let now = self.wall_now();
        let signatures = self.signatures(endpoint, id, body, now)?;
        let mut headers = HeaderMap::from_iter([
            (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
            (header::HeaderName::from_static("webhook-id"), HeaderValue::try_from(id)?),
            (header::HeaderName::from_static("webhook-timestamp"), HeaderValue::from(now.as_secs())),
            (header::HeaderName::from_static("webhook-signature"), HeaderValue::try_from(signatures)?),
        ]);
        trace::current().inject(&mut headers);
        Ok(self.courier().post(&endpoint.tenant, &endpoint.url, headers, body.clone()).await?)
    }

    async fn note_success(
        &self,
        tx: &mut Tx,
        endpoint: &Endpoint,
        claimed: &ClaimedMessage,
        attempt: &Attempt,
    ) -> StoreResult<()> {
        if endpoint.failing_since.is_some() {
            tx.connection().clear_endpoint_failing(&endpoint.tenant, &endpoint.id).await?;
        }
        tx.connection().update_attempt(claimed, attempt, DeliveryState::Delivered { at: attempt.at }).await.map(drop)
    }

    async fn note_failure(
        &self,
        tx: &mut Tx,
        endpoint: Endpoint,
        claimed: &ClaimedMessage,
        attempt: &Attempt,
    ) -> StoreResult<()> {
        // A failed ping has no consequences.
        if claimed.event == PING {
            return tx.connection().update_attempt(claimed, attempt, DeliveryState::Failed).await.map(drop);
        }
        let now = attempt.at;
        let since = tx.connection().mark_endpoint_failing(&endpoint.tenant, &endpoint.id, now).await?;
        let retries = &self.settings().worker.webhook_retries;
        let tried_before = usize::try_from(claimed.attempts - 1).unwrap_or(usize::MAX);
        // No retry if the endpoint was disabled meanwhile.
        let delay = since.and_then(|_| retries.delays_secs.get(tried_before)).map(|secs| with_jitter(*secs));
        let state =
            delay.map_or(DeliveryState::Failed, |secs| DeliveryState::Waiting { next_try_at: now.plus_secs(secs) });
        let is_ours = tx.connection().update_attempt(claimed, attempt, state).await?;
        let is_given_up = is_ours && delay.is_none();
        if is_given_up && since.is_some_and(|since| now.secs_since(since) >= retries.disabled_after_secs) {
            self.disable(tx, endpoint, DisabledWhy::Failing).await?;
        }
        Ok(())
    }

    /// Disables an endpoint, gives up its messages and enqueues a mail for each admin of its workspace, or for each
    /// operator.
    async fn disable(&self, tx: &mut Tx, endpoint: Endpoint, why: DisabledWhy) -> StoreResult<()> {
        let now = self.wall_now();
        // The endpoint may have been changed during the call.
        let Some(current) = tx.connection().find_endpoint(&endpoint.tenant, &endpoint.id).await? else { return Ok(()) };
        if current.disabled.is_some() || current.url != endpoint.url {
            return Ok(());
        }
        let disabled = Endpoint { disabled: Some(Disabled { at: now, why }), ..current };
        tx.connection().update_endpoint(&disabled).await?;
        tx.connection().give_up_messages(&disabled.tenant, &disabled.id, "The endpoint was disabled.").await?;
        tracing::info!(tenant = %disabled.tenant, endpoint = disabled.id, why = why.as_str(), "disabled a webhook endpoint");
        if self.mailer().is_none() {
            return Ok(());
        }
        let recipients: Vec<_> = if disabled.tenant == TenantId::installation() {
            tx.connection().list_operators().await?.into_iter().map(|operator| operator.user).collect()
        } else {
            let members = tx.connection().list_members(&disabled.tenant).await?;
            members.into_iter().filter(|member| member.role.is_admin()).map(|admin| admin.user_id).collect()
        };
        let jobs = recipients.into_iter().map(|to| JobRequest {
            id: format!("{} off to {to}", disabled.id),
            task: Task::MailEndpointDisabled { tenant: disabled.tenant.clone(), endpoint: disabled.id.clone(), to },
            run_at: now,
        });
        tx.connection().upsert_jobs(&jobs.collect::<Vec<_>>(), now).await
    }

    /// Mails one admin or operator that an endpoint is disabled. Sends nothing if it was enabled again.
    pub(crate) async fn mail_endpoint_disabled(
        &self,
        tenant: &TenantId,
        endpoint: &str,
        to: &domain::ids::UserId,
    ) -> Result<(), ServiceError> {
        let Some(mailer) = self.mailer() else { return Ok(()) };
        let mut reader = self.store().read().await?;
        let mut link = reader.connection();
        let endpoint = link.find_endpoint(tenant, endpoint).await?;
        let recipient = if *tenant == TenantId::installation() {
            let operator = link.list_operators().await?.into_iter().find(|operator| operator.user == *to);
            let owner = self.settings().brand.app_name.clone();
            operator.map(|operator| (operator.email, owner, "operator/webhooks"))
        } else {
            let workspace = link.find_tenant(tenant).await?;
            let admin = link.find_member(tenant, to).await?.filter(|member| member.role.is_admin());
            admin.zip(workspace).map(|(admin, workspace)| (admin.email, workspace.name, "settings/webhooks"))
        };
        drop(reader);
        let (Some(endpoint), Some((email, owner, pages))) = (endpoint, recipient) else { return Ok(()) };
        let Some(disabled) = endpoint.disabled else { return Ok(()) };
        let page = self.page_url(&format!("{pages}/{}", endpoint.id));
        let language = self.mail_language(to).await?;
        let content = letters::endpoint_disabled(language, &owner, &endpoint.url, disabled, &page);
        mailer.send(&Letter::new(&email, &content)?).await?;
        Ok(())
    }
}

/// Converts the outcome of a call to the stored attempt.
fn attempt(sent: &Result<Answer, SendError>, at: Timestamp) -> Attempt {
    match sent {
        Ok(Answer { status, excerpt }) => {
            let answer = (!excerpt.is_empty()).then(|| excerpt.clone());
            Attempt { at, status: Some(*status), answer, error: None }
        }
        Err(error) => {
            tracing::debug!(error = error as &dyn std::error::Error, "failed to deliver a webhook message");
            Attempt { at, status: None, answer: None, error: Some(error.to_string()) }
        }
    }
}

fn record(attempt: &Attempt, took: Duration) {
    let outcome = match attempt.status {
        Some(status) if ACCEPTED.contains(&status) => "delivered",
        Some(_) => "refused",
        None => "no_answer",
    };
    metrics::histogram!(WEBHOOK_DELIVERY_SECONDS, "outcome" => outcome).record(took);
    if outcome != "delivered" {
        trace::fail_current();
    }
}

/// Returns how many calls to one tenant's endpoints may be in flight in a lane. Endpoints that have not answered yet
/// get fewer than prompt ones.
const fn max_in_flight(pace: Pace) -> i64 {
    match pace {
        Pace::Prompt => 4,
        Pace::New => 2,
        Pace::Slow => 1,
    }
}

/// Adds up to 10 % at random, so that messages that failed together are not retried together.
fn with_jitter(secs: i64) -> i64 {
    secs + rand::rng().random_range(0..=secs / 10)
}
