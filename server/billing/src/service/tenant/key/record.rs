//! Records where and when API keys are used: calls note it in memory, and the worker writes it.

use domain::{ids::TenantId, time::Timestamp};

use super::{
    known::{KnownKey, MAX_NETWORKS},
    networks::hash,
};
use crate::{identity::ClientAddress, security_event::SecurityEvent, service::ApiKeys, store::StoreResult};

/// How many networks are written in one transaction, and how many uses. Few, so that usage need not wait for it.
const NETWORKS_A_WRITE: usize = 20;
const USES_A_WRITE: usize = 100;

impl ApiKeys {
    /// Logs the first use of a key from a network (an IPv4 address or an IPv6 /64).
    pub(super) fn record_network(&self, known: &KnownKey, from: ClientAddress) {
        let KnownKey { key, networks, .. } = known;
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

    /// Writes the queued networks. Networks that could not be written are kept for the next call.
    async fn write_new_networks(&self) -> StoreResult<()> {
        let pending: Vec<_> = self.0.new_networks.take().into_iter().collect();
        let (mut unwritten, mut written) = (pending.as_slice(), Ok(()));
        while let (Ok(()), false) = (&written, unwritten.is_empty()) {
            let (networks, rest) = unwritten.split_at(unwritten.len().min(NETWORKS_A_WRITE));
            written = self.insert_networks(networks).await;
            if written.is_ok() {
                unwritten = rest;
            }
        }
        self.0.new_networks.put_back(unwritten.iter().cloned().collect());
        written
    }

    async fn insert_networks(&self, networks: &[(TenantId, String, String)]) -> StoreResult<()> {
        let now = self.wall_now();
        let mut tx = self.store().begin().await?;
        for (tenant, key, hash) in networks {
            let mut link = tx.connection();
            if tenant.is_installation() {
                link.insert_installation_key_network(key, hash, now, MAX_NETWORKS).await?;
            } else {
                link.insert_key_network(tenant, key, hash, now, MAX_NETWORKS).await?;
            }
        }
        tx.commit().await
    }

    /// Writes pending networks, then pending uses. What could not be written is kept for the next call.
    pub async fn write_key_uses(&self) -> StoreResult<()> {
        self.write_new_networks().await?;
        let pending: Vec<_> = self.0.key_uses.take().into_iter().collect();
        let (mut unwritten, mut written) = (pending.as_slice(), Ok(()));
        while let (Ok(()), false) = (&written, unwritten.is_empty()) {
            let (uses, rest) = unwritten.split_at(unwritten.len().min(USES_A_WRITE));
            written = self.write_uses(uses).await;
            if written.is_ok() {
                unwritten = rest;
            }
        }
        self.0.key_uses.put_back(unwritten.iter().cloned().collect());
        written
    }

    async fn write_uses(&self, uses: &[((TenantId, String), Timestamp)]) -> StoreResult<()> {
        let (of_installation, of_tenants): (Vec<_>, Vec<_>) = uses
            .iter()
            .map(|((tenant, id), at)| (tenant, id.as_str(), *at))
            .partition(|(tenant, ..)| tenant.is_installation());
        let mut tx = self.store().begin().await?;
        if !of_tenants.is_empty() {
            tx.connection().update_key_uses(&of_tenants).await?;
        }
        for (_, id, at) in of_installation {
            tx.connection().update_installation_key_use(id, at).await?;
        }
        tx.commit().await
    }
}
