//! What comes of a row: the rules of an import.

use crate::{
    catalog::{Catalog, Cycle},
    ids::{PlanId, TenantId},
    money::{Currency, Money},
    subscription::{Provider, ProviderStatus},
    tenant::import::{ImportOutcome, ImportTotal},
    time::Timestamp,
};

const SECS_PER_DAY: i64 = 86_400;
const DAYS_PER_YEAR: i64 = 365;
/// Whole periods by their length in days, with how many of them a year has, times two. Months and years differ in
/// length.
const PERIODS: [(std::ops::RangeInclusive<i64>, i64); 5] =
    [(27..=32, 24), (58..=63, 12), (88..=93, 8), (180..=185, 4), (360..=370, 2)];
const TWO_YEARS: std::ops::RangeInclusive<i64> = 725..=735;

/// A subscription of a customer, as an import reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundSubscription {
    /// The provider's id.
    pub id: String,
    /// `None` if no plan sells its price.
    pub plan: Option<(PlanId, Cycle)>,
    pub status: ProviderStatus,
    pub started_at: Timestamp,
    pub period_start: Timestamp,
    pub period_end: Timestamp,
    pub seats: u64,
    /// What a cycle costs, before discounts and tax; `None` where no single amount exists.
    pub price: Option<Money>,
    /// The first price that no plan sells, with its description. Only where no plan is sold.
    pub unsold: Option<(String, String)>,
}

impl FoundSubscription {
    /// What it costs in a year, in minor units of its currency; `None` without a price.
    ///
    /// Without a plan, how often it is billed is derived from the length of its period. A trial counts as a month.
    pub fn yearly(&self) -> Option<Money> {
        let price = self.price?;
        let minor = match self.plan {
            Some((_, Cycle::Yearly)) => price.minor,
            Some((_, Cycle::Monthly)) => price.minor.saturating_mul(12),
            None if self.status == ProviderStatus::Trialing => price.minor.saturating_mul(12),
            None => yearly_by_days(price.minor, self.period_days()),
        };
        Some(Money::new(minor, price.currency))
    }

    /// The cycle of the plan, or the one that is closest to the period.
    pub fn nearest_cycle(&self) -> Cycle {
        match &self.plan {
            Some((_, cycle)) => *cycle,
            None if self.period_days() > DAYS_PER_YEAR / 2 => Cycle::Yearly,
            None => Cycle::Monthly,
        }
    }

    fn period_days(&self) -> i64 {
        let secs = self.period_end.secs_since(self.period_start);
        (secs + SECS_PER_DAY / 2).div_euclid(SECS_PER_DAY).max(1)
    }
}

fn yearly_by_days(minor: i64, days: i64) -> i64 {
    if TWO_YEARS.contains(&days) {
        return minor / 2;
    }
    let known = PERIODS.iter().find(|(lengths, _)| lengths.contains(&days));
    match known {
        Some((_, twice)) => minor.saturating_mul(*twice) / 2,
        None => minor.saturating_mul(DAYS_PER_YEAR) / days,
    }
}

/// The total of a currency from the sum of a year. Only the sum is rounded.
pub fn total(currency: Currency, subscriptions: u64, yearly_minor: i64) -> ImportTotal {
    let half = if yearly_minor < 0 { -6 } else { 6 };
    let monthly = Money::new(yearly_minor.saturating_add(half) / 12, currency);
    ImportTotal { currency, subscriptions, monthly }
}

/// What the stored tenants say about a row that has an external id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowStanding {
    /// No tenant has the external id, and none has the customer.
    Free,
    /// The tenant with the external id has no customer at the provider.
    Unlinked(TenantId),
    /// The tenant with the external id has this customer.
    Linked(TenantId),
    Conflict(ImportConflict),
}

/// Why a row can't be imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportConflict {
    /// The external id is too long or has control characters.
    InvalidExternalId,
    /// Several rows have the external id.
    SharedExternalId,
    /// Several rows have the customer.
    SharedCustomer,
    /// The tenant with the external id is deleted.
    TenantDeleted,
    /// The tenant with the external id has this other customer.
    OtherCustomer(String),
    /// This other tenant has the customer.
    CustomerTaken(TenantId),
    /// This deleted tenant has the customer.
    CustomerOfDeleted(TenantId),
    /// The account does not know the customer, or it is deleted there.
    UnknownCustomer,
}

