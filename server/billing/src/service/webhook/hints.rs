//! How soon a hint is followed: the first at once, and those that come thick and fast ever less often.
//!
//! A provider tells of one change by several events, and of many changes by a flood of them. As each is followed by asking what
//! is true now, once after the last says as much as once after each.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use domain::time::Timestamp;
use moka::sync::Cache;

const FIRST_GAP_MICROS: i64 = 250_000;
const LONGEST_GAP_MICROS: i64 = 4_000_000;
/// Objects that are remembered; of what is forgotten, the next hint is followed at once.
const MOST_REMEMBERED: u64 = 100_000;

/// When each object at a provider was last to be asked for, on this node.
pub(in crate::service) struct Hints(Cache<String, Arc<Mutex<Pace>>>);

#[derive(Clone, Copy, Debug)]
struct Pace {
    due: Timestamp,
    gap_micros: i64,
}

impl Default for Hints {
    fn default() -> Self {
        let remembered = Duration::from_micros((3 * LONGEST_GAP_MICROS).unsigned_abs());
        Self(Cache::builder().max_capacity(MOST_REMEMBERED).time_to_idle(remembered).build())
    }
}

impl Hints {
    /// When to follow a hint that comes now.
    pub(super) fn due(&self, of: &str, now: Timestamp) -> Timestamp {
        let pace = self.0.get_with_by_ref(of, || Arc::new(Mutex::new(Pace { due: now, gap_micros: 0 })));
        let mut pace = pace.lock().unwrap_or_else(PoisonError::into_inner);
        pace.hint(now)
    }
}

impl Pace {
    fn hint(&mut self, now: Timestamp) -> Timestamp {
        let since = now.as_micros().saturating_sub(self.due.as_micros());
        // A clock that stepped back is no reason to wait.
        if self.gap_micros == 0 || since > 2 * self.gap_micros || since < -LONGEST_GAP_MICROS {
            *self = Self { due: now, gap_micros: FIRST_GAP_MICROS };
        } else if since >= 0 {
            let next = self.due.as_micros().saturating_add(self.gap_micros);
            self.due = Timestamp::from_micros(next.max(now.as_micros()));
            self.gap_micros = (2 * self.gap_micros).min(LONGEST_GAP_MICROS);
        }
        self.due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: i64 = 1_700_000_000_000_000;

    fn due_after(hints: &Hints, millis: i64) -> i64 {
        let due = hints.due("stripe subscription sub_1", Timestamp::from_micros(START + millis * 1000));
        (due.as_micros() - START) / 1000
    }

    #[test]
    fn the_first_is_followed_at_once_and_a_flood_ever_less_often() {
        let hints = Hints::default();
        assert_eq!(due_after(&hints, 0), 0);
        let mut dues: Vec<_> = (1..20_000).map(|millis| (millis, due_after(&hints, millis))).collect();
        assert!(
            dues.iter().all(|(now, due)| due >= now && due - now <= LONGEST_GAP_MICROS / 1000),
            "none waits for long"
        );
        dues.dedup_by_key(|(_, due)| *due);
        let dues: Vec<_> = dues.into_iter().map(|(_, due)| due).collect();
        assert_eq!(dues[..6], [250, 750, 1750, 3750, 7750, 11750]);
    }

    #[test]
    fn after_a_rest_the_next_is_followed_at_once_again() {
        let hints = Hints::default();
        for millis in 0..2_000 {
            due_after(&hints, millis);
        }
        assert_eq!(due_after(&hints, 30_000), 30_000);
        assert_eq!(due_after(&hints, 30_001), 30_250);
    }

    #[test]
    fn a_clock_that_steps_back_makes_nobody_wait_longer() {
        let hints = Hints::default();
        assert_eq!(due_after(&hints, 5_000), 5_000);
        assert_eq!(due_after(&hints, 0), 0);
    }
}
