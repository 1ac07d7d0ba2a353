//! Faults of the provider of a tenant's account.

use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use billing::payment::{
    InvalidInputField, ProviderError,
    merchant::{
        CancellationTiming, MerchantApi, MerchantCredentials, NewMerchantCheckout, NewMerchantPrice,
        NewMerchantProduct, PageParams,
    },
    polar::merchant::PolarMerchant,
    stripe::merchant::StripeMerchant,
};
use rstest::rstest;
use serde_json::{Value, json};

use crate::script::{
    MAX_WAIT, Script, closed_port, memory_bytes, reason, start_counting_silent_server, start_endless_body_server,
    start_endless_head_server, start_redirect_server, start_silent_server,
};

const ALL: PageParams = PageParams { limit: 100, cursor: None };
/// An id that is valid at both providers.
const ID: &str = "6f1de4d62c8b4d3e9d0b1f6d3f1b7c11";
const KEY: &str = "polar_sk_test_51planted";

#[derive(Clone, Copy, Debug)]
enum ProviderKind {
    Stripe,
    Polar,
}

fn merchant_at(which: ProviderKind, base: &str) -> Box<dyn MerchantApi> {
    let credentials = MerchantCredentials { api_key: KEY.to_owned().into(), organization: None };
    let base = base.parse().unwrap();
    match which {
        ProviderKind::Stripe => Box::new(StripeMerchant::new(&credentials, Some(&base)).unwrap()),
        ProviderKind::Polar => Box::new(PolarMerchant::new(&credentials, Some(&base)).unwrap()),
    }
}

