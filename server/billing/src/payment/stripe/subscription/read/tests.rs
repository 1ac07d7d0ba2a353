mod seats;

use std::collections::HashMap;

use domain::{
    catalog::{Cycle, file::default_catalog},
    ids::PlanId,
    money::{Currency, Money},
    subscription::PendingChange,
};
use rstest::rstest;
use serde_json::{Value, json};

use super::*;
use crate::payment::UnsoldItem;

const SUBSCRIPTION: &str = include_str!("../../../../../tests/data/subscription.json");
const SUBSCRIPTION_2024: &str = include_str!("../../../../../tests/data/subscription_2024.json");

fn prices() -> PriceMap {
    let map = r#"{"pro_monthly":"price_pro_monthly","starter_monthly":"price_starter","team_monthly":"price_team"}"#;
    PriceMap::parse("STRIPE_PRICE_MAP", map, &default_catalog()).unwrap()
}

fn read(answer: &Value) -> Result<FetchedSubscription, InvalidSubscription> {
    to_fetched(serde_json::from_value(answer.clone()).unwrap(), &HashMap::new(), &prices(), &default_catalog())
}

/// Returns the sample with these items: price, plan in the price's metadata, amount in cents, and quantity.
fn with_items(items: &[(&str, Option<&str>, i64, u64)]) -> Value {
    let mut answer = sample(json!({}));
    let first = answer.pointer("/items/data/0").unwrap().clone();
    let items: Vec<_> = items
        .iter()
        .map(|(price, plan, amount, quantity)| {
            let mut item = first.clone();
            item["id"] = json!(format!("si_{price}"));
            item["quantity"] = json!(quantity);
            item["price"]["id"] = json!(price);
            item["price"]["unit_amount"] = json!(amount);
            item["price"]["nickname"] = json!(format!("Named {price}"));
            item["price"]["metadata"] = plan.map_or_else(|| json!({}), |plan| json!({ "dues_plan": plan }));
            item["price"]["recurring"] = json!({"interval": "month", "interval_count": 1});
            item
        })
        .collect();
    *answer.pointer_mut("/items/data").unwrap() = json!(items);
    answer
}

#[rstest]
#[case::an_add_on_first(&[("price_addon", None, 5000, 1), ("price_of_old", Some("pro"), 2900, 1)], Some("pro"))]
#[case::the_map_and_the_price(&[("price_starter", None, 900, 1), ("price_of_old", Some("pro"), 2900, 1)], Some("pro"))]
#[case::two_plans(&[("price_starter", None, 900, 1), ("price_team", None, 9900, 1)], Some("team"))]
#[case::two_plans_the_other_way(&[("price_team", None, 9900, 1), ("price_starter", None, 900, 1)], Some("team"))]
#[case::none(&[("price_addon", None, 5000, 1), ("price_more", None, 1, 1)], None)]
fn the_plan_is_the_best_ranked_item_in_any_order(
    #[case] items: &[(&str, Option<&str>, i64, u64)],
    #[case] plan: Option<&str>,
) {
    let read = read(&with_items(items)).unwrap();
    assert_eq!(read.bought.as_ref().map(|(plan, _)| plan.as_str()), plan);
    let others = read.details.also_included.len();
    assert_eq!(others, if plan.is_some() { 1 } else { 2 });
    assert!(read.details.is_adjusted, "what is paid is not the plan's price");
}

#[test]
fn unsold_items_are_described_with_their_price() {
    let read = read(&with_items(&[("price_addon", None, 5000, 3), ("price_team", None, 9900, 2)])).unwrap();
    let support = "3 × Named price_addon, $150.00 a month";
    assert_eq!(read.details.also_included, [support]);
    let [UnsoldItem { price, item, cycle }] = &read.unsold[..] else { panic!("{:?}", read.unsold) };
    assert_eq!((price.as_str(), item.to_string().as_str()), ("price_addon", support));
    assert_eq!(*cycle, Some(Cycle::Monthly));
    assert_eq!(&read.details.included_items, std::slice::from_ref(item));
    assert_eq!((item.quantity, item.price.unwrap().minor), (Some(3), 15_000));
    assert_eq!((read.details.quantity, read.price.unwrap().minor), (2, 19_800));
}

