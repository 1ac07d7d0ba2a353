//! What a change of a subscription means for revenue.

use super::{has_own_price, list_currency, monthly_minor};
use crate::{
    catalog::Catalog,
    money::{Currency, Money},
    subscription::{Direction, ProviderStatus, Subscription, direction},
    time::Timestamp,
};

/// What happened to the revenue of a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RevenueChangeKind {
    /// It is billed, without a trial before.
    New,
    /// It was billed and has ended.
    Churned,
    /// Its plan or cycle changed to one with a higher monthly price.
    Upgraded,
    /// Its plan or cycle changed to one with a lower monthly price.
    Downgraded,
    TrialStarted,
    /// Its trial ended, and it is billed.
    TrialConverted,
}

crate::all_variants!(
    /// In the order in which tables and files have them.
    RevenueChangeKind { New, Churned, Upgraded, Downgraded, TrialStarted, TrialConverted }
);

impl RevenueChangeKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Churned => "churned",
            Self::Upgraded => "upgraded",
            Self::Downgraded => "downgraded",
            Self::TrialStarted => "trial_started",
            Self::TrialConverted => "trial_converted",
        }
    }
}

/// The text is not a kind of change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a kind of change of revenue")]
pub struct UnknownRevenueChange;

impl std::str::FromStr for RevenueChangeKind {
    type Err = UnknownRevenueChange;

    fn from_str(text: &str) -> Result<Self, UnknownRevenueChange> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(UnknownRevenueChange)
    }
}

/// A change of a subscription's revenue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RevenueChange {
    pub kind: RevenueChangeKind,
    /// The provider's time of a start or an end, else when the change was seen.
    pub at: Timestamp,
    /// The monthly list price that came or went; for a changed plan the difference. Never negative. 0 if a plan has no
    /// list price.
    pub monthly: Money,
}

/// How a subscription counts in revenue.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Not yet, or no longer.
    Outside,
    Trial,
    Billed,
    /// A trial that ended without a card: Stripe pauses it.
    Paused,
}

impl Stage {
    const fn of(status: ProviderStatus) -> Self {
        match status {
            ProviderStatus::Active | ProviderStatus::PastDue | ProviderStatus::Unpaid => Self::Billed,
            ProviderStatus::Trialing => Self::Trial,
            ProviderStatus::Paused => Self::Paused,
            ProviderStatus::Incomplete | ProviderStatus::IncompleteExpired | ProviderStatus::Canceled => Self::Outside,
        }
    }
}

/// Returns what the change from `before`, the stored state, to `after` means for revenue; `None` if nothing. A
/// subscription that is first seen after its end means nothing: whether it was paid is not known.
pub fn revenue_change(
    catalog: &Catalog,
    before: Option<&Subscription>,
    after: &Subscription,
    now: Timestamp,
) -> Option<RevenueChange> {
    let was = before.map_or(Stage::Outside, |before| Stage::of(before.status));
    let began = if before.is_none() { after.started_at.min(now) } else { now };
    let of = |kind, at, subscription| {
        let monthly = monthly_price(catalog, subscription);
        let none = || Money::new(0, subscription_currency(catalog, subscription));
        Some(RevenueChange { kind, at, monthly: monthly.unwrap_or_else(none) })
    };
    match (was, Stage::of(after.status)) {
        (Stage::Outside, Stage::Billed) => of(RevenueChangeKind::New, began, after),
        (Stage::Outside, Stage::Trial) => of(RevenueChangeKind::TrialStarted, began, after),
        (Stage::Trial | Stage::Paused, Stage::Billed) => of(RevenueChangeKind::TrialConverted, now, after),
        (Stage::Billed, Stage::Outside) => {
            let ended = after.ended_at.map_or(now, |at| at.min(now));
            of(RevenueChangeKind::Churned, ended, before.unwrap_or(after))
        }
        (Stage::Billed, Stage::Billed) => plan_change(catalog, before?, after, now),
        _ => None,
    }
}

