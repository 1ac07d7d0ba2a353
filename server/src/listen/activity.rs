//! What a connection is doing, and whether it has exceeded a time-out.
//!
//! Written by the socket and by the requests of the connection; read by its watchdog and when a slot is needed.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use tokio::sync::Notify;

use super::ConnectionLimits;

/// A client that reads a response at this rate may take as long as it needs.
const BYTES_PER_SEC: u64 = 1024;

/// An HTTP/2 stream may wait for its client this many times the write time-out, since others may be served first.
const STREAM_PATIENCE: u32 = 3;
/// Limits of response bytes that wait for HTTP/2 clients: of a connection, of a network, and in all.
const UNTAKEN_BYTES: usize = 8 * 1024 * 1024;
const UNTAKEN_BYTES_OF_NETWORK: usize = 32 * 1024 * 1024;
const UNTAKEN_BYTES_IN_ALL: usize = 256 * 1024 * 1024;

/// Why a connection is closed: the time-out that has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Overdue {
    /// The head of a request was not sent in time.
    Header,
    /// No further request was sent in time.
    KeepAlive,
    /// The client does not read its response.
    Write,
}

impl Overdue {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Header => "header_timeout",
            Self::KeepAlive => "keep_alive_timeout",
            Self::Write => "write_timeout",
        }
    }
}

/// A client that keeps its requests waiting for longer may lose its slot to a new one.
const PATIENCE: Duration = Duration::from_secs(1);

/// How much a connection matters when a slot is needed, least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ConnectionState {
    /// It has sent no whole head yet.
    Fresh,
    /// It waits for its next request.
    Idle,
    /// Its requests wait for the client, which sends no whole body or does not read its response.
    Held,
    Busy,
}

/// The time since start. Tests advance it.
#[derive(Debug)]
struct Stopwatch {
    started: Instant,
    ahead_ms: AtomicU64,
}

impl Stopwatch {
    fn start() -> Self {
        Self { started: Instant::now(), ahead_ms: AtomicU64::new(0) }
    }

    fn millis(&self) -> u64 {
        let passed = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        passed.saturating_add(self.ahead_ms.load(Relaxed))
    }
}

#[derive(Debug)]
pub(super) struct Activity {
    opened: Stopwatch,
    is_http2: AtomicBool,
    has_asked: AtomicBool,
    in_flight: AtomicU32,
    /// Requests with a body that has not arrived whole.
    receiving: AtomicU32,
    /// Times are milliseconds after `opened`, plus one; 0 is never.
    idle_since: AtomicU64,
    head_since: AtomicU64,
    receiving_since: AtomicU64,
    blocked_since: AtomicU64,
    /// How long writes were blocked, and the bytes written since the first block, since no request was in flight.
    blocked_ms: AtomicU64,
    written: AtomicU64,
    /// Responses that wait for room in the client's HTTP/2 window, and when a part was last taken.
    waiting: AtomicU32,
    taken_at: AtomicU64,
    /// When each waiting response was offered, by the number of its request.
    offered_at: Mutex<HashMap<u64, u64>>,
    next_request: AtomicU64,
    untaken: AtomicUsize,
    shared: Shared,
    evicted: Notify,
}

/// Counters of waiting response bytes, shared with other connections.
#[derive(Clone, Debug, Default)]
pub(super) struct Shared {
    pub(super) in_all: Arc<AtomicUsize>,
    /// The counter of the connection's network; `None` for a trusted proxy, which many clients share.
    pub(super) of_network: Option<Arc<AtomicUsize>>,
}

impl Activity {
    #[cfg(test)]
    pub(super) fn new() -> Self {
        Self::sharing(Shared::default())
    }

    pub(super) fn sharing(shared: Shared) -> Self {
        Self {
            opened: Stopwatch::start(),
            is_http2: AtomicBool::new(false),
            has_asked: AtomicBool::new(false),
            in_flight: AtomicU32::new(0),
            receiving: AtomicU32::new(0),
            idle_since: AtomicU64::new(0),
            head_since: AtomicU64::new(0),
            receiving_since: AtomicU64::new(0),
            blocked_since: AtomicU64::new(0),
            blocked_ms: AtomicU64::new(0),
            written: AtomicU64::new(0),
            waiting: AtomicU32::new(0),
            taken_at: AtomicU64::new(0),
            offered_at: Mutex::default(),
            next_request: AtomicU64::new(0),
            untaken: AtomicUsize::new(0),
            shared,
            evicted: Notify::new(),
        }
    }

