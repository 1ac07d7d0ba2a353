//! Subscriptions with items for seats.

use domain::catalog::Catalog;

use super::*;

/// Team includes 2 seats and is sold from 3 on, Scale is all seats.
fn catalog() -> Catalog {
    default_catalog().with_seats("team", (2, 3, None), 1200).with_seats("scale", (0, 5, None), 2000).all_seats("scale")
}

fn read_with_seats(answer: &Value) -> FetchedSubscription {
    let map = r#"{"team_monthly":"price_team","team_monthly_seat":"price_seat","scale_monthly_seat":"price_scale",
        "starter_monthly":"price_starter"}"#;
    let catalog = catalog();
    let prices = PriceMap::parse("STRIPE_PRICE_MAP", map, &catalog).unwrap();
    to_fetched(serde_json::from_value(answer.clone()).unwrap(), &HashMap::new(), &prices, &catalog).unwrap()
}

/// Each case: the items, the plan, its seats, the price of a cycle, and the number of further items.
#[rstest]
#[case::plan_and_seats(&[("price_team", None, 9900, 1), ("price_seat", None, 1200, 3)], "team", Some(5), 13_500, 0)]
#[case::the_other_way(&[("price_seat", None, 1200, 3), ("price_team", None, 9900, 1)], "team", Some(5), 13_500, 0)]
#[case::without_further_seats(&[("price_team", None, 9900, 1)], "team", Some(2), 9900, 0)]
#[case::all_seats(&[("price_scale", None, 2000, 7)], "scale", Some(7), 14_000, 0)]
#[case::all_seats_at_a_former_price(&[("price_old", Some("scale"), 1500, 7)], "scale", Some(7), 10_500, 0)]
#[case::with_an_add_on(
    &[("price_addon", None, 5000, 1), ("price_team", None, 9900, 1), ("price_seat", None, 1200, 1)],
    "team", Some(3), 11_100, 1
)]
#[case::a_plan_without_seats(&[("price_starter", None, 900, 1)], "starter", None, 900, 0)]
#[case::seats_of_another_plan(
    &[("price_starter", None, 900, 1), ("price_seat", None, 1200, 4)],
    "starter", None, 900, 1
)]
fn seats_are_read_from_their_item(
    #[case] items: &[(&str, Option<&str>, i64, u64)],
    #[case] plan: &str,
    #[case] seats: Option<u64>,
    #[case] price: i64,
    #[case] further: usize,
) {
    let read = read_with_seats(&with_items(items));
    assert_eq!(read.bought.as_ref().map(|(plan, _)| plan.as_str()), Some(plan));
    assert_eq!((read.details.seats, read.details.quantity), (seats, 1));
    assert_eq!(read.price.map(|price| price.minor), Some(price));
    assert_eq!((read.details.also_included.len(), read.details.is_adjusted), (further, further > 0));
    assert_eq!(read.unsold.len(), usize::from(items.iter().any(|item| item.0 == "price_addon")));
}

#[test]
fn a_price_sells_seats_by_its_metadata() {
    let mut answer = with_items(&[("price_team", None, 9900, 1), ("price_seat_of_old", Some("team"), 1000, 4)]);
    let read = read_with_seats(&answer);
    assert_eq!((read.details.seats, read.price.unwrap().minor), (Some(2), 9900), "a second price of the plan");
    answer["items"]["data"][1]["price"]["metadata"]["dues_part"] = json!("seat");
    let read = read_with_seats(&answer);
    assert_eq!((read.details.seats, read.price.unwrap().minor), (Some(6), 13_900));
    assert!(read.details.also_included.is_empty() && read.unsold.is_empty());
}

#[test]
fn seats_of_a_plan_do_not_buy_it() {
    let read = read_with_seats(&with_items(&[("price_seat", None, 1200, 4)]));
    assert_eq!((read.bought, read.details.seats), (None, None));
    assert!(read.unsold.is_empty(), "an operator has nothing to map");
}

#[test]
fn quantities_of_the_next_phase_are_read() {
    let (start, end) = (1_769_904_000, 1_772_323_200);
    let phase = |start: i64, seats: Value| json!({ "start_date": start, "items": [{ "price": "price_team" }, seats] });
    let mut answer = sample(json!({}));
    answer["schedule"] = json!({
        "id": "sub_sched_1",
        "current_phase": { "start_date": start, "end_date": end },
        "phases": [
            phase(start, json!({ "price": "price_seat", "quantity": 6 })),
            phase(end, json!({ "price": "price_seat", "quantity": 2 })),
        ],
    });
    let (prices, at) = next_prices(&serde_json::from_value(answer).unwrap()).unwrap();
    let bought = [("price_team", 1), ("price_seat", 2)].map(|(id, quantity)| NextPrice { id: id.to_owned(), quantity });
    assert_eq!((prices, at.as_secs()), (bought.to_vec(), end));
}
