//! How often a subscription is billed, for prices of any interval.

use serde::{Deserialize, Serialize};

use crate::catalog::Cycle;

const MONTHS: u32 = 12;
/// The largest count of an interval: 100 years in days.
const MAX_COUNT: u32 = 36_500;

/// The unit of a billing interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum IntervalUnit {
    Day,
    Week,
    Month,
    Year,
}

crate::all_variants!(IntervalUnit { Day, Week, Month, Year });

impl IntervalUnit {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Year => "year",
        }
    }

    /// How many of the units revenue counts in a year.
    const fn per_year(self) -> u32 {
        match self {
            Self::Day => 365,
            Self::Week => 52,
            Self::Month => MONTHS,
            Self::Year => 1,
        }
    }
}

/// The time between two payments: `count` units, such as 3 months. Multiples of 12 months are years.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BillingInterval {
    pub unit: IntervalUnit,
    /// At least 1.
    pub count: u32,
}

impl BillingInterval {
    /// Returns the interval that a provider reports as a unit (`day`, `week`, `month`, `year`) and a count. `None` for
    /// another unit, and for a count below 1 or above 36,500.
    pub fn from_provider(unit: &str, count: i64) -> Option<Self> {
        let unit = IntervalUnit::ALL.into_iter().find(|known| known.as_str() == unit)?;
        let count = u32::try_from(count).ok().filter(|count| (1..=MAX_COUNT).contains(count))?;
        Some(match unit {
            IntervalUnit::Month if count.is_multiple_of(MONTHS) => {
                Self { unit: IntervalUnit::Year, count: count / MONTHS }
            }
            unit => Self { unit, count },
        })
    }

    /// The interval of a billing cycle: one month or one year.
    pub const fn of(cycle: Cycle) -> Self {
        match cycle {
            Cycle::Monthly => Self { unit: IntervalUnit::Month, count: 1 },
            Cycle::Yearly => Self { unit: IntervalUnit::Year, count: 1 },
        }
    }

    /// The cycle that a price of this interval counts as: yearly from a year on, else monthly.
    pub const fn nearest_cycle(self) -> Cycle {
        if self.count >= self.unit.per_year() { Cycle::Yearly } else { Cycle::Monthly }
    }

    /// What an amount that is paid each interval comes to in a year, rounded half up.
    pub fn yearly_minor(self, minor: i64) -> i64 {
        let (times, count) = (i128::from(self.unit.per_year()), i128::from(self.count.max(1)));
        let yearly = i128::from(minor).saturating_mul(times).saturating_add(count / 2).div_euclid(count);
        i64::try_from(yearly).unwrap_or(if yearly < 0 { i64::MIN } else { i64::MAX })
    }

    /// The monthly share of an amount that is paid each interval, rounded half up. A year has 12 months, 52 weeks and
    /// 365 days.
    pub fn monthly_minor(self, minor: i128) -> i64 {
        let (times, parts) = (i128::from(self.unit.per_year()), i128::from(MONTHS) * i128::from(self.count.max(1)));
        let monthly = minor.saturating_mul(times).saturating_add(parts / 2).div_euclid(parts);
        i64::try_from(monthly).unwrap_or(if monthly < 0 { i64::MIN } else { i64::MAX })
    }
}

/// The text is not a billing interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a billing interval is a count and a unit, as \"3 month\"")]
pub struct InvalidInterval;

/// `3 month`, as it is stored.
impl std::fmt::Display for BillingInterval {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{} {}", self.count, self.unit.as_str())
    }
}

impl std::str::FromStr for BillingInterval {
    type Err = InvalidInterval;

    fn from_str(text: &str) -> Result<Self, InvalidInterval> {
        let (count, unit) = text.split_once(' ').ok_or(InvalidInterval)?;
        let count: i64 = count.parse().map_err(|_| InvalidInterval)?;
        Self::from_provider(unit, count).ok_or(InvalidInterval)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn every(count: u32, unit: IntervalUnit) -> BillingInterval {
        BillingInterval { unit, count }
    }

    #[rstest]
    #[case("month", 1, Some(every(1, IntervalUnit::Month)), Cycle::Monthly)]
    #[case("month", 3, Some(every(3, IntervalUnit::Month)), Cycle::Monthly)]
    #[case("month", 12, Some(every(1, IntervalUnit::Year)), Cycle::Yearly)]
    #[case("month", 18, Some(every(18, IntervalUnit::Month)), Cycle::Yearly)]
    #[case("month", 24, Some(every(2, IntervalUnit::Year)), Cycle::Yearly)]
    #[case("week", 1, Some(every(1, IntervalUnit::Week)), Cycle::Monthly)]
    #[case("week", 52, Some(every(52, IntervalUnit::Week)), Cycle::Yearly)]
    #[case("day", 364, Some(every(364, IntervalUnit::Day)), Cycle::Monthly)]
    #[case("day", 365, Some(every(365, IntervalUnit::Day)), Cycle::Yearly)]
    #[case("year", 2, Some(every(2, IntervalUnit::Year)), Cycle::Yearly)]
    #[case("fortnight", 1, None, Cycle::Monthly)]
    #[case("month", 0, None, Cycle::Monthly)]
    #[case("day", -1, None, Cycle::Monthly)]
    #[case("year", i64::MAX, None, Cycle::Monthly)]
    fn an_interval_counts_as_the_nearest_cycle(
        #[case] unit: &str,
        #[case] count: i64,
        #[case] read: Option<BillingInterval>,
        #[case] cycle: Cycle,
    ) {
        let interval = BillingInterval::from_provider(unit, count);
        assert_eq!(interval, read);
        if let Some(interval) = interval {
            assert_eq!(interval.nearest_cycle(), cycle);
            assert_eq!(interval.to_string().parse(), Ok(interval), "it is read as it is stored");
        }
    }

    #[rstest]
    #[case(every(1, IntervalUnit::Month), 2_900, 2_900)]
    #[case(every(3, IntervalUnit::Month), 7_500, 2_500)]
    #[case(every(1, IntervalUnit::Year), 29_000, 2_417)]
    #[case(every(2, IntervalUnit::Year), 48_000, 2_000)]
    #[case(every(1, IntervalUnit::Week), 700, 3_033)]
    #[case(every(2, IntervalUnit::Week), 1_400, 3_033)]
    #[case(every(1, IntervalUnit::Day), 100, 3_042)]
    #[case(every(1, IntervalUnit::Year), 6, 1)]
    #[case(every(1, IntervalUnit::Year), 5, 0)]
    fn the_monthly_share_is_divided_by_the_true_interval(
        #[case] interval: BillingInterval,
        #[case] minor: i128,
        #[case] monthly: i64,
    ) {
        assert_eq!(interval.monthly_minor(minor), monthly);
    }

    #[test]
    fn the_share_of_any_amount_fits() {
        assert_eq!(every(1, IntervalUnit::Day).monthly_minor(i128::MAX), i64::MAX);
        assert_eq!(every(1, IntervalUnit::Day).monthly_minor(i128::MIN), i64::MIN);
        assert_eq!(every(1, IntervalUnit::Day).yearly_minor(i64::MAX), i64::MAX);
        assert_eq!(every(1, IntervalUnit::Day).yearly_minor(i64::MIN), i64::MIN);
    }

    #[test]
    fn what_is_no_interval_is_refused() {
        for text in ["", "month", "3", "3 moons", "x month", "0 month"] {
            assert_eq!(text.parse::<BillingInterval>(), Err(InvalidInterval), "{text}");
        }
    }
}
