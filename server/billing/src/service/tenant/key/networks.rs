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

use super::known::{KnownKey, MAX_NETWORKS};
use crate::{identity::ClientAddress, security_event::SecurityEvent, service::Services, store::StoreResult};

/// Limit of networks that wait for the worker. One beyond it is logged again at the key's next use.
const MAX_PENDING: usize = 1000;
const HASH_BYTES: usize = 16;

/// Entries of tenant, key and network hash.
type PendingNetworks = BTreeSet<(TenantId, String, String)>;

/// Queue of networks to write.
#[derive(Debug, Default)]
pub(in crate::service) struct NewNetworks(Mutex<PendingNetworks>);

impl NewNetworks {
    /// Queues a network; `false` when it is already queued.
    fn push(&self, tenant: &TenantId, key: &str, hash: String) -> bool {
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

    fn take(&self) -> PendingNetworks {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Hashes a network, salted with the key's id, so that hashes of different keys can't be compared.
fn hash(key: &str, network: IpAddr) -> String {
    let digest = digest::digest(&digest::SHA256, format!("{key} {network}").as_bytes());
    hex::encode(digest.as_ref().get(..HASH_BYTES).unwrap_or_default())
}

impl Services {
    /// Logs the first use of a key from a network (an IPv4 address or an IPv6 /64).
    pub fn record_key_network(&self, key: &str, from: ClientAddress) {
        let Some(known) = self.0.views.key(key) else { return };
        let KnownKey { key, networks, .. } = &*known;
        let network = from.network();
        if !networks.is_first(network) {
            return;
        }
        let hash = hash(&key.id, network);
        if networks.stored.contains(&hash) || !self.0.new_networks.push(&key.tenant, &key.id, hash) {
            return;
        }
        SecurityEvent::KeyUsedFromNewAddress { tenant: &key.tenant, key: &key.id }.write();
    }

    /// Writes the queued networks.
    pub(super) async fn write_new_networks(&self) -> StoreResult<()> {
        let pending = self.0.new_networks.take();
        if pending.is_empty() {
            return Ok(());
        }
        let now = self.wall_now();
        let mut tx = self.store().begin().await?;
        for (tenant, key, hash) in &pending {
            tx.connection().insert_key_network(tenant, key, hash, now, MAX_NETWORKS).await?;
        }
        tx.commit().await
    }
}
