//! Monthly recurring revenue at the catalog's current prices, before tax and discounts. A subscription that is billed in
//! another interval than a cycle, such as every 3 months, counts at its own price, because the catalog has none. So does
//! a subscription in a currency in which the catalog does not price its plan, and one of a plan with seats, whose price
//! depends on their number.

pub mod change;
pub mod trend;

use crate::{
    catalog::{Catalog, Cycle},
    ids::PlanId,
    money::{Currency, Money},
    subscription::{BillingInterval, ProviderStatus},
};

/// The number of subscriptions with the same plan, billing cycle, status, currency and interval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriptionCount {
    pub plan: PlanId,
    pub cycle: Cycle,
    pub status: ProviderStatus,
    /// The currency in which they are paid; `None` if the provider does not report it.
    pub currency: Option<Currency>,
    /// How often they are billed; `None` for once a cycle.
    pub interval: Option<BillingInterval>,
    pub subscriptions: u64,
    /// The sum of their own prices, in minor units. Read only where these count.
    pub paid_minor: i64,
}

/// A number of subscriptions and their monthly revenue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RevenuePart {
    pub subscriptions: u64,
    pub monthly: Money,
}

/// The revenue of one plan, billing cycle and interval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevenueLine {
    pub plan: PlanId,
    pub cycle: Cycle,
    /// How often the subscriptions are billed; `None` for once a cycle.
    pub interval: Option<BillingInterval>,
    /// Whether each subscription counts at its own price: it has an interval, pays for seats, or pays in a currency in
    /// which the plan has no price.
    pub is_own_price: bool,
    /// The catalog's price per cycle; `None` if own prices count, or if the catalog has none, such as for custom pricing.
    /// The line then adds no revenue.
    pub price: Option<Money>,
    pub active: RevenuePart,
    pub past_due: RevenuePart,
    pub trialing: RevenuePart,
}

/// The revenue in one currency, by plan and in total. The totals are the sums of the lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revenue {
    pub currency: Currency,
    /// Sorted by the plan's rank, monthly before yearly, other intervals after them; plans that the catalog lacks come last.
    pub lines: Vec<RevenueLine>,
    pub active: RevenuePart,
    pub past_due: RevenuePart,
    pub trialing: RevenuePart,
    /// The number of subscriptions without a catalog price. The totals do not include their revenue.
    pub unpriced: u64,
}

/// Sums up the monthly revenue at the catalog's prices, by currency: that of the catalog first, also without
/// subscriptions, then the others in the order of their codes.
///
/// Subscriptions that have ended, are paused or await their first payment are left out.
pub fn revenue(catalog: &Catalog, counted: &[SubscriptionCount]) -> Vec<Revenue> {
    let counted = || counted.iter().filter(|count| Column::of(count.status).is_some());
    let of = |count: &SubscriptionCount| match count.currency {
        Some(paid_in) if has_own_price(catalog, (&count.plan, count.cycle), count.interval, Some(paid_in)) => paid_in,
        _ => list_currency(catalog, &count.plan, count.cycle, count.currency),
    };
    let mut others: Vec<_> = counted().map(of).filter(|currency| *currency != catalog.currency).collect();
    others.sort_unstable();
    others.dedup();
    let currencies = std::iter::once(catalog.currency).chain(others);
    currencies.map(|currency| in_currency(catalog, currency, counted().filter(|count| of(count) == currency))).collect()
}

/// The currency whose list price values a subscription: the one in which it is paid if the catalog prices the plan in
/// it, else the catalog's.
fn list_currency(catalog: &Catalog, plan: &PlanId, cycle: Cycle, paid_in: Option<Currency>) -> Currency {
    let is_priced = |currency: &Currency| {
        catalog.plan(plan.as_str()).is_some_and(|plan| plan.is_paid() && plan.lowest_price(cycle, *currency).is_some())
    };
    paid_in.filter(is_priced).unwrap_or(catalog.currency)
}

/// Whether a subscription counts at its own price.
fn has_own_price(
    catalog: &Catalog,
    (plan, cycle): (&PlanId, Cycle),
    interval: Option<BillingInterval>,
    paid_in: Option<Currency>,
) -> bool {
    let Some(plan) = catalog.plan(plan.as_str()) else { return interval.is_some() };
    // At the price in the catalog's currency, it would be added to that currency's revenue.
    let is_foreign = paid_in.is_some_and(|currency| {
        currency != catalog.currency && plan.is_paid() && plan.lowest_price(cycle, currency).is_none()
    });
    interval.is_some() || plan.seats.is_some() || is_foreign
}

