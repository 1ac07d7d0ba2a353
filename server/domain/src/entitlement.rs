//! Usage of features against their limits.

pub mod alert;
pub mod change;
pub mod check;
pub mod history;
pub mod overrides;
pub mod own_limits;
pub mod refusal;
pub mod remedy;
pub mod status;

use serde::{Deserialize, Serialize};

use self::own_limits::thresholds_reached;
use crate::{
    catalog::{Feature, FeatureKind, Limit, Period, WarnAt},
    ids::FeatureKey,
    subscription::Subscription,
    time::Timestamp,
};

/// A tenant's usage and limit of a feature, in the feature's unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeatureUsage {
    pub feature: FeatureKey,
    pub used: u64,
    pub limit: Limit,
    /// The start of the counter's period; `None` for a gauge.
    pub since: Option<Timestamp>,
    /// When the counter resets; `None` for a gauge.
    pub resets_at: Option<Timestamp>,
}

/// The state of a usage meter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MeterState {
    /// Below the warning threshold, or unlimited.
    Ok,
    /// At or above the warning threshold, below the limit.
    Near,
    /// Exactly at the limit.
    Reached,
    /// Above the limit, for example after a downgrade.
    Over,
}

impl FeatureUsage {
    /// Usage as a percentage of the limit, rounded half up.
    ///
    /// 0 if unlimited; 100 for any usage of a feature that is not included.
    pub fn percent(&self) -> u64 {
        self.share(100)
    }

    /// Usage in tenths of a percent of the limit, rounded half up.
    ///
    /// 0 if unlimited; 1000 for any usage of a feature that is not included.
    pub fn permille(&self) -> u64 {
        self.share(1000)
    }

    /// Usage as a share of the limit, rounded half up. `whole` is the result at the limit: 100 for percent.
    fn share(&self, whole: u64) -> u64 {
        match self.limit {
            Limit::AtMost(0) if self.used > 0 => whole,
            Limit::AtMost(0) | Limit::Unlimited => 0,
            Limit::AtMost(most) => {
                let twice = u128::from(self.used) * 2 * u128::from(whole) / u128::from(most);
                u64::try_from(twice.div_ceil(2)).unwrap_or(u64::MAX)
            }
        }
    }

    /// The remaining amount; `None` if unlimited.
    pub fn left(&self) -> Option<u64> {
        match self.limit {
            Limit::Unlimited => None,
            Limit::AtMost(most) => Some(most.saturating_sub(self.used)),
        }
    }

    /// The state, with the warning threshold of `feature`.
    pub fn state(&self, feature: &Feature) -> MeterState {
        self.state_with(std::slice::from_ref(&feature.warn_at))
    }

    /// The state, with these warning thresholds.
    pub fn state_with(&self, thresholds: &[WarnAt]) -> MeterState {
        let Limit::AtMost(most) = self.limit else { return MeterState::Ok };
        if self.used > most {
            MeterState::Over
        } else if most > 0 && self.used == most {
            MeterState::Reached
        } else if thresholds_reached(thresholds, self.used, most) > 0 {
            MeterState::Near
        } else {
            MeterState::Ok
        }
    }
}

/// The period of a counter at `now`, from its start (inclusive) to its reset (exclusive).
///
/// `None` for other kinds of features.
///
/// Minutes, days and months are in UTC. A `billing` period is the subscription's period if that contains `now`;
/// otherwise it is the calendar month.
pub fn window(
    kind: FeatureKind,
    subscription: Option<&Subscription>,
    now: Timestamp,
) -> Option<(Timestamp, Timestamp)> {
    let FeatureKind::Counter(period) = kind else { return None };
    let span = |secs: i64| {
        let start = now.as_secs().div_euclid(secs) * secs;
        (Timestamp::from_secs(start), Timestamp::from_secs(start + secs))
    };
    Some(match period {
        Period::Minute => span(60),
        Period::Day => span(86_400),
        Period::Month => calendar_month(now),
        Period::Billing => match subscription {
            Some(current) if current.period_start <= now && now < current.period_end => {
                (current.period_start, current.period_end)
            }
            _ => calendar_month(now),
        },
    })
}

