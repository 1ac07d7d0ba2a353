//! The cached key set: how long it is used and when it is fetched again.
//!
//! At most one fetch is in progress; callers that need its result wait for it. A fetch is made if there is no set, if
//! the set is older than its `max-age`, and once when a token names a key that a valid set lacks. After a fetch that
//! failed or lacked such a key, no fetch is made for [`REST_SECS`]: neither a source that is down nor a flood of
//! invented key ids causes a storm of fetches. An expired set is used for [`MAX_STALE_SECS`] while a fetch runs in the
//! background.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use domain::time::{Clock, Timestamp};
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::fetch::{FetchError, Fetched, Source, VerifyingKey};

/// How long no fetch is made after a fetch that failed or lacked the requested key.
pub(super) const REST_SECS: i64 = 10;
/// How long an expired set is used. Issuers publish a key about a day before they sign with it, so an older set is
/// likely useless.
pub(super) const MAX_STALE_SECS: i64 = 86_400;

/// Why there is no key to verify a token with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoKey {
    /// The valid set lacks the key.
    Unknown,
    /// No valid set is available.
    Unavailable,
}

type FoundKey = Result<Arc<VerifyingKey>, NoKey>;

#[derive(Clone)]
pub(super) struct Keys(Arc<Inner>);

struct Inner {
    source: Source,
    wall: Arc<dyn Clock>,
    cache: RwLock<Cache>,
    /// Held during a fetch.
    fetch_lock: Arc<Mutex<()>>,
}

#[derive(Default)]
struct Cache {
    keys: HashMap<String, Arc<VerifyingKey>>,
    /// When `keys` was fetched, and for how many seconds it is valid.
    fetched: Option<(Timestamp, i64)>,
    failed_at: Option<Timestamp>,
    /// When a fetch last lacked the key that it was made for.
    missed_at: Option<Timestamp>,
}

impl Keys {
    pub(super) fn new(source: Source, wall: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Inner { source, wall, cache: RwLock::default(), fetch_lock: Arc::default() }))
    }

    /// Returns the key with the id `kid`.
    pub(super) async fn find(&self, kid: &str) -> FoundKey {
        if let Some(found) = self.0.lookup(kid) {
            return found;
        }
        if let Some(key) = self.0.stale_key(kid) {
            // The source may be down, so callers do not wait: one starts a fetch, and all use the expired set.
            if let Ok(fetch_lock) = self.0.fetch_lock.clone().try_lock_owned() {
                tokio::spawn(self.clone().fetch(fetch_lock, kid.to_owned()));
            }
            return Ok(key);
        }
        let fetch_lock = self.0.fetch_lock.clone().lock_owned().await;
        // Another caller may have fetched in the meantime.
        if let Some(found) = self.0.lookup(kid) {
            return found;
        }
        // A separate task, so that a caller that disconnects does not cancel a fetch that others wait for.
        tokio::spawn(self.clone().fetch(fetch_lock, kid.to_owned())).await.unwrap_or(Err(NoKey::Unavailable))
    }
}

impl Keys {
    async fn fetch(self, fetch_lock: OwnedMutexGuard<()>, kid: String) -> FoundKey {
        let _fetch_lock = fetch_lock;
        let fetched = self.0.source.fetch().await;
        self.0.store_fetch(fetched, &kid)
    }
}

impl Inner {
    fn stale_key(&self, kid: &str) -> Option<Arc<VerifyingKey>> {
        self.cache.read().unwrap_or_else(PoisonError::into_inner).stale_key(kid, self.wall.now())
    }

    /// Looks a key up in the cache; `None` if a fetch is required.
    fn lookup(&self, kid: &str) -> Option<FoundKey> {
        self.cache.read().unwrap_or_else(PoisonError::into_inner).lookup(kid, self.wall.now())
    }

    fn store_fetch(&self, fetched: Result<Fetched, FetchError>, kid: &str) -> FoundKey {
        let now = self.wall.now();
        if let Err(error) = &fetched {
            tracing::warn!(
                place = %self.source,
                error = error as &dyn std::error::Error,
                "failed to fetch a key set"
            );
        }
        let mut cache = self.cache.write().unwrap_or_else(PoisonError::into_inner);
        cache.store_fetch(fetched.ok(), kid, now);
        cache.lookup(kid, now).unwrap_or(Err(NoKey::Unavailable))
    }
}

impl Cache {
    fn lookup(&self, kid: &str, now: Timestamp) -> Option<FoundKey> {
        // A clock that was set back makes the set appear to be from the future: its age is then unknown.
        let within = |since: Timestamp, secs: i64| (0..secs).contains(&now.secs_since(since));
        let is_resting = |since: Option<Timestamp>| since.is_some_and(|since| within(since, REST_SECS));
        let key = self.keys.get(kid).cloned();
        match self.fetched {
            Some((at, max_age_secs)) if within(at, max_age_secs) => match key {
                Some(key) => Some(Ok(key)),
                None => (is_resting(self.failed_at) || is_resting(self.missed_at)).then_some(Err(NoKey::Unknown)),
            },
            Some((at, max_age_secs)) if within(at, max_age_secs + MAX_STALE_SECS) => {
                is_resting(self.failed_at).then(|| key.ok_or(NoKey::Unavailable))
            }
            _ => is_resting(self.failed_at).then_some(Err(NoKey::Unavailable)),
        }
    }

    /// Returns the key `kid` if the set has expired, but not more than [`MAX_STALE_SECS`] ago.
    fn stale_key(&self, kid: &str, now: Timestamp) -> Option<Arc<VerifyingKey>> {
        let (at, max_age_secs) = self.fetched?;
        let is_within = (max_age_secs..max_age_secs + MAX_STALE_SECS).contains(&now.secs_since(at));
        self.keys.get(kid).filter(|_| is_within).cloned()
    }

    /// Stores a fetch's result. `fetched` is what a fetch for `kid` returned; `None` if it failed.
    fn store_fetch(&mut self, fetched: Option<Fetched>, kid: &str, now: Timestamp) {
        let Some(Fetched { keys, max_age_secs }) = fetched else {
            self.failed_at = Some(now);
            return;
        };
        if !keys.contains_key(kid) {
            self.missed_at = Some(now);
        }
        self.keys = keys;
        self.fetched = Some((now, max_age_secs));
        self.failed_at = None;
    }
}
