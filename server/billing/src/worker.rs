//! The worker: runs the jobs that use cases enqueue, until they are done.

mod deliveries;
pub(crate) mod housekeeping;
mod job_run;

use std::time::Duration;

use domain::time::Timestamp;
use futures::future::join_all;
use rand::Rng;
use tokio::task::JoinError;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

#[cfg(test)]
pub(crate) use deliveries::{claim_one, deliver_due_messages};
pub use housekeeping::tasks::HOUSEKEEPING_TRANSACTION_SECONDS;

use self::job_run::JobRun;
use crate::{
    mail::MailError,
    service::{Cause, ServiceError, Services},
    store::{
        StoreError,
        job::jobs::{ClaimedJob, Lane, Task},
        webhook::inbox::HandledEvents,
    },
    trace::{self, SpanKind, TraceContext, TraceSpan},
};

/// How long a claim lasts. A dead worker's jobs are free after at most this long.
const CLAIM_SECS: i64 = 10;
/// How often a running job's claim is renewed.
const RENEW_INTERVAL: Duration = Duration::from_secs(3);
const FIRST_DELAY_SECS: i64 = 1;
const LONGEST_DELAY_SECS: i64 = 3600;
/// How long to wait for a notification before polling: other nodes write jobs too.
const POLL_INTERVAL: Duration = Duration::from_secs(2);
/// How often uses of API keys, and the usage that they reported, are written.
const KEY_USE_INTERVAL: Duration = Duration::from_secs(5);
/// How long a job is held before the provider's account is checked again. The job is released earlier if another check
/// finds the right account.
const HOLD_SECS: i64 = 300;
/// How long to wait after another worker claimed what was due.
const CONTENDED_DELAY: Duration = Duration::from_millis(20);

/// Runs until `stop`. Jobs in progress are finished first.
pub async fn run(services: Services, stop: CancellationToken) {
    let workers = services.settings().worker.lanes;
    let lanes = Lane::ALL.into_iter().flat_map(|lane| (0..workers.workers(lane)).map(move |_| lane));
    let lanes = lanes.map(|lane| run_lane(services.clone(), lane, stop.clone()));
    tokio::join!(
        housekeeping::run_periodically(services.clone(), stop.clone()),
        write_key_uses_periodically(services.clone(), stop.clone()),
        services.usage().refresh_views_regularly(stop.clone()),
        services.usage().enqueue_reports_regularly(stop.clone()),
        deliveries::run_deliveries(services.clone(), stop.clone()),
        services.subscriptions().enqueue_transitions_regularly(stop.clone()),
        services.providers().watch_accounts_regularly(stop.clone()),
        enqueue_periodic_jobs(&services, &stop),
        join_all(lanes)
    );
}

/// Enqueues the periodic jobs. Retries until it succeeds: the database may come up later than this process.
async fn enqueue_periodic_jobs(services: &Services, stop: &CancellationToken) {
    while let Err(error) = services.subscriptions().enqueue_reconciliation().await {
        tracing::error!(error = &error as &dyn std::error::Error, "failed to enqueue reconcile jobs");
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(POLL_INTERVAL) => {}
        }
    }
}

async fn run_lane(services: Services, lane: Lane, stop: CancellationToken) {
    while !stop.is_cancelled() {
        match run_due_job_in(&services, lane).await {
            Ok(None) => {}
            Ok(Some(max_wait)) => wait_for_work(&services, lane, &stop, max_wait).await,
            Err(error) => {
                tracing::error!(
                    lane = lane.as_str(),
                    error = &error as &dyn std::error::Error,
                    "failed to claim a job or to store its outcome"
                );
                wait_for_work(&services, lane, &stop, POLL_INTERVAL).await;
            }
        }
    }
}

async fn wait_for_work(services: &Services, lane: Lane, stop: &CancellationToken, max_wait: Duration) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = services.jobs_written().notified(lane) => {}
        () = tokio::time::sleep(max_wait) => {}
    }
}

/// Writes uses of API keys, and the usage that they reported, periodically, and once more after `stop`, when no request is in flight.
async fn write_key_uses_periodically(services: Services, stop: CancellationToken) {
    let mut is_last = false;
    while !is_last {
        tokio::select! {
            () = stop.cancelled() => is_last = true,
            () = tokio::time::sleep(KEY_USE_INTERVAL) => {}
        }
        if let Err(error) = services.usage().write_usage_by_key().await {
            tracing::warn!(error = &error as &dyn std::error::Error, "failed to write usage by key");
        }
        if let Err(error) = services.api_keys().write_key_uses().await {
            tracing::warn!(error = &error as &dyn std::error::Error, "failed to write the last uses of API keys");
        }
    }
}