    pub(super) fn of_network(&self) -> Option<Arc<AtomicUsize>> {
        self.shared.of_network.clone()
    }

    fn now(&self) -> u64 {
        self.opened.millis().saturating_add(1)
    }

    /// Records that a head has arrived; the request is in flight until the returned guard is dropped.
    pub(super) fn begin(self: &Arc<Self>, is_http2: bool) -> InFlight {
        self.is_http2.store(is_http2, Relaxed);
        self.has_asked.store(true, Relaxed);
        self.head_since.store(0, Relaxed);
        self.in_flight.fetch_add(1, Relaxed);
        InFlight { activity: self.clone(), number: self.next_request.fetch_add(1, Relaxed), untaken: 0 }
    }

    /// Records that a body begins to arrive; it is incomplete until the returned guard is dropped.
    pub(super) fn receive(self: &Arc<Self>) -> Receiving {
        if self.receiving.fetch_add(1, Relaxed) == 0 {
            self.receiving_since.store(self.now(), Relaxed);
        }
        Receiving(self.clone())
    }

    /// Records received bytes. Between two requests of HTTP/1 they begin a head; HTTP/2 has other frames too.
    pub(super) fn read(&self) {
        let is_head = self.has_asked.load(Relaxed) && !self.is_http2.load(Relaxed) && self.in_flight.load(Relaxed) == 0;
        if is_head && self.head_since.load(Relaxed) == 0 {
            self.head_since.store(self.now(), Relaxed);
        }
    }

    /// Records that a write is blocked: the client reads nothing.
    pub(super) fn blocked(&self) {
        if self.blocked_since.load(Relaxed) == 0 {
            self.blocked_since.store(self.now(), Relaxed);
        }
    }

    pub(super) fn wrote(&self, bytes: usize) {
        let since = self.blocked_since.swap(0, Relaxed);
        if since > 0 {
            self.blocked_ms.fetch_add(self.now().saturating_sub(since), Relaxed);
        }
        // Until the first block the kernel's buffers take everything, which says nothing about the client.
        if since > 0 || self.blocked_ms.load(Relaxed) > 0 {
            self.written.fetch_add(bytes as u64, Relaxed);
        }
    }

    fn offered(&self, request: u64) {
        let now = self.now();
        if self.waiting.fetch_add(1, Relaxed) == 0 {
            self.taken_at.store(now, Relaxed);
        }
        if self.is_http2.load(Relaxed) {
            self.offers().insert(request, now);
        }
    }

    fn taken(&self, request: u64) {
        self.waiting.fetch_sub(1, Relaxed);
        self.taken_at.store(self.now(), Relaxed);
        if self.is_http2.load(Relaxed) {
            self.offers().remove(&request);
        }
    }

    fn offers(&self) -> MutexGuard<'_, HashMap<u64, u64>> {
        self.offered_at.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts `bytes` as waiting, and returns whether all limits allow them; counts nothing if not.
    fn hold(&self, bytes: usize) -> bool {
        let counts = [
            (Some(&self.untaken), UNTAKEN_BYTES),
            (self.shared.of_network.as_deref(), UNTAKEN_BYTES_OF_NETWORK),
            (Some(&*self.shared.in_all), UNTAKEN_BYTES_IN_ALL),
        ];
        let counts = counts.into_iter().filter_map(|(count, most)| Some((count?, most)));
        let is_within = counts.fold(true, |is_within, (count, most)| {
            is_within & (count.fetch_add(bytes, Relaxed).saturating_add(bytes) <= most)
        });
        if !is_within {
            self.release(bytes);
        }
        is_within
    }

    fn release(&self, bytes: usize) {
        let counts = [Some(&self.untaken), self.shared.of_network.as_deref(), Some(&*self.shared.in_all)];
        for count in counts.into_iter().flatten() {
            count.fetch_sub(bytes, Relaxed);
        }
    }

    /// Whether it was opened so recently that its first head may be on its way.
    pub(super) fn is_young(&self) -> bool {
        Duration::from_millis(self.now()) <= PATIENCE
    }

    pub(super) fn state(&self) -> ConnectionState {
        if self.in_flight.load(Relaxed) > 0 {
            if self.is_held() { ConnectionState::Held } else { ConnectionState::Busy }
        } else if self.has_asked.load(Relaxed) {
            ConnectionState::Idle
        } else {
            ConnectionState::Fresh
        }
    }

