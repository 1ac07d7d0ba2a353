//! Bought seats: what a tenant has, and what a change of their number costs and when it starts.

use serde::{Deserialize, Serialize};

pub use super::details::PendingSeats;
use crate::{
    catalog::{Cycle, Seats},
    ids::PlanId,
    money::Money,
    subscription::{ProviderStatus, Subscription},
    time::Timestamp,
};

/// The seats of a tenant's live subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeatsView {
    pub plan: PlanId,
    /// All seats that are paid for, those included in the plan's price too.
    pub seats: u64,
    pub included: u64,
    /// The fewest that the plan is sold with.
    pub min: u64,
    /// The most that the plan is sold with; `None` if there is no such number.
    pub max: Option<u64>,
    /// How many are in use now.
    pub in_use: u64,
    /// The catalog's price of a seat per cycle; `None` if the catalog has none in the subscription's currency.
    pub price: Option<Money>,
    pub cycle: Cycle,
    pub pending: Option<PendingSeats>,
}

/// What a change of seats would cost, and when it would start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeatsPreview {
    pub seats: u64,
    /// What the change would charge at once, as the provider estimates it; 0 if it waits for the next period. `None` if
    /// the provider has no estimate.
    pub due_now: Option<Money>,
    /// The price per cycle with these seats, before discounts and tax; `None` if the catalog has none.
    pub next_price: Option<Money>,
    /// When the change would start if it waits for the next period; `None` if it starts at once.
    pub starts_at: Option<Timestamp>,
}

/// What a change of seats does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeatsChange {
    /// Nothing: the subscription has so many, or will have with the next period.
    Unchanged,
    /// It takes a waiting decrease back.
    TakeBack,
    /// It starts at once. More seats are charged then.
    Now,
    /// It waits for the next period: fewer seats, of which the present ones are paid.
    Waits { at: Timestamp },
}

/// Why a change of seats is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeatsRefusal {
    NotSold {
        min: u64,
        most: u64,
    },
    InUse {
        in_use: u64,
    },
    /// The first payment is not finished.
    FirstPaymentOpen,
    /// A payment is overdue.
    PaymentDue,
    Paused,
    /// The subscription is set to end, so that no period follows.
    Ends,
    /// Another plan or cycle waits for the next period.
    ChangeScheduled,
}

