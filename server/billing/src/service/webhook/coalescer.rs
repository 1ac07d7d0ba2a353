//! Coalesces webhook events: the first about an object is handled at once, a burst at growing intervals.
//!
//! A provider sends several events for one change. Each is handled by fetching the object's current state, so that one
//! fetch after the last event is as good as one after each.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use domain::time::Timestamp;
use moka::sync::Cache;

const FIRST_GAP_MICROS: i64 = 250_000;
const LONGEST_GAP_MICROS: i64 = 4_000_000;
/// Maximum number of objects to remember. The next event about an evicted object is handled at once.
const MAX_OBJECTS: u64 = 100_000;

/// When each object at a provider is next fetched, on this node.
pub(in crate::service) struct EventCoalescer(Cache<String, Arc<Mutex<Pace>>>);

#[derive(Clone, Copy, Debug)]
struct Pace {
    due: Timestamp,
    gap_micros: i64,
}

impl Default for EventCoalescer {
    fn default() -> Self {
        let remembered = Duration::from_micros((3 * LONGEST_GAP_MICROS).unsigned_abs());
        Self(Cache::builder().max_capacity(MAX_OBJECTS).time_to_idle(remembered).build())
    }
}

impl EventCoalescer {
    /// Returns when to handle an event about `object` that arrives at `now`.
    pub(super) fn due(&self, object: &str, now: Timestamp) -> Timestamp {
        let pace = self.0.get_with_by_ref(object, || Arc::new(Mutex::new(Pace { due: now, gap_micros: 0 })));
        let mut pace = pace.lock().unwrap_or_else(PoisonError::into_inner);
        pace.next_due(now)
    }
}

impl Pace {
    fn next_due(&mut self, now: Timestamp) -> Timestamp {
        let since = now.as_micros().saturating_sub(self.due.as_micros());
        // Start over at the first event, after a pause, or if the clock stepped back.
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

    fn due_after(coalescer: &EventCoalescer, millis: i64) -> i64 {
        let due = coalescer.due("stripe subscription sub_1", Timestamp::from_micros(START + millis * 1000));
        (due.as_micros() - START) / 1000
    }

    #[test]
    fn the_first_event_is_due_at_once_and_a_burst_at_growing_intervals() {
        let coalescer = EventCoalescer::default();
        assert_eq!(due_after(&coalescer, 0), 0);
        let mut dues: Vec<_> = (1..20_000).map(|millis| (millis, due_after(&coalescer, millis))).collect();
        assert!(
            dues.iter().all(|(now, due)| due >= now && due - now <= LONGEST_GAP_MICROS / 1000),
            "the interval is bounded"
        );
        dues.dedup_by_key(|(_, due)| *due);
        let dues: Vec<_> = dues.into_iter().map(|(_, due)| due).collect();
        assert_eq!(dues[..6], [250, 750, 1750, 3750, 7750, 11750]);
    }

    #[test]
    fn after_a_pause_the_next_event_is_due_at_once() {
        let coalescer = EventCoalescer::default();
        for millis in 0..2_000 {
            due_after(&coalescer, millis);
        }
        assert_eq!(due_after(&coalescer, 30_000), 30_000);
        assert_eq!(due_after(&coalescer, 30_001), 30_250);
    }

    #[test]
    fn a_clock_that_steps_back_delays_no_event() {
        let coalescer = EventCoalescer::default();
        assert_eq!(due_after(&coalescer, 5_000), 5_000);
        assert_eq!(due_after(&coalescer, 0), 0);
    }
}
