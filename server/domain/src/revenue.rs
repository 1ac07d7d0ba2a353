//! What subscriptions come to in a month, at list prices: before tax and discounts, and of what is sold now.

use crate::{
    catalog::{Catalog, Cycle},
    ids::PlanId,
    money::Money,
    subscription::ProviderStatus,
};

/// How many subscriptions there are of a kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    pub plan: PlanId,
    pub cycle: Cycle,
    pub status: ProviderStatus,
    pub subscriptions: u64,
}

/// So many subscriptions, and what they come to in a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    pub subscriptions: u64,
    pub monthly: Money,
}

/// A plan paid in one cycle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub plan: PlanId,
    pub cycle: Cycle,
    /// What one costs a cycle; `None` where that was agreed on, and nothing of it is in any sum.
    pub price: Option<Money>,
    pub active: Part,
    pub past_due: Part,
    pub trialing: Part,
}

/// Every line's parts add up to the sums.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revenue {
    /// By the plan's rank, the month before the year; a plan that the catalog lacks comes last.
    pub lines: Vec<Line>,
    pub active: Part,
    pub past_due: Part,
    pub trialing: Part,
    /// Subscriptions whose price is agreed on: in no sum of money.
    pub unpriced: u64,
}

/// Sums up at the catalog's prices in its own currency. Whatever has ended, is paused or waits for its first payment is left out.
pub fn revenue(catalog: &Catalog, counted: &[Counted]) -> Revenue {
    let nothing = Part { subscriptions: 0, monthly: Money::new(0, catalog.currency) };
    let mut lines: Vec<Line> = Vec::new();
    for Counted { plan, cycle, status, subscriptions } in counted {
        let Some(which) = Which::of(*status) else { continue };
        let at = lines.iter().position(|line| (&line.plan, line.cycle) == (plan, *cycle));
        let at = at.unwrap_or_else(|| {
            let price = catalog.plan(plan.as_str()).and_then(|plan| plan.price(*cycle, catalog.currency));
            let (plan, cycle) = (plan.clone(), *cycle);
            lines.push(Line { plan, cycle, price, active: nothing, past_due: nothing, trialing: nothing });
            lines.len() - 1
        });
        if let Some(line) = lines.get_mut(at) {
            which.part(line).subscriptions += subscriptions;
        }
    }
    for line in &mut lines {
        for which in Which::ALL {
            let (price, cycle) = (line.price, line.cycle);
            let part = which.part(line);
            part.monthly.minor = price.map_or(0, |price| a_month(price.minor, cycle, part.subscriptions));
        }
    }
    let rank = |plan: &PlanId| catalog.plan(plan.as_str()).map_or(u32::MAX, |plan| plan.rank);
    lines.sort_by(|a, b| (rank(&a.plan), &a.plan, a.cycle).cmp(&(rank(&b.plan), &b.plan, b.cycle)));
    let sum = |of: fn(&Line) -> Part| {
        lines.iter().map(of).fold(nothing, |sum, part| Part {
            subscriptions: sum.subscriptions + part.subscriptions,
            monthly: Money::new(sum.monthly.minor.saturating_add(part.monthly.minor), catalog.currency),
        })
    };
    let (active, past_due, trialing) = (sum(|line| line.active), sum(|line| line.past_due), sum(|line| line.trialing));
    let agreed = lines.iter().filter(|line| line.price.is_none());
    let unpriced =
        agreed.map(|line| line.active.subscriptions + line.past_due.subscriptions + line.trialing.subscriptions).sum();
    Revenue { lines, active, past_due, trialing, unpriced }
}

#[derive(Clone, Copy)]
enum Which {
    Active,
    PastDue,
    Trialing,
}

impl Which {
    const ALL: [Self; 3] = [Self::Active, Self::PastDue, Self::Trialing];

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

    const fn part(self, line: &mut Line) -> &mut Part {
        match self {
            Self::Active => &mut line.active,
            Self::PastDue => &mut line.past_due,
            Self::Trialing => &mut line.trialing,
        }
    }
}

/// All of them in a month; a twelfth of a year's price for each, rounded once for all.
fn a_month(price_minor: i64, cycle: Cycle, subscriptions: u64) -> i64 {
    let all = i128::from(price_minor) * i128::from(subscriptions);
    let monthly = match cycle {
        Cycle::Monthly => all,
        Cycle::Yearly => (all + 6).div_euclid(12),
    };
    i64::try_from(monthly).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::catalog::file::default_catalog;

    fn counted(plan: &str, cycle: Cycle, status: ProviderStatus, subscriptions: u64) -> Counted {
        Counted { plan: plan.parse().unwrap(), cycle, status, subscriptions }
    }

    #[test]
    fn a_year_counts_for_a_twelfth_a_month_and_what_is_due_or_tried_stands_apart() {
        use ProviderStatus::{Active, Canceled, Incomplete, PastDue, Paused, Trialing, Unpaid};
        let catalog = default_catalog();
        let told = revenue(
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
        let lines: Vec<_> = told
            .lines
            .iter()
            .map(|line| {
                let part = |part: Part| (part.subscriptions, part.monthly.minor);
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
        assert_eq!((told.active.subscriptions, told.active.monthly.exact().as_str()), (16, "$560.50"));
        assert_eq!((told.past_due.monthly.minor, told.trialing.monthly.minor, told.unpriced), (5_800, 11_600, 1));
    }

    proptest! {
        #[test]
        fn whatever_there_is_lines_add_up_to_the_sums(counts in prop::collection::vec((0_usize..8, any::<bool>(), 0_usize..8, 0_u64..100_000), 0..40)) {
            use ProviderStatus::{Active, Canceled, Incomplete, IncompleteExpired, PastDue, Paused, Trialing, Unpaid};
            let catalog = default_catalog();
            let all = [Active, Trialing, PastDue, Unpaid, Incomplete, IncompleteExpired, Canceled, Paused];
            let counts: Vec<_> = counts
                .into_iter()
                .map(|(plan, yearly, status, subscriptions)| Counted {
                    plan: catalog.plans[plan].id.clone(),
                    cycle: if yearly { Cycle::Yearly } else { Cycle::Monthly },
                    status: all[status],
                    subscriptions,
                })
                .collect();
            let told = revenue(&catalog, &counts);
            let sum = |of: fn(&Line) -> Part| told.lines.iter().map(|line| of(line).monthly.minor).sum::<i64>();
            prop_assert_eq!(sum(|line| line.active), told.active.monthly.minor);
            prop_assert_eq!(sum(|line| line.past_due), told.past_due.monthly.minor);
            prop_assert_eq!(sum(|line| line.trialing), told.trialing.monthly.minor);
            let counted: u64 = counts.iter().filter(|one| Which::of(one.status).is_some()).map(|one| one.subscriptions).sum();
            let told = told.active.subscriptions + told.past_due.subscriptions + told.trialing.subscriptions;
            prop_assert_eq!(counted, told);
        }
    }
}
