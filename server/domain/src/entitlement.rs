//! What a tenant may still use: readings of counters against limits.

use serde::{Deserialize, Serialize};

use crate::{
    catalog::{Feature, FeatureKind, Limit, Period},
    ids::FeatureKey,
    subscription::Subscription,
    time::Timestamp,
};

/// How much of a feature a tenant uses, in the feature's own unit, and how much it may.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeatureUsage {
    pub feature: FeatureKey,
    pub used: u64,
    pub limit: Limit,
    /// When the counter began; `None` for a gauge.
    pub since: Option<Timestamp>,
    /// When the counter starts again; `None` for a gauge.
    pub resets_at: Option<Timestamp>,
}

/// What a meter says in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MeterState {
    Ok,
    /// From the warning threshold on.
    Near,
    /// Exactly at the limit.
    Reached,
    /// Above it, as after a downgrade.
    Over,
}

impl FeatureUsage {
    /// Used as a percentage of the limit, rounded half up; 0 when unlimited, 100 when anything is used of what is not included.
    pub fn percent(&self) -> u64 {
        match self.limit {
            Limit::Unlimited => 0,
            Limit::AtMost(0) => {
                if self.used > 0 {
                    100
                } else {
                    0
                }
            }
            Limit::AtMost(most) => {
                let doubled = u128::from(self.used) * 200 / u128::from(most);
                u64::try_from(doubled.div_ceil(2)).unwrap_or(u64::MAX)
            }
        }
    }

    /// How much more is admitted; `None` when unlimited.
    pub fn left(&self) -> Option<u64> {
        match self.limit {
            Limit::Unlimited => None,
            Limit::AtMost(most) => Some(most.saturating_sub(self.used)),
        }
    }

    pub fn state(&self, feature: &Feature) -> MeterState {
        let Limit::AtMost(most) = self.limit else { return MeterState::Ok };
        if self.used > most {
            MeterState::Over
        } else if most > 0 && self.used == most {
            MeterState::Reached
        } else if u128::from(self.used) * 100 >= u128::from(most) * u128::from(feature.warn_percent) && self.used > 0 {
            MeterState::Near
        } else {
            MeterState::Ok
        }
    }
}

/// The span of time over which a counter runs at `now`: from its start (inclusive) to its reset (exclusive).
///
/// Calendar periods are UTC. A `billing` period is the subscription's own; without one, the calendar month.
/// `None` for what is not counted by time.
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
            Some(own) if own.period_start <= now && now < own.period_end => (own.period_start, own.period_end),
            _ => calendar_month(now),
        },
    })
}

fn calendar_month(now: Timestamp) -> (Timestamp, Timestamp) {
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
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text).unwrap()
    }

    fn usage(used: u64, limit: Limit) -> FeatureUsage {
        FeatureUsage { feature: "rooms".parse().unwrap(), used, limit, since: None, resets_at: None }
    }

    #[test]
    fn a_month_ends_where_the_next_begins() {
        let kind = FeatureKind::Counter(Period::Month);
        assert_eq!(
            window(kind, None, at("2026-12-31T23:59:59Z")),
            Some((at("2026-12-01T00:00:00Z"), at("2027-01-01T00:00:00Z")))
        );
        assert_eq!(window(FeatureKind::Gauge, None, at("2026-12-31T23:59:59Z")), None);
    }

    #[test]
    fn percentages_round_half_up_and_unlimited_is_nothing() {
        assert_eq!(usage(45, Limit::AtMost(100)).percent(), 45);
        assert_eq!(usage(1, Limit::AtMost(8)).percent(), 13);
        assert_eq!(usage(1, Limit::AtMost(3)).percent(), 33);
        assert_eq!(usage(u64::MAX, Limit::Unlimited).percent(), 0);
        assert_eq!(usage(3, Limit::AtMost(2)).percent(), 150);
    }
}
