//! Scheduled transitions: times at which the billing clock alone changes entitlements. Polled, as jobs run by the wall
//! clock.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::wanted;
use crate::{
    service::Services,
    store::{StoreResult, jobs::Task},
};

const POLL_EVERY: Duration = Duration::from_secs(2);

impl Services {
    /// Enqueues due transitions periodically until `stop`.
    pub(crate) async fn turn_regularly(&self, stop: CancellationToken) {
        loop {
            if let Err(error) = self.turn_what_is_due().await {
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
    pub async fn turn_what_is_due(&self) -> StoreResult<()> {
        let billing_now = self.billing_now();
        let mut due = self.store().read().await?.link().list_due_turns(billing_now).await?;
        if due.is_empty() {
            return Ok(());
        }
        // Every node writes in the same order, so that they can't deadlock.
        due.sort();
        let now = self.wall_now();
        let jobs: Vec<_> = due
            .iter()
            .map(|tenant| wanted(format!("period of {tenant}"), Task::TurnPeriod { tenant: tenant.clone() }, now))
            .collect();
        let mut tx = self.store().begin().await?;
        tx.link().want_jobs(&jobs, now).await?;
        for tenant in &due {
            // The job schedules the tenant's next transition.
            tx.link().take_turn(tenant, billing_now).await?;
        }
        tx.commit().await?;
        self.jobs_written().notify_one();
        Ok(())
    }
}
