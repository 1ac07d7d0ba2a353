//! Which account a key opens, and what the provider says of a customer in it.

use std::sync::Arc;

use billing::payment::{
    PaymentProvider,
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

use crate::stand::{Stand, Which};

/// The same provider asked with another account's key.
fn with_key_of_another_account(stand: &Stand, which: Which) -> Box<dyn PaymentProvider> {
    let catalog = Arc::new(default_catalog());
    match which {
        Which::Stripe => {
            let config = StripeConfig {
                secret_key: "sk_test_51AnotherAccount00Key".to_owned().into(),
                webhook_secrets: Vec::new(),
                prices: PriceMap::default(),
                api_base: Some(stand.base.clone()),
                portal_configuration: None,
            };
            Box::new(Stripe::new(config, catalog).unwrap())
        }
        Which::Polar => {
            let config = PolarConfig {
                api_key: "polar_oat_of_another_organization".to_owned().into(),
                organization: None,
                webhook_secrets: Vec::new(),
                products: PriceMap::default(),
                api_base: Some(stand.base.join("polar").unwrap()),
            };
            Box::new(Polar::new(config, catalog).unwrap())
        }
    }
}

#[rstest]
#[case::stripe(Which::Stripe)]
#[case::polar(Which::Polar)]
#[tokio::test]
async fn a_customer_is_told_as_present_or_deleted(#[case] which: Which) {
    let stand = Stand::start(which).await;
    let fresh = stand.customer("fresh").await.unwrap();
    assert_eq!(stand.provider.fetch_customer(&fresh).await.unwrap(), CustomerState::Present);
    assert_eq!(stand.provider.list_subscriptions(&fresh).await.unwrap(), []);
    let live = stand.subscribed("acme", "pro", Cycle::Monthly).await;
    assert_eq!(stand.provider.fetch_customer(&live.customer).await.unwrap(), CustomerState::Present);
    stand.delete_customer(&live.customer).await;
    assert_eq!(stand.provider.fetch_customer(&live.customer).await.unwrap(), CustomerState::Deleted);
    let over = stand.provider.fetch_subscription(&live.id).await.unwrap().unwrap().fetched().unwrap();
    assert_eq!(over.status, ProviderStatus::Canceled);
}

#[rstest]
#[case::stripe(Which::Stripe)]
#[case::polar(Which::Polar)]
#[tokio::test]
async fn the_account_is_the_same_each_time_and_another_for_another_key(#[case] which: Which) {
    let stand = Stand::start(which).await;
    let own = stand.provider.fetch_account().await.unwrap();
    assert_eq!(own.mode, Mode::Test);
    assert_eq!(stand.provider.fetch_account().await.unwrap(), own);
    let other = with_key_of_another_account(&stand, which).fetch_account().await.unwrap();
    assert_ne!(other.id, own.id);
}
