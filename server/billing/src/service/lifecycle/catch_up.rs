//! Reading a provider's own list of events: what their webhooks could not tell while nobody was here.

use domain::{subscription::Provider, time::Timestamp};

use super::wanted;
use crate::{
    payment::{EventSubject, ProviderError},
    service::{ServiceError, Services},
    store::jobs::{Task, WantedJob},
};

/// How far back the first reading goes: what came before, the walk finds.
const FIRST_READING_SECS: i64 = 86_400;
/// A list may take a while to name what has happened: so much of it is read again each time.
const OVERLAP_SECS: i64 = 300;

impl Services {
    pub(super) fn catch_up_job(provider: Provider, run_at: Timestamp) -> WantedJob {
        wanted(format!("{} events", provider.as_str()), Task::CatchUp { provider }, run_at)
    }

    /// Reads what has happened since the last reading, and has it followed like webhooks. Safe to break off and to repeat: how far
    /// it was read is written at its end, and an event counts once, whoever told of it.
    pub(crate) async fn catch_up(&self, name: Provider) -> Result<(), ServiceError> {
        let Some(every) = self.settings().reconcile_every_secs else { return Ok(()) };
        let Some(provider) = self.sender(name) else { return Ok(()) };
        let cursor = self.store().read().await?.link().find_event_cursor(name).await?;
        let since = match cursor {
            Some(newest) => newest.plus_secs(-OVERLAP_SECS),
            None => self.billing_now().plus_secs(-FIRST_READING_SECS),
        };
        let (mut after, mut newest) = (None, cursor);
        loop {
            let page = match provider.list_events(since, after.as_deref()).await {
                Ok(page) => page,
                Err(ProviderError::Unsupported) => return self.walk_instead(name, every).await,
                Err(error) => return Err(ServiceError::from_provider(name.title(), error)),
            };
            newest = newest.max(page.newest_at);
            let events = page.events.into_iter().filter(|event| event.subject != EventSubject::Other).collect();
            self.take_in_listed(name, events).await?;
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        let now = self.wall_now();
        let mut tx = self.store().begin().await?;
        if let Some(newest) = newest {
            tx.link().move_event_cursor(name, newest).await?;
        }
        tx.link().want_jobs(&[Self::catch_up_job(name, now.plus_secs(every))], now).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Where there is no list to read: what happened while nobody was here only a walk over everybody finds, in its own time.
    /// Afterwards its usual rounds have to do, so that this job wants no next run.
    async fn walk_instead(&self, name: Provider, every: i64) -> Result<(), ServiceError> {
        let now = self.wall_now();
        let mut tx = self.store().begin().await?;
        tx.link().walk_again(name, every, now).await?;
        tx.link().want_jobs(&[Self::walk_job(now)], now).await?;
        tx.commit().await?;
        self.jobs_written().notify_one();
        Ok(())
    }
}
