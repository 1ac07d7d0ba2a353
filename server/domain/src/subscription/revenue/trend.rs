//! Revenue by month and currency, over the last twelve months.

use std::collections::{BTreeMap, BTreeSet};

use super::{Revenue, change::RevenueChangeKind};
use crate::{
    money::{Currency, Money},
    time::Timestamp,
};

/// How many months a trend has, with the current one.
pub const TREND_MONTHS: usize = 12;

/// A month of the calendar, in UTC. Ordered by time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    year: i32,
    /// 1 to 12.
    month: u8,
}

/// The text is not a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a month is written as \"2026-04\"")]
pub struct InvalidMonth;

impl Month {
    /// The month that contains an instant.
    pub fn of(at: Timestamp) -> Self {
        let at = at.to_utc();
        Self { year: at.year(), month: u8::from(at.month()) }
    }

    /// The month before.
    #[must_use]
    pub const fn before(self) -> Self {
        match self.month {
            1 => Self { year: self.year - 1, month: 12 },
            month => Self { year: self.year, month: month - 1 },
        }
    }

    /// The first instant of the month.
    pub fn starts_at(self) -> Timestamp {
        Timestamp::parse_iso_day(&format!("{self}-01")).unwrap_or(Timestamp::from_secs(0))
    }

    /// The months of a trend that ends with the month of `now`, the oldest first.
    pub fn last_of_trend(now: Timestamp) -> Vec<Self> {
        let months = std::iter::successors(Some(Self::of(now)), |month| Some(month.before()));
        let mut months: Vec<_> = months.take(TREND_MONTHS).collect();
        months.reverse();
        months
    }
}

impl std::fmt::Display for Month {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{:04}-{:02}", self.year, self.month)
    }
}

impl std::str::FromStr for Month {
    type Err = InvalidMonth;

    fn from_str(text: &str) -> Result<Self, InvalidMonth> {
        Timestamp::parse_iso_day(&format!("{text}-01")).map(Self::of).ok_or(InvalidMonth)
    }
}

/// MRR of one currency, as stored at the end of a month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredMonth {
    pub month: Month,
    pub monthly: Money,
    pub subscriptions: u64,
}

/// The sum of one month's changes of a kind in one currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeTotal {
    pub month: Month,
    pub kind: RevenueChangeKind,
    pub subscriptions: u64,
    pub monthly: Money,
}

/// A number of changes, and the monthly revenue that came or went with them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChangeSum {
    pub subscriptions: u64,
    pub monthly: Money,
}

/// One month in one currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrendMonth {
    pub month: Month,
    /// Active subscriptions and their MRR: at the end of a past month, now for the current month. `None` for a month
    /// that was not recorded.
    pub recurring: Option<ChangeSum>,
    changes: BTreeMap<RevenueChangeKind, ChangeSum>,
    currency: Currency,
}

impl TrendMonth {
    /// The changes of a kind in this month.
    pub fn changes(&self, kind: RevenueChangeKind) -> ChangeSum {
        let none = ChangeSum { subscriptions: 0, monthly: Money::new(0, self.currency) };
        self.changes.get(&kind).copied().unwrap_or(none)
    }
}

/// The months of one currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevenueTrend {
    pub currency: Currency,
    /// The oldest first; the last is the current month.
    pub months: Vec<TrendMonth>,
}

