//! A tenant's own account, on its provider's bad days.

use std::time::Instant;

use billing::payment::{
    ProviderError,
    merchant::{
        MerchantApi, MerchantCredentials, MerchantEnd, NewMerchantCheckout, NewMerchantPrice, NewMerchantProduct,
        PageWish,
    },
    polar::merchant::PolarMerchant,
    stripe::merchant::StripeMerchant,
};
use rstest::rstest;
use serde_json::json;

use crate::script::{ENOUGH, Script, a_mute, nobody, reason};

const ALL: PageWish = PageWish { limit: 100, cursor: None };
/// One that either could have given.
const ID: &str = "6f1de4d62c8b4d3e9d0b1f6d3f1b7c11";
const KEY: &str = "polar_sk_test_51planted";

#[derive(Clone, Copy, Debug)]
enum Which {
    Stripe,
    Polar,
}

fn merchant_at(which: Which, base: &str) -> Box<dyn MerchantApi> {
    let credentials = MerchantCredentials { api_key: KEY.to_owned().into(), organization: None };
    let base = base.parse().unwrap();
    match which {
        Which::Stripe => Box::new(StripeMerchant::new(&credentials, Some(&base)).unwrap()),
        Which::Polar => Box::new(PolarMerchant::new(&credentials, Some(&base)).unwrap()),
    }
}

async fn answering(which: Which, status: u16, body: &str) -> (Script, Box<dyn MerchantApi>) {
    let (script, base) = Script::playing([(status, body.to_owned())]).await;
    (script, merchant_at(which, &base))
}

fn product() -> NewMerchantProduct {
    let price = NewMerchantPrice { amount_minor: 900, currency: "usd".to_owned(), interval: Some("month".to_owned()) };
    NewMerchantProduct { name: "Plan".to_owned(), description: None, prices: vec![price], attempt: None }
}

fn checkout() -> NewMerchantCheckout {
    NewMerchantCheckout {
        price: "price_1".to_owned(),
        customer_email: None,
        success_url: "https://yourapp.com/".to_owned(),
        cancel_url: None,
    }
}

/// Everything that can be asked, and what came of each.
async fn everything(own: &dyn MerchantApi) -> Vec<ProviderError> {
    let mut errors = vec![
        own.list_products(&ALL).await.unwrap_err(),
        own.list_customers(&ALL).await.unwrap_err(),
        own.list_subscriptions(&ALL).await.unwrap_err(),
        own.create_product(&product()).await.unwrap_err(),
        own.create_checkout(&checkout()).await.unwrap_err(),
    ];
    errors.push(own.active_subscriptions(ID).await.unwrap_err());
    errors.push(own.end_subscription(ID, MerchantEnd::Immediately).await.unwrap_err());
    errors
}

#[rstest]
#[tokio::test]
async fn nobody_listening_and_an_answer_that_never_comes_are_unavailable_within_the_time_a_page_waits(
    #[values(Which::Stripe, Which::Polar)] which: Which,
) {
    for base in [nobody().await, a_mute().await] {
        let started = Instant::now();
        let answer = merchant_at(which, &base).list_products(&ALL).await;
        assert!(matches!(answer, Err(ProviderError::Unavailable(_))), "{answer:?}");
        assert!(started.elapsed() < ENOUGH);
    }
}

#[rstest]
#[case::fault(500, false)]
#[case::overload(429, true)]
#[tokio::test]
async fn whoever_is_out_of_order_or_asked_too_often_is_told_apart(
    #[values(Which::Stripe, Which::Polar)] which: Which,
    #[case] status: u16,
    #[case] too_many: bool,
) {
    let says = json!({ "error": { "type": "api_error", "message": "Not now." } }).to_string();
    let (_, own) = answering(which, status, &says).await;
    for error in [own.list_customers(&ALL).await.unwrap_err(), own.create_product(&product()).await.unwrap_err()] {
        assert!(matches!(error, ProviderError::Unavailable(_)), "{error:?}");
        assert_eq!(error.is_too_many_requests(), too_many, "{error:?}");
    }
}

#[rstest]
#[case::stripe(Which::Stripe, "Stripe does not accept the key in the secret stripe_secret_key.")]
#[case::polar(Which::Polar, "Polar does not accept the key in the secret polar_api_key.")]
#[tokio::test]
async fn a_wrong_key_is_said_to_be_one_whatever_is_asked(#[case] which: Which, #[case] told: &str) {
    let quoting = format!("Invalid API Key provided: {KEY}");
    let says =
        json!({ "error": { "type": "invalid_request_error", "message": quoting }, "detail": quoting }).to_string();
    let (_, own) = answering(which, 401, &says).await;
    for error in everything(own.as_ref()).await {
        assert!(!format!("{error:?}").contains(KEY), "{error:?}");
        assert_eq!(reason(error), told);
    }
}

#[tokio::test]
async fn a_key_that_may_not_is_told_what_it_needs_and_not_quoted() {
    let says = json!({ "error": { "type": "invalid_request_error", "message": format!("The key {KEY} may not.") } });
    let (_, own) = answering(Which::Stripe, 403, &says.to_string()).await;
    for error in everything(own.as_ref()).await {
        assert!(!format!("{error:?}").contains(KEY), "{error:?}");
        assert!(reason(error).contains("stripe_secret_key may not do this"));
    }
}

#[rstest]
#[case::no_json("certainly")]
#[case::another_thing("[]")]
#[case::a_page("<html></html>")]
#[case::nothing("{}")]
#[tokio::test]
async fn an_answer_that_makes_no_sense_is_told_as_such(
    #[values(Which::Stripe, Which::Polar)] which: Which,
    #[case] says: &str,
) {
    let (_, own) = answering(which, 200, says).await;
    for error in everything(own.as_ref()).await {
        assert!(matches!(error, ProviderError::Decode(_)), "{error:?}");
    }
}
