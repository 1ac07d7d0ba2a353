//! What a connection is doing, and whether it has exceeded a time-out.
//!
//! The connection's socket and requests write the activity. The connection's watchdog and the search for a connection
//! to evict read it.

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

/// A client that reads its response at least this fast is never timed out.
const BYTES_PER_SEC: u64 = 1024;

/// An HTTP/2 stream may wait for its client this many write time-outs: the client may read other streams first.
const STREAM_PATIENCE: u32 = 3;
/// Limits of unread response bytes over HTTP/2: per connection, per network and in total.
const MAX_UNREAD_BYTES: usize = 8 * 1024 * 1024;
const MAX_UNREAD_BYTES_OF_NETWORK: usize = 32 * 1024 * 1024;
const MAX_UNREAD_BYTES_IN_TOTAL: usize = 256 * 1024 * 1024;

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

/// After this time, a connection that waits for its client may be evicted for a new one.
const PATIENCE: Duration = Duration::from_secs(1);

/// The state of a connection. Connections are evicted in the order of the variants; a busy one is not evicted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ConnectionState {
    /// It has not sent a complete request head yet.
    Fresh,
    /// It waits for its next request.
    Idle,
    /// Its requests wait for the client: a request body is incomplete, or the response is not read.
    Held,
    Busy,
}

/// Measures the time since it was started. Tests advance it.
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
    /// The number of requests with an incomplete body.
    receiving: AtomicU32,
    /// When the number of requests in flight fell to 0.
    ///
    /// This and the times below are in milliseconds since `opened`, plus one; 0 means never.
    idle_since: AtomicU64,
    head_since: AtomicU64,
    receiving_since: AtomicU64,
    blocked_since: AtomicU64,
    /// How long writes were blocked. Reset when the last request in flight ends.
    blocked_ms: AtomicU64,
    /// The bytes written since the first blocked write. Reset like `blocked_ms`.
    written: AtomicU64,
    /// The number of responses that wait for the client's HTTP/2 window.
    waiting: AtomicU32,
    /// When hyper last took a part of a response.
    taken_at: AtomicU64,
    /// For each waiting HTTP/2 response, by the number of its request: when its current part was offered.
    offered_at: Mutex<HashMap<u64, u64>>,
    next_request: AtomicU64,
    unread: AtomicUsize,
    shared: Shared,
    evicted: Notify,
}

/// Counters of unread response bytes that connections share.
#[derive(Clone, Debug, Default)]
pub(super) struct Shared {
    pub(super) in_total: Arc<AtomicUsize>,
    /// The counter of the connection's network; `None` for a trusted proxy, because many clients share its address.
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
            unread: AtomicUsize::new(0),
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
        InFlight { activity: self.clone(), number: self.next_request.fetch_add(1, Relaxed), unread: 0 }
    }

    /// Records that a body begins to arrive; it is incomplete until the returned guard is dropped.
    pub(super) fn receive(self: &Arc<Self>) -> Receiving {
        if self.receiving.fetch_add(1, Relaxed) == 0 {
            self.receiving_since.store(self.now(), Relaxed);
        }
        Receiving(self.clone())
    }

    /// Records that bytes were received. Over HTTP/1, bytes between two requests start the next request's head.
    pub(super) fn read(&self) {
        let is_head = self.has_asked.load(Relaxed) && !self.is_http2.load(Relaxed) && self.in_flight.load(Relaxed) == 0;
        if is_head && self.head_since.load(Relaxed) == 0 {
            self.head_since.store(self.now(), Relaxed);
        }
    }

    /// Records that a write is blocked because the client does not read.
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
        // Before the first blocked write, bytes only fill the kernel's buffers: the client may not have read any.
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

    /// Counts `bytes` as unread. Returns `false` and counts nothing if a limit would be exceeded.
    fn hold(&self, bytes: usize) -> bool {
        let counts = [
            (Some(&self.unread), MAX_UNREAD_BYTES),
            (self.shared.of_network.as_deref(), MAX_UNREAD_BYTES_OF_NETWORK),
            (Some(&*self.shared.in_total), MAX_UNREAD_BYTES_IN_TOTAL),
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
        let counts = [Some(&self.unread), self.shared.of_network.as_deref(), Some(&*self.shared.in_total)];
        for count in counts.into_iter().flatten() {
            count.fetch_sub(bytes, Relaxed);
        }
    }

    /// Whether the connection was opened so recently that its first request may still be on its way.
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

    /// Whether the connection has waited for its client for longer than [`PATIENCE`]: all of its requests lack a part
    /// of their body, or the client does not read a response.
    fn is_held(&self) -> bool {
        let now = self.now();
        let is_long = |since: u64| since > 0 && Duration::from_millis(now.saturating_sub(since)) > PATIENCE;
        let is_receiving = self.receiving.load(Relaxed) >= self.in_flight.load(Relaxed);
        (is_receiving && is_long(self.receiving_since.load(Relaxed)))
            || is_long(self.blocked_since.load(Relaxed))
            || (self.is_window_full() && is_long(self.taken_at.load(Relaxed)))
    }

    /// Whether an HTTP/2 response waits for the client's window. The socket stays writable then.
    fn is_window_full(&self) -> bool {
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

    /// Whether writes were blocked longer than `patience` plus the time that [`BYTES_PER_SEC`] grants for the bytes
    /// written. A client that reads a byte now and then is still timed out.
    fn is_blocked_too_long(&self, now: u64, patience: Duration) -> bool {
        let earned = Duration::from_secs(self.written.load(Relaxed) / BYTES_PER_SEC);
        let is_too_long = |millis: u64| Duration::from_millis(millis) > patience.saturating_add(earned);
        let since = self.blocked_since.load(Relaxed);
        let blocked = self.blocked_ms.load(Relaxed).saturating_add(now.saturating_sub(since));
        (since > 0 && is_too_long(blocked))
            || (self.is_window_full() && is_too_long(now.saturating_sub(self.taken_at.load(Relaxed))))
            || (self.is_window_full() && self.has_stale_offer(now, patience * STREAM_PATIENCE))
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
    /// The response bytes that the client has not read.
    unread: usize,
}

impl InFlight {
    /// Records that the head or a part of the response waits to be sent.
    pub(super) fn offered(&self) {
        self.activity.offered(self.number);
    }

    /// Records that the waiting head or part was sent or dropped.
    pub(super) fn taken(&self) {
        self.activity.taken(self.number);
    }

    /// Raises the request's unread bytes to `bytes`. Returns `false` and changes nothing if a limit would be exceeded.
    pub(super) fn hold(&mut self, bytes: usize) -> bool {
        let more = bytes.saturating_sub(self.unread);
        let is_within = more == 0 || self.activity.hold(more);
        if is_within {
            self.unread += more;
        }
        is_within
    }

    /// Records that the client has read `bytes`.
    pub(super) fn release(&mut self, bytes: usize) {
        let bytes = bytes.min(self.unread);
        self.unread -= bytes;
        self.activity.release(bytes);
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.release(self.unread);
        self.activity.end();
    }
}

/// A request body that is being received; ends when it was read completely or dropped.
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
