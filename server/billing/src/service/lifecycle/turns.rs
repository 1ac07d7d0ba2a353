//! Moments at which the billing clock alone changes something. It is not the worker's clock, so that they are looked for.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::wanted;
use crate::{
    service::Services,
    store::{StoreResult, jobs::Task},
};

const LOOK_EVERY: Duration = Duration::from_secs(2);

impl Services {
    pub(crate) async fn turn_regularly(&self, stop: CancellationToken) {
        loop {
            if let Err(error) = self.turn_what_is_due().await {
                tracing::error!(error = &error as &dyn std::error::Error, "whose period has ended can't be looked up");
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }

    /// Has every tenant looked at whose moment has come. Nodes that do so at once ask for the same jobs.
    pub async fn turn_what_is_due(&self) -> StoreResult<()> {
        let billing_now = self.billing_now();
        let mut due = self.store().read().await?.link().list_due_turns(billing_now).await?;
        if due.is_empty() {
            return Ok(());
        }
        // In one order on every node, so that none waits for another in a circle.
        due.sort();
        let now = self.wall_now();
        let jobs: Vec<_> = due
            .iter()
            .map(|tenant| wanted(format!("period of {tenant}"), Task::TurnPeriod { tenant: tenant.clone() }, now))
            .collect();
        let mut tx = self.store().begin().await?;
        tx.link().want_jobs(&jobs, now).await?;
        for tenant in &due {
            // The job says when the next one is.
            tx.link().take_turn(tenant, billing_now).await?;
        }
        tx.commit().await?;
        self.jobs_written().notify_one();
        Ok(())
    }
}
