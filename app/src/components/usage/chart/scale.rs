//! The scales of the chart: values vertically, time horizontally.

use domain::{catalog::Unit, entitlement::history::Step, time::Timestamp};

/// Vertical range of the total's plot, in pixels from the top.
pub(super) const TOTAL: (f64, f64) = (24.0, 274.0);
/// Height of the total's plot in its own view box.
pub(super) const TALL: f64 = 1000.0;
/// Maximum number of intervals between labeled values. There are at least two.
const MAX_INTERVALS: u64 = 5;
/// The smallest labeled amount of money: a cent, in micros.
const MICROS_PER_CENT: u64 = 10_000;

#[expect(clippy::cast_precision_loss, reason = "the chart needs no more precision than a pixel")]
pub(super) const fn figure(value: u64) -> f64 {
    value as f64
}

/// Converts a value to pixels from the top of the chart. `top` is the highest value on the axis.
pub(super) fn height(value: u64, top: f64) -> f64 {
    TOTAL.1 - (TOTAL.1 - TOTAL.0) * figure(value) / top
}

/// Converts a value to a y coordinate in the total's view box. `top` is the highest value on the axis.
pub(super) fn viewbox_height(value: u64, top: f64) -> f64 {
    TALL - TALL * figure(value) / top
}

/// Returns the labeled values from 0 to `most`: multiples of a round step, which is a power of two for sizes.
pub(super) fn ticks(unit: Unit, most: u64) -> Vec<u64> {
    let is_wide_enough = |step: &u64| most <= step.saturating_mul(MAX_INTERVALS);
    let step = match unit {
        Unit::Bytes => (0..u64::BITS).map(|power| 1 << power).find(is_wide_enough),
        Unit::Count => round_steps(1).find(is_wide_enough),
        Unit::UsdMicros => round_steps(MICROS_PER_CENT).find(is_wide_enough),
    };
    let step = step.unwrap_or(most).max(1);
    (0..=MAX_INTERVALS).map(|count| step.saturating_mul(count)).take_while(|value| *value <= most).collect()
}

/// Iterates over 1, 2, 5, 10, 20, … times `unit`.
fn round_steps(unit: u64) -> impl Iterator<Item = u64> {
    let tens = std::iter::successors(Some(unit), |ten| ten.checked_mul(10));
    tens.flat_map(|ten| [1, 2, 5].map(|digit| ten.saturating_mul(digit)))
}

/// Returns the number of steps from the start of the step that contains `from` to `to`, with its fraction. Months
/// differ in length.
pub(super) fn steps(from: Timestamp, to: Timestamp, step: Step) -> f64 {
    let secs = |from: Timestamp, to: Timestamp| {
        u32::try_from(to.secs_since(from).max(0)).map_or(f64::from(u32::MAX), f64::from)
    };
    let (mut start, mut whole) = (step.floor(from), 0.0);
    loop {
        let end = step.end(start);
        if to < end || end <= start {
            return whole + secs(start, to) / secs(start, end).max(1.0);
        }
        (start, whole) = (end, whole + 1.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::at;

    #[test]
    fn labeled_values_are_round() {
        let labeled = |unit, step: u64, count: u64| {
            let expected: Vec<_> = (0..=count).map(|at| at * step).collect();
            assert_eq!(ticks(unit, expected.last().copied().unwrap()), expected);
        };
        labeled(Unit::Count, 1, 2);
        labeled(Unit::Count, 20, 5);
        labeled(Unit::Count, 2_000_000, 5);
        labeled(Unit::Bytes, 1 << 30, 5);
        labeled(Unit::UsdMicros, 10_000_000, 5);
        assert_eq!(ticks(Unit::Count, 11), [0, 5, 10]);
    }

    #[test]
    fn every_scale_has_three_to_six_labeled_values() {
        for unit in [Unit::Count, Unit::Bytes] {
            for most in (2..3000).chain([u64::MAX / 7, u64::MAX]) {
                let count = ticks(unit, most).len();
                assert!((3..=6).contains(&count), "{unit:?} {most}: {count}");
            }
        }
    }

    #[test]
    fn a_position_is_in_steps_of_the_calendar() {
        let from = at("2026-01-01T00:00:00Z");
        for (step, to, expected) in [
            (Step::Month, "2026-02-15T00:00:00Z", 1.5),
            (Step::Day, "2026-01-03T06:00:00Z", 2.25),
            (Step::Hour, "2026-01-01T02:30:00Z", 2.5),
            (Step::Month, "2025-12-15T00:00:00Z", 0.0),
        ] {
            assert!((steps(from, at(to), step) - expected).abs() < 1e-9, "{to}");
        }
    }
}
