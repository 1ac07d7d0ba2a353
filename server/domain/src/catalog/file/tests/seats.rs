//! The seats of a plan.

use super::*;
use crate::catalog::{MOST_SEATS, Plan, Pricing};

/// [`SMALL`], whose paid plan is sold with seats that limit its rooms. Each case of the table below breaks one line of
/// it.
fn with_seats() -> String {
    let seats = r#"[plan.some.seats]
feature = "rooms"
included = 2
min = 3
max = 50
price.EUR = { yearly = 120 }
price.USD = { yearly = 12.50 }

[plan.some.limits]
"#;
    SMALL.replace("[plan.some.limits]\nrooms = 2\n", seats)
}

/// A plan without a price of its own.
fn all_seats() -> String {
    let text = with_seats().replace("price.EUR = { yearly = 290.50 }\nprice.USD = { yearly = 29 }\n", "");
    text.replace("included = 2\nmin = 3\nmax = 50\n", "")
}

fn euro() -> Currency {
    "EUR".parse().unwrap()
}

#[test]
fn a_plan_is_sold_with_seats_that_limit_a_feature() {
    let catalog = parse(&with_seats()).unwrap();
    let some = catalog.plan("some").unwrap();
    let seats = some.seats.as_ref().unwrap();
    assert_eq!((seats.feature.as_str(), seats.included, seats.min, seats.max), ("rooms", 2, 3, Some(50)));
    assert_eq!(seats.price(Cycle::Yearly, Currency::USD), Some(Money::new(1250, Currency::USD)));
    assert_eq!(seats.price(Cycle::Yearly, euro()), Some(Money::new(12_000, euro())));
    assert_eq!(some.limit(&seats.feature), Limit::AtMost(3), "the fewest that are sold");
    assert!(!some.is_all_seats() && some.is_paid());
    assert!([3, 50].map(|number| seats.sells(number)) == [true, true]);
    assert!([2, 51].map(|number| seats.sells(number)) == [false, false]);

    let usd = |minor| Some(Money::new(minor, Currency::USD));
    let price = |number| some.price_with_seats(Cycle::Yearly, Currency::USD, number);
    assert_eq!((price(0), price(2), price(3), price(50)), (usd(2900), usd(2900), usd(4150), usd(62_900)));
    assert_eq!(some.lowest_price(Cycle::Yearly, Currency::USD), usd(4150));
    assert_eq!(some.price_with_seats(Cycle::Monthly, Currency::USD, 3), None, "not sold by the month");
    assert_eq!(price(u64::MAX), None, "too large to be charged");
}

#[test]
fn a_plan_may_be_all_seats() {
    let catalog = parse(&all_seats()).unwrap();
    let some = catalog.plan("some").unwrap();
    let seats = some.seats.as_ref().unwrap();
    assert_eq!((seats.included, seats.min, seats.max), (0, 1, None));
    assert_eq!(seats.most(), MOST_SEATS);
    assert!(some.is_all_seats() && some.is_paid());
    assert_eq!(some.currencies().into_iter().collect::<Vec<_>>(), [euro(), Currency::USD]);
    assert_eq!(some.price(Cycle::Yearly, Currency::USD), None);
    assert_eq!(some.lowest_price(Cycle::Yearly, Currency::USD), Some(Money::new(1250, Currency::USD)));
    let three = some.price_with_seats(Cycle::Yearly, euro(), 3);
    assert_eq!(three, Some(Money::new(36_000, euro())));
}

#[test]
fn plans_without_seats_are_stored_and_priced_as_before() {
    let catalog = parse(SMALL).unwrap();
    let some = catalog.plan("some").unwrap();
    let stored = serde_json::to_value(some).unwrap();
    assert!(stored.get("seats").is_none());
    assert_eq!(serde_json::from_value::<Plan>(stored).unwrap(), *some);
    assert_eq!(some.price_with_seats(Cycle::Yearly, Currency::USD, 7), some.price(Cycle::Yearly, Currency::USD));
    assert!(default_catalog().plans.iter().all(|plan| plan.seats.is_none() && !plan.is_all_seats()));

    let with_seats = parse(&with_seats()).unwrap();
    let stored = serde_json::to_value(with_seats.plan("some").unwrap()).unwrap();
    assert_eq!(serde_json::from_value::<Plan>(stored).unwrap(), *with_seats.plan("some").unwrap());
    let free = catalog.plan("none").unwrap();
    assert_eq!(
        (&free.pricing, free.lowest_price(Cycle::Yearly, euro())),
        (&Pricing::Free, Some(Money::new(0, euro())))
    );
}

