//! Slots of open connections, limited in total and by address.
//!
//! When all slots are taken, a new connection evicts another: the oldest that has not sent a complete request head,
//! else one that is idle or waits for its client ([`ConnectionState`]). When every connection is busy, the new one gets
//! a slot of the reserve, which only serves health checks.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak, atomic::AtomicUsize},
};

use billing::identity::ClientAddress;
use ipnet::IpNet;
use metrics::gauge;

use super::{
    ConnectionLimits,
    activity::{Activity, ConnectionState, Shared},
};

/// The metric of the connections that are open.
pub(super) const OPEN: &str = "http_connections";
/// Slots of the reserve, which exists so that a load balancer's health check succeeds on a busy server.
const RESERVED: usize = 32;
/// How many connections are examined for one eviction, so that `accept` does not scan all connections.
const MAX_EXAMINED: usize = 256;

#[derive(Debug)]
pub(super) struct ConnectionSlots {
    total: usize,
    per_address: usize,
    uncapped: Vec<IpNet>,
    open: Mutex<Open>,
    /// The unread response bytes of all connections.
    unread: Arc<AtomicUsize>,
}

#[derive(Debug, Default)]
struct Open {
    next_id: u64,
    within_caps: Connections,
    /// Connections in the reserve.
    reserve: Connections,
}

/// The open connections, by network and in queues for eviction. `fresh` and the connections of a network are ordered by
/// age, oldest first; `others` is not.
#[derive(Debug, Default)]
struct Connections {
    count: usize,
    by_network: HashMap<IpAddr, BTreeMap<u64, Arc<Activity>>>,
    /// Connections without a complete request head when last examined.
    fresh: VecDeque<Entry>,
    /// All other connections. An examined one moves to the end.
    others: VecDeque<Entry>,
}

/// A connection in a queue. Entries of closed connections are skipped.
type Entry = (IpAddr, u64, Weak<Activity>);

impl ConnectionSlots {
    pub(super) fn new(limits: ConnectionLimits, uncapped: Vec<IpNet>) -> Self {
        let ConnectionLimits { total, per_address, .. } = limits;
        Self { total, per_address, uncapped, open: Mutex::default(), unread: Arc::default() }
    }

    /// Takes a slot for a connection from `peer`; `None` if the reserve is full, too.
    pub(super) fn take(self: &Arc<Self>, peer: IpAddr) -> Option<ConnectionSlot> {
        let peer = peer.to_canonical();
        let network = ClientAddress(peer).network();
        let is_capped = !self.uncapped.iter().any(|proxies| proxies.contains(&peer));
        let mut open = self.lock();
        let within_caps = &mut open.within_caps;
        let is_crowded =
            is_capped && within_caps.count_of(network) >= self.per_address && !within_caps.evict_of(network);
        let is_reserved = is_crowded || (within_caps.count >= self.total && !within_caps.evict_one());
        if is_reserved && open.reserve.count >= RESERVED && !open.reserve.evict_one() {
            return None;
        }
        let id = open.next_id;
        open.next_id += 1;
        let most_entries = 2 * if is_reserved { RESERVED } else { self.total };
        let of_network = is_capped.then(|| open.unread_counter(network));
        let shared = Shared { in_total: self.unread.clone(), of_network };
        let activity = open.connections(is_reserved).insert_connection(network, id, most_entries, shared);
        gauge!(OPEN).increment(1.0);
        Some(ConnectionSlot { slots: self.clone(), network, id, activity, is_reserved })
    }

    /// Evicts one connection; a no-op if all are busy.
    pub(super) fn evict_one(&self) {
        let mut open = self.lock();
        let _ = open.within_caps.evict_one() || open.reserve.evict_one();
    }

    pub(super) fn open(&self) -> usize {
        let open = self.lock();
        open.within_caps.count + open.reserve.count
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        // A poisoned lock is safe to use: no code that can panic runs between two dependent changes.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    const fn connections(&mut self, is_reserved: bool) -> &mut Connections {
        if is_reserved { &mut self.reserve } else { &mut self.within_caps }
    }

    /// Returns the counter of unread response bytes that all connections of a network share.
    fn unread_counter(&self, network: IpAddr) -> Arc<AtomicUsize> {
        let open = [&self.within_caps, &self.reserve].into_iter().filter_map(|open| open.by_network.get(&network));
        open.flat_map(BTreeMap::values).find_map(|activity| activity.of_network()).unwrap_or_default()
    }
}

impl Connections {
    fn count_of(&self, network: IpAddr) -> usize {
        self.by_network.get(&network).map_or(0, BTreeMap::len)
    }

    fn insert_connection(&mut self, network: IpAddr, id: u64, most_entries: usize, shared: Shared) -> Arc<Activity> {
        let activity = Arc::new(Activity::sharing(shared));
        self.count += 1;
        self.by_network.entry(network).or_default().insert(id, activity.clone());
        while let Some(entry) = self.fresh.pop_front_if(|front| state(front) != Some(ConnectionState::Fresh)) {
            self.others.push_back(entry);
        }
        if self.fresh.len() + self.others.len() >= most_entries {
            self.remove_closed();
        }
        self.fresh.push_back((network, id, Arc::downgrade(&activity)));
        activity
    }

