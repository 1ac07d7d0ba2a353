//! Last use of API keys: recorded in memory by each call and written by the worker, exact to about a minute.
//!
//! A call neither waits for the database's writer nor fails because of it.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    sync::{Mutex, MutexGuard, PoisonError, atomic::Ordering},
};

use domain::{ids::TenantId, time::Timestamp};

use super::known::KnownKey;

/// Minimum time between two recorded uses of a key.
const MIN_INTERVAL_SECS: i64 = 60;
/// Limit of pending uses. A use beyond it is dropped; the key's next use is recorded instead.
const MAX_PENDING: usize = 1000;

/// Times by tenant and key. The order is the same on every node, so that concurrent writers can't deadlock.
pub(super) type PendingUses = BTreeMap<(TenantId, String), Timestamp>;

#[derive(Debug, Default)]
pub(in crate::service) struct KeyUses(Mutex<PendingUses>);

impl KeyUses {
    pub(super) fn record(&self, known: &KnownKey, now: Timestamp) {
        let KnownKey { key, noted_at, .. } = known;
        let before = Timestamp::from_secs(noted_at.load(Ordering::Relaxed));
        if key.last_used_at.is_some_and(|last| now.secs_since(last) < MIN_INTERVAL_SECS)
            || now.secs_since(before) < MIN_INTERVAL_SECS
        {
            return;
        }
        noted_at.store(now.as_secs(), Ordering::Relaxed);
        let mut pending = self.lock();
        let has_room = pending.len() < MAX_PENDING;
        match pending.entry((key.tenant.clone(), key.id.clone())) {
            Entry::Occupied(mut known) => {
                known.insert(now);
            }
            Entry::Vacant(new) if has_room => {
                new.insert(now);
            }
            Entry::Vacant(_) => {}
        }
    }

    pub(super) fn take(&self) -> PendingUses {
        std::mem::take(&mut *self.lock())
    }

    /// Restores uses whose write failed. A later use of the same key takes precedence.
    pub(super) fn put_back(&self, unwritten: PendingUses) {
        let mut pending = self.lock();
        for (key, at) in unwritten {
            pending.entry(key).or_insert(at);
        }
    }

    fn lock(&self) -> MutexGuard<'_, PendingUses> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
