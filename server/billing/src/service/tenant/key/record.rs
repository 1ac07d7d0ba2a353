//! Records where and when API keys are used: calls note it in memory, and the worker writes it.

use super::{
    known::{KnownKey, MAX_NETWORKS},
    networks::{PendingNetworks, hash},
    uses::PendingUses,
};
use crate::{identity::ClientAddress, security_event::SecurityEvent, service::ApiKeys, store::StoreResult};

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
        let pending = self.0.new_networks.take();
        if pending.is_empty() {
            return Ok(());
        }
        let written = self.insert_networks(&pending).await;
        if written.is_err() {
            self.0.new_networks.put_back(pending);
        }
        written
    }

    async fn insert_networks(&self, pending: &PendingNetworks) -> StoreResult<()> {
        let now = self.wall_now();
        let mut tx = self.store().begin().await?;
        for (tenant, key, hash) in pending {
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
        let pending = self.0.key_uses.take();
        if pending.is_empty() {
            return Ok(());
        }
        let written = self.write_pending(&pending).await;
        if written.is_err() {
            self.0.key_uses.put_back(pending);
        }
        written
    }

    async fn write_pending(&self, pending: &PendingUses) -> StoreResult<()> {
        let mut tx = self.store().begin().await?;
        for ((tenant, id), at) in pending {
            if tenant.is_installation() {
                tx.connection().update_installation_key_use(id, *at).await?;
            } else {
                tx.connection().update_key_use(tenant, id, *at).await?;
            }
        }
        tx.commit().await
    }
}
