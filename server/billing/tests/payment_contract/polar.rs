//! Tests of Polar only.

use billing::payment::{PortalFlow, ProviderError, account::CustomerState};
use domain::{
    catalog::{Cycle, file::default_catalog},
    subscription::ProviderStatus,
};

use crate::{
    DAY_SECS, plan,
    stand::{PAYS, Stand, Which, polar},
};

#[tokio::test]
async fn setting_a_polar_account_up_again_makes_nothing_twice() {
    let stand = Stand::start(Which::Polar).await;
    assert!(stand.polar_report.webhook_secret.is_some());
    let again = polar(&stand.base, None, default_catalog()).setup(&stand.webhook_url).await.unwrap();
    assert_eq!(again.products, stand.polar_report.products);
    assert!(again.done.iter().all(|line| line.starts_with("Found")), "{:#?}", again.done);
    assert_eq!(stand.polar_list("/polar/v1/products/?limit=100").await.len(), 12);
    assert_eq!(stand.polar_list("/polar/v1/webhooks/endpoints").await.len(), 1);
    let names: Vec<_> = again.settings().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["POLAR_PRODUCT_MAP", "POLAR_WEBHOOK_SECRET"]);
}

#[tokio::test]
async fn what_polar_lacks_is_said_and_not_pretended() {
    let stand = Stand::start(Which::Polar).await;
    let live = stand.subscribed("acme", "pro", Cycle::Monthly).await;
    let preview = stand.provider.preview_change(&live.id, &plan("team"), Cycle::Monthly).await;
    assert!(matches!(preview, Err(ProviderError::Unsupported)), "{preview:?}");
    let expired = stand.provider.expire_checkout(&live.id).await;
    assert!(matches!(expired, Err(ProviderError::Unsupported)), "{expired:?}");
}

#[tokio::test]
async fn a_token_without_a_scope_is_refused_and_one_without_that_for_events_tells_no_deletion() {
    let stand = Stand::start(Which::Polar).await;
    let fresh = stand.customer("fresh").await.unwrap();
    stand.delete_customer(&fresh).await;
    stand.polar_token_may("organizations:read").await;
    stand.provider.fetch_account().await.unwrap();
    let refused = stand.provider.fetch_customer(&fresh).await.unwrap_err();
    assert!(refused.is_unexpected(), "{refused:?}");
    let ProviderError::Rejected { reason, .. } = refused else { panic!("{refused:?}") };
    assert_eq!(reason, "The request requires higher privileges than provided by the access token.");

    stand.polar_token_may("customers:write subscriptions:read").await;
    assert_eq!(stand.provider.fetch_customer(&fresh).await.unwrap(), CustomerState::Unknown);
    stand.polar_token_may("customers:write subscriptions:read events:read").await;
    assert_eq!(stand.provider.fetch_customer(&fresh).await.unwrap(), CustomerState::Deleted);
    stand.polar_token_may("").await;
    assert!(stand.provider.fetch_account().await.unwrap_err().is_unexpected());
}

#[tokio::test]
async fn two_workspaces_of_one_person_are_two_customers() {
    let stand = Stand::start(Which::Polar).await;
    let (acme, globex) = (stand.customer("acme").await.unwrap(), stand.customer("globex").await.unwrap());
    assert_ne!(acme, globex);
    assert_eq!(stand.customer("globex").await.unwrap(), globex);
    let emails: Vec<_> = stand.customers().await.into_iter().map(|mut it| it["email"].take()).collect();
    assert_eq!(emails, ["ada+globex@acme.test", "ada@acme.test"]);
}

#[tokio::test]
async fn a_change_confirmed_in_the_portal_is_told_with_the_plan() {
    let stand = Stand::start(Which::Polar).await;
    let live = stand.subscribed("acme", "pro", Cycle::Monthly).await;
    stand.clock.advance(10 * DAY_SECS);
    let team = stand.polar_report.products.price(&plan("team"), Cycle::Monthly).unwrap();
    let flow = PortalFlow::ConfirmChange { subscription: live.id.clone(), plan: plan("team"), cycle: Cycle::Monthly };
    let portal = stand.portal(&live.customer, flow).await;
    stand.confirm_on(&format!("{portal}/change?subscription={}&product={team}", live.id)).await;
    let changed = stand.provider.fetch_subscription(&live.id).await.unwrap().unwrap().fetched().unwrap();
    assert_eq!(changed.bought, Some((plan("team"), Cycle::Monthly)));
    assert_eq!((changed.status, changed.period_end), (ProviderStatus::Active, live.period_end));
    let paid = stand.polar_list("/polar/v1/orders/").await[0]["total_amount"].as_i64().unwrap();
    assert!((4400..=4800).contains(&paid), "two thirds of $99 less two thirds of $29: {paid}");
}

#[tokio::test]
async fn a_checkout_left_open_is_not_paid_beside_another_and_expires_by_itself() {
    let stand = Stand::start(Which::Polar).await;
    let customer = stand.customer("acme").await.unwrap();
    let left = stand.checkout(&customer, "a1", "pro", Cycle::Monthly).await;
    let paid = stand.checkout(&customer, "a2", "team", Cycle::Monthly).await;
    assert_eq!(stand.pay(&paid, PAYS).await.0, 303);
    assert_eq!(stand.pay(&left, PAYS).await.0, 402);
    assert_eq!(stand.provider.list_subscriptions(&customer).await.unwrap().len(), 1);
    stand.clock.advance(DAY_SECS);
    let state = stand.provider.fetch_checkout(&left.session_id).await.unwrap().unwrap();
    assert_eq!(state.progress, billing::payment::CheckoutProgress::Expired);
}

#[tokio::test]
async fn a_product_in_no_map_tells_its_plan_by_itself() {
    let stand = Stand::start(Which::Polar).await;
    let live = stand.subscribed("acme", "pro", Cycle::Yearly).await;
    let forgetful = polar(&stand.base, None, default_catalog());
    let told = billing::payment::PaymentProvider::fetch_subscription(&forgetful, &live.id)
        .await
        .unwrap()
        .unwrap()
        .fetched()
        .unwrap();
    assert_eq!(told.bought, Some((plan("pro"), Cycle::Yearly)));
}
