//! How many streams each person has open.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use domain::ids::UserId;

/// A page in each of so many windows.
const MOST_PER_PERSON: usize = 8;
/// Of all people together. A page without a stream shows the same, and is loaded again by hand.
const MOST: usize = 4000;

#[derive(Clone, Debug, Default)]
pub(super) struct Places(Arc<Mutex<HashMap<UserId, usize>>>);

/// Taken until it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    places: Places,
    person: UserId,
}

impl Places {
    /// `None` when the person, or all people together, have as many as may be open.
    pub(super) fn take(&self, person: &UserId) -> Option<Place> {
        let mut taken = self.taken();
        if taken.values().sum::<usize>() >= MOST {
            return None;
        }
        let own = taken.entry(person.clone()).or_default();
        if *own >= MOST_PER_PERSON {
            return None;
        }
        *own += 1;
        Some(Place { places: self.clone(), person: person.clone() })
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<UserId, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        if let Some(own) = taken.get_mut(&self.person) {
            *own -= 1;
            if *own == 0 {
                taken.remove(&self.person);
            }
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
        let mut held: Vec<_> = (0..MOST_PER_PERSON).map(|_| places.take(&ada).unwrap()).collect();
        assert!(places.take(&ada).is_none() && places.take(&bob).is_some());
        held.pop();
        assert!(places.take(&ada).is_some());
        drop(held);
        assert!(places.taken().is_empty(), "nobody is remembered who holds none");
    }
}
