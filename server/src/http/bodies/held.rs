//! The memory of bodies that have not arrived whole: a bound for all, a share for each network, and a reserve for small ones.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// All bodies together, and those of one IPv4 address or IPv6 /64.
const MOST_BYTES: usize = 256 * 1024 * 1024;
const MOST_BYTES_OF_NETWORK: usize = 16 * 1024 * 1024;
/// A login, a call or a small form. Larger bodies leave this part of either bound to such.
pub(super) const SMALL_BYTES: usize = 16 * 1024;
const RESERVED_PART: usize = 8;

/// Cheap to clone. Holds a number for each network that has a body on its way.
#[derive(Clone, Debug, Default)]
pub(super) struct Shares(Arc<Mutex<Taken>>);

#[derive(Debug, Default)]
struct Taken {
    in_all: Share,
    of_networks: HashMap<IpAddr, Share>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Share {
    bytes: usize,
    /// Those of bodies that are not small.
    large_bytes: usize,
}

/// What one body takes, given back when this is dropped.
#[derive(Debug)]
pub(super) struct Held {
    shares: Shares,
    network: Option<IpAddr>,
    bytes: usize,
}

impl Shares {
    pub(super) fn held(&self, network: Option<IpAddr>) -> Held {
        Held { shares: self.clone(), network, bytes: 0 }
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    /// Takes memory up to `bytes`; `false`, and as before, where there is none left for it.
    pub(super) fn grow(&mut self, bytes: usize) -> bool {
        let mut taken = self.shares.taken();
        let in_all = taken.in_all.changed(self.bytes, bytes);
        if !in_all.is_within(MOST_BYTES, bytes) {
            return false;
        }
        if let Some(network) = self.network {
            let own = taken.of_networks.get(&network).copied().unwrap_or_default().changed(self.bytes, bytes);
            if !own.is_within(MOST_BYTES_OF_NETWORK, bytes) {
                return false;
            }
            taken.of_networks.insert(network, own);
        }
        taken.in_all = in_all;
        self.bytes = bytes;
        true
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if self.bytes == 0 {
            return;
        }
        let mut taken = self.shares.taken();
        taken.in_all = taken.in_all.changed(self.bytes, 0);
        let Some(network) = self.network else { return };
        if let Some(own) = taken.of_networks.get_mut(&network) {
            *own = own.changed(self.bytes, 0);
            if own.bytes == 0 {
                taken.of_networks.remove(&network);
            }
        }
    }
}

impl Share {
    /// With a body that took `before` and takes `after`.
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

    fn network(last: u8) -> Option<IpAddr> {
        Some(Ipv4Addr::new(192, 0, 2, last).into())
    }

    fn full(shares: &Shares, from: Option<IpAddr>, bytes: usize) -> Vec<Held> {
        std::iter::repeat_with(|| shares.held(from)).map_while(|mut held| held.grow(bytes).then_some(held)).collect()
    }

    #[test]
    fn a_network_has_a_share_and_small_bodies_a_reserve() {
        let shares = Shares::default();
        let large = full(&shares, network(1), MIB);
        assert_eq!(large.len(), 14, "two of its 16 MiB are for small ones");
        let small = full(&shares, network(1), SMALL_BYTES);
        assert_eq!(small.len() * SMALL_BYTES, 2 * MIB);
        assert!(shares.held(network(2)).grow(MIB), "others have their own");
        let others: Vec<_> = (2..=99).flat_map(|last| full(&shares, network(last), MIB)).collect();
        assert_eq!(large.len() + others.len(), 224);
        assert!(!shares.held(network(100)).grow(MIB));
        assert!(shares.held(network(100)).grow(SMALL_BYTES), "a login finds room");
        drop((large, small, others));
        assert!(shares.taken().of_networks.is_empty());
        assert_eq!(shares.taken().in_all.bytes, 0);
    }

    #[test]
    fn a_body_that_grows_is_counted_once() {
        let shares = Shares::default();
        let mut held = shares.held(network(1));
        for bytes in [SMALL_BYTES, 2 * SMALL_BYTES, MIB] {
            assert!(held.grow(bytes));
        }
        assert!(!held.grow(20 * MIB));
        let counted = || {
            let Share { bytes, large_bytes } = shares.taken().in_all;
            (bytes, large_bytes)
        };
        assert_eq!(counted(), (MIB, MIB));
        drop(held);
        assert_eq!(counted(), (0, 0));
    }
}
