//! The key set as it is kept: how long, and when it is asked for again.
//!
//! Only ever one fetch is under way; whoever needs its outcome waits for it. It is made when there is no set, when the set
//! is older than its `max-age`, and once when a token names a key that a set in its time does not have. After an attempt
//! that failed or brought no such key, none is made for [`REST_SECS`]: neither a source that is down nor a flood of made-up
//! key names makes a storm of fetches. Past its time a set is used for [`MAX_STALE_SECS`] until the next has come, and nobody
//! waits for that.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use domain::time::{Clock, Timestamp};
use jsonwebtoken::DecodingKey;
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::fetch::{FetchError, Fetched, Source};

/// No fetch for so long after one that failed, or that was made for a key and did not bring it.
pub(super) const REST_SECS: i64 = 10;
/// Google announces a key about a day before it signs with it: a set this old has likely lost its use.
pub(super) const MAX_STALE_SECS: i64 = 86_400;

/// Why there is no key to judge a token by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoKey {
    /// The set that is in force does not have it.
    Unknown,
    /// There is no set that could tell.
    Unavailable,
}

type Found = Result<Arc<DecodingKey>, NoKey>;

#[derive(Clone)]
pub(super) struct Keys(Arc<Inner>);

struct Inner {
    source: Source,
    wall: Arc<dyn Clock>,
    held: RwLock<Held>,
    /// Had by whoever fetches.
    turn: Arc<Mutex<()>>,
}

#[derive(Default)]
struct Held {
    keys: HashMap<String, Arc<DecodingKey>>,
    /// When `keys` came, and for how long they are in force.
    fetched: Option<(Timestamp, i64)>,
    failed_at: Option<Timestamp>,
    /// When a fetch last did not bring the key that it was made for.
    missed_at: Option<Timestamp>,
}

impl Keys {
    pub(super) fn new(source: Source, wall: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Inner { source, wall, held: RwLock::default(), turn: Arc::default() }))
    }

    /// The key that is called `kid`.
    pub(super) async fn find(&self, kid: &str) -> Found {
        if let Some(found) = self.0.look(kid) {
            return found;
        }
        if let Some(key) = self.0.past_its_time(kid) {
            // Nobody waits for a source that may be down: one fetches, and all go on with what there is.
            if let Ok(turn) = self.0.turn.clone().try_lock_owned() {
                tokio::spawn(self.clone().fetch(turn, kid.to_owned()));
            }
            return Ok(key);
        }
        let turn = self.0.turn.clone().lock_owned().await;
        // Somebody else may have fetched in the meantime.
        if let Some(found) = self.0.look(kid) {
            return found;
        }
        // In a task of its own: a caller who goes away must not take the others' fetch along.
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

    /// `None` when a fetch must tell.
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
        // A clock that was set back makes a set look as if it came from the future: nobody knows how old that is.
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

    /// A key of a set that is past its time and not yet too old.
    fn past_its_time(&self, kid: &str, now: Timestamp) -> Option<Arc<DecodingKey>> {
        let (at, max_age_secs) = self.fetched?;
        let is_within = (max_age_secs..max_age_secs + MAX_STALE_SECS).contains(&now.secs_since(at));
        self.keys.get(kid).filter(|_| is_within).cloned()
    }

    /// `fetched` is what a fetch for `kid` brought; `None` when it failed.
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
