//! Limits of connections, from the settings.

use std::time::Duration;

/// Bounds of the watchdog's interval.
const LOOKS: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));

/// How many connections may be open, and how long each step may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionLimits {
    pub total: usize,
    /// For one IPv4 address or IPv6 network; trusted proxies are exempt.
    pub per_address: usize,
    /// Time to send the head of a request, from the connection or from its first byte.
    pub header: Duration,
    /// Time to send the body of a request.
    pub body: Duration,
    /// Time between two requests.
    pub keep_alive: Duration,
    /// Time to read a part of a response, see [`super::activity`].
    pub write: Duration,
}

impl ConnectionLimits {
    /// The watchdog's interval: a quarter of the shortest time-out, which bounds how much one is overrun.
    pub(super) fn look_every(&self) -> Duration {
        let shortest = self.header.min(self.keep_alive).min(self.write);
        (shortest / 4).clamp(LOOKS.0, LOOKS.1)
    }
}
