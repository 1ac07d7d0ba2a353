//! The worker: runs the jobs that use cases enqueue, until they are done.

mod claimed_job;
mod completions;
mod deliveries;
pub(crate) mod housekeeping;
mod job_run;
mod lane;

use std::time::Duration;

use domain::time::Timestamp;
use futures::future::join_all;
use tokio_util::sync::CancellationToken;

#[cfg(test)]
pub(crate) use deliveries::{claim_one, deliver_due_messages};
pub use housekeeping::tasks::HOUSEKEEPING_TRANSACTION_SECONDS;
#[cfg(feature = "testing")]
pub use lane::run_due_job;

use self::{completions::completions, job_run::register_given_up, lane::LaneWorker};
use crate::{
    service::{Cause, ServiceError, Services},
    store::{job::jobs::Task, webhook::inbox::HandledEvents},
};

/// How long to wait for a notification before polling: other nodes write jobs too.
const POLL_INTERVAL: Duration = Duration::from_secs(2);
/// How often uses of API keys, and the usage that they reported, are written.
const KEY_USE_INTERVAL: Duration = Duration::from_secs(5);

/// Runs until `stop`. Jobs in progress are finished first.
pub async fn run(services: Services, stop: CancellationToken) {
    register_given_up();
    let (completions, store_completions) = completions(services.clone());
    let workers = LaneWorker::of_all_lanes(&services, &completions, &stop);
    // The workers have the other handles: when they end, nothing more is completed.
    drop(completions);
    tokio::join!(
        housekeeping::run_periodically(services.clone(), stop.clone()),
        write_key_uses_periodically(services.clone(), stop.clone()),
        services.usage().refresh_views_regularly(stop.clone()),
        services.usage().enqueue_reports_regularly(stop.clone()),
        deliveries::run_deliveries(services.clone(), stop.clone()),
        services.subscriptions().enqueue_transitions_regularly(stop.clone()),
        services.providers().watch_accounts_regularly(stop.clone()),
        enqueue_periodic_jobs(&services, &stop),
        store_completions,
        join_all(workers.into_iter().map(LaneWorker::run))
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