    /// Drops entries of closed connections.
    fn remove_closed(&mut self) {
        let (fresh, others) =
            std::mem::take(&mut self.fresh).into_iter().partition(|entry| state(entry) == Some(ConnectionState::Fresh));
        self.fresh = fresh;
        self.others.extend(others);
        self.others.retain(|entry| state(entry).is_some());
    }

    /// Removes a connection and returns it; `None` if it was evicted before.
    fn remove_connection(&mut self, network: IpAddr, id: u64) -> Option<Arc<Activity>> {
        let here = self.by_network.get_mut(&network)?;
        let left = here.remove(&id);
        if here.is_empty() {
            self.by_network.remove(&network);
        }
        self.count -= usize::from(left.is_some());
        left
    }

    fn evict(&mut self, network: IpAddr, id: u64) -> bool {
        let left = self.remove_connection(network, id);
        left.inspect(|activity| activity.evict()).is_some()
    }

    fn evict_of(&mut self, network: IpAddr) -> bool {
        let Some(here) = self.by_network.get(&network) else { return false };
        let first = |state| here.iter().find(|(_, activity)| activity.state() == state).map(|(id, _)| *id);
        let least = first(ConnectionState::Fresh)
            .or_else(|| first(ConnectionState::Idle))
            .or_else(|| first(ConnectionState::Held));
        least.is_some_and(|id| self.evict(network, id))
    }

    /// Evicts one connection. A connection that was just opened is evicted only if no other can be. Returns `false` if
    /// all are busy.
    fn evict_one(&mut self) -> bool {
        self.evict_fresh(true) || self.evict_other() || self.evict_fresh(false)
    }

    /// Evicts the oldest connection without a complete request head. Returns `false` if there is none, or if it was
    /// just opened and `spare_young` is set.
    fn evict_fresh(&mut self, spare_young: bool) -> bool {
        while let Some((network, id, activity)) = self.fresh.front().cloned() {
            let found = activity.upgrade();
            let is_fresh = found.as_ref().is_some_and(|activity| activity.state() == ConnectionState::Fresh);
            if is_fresh && spare_young && found.as_ref().is_some_and(|activity| activity.is_young()) {
                return false;
            }
            self.fresh.pop_front();
            if is_fresh && self.evict(network, id) {
                return true;
            }
            if found.is_some() {
                self.others.push_back((network, id, activity));
            }
        }
        false
    }

    /// Evicts a connection that is idle or waits for its client. Returns `false` if none is found.
    fn evict_other(&mut self) -> bool {
        for _ in 0..MAX_EXAMINED.min(self.others.len()) {
            let Some(entry) = self.others.pop_front() else { break };
            match state(&entry) {
                Some(ConnectionState::Idle | ConnectionState::Held) if self.evict(entry.0, entry.1) => return true,
                Some(_) => self.others.push_back(entry),
                None => {}
            }
        }
        false
    }
}

/// The state of an entry's connection; `None` when it is closed.
fn state((_, _, activity): &Entry) -> Option<ConnectionState> {
    activity.upgrade().map(|activity| activity.state())
}

/// The slot of a connection. Dropping it frees the slot.
#[derive(Debug)]
pub(super) struct ConnectionSlot {
    slots: Arc<ConnectionSlots>,
    network: IpAddr,
    id: u64,
    pub(super) activity: Arc<Activity>,
    /// Whether the slot belongs to the reserve, which only serves health checks.
    pub(super) is_reserved: bool,
}

