//! Backfills events from the provider's list, for webhooks that did not arrive.

use domain::{subscription::Provider, time::Timestamp};

use super::jobs::job_request;
use crate::{
    payment::{EventSubject, ProviderError},
    service::{ServiceError, Subscriptions},
    store::job::jobs::{JobRequest, Task},
};

/// How far back the first backfill goes. The reconciliation of all customers finds older changes.
const FIRST_BACKFILL_SECS: i64 = 86_400;
/// How much of the list is read again each time, as an event may appear late.
const OVERLAP_SECS: i64 = 300;

impl Subscriptions {
    pub(super) fn backfill_job(provider: Provider, run_at: Timestamp) -> JobRequest {
        job_request(format!("{} events", provider.as_str()), Task::BackfillEvents { provider }, run_at)
    }

    /// Stores the events since the last backfill, as if their webhooks had arrived. Safe to interrupt and to repeat:
    /// the cursor moves at the end, and each event is stored once.
    pub(crate) async fn backfill_events(&self, name: Provider) -> Result<(), ServiceError> {
        let Some(every) = self.settings().reconcile_every_secs else { return Ok(()) };
        let Some(provider) = self.sender(name) else { return Ok(()) };
        let cursor = self.store().read().await?.connection().find_event_cursor(name).await?;
        let since = match cursor {
            Some(newest) => newest.plus_secs(-OVERLAP_SECS),
            None => self.billing_now().plus_secs(-FIRST_BACKFILL_SECS),
        };
        let (mut after, mut newest) = (None, cursor);
        loop {
            let page = match provider.list_events(since, after.as_deref()).await {
                Ok(page) => page,
                Err(ProviderError::Unsupported) => return self.reconcile_all_instead(name, every).await,
                Err(error) => return Err(ServiceError::from_provider(name.title(), error)),
            };
            newest = newest.max(page.newest_at);
            let events = page.events.into_iter().filter(|event| event.subject != EventSubject::Other).collect();
            self.webhooks().insert_listed_events(name, events).await?;
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        let now = self.wall_now();
        let mut tx = self.store().begin().await?;
        if let Some(newest) = newest {
            tx.connection().move_event_cursor(name, newest).await?;
        }
        tx.connection().upsert_jobs(&[Self::backfill_job(name, now.plus_secs(every))], now).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Schedules a reconciliation of all customers of a provider that has no list of events. Does not schedule the next
    /// backfill: from now on the periodic reconciliation is enough.
    async fn reconcile_all_instead(&self, name: Provider, every: i64) -> Result<(), ServiceError> {
        let now = self.wall_now();
        let mut tx = self.store().begin().await?;
        tx.connection().reset_reconciled(name, every, now).await?;
        tx.connection().upsert_jobs(&[Self::reconcile_all_job(now)], now).await?;
        tx.commit().await?;
        self.jobs_written().notify_one();
        Ok(())
    }
}
