//! Billing periods on the calendar, counted from an anchor. In a month without the anchor's day, a period ends on
//! the month's last day.

use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use time::{Date, Duration, Month, OffsetDateTime};

use super::interval::{Interval, Recurring};

/// A billing period. The end is exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Period {
    pub(crate) start: Timestamp,
    pub(crate) end: Timestamp,
}

/// The first period boundary after `from`. Monthly boundaries from the anchor Jan 31 are Feb 28, Mar 31 and so on.
pub(crate) fn end_after(anchor: Timestamp, from: Timestamp, every: Recurring) -> Timestamp {
    let mut count = (from.secs_since(anchor) / longest_secs(every)).max(0);
    loop {
        let boundary = boundary(anchor, every, count);
        if boundary > from {
            return boundary;
        }
        count += 1;
    }
}

/// The length of the longest possible period of this interval, in seconds.
pub(crate) fn longest_secs(every: Recurring) -> i64 {
    let days = match every.interval {
        Interval::Day => 1,
        Interval::Week => 7,
        Interval::Month => 31,
        Interval::Year => 366,
    };
    days * 86_400 * i64::from(every.count.max(1))
}

fn boundary(anchor: Timestamp, every: Recurring, count: i64) -> Timestamp {
    let steps = count.saturating_mul(i64::from(every.count.max(1)));
    match every.interval {
        Interval::Day => anchor.plus_secs(steps.saturating_mul(86_400)),
        Interval::Week => anchor.plus_secs(steps.saturating_mul(7 * 86_400)),
        Interval::Month => plus_months(anchor, steps),
        Interval::Year => plus_months(anchor, steps.saturating_mul(12)),
    }
}

/// The same day and time `months` later; the last day of a month that lacks this day.
fn plus_months(anchor: Timestamp, months: i64) -> Timestamp {
    let at = anchor.to_utc();
    let total = i64::from(at.year()) * 12 + i64::from(u8::from(at.month())) - 1 + months;
    let later = || -> Option<OffsetDateTime> {
        let year = i32::try_from(total.div_euclid(12)).ok()?;
        let month = Month::try_from(u8::try_from(total.rem_euclid(12)).ok()? + 1).ok()?;
        let date = Date::from_calendar_date(year, month, at.day().min(month.length(year))).ok()?;
        Some(at.replace_date(date))
    };
    // After the last year that the calendar can represent, a period has thirty days.
    later().unwrap_or_else(|| at.saturating_add(Duration::days(30))).into()
}

/// Multiplies `amount` by the length of `left` divided by that of `whole`. Rounds to the nearest minor unit, halves up.
pub(crate) fn prorate(amount: i64, left: Period, whole: Period) -> i64 {
    let seconds = i128::from(whole.end.secs_since(whole.start).max(1));
    let remaining = i128::from(left.end.secs_since(left.start)).clamp(0, seconds);
    let twice = 2 * i128::from(amount) * remaining + seconds;
    i64::try_from(twice.div_euclid(2 * seconds)).unwrap_or(amount)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text).unwrap()
    }

    fn boundaries(anchor: &str, every: Recurring, steps: usize) -> Vec<String> {
        let anchor = at(anchor);
        let mut from = anchor;
        (0..steps)
            .map(|_| {
                from = end_after(anchor, from, every);
                from.rfc3339_secs()
            })
            .collect()
    }

    #[test]
    fn the_anchors_day_is_kept_where_a_month_has_it() {
        assert_eq!(
            boundaries("2026-01-31T10:20:30Z", Recurring { interval: Interval::Month, count: 1 }, 4),
            ["2026-02-28T10:20:30Z", "2026-03-31T10:20:30Z", "2026-04-30T10:20:30Z", "2026-05-31T10:20:30Z"]
        );
    }

    #[test]
    fn a_leap_day_comes_back_after_four_years() {
        assert_eq!(
            boundaries("2024-02-29T00:00:00Z", Recurring { interval: Interval::Year, count: 1 }, 4),
            ["2025-02-28T00:00:00Z", "2026-02-28T00:00:00Z", "2027-02-28T00:00:00Z", "2028-02-29T00:00:00Z"]
        );
    }

    #[test]
    fn quarters_weeks_and_days() {
        assert_eq!(
            boundaries("2025-11-30T00:00:00Z", Recurring { interval: Interval::Month, count: 3 }, 2),
            ["2026-02-28T00:00:00Z", "2026-05-30T00:00:00Z"]
        );
        assert_eq!(
            boundaries("2026-12-28T00:00:00Z", Recurring { interval: Interval::Week, count: 1 }, 1),
            ["2027-01-04T00:00:00Z"]
        );
        assert_eq!(
            boundaries("2026-12-31T23:59:59Z", Recurring { interval: Interval::Day, count: 1 }, 1),
            ["2027-01-01T23:59:59Z"]
        );
    }

    #[test]
    fn years_later_the_next_boundary_is_found_at_once() {
        let every = Recurring { interval: Interval::Month, count: 1 };
        assert_eq!(
            end_after(at("2016-01-31T00:00:00Z"), at("2026-02-27T00:00:00Z"), every),
            at("2026-02-28T00:00:00Z")
        );
        assert_eq!(
            end_after(at("2026-03-01T00:00:00Z"), at("2026-01-01T00:00:00Z"), every),
            at("2026-03-01T00:00:00Z")
        );
    }

    #[test]
    fn proration_is_exact_to_the_second_and_rounds_halves_up() {
        let at = Timestamp::from_secs;
        let january = Period { start: at(0), end: at(31 * 86_400) };
        let from_the_14th = Period { start: at(13 * 86_400), end: january.end };
        assert_eq!(prorate(9900, from_the_14th, january), 5748);
        assert_eq!(prorate(2900, from_the_14th, january), 1684);
        let two = Period { start: at(0), end: at(2) };
        assert_eq!(prorate(1, Period { start: at(1), end: at(2) }, two), 1);
        assert_eq!(prorate(2900, two, two), 2900);
        assert_eq!(prorate(2900, Period { start: at(2), end: at(2) }, two), 0);
    }
}
