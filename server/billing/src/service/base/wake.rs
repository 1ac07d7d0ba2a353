//! Notifiers that wake the workers of a lane when work was enqueued for them, before their next poll.

use tokio::sync::Notify;

use crate::store::{job::jobs::Lane, webhook::webhook_endpoints::Pace};

/// One notifier for each lane of jobs. A notification is never lost: a busy worker receives it after its current job.
#[derive(Debug, Default)]
pub(crate) struct JobNotifiers {
    stripe: Notify,
    polar: Notify,
    any_provider: Notify,
    mail: Notify,
    slow_mail: Notify,
    database: Notify,
}

/// One notifier for each lane of messages to endpoints.
#[derive(Debug, Default)]
pub(crate) struct MessageNotifiers {
    new: Notify,
    prompt: Notify,
    slow: Notify,
}

impl JobNotifiers {
    /// Wakes one worker of each lane.
    pub(crate) fn notify_one(&self) {
        for lane in Lane::ALL {
            self.of(lane).notify_one();
        }
    }

    /// Wakes one worker of a lane.
    pub(crate) fn notify(&self, lane: Lane) {
        self.of(lane).notify_one();
    }

    pub(crate) async fn notified(&self, lane: Lane) {
        self.of(lane).notified().await;
    }

    const fn of(&self, lane: Lane) -> &Notify {
        match lane {
            Lane::Stripe => &self.stripe,
            Lane::Polar => &self.polar,
            Lane::AnyProvider => &self.any_provider,
            Lane::Mail => &self.mail,
            Lane::SlowMail => &self.slow_mail,
            Lane::Database => &self.database,
        }
    }
}

impl MessageNotifiers {
    /// Wakes one worker of each lane.
    pub(crate) fn notify_one(&self) {
        for pace in Pace::ALL {
            self.of(pace).notify_one();
        }
    }

    pub(crate) async fn notified(&self, pace: Pace) {
        self.of(pace).notified().await;
    }

    const fn of(&self, pace: Pace) -> &Notify {
        match pace {
            Pace::New => &self.new,
            Pace::Prompt => &self.prompt,
            Pace::Slow => &self.slow,
        }
    }
}

#[cfg(test)]
mod tests;
