//! Limits on open live streams: for each person, for each network, and in all.

use std::{
    collections::HashMap,
    hash::Hash,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The most open streams of one person, one for each open page.
const MAX_PER_PERSON: usize = 8;
/// The most open streams from one IPv4 address or IPv6 /64.
const MAX_PER_NETWORK: usize = 400;
/// The most open streams of the node. A page without a stream shows the same, but changes only when it is reloaded.
const MAX_TOTAL: usize = 4000;

#[derive(Clone, Debug, Default)]
pub(super) struct StreamSlots(Arc<Mutex<Counts>>);

#[derive(Debug, Default)]
struct Counts {
    total: usize,
    by_person: HashMap<String, usize>,
    by_network: HashMap<Option<IpAddr>, usize>,
}

/// Counts as one open stream until it is dropped.
#[derive(Debug)]
pub(super) struct StreamSlot {
    slots: StreamSlots,
    person: String,
    network: Option<IpAddr>,
}

impl StreamSlots {
    /// Takes a slot; `None` when the person, their network or the node is at its limit. `person` names a user, or a
    /// portal session.
    pub(super) fn take(&self, person: &str, network: Option<IpAddr>) -> Option<StreamSlot> {
        let mut counts = self.counts();
        let Counts { total, by_person, by_network } = &mut *counts;
        let has_room = *total < MAX_TOTAL
            && by_person.get(person).is_none_or(|count| *count < MAX_PER_PERSON)
            && by_network.get(&network).is_none_or(|count| *count < MAX_PER_NETWORK);
        if !has_room {
            return None;
        }
        *total += 1;
        *by_person.entry(person.to_owned()).or_default() += 1;
        *by_network.entry(network).or_default() += 1;
        Some(StreamSlot { slots: self.clone(), person: person.to_owned(), network })
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for StreamSlot {
    fn drop(&mut self) {
        let mut counts = self.slots.counts();
        counts.total -= 1;
        decrement(&mut counts.by_person, &self.person);
        decrement(&mut counts.by_network, &self.network);
    }
}

/// Decrements a count. Removes the entry at zero, so that the map stays small.
fn decrement<Holder: Eq + Hash>(counts: &mut HashMap<Holder, usize>, holder: &Holder) {
    if let Some(count) = counts.get_mut(holder) {
        *count -= 1;
        if *count == 0 {
            counts.remove(holder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_counted_by_person_and_released_on_drop() {
        let slots = StreamSlots::default();
        let (ada, bob) = ("ada", "bob");
        let mut held: Vec<_> = (0..MAX_PER_PERSON).map(|_| slots.take(ada, None).unwrap()).collect();
        assert!(slots.take(ada, None).is_none() && slots.take(bob, None).is_some());
        held.pop();
        assert!(slots.take(ada, None).is_some());
        drop(held);
        let counts = slots.counts();
        assert!(counts.total == 0 && counts.by_person.is_empty() && counts.by_network.is_empty(), "{counts:?}");
    }

    #[test]
    fn streams_of_a_network_are_limited() {
        let slots = StreamSlots::default();
        let take = |number: usize, last: u8| slots.take(&format!("person-{number}"), Some([192, 0, 2, last].into()));
        let held: Vec<_> = (0..MAX_TOTAL).map_while(|number| take(number, 1)).collect();
        assert_eq!(held.len(), MAX_PER_NETWORK);
        assert!(take(0, 2).is_some(), "from another network");
    }
}
