//! `server stripe setup`: products, prices, portal and webhook endpoint of an account.

use domain::catalog::{Catalog, Cycle, Pricing, file::default_catalog};

use crate::{
    plan,
    test_env::{ProviderKind, RETURN_URL, TestEnv},
};

#[tokio::test]
async fn stripe_setup_is_idempotent() {
    let env = TestEnv::start(ProviderKind::Stripe).await;
    assert!(env.report.webhook_secret.is_some());
    let again = env.stripe(default_catalog()).setup(&RETURN_URL.parse().unwrap(), &env.webhook_url).await.unwrap();
    assert_eq!(again.prices, env.report.prices);
    assert_eq!(again.portal_configuration, env.report.portal_configuration);
    assert!(again.webhook_secret.is_none());
    assert!(again.done.iter().all(|line| !line.starts_with("Made")), "{:#?}", again.done);
    for (path, count) in [("/v1/products?limit=100", 6), ("/v1/prices?limit=100", 12), ("/v1/webhook_endpoints", 1)] {
        assert_eq!(env.list(path).await.len(), count, "{path}");
    }
    let events = env.list("/v1/webhook_endpoints").await[0]["enabled_events"].clone();
    assert!(events.as_array().unwrap().contains(&"invoice.finalized".into()), "{events}");
    let configuration = &env.list("/v1/billing_portal/configurations").await[0];
    let waits = &configuration["features"]["subscription_update"]["schedule_at_period_end"]["conditions"];
    let waits: Vec<_> = waits.as_array().unwrap().iter().map(|condition| condition["type"].as_str().unwrap()).collect();
    assert_eq!(waits, ["decreasing_item_amount", "shortening_interval"]);
    let names: Vec<_> = again.settings().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["STRIPE_PRICE_MAP", "STRIPE_PORTAL_CONFIGURATION"]);
}

/// The default catalog with another price for Pro.
fn catalog_with_pro_at(minor: i64) -> Catalog {
    let mut catalog = default_catalog();
    let pro = catalog.plans.iter_mut().find(|plan| plan.id.as_str() == "pro").unwrap();
    let Pricing::Paid(cycles) = &mut pro.pricing else { panic!("Pro is paid") };
    for amount in cycles.get_mut(&Cycle::Monthly).unwrap().values_mut() {
        *amount = minor;
    }
    catalog
}

#[tokio::test]
async fn a_changed_price_is_replaced_and_its_subscribers_keep_the_plan() {
    let env = TestEnv::start(ProviderKind::Stripe).await;
    let former = env.subscribe("acme", "pro", Cycle::Monthly).await;
    let report =
        env.stripe(catalog_with_pro_at(3900)).setup(&RETURN_URL.parse().unwrap(), &env.webhook_url).await.unwrap();
    let (pro, team) = (plan("pro"), plan("team"));
    let replaced = env.report.prices.price(&pro, Cycle::Monthly).unwrap();
    assert_ne!(report.prices.price(&pro, Cycle::Monthly), Some(replaced));
    assert_eq!(report.prices.price(&pro, Cycle::Yearly), env.report.prices.price(&pro, Cycle::Yearly));
    assert_eq!(report.prices.price(&team, Cycle::Monthly), env.report.prices.price(&team, Cycle::Monthly));
    assert!(report.done.iter().any(|line| line.contains("$39.00")), "{:#?}", report.done);
    assert!(report.done.iter().any(|line| line.starts_with(&format!("Retired the price {replaced}"))));

    let env = env.with(&report, catalog_with_pro_at(3900));
    let kept = env.provider.fetch_subscription(&former.id).await.unwrap().unwrap().fetched().unwrap();
    assert_eq!(kept.bought, Some((pro, Cycle::Monthly)));
    let new = env.customer("globex").await.unwrap();
    assert_eq!(env.checkout(&new, "a1", "pro", Cycle::Monthly).await.amount_minor, Some(3900));
}

#[tokio::test]
async fn a_rejected_webhook_endpoint_does_not_fail_the_setup() {
    let env = TestEnv::start(ProviderKind::Stripe).await;
    let unreachable = "ftp://dues.test/webhooks".parse().unwrap();
    let report = env.stripe(default_catalog()).setup(&RETURN_URL.parse().unwrap(), &unreachable).await.unwrap();
    assert!(report.webhook_secret.is_none());
    assert!(report.done.last().unwrap().starts_with("Stripe refused a webhook endpoint at ftp://dues.test/webhooks:"));
}

#[tokio::test]
async fn seats_have_a_product_and_prices_of_their_own() {
    let env = TestEnv::start(ProviderKind::Stripe).await;
    let catalog = default_catalog().with_seats("team", (2, 3, None), 1200);
    let catalog = catalog.with_seats("scale", (0, 5, None), 2000).all_seats("scale");
    let setup =
        async || env.stripe(catalog.clone()).setup(&RETURN_URL.parse().unwrap(), &env.webhook_url).await.unwrap();
    let report = setup().await;
    let seat = report.prices.seat_price(&plan("team"), Cycle::Monthly).unwrap();
    let prices = env.list("/v1/prices?limit=100").await;
    let made = prices.iter().find(|price| price["id"] == seat).unwrap();
    assert_eq!((&made["unit_amount"], &made["product"]), (&1200.into(), &"dues-seat_team".into()));
    assert_eq!((&made["metadata"]["dues_plan"], &made["metadata"]["dues_part"]), (&"team".into(), &"seat".into()));
    assert!(report.prices.price(&plan("team"), Cycle::Monthly).is_some());
    assert_eq!(report.prices.price(&plan("scale"), Cycle::Monthly), None, "it is all seats");
    assert!(report.prices.to_json().contains(r#""scale_yearly_seat":"#), "{}", report.prices.to_json());
    assert_eq!(setup().await.prices, report.prices);
}
