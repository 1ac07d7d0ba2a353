//! The cached key set: how long it is used and when it is fetched again.
//!
//! At most one fetch is in progress; callers that need its result wait for it. A fetch is made if there is no set, if
//! the set is older than its `max-age`, and once when a token names a key that a valid set lacks. After a fetch that
//! failed or lacked that key, there is none for [`REST_SECS`]: neither a source that is down nor a flood of invented
//! key ids causes a storm of fetches. An expired set is used for [`MAX_STALE_SECS`] while a fetch runs in the
//! background.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use domain::time::{Clock, Timestamp};
use jsonwebtoken::DecodingKey;
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::fetch::{FetchError, Fetched, Source};

/// No fetch for this long after one that failed or lacked the requested key.
pub(super) const REST_SECS: i64 = 10;
/// Google announces a key about a day before it signs with it, so a set of this age is likely useless.
pub(super) const MAX_STALE_SECS: i64 = 86_400;

/// Why there is no key to verify a token with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoKey {
    /// The valid set lacks the key.
    Unknown,
    /// No valid set is available.
    Unavailable,
}

type Found = Result<Arc<DecodingKey>, NoKey>;

#[derive(Clone)]
pub(super) struct Keys(Arc<Inner>);

struct Inner {
    source: Source,
    wall: Arc<dyn Clock>,
    held: RwLock<Held>,
    /// Held during a fetch.
    turn: Arc<Mutex<()>>,
}

#[derive(Default)]
struct Held {
    keys: HashMap<String, Arc<DecodingKey>>,
    /// When `keys` was fetched, and for how many seconds it is valid.
    fetched: Option<(Timestamp, i64)>,
    failed_at: Option<Timestamp>,
    /// When a fetch last lacked the key that it was made for.
    missed_at: Option<Timestamp>,
}

impl Keys {
    pub(super) fn new(source: Source, wall: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Inner { source, wall, held: RwLock::default(), turn: Arc::default() }))
    }

    /// Returns the key with the id `kid`.
    pub(super) async fn find(&self, kid: &str) -> Found {
        if let Some(found) = self.0.look(kid) {
            return found;
        }
        if let Some(key) = self.0.past_its_time(kid) {
            // The source may be down, so callers do not wait: one fetches, the others use the expired set.
            if let Ok(turn) = self.0.turn.clone().try_lock_owned() {
                tokio::spawn(self.clone().fetch(turn, kid.to_owned()));
            }
            return Ok(key);
        }
        let turn = self.0.turn.clone().lock_owned().await;
        // Another caller may have fetched in the meantime.
        if let Some(found) = self.0.look(kid) {
            return found;
        }
        // Fetches in a task of its own, so that a caller that disconnects does not cancel the fetch of others.
        tokio::spawn(self.clone().fetch(turn, kid.to_owned())).await.unwrap_or(Err(NoKey::Unavailable))
    }
}

impl Keys {
    async fn fetch(self, turn: OwnedMutexGuard<()>, kid: String) -> Found {
        let _turn = turn;
        let fetched = self.0.source.fetch().await;
        self.0.book(fetched, &kid)
    }
}

impl Inner {
    fn past_its_time(&self, kid: &str) -> Option<Arc<DecodingKey>> {
        self.held.read().unwrap_or_else(PoisonError::into_inner).past_its_time(kid, self.wall.now())
    }

    /// `None` if a fetch is required.
    fn look(&self, kid: &str) -> Option<Found> {
        self.held.read().unwrap_or_else(PoisonError::into_inner).look(kid, self.wall.now())
    }

    fn book(&self, fetched: Result<Fetched, FetchError>, kid: &str) -> Found {
        let now = self.wall.now();
        if let Err(error) = &fetched {
            tracing::warn!(error = error as &dyn std::error::Error, "Firebase's key set can't be fetched");
        }
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        held.book(fetched.ok(), kid, now);
        held.look(kid, now).unwrap_or(Err(NoKey::Unavailable))
    }
}

impl Held {
    fn look(&self, kid: &str, now: Timestamp) -> Option<Found> {
        // A clock that was set back makes the set appear to be from the future: its age is then unknown.
        let within = |since: Timestamp, secs: i64| (0..secs).contains(&now.secs_since(since));
        let rests = |since: Option<Timestamp>| since.is_some_and(|since| within(since, REST_SECS));
        let key = self.keys.get(kid).cloned();
        match self.fetched {
            Some((at, max_age_secs)) if within(at, max_age_secs) => match key {
                Some(key) => Some(Ok(key)),
                None => (rests(self.failed_at) || rests(self.missed_at)).then_some(Err(NoKey::Unknown)),
            },
            Some((at, max_age_secs)) if within(at, max_age_secs + MAX_STALE_SECS) => {
                rests(self.failed_at).then(|| key.ok_or(NoKey::Unavailable))
            }
            _ => rests(self.failed_at).then_some(Err(NoKey::Unavailable)),
        }
    }

    /// A key of a set that is expired but not too old.
    fn past_its_time(&self, kid: &str, now: Timestamp) -> Option<Arc<DecodingKey>> {
        let (at, max_age_secs) = self.fetched?;
        let is_within = (max_age_secs..max_age_secs + MAX_STALE_SECS).contains(&now.secs_since(at));
        self.keys.get(kid).filter(|_| is_within).cloned()
    }

    /// Stores a fetch's result. `fetched` is what a fetch for `kid` returned; `None` if it failed.
    fn book(&mut self, fetched: Option<Fetched>, kid: &str, now: Timestamp) {
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
