//! Faults of a provider's answer about how a customer pays.

use billing::payment::{PaymentProvider, ProviderError};
use domain::subscription::billing_profile::BillingProfile;
use rstest::rstest;
use serde_json::json;

use crate::{
    polar::{self, ID, OTHER_ID},
    stripe,
};

#[rstest]
#[case::no_json("<html>")]
#[case::another_type(r#"{"id": 1}"#)]
#[case::another_customer(r#"{"id": "cus_2", "email": "eve@other.test"}"#)]
#[case::odd_list(r#"{"id": "cus_1", "tax_ids": {"data": [1]}}"#)]
#[tokio::test]
async fn an_invalid_profile_of_stripes_is_a_decode_error(#[case] says: &str) {
    let (_, stripe) = stripe::answering([(200, says.to_owned())]).await;
    let fetched = stripe.fetch_billing_profile("cus_1", None).await;
    assert!(matches!(fetched, Err(ProviderError::Decode(_))), "{fetched:?}");
    let previewed = stripe.preview_next_invoice("cus_1", "sub_1").await;
    assert!(matches!(previewed, Err(ProviderError::Decode(_))), "{previewed:?}");
}

#[tokio::test]
async fn the_profile_is_that_of_the_customer_also_where_the_subscription_is_anothers() {
    let customer = (200, json!({"id": "cus_1", "email": "ada@acme.test"}).to_string());
    let foreign = (200, json!({"id": "sub_1", "customer": "cus_2", "default_payment_method": null}).to_string());
    let (_, stripe) = stripe::answering([customer, foreign]).await;
    let fetched = stripe.fetch_billing_profile("cus_1", Some("sub_1")).await;
    assert!(matches!(fetched, Err(ProviderError::Decode(_))), "{fetched:?}");
    let odd = json!({"id": "cus_1", "email": "a\nb", "address": {"line1": "  "}, "invoice_settings":
        {"default_payment_method": {"id": "pm_1", "type": "card", "card": {"exp_month": 99, "exp_year": 1}}}});
    let (_, stripe) = stripe::answering([(200, odd.to_string())]).await;
    let profile = stripe.fetch_billing_profile("cus_1", None).await.unwrap();
    assert_eq!((profile.email.as_deref(), profile.address.len()), (Some("a b"), 0));
    assert_eq!(profile.method.unwrap().expires, None);
    let (_, stripe) = stripe::answering([(200, json!({"id": "cus_1", "deleted": true}).to_string())]).await;
    assert_eq!(stripe.fetch_billing_profile("cus_1", None).await.unwrap(), BillingProfile::default());
}

#[rstest]
#[case::no_json("<html>")]
#[case::another_type(r#"{"id": 1}"#)]
#[case::odd_tax_id(r#"{"id": "9b2b4a3f-6d6e-4c3a-9d0b-1f6d3f1b7c11", "tax_id": 7}"#)]
#[tokio::test]
async fn an_invalid_profile_of_polars_is_a_decode_error(#[case] says: &str) {
    let (_, polar) = polar::answering([(200, says.to_owned())]).await;
    let fetched = polar.fetch_billing_profile(ID, None).await;
    assert!(matches!(fetched, Err(ProviderError::Decode(_))), "{fetched:?}");
}

#[tokio::test]
async fn the_profile_of_polars_is_that_of_the_customer() {
    let (_, polar) = polar::answering([(200, json!({"id": OTHER_ID, "email": "eve@other.test"}).to_string())]).await;
    let fetched = polar.fetch_billing_profile(ID, None).await;
    assert!(matches!(fetched, Err(ProviderError::Decode(_))), "{fetched:?}");
    // A key that may not read payment methods.
    let customer =
        (200, json!({"id": ID, "email": "ada@acme.test", "default_payment_method_id": OTHER_ID}).to_string());
    let (_, polar) = polar::answering([customer, (403, json!({"detail": "scope"}).to_string())]).await;
    let profile = polar.fetch_billing_profile(ID, None).await.unwrap();
    assert_eq!((profile.email.as_deref(), profile.method), (Some("ada@acme.test"), None));
}