/// Each case: changes of the price, metadata of the product, the plan and cycle, and the interval.
#[rstest]
#[case::the_price_names_a_plan(json!({"metadata": {"dues_plan": "pro"}}), json!({}), Some(("pro", Cycle::Monthly)), "1 month")]
#[case::the_product_names_a_plan(json!({}), json!({"dues_plan": "pro"}), Some(("pro", Cycle::Monthly)), "1 month")]
#[case::the_price_wins(
    json!({"metadata": {"dues_plan": "team"}}), json!({"dues_plan": "pro"}), Some(("team", Cycle::Monthly)), "1 month"
)]
#[case::a_plan_that_the_catalog_lacks(
    json!({"metadata": {"dues_plan": "gone"}}), json!({"dues_plan": "pro"}), Some(("pro", Cycle::Monthly)), "1 month"
)]
#[case::a_cycle(
    json!({"metadata": {"dues_plan": "pro", "dues_cycle": "yearly"}}), json!({}), Some(("pro", Cycle::Yearly)), "1 month"
)]
#[case::a_cycle_of_the_product(
    json!({}), json!({"dues_plan": "pro", "dues_cycle": "annual"}), Some(("pro", Cycle::Yearly)), "1 month"
)]
#[case::a_cycle_that_is_none(
    json!({"metadata": {"dues_plan": "pro", "dues_cycle": "weekly"}}), json!({}), Some(("pro", Cycle::Monthly)), "1 month"
)]
#[case::a_quarter(
    json!({"recurring": {"interval": "month", "interval_count": 3}, "metadata": {"dues_plan": "pro"}}),
    json!({}), Some(("pro", Cycle::Monthly)), "3 month"
)]
#[case::two_years(
    json!({"recurring": {"interval": "year", "interval_count": 2}}),
    json!({"dues_plan": "pro"}), Some(("pro", Cycle::Yearly)), "2 year"
)]
#[case::a_price_of_the_catalog(json!({"id": "price_old"}), json!({}), Some(("starter", Cycle::Yearly)), "1 month")]
#[case::another_product(json!({}), json!({"dues_plans": "pro"}), None, "1 month")]
fn a_price_counts_by_the_catalog_or_by_metadata(
    #[case] price: Value,
    #[case] product: Value,
    #[case] bought: Option<(&str, Cycle)>,
    #[case] interval: &str,
) {
    let mut catalog = default_catalog();
    let starter = catalog.plans.iter_mut().find(|plan| plan.id.as_str() == "starter").unwrap();
    starter.sold_as.insert(Cycle::Yearly, vec!["price_old".to_owned()]);
    let prices = PriceMap::parse("STRIPE_PRICE_MAP", "", &catalog).unwrap();
    let mut answer = with_items(&[("price_own", None, 7500, 1)]);
    let item = answer.pointer_mut("/items/data/0/price").unwrap();
    for (field, value) in price.as_object().unwrap() {
        item[field] = value.clone();
    }
    let id = item["product"].as_str().unwrap().to_owned();
    let product = json!({"id": id, "name": "Own", "active": true, "metadata": product});
    let products = HashMap::from([(id, serde_json::from_value(product).unwrap())]);
    let read = to_fetched(serde_json::from_value(answer).unwrap(), &products, &prices, &catalog).unwrap();
    assert_eq!(read.bought.as_ref().map(|(plan, cycle)| (plan.as_str(), *cycle)), bought);
    assert_eq!(read.details.interval.unwrap().to_string(), interval);
    assert_eq!(read.unsold.len(), usize::from(bought.is_none()));
}

