//! The prices that no plan sells.

use axum::http::Method;
use billing::store::testing::Engine;
use domain::{catalog::Cycle, tenant::import::ImportOutcome};
use rstest::rstest;

use super::id_of;
use crate::{provider_answers::unmanaged::create_support_price, test_env::TestEnv};

impl TestEnv {
    /// Creates a subscription with two items in the provider's dashboard.
    async fn plant_two_items(&self, customer: &str, items: [(&str, u64); 2]) {
        let items = items
            .iter()
            .enumerate()
            .map(|(at, (price, quantity))| format!("&items[{at}][price]={price}&items[{at}][quantity]={quantity}"));
        let items: String = items.collect();
        let fields = format!("customer={customer}&collection_method=send_invoice&days_until_due=30{items}");
        self.call_stripe(Method::POST, &format!("/v1/subscriptions?{fields}")).await;
    }
}

#[rstest]
#[tokio::test]
async fn every_price_of_a_subscription_without_a_plan_is_reported(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::start(engine).await;
    let (support, addon) = (create_support_price(&env).await, create_support_price(&env).await);
    let product = id_of(&env.call_stripe(Method::POST, "/v1/products?name=Old").await);
    let old = format!("/v1/prices?product={product}&currency=usd&unit_amount=1900&recurring[interval]=month");
    let old = id_of(&env.call_stripe(Method::POST, &old).await);
    let customer = env.plant_customer(Some("both")).await;
    env.plant_two_items(&customer, [(&support, 3), (&old, 1)]).await;
    let customer = env.plant_customer(Some("old")).await;
    env.plant_subscription(&customer, &old, 2).await;
    let customer = env.plant_customer(Some("mapped")).await;
    env.plant_two_items(&customer, [(&env.price("pro", Cycle::Monthly), 1), (&addon, 1)]).await;

    let (import, report) = env.import(true).await;
    let listed: Vec<_> =
        report.prices.iter().map(|price| (&*price.price, &*price.described, price.customers, &*price.line)).collect();
    let line = |price: &str| format!("sold_as = {{ monthly = [\"{price}\"] }}");
    let (of_old, of_support) = (line(&old), line(&support));
    let expected =
        [(&*old, "Old, $19.00 a month", 2, &*of_old), (&*support, "Support, $50.00 a month", 1, &*of_support)];
    assert_eq!(listed, expected, "what is paid beside a plan needs none");
    let subscriptions: u64 = report.totals.iter().map(|total| total.subscriptions).sum();
    assert_eq!(subscriptions, 3);
    let rows = env.rows_of(&import).await;
    let both = rows.iter().find(|row| row.external_id.as_deref() == Some("both")).unwrap();
    assert_eq!(both.outcome, ImportOutcome::UnmappedPrice);
    let detail = both.detail.as_ref().unwrap();
    assert!(detail.contains("Support, $50.00 a month") && detail.contains("Old, $19.00 a month"), "{detail}");
}