/// Compares the monthly list prices of two states, or the ranks of their plans if one has no comparable price.
fn plan_change(
    catalog: &Catalog,
    before: &Subscription,
    after: &Subscription,
    now: Timestamp,
) -> Option<RevenueChange> {
    let prices = monthly_price(catalog, before).zip(monthly_price(catalog, after));
    let prices = prices.filter(|(from, to)| from.currency == to.currency);
    let (changed, monthly) = if let Some((from, to)) = prices {
        let difference = Money::new(to.minor.abs_diff(from.minor).try_into().unwrap_or(i64::MAX), to.currency);
        (Direction::between(&from.minor, &to.minor), difference)
    } else {
        let (from, to) = (catalog.plan(before.plan.as_str())?, catalog.plan(after.plan.as_str())?);
        (direction(from, to), Money::new(0, subscription_currency(catalog, after)))
    };
    let kind = match changed {
        Direction::Up => RevenueChangeKind::Upgraded,
        Direction::Down => RevenueChangeKind::Downgraded,
        Direction::Same => return None,
    };
    Some(RevenueChange { kind, at: now, monthly })
}

fn subscription_currency(catalog: &Catalog, subscription: &Subscription) -> Currency {
    let paid_in = subscription.price.or(subscription.due).map(|money| money.currency);
    let paid_in = paid_in.or(subscription.details.currency);
    let sold = (&subscription.plan, subscription.cycle);
    match paid_in {
        Some(paid_in) if has_own_price(catalog, sold, subscription.details.interval, Some(paid_in)) => paid_in,
        _ => list_currency(catalog, &subscription.plan, subscription.cycle, paid_in),
    }
}

