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
    principal::{Caller, authenticated_caller},
};

/// Of the current draft (draft-ietf-httpapi-ratelimit-headers).
const RATELIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const RATELIMIT: HeaderName = HeaderName::from_static("ratelimit");
const WINDOW_SECS: u32 = 60;
const PRUNE_EVERY: Duration = Duration::from_secs(10);
/// Callers that are counted one by one. Where there are more, each shares its count with others until some have left: a flood from
/// many addresses takes no more memory.
const MAX_TRACKED_CALLERS: usize = 200_000;
const SHARED_BUCKETS: u64 = 4096;

/// Requests a minute; `None` for no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimits {
    /// For one person, in whatever workspace.
    pub person: Option<NonZeroU32>,
    pub key: Option<NonZeroU32>,
    /// For an address from which nobody is authenticated_caller, and for the forms of pages.
    pub address: Option<NonZeroU32>,
    /// Pages, for one person, and for an address from which nobody is authenticated_caller.
    pub pages: Option<NonZeroU32>,
}

/// Who has sent how much of late.
#[derive(Debug)]
pub struct RequestLimiter {
    person: Option<PolicyLimiter>,
    key: Option<PolicyLimiter>,
    address: Option<PolicyLimiter>,
    pages: Option<PolicyLimiter>,
    /// Callers are counted under a hash of what they are called: short, and without a copy.
    hasher: RandomState,
}

type Limiter = RateLimiter<u64, DashMapStateStore<u64>, DefaultClock, StateInformationMiddleware>;

#[derive(Debug)]
struct PolicyLimiter {
    limiter: Limiter,
    clock: DefaultClock,
    name: &'static str,
    per_minute: u32,
    policy: HeaderValue,
    is_sharing_buckets: AtomicBool,
}

/// Where a caller stands after a request.
pub(super) struct RateLimitStatus<'a> {
    rate: &'a PolicyLimiter,
    remaining: u32,
    /// When all of it is there again.
    full_after_secs: u64,
    /// Set when this request was one too many.
    retry_after_secs: Option<i64>,
}

impl RequestLimiter {
    pub fn new(limits: RateLimits) -> Self {
        let RateLimits { person, key, address, pages } = limits;
        Self {
            person: person.map(|most| PolicyLimiter::new("principal", most)),
            key: key.map(|most| PolicyLimiter::new("principal", most)),
            address: address.map(|most| PolicyLimiter::new("address", most)),
            pages: pages.map(|most| PolicyLimiter::new("pages", most)),
            hasher: RandomState::new(),
        }
    }

    /// Drops, until `stop`, whoever has been away long enough to have all of it back.
    pub async fn prune_regularly(self: Arc<Self>, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(PRUNE_EVERY) => {}
            }
            for rate in [&self.person, &self.key, &self.address, &self.pages].into_iter().flatten() {
                rate.prune();
            }
        }
    }

    /// Counts a request whose caller was authenticated_caller.
    pub(super) fn count_request(&self, request: &Request) -> Option<RateLimitStatus<'_>> {
        let path = request.uri().path();
        if api::is_api_path(path) {
            self.count(path, request.extensions())
        } else {
            self.count_page(request.extensions())
        }
    }

    /// Counts a page: by the person who loads it, or by the address of whoever is none. What pages load is not counted.
    fn count_page(&self, extensions: &Extensions) -> Option<RateLimitStatus<'_>> {
        let person = match authenticated_caller(extensions) {
            Some(Caller::Person(viewer)) => Some(viewer.user_id.as_str()),
            Some(Caller::AccountOnly(account)) => Some(account.user_id.as_str()),
            Some(Caller::Key(_)) | None => None,
        };
        let network = extensions.get::<ClientAddress>().map(|address| address.network());
        let counted = person.map_or_else(|| self.hasher.hash_one(network), |person| self.hasher.hash_one(person));
        Some(self.pages.as_ref()?.count(counted))
    }

    /// Counts a request; `None` for whoever has no limit.
    fn count(&self, path: &str, extensions: &Extensions) -> Option<RateLimitStatus<'_>> {
        let caller = if api::is_page_form(path) { None } else { authenticated_caller(extensions) };
        match caller {
            Some(Caller::Key(holder)) => Some(self.key.as_ref()?.count(self.hasher.hash_one(&holder.key))),
            Some(Caller::Person(viewer)) => {
                Some(self.person.as_ref()?.count(self.hasher.hash_one(viewer.user_id.as_str())))
            }
            Some(Caller::AccountOnly(account)) => {
                Some(self.person.as_ref()?.count(self.hasher.hash_one(account.user_id.as_str())))
            }
            None => {
                let network = extensions.get::<ClientAddress>().map(|address| address.network());
                Some(self.address.as_ref()?.count(self.hasher.hash_one(network)))
            }
        }
    }
}

impl PolicyLimiter {
    fn new(name: &'static str, most: NonZeroU32) -> Self {
        let limiter = RateLimiter::dashmap(Quota::per_minute(most)).with_middleware();
        let policy = HeaderValue::from_str(&format!("\"{name}\";q={most};w={WINDOW_SECS}"));
        let policy = policy.unwrap_or(HeaderValue::from_static(""));
        let is_sharing_buckets = AtomicBool::new(false);
        Self { limiter, clock: DefaultClock::default(), name, per_minute: most.get(), policy, is_sharing_buckets }
    }

    /// Drops whoever has all of it back.
    fn prune(&self) {
        self.limiter.retain_recent();
        self.limiter.shrink_to_fit();
        self.is_sharing_buckets.store(self.limiter.len() > MAX_TRACKED_CALLERS, Ordering::Relaxed);
    }

    fn count(&self, caller: u64) -> RateLimitStatus<'_> {
        let caller = if self.is_sharing_buckets.load(Ordering::Relaxed) { caller % SHARED_BUCKETS } else { caller };
        match self.limiter.check_key(&caller) {
            Ok(state) => self.status(state.remaining_burst_capacity(), None),
            Err(until) => {
                let wait = until.wait_time_from(self.clock.now());
                let secs = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
                self.status(0, Some(i64::try_from(secs).unwrap_or(i64::MAX).max(1)))
            }
        }
    }

    fn status(&self, remaining: u32, retry_after_secs: Option<i64>) -> RateLimitStatus<'_> {
        let used = u64::from(self.per_minute.saturating_sub(remaining));
        let full_after_secs = (used * u64::from(WINDOW_SECS)).div_ceil(u64::from(self.per_minute));
        RateLimitStatus { rate: self, remaining, full_after_secs, retry_after_secs }
    }
}

impl RateLimitStatus<'_> {
    /// The answer to one request too many.
    pub(super) fn refusal(&self) -> Option<ApiError> {
        self.retry_after_secs.map(ApiError::rate_limited)
    }

    /// How long to wait after a page too many.
    pub(super) const fn retry_after_secs(&self) -> Option<i64> {
        self.retry_after_secs
    }

    pub(super) fn set_headers(&self, response: &mut Response) {
        let Self { rate: PolicyLimiter { name, policy, .. }, remaining, full_after_secs, retry_after_secs: _ } = self;
        let headers = response.headers_mut();
        headers.insert(RATELIMIT_POLICY, policy.clone());
        if let Ok(now) = HeaderValue::from_str(&format!("\"{name}\";r={remaining};t={full_after_secs}")) {
            headers.insert(RATELIMIT, now);
        }
    }
}

#[cfg(test)]
mod tests;
