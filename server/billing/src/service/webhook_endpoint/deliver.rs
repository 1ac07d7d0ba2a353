//! Sending a message once, and what follows from how it went.

use std::time::{Duration, Instant};

use domain::{ids::TenantId, time::Timestamp};
use http::{HeaderMap, HeaderValue, header};
use rand::Rng;

use super::{
    super::{ServiceError, Services},
    PING,
    secret::LostSecret,
};
use crate::{
    mail::{Letter, letters},
    outbound::{Answer, CallError},
    store::{
        StoreResult, Tx,
        jobs::{Task, WantedJob},
        webhook_endpoints::{Disabled, DisabledWhy, Endpoint, Pace},
        webhook_messages::{Attempt, ClaimedMessage, DeliveryState},
    },
};

/// A receiver that takes longer waits with others of its kind from then on.
pub(crate) const SLOW_AFTER: Duration = Duration::from_secs(2);
const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
/// How long to wait after each try that failed. After the last, nothing more is tried.
const DELAYS_SECS: [i64; 7] = [5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 10 * HOUR];
/// An endpoint that has taken nothing for so long, and has let a message's last try pass, is told nothing more.
const GIVEN_UP_AFTER_SECS: i64 = 5 * 24 * HOUR;
/// Who has not put down how it went by then has died: a call takes 15 seconds at most.
const LEASE_SECS: i64 = 40;
const ACCEPTED: std::ops::Range<u16> = 200..300;
const GONE: u16 = 410;

