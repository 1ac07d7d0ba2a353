//! Runs a claimed job and stores its outcome.

use std::{error::Error, time::Duration};

use domain::time::Timestamp;
use rand::Rng;
use tokio::task::JoinError;
use tracing::Instrument;

use super::{
    completions::{CompletedJob, Completions, store_completed},
    job_run::{GIVEN_UP, JobRun},
    perform,
};
use crate::{
    mail::MailError,
    service::{ServiceError, Services},
    store::{
        StoreError,
        job::jobs::{ClaimedJob, Lane},
        webhook::inbox::HandledEvents,
    },
    trace::{self, SpanKind, TraceContext, TraceSpan},
};

/// How long a claim lasts. A dead worker's jobs are free after at most this long. `store/job/jobs.rs` relies on it: see
/// `UPSERT_JOBS`.
pub(super) const CLAIM_SECS: i64 = 10;
/// How often a running job's claim is renewed.
const RENEW_INTERVAL: Duration = Duration::from_secs(3);
const FIRST_DELAY_SECS: i64 = 1;
const LONGEST_DELAY_SECS: i64 = 3600;
/// How long a job is held before the provider's account is checked again. The job is released earlier if another check
/// finds the right account.
const HOLD_SECS: i64 = 300;

/// Runs a job of a lane, which was claimed at `claimed_at`, and stores its outcome. A completion is left to
/// `completions`, if there are any.
pub(super) async fn run_job(
    services: &Services,
    lane: Lane,
    (job, claimed_at): (ClaimedJob, Timestamp),
    completions: Option<&Completions>,
) -> Result<(), StoreError> {
    let parent = TraceContext::from_traceparent(job.traceparent.as_deref());
    let trace = TraceSpan::start_in(&parent, SpanKind::Consumer, "job");
    trace.set("dues.lane", lane.as_str());
    trace.set("dues.attempt", job.attempts);
    let span = tracing::error_span!("job", job = job.id);
    let running = Box::pin(run_claimed_job(services, (job, claimed_at), JobRun::new(lane), completions));
    trace.context().run(running).instrument(span).await
}

async fn run_claimed_job(
    services: &Services,
    (job, claimed_at): (ClaimedJob, Timestamp),
    mut run: JobRun,
    completions: Option<&Completions>,
) -> Result<(), StoreError> {
    let error = match perform_with_renewal(services, (&job, claimed_at)).await {
        Ok(handled) => {
            run.end("done");
            let completed = CompletedJob { job, handled };
            return match completions {
                Some(completions) => {
                    completions.add(completed).await;
                    Ok(())
                }
                None => store_completed(services, &[completed]).await,
            };
        }
        Err(error) => error,
    };
    store_failure(services, &job, &error, &mut run).await
}

/// Returns a failed job to the queue, or keeps it as given up.
async fn store_failure(
    services: &Services,
    job: &ClaimedJob,
    error: &JobError,
    run: &mut JobRun,
) -> Result<(), StoreError> {
    let mut tx = services.store().begin().await?;
    let is_held = match error {
        JobError::Service(ServiceError::ProviderAccountChanged { provider, .. }) => {
            run.end("held");
            tracing::debug!(
                ?job,
                provider = provider.as_str(),
                "holding a job until the provider account is confirmed"
            );
            tx.connection().hold_job(job, *provider, services.wall_now().plus_secs(HOLD_SECS)).await?
        }
        error if error.is_final() => {
            run.end(GIVEN_UP);
            tracing::warn!(?job, error = error as &dyn Error, "failed to run a job, giving up");
            tx.connection().give_up_job(job, &error.reason()).await?
        }
        error => {
            run.end("failed");
            let delay_secs = delay_secs(job);
            tracing::warn!(?job, delay_secs, error = error as &dyn Error, "failed to run a job, will retry");
            let run_at = services.wall_now().plus_secs(delay_secs);
            if error.is_slow_mail() {
                tx.connection().move_job(job, Lane::SlowMail).await?;
            }
            tx.connection().retry_job_at(job, run_at, &error.reason()).await?
        }
    };
    if is_held {
        return tx.commit().await;
    }
    // The other worker stores its own outcome.
    tracing::warn!(?job, "lost the claim of a job, dropping its outcome");
    tx.rollback().await
}

/// Why a job failed.
#[derive(Debug, thiserror::Error)]
enum JobError {
    #[error(transparent)]
    Service(#[from] ServiceError),
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The job panicked.
    #[error("the job panicked")]
    Panicked(#[from] JoinError),
}

impl JobError {
    /// Whether every retry would fail in the same way.
    const fn is_final(&self) -> bool {
        matches!(self, Self::Service(ServiceError::Mail(error)) if error.is_final())
    }

    /// Whether the SMTP server took too long with this one mail.
    const fn is_slow_mail(&self) -> bool {
        matches!(self, Self::Service(ServiceError::Mail(MailError::TooSlow(_))))
    }

    /// The reason, as shown to admins and operators.
    fn reason(&self) -> String {
        match self {
            Self::Service(error) => error.reason(),
            other => other.to_string(),
        }
    }
}

/// Runs a job in a separate task and renews its claim meanwhile. A panic fails only this job, and renewing never
/// delays it.
async fn perform_with_renewal(
    services: &Services,
    (job, claimed_at): (&ClaimedJob, Timestamp),
) -> Result<Option<HandledEvents>, JobError> {
    let (task, cloned) = (job.task()?, services.clone());
    let performing = async move { perform(&cloned, task, claimed_at).await };
    let mut performed = tokio::spawn(trace::in_current(performing).in_current_span());
    let mut is_held = true;
    loop {
        tokio::select! {
            outcome = &mut performed => return Ok(outcome??),
            () = tokio::time::sleep(RENEW_INTERVAL), if is_held => match renew(services, job).await {
                Ok(is_ours) => is_held = is_ours,
                Err(error) => {
                    tracing::warn!(error = &error as &dyn Error, "failed to renew the claim of a job");
                }
            }
        }
    }
}

/// Extends the claim on a job. `false` if another worker has claimed it.
async fn renew(services: &Services, job: &ClaimedJob) -> Result<bool, StoreError> {
    let mut tx = services.store().begin().await?;
    let is_held = tx.connection().renew_job(job, services.wall_now().plus_secs(CLAIM_SECS)).await?;
    tx.commit().await?;
    Ok(is_held)
}

/// The delay before the next retry, in seconds: doubles with every attempt up to an hour, with jitter, so that jobs
/// that failed together are spread.
fn delay_secs(job: &ClaimedJob) -> i64 {
    let exponent = u32::try_from(job.attempts.clamp(1, 16) - 1).unwrap_or_default();
    let full = FIRST_DELAY_SECS.saturating_mul(1 << exponent).min(LONGEST_DELAY_SECS);
    rand::rng().random_range((full + 1) / 2..=full)
}