async fn answering(which: ProviderKind, status: u16, body: &str) -> (Script, Box<dyn MerchantApi>) {
    let (script, base) = Script::start([(status, body.to_owned())]).await;
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

/// Calls each method and returns the errors.
async fn call_all(api: &dyn MerchantApi) -> Vec<ProviderError> {
    let mut errors = vec![
        api.list_products(&ALL).await.unwrap_err(),
        api.list_customers(&ALL).await.unwrap_err(),
        api.list_subscriptions(&ALL).await.unwrap_err(),
        api.create_product(&product()).await.unwrap_err(),
        api.create_checkout(&checkout()).await.unwrap_err(),
    ];
    errors.push(api.active_subscriptions(ID).await.unwrap_err());
    errors.push(api.end_subscription(ID, CancellationTiming::Immediately).await.unwrap_err());
    errors
}

#[rstest]
#[tokio::test]
async fn a_closed_port_and_a_missing_response_are_unavailable_within_the_time_budget(
    #[values(ProviderKind::Stripe, ProviderKind::Polar)] which: ProviderKind,
) {
    for base in [closed_port().await, start_silent_server().await] {
        let started = Instant::now();
        let answer = merchant_at(which, &base).list_products(&ALL).await;
        assert!(matches!(answer, Err(ProviderError::Unavailable(_))), "{answer:?}");
        assert!(started.elapsed() < MAX_WAIT);
    }
}

#[tokio::test]
async fn a_missing_list_is_an_invalid_cursor_only_with_a_cursor() {
    let says =
        json!({ "error": { "type": "invalid_request_error", "code": "resource_missing", "message": "No such." } });
    let (_, api) = answering(ProviderKind::Stripe, 404, &says.to_string()).await;
    let first = api.list_customers(&ALL).await.unwrap_err();
    assert!(matches!(first, ProviderError::Rejected { .. }), "{first:?}");
    let behind = PageParams { cursor: Some("cus_1".to_owned()), ..ALL };
    let next = api.list_customers(&behind).await.unwrap_err();
    assert!(matches!(next, ProviderError::InvalidInput { field: InvalidInputField::Cursor, .. }), "{next:?}");
}

#[rstest]
#[tokio::test]
async fn subscriptions_of_another_customer_are_not_listed(
    #[values(ProviderKind::Stripe, ProviderKind::Polar)] which: ProviderKind,
) {
    const OTHER: &str = "0b6f6a527d9e4c558f1a4a1f6a3c2d10";
    let (_, api) = answering(which, 200, &json!({ "id": OTHER, "created": 1 }).to_string()).await;
    let asked = api.active_subscriptions(ID).await.unwrap_err();
    assert!(asked.is_unexpected(), "{asked:?}");
}

#[rstest]
#[case::fault(500, false)]
#[case::overload(429, true)]
#[tokio::test]
async fn faults_and_rate_limits_are_distinguished(
    #[values(ProviderKind::Stripe, ProviderKind::Polar)] which: ProviderKind,
    #[case] status: u16,
    #[case] too_many: bool,
) {
    let says = json!({ "error": { "type": "api_error", "message": "Not now." } }).to_string();
    let (_, api) = answering(which, status, &says).await;
    for error in [api.list_customers(&ALL).await.unwrap_err(), api.create_product(&product()).await.unwrap_err()] {
        assert!(matches!(error, ProviderError::Unavailable(_)), "{error:?}");
        assert_eq!(error.is_too_many_requests(), too_many, "{error:?}");
    }
}

#[rstest]
#[case::stripe(ProviderKind::Stripe, "Stripe does not accept the key in the secret stripe_secret_key.")]
#[case::polar(ProviderKind::Polar, "Polar does not accept the key in the secret polar_api_key.")]
#[tokio::test]
async fn an_invalid_key_is_reported_by_each_call(#[case] which: ProviderKind, #[case] expected: &str) {
    let quoting = format!("Invalid API Key provided: {KEY}");
    let says =
        json!({ "error": { "type": "invalid_request_error", "message": quoting }, "detail": quoting }).to_string();
    let (_, api) = answering(which, 401, &says).await;
    for error in call_all(api.as_ref()).await {
        assert!(!format!("{error:?}").contains(KEY), "{error:?}");
        assert_eq!(reason(error), expected);
    }
}

#[tokio::test]
async fn a_missing_permission_is_named_and_the_key_is_not_quoted() {
    let says = json!({ "error": { "type": "invalid_request_error", "message": format!("The key {KEY} may not.") } });
    let (_, api) = answering(ProviderKind::Stripe, 403, &says.to_string()).await;
    for error in call_all(api.as_ref()).await {
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
async fn an_invalid_response_is_a_decode_error(
    #[values(ProviderKind::Stripe, ProviderKind::Polar)] which: ProviderKind,
    #[case] says: &str,
) {
    let (_, api) = answering(which, 200, says).await;
    for error in call_all(api.as_ref()).await {
        assert!(matches!(error, ProviderError::Decode(_)), "{error:?}");
    }
}

#[rstest]
#[case::stripe(ProviderKind::Stripe, 400)]
#[case::polar(ProviderKind::Polar, 403)]
#[tokio::test]
async fn a_rejection_is_truncated_and_never_quotes_the_key(#[case] which: ProviderKind, #[case] status: u16) {
    let long = format!("The key {KEY} may not. {}", "Because. ".repeat(1000));
    let says = json!({ "error": { "type": "invalid_request_error", "message": long }, "detail": long }).to_string();
    let (_, api) = answering(which, status, &says).await;
    for error in call_all(api.as_ref()).await {
        assert!(!format!("{error:?}").contains(KEY), "{error:?}");
        let reason = reason(error);
        assert!(reason.starts_with("The key … may not. Because.") && reason.ends_with('…'), "{reason}");
        assert!(reason.chars().count() <= 301, "{reason}");
    }
}

fn invalid(field: &str, message: &str) -> String {
    let wrong = json!([{ "type": "value_error", "loc": ["body", field], "msg": message, "input": "quoted" }]);
    json!({ "error": "RequestValidationError", "detail": wrong }).to_string()
}

#[rstest]
#[case("name", "String should have at least 3 characters", "name: String should have at least 3 characters")]
#[case("customer_id", "Customer does not exist.", "customer_id: Customer does not exist.")]
#[tokio::test]
async fn a_rejection_of_polar_names_the_field_and_never_the_workspaces_customer(
    #[case] field: &str,
    #[case] message: &str,
    #[case] expected: &str,
) {
    let (_, api) = answering(ProviderKind::Polar, 422, &invalid(field, message)).await;
    for error in call_all(api.as_ref()).await {
        assert_eq!(reason(error), expected);
    }
}

#[tokio::test]
async fn an_unknown_customer_at_stripe_is_never_the_workspaces_customer() {
    let error = json!({ "type": "invalid_request_error", "code": "resource_missing", "param": "customer", "message": "No such customer." });
    let (_, api) = answering(ProviderKind::Stripe, 400, &json!({ "error": error }).to_string()).await;
    assert_eq!(reason(api.create_product(&product()).await.unwrap_err()), "No such customer.");
}

#[rstest]
#[tokio::test]
async fn an_endless_response_is_aborted_and_not_retried(
    #[values(ProviderKind::Stripe, ProviderKind::Polar)] which: ProviderKind,
) {
    let (asked, base) = start_endless_body_server().await;
    let api = merchant_at(which, &base);
    let started = Instant::now();
    let answer = api.list_products(&ALL).await;
    assert!(matches!(answer, Err(ProviderError::Decode(_))), "{answer:?}");
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    assert!(started.elapsed() < MAX_WAIT / 2);
}

/// Upper bound of this process's memory growth while it reads the response, with a margin for concurrent tests.
const MAX_MEMORY_BYTES: usize = 48 << 20;

#[rstest]
#[case::of_interim_answers("", "HTTP/1.1 100 Continue\r\n\r\n")]
#[case::of_many_lines("HTTP/1.1 200 OK\r\n", "x-more: more\r\n")]
#[case::of_one_line("HTTP/1.1 200 OK\r\nx-more: ", "more")]
#[tokio::test]
async fn an_endless_response_head_is_aborted_in_time(
    #[values(ProviderKind::Stripe, ProviderKind::Polar)] which: ProviderKind,
    #[case] begins: &'static str,
    #[case] goes_on: &'static str,
) {
    let (open, base) = start_endless_head_server(begins, goes_on).await;
    let api = merchant_at(which, &base);
    let (started, before) = (Instant::now(), memory_bytes());
    let answer = api.list_products(&ALL).await;
    assert!(matches!(answer, Err(ProviderError::Unavailable(_))), "{answer:?}");
    assert!(started.elapsed() < MAX_WAIT);
    let kept = memory_bytes().saturating_sub(before);
    assert!(kept < MAX_MEMORY_BYTES, "{kept} bytes");
    let closed = async {
        while open.load(Ordering::SeqCst) > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(MAX_WAIT, closed).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn a_failed_connection_leaves_time_for_a_retry(
    #[values(ProviderKind::Stripe, ProviderKind::Polar)] which: ProviderKind,
) {
    let (connections, base) = start_counting_silent_server().await;
    // The TLS handshake gets no answer, either.
    let answer = merchant_at(which, &base.replace("http:", "https:")).list_products(&ALL).await;
    assert!(matches!(answer, Err(ProviderError::Unavailable(_))), "{answer:?}");
    assert!(connections.load(Ordering::SeqCst) > 1);
}

#[rstest]
#[tokio::test]
async fn redirects_are_not_followed(#[values(ProviderKind::Stripe, ProviderKind::Polar)] which: ProviderKind) {
    let (visits, base) = start_redirect_server().await;
    merchant_at(which, &base).list_products(&ALL).await.unwrap_err();
    assert_eq!(visits.load(Ordering::SeqCst), 0);
}

fn page_of(products: &Value) -> (u16, String) {
    (200, json!({ "items": products, "pagination": { "total_count": 1, "max_page": 1 } }).to_string())
}

fn at_polar(prices: &Value, metadata: &Value) -> Value {
    json!({ "id": ID, "name": "Plan", "recurring_interval": "month", "prices": prices, "metadata": metadata })
}

fn price(id: &str, currency: &str, kind: &str) -> Value {
    json!({ "id": id, "amount_type": kind, "price_amount": 900, "price_currency": currency })
}

#[rstest]
#[case::alone(json!([price("price_1", "usd", "fixed"), price("price_2", "eur", "fixed")]), true)]
#[case::beside_what_is_paid_by_use(json!([price("price_1", "usd", "fixed"), price("price_2", "usd", "metered_unit")]), true)]
#[case::beside_another(json!([price("price_1", "usd", "fixed"), price("price_2", "usd", "fixed")]), false)]
#[case::by_use_beside_a_fixed_one(json!([price("price_1", "usd", "metered_unit"), price("price_2", "usd", "fixed")]), false)]
#[tokio::test]
async fn polar_is_not_asked_for_an_ambiguous_price(#[case] prices: Value, #[case] is_sold: bool) {
    let checkout_at_polar = json!({ "id": ID, "status": "open", "url": "https://polar.sh/checkout/polar_c_1" });
    let (script, base) =
        Script::start([page_of(&json!([at_polar(&prices, &json!({}))])), (201, checkout_at_polar.to_string())]).await;
    let made = merchant_at(ProviderKind::Polar, &base).create_checkout(&checkout()).await;
    if is_sold {
        made.unwrap();
        let sent: Value = serde_json::from_str(&script.requests()[1].body).unwrap();
        assert_eq!((&sent["products"], &sent["currency"]), (&json!([ID]), &json!("usd")));
    } else {
        let Err(ProviderError::InvalidInput { field: InvalidInputField::Price, reason }) = made else {
            panic!("{made:?}")
        };
        assert!(reason.contains("several prices in USD"), "{reason}");
        assert_eq!(script.requests().len(), 1);
    }
}

const FIND: &str = "GET /v1/products/";
const CREATE: &str = "POST /v1/products/";

#[tokio::test]
async fn a_product_whose_response_was_lost_is_found() {
    let none = page_of(&json!([]));
    let found = page_of(&json!([at_polar(&json!([]), &json!({ "dues_attempt": "of-ada" }))]));
    let (script, base) = Script::start([none, (502, String::new()), found]).await;
    let new = NewMerchantProduct { attempt: Some("of-ada".to_owned()), ..product() };
    assert_eq!(merchant_at(ProviderKind::Polar, &base).create_product(&new).await.unwrap().id, ID);
    assert_eq!(script.lines(), [FIND, CREATE, FIND]);
    let sent: Value = serde_json::from_str(&script.requests()[1].body).unwrap();
    assert_eq!(sent["metadata"], json!({ "dues_attempt": "of-ada" }));
}

#[tokio::test]
async fn a_product_of_another_attempt_is_not_used() {
    let other = at_polar(&json!([]), &json!({ "dues_attempt": "of-bob" }));
    let made = at_polar(&json!([]), &json!({ "dues_attempt": "of-ada" }));
    let (script, base) = Script::start([page_of(&json!([other])), (201, made.to_string())]).await;
    let new = NewMerchantProduct { attempt: Some("of-ada".to_owned()), ..product() };
    merchant_at(ProviderKind::Polar, &base).create_product(&new).await.unwrap();
    assert_eq!(script.lines(), [FIND, CREATE]);
}
