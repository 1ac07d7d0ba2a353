//! Limits of the memory that request bodies take while they are received: in total, per network, and for large bodies.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Maximum bytes that all bodies take together.
const MAX_BYTES: usize = 256 * 1024 * 1024;
/// Maximum bytes that the bodies from one IPv4 address or IPv6 /64 take together.
const MAX_BYTES_PER_NETWORK: usize = 16 * 1024 * 1024;
/// The largest small body: a login, an API call or a small form. Large bodies may not use the last
/// 1/[`RESERVED_PART`] of each limit, which is reserved for small ones.
pub(super) const SMALL_BYTES: usize = 16 * 1024;
const RESERVED_PART: usize = 8;

/// The memory taken by bodies, in total and by network. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct MemoryBudget(Arc<Mutex<Usage>>);

#[derive(Debug, Default)]
struct Usage {
    total: Reserved,
    by_network: HashMap<IpAddr, Reserved>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Reserved {
    bytes: usize,
    /// Bytes of bodies above [`SMALL_BYTES`].
    large_bytes: usize,
}

/// The memory of one body. Dropping it releases the memory.
#[derive(Debug)]
pub(super) struct MemoryReservation {
    budget: MemoryBudget,
    network: Option<IpAddr>,
    bytes: usize,
}

impl MemoryBudget {
    pub(super) fn reserve(&self, network: Option<IpAddr>) -> MemoryReservation {
        MemoryReservation { budget: self.clone(), network, bytes: 0 }
    }

    fn usage(&self) -> MutexGuard<'_, Usage> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl MemoryReservation {
    /// Grows the reservation to `bytes`. Returns `false` and changes nothing if a limit would be exceeded.
    pub(super) fn grow(&mut self, bytes: usize) -> bool {
        let mut usage = self.budget.usage();
        let total = usage.total.changed(self.bytes, bytes);
        if !total.is_within(MAX_BYTES, bytes) {
            return false;
        }
        if let Some(network) = self.network {
            let network_total = usage.by_network.get(&network).copied().unwrap_or_default().changed(self.bytes, bytes);
            if !network_total.is_within(MAX_BYTES_PER_NETWORK, bytes) {
                return false;
            }
            usage.by_network.insert(network, network_total);
        }
        usage.total = total;
        self.bytes = bytes;
        true
    }
}

impl Drop for MemoryReservation {
    fn drop(&mut self) {
        if self.bytes == 0 {
            return;
        }
        let mut usage = self.budget.usage();
        usage.total = usage.total.changed(self.bytes, 0);
        let Some(network) = self.network else { return };
        if let Some(network_total) = usage.by_network.get_mut(&network) {
            *network_total = network_total.changed(self.bytes, 0);
            if network_total.bytes == 0 {
                usage.by_network.remove(&network);
            }
        }
    }
}

impl Reserved {
    /// Returns the sums after the memory of one body changed from `before` to `after` bytes.
    const fn changed(self, before: usize, after: usize) -> Self {
        Self { bytes: self.bytes - before + after, large_bytes: self.large_bytes - large(before) + large(after) }
    }

    const fn is_within(self, most: usize, body: usize) -> bool {
        self.bytes <= most && (body <= SMALL_BYTES || self.large_bytes <= most - most / RESERVED_PART)
    }
}

const fn large(bytes: usize) -> usize {
    if bytes > SMALL_BYTES { bytes } else { 0 }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const MIB: usize = 1024 * 1024;

    #[expect(clippy::unnecessary_wraps, reason = "as callers have it")]
    fn network(last: u8) -> Option<IpAddr> {
        Some(Ipv4Addr::new(192, 0, 2, last).into())
    }

    fn full(budget: &MemoryBudget, from: Option<IpAddr>, bytes: usize) -> Vec<MemoryReservation> {
        std::iter::repeat_with(|| budget.reserve(from)).map_while(|mut held| held.grow(bytes).then_some(held)).collect()
    }

    #[test]
    fn networks_have_a_share_and_small_bodies_a_reserve() {
        let budget = MemoryBudget::default();
        let large = full(&budget, network(1), MIB);
        assert_eq!(large.len(), 14, "two of its 16 MiB are reserved for small bodies");
        let small = full(&budget, network(1), SMALL_BYTES);
        assert_eq!(small.len() * SMALL_BYTES, 2 * MIB);
        assert!(budget.reserve(network(2)).grow(MIB), "other networks have their share");
        let others: Vec<_> = (2..=99).flat_map(|last| full(&budget, network(last), MIB)).collect();
        assert_eq!(large.len() + others.len(), 224);
        assert!(!budget.reserve(network(100)).grow(MIB));
        assert!(budget.reserve(network(100)).grow(SMALL_BYTES), "a login finds room");
        drop((large, small, others));
        assert!(budget.usage().by_network.is_empty());
        assert_eq!(budget.usage().total.bytes, 0);
    }

    #[test]
    fn growing_body_is_counted_once() {
        let budget = MemoryBudget::default();
        let mut held = budget.reserve(network(1));
        for bytes in [SMALL_BYTES, 2 * SMALL_BYTES, MIB] {
            assert!(held.grow(bytes));
        }
        assert!(!held.grow(20 * MIB));
        let counted = || {
            let Reserved { bytes, large_bytes } = budget.usage().total;
            (bytes, large_bytes)
        };
        assert_eq!(counted(), (MIB, MIB));
        drop(held);
        assert_eq!(counted(), (0, 0));
    }
}
