use domain::catalog::file::default_catalog;
use rstest::rstest;
use serde_json::{Value, json};

use super::*;

const SUBSCRIPTION: &str = include_str!("../../../../tests/data/subscription.json");
const SUBSCRIPTION_2024: &str = include_str!("../../../../tests/data/subscription_2024.json");

fn prices() -> PriceMap {
    PriceMap::parse("STRIPE_PRICE_MAP", r#"{"pro_monthly":"price_pro_monthly"}"#, &default_catalog()).unwrap()
}

fn read(answer: &Value) -> Result<FetchedSubscription, Incomprehensible> {
    understand(serde_json::from_value(answer.clone()).unwrap(), &prices(), &default_catalog())
}

/// The published sample with some fields changed.
fn sample(changes: Value) -> Value {
    let mut answer: Value = serde_json::from_str(SUBSCRIPTION).unwrap();
    let Value::Object(changes) = changes else { return answer };
    for (field, value) in changes {
        *answer.get_mut(&field).unwrap() = value;
    }
    answer
}

fn pro() -> (PlanId, Cycle) {
    ("pro".parse().unwrap(), Cycle::Monthly)
}

#[test]
fn the_current_period_is_read_where_each_api_version_has_it() {
    let newest = read(&serde_json::from_str(SUBSCRIPTION).unwrap()).unwrap();
    let older = read(&serde_json::from_str(SUBSCRIPTION_2024).unwrap()).unwrap();
    assert_eq!(newest.period_start, Timestamp::from_secs(1_769_904_000));
    assert_eq!(newest.period_end, Timestamp::from_secs(1_772_323_200));
    assert_eq!((newest.period_start, newest.period_end), (older.period_start, older.period_end));
    assert_eq!((newest.bought, newest.payment_method.as_deref()), (Some(pro()), None));
    assert_eq!((older.bought, older.payment_method.as_deref()), (Some(pro()), Some("sepa_debit")));
}

#[test]
fn the_customers_payment_method_stands_in_where_the_subscription_has_none() {
    let customer =
        json!({"id": "cus_1", "invoice_settings": {"default_payment_method": {"id": "pm_1", "type": "card"}}});
    let read = read(&sample(json!({ "customer": customer }))).unwrap();
    assert_eq!((read.customer.as_str(), read.payment_method.as_deref()), ("cus_1", Some("card")));
}

#[test]
fn a_deleted_customer_is_still_whose_it_was() {
    let read = read(&sample(json!({"customer": {"id": "cus_1", "object": "customer", "deleted": true}}))).unwrap();
    assert_eq!(read.customer, "cus_1");
}

#[rstest]
#[case::by_the_flag(json!({"cancel_at_period_end": true}), true)]
#[case::by_the_date(json!({"cancel_at": 1_772_323_200}), true)]
#[case::much_later(json!({"cancel_at": 1_872_323_200}), false)]
#[case::not_at_all(json!({}), false)]
fn a_cancellation_at_the_periods_end_is_seen(#[case] changes: Value, #[case] canceled: bool) {
    assert_eq!(read(&sample(changes)).unwrap().cancel_at_period_end, canceled);
}

#[rstest]
#[case::replaced_one(json!({"dues_plan": "team"}), "year", 1, Some(("team", Cycle::Yearly)))]
#[case::plan_that_is_no_more(json!({"dues_plan": "gold"}), "year", 1, None)]
#[case::odd_cycle(json!({"dues_plan": "team"}), "month", 6, None)]
#[case::somebody_elses(json!({}), "month", 1, None)]
fn a_price_that_is_in_no_map_tells_its_plan_itself(
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

#[test]
fn what_cannot_be_understood_is_not_guessed_at() {
    assert!(matches!(read(&sample(json!({"status": "dreaming"}))), Err(Incomprehensible::Status(_))));
    assert!(matches!(read(&sample(json!({"items": {"data": []}}))), Err(Incomprehensible::NoItem(_))));
    let mut answer = sample(json!({}));
    answer.pointer_mut("/items/data/0").unwrap().as_object_mut().unwrap().remove("current_period_end");
    assert!(matches!(read(&answer), Err(Incomprehensible::NoPeriod(_))));
}

fn line(amount: i64, start: i64, proration: bool) -> Value {
    json!({
        "description": format!("{amount}"),
        "amount": amount,
        "period": {"start": start, "end": start + 100},
        "parent": {"invoice_item_details": null, "subscription_item_details": {"proration": proration}},
    })
}

fn previewed(amount_due: i64, lines: &[Value]) -> (i64, usize) {
    let invoice = json!({"currency": "usd", "amount_due": amount_due, "lines": {"data": lines, "has_more": false}});
    let preview = due_now(serde_json::from_value(invoice).unwrap(), 1000).unwrap();
    assert_eq!(preview.due_now.currency, Currency::USD);
    (preview.due_now.minor, preview.lines.len())
}

#[test]
fn only_what_is_charged_at_once_is_due_now() {
    let credit = line(-1684, 500, true);
    let debit = line(5746, 500, true);
    assert_eq!(previewed(4062, &[credit.clone(), debit.clone()]), (4062, 2), "an upgrade in mid-period");
    assert_eq!(
        previewed(13_962, &[credit.clone(), debit, line(9900, 1000, false)]),
        (4062, 2),
        "the next period's charge is not due now"
    );
    assert_eq!(previewed(27_316, &[credit.clone(), line(29_000, 500, false)]), (27_316, 2), "a year begins at once");
    assert_eq!(previewed(0, &[credit.clone(), line(500, 500, true)]), (0, 2), "a downgrade leaves a credit");
    assert_eq!(
        previewed(8716, &[credit, line(500, 500, true), line(9900, 1000, false)]),
        (0, 2),
        "a credit is never due"
    );
}

#[rstest]
#[case::on_its_way("active", json!({"id": "in_1", "status": "open", "billing_reason": "subscription_create", "amount_due": 2900}), ProviderStatus::Incomplete)]
#[case::arrived("active", json!({"id": "in_1", "status": "paid", "billing_reason": "subscription_create", "amount_due": 2900}), ProviderStatus::Active)]
#[case::nothing_due("active", json!({"id": "in_1", "status": "open", "billing_reason": "subscription_create", "amount_due": 0}), ProviderStatus::Active)]
#[case::a_renewal("active", json!({"id": "in_1", "status": "open", "billing_reason": "subscription_cycle", "amount_due": 2900}), ProviderStatus::Active)]
#[case::not_told("active", json!("in_1"), ProviderStatus::Active)]
fn a_first_payment_that_has_not_arrived_grants_nothing(
    #[case] status: &str,
    #[case] invoice: Value,
    #[case] expected: ProviderStatus,
) {
    let read = read(&sample(json!({"status": status, "latest_invoice": invoice}))).unwrap();
    assert_eq!(read.status, expected);
}

#[test]
fn what_a_schedule_brings_next_waits_and_what_it_has_brought_does_not() {
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
    assert_eq!((prices, at), (vec!["price_seats".to_owned(), "price_starter".to_owned()], Timestamp::from_secs(end)));
    assert_eq!(read(current(end)), None, "it has come");
    assert_eq!(read(Value::Null), None, "the schedule is over");

    let waiting = PendingChange { plan: "starter".parse().unwrap(), cycle: Cycle::Monthly, at };
    let starter = Some((waiting.plan.clone(), waiting.cycle));
    assert_eq!(pending(starter, at, Some(&pro())), Some(waiting));
    assert_eq!(pending(Some(pro()), at, Some(&pro())), None, "nothing changes");
    assert_eq!(pending(None, at, Some(&pro())), None, "what no plan sells is not guessed at");
}
