use domain::catalog::file::default_catalog;
use rstest::rstest;

use super::*;

/// Each case: fields of the product, and the plan and cycle that it counts as.
#[rstest]
#[case::of_a_month(json!({"recurring_interval": "month", "metadata": {"dues_plan": "pro"}}), Some(("pro", Cycle::Monthly)))]
#[case::of_a_quarter(
    json!({"recurring_interval": "month", "recurring_interval_count": 3, "metadata": {"dues_plan": "pro"}}),
    Some(("pro", Cycle::Monthly))
)]
#[case::of_two_years(
    json!({"recurring_interval": "year", "recurring_interval_count": 2, "metadata": {"dues_plan": "pro"}}),
    Some(("pro", Cycle::Yearly))
)]
#[case::with_a_cycle(
    json!({"recurring_interval": "week", "metadata": {"dues_plan": "pro", "dues_cycle": "yearly"}}),
    Some(("pro", Cycle::Yearly))
)]
#[case::of_the_catalog(json!({"id": "prod_old", "recurring_interval": "month"}), Some(("starter", Cycle::Yearly)))]
#[case::of_a_plan_that_the_catalog_lacks(json!({"recurring_interval": "month", "metadata": {"dues_plan": "gone"}}), None)]
#[case::paid_once(json!({"metadata": {"dues_plan": "pro"}}), None)]
#[case::without_a_plan(json!({"recurring_interval": "month"}), None)]
fn a_product_counts_by_the_catalog_or_by_its_metadata(#[case] fields: Value, #[case] sold: Option<(&str, Cycle)>) {
    let mut catalog = default_catalog();
    let starter = catalog.plans.iter_mut().find(|plan| plan.id.as_str() == "starter").unwrap();
    starter.sold_as.insert(Cycle::Yearly, vec!["prod_old".to_owned()]);
    let products = PriceMap::parse("POLAR_PRODUCT_MAP", r#"{"pro_monthly":["prod_1","prod_2"]}"#, &catalog).unwrap();
    let mut product = json!({"id": "prod_own", "name": "Own"});
    product.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    let product: Product = serde_json::from_value(product).unwrap();
    let found = sold_by(&product.id, Some(&product), &products, &catalog);
    assert_eq!(found.as_ref().map(|(plan, cycle)| (plan.as_str(), *cycle)), sold);
    let further = sold_by("prod_2", None, &products, &catalog);
    assert_eq!(further, Some(("pro".parse().unwrap(), Cycle::Monthly)));
}

/// Each case: fields of the subscription, fields of its product, and the interval.
#[rstest]
#[case(json!({"recurring_interval": "month", "recurring_interval_count": 3}), json!({"recurring_interval": "year"}), "3 month")]
#[case(json!({"recurring_interval": 7}), json!({"recurring_interval": "week"}), "1 week")]
#[case(json!({}), json!({"recurring_interval": "month", "recurring_interval_count": 24}), "2 year")]
fn a_subscription_has_its_own_interval_or_that_of_its_product(
    #[case] fields: Value,
    #[case] product: Value,
    #[case] interval: &str,
) {
    let at = "2026-01-01T00:00:00Z";
    let mut own = json!({
        "id": "sub", "status": "active", "customer_id": "cus", "product_id": "prod", "created_at": at,
        "current_period_start": at, "current_period_end": at, "cancel_at_period_end": false,
        "product": { "id": "prod", "name": "Own" },
    });
    own["product"].as_object_mut().unwrap().extend(product.as_object().unwrap().clone());
    own.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    let read: answer::Subscription = serde_json::from_value(own).unwrap();
    assert_eq!(read.billing_interval().unwrap().to_string(), interval);
}

#[rstest]
#[case::in_its_currency(json!({"amount": 500, "currency": "usd", "amounts": {"usd": 500, "eur": 400}}), Some((400, "EUR")))]
#[case::without_amounts(json!({"amount": 500, "currency": "usd"}), Some((500, "USD")))]
#[case::of_nothing(json!({"amount": 0, "currency": "usd", "amounts": {"eur": 0}}), None)]
fn a_fixed_discount_has_the_amount_in_the_subscriptions_currency(
    #[case] answer: Value,
    #[case] off: Option<(i64, &str)>,
) {
    let found = discount(&answer, Some("EUR".parse().unwrap()));
    let expected = off.map(|(minor, currency)| Off::Amount(Money::new(minor, currency.parse().unwrap())));
    assert_eq!(found.map(|found| found.off), expected);
}