#[test]
fn the_price_of_a_plan_comes_before_that_of_its_seats() {
    let catalog = default_catalog().with_seats("team", (2, 3, None), 1200);
    let map = r#"{"team_monthly":"price_team","team_monthly_seat":"price_seat"}"#;
    let prices = PriceMap::parse("STRIPE_PRICE_MAP", map, &catalog).unwrap();
    for items in [["price_team", "price_seat"], ["price_seat", "price_team"]] {
        let answer = with_items(&items.map(|price| (price, None, 900, 3)));
        let read: answer::Subscription = serde_json::from_value(answer).unwrap();
        let found = items::classify(&read.items.data, &HashMap::new(), &prices, &catalog).unwrap();
        assert_eq!(found.plan_item.price.id, "price_team");
        assert_eq!((found.seats.len(), found.others.len(), found.unsold.len()), (1, 0, 0));
    }
}

#[test]
fn a_price_that_names_the_plan_comes_before_an_add_on_of_the_plans_product() {
    let answer = with_items(&[("price_addon", None, 100, 1), ("price_pro_monthly", None, 2900, 1)]);
    let read: answer::Subscription = serde_json::from_value(answer).unwrap();
    let id = read.items.data[0].price.product.id().to_owned();
    let product = json!({"id": id, "name": "Pro", "active": true, "metadata": {"dues_plan": "pro"}});
    let products = HashMap::from([(id, serde_json::from_value(product).unwrap())]);
    let found = items::classify(&read.items.data, &products, &prices(), &default_catalog()).unwrap();
    assert_eq!(found.plan_item.price.id, "price_pro_monthly");
}

#[test]
fn the_checkout_attempt_is_read_from_the_metadata() {
    let attempt = |metadata: Value| read(&sample(json!({ "metadata": metadata }))).unwrap().attempt;
    assert_eq!(attempt(json!({"attempt_id": "a1"})), Some("a1".parse().unwrap()));
    for other in [json!({}), json!(null), json!("a1"), json!({"attempt_id": "a b"}), json!({"attempt_id": 1})] {
        assert_eq!(attempt(other), None);
    }
}

#[rstest]
#[case::of_its_own(json!({"discounts": ["di_1"]}))]
#[case::of_an_older_api(json!({"discount": {"id": "di_1"}}))]
#[case::of_the_customer(json!({"customer": {"id": "cus_1", "discount": {"id": "di_1"}}}))]
fn a_discount_marks_the_price_as_adjusted(#[case] changes: Value) {
    assert!(!read(&sample(json!({}))).unwrap().details.is_adjusted);
    assert!(read(&sample(changes)).unwrap().details.is_adjusted);
}

#[test]
fn a_price_is_shown_in_the_subscriptions_currency() {
    let mut answer = with_items(&[("price_pro_monthly", None, 2900, 2), ("price_addon", None, 5000, 1)]);
    let priced = |answer: &Value| {
        let read = read(answer).unwrap();
        (read.price, read.details.also_included.concat(), read.details.is_adjusted)
    };
    let dollars = |minor| Money::new(minor, Currency::USD);
    answer["currency"] = json!("usd");
    assert_eq!(priced(&answer), (Some(dollars(5800)), "Named price_addon, $50.00 a month".to_owned(), true));
    answer["currency"] = json!("eur");
    assert_eq!(priced(&answer), (None, "Named price_addon".to_owned(), true), "the price has no amount in euro");
    for item in answer.pointer_mut("/items/data").unwrap().as_array_mut().unwrap() {
        item["price"]["currency_options"] = json!({"eur": {"unit_amount": 2700}});
    }
    let euro = Money::new(5400, "EUR".parse().unwrap());
    assert_eq!(priced(&answer), (Some(euro), "Named price_addon, EUR 27.00 a month".to_owned(), true));
}