/// Joins the current revenue with what is stored, by currency: those of `current` first, in its order.
///
/// The current month has the current revenue, so that the trend agrees with it. A currency without a row in a recorded
/// month had no subscriptions then.
pub fn trend(
    now: Timestamp,
    current: &[Revenue],
    stored: &[StoredMonth],
    changes: &[ChangeTotal],
) -> Vec<RevenueTrend> {
    let months = Month::last_of_trend(now);
    let this_month = Month::of(now);
    let mut currencies: Vec<_> = current.iter().map(|revenue| revenue.currency).collect();
    let others = stored.iter().map(|row| row.monthly.currency).chain(changes.iter().map(|row| row.monthly.currency));
    let others: BTreeSet<_> = others.filter(|currency| !currencies.contains(currency)).collect();
    currencies.extend(others);
    let recurring = |currency: Currency, month: Month| {
        let none = ChangeSum { subscriptions: 0, monthly: Money::new(0, currency) };
        if month == this_month {
            let revenue = current.iter().find(|revenue| revenue.currency == currency);
            let sum = |revenue: &Revenue| ChangeSum {
                subscriptions: revenue.active.subscriptions,
                monthly: revenue.active.monthly,
            };
            return Some(revenue.map_or(none, sum));
        }
        let mut rows = stored.iter().filter(|row| row.month == month).peekable();
        rows.peek()?;
        let row = rows.find(|row| row.monthly.currency == currency);
        Some(row.map_or(none, |row| ChangeSum { subscriptions: row.subscriptions, monthly: row.monthly }))
    };
    let changes_of = |currency: Currency, month: Month| {
        let of_month = changes.iter().filter(|row| row.month == month && row.monthly.currency == currency);
        of_month.map(|row| (row.kind, ChangeSum { subscriptions: row.subscriptions, monthly: row.monthly })).collect()
    };
    let of_currency = |currency| RevenueTrend {
        currency,
        months: months
            .iter()
            .map(|&month| TrendMonth {
                month,
                recurring: recurring(currency, month),
                changes: changes_of(currency, month),
                currency,
            })
            .collect(),
    };
    currencies.into_iter().map(of_currency).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{catalog::file::default_catalog, subscription::revenue::revenue};

    #[test]
    fn a_trend_has_twelve_months_and_ends_with_the_current_one() {
        let months = Month::last_of_trend(Timestamp::parse_iso_day("2026-03-31").unwrap());
        let texts: Vec<_> = months.iter().map(ToString::to_string).collect();
        assert_eq!((texts.len(), texts[0].as_str(), texts[11].as_str()), (12, "2025-04", "2026-03"));
        assert_eq!(months[0].starts_at().iso_day(), "2025-04-01");
        assert_eq!("2025-04".parse(), Ok(months[0]));
        assert_eq!("2025-13".parse::<Month>(), Err(InvalidMonth));
    }

    #[test]
    fn unrecorded_months_are_unknown_and_currencies_stay_apart() {
        let now = Timestamp::parse_iso_day("2026-03-15").unwrap();
        let eur: Currency = "EUR".parse().unwrap();
        let month = |text: &str| text.parse::<Month>().unwrap();
        let stored = |text, minor, currency| StoredMonth {
            month: month(text),
            monthly: Money::new(minor, currency),
            subscriptions: 1,
        };
        let rows = [
            stored("2026-01", 100, Currency::USD),
            stored("2026-02", 50, eur),
            // An earlier figure of the current month, which the current revenue replaces.
            stored("2026-03", 77, Currency::USD),
        ];
        let churned = ChangeTotal {
            month: month("2026-02"),
            kind: RevenueChangeKind::Churned,
            subscriptions: 2,
            monthly: Money::new(100, Currency::USD),
        };
        let found = trend(now, &revenue(&default_catalog(), &[]), &rows, &[churned]);
        let minor = |trend: &RevenueTrend| {
            let last = trend.months.iter().skip(8);
            last.map(|month| month.recurring.map(|sum| sum.monthly.minor)).collect::<Vec<_>>()
        };
        assert_eq!(found.iter().map(|trend| trend.currency).collect::<Vec<_>>(), [Currency::USD, eur]);
        assert_eq!(minor(&found[0]), [None, Some(100), Some(0), Some(0)]);
        assert_eq!(minor(&found[1]), [None, Some(0), Some(50), Some(0)]);
        assert_eq!(found[0].months[10].changes(RevenueChangeKind::Churned).subscriptions, 2);
        assert_eq!(found[1].months[10].changes(RevenueChangeKind::Churned).subscriptions, 0);
    }
}
