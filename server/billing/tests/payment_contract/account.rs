//! The account that a key opens, and the state of its customers.

use std::sync::Arc;

use billing::payment::{
    NewPortal, PaymentProvider, PeriodEnd, PortalFlow, ProviderError,
    account::{CustomerState, Mode},
    polar::{Polar, PolarConfig},
    price_map::PriceMap,
    stripe::{Stripe, StripeConfig},
};
use domain::{
    catalog::{Cycle, file::default_catalog},
    subscription::ProviderStatus,
};
use rstest::rstest;

use crate::test_env::{ProviderKind, RETURN_URL, TestEnv};

/// Returns the same provider with the key of another account.
fn with_key_of_another_account(env: &TestEnv, which: ProviderKind) -> Box<dyn PaymentProvider> {
    let catalog = Arc::new(default_catalog());
    match which {
        ProviderKind::Stripe => {
            let config = StripeConfig {
                secret_key: "sk_test_51AnotherAccount00Key".to_owned().into(),
                webhook_secrets: Vec::new(),
                prices: PriceMap::default(),
                api_base: Some(env.base.clone()),
                portal_configuration: None,
            };
            Box::new(Stripe::new(config, catalog).unwrap())
        }
        ProviderKind::Polar => {
            let config = PolarConfig {
                api_key: "polar_oat_of_another_organization".to_owned().into(),
                organization: None,
                webhook_secrets: Vec::new(),
                products: PriceMap::default(),
                api_base: Some(env.base.join("polar").unwrap()),
            };
            Box::new(Polar::new(config, catalog).unwrap())
        }
    }
}

#[rstest]
#[case::stripe(ProviderKind::Stripe)]
#[case::polar(ProviderKind::Polar)]
#[tokio::test]
async fn a_customer_is_reported_as_present_or_deleted(#[case] which: ProviderKind) {
    let env = TestEnv::start(which).await;
    let fresh = env.customer("fresh").await.unwrap();
    assert_eq!(env.provider.fetch_customer(&fresh).await.unwrap(), CustomerState::Present);
    assert_eq!(env.provider.list_subscriptions(&fresh).await.unwrap(), []);
    let live = env.subscribe("acme", "pro", Cycle::Monthly).await;
    assert_eq!(env.provider.fetch_customer(&live.customer).await.unwrap(), CustomerState::Present);
    for customer in [&live.customer, &fresh] {
        env.delete_customer(customer).await;
        assert_eq!(env.provider.fetch_customer(customer).await.unwrap(), CustomerState::Deleted);
    }
    let over = env.provider.fetch_subscription(&live.id).await.unwrap().unwrap().fetched().unwrap();
    assert_eq!(over.status, ProviderStatus::Canceled);
}

#[rstest]
#[case::stripe(ProviderKind::Stripe)]
#[case::polar(ProviderKind::Polar)]
#[tokio::test]
async fn the_account_is_stable_and_differs_for_another_key(#[case] which: ProviderKind) {
    let env = TestEnv::start(which).await;
    let account = env.provider.fetch_account().await.unwrap();
    assert_eq!(account.mode, Mode::Test);
    assert_eq!(env.provider.fetch_account().await.unwrap(), account);
    let other = with_key_of_another_account(&env, which).fetch_account().await.unwrap();
    assert_ne!(other.id, account.id);
}

#[rstest]
#[case::stripe(ProviderKind::Stripe)]
#[case::polar(ProviderKind::Polar)]
#[tokio::test]
async fn another_account_has_no_objects_of_the_first(#[case] which: ProviderKind) {
    let env = TestEnv::start(which).await;
    let live = env.subscribe("acme", "pro", Cycle::Monthly).await;
    let open = env.checkout(&live.customer, "a2", "team", Cycle::Monthly).await;
    let other = with_key_of_another_account(&env, which);
    let unknown_customer = |call: &str, error: Option<ProviderError>| {
        assert!(matches!(error, Some(ProviderError::UnknownCustomer(_))), "{call}: {error:?}");
    };
    let unknown_subscription = |call: &str, error: Option<ProviderError>| {
        assert!(matches!(error, Some(ProviderError::UnknownSubscription(_))), "{call}: {error:?}");
    };
    assert_eq!(other.fetch_customer(&live.customer).await.unwrap(), CustomerState::Unknown);
    assert_eq!(other.fetch_subscription(&live.id).await.unwrap(), None);
    assert_eq!(other.fetch_checkout(&open.session_id).await.unwrap(), None);
    unknown_customer("subscriptions", other.list_subscriptions(&live.customer).await.err());
    let portal = NewPortal {
        customer: live.customer.clone(),
        flow: PortalFlow::Home,
        return_url: RETURN_URL.to_owned(),
        done_url: RETURN_URL.to_owned(),
        locale: Some("de".to_owned()),
    };
    unknown_customer("the portal", other.create_portal(&portal).await.err());
    unknown_subscription("the end", other.cancel_subscription(&live.id).await.err());
    unknown_subscription("the period's end", other.set_cancel_at_period_end(&live.id, PeriodEnd::Renews).await.err());

    // The first account is unchanged.
    let provider = &env.provider;
    assert_eq!(provider.fetch_customer(&live.customer).await.unwrap(), CustomerState::Present);
    assert_eq!(provider.fetch_subscription(&live.id).await.unwrap().unwrap().fetched().unwrap(), live);
    assert!(provider.fetch_checkout(&open.session_id).await.unwrap().is_some());
}
