//! From which networks each key was used: a use from another one is a security event, once.
//!
//! A call looks into memory alone. What is new is noted, and written by the worker beside when keys were last used.

use std::{
    collections::{BTreeSet, HashSet},
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use aws_lc_rs::digest;
use domain::ids::TenantId;

use super::super::{Services, usage::KnownKey};
use crate::{identity::ClientAddress, security_event::SecurityEvent, store::StoreResult};

/// How many networks a key's memory holds, and its rows in the database.
pub(in crate::service) const MOST_NETWORKS: i64 = 256;
/// As many as wait for the worker; what does not fit is logged again when the key is used again.
const MOST_NOTES: usize = 1000;
const HASH_BYTES: usize = 16;

/// By tenant, key and hash.
type Notes = BTreeSet<(TenantId, String, String)>;

/// Networks that wait to be written.
#[derive(Debug, Default)]
pub(in crate::service) struct NewNetworks(Mutex<Notes>);

/// The networks of one key that this node knows.
#[derive(Debug)]
pub(in crate::service) struct KeyNetworks {
    /// As hashes, when the key was read.
    stored: HashSet<String>,
    /// Used from since.
    seen: Mutex<HashSet<IpAddr>>,
}

impl KeyNetworks {
    pub(in crate::service) fn new(stored: impl IntoIterator<Item = String>) -> Self {
        Self { stored: stored.into_iter().collect(), seen: Mutex::default() }
    }

    /// Whether this is the first use from a network since the key was read. The memory starts again when it is full.
    fn is_first(&self, network: IpAddr) -> bool {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.contains(&network) {
            return false;
        }
        if i64::try_from(seen.len()).unwrap_or(i64::MAX) >= MOST_NETWORKS {
            seen.clear();
        }
        seen.insert(network)
    }
}

impl NewNetworks {
    /// `false` where it waits already.
    fn note(&self, tenant: &TenantId, key: &str, hash: String) -> bool {
        let mut notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let note = (tenant.clone(), key.to_owned(), hash);
        if notes.contains(&note) {
            return false;
        }
        if notes.len() < MOST_NOTES {
            notes.insert(note);
        }
        true
    }

    fn take(&self) -> Notes {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Of the key's own, so that the same network is another text for every key.
fn hash(key: &str, network: IpAddr) -> String {
    let digest = digest::digest(&digest::SHA256, format!("{key} {network}").as_bytes());
    hex::encode(digest.as_ref().get(..HASH_BYTES).unwrap_or_default())
}

impl Services {
    /// Logs the first use of a key from a network (an IPv4 address or an IPv6 /64).
    pub fn note_key_address(&self, key: &str, from: ClientAddress) {
        let Some(known) = self.0.views.key(key) else { return };
        let KnownKey { key, networks, .. } = &*known;
        let network = from.network();
        if !networks.is_first(network) {
            return;
        }
        let hash = hash(&key.id, network);
        if networks.stored.contains(&hash) || !self.0.new_networks.note(&key.tenant, &key.id, hash) {
            return;
        }
        SecurityEvent::KeyUsedFromNewAddress { tenant: &key.tenant, key: &key.id }.write();
    }

    /// Writes what was noted since.
    pub(super) async fn write_new_networks(&self) -> StoreResult<()> {
        let notes = self.0.new_networks.take();
        if notes.is_empty() {
            return Ok(());
        }
        let now = self.wall_now();
        let mut tx = self.store().begin().await?;
        for (tenant, key, hash) in &notes {
            tx.link().insert_key_network(tenant, key, hash, now, MOST_NETWORKS).await?;
        }
        tx.commit().await
    }
}
