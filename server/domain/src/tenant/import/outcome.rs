//! What comes of a row: the rules of an import.

use crate::{
    catalog::{Catalog, Cycle},
    ids::{PlanId, TenantId},
    money::{Currency, Money},
    subscription::{BillingInterval, Provider, ProviderStatus},
    tenant::import::{ImportOutcome, ImportTotal},
    time::Timestamp,
};

/// A subscription of a customer, as an import reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundSubscription {
    /// The provider's id.
    pub id: String,
    /// `None` if no plan sells its price.
    pub plan: Option<(PlanId, Cycle)>,
    pub status: ProviderStatus,
    pub started_at: Timestamp,
    pub period_end: Timestamp,
    /// How often it is billed; `None` where the provider does not report it.
    pub interval: Option<BillingInterval>,
    pub seats: u64,
    /// What plan and seats cost each interval, before discounts and tax; `None` where no single amount exists.
    pub price: Option<Money>,
    /// What each further item costs with its interval, of those that have a single amount.
    pub further: Vec<(Money, Option<BillingInterval>)>,
    /// The prices that no plan sells, each once. Empty where a plan is sold.
    pub unsold: Vec<FoundPrice>,
}

/// A price that no plan sells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundPrice {
    /// The provider's id.
    pub id: String,
    /// Name and price of one unit.
    pub described: String,
    /// The cycle that it would count as; `None` where the provider reports no interval.
    pub cycle: Option<Cycle>,
}

/// The most that counts as the yearly cost of one subscription.
const MAX_YEARLY_MINOR: i64 = 100_000_000_000_000;

impl FoundSubscription {
    /// What it costs in a year with all its items, in minor units of its currency; `None` if no item has a single amount.
    /// An absurd amount is cut, so that the database can add up the subscriptions of an import.
    pub fn yearly(&self) -> Option<Money> {
        let of_plan = self.price.map(|price| (price, self.billed_every()));
        let further = self.further.iter().map(|(price, every)| (*price, every.unwrap_or(self.billed_every())));
        let yearly = of_plan.into_iter().chain(further);
        let yearly = yearly.map(|(price, every)| Money::new(every.yearly_minor(price.minor), price.currency));
        // The items of a subscription have one currency.
        let sum = yearly.reduce(|sum, item| Money::new(sum.minor.saturating_add(item.minor), sum.currency))?;
        Some(Money::new(sum.minor.clamp(-MAX_YEARLY_MINOR, MAX_YEARLY_MINOR), sum.currency))
    }

    /// The cycle of the plan, or the one that the interval counts as.
    pub fn nearest_cycle(&self) -> Cycle {
        self.plan.as_ref().map_or_else(|| self.billed_every().nearest_cycle(), |(_, cycle)| *cycle)
    }

    /// The interval, or that of the plan's cycle; a month without either.
    fn billed_every(&self) -> BillingInterval {
        let cycle = self.plan.as_ref().map_or(Cycle::Monthly, |(_, cycle)| *cycle);
        self.interval.unwrap_or(BillingInterval::of(cycle))
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
    /// The customer has a live subscription, and a checkout of Dues began another of the tenant at this provider.
    OrderElsewhere(Provider),
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
            Self::OrderElsewhere(other) => format!(
                "The tenant with this external id has a subscription that it ordered through Dues at {}. End that one or the one at {at}, and import again.",
                other.title()
            ),
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

    fn unsold() -> FoundPrice {
        FoundPrice {
            id: "price_1".to_owned(),
            described: "Old, $29.00 a month".to_owned(),
            cycle: Some(Cycle::Monthly),
        }
    }

    fn found(id: &str, plan: Option<&str>, status: ProviderStatus) -> FoundSubscription {
        FoundSubscription {
            id: id.to_owned(),
            plan: plan.map(|plan| (plan.parse().unwrap(), Cycle::Monthly)),
            status,
            started_at: Timestamp::from_secs(0),
            period_end: Timestamp::from_secs(30 * 86_400),
            interval: None,
            seats: 1,
            price: Some(Money::new(2_900, Currency::USD)),
            further: Vec::new(),
            unsold: plan.is_none().then(unsold).into_iter().collect(),
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
    #[case::unknown(None, 34_800, Cycle::Monthly)]
    #[case::month(Some("1 month"), 34_800, Cycle::Monthly)]
    #[case::quarter(Some("3 month"), 11_600, Cycle::Monthly)]
    #[case::half_year(Some("6 month"), 5_800, Cycle::Monthly)]
    #[case::year(Some("1 year"), 2_900, Cycle::Yearly)]
    #[case::two_years(Some("2 year"), 1_450, Cycle::Yearly)]
    #[case::week(Some("1 week"), 150_800, Cycle::Monthly)]
    fn a_price_counts_by_its_interval(#[case] interval: Option<&str>, #[case] yearly: i64, #[case] cycle: Cycle) {
        let interval = interval.map(|interval| interval.parse().unwrap());
        let one = FoundSubscription { interval, ..found("a", None, ProviderStatus::Active) };
        assert_eq!((one.yearly(), one.nearest_cycle()), (Some(Money::new(yearly, Currency::USD)), cycle));
        let of_plan = FoundSubscription { interval, ..found("a", Some("pro"), ProviderStatus::Active) };
        assert_eq!((of_plan.yearly(), of_plan.nearest_cycle()), (one.yearly(), Cycle::Monthly));
    }

    #[test]
    fn further_items_count_with_their_own_interval() {
        let support = Money::new(5_000, Currency::USD);
        let mut one = found("a", Some("pro"), ProviderStatus::Active);
        one.further = vec![(support, None), (support, Some("3 month".parse().unwrap()))];
        assert_eq!(one.yearly(), Some(Money::new(34_800 + 60_000 + 20_000, Currency::USD)));
        one.price = None;
        assert_eq!(one.yearly(), Some(Money::new(80_000, Currency::USD)), "the price of the plan is in tiers");
        one.further.clear();
        assert_eq!(one.yearly(), None);
    }

    #[test]
    fn an_absurd_price_is_cut() {
        let absurd = |minor| {
            let price = Some(Money::new(minor, Currency::USD));
            FoundSubscription { price, ..found("a", Some("pro"), ProviderStatus::Active) }.yearly().unwrap().minor
        };
        assert_eq!((absurd(i64::MAX), absurd(i64::MIN)), (MAX_YEARLY_MINOR, -MAX_YEARLY_MINOR));
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
            ImportConflict::OrderElsewhere(Provider::Polar),
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