#[rstest]
#[case::unknown_feature("\"rooms\"\nincl", "\"chairs\"\nincl", "51: plan.some.seats.feature: there is no such feature")]
#[case::no_gauge(
    "\"rooms\"\nincl",
    "\"events\"\nincl",
    "51: plan.some.seats.feature: seats limit a feature of kind \"gauge\" and unit \"count\""
)]
#[case::no_feature("feature = \"rooms\"\n", "", "50: plan.some.seats.feature: this is missing")]
#[case::feature_with_a_limit(
    "[plan.some.limits]\n",
    "[plan.some.limits]\nrooms = 9\n",
    "59: plan.some.limits.rooms: the plan's seats are this limit; leave this out"
)]
#[case::min_below_included(
    "min = 3",
    "min = 1",
    "53: plan.some.seats.min: this counts the included seats too; write 2 or more"
)]
#[case::min_of_none(
    "included = 2\nmin = 3",
    "min = 0",
    "52: plan.some.seats.min: this counts the included seats too; write 1 or more"
)]
#[case::max_below_min("max = 50", "max = 2", "54: plan.some.seats.max: this is below the fewest seats, 3")]
#[case::max_too_large(
    "max = 50",
    "max = 1_000_001",
    "54: plan.some.seats.max: this is too large; 1000000 seats are the most"
)]
#[case::no_number(
    "max = 50",
    "max = \"many\"",
    "54: plan.some.seats.max: write a whole number, as 10_000, not \"many\""
)]
#[case::no_price(
    "price.EUR = { yearly = 120 }\nprice.USD = { yearly = 12.50 }\n",
    "",
    "50: plan.some.seats.price: this is missing"
)]
#[case::price_of_a_cycle_that_is_not_sold(
    "price.EUR = { yearly = 120 }\nprice.USD = { yearly = 12.50 }\n",
    "price.EUR = { yearly = 120, monthly = 12 }\nprice.USD = { yearly = 12.50, monthly = 1.25 }\n",
    "55: plan.some.seats.price: a seat must have a price in each cycle and currency of the plan's price, and in no other"
)]
#[case::price_of_a_cycle_in_one_currency(
    "yearly = 120",
    "yearly = 120, monthly = 12",
    "56: plan.some.seats.price.USD: there is a monthly price in EUR and none in USD; write both or neither"
)]
#[case::price_in_fewer_currencies(
    "price.USD = { yearly = 12.50 }\n",
    "",
    "55: plan.some.seats.price: a seat must have a price in each cycle and currency of the plan's price, and in no other"
)]
#[case::price_zero(
    "yearly = 12.50",
    "yearly = 0",
    "56: plan.some.seats.price.USD.yearly: the price of a seat can't be 0; a limit that costs nothing stands in the plan's limits"
)]
#[case::included_without_a_price(
    "price.EUR = { yearly = 290.50 }\nprice.USD = { yearly = 29 }\n",
    "",
    "50: plan.some.seats.included: a plan without a price of its own includes no seats; write its price, or 0 here"
)]
#[case::negotiated(
    "price.EUR = { yearly = 290.50 }\nprice.USD = { yearly = 29 }\n",
    "price = \"custom\"\n",
    "49: plan.some.seats: only a plan with prices is sold with seats"
)]
#[case::unknown_setting(
    "max = 50",
    "most = 50",
    "54: plan.some.seats.most: there is no such setting; known are feature, included, min, max, price"
)]
fn a_mistake_is_reported_with_its_line_and_key(#[case] right: &str, #[case] wrong: &str, #[case] expected: &str) {
    let text = with_seats();
    assert!(text.contains(right), "{right}");
    let found = errors_of(&text.replacen(right, wrong, 1));
    assert!(found.iter().any(|error| error == expected), "{found:#?}");
}
