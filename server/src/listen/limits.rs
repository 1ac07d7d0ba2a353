//! Limits of connections, from the settings.

use std::time::Duration;

/// Bounds of the watchdog's interval.
const WATCHDOG_INTERVALS: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));

/// How many connections may be open, and how long each step may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionLimits {
    pub total: usize,
    /// Connections of one IPv4 address or IPv6 network. Trusted proxies are exempt.
    pub per_address: usize,
    /// Time to send the head of a request. It starts when the connection is opened, and for later requests with the
    /// first byte of the head.
    pub header: Duration,
    /// Time to send the body of a request.
    pub body: Duration,
    /// Time between two requests.
    pub keep_alive: Duration,
    /// How long a client may read nothing of its response, see [`super::activity`].
    pub write: Duration,
}

impl ConnectionLimits {
    /// Returns the watchdog's interval: a quarter of the shortest time-out, so that a connection exceeds its time-out
    /// by at most a quarter.
    pub(super) fn watchdog_interval(&self) -> Duration {
        let shortest = self.header.min(self.keep_alive).min(self.write);
        (shortest / 4).clamp(WATCHDOG_INTERVALS.0, WATCHDOG_INTERVALS.1)
    }
}
