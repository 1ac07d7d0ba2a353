//! Rate limits in requests per minute: by person or API key, and by address for anonymous callers.
//!
//! Counts are per node and in memory, so counting a request needs no database. A limit refills evenly (GCRA): at 60
//! requests per minute, a caller may send 60 at once, and from then on one per second.

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

/// Header names of draft-ietf-httpapi-ratelimit-headers.
const RATELIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const RATELIMIT: HeaderName = HeaderName::from_static("ratelimit");
const WINDOW_SECS: u32 = 60;
const PRUNE_EVERY: Duration = Duration::from_secs(10);
/// How many callers each limit tracks separately. Above this number all callers share [`SHARED_BUCKETS`] buckets until
/// idle callers are pruned. This bounds the memory that a flood from many addresses takes.
const MAX_TRACKED_CALLERS: usize = 200_000;
const SHARED_BUCKETS: u64 = 4096;

/// Limits in requests per minute; `None` for no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimits {
    /// API requests of one person, across workspaces.
    pub person: Option<NonZeroU32>,
    /// API requests with one API key.
    pub key: Option<NonZeroU32>,
    /// Anonymous API requests from one address, and page forms.
    pub address: Option<NonZeroU32>,
    /// Requests for pages by one person, or from one address for anonymous callers.
    pub pages: Option<NonZeroU32>,
}

/// The rate limiters of this node.
#[derive(Debug)]
pub struct RequestLimiter {
    person: Option<PolicyLimiter>,
    key: Option<PolicyLimiter>,
    address: Option<PolicyLimiter>,
    pages: Option<PolicyLimiter>,
    /// Hashes the ids of callers. Only the hash is stored.
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

/// The caller's rate limit after a request.
pub(super) struct RateLimitStatus<'a> {
    rate: &'a PolicyLimiter,
    remaining: u32,
    /// Seconds until the limit is fully refilled.
    full_after_secs: u64,
    /// Seconds until the next request is allowed; `None` if this one was.
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

    /// Drops idle callers regularly, until `stop`.
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

    /// Counts a request; `None` if no limit applies to its caller.
    pub(super) fn count_request(&self, request: &Request) -> Option<RateLimitStatus<'_>> {
        let path = request.uri().path();
        if api::is_api_path(path) {
            self.count(path, request.extensions())
        } else {
            self.count_page(request.extensions())
        }
    }

    /// Counts a request for a page. Static files are not counted.
    fn count_page(&self, extensions: &Extensions) -> Option<RateLimitStatus<'_>> {
        let person = match authenticated_caller(extensions) {
            Some(Caller::Person(viewer)) => Some(viewer.user_id.as_str()),
            Some(Caller::AccountOnly(account)) => Some(account.user_id.as_str()),
            Some(Caller::Key(_) | Caller::Installation(_)) | None => None,
        };
        let network = extensions.get::<ClientAddress>().map(|address| address.network());
        let counted = person.map_or_else(|| self.hasher.hash_one(network), |person| self.hasher.hash_one(person));
        Some(self.pages.as_ref()?.count(counted))
    }

    /// Counts an API request; `None` if no limit applies to its caller.
    fn count(&self, path: &str, extensions: &Extensions) -> Option<RateLimitStatus<'_>> {
        let caller = if api::is_page_form(path) { None } else { authenticated_caller(extensions) };
        match caller {
            Some(Caller::Key(holder)) => Some(self.key.as_ref()?.count(self.hasher.hash_one(&holder.key))),
            // An installation key has one limit for all the tenants that its requests name.
            Some(Caller::Installation(principal)) => {
                Some(self.key.as_ref()?.count(self.hasher.hash_one(&principal.key)))
            }
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

    /// Drops callers whose limit is fully refilled, and decides whether callers share buckets.
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
    /// Returns the 429 error; `None` if the request was within the limit.
    pub(super) fn refusal(&self) -> Option<ApiError> {
        self.retry_after_secs.map(ApiError::rate_limited)
    }

    /// Seconds until the next request is allowed; `None` if this one was.
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
