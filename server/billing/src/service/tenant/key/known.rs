//! The keys that a node has in memory (`usage/view.rs`), with the networks that used them.

use std::{
    collections::HashSet,
    hash::{BuildHasher, RandomState},
    net::IpAddr,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
};

use domain::{ids::TenantId, time::Timestamp};
use ipnet::IpNet;

use crate::{
    identity::ClientAddress,
    service::base::permission::{AuthenticatedKey, InstallationHolder, KeyKind, KeyPrincipal},
    store::tenant::{api_keys::ApiKey, installation_keys::InstallationKey},
};

/// Limit of networks per key, in memory and in the database.
pub(in crate::service) const MAX_NETWORKS: i64 = 256;

/// What decides whether a key may be used.
#[derive(Debug)]
pub(in crate::service) struct KeyFacts {
    pub(in crate::service) id: String,
    /// The tenant of the key; for a key of the installation, the installation.
    pub(in crate::service) tenant: TenantId,
    pub(in crate::service) secret_hash: String,
    pub(in crate::service) expires_at: Option<Timestamp>,
    pub(in crate::service) last_used_at: Option<Timestamp>,
    pub(in crate::service) sources: Vec<IpNet>,
}

impl KeyFacts {
    /// Returns whether the key may be used from an address.
    pub(super) fn may_come_from(&self, from: ClientAddress) -> bool {
        let address = from.0.to_canonical();
        self.sources.is_empty() || self.sources.iter().any(|network| network.contains(&address))
    }
}

/// A cached key, as of its tenant's revision.
#[derive(Debug)]
pub(in crate::service) struct KnownKey {
    pub(in crate::service) key: KeyFacts,
    pub(in crate::service) principal: AuthenticatedKey,
    pub(in crate::service) revision: i64,
    /// When its use was last recorded, in seconds of the wall clock; 0 for never.
    pub(in crate::service) noted_at: AtomicI64,
    pub(in crate::service) networks: KeyNetworks,
}

impl KnownKey {
    pub(super) fn of_workspace(key: ApiKey, revision: i64, networks: KeyNetworks) -> Self {
        let ApiKey {
            tenant,
            id,
            name: _,
            scopes,
            secret_hash,
            created_at: _,
            created_by: _,
            expires_at,
            last_used_at,
            sources,
        } = key;
        let holder = KeyPrincipal {
            key: id.as_str().into(),
            tenant: tenant.clone(),
            scopes: scopes.into(),
            kind: KeyKind::Workspace,
        };
        Self {
            key: KeyFacts { id, tenant, secret_hash, expires_at, last_used_at, sources },
            principal: AuthenticatedKey::Workspace(holder),
            revision,
            noted_at: AtomicI64::new(0),
            networks,
        }
    }

    pub(super) fn of_installation(key: InstallationKey, revision: i64, networks: KeyNetworks) -> Self {
        let InstallationKey {
            id,
            name: _,
            scopes,
            secret_hash,
            created_at: _,
            created_by: _,
            expires_at,
            last_used_at,
            sources,
        } = key;
        let holder = InstallationHolder::new(&id, &scopes);
        Self {
            key: KeyFacts { id, tenant: TenantId::installation(), secret_hash, expires_at, last_used_at, sources },
            principal: AuthenticatedKey::Installation(holder),
            revision,
            noted_at: AtomicI64::new(0),
            networks,
        }
    }
}

/// The networks of one key that this node knows.
#[derive(Debug)]
pub(in crate::service) struct KeyNetworks {
    /// Hashes from the database when the key was read.
    pub(super) stored: HashSet<String>,
    /// Networks that used the key since then.
    seen: Mutex<HashSet<IpAddr>>,
    /// The hash of the last network; 0 for none. A product's back end mostly calls from one network: its calls find it
    /// here and do not wait for each other.
    last: AtomicU64,
    hasher: RandomState,
}

impl KeyNetworks {
    pub(in crate::service) fn new(stored: impl IntoIterator<Item = String>) -> Self {
        Self {
            stored: stored.into_iter().collect(),
            seen: Mutex::default(),
            last: AtomicU64::new(0),
            hasher: RandomState::new(),
        }
    }

    /// Returns whether this is the first use from a network since the key was read, and records the network. Forgets
    /// all recorded networks when there are [`MAX_NETWORKS`].
    pub(super) fn is_first(&self, network: IpAddr) -> bool {
        let hash = self.hasher.hash_one(network);
        if self.last.load(Ordering::Relaxed) == hash {
            return false;
        }
        self.last.store(hash, Ordering::Relaxed);
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
