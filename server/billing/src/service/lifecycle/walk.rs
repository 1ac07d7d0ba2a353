//! The walk over all live subscriptions: whatever was told or not told, what is stored is in the end what the provider says.
//!
//! Customers are visited one after the other, those first to whom nobody came for longest, by one node at a time. When each was
//! visited is kept, so that a walk goes on where it was broken off, and stays spread over time.

use domain::{subscription::Provider, time::Timestamp};

use super::{Cause, compare_job, wanted};
use crate::{
    service::{ServiceError, Services},
    store::{
        customers::Customer,
        jobs::{Task, WantedJob},
    },
};

/// The one job's id.
pub(in crate::service) const WALK_JOB: &str = "walk over subscriptions";
/// Between two stretches of a walk that has more to visit.
const BREATH_SECS: i64 = 1;
/// How often at least to look whether somebody is due.
const LOOK_SECS: i64 = 60;
/// So many that a provider refuses in one stretch are no matter of single customers.
const MOST_REFUSED: usize = 3;

impl Services {
    pub(super) fn walk_job(run_at: Timestamp) -> WantedJob {
        wanted(WALK_JOB.to_owned(), Task::WalkSubscriptions, run_at)
    }

    /// A stretch of the walk. While a provider is away, the stretch fails and is tried again later, ever more rarely. A provider
    /// whose account is not the right one is passed over until it is.
    pub(crate) async fn walk_subscriptions(&self) -> Result<(), ServiceError> {
        let Some(every) = self.settings().reconcile_every_secs else { return Ok(()) };
        let before = self.wall_now().plus_secs(-every);
        let (mut failed, mut passed_over) = (None, Vec::new());
        let names: Vec<_> = self.0.parts.webhook_senders.iter().filter_map(|sender| sender.name()).collect();
        for &name in &names {
            let due = self.store().read().await?.link().list_customers_to_walk(name, before).await?;
            match self.visit(name, due).await {
                Ok(()) => {}
                Err(ServiceError::ProviderAccountChanged { .. }) => passed_over.push(name),
                // Another provider's customers need not wait for this one.
                Err(error) => failed = Some(error),
            }
        }
        if let Some(error) = failed {
            return Err(error);
        }
        let now = self.wall_now();
        let mut tx = self.store().begin().await?;
        // Also who has become due meanwhile: whoever wants this job while it runs is not to wait for the next look.
        let mut has_more = false;
        for name in names.into_iter().filter(|name| !passed_over.contains(name)) {
            has_more |= !tx.link().list_customers_to_walk(name, before).await?.is_empty();
        }
        let pause = if has_more { BREATH_SECS } else { every.clamp(1, LOOK_SECS) };
        tx.link().want_jobs(&[Self::walk_job(now.plus_secs(pause))], now).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn visit(&self, name: Provider, due: Vec<Customer>) -> Result<(), ServiceError> {
        let mut refused = 0;
        for customer in due {
            let tenant = customer.tenant.clone();
            let outcome = self.reconcile_customer(name, customer, Cause::Walk).await;
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
                    refused += 1;
                    if refused > MOST_REFUSED {
                        return Err(error);
                    }
                    // What is wrong with one customer is a job of its own, which its admins can see.
                    tracing::warn!(%tenant, error = &error as &dyn std::error::Error, "a subscription can't be compared");
                    tx.link().want_jobs(&[compare_job(&tenant, name, now)], now).await?;
                }
            }
            tx.link().mark_walked(&tenant, name, now).await?;
            tx.commit().await?;
        }
        Ok(())
    }
}
