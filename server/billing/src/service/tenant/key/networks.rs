//! Networks from which each API key was used. The first use from a network is a security event.
//!
//! A call only reads memory. New networks are queued, and written by the worker together with the last use of keys.

use std::{
    collections::BTreeSet,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use aws_lc_rs::digest;
use domain::ids::TenantId;

/// Limit of networks that wait for the worker. A network beyond it is logged and not stored: it counts as new again
/// when the key is next read from the database.
const MAX_PENDING: usize = 1000;
const HASH_BYTES: usize = 16;

/// Entries of tenant, key and network hash.
pub(super) type PendingNetworks = BTreeSet<(TenantId, String, String)>;

/// Queue of networks to write.
#[derive(Debug, Default)]
pub(in crate::service) struct NewNetworks(Mutex<PendingNetworks>);

impl NewNetworks {
    /// Queues a network; `false` when it is already queued.
    pub(super) fn push(&self, tenant: &TenantId, key: &str, hash: String) -> bool {
        let mut pending = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = (tenant.clone(), key.to_owned(), hash);
        if pending.contains(&entry) {
            return false;
        }
        if pending.len() < MAX_PENDING {
            pending.insert(entry);
        }
        true
    }

    /// Queues networks again whose write failed. Beyond the limit of the queue they are dropped.
    pub(super) fn put_back(&self, networks: PendingNetworks) {
        let mut pending = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let room = MAX_PENDING.saturating_sub(pending.len());
        pending.extend(networks.into_iter().take(room));
    }

    pub(super) fn take(&self) -> PendingNetworks {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Hashes a network, salted with the key's id, so that hashes of different keys can't be compared.
pub(super) fn hash(key: &str, network: IpAddr) -> String {
    let digest = digest::digest(&digest::SHA256, format!("{key} {network}").as_bytes());
    hex::encode(digest.as_ref().get(..HASH_BYTES).unwrap_or_default())
}