impl ImportConflict {
    /// What is wrong, and what to do.
    pub fn sentence(&self, provider: Provider) -> String {
        let at = provider.title();
        match self {
            Self::InvalidExternalId => {
                "The external id must have 1 to 128 bytes without control characters. Correct it.".to_owned()
            }
            Self::SharedExternalId => {
                "Several rows have this external id. Keep it for one customer and give the others ids of their own."
                    .to_owned()
            }
            Self::SharedCustomer => format!("Several rows have this customer of {at}. Keep one of them."),
            Self::TenantDeleted => {
                "The tenant with this external id is deleted. Restore it, or purge it and import again.".to_owned()
            }
            Self::OtherCustomer(other) => format!(
                "The tenant with this external id is linked to {other} at {at}. Use another external id, or keep that customer."
            ),
            Self::CustomerTaken(tenant) => format!(
                "Tenant {tenant} is linked to this customer. Give that tenant this external id, or leave the row out."
            ),
            Self::CustomerOfDeleted(tenant) => format!(
                "The deleted tenant {tenant} is linked to this customer. Restore it, or purge it and import again."
            ),
            Self::UnknownCustomer => format!("{at} has no such customer. Correct the id of the customer."),
        }
    }
}

/// What comes of a row that may be imported, by its subscriptions, and the subscription that decides; `None` if none is
/// live.
///
/// A subscription that awaits its first payment counts only without any other live one. Of several, the best plan
/// decides, then the latest start.
pub fn by_subscriptions<'a>(
    catalog: &Catalog,
    subscriptions: &'a [FoundSubscription],
) -> (ImportOutcome, Option<&'a FoundSubscription>) {
    let live = counted(subscriptions);
    let rank = |found: &&FoundSubscription| {
        let plan = found.plan.as_ref().and_then(|(plan, _)| catalog.plan(plan.as_str()));
        plan.map(|plan| plan.rank)
    };
    let best = live.iter().copied().max_by_key(|found| (rank(found), found.started_at, &found.id));
    let outcome = match best {
        None => ImportOutcome::NoSubscription,
        Some(best) if best.plan.is_none() => ImportOutcome::UnmappedPrice,
        Some(_) if live.len() > 1 => ImportOutcome::SeveralSubscriptions,
        Some(_) => ImportOutcome::Adopt,
    };
    (outcome, best)
}