/// Runs one due job of any lane. Returns `None` if it ran one, else how long to wait.
#[cfg(feature = "testing")]
pub async fn run_due_job(services: &Services) -> Result<Option<Duration>, StoreError> {
    let mut max_wait = POLL_INTERVAL;
    for lane in Lane::ALL {
        match run_due_job_in(services, lane).await? {
            None => return Ok(None),
            Some(wait) => max_wait = max_wait.min(wait),
        }
    }
    Ok(Some(max_wait))
}

/// Runs the next due job of a lane. Returns `None` if it ran one, else how long to wait.
async fn run_due_job_in(services: &Services, lane: Lane) -> Result<Option<Duration>, StoreError> {
    let now = services.wall_now();
    // Reading takes no write lock; only a claim does.
    let next = services.store().read().await?.connection().find_next_run(lane).await?;
    let Some(next) = next else { return Ok(Some(POLL_INTERVAL)) };
    if next > now {
        let wait = Duration::from_micros(next.as_micros().abs_diff(now.as_micros()));
        return Ok(Some(wait.min(POLL_INTERVAL)));
    }
    // `None` means that another worker claimed the job first. More jobs may be due.
    let Some((job, claimed_at)) = claim_due_job(services, lane).await? else { return Ok(Some(CONTENDED_DELAY)) };
    let parent = TraceContext::from_traceparent(job.traceparent.as_deref());
    let trace = TraceSpan::start_in(&parent, SpanKind::Consumer, "job");
    trace.set("dues.lane", lane.as_str());
    trace.set("dues.attempt", job.attempts);
    let run = JobRun::new(lane);
    let running = Box::pin(run_claimed_job(services, (&job, claimed_at), run));
    trace.context().run(running).instrument(tracing::error_span!("job", job = job.id)).await?;
    Ok(None)
}

/// Claims the next due job of a lane. Returns it with the time of the claim.
async fn claim_due_job(services: &Services, lane: Lane) -> Result<Option<(ClaimedJob, Timestamp)>, StoreError> {
    let mut tx = services.store().begin().await?;
    // Read the clock after the wait for the writer: a claim that begins earlier could lapse before its first renewal.
    let now = services.wall_now();
    let claimed = tx.connection().claim_job(lane, now, now.plus_secs(CLAIM_SECS)).await?;
    tx.commit().await?;
    Ok(claimed.map(|job| (job, now)))
}

