//! How many streams each person has open, and each network.

use std::{
    collections::HashMap,
    hash::Hash,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use domain::ids::UserId;

/// A page in each of so many windows.
const MAX_PER_PERSON: usize = 8;
/// Of the people behind one IPv4 address or IPv6 /64.
const MAX_PER_NETWORK: usize = 400;
/// Of all people together. A page without a stream shows the same, and is loaded again by hand.
const MAX_TOTAL: usize = 4000;

#[derive(Clone, Debug, Default)]
pub(super) struct StreamSlots(Arc<Mutex<Counts>>);

#[derive(Debug, Default)]
struct Counts {
    total: usize,
    by_person: HashMap<UserId, usize>,
    by_network: HashMap<Option<IpAddr>, usize>,
}

/// Counts until it is dropped.
#[derive(Debug)]
pub(super) struct StreamSlot {
    slots: StreamSlots,
    person: UserId,
    network: Option<IpAddr>,
}

impl StreamSlots {
    /// `None` when the person, their network, or all people together have as many as may be open.
    pub(super) fn take(&self, person: &UserId, network: Option<IpAddr>) -> Option<StreamSlot> {
        let mut counts = self.counts();
        let Counts { total, by_person, by_network } = &mut *counts;
        let has_room = *total < MAX_TOTAL
            && by_person.get(person).is_none_or(|count| *count < MAX_PER_PERSON)
            && by_network.get(&network).is_none_or(|count| *count < MAX_PER_NETWORK);
        if !has_room {
            return None;
        }
        *total += 1;
        *by_person.entry(person.clone()).or_default() += 1;
        *by_network.entry(network).or_default() += 1;
        Some(StreamSlot { slots: self.clone(), person: person.clone(), network })
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

/// Nobody is remembered who holds none.
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
    fn places_are_counted_for_each_person_and_given_back() {
        let slots = StreamSlots::default();
        let (ada, bob) = ("ada".parse().unwrap(), "bob".parse().unwrap());
        let mut held: Vec<_> = (0..MAX_PER_PERSON).map(|_| slots.take(&ada, None).unwrap()).collect();
        assert!(slots.take(&ada, None).is_none() && slots.take(&bob, None).is_some());
        held.pop();
        assert!(slots.take(&ada, None).is_some());
        drop(held);
        let counts = slots.counts();
        assert!(counts.total == 0 && counts.by_person.is_empty() && counts.by_network.is_empty(), "{counts:?}");
    }

    #[test]
    fn a_network_has_a_share() {
        let slots = StreamSlots::default();
        let take = |number: usize, last: u8| {
            slots.take(&format!("person-{number}").parse().unwrap(), Some([192, 0, 2, last].into()))
        };
        let held: Vec<_> = (0..MAX_TOTAL).map_while(|number| take(number, 1)).collect();
        assert_eq!(held.len(), MAX_PER_NETWORK);
        assert!(take(0, 2).is_some(), "from elsewhere");
    }
}
