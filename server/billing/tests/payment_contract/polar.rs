//! Tests of behavior that only Polar has.

use billing::payment::{PortalFlow, ProviderError, account::CustomerState};
use domain::{
    catalog::{Cycle, file::default_catalog},
    money::{Currency, Money},
    subscription::ProviderStatus,
};

use crate::{
    DAY_SECS, plan,
    test_env::{ProviderKind, TestEnv, VALID_CARD, polar},
};

#[tokio::test]
async fn polar_setup_is_idempotent() {
    let env = TestEnv::start(ProviderKind::Polar).await;
    assert!(env.polar_report.webhook_secret.is_some());
    let again = polar(&env.base, None, default_catalog()).setup(&env.webhook_url).await.unwrap();
    assert_eq!(again.products, env.polar_report.products);
    assert!(again.done.iter().all(|line| line.starts_with("Found")), "{:#?}", again.done);
    assert_eq!(env.polar_list("/polar/v1/products/?limit=100").await.len(), 12);
    assert_eq!(env.polar_list("/polar/v1/webhooks/endpoints").await.len(), 1);
    let names: Vec<_> = again.settings().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["POLAR_PRODUCT_MAP", "POLAR_WEBHOOK_SECRET"]);
}

#[tokio::test]
async fn calls_that_polar_lacks_are_unsupported() {
    let env = TestEnv::start(ProviderKind::Polar).await;
    let live = env.subscribe("acme", "pro", Cycle::Monthly).await;
    let preview = env.provider.preview_change(&live.id, &plan("team"), Cycle::Monthly).await;
    assert!(matches!(preview, Err(ProviderError::Unsupported)), "{preview:?}");
    let expired = env.provider.expire_checkout(&live.id).await;
    assert!(matches!(expired, Err(ProviderError::Unsupported)), "{expired:?}");
}

#[tokio::test]
async fn a_token_without_a_scope_is_rejected_and_one_without_events_read_finds_no_deletion() {
    let env = TestEnv::start(ProviderKind::Polar).await;
    let fresh = env.customer("fresh").await.unwrap();
    env.delete_customer(&fresh).await;
    env.set_polar_scopes("organizations:read").await;
    env.provider.fetch_account().await.unwrap();
    let refused = env.provider.fetch_customer(&fresh).await.unwrap_err();
    assert!(refused.is_unexpected(), "{refused:?}");
    let ProviderError::Rejected { reason, .. } = refused else { panic!("{refused:?}") };
    assert_eq!(reason, "The request requires higher privileges than provided by the access token.");

    env.set_polar_scopes("customers:write subscriptions:read").await;
    assert_eq!(env.provider.fetch_customer(&fresh).await.unwrap(), CustomerState::Unknown);
    env.set_polar_scopes("customers:write subscriptions:read events:read").await;
    assert_eq!(env.provider.fetch_customer(&fresh).await.unwrap(), CustomerState::Deleted);
    env.set_polar_scopes("").await;
    assert!(env.provider.fetch_account().await.unwrap_err().is_unexpected());
}

#[tokio::test]
async fn two_workspaces_of_one_user_are_two_customers() {
    let env = TestEnv::start(ProviderKind::Polar).await;
    let (acme, globex) = (env.customer("acme").await.unwrap(), env.customer("globex").await.unwrap());
    assert_ne!(acme, globex);
    assert_eq!(env.customer("globex").await.unwrap(), globex);
    let emails: Vec<_> = env.customers().await.into_iter().map(|mut customer| customer["email"].take()).collect();
    assert_eq!(emails, ["ada+globex@acme.test", "ada@acme.test"]);
}

#[tokio::test]
async fn a_change_confirmed_in_the_portal_is_fetched_with_the_plan() {
    let env = TestEnv::start(ProviderKind::Polar).await;
    let live = env.subscribe("acme", "pro", Cycle::Monthly).await;
    env.clock.advance(10 * DAY_SECS);
    let team = env.polar_report.products.price(&plan("team"), Cycle::Monthly).unwrap();
    let flow = PortalFlow::ConfirmChange { subscription: live.id.clone(), plan: plan("team"), cycle: Cycle::Monthly };
    let portal = env.portal(&live.customer, flow).await;
    env.confirm_on(&format!("{portal}/change?subscription={}&product={team}", live.id)).await;
    let changed = env.provider.fetch_subscription(&live.id).await.unwrap().unwrap().fetched().unwrap();
    assert_eq!(changed.bought, Some((plan("team"), Cycle::Monthly)));
    assert_eq!((changed.status, changed.period_end), (ProviderStatus::Active, live.period_end));
    let paid = env.polar_list("/polar/v1/orders/").await[0]["total_amount"].as_i64().unwrap();
    assert!((4400..=4800).contains(&paid), "two thirds of $99 less two thirds of $29: {paid}");
}

#[tokio::test]
async fn the_payment_of_a_period_is_fetched_with_its_amount() {
    let env = TestEnv::start(ProviderKind::Polar).await;
    let live = env.subscribe("acme", "pro", Cycle::Monthly).await;
    let paid = env.provider.fetch_payment(&live.id, live.period_start).await.unwrap().unwrap();
    assert_eq!((paid.is_paid, paid.paid), (true, Money::new(2900, Currency::USD)));
    let next_day = live.period_start.plus_secs(DAY_SECS);
    assert_eq!(env.provider.fetch_payment(&live.id, next_day).await.unwrap(), None);
}

#[tokio::test]
async fn an_abandoned_checkout_cannot_be_paid_after_another_and_expires() {
    let env = TestEnv::start(ProviderKind::Polar).await;
    let customer = env.customer("acme").await.unwrap();
    let left = env.checkout(&customer, "a1", "pro", Cycle::Monthly).await;
    let paid = env.checkout(&customer, "a2", "team", Cycle::Monthly).await;
    assert_eq!(env.pay(&paid, VALID_CARD).await.0, 303);
    assert_eq!(env.pay(&left, VALID_CARD).await.0, 402);
    assert_eq!(env.provider.list_subscriptions(&customer).await.unwrap().len(), 1);
    env.clock.advance(DAY_SECS);
    let state = env.provider.fetch_checkout(&left.session_id).await.unwrap().unwrap();
    assert_eq!(state.progress, billing::payment::CheckoutProgress::Expired);
}

#[tokio::test]
async fn a_product_outside_the_map_names_its_plan_in_its_metadata() {
    let env = TestEnv::start(ProviderKind::Polar).await;
    let live = env.subscribe("acme", "pro", Cycle::Yearly).await;
    let without_map = polar(&env.base, None, default_catalog());
    let fetched = billing::payment::PaymentProvider::fetch_subscription(&without_map, &live.id)
        .await
        .unwrap()
        .unwrap()
        .fetched()
        .unwrap();
    assert_eq!(fetched.bought, Some((plan("pro"), Cycle::Yearly)));
}
