//! How many requests a minute anybody may send: counted by person or API key, and by address for whoever is neither.
//!
//! Counted in memory, each node for itself: a request costs one look-up in a map of numbers and one atomic exchange, and
//! nobody waits for a database. Each limit refills evenly: a minute's worth may come at once, then one request as each part
//! of a minute has passed (GCRA).

use std::{
    hash::{BuildHasher, RandomState},
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{
    extract::Request,
    http::{Extensions, HeaderName, HeaderValue},
    response::Response,
};
use billing::identity::ClientAddress;
use governor::{
    Quota, RateLimiter,
    clock::{Clock, DefaultClock},
    middleware::StateInformationMiddleware,
    state::keyed::DashMapStateStore,
};
use tokio_util::sync::CancellationToken;

use crate::api::{
    self, ApiError,
    principal::{Caller, recognised},
};

/// Of the current draft (draft-ietf-httpapi-ratelimit-headers).
const RATELIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const RATELIMIT: HeaderName = HeaderName::from_static("ratelimit");
const WINDOW_SECS: u32 = 60;
const FORGET_EVERY: Duration = Duration::from_secs(10);
/// Callers that are counted one by one. Where there are more, each shares its count with others until some have left: a flood from
/// many addresses takes no more memory.
const MOST_COUNTED: usize = 200_000;
const SHARED_COUNTS: u64 = 4096;

/// Requests a minute; `None` for no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimits {
    /// For one person, in whatever workspace.
    pub person: Option<NonZeroU32>,
    pub key: Option<NonZeroU32>,
    /// For an address from which nobody is recognised, and for the forms of pages.
    pub address: Option<NonZeroU32>,
    /// Pages, for one person, and for an address from which nobody is recognised.
    pub pages: Option<NonZeroU32>,
}

/// Who has sent how much of late.
#[derive(Debug)]
pub struct Rates {
    person: Option<Rate>,
    key: Option<Rate>,
    address: Option<Rate>,
    pages: Option<Rate>,
    /// Callers are counted under a hash of what they are called: short, and without a copy.
    hasher: RandomState,
}

type Limiter = RateLimiter<u64, DashMapStateStore<u64>, DefaultClock, StateInformationMiddleware>;

#[derive(Debug)]
struct Rate {
    limiter: Limiter,
    clock: DefaultClock,
    name: &'static str,
    per_minute: u32,
    policy: HeaderValue,
    is_crowded: AtomicBool,
}

/// Where a caller stands after a request.
pub(super) struct Standing<'a> {
    rate: &'a Rate,
    remaining: u32,
    /// When all of it is there again.
    whole_after_secs: u64,
    /// Set when this request was one too many.
    retry_after_secs: Option<i64>,
}

impl Rates {
    pub fn new(limits: RateLimits) -> Self {
        let RateLimits { person, key, address, pages } = limits;
        Self {
            person: person.map(|most| Rate::new("principal", most)),
            key: key.map(|most| Rate::new("principal", most)),
            address: address.map(|most| Rate::new("address", most)),
            pages: pages.map(|most| Rate::new("pages", most)),
            hasher: RandomState::new(),
        }
    }

