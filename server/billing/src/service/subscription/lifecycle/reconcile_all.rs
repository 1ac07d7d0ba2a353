//! The periodic reconciliation of all customers: in the end the store equals the provider, even if every webhook is
//! lost.
//!
//! One node at a time reconciles one customer after another, the least recently reconciled first. The time of each is
//! stored, so that an interrupted run continues where it stopped, and the load stays spread over time.

use std::time::Instant;

use domain::{subscription::Provider, time::Timestamp};

use super::{
    cause::Cause,
    jobs::{RECONCILE_ALL_JOB, job_request, reconcile_job},
};
use crate::{
    service::{ServiceError, Subscriptions},
    store::{
        job::jobs::{JobRequest, Task},
        subscription::customers::Customer,
    },
};

/// Pause between two batches while more customers are due.
const BATCH_PAUSE_SECS: i64 = 1;
/// Maximum pause before the next check for due customers.
const POLL_SECS: i64 = 60;
/// How many customers of a batch may be rejected. One more aborts the batch: then the cause is systemic.
const MAX_REJECTIONS: usize = 3;

impl Subscriptions {
    pub(super) fn reconcile_all_job(run_at: Timestamp) -> JobRequest {
        job_request(RECONCILE_ALL_JOB.to_owned(), Task::ReconcileAll, run_at)
    }

    /// Reconciles one batch of due customers at each provider. Fails if a provider is unavailable: the job is then
    /// retried with backoff. Skips a provider whose key opens the wrong account.
    pub(crate) async fn reconcile_all(&self) -> Result<(), ServiceError> {
        let Some(every) = self.settings().reconcile_every_secs else { return Ok(()) };
        let before = self.wall_now().plus_secs(-every);
        let (mut failed, mut skipped) = (None, Vec::new());
        let names: Vec<_> = self.0.parts.webhook_senders.iter().filter_map(|sender| sender.name()).collect();
        for &name in &names {
            let due = self.store().read().await?.connection().list_customers_to_reconcile(name, before).await?;
            match self.reconcile_batch(name, due).await {
                Ok(()) => {}
                Err(ServiceError::ProviderAccountChanged { .. }) => skipped.push(name),
                // Continue with the customers of the other providers.
                Err(error) => failed = Some(error),
            }
        }
        if let Some(error) = failed {
            return Err(error);
        }
        let now = self.wall_now();
        let mut tx = self.store().begin().await?;
        // Check for customers that became due meanwhile: if another run was requested meanwhile, the request below
        // replaces its time.
        let mut has_more = false;
        for name in names.into_iter().filter(|name| !skipped.contains(name)) {
            has_more |= !tx.connection().list_customers_to_reconcile(name, before).await?.is_empty();
        }
        let pause = if has_more { BATCH_PAUSE_SECS } else { every.clamp(1, POLL_SECS) };
        tx.connection().upsert_jobs(&[Self::reconcile_all_job(now.plus_secs(pause))], now).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn reconcile_batch(&self, name: Provider, due: Vec<Customer>) -> Result<(), ServiceError> {
        let mut rejections = 0;
        for customer in due {
            let tenant = customer.tenant.clone();
            let outcome = self.reconcile_customer(name, customer, Cause::Reconciliation, Instant::now()).await;
            let now = self.wall_now();
            let mut tx = self.store().begin().await?;
            match outcome {
                Ok(()) => {}
                Err(
                    error @ (ServiceError::ProviderUnavailable { .. }
                    | ServiceError::ProviderAccountChanged { .. }
                    | ServiceError::Store(_)),
                ) => return Err(error),
                Err(error) => {
                    rejections += 1;
                    if rejections > MAX_REJECTIONS {
                        return Err(error);
                    }
                    // A failure of one customer becomes a separate job, which the tenant's admins can see.
                    tracing::warn!(
                        %tenant,
                        provider = name.as_str(),
                        error = &error as &dyn std::error::Error,
                        "failed to reconcile a customer"
                    );
                    tx.connection().upsert_jobs(&[reconcile_job(&tenant, name, now)], now).await?;
                }
            }
            tx.connection().mark_reconciled(&tenant, name, now).await?;
            tx.commit().await?;
        }
        Ok(())
    }
}