    /// Whether all requests wait for a body, or a response waits to be read, for longer than [`PATIENCE`].
    fn is_held(&self) -> bool {
        let now = self.now();
        let is_long = |since: u64| since > 0 && Duration::from_millis(now.saturating_sub(since)) > PATIENCE;
        let is_receiving = self.receiving.load(Relaxed) >= self.in_flight.load(Relaxed);
        (is_receiving && is_long(self.receiving_since.load(Relaxed)))
            || is_long(self.blocked_since.load(Relaxed))
            || (self.is_untaken() && is_long(self.taken_at.load(Relaxed)))
    }

    /// Whether an HTTP/2 response waits for a window: the socket is writable though the client reads nothing.
    fn is_untaken(&self) -> bool {
        self.is_http2.load(Relaxed) && self.waiting.load(Relaxed) > 0
    }

    /// Returns the time-out that has passed, if any.
    pub(super) fn overdue(&self, limits: &ConnectionLimits) -> Option<Overdue> {
        let now = self.now();
        let is_over = |since: u64, span: Duration| since > 0 && Duration::from_millis(now.saturating_sub(since)) > span;
        if self.is_blocked_too_long(now, limits.write) {
            return Some(Overdue::Write);
        }
        match self.state() {
            ConnectionState::Held | ConnectionState::Busy => None,
            ConnectionState::Fresh => is_over(1, limits.header).then_some(Overdue::Header),
            ConnectionState::Idle if is_over(self.head_since.load(Relaxed), limits.header) => Some(Overdue::Header),
            ConnectionState::Idle => {
                is_over(self.idle_since.load(Relaxed), limits.keep_alive).then_some(Overdue::KeepAlive)
            }
        }
    }

    /// Whether writes were blocked longer than `patience` plus what the written bytes earn: reading a byte now and then
    /// gains nothing.
    fn is_blocked_too_long(&self, now: u64, patience: Duration) -> bool {
        let earned = Duration::from_secs(self.written.load(Relaxed) / BYTES_PER_SEC);
        let is_too_long = |millis: u64| Duration::from_millis(millis) > patience.saturating_add(earned);
        let since = self.blocked_since.load(Relaxed);
        let blocked = self.blocked_ms.load(Relaxed).saturating_add(now.saturating_sub(since));
        (since > 0 && is_too_long(blocked))
            || (self.is_untaken() && is_too_long(now.saturating_sub(self.taken_at.load(Relaxed))))
            || (self.is_untaken() && self.has_stale_offer(now, patience * STREAM_PATIENCE))
    }

    fn has_stale_offer(&self, now: u64, patience: Duration) -> bool {
        let oldest = self.offers().values().min().copied();
        oldest.is_some_and(|since| Duration::from_millis(now.saturating_sub(since)) > patience)
    }

    pub(super) fn evict(&self) {
        self.evicted.notify_one();
    }

    pub(super) async fn evicted(&self) {
        self.evicted.notified().await;
    }

    fn end(&self) {
        if self.in_flight.fetch_sub(1, Relaxed) == 1 {
            self.idle_since.store(self.now(), Relaxed);
            self.blocked_ms.store(0, Relaxed);
            self.written.store(0, Relaxed);
        }
    }
}

/// A request, from its head to the end of its response.
#[derive(Debug)]
pub(super) struct InFlight {
    activity: Arc<Activity>,
    number: u64,
    /// Response bytes that wait for the client.
    untaken: usize,
}

impl InFlight {
    /// Records that a part of the response is offered to the client.
    pub(super) fn offered(&self) {
        self.activity.offered(self.number);
    }

    /// Records that the part was taken or given up.
    pub(super) fn taken(&self) {
        self.activity.taken(self.number);
    }

    /// Grows the waiting bytes to `bytes`, and returns whether the limits allow it.
    pub(super) fn hold(&mut self, bytes: usize) -> bool {
        let more = bytes.saturating_sub(self.untaken);
        let is_within = more == 0 || self.activity.hold(more);
        if is_within {
            self.untaken += more;
        }
        is_within
    }

    /// Records that `bytes` no longer wait.
    pub(super) fn release(&mut self, bytes: usize) {
        let bytes = bytes.min(self.untaken);
        self.untaken -= bytes;
        self.activity.release(bytes);
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.release(self.untaken);
        self.activity.end();
    }
}

/// A body, from the request's head until it was read whole or given up.
#[derive(Debug)]
pub(super) struct Receiving(Arc<Activity>);

impl Drop for Receiving {
    fn drop(&mut self) {
        if self.0.receiving.fetch_sub(1, Relaxed) == 1 {
            self.0.receiving_since.store(0, Relaxed);
        }
    }
}

#[cfg(test)]
mod tests;