/// The live subscriptions that count for the outcome and the totals.
pub fn counted(subscriptions: &[FoundSubscription]) -> Vec<&FoundSubscription> {
    let live: Vec<_> = subscriptions.iter().filter(|found| found.status.is_live()).collect();
    let begun: Vec<_> = live.iter().copied().filter(|found| found.status != ProviderStatus::Incomplete).collect();
    if begun.is_empty() { live } else { begun }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;
    use crate::catalog::file::default_catalog;

    const DAY: i64 = SECS_PER_DAY;

    fn found(id: &str, plan: Option<&str>, status: ProviderStatus) -> FoundSubscription {
        FoundSubscription {
            id: id.to_owned(),
            plan: plan.map(|plan| (plan.parse().unwrap(), Cycle::Monthly)),
            status,
            started_at: Timestamp::from_secs(0),
            period_start: Timestamp::from_secs(0),
            period_end: Timestamp::from_secs(30 * DAY),
            seats: 1,
            price: Some(Money::new(2_900, Currency::USD)),
            unsold: plan.is_none().then(|| ("price_1".to_owned(), "Old, $29.00 a month".to_owned())),
        }
    }

    #[rstest]
    #[case::none(&[], ImportOutcome::NoSubscription, None)]
    #[case::ended(&[("a", Some("pro"), ProviderStatus::Canceled)], ImportOutcome::NoSubscription, None)]
    #[case::one(&[("a", Some("pro"), ProviderStatus::Active)], ImportOutcome::Adopt, Some("a"))]
    #[case::overdue(&[("a", Some("pro"), ProviderStatus::PastDue)], ImportOutcome::Adopt, Some("a"))]
    #[case::beside_an_ended_one(
        &[("a", Some("team"), ProviderStatus::Canceled), ("b", Some("pro"), ProviderStatus::Active)],
        ImportOutcome::Adopt,
        Some("b")
    )]
    #[case::unmapped(&[("a", None, ProviderStatus::Active)], ImportOutcome::UnmappedPrice, Some("a"))]
    #[case::several(
        &[("a", Some("team"), ProviderStatus::Active), ("b", Some("pro"), ProviderStatus::Active)],
        ImportOutcome::SeveralSubscriptions,
        Some("a")
    )]
    #[case::several_of_which_one_is_mapped(
        &[("a", Some("pro"), ProviderStatus::Active), ("b", None, ProviderStatus::Active)],
        ImportOutcome::SeveralSubscriptions,
        Some("a")
    )]
    #[case::awaits_its_first_payment(
        &[("a", Some("team"), ProviderStatus::Incomplete), ("b", Some("pro"), ProviderStatus::Active)],
        ImportOutcome::Adopt,
        Some("b")
    )]
    fn the_subscriptions_decide(
        #[case] all: &[(&str, Option<&str>, ProviderStatus)],
        #[case] outcome: ImportOutcome,
        #[case] decides: Option<&str>,
    ) {
        let all: Vec<_> = all.iter().map(|(id, plan, status)| found(id, *plan, *status)).collect();
        let (is, best) = by_subscriptions(&default_catalog(), &all);
        assert_eq!((is, best.map(|best| best.id.as_str())), (outcome, decides));
    }

    #[rstest]
    #[case::month(31, 34_800)]
    #[case::quarter(91, 11_600)]
    #[case::half_year(182, 5_800)]
    #[case::year(365, 2_900)]
    #[case::two_years(731, 1_450)]
    #[case::week(7, 151_214)]
    fn a_price_without_a_plan_counts_by_its_period(#[case] days: i64, #[case] yearly: i64) {
        let one = FoundSubscription {
            period_end: Timestamp::from_secs(days * DAY),
            ..found("a", None, ProviderStatus::Active)
        };
        assert_eq!(one.yearly(), Some(Money::new(yearly, Currency::USD)));
    }

    #[test]
    fn only_the_sum_is_rounded() {
        assert_eq!(total(Currency::USD, 2, 29_000).monthly, Money::new(2_417, Currency::USD));
        assert_eq!(total(Currency::USD, 0, 0).monthly, Money::new(0, Currency::USD));
    }

    #[test]
    fn a_conflict_says_what_to_do() {
        let tenant: TenantId = "t1".parse().unwrap();
        for conflict in [
            ImportConflict::InvalidExternalId,
            ImportConflict::SharedExternalId,
            ImportConflict::SharedCustomer,
            ImportConflict::TenantDeleted,
            ImportConflict::OtherCustomer("cus_2".to_owned()),
            ImportConflict::CustomerTaken(tenant.clone()),
            ImportConflict::CustomerOfDeleted(tenant),
            ImportConflict::UnknownCustomer,
        ] {
            let sentence = conflict.sentence(Provider::Stripe);
            assert!(sentence.ends_with('.') && sentence.matches(". ").count() == 1, "{sentence}");
        }
    }

    proptest! {
        /// The order in which the provider lists subscriptions does not matter.
        #[test]
        fn the_order_does_not_matter(
            picked in proptest::collection::vec((0_usize..3, 0_usize..ProviderStatus::ALL.len()), 0..6),
            turn in 0_usize..6,
        ) {
            let plans = [None, Some("pro"), Some("team")];
            let mut all: Vec<_> = picked
                .iter()
                .enumerate()
                .map(|(at, (plan, status))| found(&format!("sub_{at}"), plans[*plan], ProviderStatus::ALL[*status]))
                .collect();
            let catalog = default_catalog();
            let (outcome, best) = by_subscriptions(&catalog, &all);
            let best = best.cloned();
            if !all.is_empty() {
                let turn = turn % all.len();
                all.rotate_left(turn);
            }
            let turned = by_subscriptions(&catalog, &all);
            prop_assert_eq!((outcome, best.as_ref()), turned);
            prop_assert_eq!(best.is_none(), outcome == ImportOutcome::NoSubscription);
            prop_assert!(best.is_none_or(|best| best.status.is_live()));
        }
    }
}
