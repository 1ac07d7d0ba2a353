//! The further prices of a plan.

use super::*;

#[test]
fn further_prices_count_as_a_plan_by_cycle() {
    let text = r#"sold_as = { monthly = ["price_old", "price_quarter"], annual = ["price_year"] }"#;
    let catalog = parse(&SMALL.replace("listed = false", text)).unwrap();
    let found: Vec<_> = catalog.further_prices().map(|(plan, cycle, price)| (plan.id.as_str(), cycle, price)).collect();
    assert_eq!(
        found,
        [
            ("some", Cycle::Monthly, "price_old"),
            ("some", Cycle::Monthly, "price_quarter"),
            ("some", Cycle::Yearly, "price_year"),
        ]
    );
    // A plan that is removed from the file keeps its further prices as they were stored.
    let stored = serde_json::to_value(catalog.plan("some").unwrap()).unwrap();
    assert_eq!(serde_json::from_value::<crate::catalog::Plan>(stored).unwrap(), *catalog.plan("some").unwrap());
    let without = serde_json::to_value(catalog.plan("none").unwrap()).unwrap();
    assert!(without.get("sold_as").is_none());
}

#[test]
fn too_many_further_prices_are_refused() {
    let prices: Vec<_> = (0..101).map(|number| format!("\"price_{number}\"")).collect();
    let text = format!("sold_as = {{ monthly = [{}] }}", prices.join(", "));
    let errors = errors_of(&SMALL.replace("listed = false", &text));
    assert_eq!(errors, ["48: plan.some.sold_as.monthly: these are too many; 100 prices a cycle are the most"]);
}

#[rstest]
#[case::sold_as_of_the_free_plan(
    "price = \"free\"",
    "price = \"free\"\nsold_as = { monthly = [\"price_1\"] }",
    "40: plan.none.sold_as: nothing is paid for the free plan; remove this"
)]
#[case::sold_as_type(
    "listed = false",
    "sold_as = [\"price_1\"]",
    "48: plan.some.sold_as: write a table here, not a list"
)]
#[case::sold_as_cycle(
    "listed = false",
    "sold_as = { weekly = [\"price_1\"] }",
    "48: plan.some.sold_as.weekly: a billing cycle is monthly or yearly"
)]
#[case::sold_as_cycle_twice(
    "listed = false",
    "sold_as = { yearly = [\"price_1\"], annual = [\"price_2\"] }",
    "48: plan.some.sold_as.annual: this cycle is there already"
)]
#[case::sold_as_text(
    "listed = false",
    "sold_as = { monthly = \"price_1\" }",
    "48: plan.some.sold_as.monthly: write a list of price ids, as [\"price_123\"], not \"price_1\""
)]
#[case::sold_as_number(
    "listed = false",
    "sold_as = { monthly = [3] }",
    "48: plan.some.sold_as.monthly: write a list of price ids, as [\"price_123\"], not 3"
)]
#[case::sold_as_id(
    "listed = false",
    "sold_as = { monthly = [\"price 1\"] }",
    "48: plan.some.sold_as.monthly: a price id has 1 to 255 characters without spaces"
)]
#[case::sold_as_twice(
    "listed = false",
    "sold_as = { monthly = [\"price_1\"], yearly = [\"price_1\"] }",
    "48: plan.some.sold_as.yearly: the price \"price_1\" is in plan.some.sold_as.monthly already; each counts as one plan and cycle"
)]
fn a_wrong_further_price_is_reported_with_its_line_and_key(
    #[case] right: &str,
    #[case] wrong: &str,
    #[case] expected: &str,
) {
    assert!(SMALL.contains(right), "{right}");
    assert_eq!(errors_of(&SMALL.replacen(right, wrong, 1)), [expected]);
}