    /// Drops, until `stop`, whoever has been away long enough to have all of it back.
    pub async fn forget_regularly(self: Arc<Self>, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(FORGET_EVERY) => {}
            }
            for rate in [&self.person, &self.key, &self.address, &self.pages].into_iter().flatten() {
                rate.forget();
            }
        }
    }

    /// Counts a request whose caller was recognised.
    pub(super) fn standing(&self, request: &Request) -> Option<Standing<'_>> {
        let path = request.uri().path();
        if api::is_api_path(path) {
            self.count(path, request.extensions())
        } else {
            self.count_page(request.extensions())
        }
    }

    /// Counts a page: by the person who loads it, or by the address of whoever is none. What pages load is not counted.
    fn count_page(&self, extensions: &Extensions) -> Option<Standing<'_>> {
        let person = match recognised(extensions) {
            Some(Caller::Person(viewer)) => Some(viewer.user_id.as_str()),
            Some(Caller::Nowhere(account)) => Some(account.user_id.as_str()),
            Some(Caller::Key(_)) | None => None,
        };
        let network = extensions.get::<ClientAddress>().map(|address| address.network());
        let counted = person.map_or_else(|| self.hasher.hash_one(network), |person| self.hasher.hash_one(person));
        Some(self.pages.as_ref()?.count(counted))
    }

    /// Counts a request; `None` for whoever has no limit.
    fn count(&self, path: &str, extensions: &Extensions) -> Option<Standing<'_>> {
        let caller = if api::is_page_form(path) { None } else { recognised(extensions) };
        match caller {
            Some(Caller::Key(holder)) => Some(self.key.as_ref()?.count(self.hasher.hash_one(&holder.key))),
            Some(Caller::Person(viewer)) => {
                Some(self.person.as_ref()?.count(self.hasher.hash_one(viewer.user_id.as_str())))
            }
            Some(Caller::Nowhere(account)) => {
                Some(self.person.as_ref()?.count(self.hasher.hash_one(account.user_id.as_str())))
            }
            None => {
                let network = extensions.get::<ClientAddress>().map(|address| address.network());
                Some(self.address.as_ref()?.count(self.hasher.hash_one(network)))
            }
        }
    }
}

impl Rate {
    fn new(name: &'static str, most: NonZeroU32) -> Self {
        let limiter = RateLimiter::dashmap(Quota::per_minute(most)).with_middleware();
        let policy = HeaderValue::from_str(&format!("\"{name}\";q={most};w={WINDOW_SECS}"));
        let policy = policy.unwrap_or(HeaderValue::from_static(""));
        let is_crowded = AtomicBool::new(false);
        Self { limiter, clock: DefaultClock::default(), name, per_minute: most.get(), policy, is_crowded }
    }

    /// Drops whoever has all of it back.
    fn forget(&self) {
        self.limiter.retain_recent();
        self.limiter.shrink_to_fit();
        self.is_crowded.store(self.limiter.len() > MOST_COUNTED, Ordering::Relaxed);
    }

    fn count(&self, caller: u64) -> Standing<'_> {
        let caller = if self.is_crowded.load(Ordering::Relaxed) { caller % SHARED_COUNTS } else { caller };
        match self.limiter.check_key(&caller) {
            Ok(state) => self.standing(state.remaining_burst_capacity(), None),
            Err(until) => {
                let wait = until.wait_time_from(self.clock.now());
                let secs = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
                self.standing(0, Some(i64::try_from(secs).unwrap_or(i64::MAX).max(1)))
            }
        }
    }

    fn standing(&self, remaining: u32, retry_after_secs: Option<i64>) -> Standing<'_> {
        let used = u64::from(self.per_minute.saturating_sub(remaining));
        let whole_after_secs = (used * u64::from(WINDOW_SECS)).div_ceil(u64::from(self.per_minute));
        Standing { rate: self, remaining, whole_after_secs, retry_after_secs }
    }
}

impl Standing<'_> {
    /// The answer to one request too many.
    pub(super) fn refusal(&self) -> Option<ApiError> {
        self.retry_after_secs.map(ApiError::rate_limited)
    }

    /// How long to wait after a page too many.
    pub(super) const fn retry_after_secs(&self) -> Option<i64> {
        self.retry_after_secs
    }

    pub(super) fn tell(&self, response: &mut Response) {
        let Self { rate: Rate { name, policy, .. }, remaining, whole_after_secs, retry_after_secs: _ } = self;
        let headers = response.headers_mut();
        headers.insert(RATELIMIT_POLICY, policy.clone());
        if let Ok(now) = HeaderValue::from_str(&format!("\"{name}\";r={remaining};t={whole_after_secs}")) {
            headers.insert(RATELIMIT, now);
        }
    }
}

#[cfg(test)]
mod tests;
