//! Scheduled transitions: times at which the billing clock alone changes entitlements.
//!
//! A loop polls for due transitions, because the job queue schedules by the wall clock.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::jobs::job_request;
use crate::{
    service::Subscriptions,
    store::{StoreResult, job::jobs::Task},
};

const POLL_EVERY: Duration = Duration::from_secs(2);

impl Subscriptions {
    /// Enqueues due transitions periodically until `stop` is canceled.
    pub(crate) async fn enqueue_transitions_regularly(&self, stop: CancellationToken) {
        loop {
            if let Err(error) = self.enqueue_due_transitions().await {
                tracing::error!(error = &error as &dyn std::error::Error, "failed to enqueue due transitions");
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(POLL_EVERY) => {}
            }
        }
    }

    /// Enqueues a job for each tenant whose transition is due. Idempotent: nodes that run at once enqueue the same
    /// jobs.
    pub async fn enqueue_due_transitions(&self) -> StoreResult<()> {
        let billing_now = self.billing_now();
        let mut due = self.store().read().await?.connection().list_due_transitions(billing_now).await?;
        if due.is_empty() {
            return Ok(());
        }
        // Every node writes in the same order, so that they can't deadlock.
        due.sort();
        let now = self.wall_now();
        let jobs: Vec<_> = due
            .iter()
            .map(|tenant| {
                job_request(
                    format!("period of {tenant}"),
                    Task::ApplyScheduledTransition { tenant: tenant.clone() },
                    now,
                )
            })
            .collect();
        let mut tx = self.store().begin().await?;
        tx.connection().upsert_jobs(&jobs, now).await?;
        // The job schedules the tenant's next transition.
        tx.connection().delete_due_transitions(&due, billing_now).await?;
        tx.commit().await?;
        self.jobs_written().notify_one();
        Ok(())
    }
}