#[rstest]
#[case::inside_the_period(1_771_000_000, true, Some(1_771_000_000))]
#[case::at_its_end(1_772_323_200, true, None)]
#[case::beyond(1_872_323_200, false, Some(1_872_323_200))]
fn the_cancellation_date_is_kept(#[case] at: i64, #[case] with_period: bool, #[case] cancel_at: Option<i64>) {
    let read = read(&sample(json!({ "cancel_at": at }))).unwrap();
    assert_eq!(read.cancel_at_period_end, with_period);
    assert_eq!(read.details.cancel_at, cancel_at.map(Timestamp::from_secs));
}

#[test]
fn a_collection_pause_is_read_with_its_end() {
    let pause = |resumes: Value| {
        let paused = sample(json!({"pause_collection": {"behavior": "void", "resumes_at": resumes}}));
        read(&paused).unwrap().details.collection_pause
    };
    assert_eq!(pause(Value::Null), Some(CollectionPause { until: None }));
    assert_eq!(pause(json!(1_772_323_200)), Some(CollectionPause { until: Some(Timestamp::from_secs(1_772_323_200)) }));
}

#[rstest]
#[case::a_new_state(json!({"status": "thinking"}), UnmanagedReason::UnknownStatus, "thinking")]
#[case::no_items(json!({"items": {"data": []}}), UnmanagedReason::Unreadable, "it has no item")]
#[case::time_out_of_range(json!({"ended_at": i64::MAX}), UnmanagedReason::Unreadable, "ended_at is no time at which anything is billed")]
#[case::no_customer(json!({"customer": "cus_\u{0}"}), UnmanagedReason::Unreadable, "it names no customer")]
fn an_invalid_subscription_is_unreadable_with_its_reason(
    #[case] changes: Value,
    #[case] reason: UnmanagedReason,
    #[case] detail: &str,
) {
    let answer = sample(changes);
    let cause = read(&answer).unwrap_err();
    let odd = unreadable("sub_1", &answer, &cause);
    assert_eq!((odd.reason, odd.detail.as_deref()), (reason, Some(detail)));
}

#[test]
fn a_malformed_subscription_is_unreadable_and_one_without_id_is_an_error() {
    let mut answer = sample(json!({}));
    answer["cancel_at_period_end"] = json!("perhaps");
    let Ok(Err(odd)) = parse(&answer) else { panic!("it was read") };
    assert_eq!((odd.id.as_str(), odd.reason), (answer["id"].as_str().unwrap(), UnmanagedReason::Unreadable));
    assert!(odd.described.ends_with("a month"), "{odd:?}");
    answer["id"] = json!(7);
    assert!(parse(&answer).is_err());
}

/// The published sample with some fields changed.
fn sample(changes: Value) -> Value {
    let mut answer: Value = serde_json::from_str(SUBSCRIPTION).unwrap();
    // The published sample sets every field. With `transform_quantity` set, a price has no single amount.
    answer["items"]["data"][0]["price"]["transform_quantity"] = Value::Null;
    let Value::Object(changes) = changes else { return answer };
    for (field, value) in changes {
        answer[field] = value;
    }
    answer
}

fn pro() -> (PlanId, Cycle) {
    ("pro".parse().unwrap(), Cycle::Monthly)
}

#[test]
fn the_current_period_is_read_from_each_api_version() {
    let newest = read(&serde_json::from_str(SUBSCRIPTION).unwrap()).unwrap();
    let older = read(&serde_json::from_str(SUBSCRIPTION_2024).unwrap()).unwrap();
    assert_eq!(newest.period_start, Timestamp::from_secs(1_769_904_000));
    assert_eq!(newest.period_end, Timestamp::from_secs(1_772_323_200));
    assert_eq!((newest.period_start, newest.period_end), (older.period_start, older.period_end));
    assert_eq!((newest.bought, newest.payment_method.kind()), (Some(pro()), None));
    assert_eq!((older.bought, older.payment_method.kind()), (Some(pro()), Some("sepa_debit")));
}