impl Drop for ConnectionSlot {
    fn drop(&mut self) {
        self.slots.lock().connections(self.is_reserved).remove_connection(self.network, self.id);
        gauge!(OPEN).decrement(1.0);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn slots(total: usize, per_address: usize) -> Arc<ConnectionSlots> {
        let second = Duration::from_secs(1);
        let limits =
            ConnectionLimits { total, per_address, header: second, body: second, keep_alive: second, write: second };
        Arc::new(ConnectionSlots::new(limits, vec!["10.0.0.0/8".parse().unwrap()]))
    }

    fn from(slots: &Arc<ConnectionSlots>, address: &str) -> Option<ConnectionSlot> {
        slots.take(address.parse().unwrap())
    }

    async fn is_evicted(slot: &ConnectionSlot) -> bool {
        tokio::time::timeout(Duration::ZERO, slot.activity.evicted()).await.is_ok()
    }

    #[tokio::test]
    async fn oldest_fresh_connection_of_an_address_is_evicted_first() {
        let slots = slots(100, 2);
        let first = from(&slots, "192.0.2.1").unwrap();
        let busy = first.activity.begin(false);
        let second = from(&slots, "192.0.2.1").unwrap();
        let other = from(&slots, "192.0.2.2").unwrap();
        let third = from(&slots, "192.0.2.1").unwrap();
        assert!(is_evicted(&second).await && !is_evicted(&first).await && !is_evicted(&other).await);
        assert!(!third.is_reserved);
        drop(second);
        assert_eq!(slots.open(), 3, "leaving after an eviction counts once");
        let _busy = third.activity.begin(false);
        let fourth = from(&slots, "192.0.2.1").unwrap();
        assert!(fourth.is_reserved, "both are busy");
        drop(busy);
        drop((fourth, first, third, other));
        assert_eq!((slots.open(), slots.lock().reserve.count), (0, 0));
    }

    #[tokio::test]
    async fn idle_connection_is_evicted_before_a_busy_one() {
        let slots = slots(2, 100);
        let idle = from(&slots, "192.0.2.1").unwrap();
        drop(idle.activity.begin(false));
        let busy = from(&slots, "192.0.2.2").unwrap();
        let _request = busy.activity.begin(false);
        let new = from(&slots, "192.0.2.3").unwrap();
        assert!(is_evicted(&idle).await && !is_evicted(&busy).await && !new.is_reserved);
    }

    #[tokio::test]
    async fn reserve_is_limited() {
        let slots = slots(1, 100);
        let busy = from(&slots, "192.0.2.1").unwrap();
        let _request = busy.activity.begin(false);
        let mut reserve: VecDeque<_> = (0..RESERVED).map(|_| from(&slots, "192.0.2.9").unwrap()).collect();
        reserve.push_back(from(&slots, "192.0.2.9").unwrap());
        assert!(reserve.iter().all(|slot| slot.is_reserved), "evicting one makes no room within the limits");
        let first = reserve.pop_front().unwrap();
        assert!(is_evicted(&first).await && !is_evicted(&reserve[0]).await);
        drop(first);
        assert_eq!(slots.open(), 1 + RESERVED);
        let requests: Vec<_> = reserve.iter().map(|slot| slot.activity.begin(false)).collect();
        assert!(from(&slots, "192.0.2.9").is_none());
        drop((requests, reserve));
        assert!(from(&slots, "192.0.2.9").is_some_and(|slot| slot.is_reserved));
    }

    #[tokio::test]
    async fn proxies_are_exempt_and_an_ipv6_network_counts_as_one_address() {
        let slots = slots(100, 1);
        let proxied: Vec<_> = (0..3).map(|_| from(&slots, "::ffff:10.1.2.3").unwrap()).collect();
        assert!(!is_evicted(&proxied[0]).await);
        let one = from(&slots, "2001:db8::1").unwrap();
        let _other = from(&slots, "2001:db8::2").unwrap();
        assert!(is_evicted(&one).await);
    }

    #[tokio::test]
    async fn entries_of_closed_connections_are_bounded() {
        let slots = slots(4, 100);
        let first = from(&slots, "192.0.2.1").unwrap();
        for _ in 0..100 {
            drop(from(&slots, "192.0.2.1").unwrap());
        }
        let entries = |slots: &ConnectionSlots| {
            let open = slots.lock();
            open.within_caps.fresh.len() + open.within_caps.others.len()
        };
        assert!(entries(&slots) <= 8);
        let _busy = first.activity.begin(false);
        for _ in 0..100 {
            let slot = from(&slots, "192.0.2.1").unwrap();
            drop(slot.activity.begin(false));
        }
        assert!(entries(&slots) <= 8);
    }

    #[tokio::test]
    async fn held_connection_is_evicted_before_a_young_one() {
        let slots = slots(2, 100);
        let slow = from(&slots, "192.0.2.1").unwrap();
        let (_request, _body) = (slow.activity.begin(false), slow.activity.receive());
        // After a second without progress a connection counts as held.
        tokio::time::sleep(Duration::from_millis(1100)).await;
        let young = from(&slots, "192.0.2.2").unwrap();
        let new = from(&slots, "192.0.2.3").unwrap();
        assert!(is_evicted(&slow).await && !is_evicted(&young).await && !new.is_reserved);
        let _next = from(&slots, "192.0.2.4").unwrap();
        assert!(is_evicted(&young).await && !is_evicted(&new).await, "else the oldest is evicted");
    }

    #[tokio::test]
    async fn held_connection_is_evicted_before_a_busy_one() {
        let slots = slots(3, 100);
        let taken: Vec<_> = (0..3).map(|_| from(&slots, "192.0.2.1").unwrap()).collect();
        let _requests: Vec<_> = taken.iter().map(|slot| slot.activity.begin(false)).collect();
        let _body = taken[1].activity.receive();
        assert!(from(&slots, "192.0.2.2").unwrap().is_reserved, "the body may arrive at once");
        // After a second without progress a connection counts as held.
        tokio::time::sleep(Duration::from_millis(1100)).await;
        let new = from(&slots, "192.0.2.2").unwrap();
        assert!(!new.is_reserved && is_evicted(&taken[1]).await);
        assert!(!is_evicted(&taken[0]).await && !is_evicted(&taken[2]).await);
    }
}