/// The monthly list price; for an interval other than the cycle's, for a currency without list price, and with seats, the
/// subscription's own price by the month.
fn monthly_price(catalog: &Catalog, subscription: &Subscription) -> Option<Money> {
    let interval = subscription.details.interval;
    if let Some(price) = subscription.price
        && has_own_price(catalog, (&subscription.plan, subscription.cycle), interval, Some(price.currency))
    {
        let monthly = subscription.interval().monthly_minor(i128::from(price.minor));
        return Some(Money::new(monthly, price.currency));
    }
    if interval.is_some() {
        return None;
    }
    let currency = subscription_currency(catalog, subscription);
    let plan = catalog.plan(subscription.plan.as_str())?;
    let price = match subscription.details.seats {
        Some(seats) => plan.price_with_seats(subscription.cycle, currency, seats)?,
        None => plan.lowest_price(subscription.cycle, currency)?,
    };
    Some(Money::new(monthly_minor(price.minor, subscription.cycle, 1), currency))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Cycle, file::default_catalog};

    const NOW: Timestamp = Timestamp::from_secs(1_768_000_000);

    fn on(plan: &str, status: ProviderStatus) -> Subscription {
        Subscription::sample("sub_1", plan, status, NOW.plus_secs(-60))
    }

    #[test]
    fn each_change_of_a_life_is_named_with_its_amount() {
        use ProviderStatus::{Active, Canceled, Incomplete, PastDue, Paused, Trialing};
        use RevenueChangeKind::{Churned, Downgraded, New, TrialConverted, TrialStarted, Upgraded};
        let yearly = Subscription { cycle: Cycle::Yearly, ..on("pro", Active) };
        for (before, after, change) in [
            (None, on("pro", Active), Some((New, 2_900))),
            (Some(on("pro", Incomplete)), on("pro", Active), Some((New, 2_900))),
            (None, on("pro", Incomplete), None),
            (None, on("pro", Canceled), None),
            (None, on("pro", Trialing), Some((TrialStarted, 2_900))),
            (Some(on("pro", Trialing)), on("team", Active), Some((TrialConverted, 9_900))),
            (Some(on("pro", Trialing)), on("pro", Canceled), None),
            (Some(on("pro", Active)), on("team", Active), Some((Upgraded, 7_000))),
            (Some(on("team", PastDue)), on("pro", Active), Some((Downgraded, 7_000))),
            // $290 a year is $24.17 a month.
            (Some(on("pro", Active)), yearly, Some((Downgraded, 483))),
            (Some(on("pro", Active)), on("pro", PastDue), None),
            (Some(on("pro", Active)), on("enterprise", Active), Some((Upgraded, 0))),
            (Some(on("team", PastDue)), on("pro", Canceled), Some((Churned, 9_900))),
            (Some(on("pro", Paused)), on("pro", Canceled), None),
            (Some(on("pro", Paused)), on("pro", Active), Some((TrialConverted, 2_900))),
        ] {
            let found = revenue_change(&default_catalog(), before.as_ref(), &after, NOW);
            assert_eq!(found.map(|found| (found.kind, found.monthly.minor)), change, "{before:?} → {after:?}");
        }
    }

    #[test]
    fn another_interval_counts_at_its_own_price() {
        let catalog = default_catalog();
        let quarterly = |minor| {
            let mut subscription = on("pro", ProviderStatus::Active);
            subscription.price = Some(Money::new(minor, Currency::USD));
            subscription.details.interval = Some("3 month".parse().unwrap());
            subscription
        };
        let change = |before: Option<&Subscription>, after: &Subscription| {
            revenue_change(&catalog, before, after, NOW).map(|found| (found.kind, found.monthly.minor))
        };
        let (lower, higher) = (quarterly(7_500), quarterly(9_000));
        assert_eq!(change(None, &lower), Some((RevenueChangeKind::New, 2_500)));
        assert_eq!(change(Some(&lower), &higher), Some((RevenueChangeKind::Upgraded, 500)));
        // $25 a month before, $29 now.
        let monthly = on("pro", ProviderStatus::Active);
        assert_eq!(change(Some(&lower), &monthly), Some((RevenueChangeKind::Upgraded, 400)));
    }

    #[test]
    fn a_currency_without_list_price_counts_at_its_own_price() {
        let yen: Currency = "JPY".parse().unwrap();
        let subscription = Subscription { price: Some(Money::new(4_300, yen)), ..on("pro", ProviderStatus::Active) };
        let found = revenue_change(&default_catalog(), None, &subscription, NOW).unwrap();
        assert_eq!((found.kind, found.monthly), (RevenueChangeKind::New, Money::new(4_300, yen)));
    }

    #[test]
    fn more_seats_are_an_upgrade_by_what_they_cost() {
        let catalog = default_catalog().with_seats("pro", (1, 1, None), 500);
        let with = |seats, minor| {
            let mut subscription = on("pro", ProviderStatus::Active);
            subscription.price = Some(Money::new(minor, Currency::USD));
            subscription.details.seats = Some(seats);
            subscription
        };
        let change = |before: &Subscription, after: &Subscription| {
            revenue_change(&catalog, Some(before), after, NOW).map(|found| (found.kind, found.monthly.minor))
        };
        let (fewer, more) = (with(3, 3_900), with(5, 4_900));
        assert_eq!(change(&fewer, &more), Some((RevenueChangeKind::Upgraded, 1_000)));
        assert_eq!(change(&more, &fewer), Some((RevenueChangeKind::Downgraded, 1_000)));
        assert_eq!(change(&more, &more), None);
    }

    #[test]
    fn a_start_and_an_end_have_the_providers_time() {
        let catalog = default_catalog();
        let at = |before: Option<&Subscription>, after: &Subscription| {
            revenue_change(&catalog, before, after, NOW).unwrap().at
        };
        let running = on("pro", ProviderStatus::Active);
        assert_eq!(at(None, &running), NOW.plus_secs(-60));
        let ended = Subscription {
            ended_at: Some(NOW.plus_secs(-9)),
            status: ProviderStatus::Canceled,
            ..on("pro", ProviderStatus::Active)
        };
        assert_eq!(at(Some(&running), &ended), NOW.plus_secs(-9));
        assert_eq!(at(Some(&on("pro", ProviderStatus::Incomplete)), &running), NOW);
    }

    #[test]
    fn kinds_are_read_as_written() {
        for kind in RevenueChangeKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
        }
        assert_eq!("other".parse::<RevenueChangeKind>(), Err(UnknownRevenueChange));
    }
}