/// Why nothing was said.
#[derive(Debug, thiserror::Error)]
enum Unsaid {
    #[error(transparent)]
    Call(#[from] CallError),
    #[error(transparent)]
    Secret(#[from] LostSecret),
    #[error("The message can't be sent as it is.")]
    Headers(#[from] header::InvalidHeaderValue),
}

impl Services {
    /// Takes in hand what is due of endpoints of one pace: `most` messages at most, and no more of a tenant than it may have in hand.
    pub(crate) async fn claim_messages(&self, pace: Pace, most: usize) -> StoreResult<Vec<ClaimedMessage>> {
        let now = self.wall_now();
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let due = self.store().read().await?.link().list_due_endpoints(pace, in_hand(pace), most, now).await?;
        if due.is_empty() {
            return Ok(Vec::new());
        }
        let mut claimed = Vec::with_capacity(due.len());
        let mut tx = self.store().begin().await?;
        for (tenant, endpoint) in due {
            if let Some(message) = tx.link().claim_message(&tenant, &endpoint, now, now.plus_secs(LEASE_SECS)).await? {
                tx.link().update_endpoint_served(&tenant, &endpoint, now).await?;
                claimed.push(message);
            }
        }
        tx.commit().await?;
        Ok(claimed)
    }

    /// Moves an endpoint that keeps its caller waiting to the slow lane, before the call is over.
    pub(crate) async fn note_slow(&self, claimed: &ClaimedMessage) -> StoreResult<()> {
        let mut tx = self.store().begin().await?;
        tx.link().update_endpoint_pace(&claimed.tenant, &claimed.endpoint, Pace::Slow).await?;
        tx.commit().await
    }

    /// Sends a message once, and puts down how it went.
    pub(crate) async fn deliver(&self, claimed: &ClaimedMessage) -> Result<(), ServiceError> {
        let ClaimedMessage { tenant, endpoint, .. } = claimed;
        let found = self.store().read().await?.link().find_endpoint(tenant, endpoint).await?;
        // With an endpoint goes what it was to be told.
        let Some(endpoint) = found else { return Ok(()) };
        let begun = Instant::now();
        let said = self.send(&endpoint, claimed).await;
        let pace = if begun.elapsed() < SLOW_AFTER { Pace::Prompt } else { Pace::Slow };
        let attempt = attempt(&said, self.wall_now());
        let mut tx = self.store().begin().await?;
        match attempt.status {
            Some(status) if ACCEPTED.contains(&status) => {
                self.note_success(&mut tx, &endpoint, claimed, &attempt).await?;
            }
            Some(GONE) => {
                tx.link().update_attempt(claimed, &attempt, DeliveryState::Failed).await?;
                self.give_up(&mut tx, endpoint, DisabledWhy::Gone).await?;
            }
            _ => self.note_failure(&mut tx, endpoint, claimed, &attempt).await?,
        }
        let has_changed = tx.link().update_endpoint_pace(tenant, &claimed.endpoint, pace).await?;
        tx.commit().await?;
        self.jobs_written().notify_one();
        if has_changed {
            self.messages_written().notify_one();
        }
        Ok(())
    }

    async fn send(&self, endpoint: &Endpoint, claimed: &ClaimedMessage) -> Result<Answer, Unsaid> {
        let ClaimedMessage { id, body, .. } = claimed;
        let now = self.wall_now();
        let signatures = self.signatures(endpoint, id, body, now)?;
        let headers = HeaderMap::from_iter([
            (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
            (header::HeaderName::from_static("webhook-id"), HeaderValue::try_from(id)?),
            (header::HeaderName::from_static("webhook-timestamp"), HeaderValue::from(now.as_secs())),
            (header::HeaderName::from_static("webhook-signature"), HeaderValue::try_from(signatures)?),
        ]);
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
            tx.link().end_endpoint_failing(&endpoint.tenant, &endpoint.id).await?;
        }
        tx.link().update_attempt(claimed, attempt, DeliveryState::Delivered { at: attempt.at }).await.map(drop)
    }

    async fn note_failure(
        &self,
        tx: &mut Tx,
        endpoint: Endpoint,
        claimed: &ClaimedMessage,
        attempt: &Attempt,
    ) -> StoreResult<()> {
        // Who tries by hand sees how it goes, and nothing follows from it.
        if claimed.event == PING {
            return tx.link().update_attempt(claimed, attempt, DeliveryState::Failed).await.map(drop);
        }
        let now = attempt.at;
        let since = tx.link().note_endpoint_failing(&endpoint.tenant, &endpoint.id, now).await?;
        let tried_before = usize::try_from(claimed.attempts - 1).unwrap_or(usize::MAX);
        // One that was disabled meanwhile is told nothing more.
        let delay = since.and_then(|_| DELAYS_SECS.get(tried_before)).map(|secs| with_jitter(*secs));
        let state =
            delay.map_or(DeliveryState::Failed, |secs| DeliveryState::Waiting { next_try_at: now.plus_secs(secs) });
        let is_ours = tx.link().update_attempt(claimed, attempt, state).await?;
        let is_given_up = is_ours && delay.is_none();
        if is_given_up && since.is_some_and(|since| now.secs_since(since) >= GIVEN_UP_AFTER_SECS) {
            self.give_up(tx, endpoint, DisabledWhy::Failing).await?;
        }
        Ok(())
    }

    /// Tells an endpoint nothing more, and admins that it is so.
    async fn give_up(&self, tx: &mut Tx, endpoint: Endpoint, why: DisabledWhy) -> StoreResult<()> {
        let now = self.wall_now();
        // Somebody may have changed it while it was called.
        let Some(current) = tx.link().find_endpoint(&endpoint.tenant, &endpoint.id).await? else { return Ok(()) };
        if current.disabled.is_some() || current.url != endpoint.url {
            return Ok(());
        }
        let disabled = Endpoint { disabled: Some(Disabled { at: now, why }), ..current };
        tx.link().update_endpoint(&disabled).await?;
        tx.link().give_up_messages(&disabled.tenant, &disabled.id, "The endpoint was disabled.").await?;
        tracing::info!(tenant = %disabled.tenant, endpoint = disabled.id, why = why.as_str(), "an endpoint is disabled");
        if self.mailer().is_none() {
            return Ok(());
        }
        let members = tx.link().list_members(&disabled.tenant).await?;
        let jobs = members.into_iter().filter(|member| member.role.is_admin()).map(|admin| WantedJob {
            id: format!("{} off to {}", disabled.id, admin.user_id),
            task: Task::MailEndpointDisabled {
                tenant: disabled.tenant.clone(),
                endpoint: disabled.id.clone(),
                to: admin.user_id,
            },
            run_at: now,
        });
        tx.link().want_jobs(&jobs.collect::<Vec<_>>(), now).await
    }

    /// Tells one admin, unless it was enabled again before.
    pub(crate) async fn mail_endpoint_disabled(
        &self,
        tenant: &TenantId,
        endpoint: &str,
        to: &domain::ids::UserId,
    ) -> Result<(), ServiceError> {
        let Some(mailer) = self.mailer() else { return Ok(()) };
        let mut reader = self.store().read().await?;
        let mut link = reader.link();
        let endpoint = link.find_endpoint(tenant, endpoint).await?;
        let workspace = link.find_tenant(tenant).await?;
        let member = link.find_member(tenant, to).await?.filter(|member| member.role.is_admin());
        drop(reader);
        let (Some(endpoint), Some(workspace), Some(member)) = (endpoint, workspace, member) else { return Ok(()) };
        let Some(disabled) = endpoint.disabled else { return Ok(()) };
        let page = self.page(&format!("settings/webhooks/{}", endpoint.id));
        let (subject, text) = letters::endpoint_disabled(&workspace.name, &endpoint.url, disabled, &page);
        mailer.send(&Letter::new(&member.email, &subject, text)?).await?;
        Ok(())
    }
}

fn attempt(said: &Result<Answer, Unsaid>, at: Timestamp) -> Attempt {
    match said {
        Ok(Answer { status, excerpt }) => {
            let answer = (!excerpt.is_empty()).then(|| excerpt.clone());
            Attempt { at, status: Some(*status), answer, error: None }
        }
        Err(unsaid) => {
            tracing::debug!(error = unsaid as &dyn std::error::Error, "a message was not taken");
            Attempt { at, status: None, answer: None, error: Some(unsaid.to_string()) }
        }
    }
}

/// How many calls of one tenant may be in hand. Fewer where nothing speaks for the receiver yet.
const fn in_hand(pace: Pace) -> i64 {
    match pace {
        Pace::Prompt => 4,
        Pace::New => 2,
        Pace::Slow => 1,
    }
}

/// So that what failed together does not come back together.
fn with_jitter(secs: i64) -> i64 {
    secs + rand::rng().random_range(0..=secs / 10)
}
