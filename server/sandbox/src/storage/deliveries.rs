//! The queue of outgoing webhooks.

use domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::storage::{Settings, Transaction, ids};

/// Attempts after which a delivery fails.
const MAX_TRIES: u32 = 8;

/// State of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    Queued,
    Held,
    Dropped,
    Delivered,
    Failed,
}

impl State {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Held => "held",
            Self::Dropped => "dropped",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }
}

/// The delivery of one event to one endpoint.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Delivery {
    pub(crate) id: String,
    pub(crate) event: String,
    pub(crate) kind: String,
    pub(crate) endpoint: String,
    pub(crate) url: String,
    pub(crate) state: State,
    /// All attempts so far.
    pub(crate) attempts: u32,
    /// Attempts since the delivery was last queued. Determines the back-off.
    pub(crate) tries: u32,
    pub(crate) last_status: Option<u16>,
    /// Why the last attempt got no HTTP status: a failed connection or a time-out.
    pub(crate) last_error: Option<String>,
    /// Wall time of the next attempt.
    pub(crate) next_attempt: Timestamp,
    /// Billing time at which the event occurred.
    pub(crate) created: Timestamp,
}

impl Delivery {
    /// The wall time of the next attempt. `None` unless the delivery is queued.
    pub(crate) fn next_attempt(&self) -> Option<Timestamp> {
        (self.state == State::Queued).then_some(self.next_attempt)
    }

    /// Queues the delivery for an attempt at `wall`, whatever its state, and resets its back-off.
    pub(crate) fn queue(&mut self, wall: Timestamp) {
        self.state = State::Queued;
        self.tries = 0;
        self.next_attempt = wall;
    }

    /// Records an attempt. `status` is the HTTP status, or why there is none. After anything but a 2xx the delivery is
    /// retried with exponential back-off, and fails after `MAX_TRIES`.
    pub(crate) fn record_attempt(&mut self, status: Result<u16, String>, wall: Timestamp) {
        self.attempts += 1;
        self.tries += 1;
        let ok = matches!(status, Ok(200..=299));
        (self.last_status, self.last_error) = match status {
            Ok(status) => (Some(status), None),
            Err(error) => (None, Some(error)),
        };
        if ok {
            self.state = State::Delivered;
        } else if self.tries >= MAX_TRIES {
            self.state = State::Failed;
        } else {
            self.next_attempt = wall.plus_secs(backoff_secs(self.tries));
        }
    }
}

/// Seconds until the next attempt: 1, 2, 4 and so on. Stripe waits for hours, but here a developer watches the board.
fn backoff_secs(tries: u32) -> i64 {
    1 << tries.saturating_sub(1).min(10)
}

/// Creates a delivery of the event for each of `endpoints`, given by id and URL.
pub(crate) fn enqueue(tx: &mut Transaction<'_>, event: &str, kind: &str, endpoints: Vec<(String, String)>) {
    for (endpoint, url) in endpoints {
        let mut settings = Settings::clone(&Settings::of(tx));
        let state = if settings.drop_next > 0 {
            settings.drop_next -= 1;
            tx.put(settings);
            State::Dropped
        } else if settings.hold {
            State::Held
        } else {
            State::Queued
        };
        tx.put(Delivery {
            id: ids::new("dlv"),
            event: event.to_owned(),
            kind: kind.to_owned(),
            endpoint,
            url,
            state,
            attempts: 0,
            tries: 0,
            last_status: None,
            last_error: None,
            next_attempt: tx.wall,
            created: tx.now,
        });
    }
}

/// How many of the event's deliveries are queued or held: `pending_webhooks` in its JSON.
pub(crate) fn pending(tx: &Transaction<'_>, event: &str) -> usize {
    let is_waiting = |delivery: &Delivery| matches!(delivery.state, State::Queued | State::Held);
    tx.owned::<Delivery>(event).filter(|delivery| is_waiting(delivery)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivery() -> Delivery {
        Delivery {
            id: String::new(),
            event: String::new(),
            kind: String::new(),
            endpoint: String::new(),
            url: String::new(),
            state: State::Queued,
            attempts: 0,
            tries: 0,
            last_status: None,
            last_error: None,
            next_attempt: Timestamp::from_secs(0),
            created: Timestamp::from_secs(0),
        }
    }

    #[test]
    fn backoff_grows_until_the_delivery_fails() {
        let mut delivery = delivery();
        let mut pauses = Vec::new();
        while delivery.state == State::Queued {
            delivery.record_attempt(Ok(500), Timestamp::from_secs(0));
            pauses.push(delivery.next_attempt.as_secs());
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 64, 64]);
        assert_eq!((delivery.state, delivery.attempts), (State::Failed, MAX_TRIES));
    }

    #[test]
    fn resending_resets_the_backoff_and_keeps_the_attempt_count() {
        let mut delivery = delivery();
        delivery.record_attempt(Ok(204), Timestamp::from_secs(0));
        assert_eq!(delivery.state, State::Delivered);
        delivery.queue(Timestamp::from_secs(9));
        delivery.record_attempt(Err("connection refused".to_owned()), Timestamp::from_secs(9));
        assert_eq!((delivery.state, delivery.attempts, delivery.next_attempt.as_secs()), (State::Queued, 2, 10));
    }
}
