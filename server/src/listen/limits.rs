//! The limits of connections, as the settings say them.

use std::time::Duration;

/// Watchdogs look this often at least and at most.
const LOOKS: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));

/// How many connections there may be, and how long each may take for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionLimits {
    pub total: usize,
    /// For one IPv4 address or IPv6 network; trusted proxies have none.
    pub per_address: usize,
    /// To send the head of a request, from the connection or from its first byte.
    pub header: Duration,
    /// To send the body of a request.
    pub body: Duration,
    /// Between two requests.
    pub keep_alive: Duration,
    /// To take in a part of an answer, see [`super::activity`].
    pub write: Duration,
}

impl ConnectionLimits {
    /// How often a connection is held against its time-outs: a quarter of the shortest is the most that one is overrun by.
    pub(super) fn look_every(&self) -> Duration {
        let shortest = self.header.min(self.keep_alive).min(self.write);
        (shortest / 4).clamp(LOOKS.0, LOOKS.1)
    }
}