fn in_currency<'a>(
    catalog: &Catalog,
    currency: Currency,
    counted: impl Iterator<Item = &'a SubscriptionCount>,
) -> Revenue {
    let zero = RevenuePart { subscriptions: 0, monthly: Money::new(0, currency) };
    let mut lines: Vec<RevenueLine> = Vec::new();
    for SubscriptionCount { plan, cycle, status, currency: _, interval, subscriptions, paid_minor } in counted {
        let Some(column) = Column::of(*status) else { continue };
        let at = lines.iter().position(|line| (&line.plan, line.cycle, line.interval) == (plan, *cycle, *interval));
        let at = at.unwrap_or_else(|| {
            let is_own_price = has_own_price(catalog, (plan, *cycle), *interval, Some(currency));
            let listed = catalog.plan(plan.as_str()).and_then(|plan| plan.price(*cycle, currency));
            lines.push(RevenueLine {
                plan: plan.clone(),
                cycle: *cycle,
                interval: *interval,
                is_own_price,
                price: listed.filter(|_| !is_own_price),
                active: zero,
                past_due: zero,
                trialing: zero,
            });
            lines.len() - 1
        });
        if let Some(line) = lines.get_mut(at) {
            let part = column.part(line);
            part.subscriptions += subscriptions;
            // The sum of own prices. The loop below converts it, or replaces it.
            part.monthly.minor = part.monthly.minor.saturating_add(*paid_minor);
        }
    }
    for line in &mut lines {
        for column in Column::ALL {
            let (price, cycle, is_own_price) = (line.price, line.cycle, line.is_own_price);
            let interval = line.interval.unwrap_or(BillingInterval::of(cycle));
            let part = column.part(line);
            part.monthly.minor = if is_own_price {
                interval.monthly_minor(i128::from(part.monthly.minor))
            } else {
                price.map_or(0, |price| monthly_minor(price.minor, cycle, part.subscriptions))
            };
        }
    }
    let rank = |plan: &PlanId| catalog.plan(plan.as_str()).map_or(u32::MAX, |plan| plan.rank);
    lines.sort_by(|a, b| {
        (rank(&a.plan), &a.plan, a.cycle, a.interval).cmp(&(rank(&b.plan), &b.plan, b.cycle, b.interval))
    });
    let sum = |of: fn(&RevenueLine) -> RevenuePart| {
        lines.iter().map(of).fold(zero, |sum, part| RevenuePart {
            subscriptions: sum.subscriptions + part.subscriptions,
            monthly: Money::new(sum.monthly.minor.saturating_add(part.monthly.minor), currency),
        })
    };
    let (active, past_due, trialing) = (sum(|line| line.active), sum(|line| line.past_due), sum(|line| line.trialing));
    let agreed = lines.iter().filter(|line| line.price.is_none() && !line.is_own_price);
    let unpriced =
        agreed.map(|line| line.active.subscriptions + line.past_due.subscriptions + line.trialing.subscriptions).sum();
    Revenue { currency, lines, active, past_due, trialing, unpriced }
}

/// The column of [`Revenue`] that a subscription counts in.
#[derive(Clone, Copy)]
enum Column {
    Active,
    PastDue,
    Trialing,
}

crate::all_variants!(Column { Active, PastDue, Trialing });

impl Column {
    const fn of(status: ProviderStatus) -> Option<Self> {
        match status {
            ProviderStatus::Active => Some(Self::Active),
            ProviderStatus::PastDue | ProviderStatus::Unpaid => Some(Self::PastDue),
            ProviderStatus::Trialing => Some(Self::Trialing),
            ProviderStatus::Incomplete
            | ProviderStatus::IncompleteExpired
            | ProviderStatus::Canceled
            | ProviderStatus::Paused => None,
        }
    }

    const fn part(self, line: &mut RevenueLine) -> &mut RevenuePart {
        match self {
            Self::Active => &mut line.active,
            Self::PastDue => &mut line.past_due,
            Self::Trialing => &mut line.trialing,
        }
    }
}