#[test]
fn the_customers_payment_method_is_the_fallback() {
    let customer =
        json!({"id": "cus_1", "invoice_settings": {"default_payment_method": {"id": "pm_1", "type": "card"}}});
    let read = read(&sample(json!({ "customer": customer }))).unwrap();
    assert_eq!((read.customer.as_str(), read.payment_method.kind()), ("cus_1", Some("card")));
}

#[test]
fn a_deleted_customer_keeps_its_id() {
    let read = read(&sample(json!({"customer": {"id": "cus_1", "object": "customer", "deleted": true}}))).unwrap();
    assert_eq!(read.customer, "cus_1");
}

#[rstest]
#[case::by_the_flag(json!({"cancel_at_period_end": true}), true)]
#[case::by_the_date(json!({"cancel_at": 1_772_323_200}), true)]
#[case::before_that(json!({"cancel_at": 1_771_000_000}), true)]
#[case::much_later(json!({"cancel_at": 1_872_323_200}), false)]
#[case::not_at_all(json!({}), false)]
fn a_cancellation_at_the_end_of_the_period_is_read(#[case] changes: Value, #[case] canceled: bool) {
    assert_eq!(read(&sample(changes)).unwrap().cancel_at_period_end, canceled);
}

#[rstest]
#[case::replaced_price(json!({"dues_plan": "team"}), "year", 1, Some(("team", Cycle::Yearly)))]
#[case::removed_plan(json!({"dues_plan": "gold"}), "year", 1, None)]
#[case::other_interval(json!({"dues_plan": "team"}), "month", 6, Some(("team", Cycle::Monthly)))]
#[case::without_metadata(json!({}), "month", 1, None)]
fn a_price_outside_the_map_names_its_plan_in_its_metadata(
    #[case] metadata: Value,
    #[case] interval: &str,
    #[case] count: i64,
    #[case] bought: Option<(&str, Cycle)>,
) {
    let mut answer = sample(json!({}));
    let price = answer.pointer_mut("/items/data/0/price").unwrap();
    *price.get_mut("id").unwrap() = json!("price_of_old");
    *price.get_mut("metadata").unwrap() = metadata;
    *price.get_mut("recurring").unwrap() = json!({"interval": interval, "interval_count": count});
    assert_eq!(read(&answer).unwrap().bought, bought.map(|(plan, cycle)| (plan.parse().unwrap(), cycle)));
}

#[rstest]
#[case::pending("active", json!({"id": "in_1", "status": "open", "billing_reason": "subscription_create", "amount_due": 2900}), ProviderStatus::Incomplete)]
#[case::paid("active", json!({"id": "in_1", "status": "paid", "billing_reason": "subscription_create", "amount_due": 2900}), ProviderStatus::Active)]
#[case::nothing_due("active", json!({"id": "in_1", "status": "open", "billing_reason": "subscription_create", "amount_due": 0}), ProviderStatus::Active)]
#[case::a_renewal("active", json!({"id": "in_1", "status": "open", "billing_reason": "subscription_cycle", "amount_due": 2900}), ProviderStatus::Active)]
#[case::invoice_not_expanded("active", json!("in_1"), ProviderStatus::Active)]
fn a_pending_first_payment_grants_no_plan(
    #[case] status: &str,
    #[case] invoice: Value,
    #[case] expected: ProviderStatus,
) {
    let read = read(&sample(json!({"status": status, "latest_invoice": invoice}))).unwrap();
    assert_eq!(read.status, expected);
}