/// Decides about a change of a live subscription to `wanted` seats in all. `bought` are those that it pays for, and
/// `in_use` those that are in use.
///
/// The number that it pays for already is never refused: it takes a waiting decrease back.
pub fn seats_change(
    current: &Subscription,
    sold: &Seats,
    (bought, in_use): (u64, u64),
    wanted: u64,
) -> Result<SeatsChange, SeatsRefusal> {
    let pending = current.details.pending_seats;
    if wanted == bought {
        return Ok(if pending.is_some() { SeatsChange::TakeBack } else { SeatsChange::Unchanged });
    }
    if !sold.sells(wanted) {
        return Err(SeatsRefusal::NotSold { min: sold.min, most: sold.most() });
    }
    if wanted < bought && wanted < in_use {
        return Err(SeatsRefusal::InUse { in_use });
    }
    match current.status {
        ProviderStatus::Active | ProviderStatus::Trialing => {}
        ProviderStatus::PastDue | ProviderStatus::Unpaid => return Err(SeatsRefusal::PaymentDue),
        ProviderStatus::Paused => return Err(SeatsRefusal::Paused),
        ProviderStatus::Incomplete | ProviderStatus::IncompleteExpired | ProviderStatus::Canceled => {
            return Err(SeatsRefusal::FirstPaymentOpen);
        }
    }
    // The provider would grant more seats and collect nothing for them.
    if wanted > bought && current.details.collection_pause.is_some() {
        return Err(SeatsRefusal::Paused);
    }
    if current.pending.is_some() {
        return Err(SeatsRefusal::ChangeScheduled);
    }
    // Nothing is paid for on trial.
    if wanted > bought || current.status == ProviderStatus::Trialing {
        return Ok(SeatsChange::Now);
    }
    if current.ends_at().is_some() {
        return Err(SeatsRefusal::Ends);
    }
    if pending.is_some_and(|pending| pending.seats == wanted) {
        return Ok(SeatsChange::Unchanged);
    }
    Ok(SeatsChange::Waits { at: current.period_end })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;
    use crate::{
        catalog::{Catalog, Limit, Plan, file::default_catalog},
        entitlement::{
            FeatureUsage,
            overrides::{CustomLimit, LimitOverride, Overrides, PlanGrant},
        },
        ids::FeatureKey,
        money::Currency,
        subscription::{
            BillingDetails, CollectionPause, PendingChange, entitlements,
            order::{SeatsError, order_seats},
            preflight::preflight,
        },
    };

    const NOW: Timestamp = Timestamp::from_secs(1_768_000_000);
    const SEATS: &str = "team_members";

    fn seats() -> FeatureKey {
        SEATS.parse().unwrap()
    }

    /// The built-in catalog, with seats of three plans: Starter from 1 to 10, Team from 3 with 2 included, and Scale,
    /// which is all seats, from 5.
    fn catalog() -> Catalog {
        let catalog = default_catalog().with_seats("starter", (1, 1, Some(10)), 500);
        let catalog = catalog.with_seats("team", (2, 3, None), 1200);
        catalog.with_seats("scale", (0, 5, Some(100)), 2000).all_seats("scale")
    }

    fn on(plan: &str, bought: u64) -> Subscription {
        let details = BillingDetails { seats: Some(bought), ..BillingDetails::default() };
        Subscription { details, ..Subscription::sample("sub_1", plan, ProviderStatus::Active, NOW) }
    }

    fn plan<'a>(catalog: &'a Catalog, id: &str) -> &'a Plan {
        catalog.plan(id).unwrap()
    }

    fn change(current: &Subscription, in_use: u64, wanted: u64) -> Result<SeatsChange, SeatsRefusal> {
        let catalog = catalog();
        let sold = plan(&catalog, current.plan.as_str()).seats.clone().unwrap();
        let bought = current.details.seats.unwrap();
        seats_change(current, &sold, (bought, in_use), wanted)
    }

    fn with_decrease(seats: u64) -> Subscription {
        let mut current = on("team", 8);
        current.details.pending_seats = Some(PendingSeats { seats, at: current.period_end });
        current
    }

    #[rstest]
    #[case::more(on("team", 5), 5, 8, Ok(SeatsChange::Now))]
    #[case::more_than_in_use(on("team", 5), 7, 6, Ok(SeatsChange::Now))]
    #[case::the_same(on("team", 5), 9, 5, Ok(SeatsChange::Unchanged))]
    #[case::fewer(on("team", 8), 4, 4, Ok(SeatsChange::Waits { at: NOW.plus_secs(30 * 86_400) }))]
    #[case::fewer_than_in_use(on("team", 8), 5, 4, Err(SeatsRefusal::InUse { in_use: 5 }))]
    #[case::fewer_than_sold(on("team", 8), 0, 2, Err(SeatsRefusal::NotSold { min: 3, most: 1_000_000 }))]
    #[case::more_than_sold(on("starter", 8), 0, 11, Err(SeatsRefusal::NotSold { min: 1, most: 10 }))]
    #[case::another_decrease(with_decrease(6), 4, 5, Ok(SeatsChange::Waits { at: NOW.plus_secs(30 * 86_400) }))]
    #[case::the_decrease_that_waits(with_decrease(6), 4, 6, Ok(SeatsChange::Unchanged))]
    #[case::taken_back(with_decrease(6), 4, 8, Ok(SeatsChange::TakeBack))]
    #[case::more_instead(with_decrease(6), 4, 9, Ok(SeatsChange::Now))]
    fn more_seats_start_at_once_and_fewer_wait(
        #[case] current: Subscription,
        #[case] in_use: u64,
        #[case] wanted: u64,
        #[case] expected: Result<SeatsChange, SeatsRefusal>,
    ) {
        assert_eq!(change(&current, in_use, wanted), expected);
    }

    #[rstest]
    #[case(ProviderStatus::PastDue, SeatsRefusal::PaymentDue)]
    #[case(ProviderStatus::Unpaid, SeatsRefusal::PaymentDue)]
    #[case(ProviderStatus::Incomplete, SeatsRefusal::FirstPaymentOpen)]
    #[case(ProviderStatus::Paused, SeatsRefusal::Paused)]
    fn what_is_to_be_repaired_comes_first(#[case] status: ProviderStatus, #[case] refusal: SeatsRefusal) {
        let current = Subscription { status, ..on("team", 5) };
        assert_eq!(change(&current, 1, 6), Err(refusal));
        assert_eq!(change(&current, 1, 4), Err(refusal));
        assert_eq!(change(&current, 1, 5), Ok(SeatsChange::Unchanged));
    }

    #[test]
    fn more_seats_are_not_sold_while_no_payment_is_collected() {
        let mut current = on("team", 5);
        current.details.collection_pause = Some(CollectionPause { until: None });
        assert_eq!(change(&current, 1, 6), Err(SeatsRefusal::Paused));
        assert_eq!(change(&current, 1, 4), Ok(SeatsChange::Waits { at: current.period_end }));
    }

    #[test]
    fn on_trial_every_change_starts_at_once() {
        let current = Subscription { status: ProviderStatus::Trialing, ..on("team", 5) };
        assert_eq!((change(&current, 1, 6), change(&current, 1, 4)), (Ok(SeatsChange::Now), Ok(SeatsChange::Now)));
    }

    #[test]
    fn a_set_end_and_a_scheduled_plan_come_first() {
        let ending = Subscription { cancel_at_period_end: true, ..on("team", 5) };
        assert_eq!((change(&ending, 1, 4), change(&ending, 1, 6)), (Err(SeatsRefusal::Ends), Ok(SeatsChange::Now)));
        let pending = PendingChange { plan: "starter".parse().unwrap(), cycle: Cycle::Monthly, at: NOW };
        let switching = Subscription { pending: Some(pending), ..on("team", 5) };
        assert_eq!(change(&switching, 1, 4), Err(SeatsRefusal::ChangeScheduled));
    }

    #[rstest]
    #[case::enough_for_those_in_use(None, 7, Ok(7))]
    #[case::the_fewest(None, 1, Ok(3))]
    #[case::those_that_were_bought(Some(on("starter", 9)), 1, Ok(9))]
    #[case::raised_to_the_fewest(Some(on("starter", 1)), 1, Ok(3))]
    #[case::as_they_are(Some(on("team", 2)), 1, Ok(2))]
    fn an_order_has_a_number_of_seats_by_default(
        #[case] current: Option<Subscription>,
        #[case] in_use: u64,
        #[case] expected: Result<u64, SeatsError>,
    ) {
        let catalog = catalog();
        assert_eq!(order_seats(plan(&catalog, "team"), None, current.as_ref(), in_use), expected.map(Some));
    }

    #[test]
    fn an_order_of_seats_that_are_not_sold_is_refused() {
        let catalog = catalog();
        let order = |id: &str, wanted, in_use| order_seats(plan(&catalog, id), wanted, None, in_use);
        assert_eq!(order("pro", None, 3), Ok(None));
        assert_eq!(order("pro", Some(3), 3), Err(SeatsError::WithoutSeats("Pro".to_owned())));
        assert_eq!(order("team", Some(4), 4), Ok(Some(4)));
        assert_eq!(order("team", Some(4), 5), Err(SeatsError::BelowUse { in_use: 5 }));
        let not_sold = |plan: &str, min, most| Err(SeatsError::NotSold { plan: plan.to_owned(), min, most });
        assert_eq!(order("team", Some(2), 1), not_sold("Team", 3, 1_000_000));
        assert_eq!(order("starter", Some(11), 1), not_sold("Starter", 1, 10));
        let too_many = SeatsError::TooMany { plan: "Starter".to_owned(), most: 10, needed: 11 };
        assert_eq!(order("starter", None, 11), Err(too_many.clone()));
        let current = on("team", 11);
        assert_eq!(order_seats(plan(&catalog, "starter"), None, Some(&current), 1), Err(too_many));
    }

    #[test]
    fn the_limit_is_what_is_bought_and_overrides_apply_on_top() {
        let catalog = catalog();
        let limit = |subscription: Option<&Subscription>, overrides: &Overrides| {
            entitlements(subscription, overrides, &catalog, 0, NOW).limit(&catalog, &seats())
        };
        let none = Overrides::default();
        assert_eq!(limit(Some(&on("team", 7)), &none), Limit::AtMost(7));
        // The provider's dashboard sells fewer than the catalog.
        assert_eq!(limit(Some(&on("team", 2)), &none), Limit::AtMost(2));
        let unknown = Subscription { details: BillingDetails::default(), ..on("team", 1) };
        assert_eq!(limit(Some(&unknown), &none), Limit::AtMost(3), "the fewest, until the seats are known");
        let mut more = Overrides::default();
        let custom = CustomLimit::at_least(Limit::AtMost(9));
        more.set_limit(LimitOverride { feature: seats(), custom, until: None });
        assert_eq!(limit(Some(&on("team", 7)), &more), Limit::AtMost(9));
        assert_eq!(limit(Some(&on("team", 12)), &more), Limit::AtMost(12));

        let granted = Overrides { plan: Some(PlanGrant::permanent("scale".parse().unwrap())), ..Overrides::default() };
        assert_eq!(limit(None, &granted), Limit::AtMost(5), "without a subscription");
        assert_eq!(limit(Some(&on("team", 4)), &granted), Limit::AtMost(5));
        assert_eq!(limit(Some(&on("team", 40)), &granted), Limit::AtMost(40));
        let canceled = Subscription { status: ProviderStatus::Canceled, ..on("team", 40) };
        let free = plan(&catalog, "free").limit(&seats());
        assert_eq!(limit(Some(&canceled), &none), free);
    }

    #[test]
    fn a_preview_shows_the_seats_of_another_plan() {
        let catalog = catalog();
        let usage = |used, limit| FeatureUsage { feature: seats(), used, limit, since: None, resets_at: None };
        let then = |subscription: Option<&Subscription>, used, id: &str| {
            let held = entitlements(subscription, &Overrides::default(), &catalog, 0, NOW);
            let lines = preflight(&catalog, &held, &[usage(used, held.limit(&catalog, &seats()))], plan(&catalog, id));
            lines[0].new_limit
        };
        assert_eq!(then(None, 2, "team"), Limit::AtMost(3), "the fewest");
        assert_eq!(then(None, 6, "team"), Limit::AtMost(6), "enough for those in use");
        assert_eq!(then(None, 11, "starter"), Limit::AtMost(1), "so many are not sold");
        assert_eq!(then(Some(&on("team", 8)), 2, "starter"), Limit::AtMost(8));
        assert_eq!(then(Some(&on("team", 4)), 2, "scale"), Limit::AtMost(5));
        assert_eq!(then(Some(&on("team", 8)), 2, "pro"), plan(&catalog, "pro").limit(&seats()));
    }

    proptest! {
        #[test]
        fn a_change_is_what_was_wanted_or_refused(bought in 1_u64..60, in_use in 0_u64..60, wanted in 0_u64..120) {
            let current = on("scale", bought);
            match change(&current, in_use, wanted) {
                Ok(SeatsChange::Now) => prop_assert!(wanted > bought && (5..=100).contains(&wanted)),
                Ok(SeatsChange::Waits { at }) => {
                    prop_assert!(wanted < bought && wanted >= in_use && wanted >= 5);
                    prop_assert_eq!(at, current.period_end);
                }
                Ok(SeatsChange::Unchanged) => prop_assert_eq!(wanted, bought),
                Err(SeatsRefusal::NotSold { min: 5, most: 100 }) => prop_assert!(!(5..=100).contains(&wanted)),
                Err(SeatsRefusal::InUse { .. }) => prop_assert!(wanted < bought && wanted < in_use),
                other => return Err(TestCaseError::fail(format!("{other:?}"))),
            }
        }

        #[test]
        fn each_seat_beyond_those_included_costs_the_same(seats in 0_u64..1_000_000, id in prop::sample::select(vec!["starter", "team", "scale"])) {
            let catalog = catalog();
            let plan = plan(&catalog, id);
            let sold = plan.seats.as_ref().unwrap();
            for cycle in Cycle::ALL {
                let price = |seats| plan.price_with_seats(cycle, Currency::USD, seats).unwrap().minor;
                let each = sold.price(cycle, Currency::USD).unwrap().minor;
                let further = if seats >= sold.included { each } else { 0 };
                prop_assert_eq!(price(seats + 1) - price(seats), further);
                let base = plan.price(cycle, Currency::USD).map_or(0, |price| price.minor);
                prop_assert_eq!(price(sold.included), base);
            }
        }

        #[test]
        fn an_order_never_buys_fewer_seats_than_are_in_use(in_use in 0_u64..150, wanted in prop::option::of(0_u64..150), id in prop::sample::select(vec!["starter", "team", "scale"])) {
            let catalog = catalog();
            let plan = plan(&catalog, id);
            let sold = plan.seats.as_ref().unwrap();
            match order_seats(plan, wanted, None, in_use) {
                Ok(seats) => {
                    let seats = seats.unwrap();
                    prop_assert!(seats >= in_use && sold.sells(seats));
                    prop_assert!(wanted.is_none_or(|wanted| wanted == seats));
                }
                Err(SeatsError::TooMany { needed, most, .. }) => prop_assert!(wanted.is_none() && needed > most),
                Err(SeatsError::BelowUse { .. }) => prop_assert!(wanted.unwrap() < in_use),
                Err(SeatsError::NotSold { .. }) => prop_assert!(!sold.sells(wanted.unwrap())),
                Err(error @ SeatsError::WithoutSeats(_)) => return Err(TestCaseError::fail(error.to_string())),
            }
        }

        #[test]
        fn the_limit_of_the_seats_is_what_is_paid_for(bought in 0_u64..1_000) {
            let catalog = catalog();
            for id in ["starter", "team", "scale"] {
                let held = entitlements(Some(&on(id, bought)), &Overrides::default(), &catalog, 0, NOW);
                prop_assert_eq!(held.limit(&catalog, &seats()), Limit::AtMost(bought));
                prop_assert_eq!(held.seats, Some(bought));
                let shown = held.effective_plan(plan(&catalog, id));
                prop_assert_eq!(shown.limit(&seats()), Limit::AtMost(bought));
            }
        }
    }
}
