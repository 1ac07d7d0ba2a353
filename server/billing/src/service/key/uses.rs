//! When keys were last used: noted in memory by each call, written by the worker. So a call neither waits for the database's
//! writer nor fails for it, and what is written is exact to about a minute.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    sync::{Mutex, MutexGuard, PoisonError, atomic::Ordering},
};

use domain::{ids::TenantId, time::Timestamp};

use super::super::{Services, usage::KnownKey};
use crate::store::StoreResult;

/// A use that comes sooner than this after the one that is written says nothing new.
const WORTH_NOTING_SECS: i64 = 60;
/// What does not fit waits for the key's next use.
const MOST_NOTES: usize = 1000;

/// By tenant and key, in this order on every node, so that two nodes that write at once never wait for each other in a circle.
type Notes = BTreeMap<(TenantId, String), Timestamp>;

#[derive(Debug, Default)]
pub(in crate::service) struct KeyUses(Mutex<Notes>);

impl KeyUses {
    pub(super) fn note(&self, known: &KnownKey, now: Timestamp) {
        let KnownKey { key, noted_at, .. } = known;
        let before = Timestamp::from_secs(noted_at.load(Ordering::Relaxed));
        if key.last_used_at.is_some_and(|last| now.secs_since(last) < WORTH_NOTING_SECS)
            || now.secs_since(before) < WORTH_NOTING_SECS
        {
            return;
        }
        noted_at.store(now.as_secs(), Ordering::Relaxed);
        let mut notes = self.notes();
        let has_room = notes.len() < MOST_NOTES;
        match notes.entry((key.tenant.clone(), key.id.clone())) {
            Entry::Occupied(mut known) => {
                known.insert(now);
            }
            Entry::Vacant(new) if has_room => {
                new.insert(now);
            }
            Entry::Vacant(_) => {}
        }
    }

    fn take(&self) -> Notes {
        std::mem::take(&mut *self.notes())
    }

    /// What could not be written; a later use of the same key goes before it.
    fn put_back(&self, unwritten: Notes) {
        let mut notes = self.notes();
        for (key, at) in unwritten {
            notes.entry(key).or_insert(at);
        }
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Services {
    /// Writes what was noted since; keeps it for the next time when that fails.
    pub async fn write_key_uses(&self) -> StoreResult<()> {
        self.write_new_networks().await?;
        let notes = self.0.key_uses.take();
        if notes.is_empty() {
            return Ok(());
        }
        let written = self.write_notes(&notes).await;
        if written.is_err() {
            self.0.key_uses.put_back(notes);
        }
        written
    }

    async fn write_notes(&self, notes: &Notes) -> StoreResult<()> {
        let mut tx = self.store().begin().await?;
        for ((tenant, id), at) in notes {
            tx.link().update_key_use(tenant, id, *at).await?;
        }
        tx.commit().await
    }
}