#[rstest]
#[case::sent(json!({"collection_method": "send_invoice"}), "open", ProviderStatus::Active, false)]
#[case::sent_draft(json!({"collection_method": "send_invoice"}), "draft", ProviderStatus::Active, false)]
#[case::charged(json!({"collection_method": "charge_automatically"}), "open", ProviderStatus::Incomplete, true)]
#[case::paused_with_a_draft(json!({"pause_collection": {"behavior": "keep_as_draft"}}), "draft", ProviderStatus::Active, false)]
#[case::paused_with_an_open_invoice(json!({"pause_collection": {"behavior": "void"}}), "open", ProviderStatus::Incomplete, false)]
fn no_payment_is_pending_without_automatic_collection(
    #[case] changes: Value,
    #[case] invoice: &str,
    #[case] first: ProviderStatus,
    #[case] awaits_change: bool,
) {
    let mut answer = sample(changes);
    answer["status"] = json!("active");
    let of = |reason: &str| json!({"id": "in_1", "status": invoice, "billing_reason": reason, "amount_due": 2900});
    answer["latest_invoice"] = of("subscription_create");
    assert_eq!(read(&answer).unwrap().status, first);
    answer["latest_invoice"] = of("subscription_update");
    assert_eq!(awaits_payment_of_a_change(&serde_json::from_value(answer).unwrap()), awaits_change);
}

#[test]
fn the_next_phase_of_a_schedule_is_pending_and_the_current_is_not() {
    let phase = |start: i64, prices: &[&str]| {
        let items: Vec<_> = prices.iter().map(|price| json!({ "price": price, "quantity": 1 })).collect();
        json!({ "start_date": start, "items": items })
    };
    let (start, end) = (1_769_904_000, 1_772_323_200);
    let read = |current: Value| {
        let phases = [phase(start, &["price_pro_monthly"]), phase(end, &["price_seats", "price_starter"])];
        let mut answer = sample(json!({}));
        answer["schedule"] = json!({ "id": "sub_sched_1", "current_phase": current, "phases": phases });
        next_prices(&serde_json::from_value(answer).unwrap())
    };
    let current = |start: i64| json!({ "start_date": start, "end_date": start + 1 });
    let (prices, at) = read(current(start)).unwrap();
    let bought = ["price_seats", "price_starter"].map(|id| NextPrice { id: id.to_owned(), quantity: 1 });
    assert_eq!((prices, at), (bought.to_vec(), Timestamp::from_secs(end)));
    assert_eq!(read(current(end)), None, "it has come");
    assert_eq!(read(Value::Null), None, "the schedule is over");

    let waiting = PendingChange { plan: "starter".parse().unwrap(), cycle: Cycle::Monthly, at };
    let starter = Some((waiting.plan.clone(), waiting.cycle));
    let on_pro = self::read(&sample(json!({}))).unwrap();
    assert_eq!(on_pro.pending_change(starter, at), Some(waiting));
    assert_eq!(on_pro.pending_change(Some(pro()), at), None, "nothing changes");
    assert_eq!(on_pro.pending_change(None, at), None, "what no plan sells is not guessed at");
}

#[rstest]
#[case::paid(json!({"status": "paid", "amount_paid": 2900}), Some((true, 2900)))]
#[case::open(json!({"status": "open", "amount_paid": 0}), Some((false, 0)))]
#[case::without_an_amount(json!({"status": "paid"}), None)]
#[case::odd(json!({"status": "paid", "amount_paid": "2900", "currency": 7, "id": {}}), None)]
fn the_latest_invoice_is_read_and_an_odd_one_is_left_out(#[case] given: Value, #[case] expected: Option<(bool, i64)>) {
    let mut invoice =
        json!({"id": "in_1", "billing_reason": "subscription_cycle", "amount_due": 2900, "currency": "usd"});
    invoice.as_object_mut().unwrap().extend(given.as_object().unwrap().clone());
    let read = read(&sample(json!({"latest_invoice": invoice}))).unwrap().details.last_invoice;
    let expected = expected.map(|(is_paid, minor)| LastInvoice {
        id: "in_1".to_owned(),
        is_paid,
        paid: Money::new(minor, Currency::USD),
    });
    assert_eq!(read, expected);
}