/// The start and end of the calendar month, in UTC, that contains `now`.
pub fn calendar_month(now: Timestamp) -> (Timestamp, Timestamp) {
    let date = now.to_utc().date();
    let first = date.replace_day(1).unwrap_or(date);
    let (year, month) = match first.month() {
        time::Month::December => (first.year() + 1, time::Month::January),
        month => (first.year(), month.next()),
    };
    let next = time::Date::from_calendar_date(year, month, 1).unwrap_or(time::Date::MAX);
    (first.midnight().assume_utc().into(), next.midnight().assume_utc().into())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;
    use crate::{
        catalog::file::default_catalog,
        subscription::{ProviderStatus, trial},
    };

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text).unwrap()
    }

    fn usage(used: u64, limit: Limit) -> FeatureUsage {
        FeatureUsage { feature: "websocket_rooms".parse().unwrap(), used, limit, since: None, resets_at: None }
    }

    fn billed(from: &str, to: &str) -> Subscription {
        let sample = Subscription::sample("sub_1", "pro", ProviderStatus::Active, at(from));
        Subscription { period_end: at(to), ..sample }
    }

    #[rstest]
    #[case(0, Limit::AtMost(100), 0)]
    #[case(45, Limit::AtMost(100), 45)]
    #[case(1, Limit::AtMost(8), 13)]
    #[case(1, Limit::AtMost(3), 33)]
    #[case(2, Limit::AtMost(3), 67)]
    #[case(3, Limit::AtMost(2), 150)]
    #[case(4445, Limit::AtMost(10_000), 44)]
    #[case(1_073_741_824, Limit::AtMost(5_368_709_120), 20)]
    #[case(0, Limit::AtMost(0), 0)]
    #[case(1, Limit::AtMost(0), 100)]
    #[case(u64::MAX, Limit::AtMost(u64::MAX), 100)]
    #[case(u64::MAX, Limit::AtMost(1), u64::MAX)]
    #[case(u64::MAX, Limit::Unlimited, 0)]
    fn percentages_round_half_up_and_unlimited_is_0(#[case] used: u64, #[case] limit: Limit, #[case] expected: u64) {
        assert_eq!(usage(used, limit).percent(), expected);
    }

    #[rstest]
    #[case(0, Limit::AtMost(1), 0)]
    #[case(1, Limit::AtMost(3), 333)]
    #[case(2, Limit::AtMost(3), 667)]
    #[case::percent_is_not_rounded_from_it(4445, Limit::AtMost(10_000), 445)]
    #[case(45, Limit::AtMost(10), 4500)]
    #[case(1, Limit::AtMost(0), 1000)]
    #[case(7, Limit::Unlimited, 0)]
    fn permille_rounds_half_up(#[case] used: u64, #[case] limit: Limit, #[case] expected: u64) {
        assert_eq!(usage(used, limit).permille(), expected);
    }

    #[rstest]
    #[case(0, Limit::AtMost(10), MeterState::Ok, Some(10))]
    #[case(7, Limit::AtMost(10), MeterState::Ok, Some(3))]
    #[case(8, Limit::AtMost(10), MeterState::Near, Some(2))]
    #[case(10, Limit::AtMost(10), MeterState::Reached, Some(0))]
    #[case(11, Limit::AtMost(10), MeterState::Over, Some(0))]
    #[case(1, Limit::AtMost(2), MeterState::Ok, Some(1))]
    #[case(1, Limit::AtMost(1), MeterState::Reached, Some(0))]
    #[case(0, Limit::AtMost(0), MeterState::Ok, Some(0))]
    #[case(1, Limit::AtMost(0), MeterState::Over, Some(0))]
    #[case(u64::MAX - 1, Limit::AtMost(u64::MAX), MeterState::Near, Some(1))]
    #[case(u64::MAX, Limit::Unlimited, MeterState::Ok, None)]
    fn the_state_of_a_meter_follows_threshold_and_limit(
        #[case] used: u64,
        #[case] limit: Limit,
        #[case] state: MeterState,
        #[case] left: Option<u64>,
    ) {
        let catalog = default_catalog();
        let found = usage(used, limit);
        assert_eq!((found.state(catalog.feature("websocket_rooms").unwrap()), found.left()), (state, left));
    }

    #[rstest]
    #[case(Period::Minute, "2026-01-14T21:40:59.999999Z", "2026-01-14T21:40:00Z", "2026-01-14T21:41:00Z")]
    #[case(Period::Minute, "2026-12-31T23:59:30Z", "2026-12-31T23:59:00Z", "2027-01-01T00:00:00Z")]
    #[case(Period::Day, "2026-12-31T23:59:59Z", "2026-12-31T00:00:00Z", "2027-01-01T00:00:00Z")]
    #[case(Period::Day, "2026-01-15T00:00:00Z", "2026-01-15T00:00:00Z", "2026-01-16T00:00:00Z")]
    #[case(Period::Day, "1969-12-31T23:00:00Z", "1969-12-31T00:00:00Z", "1970-01-01T00:00:00Z")]
    #[case(Period::Month, "2026-12-31T23:59:59Z", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z")]
    #[case(Period::Month, "2027-01-01T00:00:00Z", "2027-01-01T00:00:00Z", "2027-02-01T00:00:00Z")]
    #[case(Period::Month, "2028-02-29T12:00:00Z", "2028-02-01T00:00:00Z", "2028-03-01T00:00:00Z")]
    #[case(Period::Month, "2026-02-01T01:00:00+02:00", "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z")]
    #[case(Period::Billing, "2026-12-31T23:59:59Z", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z")]
    fn a_calendar_period_begins_and_ends_in_utc(
        #[case] period: Period,
        #[case] now: &str,
        #[case] from: &str,
        #[case] to: &str,
    ) {
        assert_eq!(window(FeatureKind::Counter(period), None, at(now)), Some((at(from), at(to))));
    }

    #[rstest]
    #[case::its_first_instant("2026-12-15T10:30:00Z", "2026-12-15T10:30:00Z", "2027-01-15T10:30:00Z")]
    #[case::over_new_year("2027-01-02T00:00:00Z", "2026-12-15T10:30:00Z", "2027-01-15T10:30:00Z")]
    #[case::not_renewed_yet("2027-01-15T10:30:00Z", "2027-01-01T00:00:00Z", "2027-02-01T00:00:00Z")]
    #[case::before_it_began("2026-12-15T10:29:59Z", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z")]
    fn a_billing_period_is_that_of_the_subscription(#[case] now: &str, #[case] from: &str, #[case] to: &str) {
        let subscription = billed("2026-12-15T10:30:00Z", "2027-01-15T10:30:00Z");
        let found = window(FeatureKind::Counter(Period::Billing), Some(&subscription), at(now));
        assert_eq!(found, Some((at(from), at(to))));
    }

    #[test]
    fn the_longest_trial_is_no_longer_than_the_longest_billing_period() {
        let start = at("2026-01-01T00:00:00Z");
        let end = start.plus_secs(i64::from(trial::MAX_DAYS) * 86_400);
        let sample = Subscription::sample("sub_1", "pro", ProviderStatus::Trialing, start);
        let on_trial = Subscription { period_end: end, ..sample };
        let period = window(FeatureKind::Counter(Period::Billing), Some(&on_trial), end.plus_secs(-1));
        assert_eq!(period, Some((start, end)));
        assert!(end.secs_since(start) <= Period::Billing.max_secs());
    }

    #[rstest]
    #[case(FeatureKind::Flag)]
    #[case(FeatureKind::Gauge)]
    #[case(FeatureKind::Max)]
    fn only_counters_have_a_period(#[case] kind: FeatureKind) {
        assert_eq!(window(kind, None, at("2026-01-14T00:00:00Z")), None);
    }

    proptest! {
        #[test]
        fn periods_are_adjacent_and_contain_now(
            period in proptest::sample::select(Period::ALL.to_vec()),
            // The years 0 to 9998. Dates outside the range of the `time` crate are clamped.
            secs in -62_167_219_200..253_370_764_800_i64,
            micros in 0..1_000_000_i64,
        ) {
            let kind = FeatureKind::Counter(period);
            let now = Timestamp::from_micros(secs * 1_000_000 + micros);
            let (from, to) = window(kind, None, now).unwrap();
            prop_assert!(from <= now && now < to);
            prop_assert_eq!(window(kind, None, from), Some((from, to)));
            prop_assert_eq!(window(kind, None, Timestamp::from_micros(to.as_micros() - 1)), Some((from, to)));
            prop_assert_eq!(window(kind, None, to).unwrap().0, to);
        }

        #[test]
        fn extreme_timestamps_do_not_panic(period in proptest::sample::select(Period::ALL.to_vec()), micros: i64) {
            prop_assert!(window(FeatureKind::Counter(period), None, Timestamp::from_micros(micros)).is_some());
        }

        #[test]
        fn the_state_of_a_meter_agrees_with_its_numbers(used: u64, most in 1_u64.., warn_percent in 1..=100_u8) {
            let catalog = default_catalog();
            let feature = Feature { warn_at: WarnAt::Percent(warn_percent), ..catalog.feature("websocket_rooms").unwrap().clone() };
            let found = usage(used, Limit::AtMost(most));
            let state = found.state(&feature);
            prop_assert_eq!(state == MeterState::Over, !found.limit.allows(used));
            prop_assert_eq!(matches!(state, MeterState::Over | MeterState::Reached), found.left() == Some(0));
            prop_assert!(state != MeterState::Near || found.percent() >= u64::from(warn_percent));
            prop_assert!(state != MeterState::Ok || found.percent() <= u64::from(warn_percent));
        }
    }
}