/// The monthly revenue of a number of subscriptions, in minor units. A yearly price counts for a twelfth. Only the
/// sum is rounded.
fn monthly_minor(price_minor: i64, cycle: Cycle, subscriptions: u64) -> i64 {
    BillingInterval::of(cycle).monthly_minor(i128::from(price_minor) * i128::from(subscriptions))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::catalog::file::default_catalog;

    fn counted(plan: &str, cycle: Cycle, status: ProviderStatus, subscriptions: u64) -> SubscriptionCount {
        SubscriptionCount {
            plan: plan.parse().unwrap(),
            cycle,
            status,
            currency: None,
            interval: None,
            subscriptions,
            paid_minor: 0,
        }
    }

    #[test]
    fn yearly_prices_count_for_a_twelfth_and_past_due_and_trialing_are_separate() {
        use ProviderStatus::{Active, Canceled, Incomplete, PastDue, Paused, Trialing, Unpaid};
        let catalog = default_catalog();
        let all = revenue(
            &catalog,
            &[
                counted("team", Cycle::Monthly, Active, 2),
                counted("pro", Cycle::Yearly, Active, 3),
                counted("pro", Cycle::Monthly, Active, 10),
                counted("pro", Cycle::Monthly, PastDue, 1),
                counted("pro", Cycle::Monthly, Unpaid, 1),
                counted("pro", Cycle::Monthly, Trialing, 4),
                counted("pro", Cycle::Monthly, Canceled, 50),
                counted("pro", Cycle::Monthly, Incomplete, 50),
                counted("pro", Cycle::Monthly, Paused, 50),
                counted("enterprise", Cycle::Yearly, Active, 1),
            ],
        );
        let [found] = all.as_slice() else { panic!("one currency") };
        let lines: Vec<_> = found
            .lines
            .iter()
            .map(|line| {
                let part = |part: RevenuePart| (part.subscriptions, part.monthly.minor);
                (line.plan.as_str(), line.cycle, part(line.active), part(line.past_due), part(line.trialing))
            })
            .collect();
        assert_eq!(
            lines,
            [
                ("pro", Cycle::Monthly, (10, 29_000), (2, 5_800), (4, 11_600)),
                // 3 × $290 / 12
                ("pro", Cycle::Yearly, (3, 7_250), (0, 0), (0, 0)),
                ("team", Cycle::Monthly, (2, 19_800), (0, 0), (0, 0)),
                ("enterprise", Cycle::Yearly, (1, 0), (0, 0), (0, 0)),
            ]
        );
        assert_eq!((found.active.subscriptions, found.active.monthly.exact().as_str()), (16, "$560.50"));
        assert_eq!((found.past_due.monthly.minor, found.trialing.monthly.minor, found.unpriced), (5_800, 11_600, 1));
    }

    #[test]
    fn other_intervals_count_at_their_own_prices_by_the_month() {
        use ProviderStatus::{Active, PastDue, Trialing, Unpaid};
        let eur: Currency = "EUR".parse().unwrap();
        let every = |text: &str, cycle, status, currency, subscriptions, paid_minor| SubscriptionCount {
            currency: Some(currency),
            interval: Some(text.parse().unwrap()),
            paid_minor,
            ..counted("pro", cycle, status, subscriptions)
        };
        let found = revenue(
            &default_catalog(),
            &[
                counted("pro", Cycle::Monthly, Active, 1),
                // Two at $75 and $80 every 3 months.
                every("3 month", Cycle::Monthly, Active, Currency::USD, 2, 15_500),
                every("3 month", Cycle::Monthly, PastDue, Currency::USD, 1, 7_500),
                every("3 month", Cycle::Monthly, Unpaid, Currency::USD, 1, 7_501),
                // $7 a week is $30.33 a month.
                every("1 week", Cycle::Monthly, Trialing, Currency::USD, 1, 700),
                every("2 year", Cycle::Yearly, Active, Currency::USD, 1, 48_000),
                // The catalog has no price in euros, and none is needed.
                every("3 month", Cycle::Monthly, Active, eur, 1, 6_000),
            ],
        );
        let lines: Vec<_> = found
            .iter()
            .flat_map(|one| &one.lines)
            .map(|line| {
                let interval = line.interval.map(|interval| interval.to_string()).unwrap_or_default();
                (interval, line.active.monthly.exact(), line.past_due.monthly.minor, line.trialing.monthly.minor)
            })
            .collect();
        let line = |interval: &str, active: &str, past_due, trialing| {
            (interval.to_owned(), active.to_owned(), past_due, trialing)
        };
        assert_eq!(
            lines,
            [
                line("", "$29.00", 0, 0),
                line("1 week", "$0.00", 0, 3_033),
                line("3 month", "$51.67", 5_000, 0),
                line("2 year", "$20.00", 0, 0),
                line("3 month", &Money::new(2_000, eur).exact(), 0, 0),
            ]
        );
        assert_eq!((found[0].active.monthly.minor, found[0].unpriced), (10_067, 0));
    }

    #[test]
    fn subscriptions_of_a_plan_with_seats_count_at_their_own_prices() {
        use ProviderStatus::{Active, Trialing};
        let catalog = default_catalog().with_seats("team", (0, 2, None), 1_200).all_seats("team");
        let of_team = |cycle, status, subscriptions, paid_minor| SubscriptionCount {
            currency: Some(Currency::USD),
            paid_minor,
            ..counted("team", cycle, status, subscriptions)
        };
        let found = revenue(
            &catalog,
            &[
                // 12 seats and 3 seats.
                of_team(Cycle::Monthly, Active, 2, 18_000),
                // 2 seats by the year.
                of_team(Cycle::Yearly, Active, 1, 24_000),
                of_team(Cycle::Monthly, Trialing, 1, 2_400),
            ],
        );
        let [found] = found.try_into().unwrap();
        assert_eq!((found.active.subscriptions, found.active.monthly.minor), (3, 20_000));
        assert_eq!((found.trialing.monthly.minor, found.unpriced), (2_400, 0));
        assert!(found.lines.iter().all(|line| line.is_own_price && line.price.is_none()));
    }

    #[test]
    fn currencies_are_never_summed() {
        use ProviderStatus::Active;
        let eur: Currency = "EUR".parse().unwrap();
        let mut catalog = default_catalog();
        let pro = catalog.plans.iter_mut().find(|plan| plan.id.as_str() == "pro").unwrap();
        let crate::catalog::Pricing::Paid(cycles) = &mut pro.pricing else { panic!("pro has a price") };
        cycles.get_mut(&Cycle::Monthly).unwrap().insert(eur, 2_500);
        let paid_in = |plan: &str, currency| SubscriptionCount { currency, ..counted(plan, Cycle::Monthly, Active, 1) };
        let team = SubscriptionCount { paid_minor: 9_500, ..paid_in("team", Some(eur)) };
        let counts = [paid_in("pro", Some(eur)), paid_in("pro", None), team];
        let found: Vec<_> =
            revenue(&catalog, &counts).iter().map(|one| (one.currency, one.active.monthly.minor)).collect();
        // The catalog has no price of Team in euros, which therefore counts at its own.
        assert_eq!(found, [(Currency::USD, 2_900), (eur, 2_500 + 9_500)]);
        assert_eq!(revenue(&catalog, &[]).len(), 1, "the catalog's currency is there without subscriptions");
    }

    proptest! {
        #[test]
        fn lines_add_up_to_the_totals(counts in prop::collection::vec((0_usize..8, any::<bool>(), 0_usize..8, 0_u64..100_000), 0..40)) {
            use ProviderStatus::{Active, Canceled, Incomplete, IncompleteExpired, PastDue, Paused, Trialing, Unpaid};
            let catalog = default_catalog();
            let all = [Active, Trialing, PastDue, Unpaid, Incomplete, IncompleteExpired, Canceled, Paused];
            let counts: Vec<_> = counts
                .into_iter()
                .map(|(plan, yearly, status, subscriptions)| SubscriptionCount {
                    plan: catalog.plans[plan].id.clone(),
                    cycle: if yearly { Cycle::Yearly } else { Cycle::Monthly },
                    status: all[status],
                    currency: None,
                    interval: None,
                    subscriptions,
                    paid_minor: 0,
                })
                .collect();
            let found = revenue(&catalog, &counts).remove(0);
            let sum = |of: fn(&RevenueLine) -> RevenuePart| found.lines.iter().map(|line| of(line).monthly.minor).sum::<i64>();
            prop_assert_eq!(sum(|line| line.active), found.active.monthly.minor);
            prop_assert_eq!(sum(|line| line.past_due), found.past_due.monthly.minor);
            prop_assert_eq!(sum(|line| line.trialing), found.trialing.monthly.minor);
            let counted: u64 = counts.iter().filter(|count| Column::of(count.status).is_some()).map(|count| count.subscriptions).sum();
            let total = found.active.subscriptions + found.past_due.subscriptions + found.trialing.subscriptions;
            prop_assert_eq!(counted, total);
        }
    }
}
