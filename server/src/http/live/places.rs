//! How many streams each person has open, and each network.

use std::{
    collections::HashMap,
    hash::Hash,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use domain::ids::UserId;

/// A page in each of so many windows.
const MOST_PER_PERSON: usize = 8;
/// Of the people behind one IPv4 address or IPv6 /64.
const MOST_PER_NETWORK: usize = 400;
/// Of all people together. A page without a stream shows the same, and is loaded again by hand.
const MOST: usize = 4000;

#[derive(Clone, Debug, Default)]
pub(super) struct Places(Arc<Mutex<Taken>>);

#[derive(Debug, Default)]
struct Taken {
    in_all: usize,
    of_people: HashMap<UserId, usize>,
    of_networks: HashMap<Option<IpAddr>, usize>,
}

/// Taken until it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    places: Places,
    person: UserId,
    network: Option<IpAddr>,
}

impl Places {
    /// `None` when the person, their network, or all people together have as many as may be open.
    pub(super) fn take(&self, person: &UserId, network: Option<IpAddr>) -> Option<Place> {
        let mut taken = self.taken();
        let Taken { in_all, of_people, of_networks } = &mut *taken;
        let has_room = *in_all < MOST
            && of_people.get(person).is_none_or(|own| *own < MOST_PER_PERSON)
            && of_networks.get(&network).is_none_or(|own| *own < MOST_PER_NETWORK);
        if !has_room {
            return None;
        }
        *in_all += 1;
        *of_people.entry(person.clone()).or_default() += 1;
        *of_networks.entry(network).or_default() += 1;
        Some(Place { places: self.clone(), person: person.clone(), network })
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        taken.in_all -= 1;
        give_back(&mut taken.of_people, &self.person);
        give_back(&mut taken.of_networks, &self.network);
    }
}

/// Nobody is remembered who holds none.
fn give_back<Holder: Eq + Hash>(counts: &mut HashMap<Holder, usize>, holder: &Holder) {
    if let Some(own) = counts.get_mut(holder) {
        *own -= 1;
        if *own == 0 {
            counts.remove(holder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_for_each_person_and_given_back() {
        let places = Places::default();
        let (ada, bob) = ("ada".parse().unwrap(), "bob".parse().unwrap());
        let mut held: Vec<_> = (0..MOST_PER_PERSON).map(|_| places.take(&ada, None).unwrap()).collect();
        assert!(places.take(&ada, None).is_none() && places.take(&bob, None).is_some());
        held.pop();
        assert!(places.take(&ada, None).is_some());
        drop(held);
        let taken = places.taken();
        assert!(taken.in_all == 0 && taken.of_people.is_empty() && taken.of_networks.is_empty(), "{taken:?}");
    }

    #[test]
    fn a_network_has_a_share() {
        let places = Places::default();
        let take = |number: usize, last: u8| {
            places.take(&format!("person-{number}").parse().unwrap(), Some([192, 0, 2, last].into()))
        };
        let held: Vec<_> = (0..MOST).map_while(|number| take(number, 1)).collect();
        assert_eq!(held.len(), MOST_PER_NETWORK);
        assert!(take(0, 2).is_some(), "from elsewhere");
    }
}