/// Runs a job and stores its outcome.
async fn run_claimed_job(
    services: &Services,
    (job, claimed_at): (&ClaimedJob, Timestamp),
    mut run: JobRun,
) -> Result<(), StoreError> {
    let outcome = perform_with_renewal(services, (job, claimed_at)).await;
    let mut tx = services.store().begin().await?;
    let is_held = match outcome {
        Ok(done) => {
            run.end("done");
            if let Some(handled) = done {
                tx.connection().update_events_state(&[handled], services.wall_now()).await?;
            }
            tx.connection().complete_job(job).await?
        }
        Err(JobError::Service(ServiceError::ProviderAccountChanged { provider, .. })) => {
            run.end("held");
            tracing::debug!(
                ?job,
                provider = provider.as_str(),
                "holding a job until the provider account is confirmed"
            );
            tx.connection().hold_job(job, provider, services.wall_now().plus_secs(HOLD_SECS)).await?
        }
        Err(error) if error.is_final() => {
            run.end("given_up");
            tracing::warn!(?job, error = &error as &dyn std::error::Error, "failed to run a job, giving up");
            tx.connection().give_up_job(job, &error.reason()).await?
        }
        Err(error) => {
            run.end("failed");
            let delay_secs = delay_secs(job);
            tracing::warn!(
                ?job,
                delay_secs,
                error = &error as &dyn std::error::Error,
                "failed to run a job, will retry"
            );
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
                    tracing::warn!(error = &error as &dyn std::error::Error, "failed to renew the claim of a job");
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

/// Performs a task that was claimed at `claimed_at`. Returns the outcome of the events that it handled, if it handles
/// events.
async fn perform(
    services: &Services,
    task: Task,
    claimed_at: Timestamp,
) -> Result<Option<HandledEvents>, ServiceError> {
    match task {
        Task::FetchWebhookObject { provider, subject, customer } => {
            let about = (&subject, customer.as_deref());
            let state = services.webhooks().reconcile_webhook_object(provider, about, Cause::Webhook).await?;
            return Ok(Some(HandledEvents { provider, subject, as_of: claimed_at, state }));
        }
        Task::FetchListedObject { provider, subject, customer } => {
            let about = (&subject, customer.as_deref());
            let state = services.webhooks().reconcile_webhook_object(provider, about, Cause::Listed).await?;
            return Ok(Some(HandledEvents { provider, subject, as_of: claimed_at, state }));
        }
        Task::BackfillEvents { provider } => services.subscriptions().backfill_events(provider).await?,
        Task::ReconcileAll => services.subscriptions().reconcile_all().await?,
        Task::Reconcile { tenant, provider } => {
            services.subscriptions().reconcile_tenant(&tenant, provider, Cause::Reconciliation).await?;
        }
        Task::SettleDuplicate { tenant, provider, subscription } => {
            services.subscriptions().settle_duplicate(&tenant, provider, &subscription).await?;
        }
        Task::ApplyScheduledTransition { tenant } => {
            services.subscriptions().apply_scheduled_transition(&tenant).await?;
        }
        Task::MailDunning { tenant, provider, subscription, since, kind, to } => {
            services.subscriptions().mail_dunning(&tenant, (provider, &subscription), (since, kind), &to).await?;
        }
        Task::MailMonthlyReport { tenant, month, to } => {
            services.usage().mail_monthly_report(&tenant, month, &to).await?;
        }
        Task::ExpireCheckout { tenant, attempt } => {
            services.checkouts().expire_superseded(&tenant, &attempt).await.map(drop)?;
        }
        Task::MailInvitation { tenant, invitation } => {
            services.invitations().mail_invitation(&tenant, &invitation).await?;
        }
        Task::MailEnterpriseRequest { request } => services.operators().mail_enterprise_request(&request).await?,
        Task::CheckLimits { tenant } => services.usage().check_limits(&tenant).await?,
        Task::AlertAdmins { tenant, feature, period_start, kind } => {
            services.usage().alert_admins(&tenant, &feature, period_start, kind).await?;
        }
        Task::MailAlert { tenant, feature, period_start, kind, to } => {
            services.usage().mail_alert(&tenant, (&feature, period_start, kind), &to).await?;
        }
        Task::MailEndpointDisabled { tenant, endpoint, to } => {
            services.endpoints().mail_endpoint_disabled(&tenant, &endpoint, &to).await?;
        }
        Task::MailPasswordReset { email, asked_at } => {
            services.accounts().mail_password_reset(&email, asked_at).await?;
        }
        Task::NotifySecretChanged { tenant, notice } => {
            services.secrets().notify_secret_changed(&tenant, &notice).await?;
        }
        Task::MailSecretChanged { tenant, notice, to } => {
            services.secrets().mail_secret_changed(&tenant, &notice, &to).await?;
        }
        Task::MailAddressVerification { user, email, asked_at } => {
            services.accounts().mail_address_verification(&user, &email, asked_at).await?;
        }
        Task::MailAddressChange { user, email, asked_at } => {
            services.accounts().mail_address_change(&user, &email, asked_at).await?;
        }
        Task::MailAddressChangeNotice { user, old, new, asked_at } => {
            services.accounts().mail_address_change_notice(user.as_ref(), (&old, &new), asked_at).await?;
        }
        Task::MailAccountNotice { user, email, notice, at } => {
            services.accounts().mail_account_notice(&user, &email, notice, at).await?;
        }
        Task::MailSample { user, letter, language, asked_at } => {
            services.operators().mail_sample(&user, letter, &language, asked_at).await?;
        }
        Task::RunImport { import, provider: _ } => services.imports().run(&import).await?,
    }
    Ok(None)
}

/// The delay before the next retry, in seconds: doubles with every attempt up to an hour, with jitter, so that jobs
/// that failed together are spread.
fn delay_secs(job: &ClaimedJob) -> i64 {
    let exponent = u32::try_from(job.attempts.clamp(1, 16) - 1).unwrap_or_default();
    let full = FIRST_DELAY_SECS.saturating_mul(1 << exponent).min(LONGEST_DELAY_SECS);
    rand::rng().random_range((full + 1) / 2..=full)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        service::base::test_env::{NOW, TestEnv},
        store::testing::Engine,
    };

    #[tokio::test]
    async fn a_claim_lasts_from_the_end_of_the_wait_for_the_writer() {
        let env = TestEnv::new(Engine::Sqlite).await;
        let mut writing = env.database.store.begin().await.unwrap();
        let task = Task::MailEnterpriseRequest { request: "1".to_owned() };
        writing.connection().insert_job(&task, NOW, NOW).await.unwrap();
        let services = env.services.clone();
        let claiming = tokio::spawn(async move { claim_due_job(&services, Lane::Mail).await.unwrap() });
        tokio::time::sleep(Duration::from_millis(50)).await;
        env.clock.advance(CLAIM_SECS);
        writing.commit().await.unwrap();
        let (_, claimed_at) = claiming.await.unwrap().unwrap();
        assert_eq!(claimed_at, NOW.plus_secs(CLAIM_SECS));
        let locked_until = env.dump("SELECT CAST(locked_until AS TEXT) FROM jobs").await;
        assert_eq!(locked_until, format!("{}\n", claimed_at.plus_secs(CLAIM_SECS).as_micros()));
    }
}
