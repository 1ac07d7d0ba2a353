//! The keys that a node has in memory (`usage/view.rs`), with the networks that used them.

use std::{
    collections::HashSet,
    net::IpAddr,
    sync::{Mutex, PoisonError, atomic::AtomicI64},
};

use crate::{service::base::permission::KeyPrincipal, store::tenant::api_keys::ApiKey};

/// Limit of networks per key, in memory and in the database.
pub(in crate::service) const MAX_NETWORKS: i64 = 256;

/// A cached API key, as of its tenant's revision.
#[derive(Debug)]
pub(in crate::service) struct KnownKey {
    pub(in crate::service) key: ApiKey,
    pub(in crate::service) holder: KeyPrincipal,
    pub(in crate::service) revision: i64,
    /// When its use was last recorded, in seconds of the wall clock; 0 for never.
    pub(in crate::service) noted_at: AtomicI64,
    pub(in crate::service) networks: KeyNetworks,
}

/// The networks of one key that this node knows.
#[derive(Debug)]
pub(in crate::service) struct KeyNetworks {
    /// Hashes from the database when the key was read.
    pub(super) stored: HashSet<String>,
    /// Networks that used the key since then.
    seen: Mutex<HashSet<IpAddr>>,
}

impl KeyNetworks {
    pub(in crate::service) fn new(stored: impl IntoIterator<Item = String>) -> Self {
        Self { stored: stored.into_iter().collect(), seen: Mutex::default() }
    }

    /// Returns whether this is the first use from a network since the key was read. Clears the memory when it is full.
    pub(super) fn is_first(&self, network: IpAddr) -> bool {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.contains(&network) {
            return false;
        }
        if i64::try_from(seen.len()).unwrap_or(i64::MAX) >= MAX_NETWORKS {
            seen.clear();
        }
        seen.insert(network)
    }
}
