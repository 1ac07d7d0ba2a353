//! Wakes the workers of each lane when something was written for them, so that they need not wait for their next look.

use tokio::sync::Notify;

use crate::store::{jobs::Lane, webhook_endpoints::Pace};

/// A bell for each lane. Ringing costs nothing and is never lost: a worker that is busy hears it when it rests.
#[derive(Debug, Default)]
pub(crate) struct JobBells {
    stripe: Notify,
    polar: Notify,
    any_provider: Notify,
    mail: Notify,
    housekeeping: Notify,
}

/// The same for messages to endpoints.
#[derive(Debug, Default)]
pub(crate) struct MessageBells {
    new: Notify,
    prompt: Notify,
    slow: Notify,
}

impl JobBells {
    /// Wakes one worker of each lane.
    pub(crate) fn notify_one(&self) {
        for lane in Lane::ALL {
            self.of(lane).notify_one();
        }
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
            Lane::Housekeeping => &self.housekeeping,
        }
    }
}

impl MessageBells {
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
