//! Faults of Polar.

mod subscriptions;

use std::{sync::Arc, time::Instant};

use billing::payment::{
    CheckoutProgress, InvoiceList, NewCheckout, PaymentProvider, ProviderError,
    account::{CustomerState, Mode},
    polar::{Polar, PolarConfig},
    price_map::PriceMap,
};
use domain::{
    catalog::{Cycle, file::default_catalog},
    time::Timestamp,
};
use rstest::rstest;
use serde_json::{Value, json};

use crate::script::{MAX_WAIT, Script, checkout_of, closed_port, customer, reason, start_silent_server};

const KEY: &str = "polar_oat_abcdefghijklmnop";
pub(crate) const ID: &str = "6f1de4d6-2c8b-4d3e-9d0b-1f6d3f1b7c11";
pub(crate) const OTHER_ID: &str = "0b6f6a52-7d9e-4c55-8f1a-4a1f6a3c2d10";
const FIND: &str = "GET /v1/checkouts/";
const CREATE: &str = "POST /v1/checkouts/";

pub(crate) async fn answering(answers: impl IntoIterator<Item = (u16, String)>) -> (Script, Polar) {
    let (script, base) = Script::start(answers).await;
    (script, polar_at(&base, KEY))
}

fn polar_at(base: &str, key: &str) -> Polar {
    let catalog = Arc::new(default_catalog());
    let products = PriceMap::parse("POLAR_PRODUCT_MAP", r#"{"pro_monthly":"prod-pro"}"#, &catalog).unwrap();
    let config = PolarConfig {
        api_key: key.to_owned().into(),
        organization: Some("org-123".to_owned()),
        webhook_secrets: Vec::new(),
        products,
        api_base: Some(base.parse().unwrap()),
    };
    Polar::new(config, catalog).unwrap()
}

fn checkout() -> NewCheckout {
    checkout_of(ID)
}

fn none() -> (u16, String) {
    list(&json!([]))
}

fn list(items: &Value) -> (u16, String) {
    (200, json!({ "items": items, "pagination": { "total_count": 1, "max_page": 1 } }).to_string())
}

fn session() -> Value {
    json!({"id": ID, "status": "open", "url": "https://polar.sh/checkout/polar_c_1", "total_amount": 2900, "metadata": { "attempt_id": "a1" }})
}

fn made(object: &Value) -> (u16, String) {
    (201, object.to_string())
}

fn missing() -> (u16, String) {
    (404, json!({"error": "ResourceNotFound", "detail": "Not found"}).to_string())
}

fn invalid(field: &str, message: &str) -> (u16, String) {
    let wrong = json!([{"type": "value_error", "loc": ["body", field], "msg": message, "input": "quoted"}]);
    (422, json!({"error": "RequestValidationError", "detail": wrong}).to_string())
}

fn fault(status: u16) -> (u16, String) {
    (status, "<html>out of order</html>".to_owned())
}

#[tokio::test]
async fn a_closed_port_is_unavailable_within_the_time_budget() {
    let started = Instant::now();
    let answer = polar_at(&closed_port().await, KEY).fetch_subscription(ID).await;
    assert!(matches!(answer, Err(ProviderError::Unavailable(_))), "{answer:?}");
    assert!(started.elapsed() < MAX_WAIT);
}

#[tokio::test]
async fn a_missing_response_is_unavailable_within_the_time_budget() {
    let started = Instant::now();
    let answer = polar_at(&start_silent_server().await, KEY).create_checkout(&checkout()).await;
    assert!(matches!(answer, Err(ProviderError::Unavailable(_))), "{answer:?}");
    assert!(started.elapsed() < MAX_WAIT);
}

#[rstest]
#[case::fault(500)]
#[case::overload(429)]
#[case::bad_gateway(502)]
#[tokio::test]
async fn a_persistent_fault_is_unavailable_after_three_look_ups(#[case] status: u16) {
    let (script, polar) = answering([fault(status)]).await;
    let answer = polar.fetch_checkout(ID).await;
    assert!(matches!(answer, Err(ProviderError::Unavailable(_))), "{answer:?}");
    assert_eq!(script.requests().len(), 3);
}

#[tokio::test]
async fn a_creation_is_retried_only_after_a_look_up() {
    let (script, polar) = answering([none(), fault(500), none(), fault(503), none(), fault(500)]).await;
    let answer = polar.create_checkout(&checkout()).await;
    assert!(matches!(answer, Err(ProviderError::Unavailable(_))), "{answer:?}");
    assert_eq!(script.lines(), [FIND, CREATE, FIND, CREATE, FIND, CREATE]);
}

#[tokio::test]
async fn a_checkout_whose_response_was_lost_is_found() {
    let (script, polar) = answering([none(), fault(502), list(&json!([session()]))]).await;
    let found = polar.create_checkout(&checkout()).await.unwrap();
    assert_eq!((found.session_id.as_str(), found.amount_minor), (ID, Some(2900)));
    assert_eq!(script.lines(), [FIND, CREATE, FIND]);
}

#[tokio::test]
async fn a_checkout_of_another_attempt_is_not_used() {
    let mut other = session();
    other["metadata"]["attempt_id"] = "a0".into();
    let (script, polar) = answering([list(&json!([other, {"id": ID, "status": "open"}])), made(&session())]).await;
    polar.create_checkout(&checkout()).await.unwrap();
    assert_eq!(script.lines(), [FIND, CREATE]);
}

#[tokio::test]
async fn a_rejection_holds_polars_message_without_input_and_is_not_retried() {
    let (script, polar) = answering([none(), invalid("products", "Product is archived.")]).await;
    let error = polar.create_checkout(&checkout()).await.unwrap_err();
    assert!(!format!("{error:?}").contains("quoted"));
    assert_eq!(reason(error), "products: Product is archived.");
    assert_eq!(script.lines(), [FIND, CREATE]);
}

#[tokio::test]
async fn an_invalid_key_is_named_by_its_setting_and_never_quoted() {
    let says = json!({"error": "invalid_token", "error_description": format!("{KEY} is expired")});
    let (_, polar) = answering([(401, says.to_string())]).await;
    let error = polar.create_customer(&customer()).await.unwrap_err();
    assert!(!format!("{error:?}").contains(KEY));
    assert_eq!(reason(error), "Polar does not accept the key in POLAR_API_KEY.");
}

#[rstest]
#[case::no_json("certainly")]
#[case::another_thing("[]")]
#[case::without_an_id("{}")]
#[case::no_status(r#"{"id":"x"}"#)]
#[case::unknown_status(r#"{"id":"x","status":"dreaming"}"#)]
#[tokio::test]
async fn an_invalid_response_is_a_decode_error(#[case] says: &str) {
    let (_, polar) = answering([(200, says.to_owned())]).await;
    let answer = polar.fetch_checkout(ID).await;
    assert!(matches!(answer, Err(ProviderError::Decode(_))), "{answer:?}");
}

#[tokio::test]
async fn an_invalid_checkout_url_is_a_decode_error() {
    let (_, polar) = answering([none(), made(&json!({"id": ID, "status": "open", "url": "not a url"}))]).await;
    let answer = polar.create_checkout(&checkout()).await;
    assert!(matches!(answer, Err(ProviderError::Decode(_))), "{answer:?}");
}

#[tokio::test]
async fn objects_unknown_to_polar_are_absent() {
    let (_, polar) = answering([missing()]).await;
    assert_eq!(polar.fetch_subscription(ID).await.unwrap(), None);
    assert_eq!(polar.fetch_checkout(ID).await.unwrap(), None);
    let canceled = polar.cancel_subscription(ID).await;
    assert!(matches!(canceled, Err(ProviderError::UnknownSubscription(_))), "{canceled:?}");
}

/// Polar answers 404 for a deleted customer, but the customer's subscriptions state when it was deleted.
#[rstest]
#[case::deleted(json!([{ "customer": { "id": ID, "deleted_at": "2026-01-01T00:00:00Z" } }]), CustomerState::Deleted)]
#[case::of_another(json!([{ "customer": { "id": OTHER_ID, "deleted_at": "2026-01-01T00:00:00Z" } }]), CustomerState::Unknown)]
#[case::not_deleted(json!([{ "customer": { "id": ID, "deleted_at": null } }]), CustomerState::Unknown)]
#[case::nothing(json!([]), CustomerState::Unknown)]
#[tokio::test]
async fn a_missing_customer_is_deleted_only_where_a_subscription_shows_it(
    #[case] listed: Value,
    #[case] state: CustomerState,
) {
    let (_, polar) = answering([missing(), list(&listed)]).await;
    assert_eq!(polar.fetch_customer(ID).await.unwrap(), state);
}

fn noted(name: &str, source: &str, customer: &str) -> Value {
    json!([{ "id": OTHER_ID, "name": name, "source": source, "customer_id": customer, "organization_id": OTHER_ID }])
}

/// A customer without subscriptions counts as deleted only if an event with the source `system` reports the deletion.
#[rstest]
#[case::deleted(list(&noted("customer.deleted", "system", ID)), CustomerState::Deleted)]
#[case::of_another(list(&noted("customer.deleted", "system", OTHER_ID)), CustomerState::Unknown)]
#[case::made(list(&noted("customer.created", "system", ID)), CustomerState::Unknown)]
#[case::ingested(list(&noted("customer.deleted", "user", ID)), CustomerState::Unknown)]
#[case::nothing(none(), CustomerState::Unknown)]
#[case::missing_scope((403, json!({ "error": "insufficient_scope" }).to_string()), CustomerState::Unknown)]
#[case::invalid_response((200, "[]".to_owned()), CustomerState::Unknown)]
#[tokio::test]
async fn a_customer_without_subscriptions_is_deleted_only_by_a_system_event(
    #[case] events: (u16, String),
    #[case] state: CustomerState,
) {
    let (script, polar) = answering([missing(), none(), events]).await;
    assert_eq!(polar.fetch_customer(ID).await.unwrap(), state);
    let lists = ["subscriptions", "events"].map(|list| format!("GET /v1/{list}/"));
    assert_eq!(script.lines(), [&[format!("GET /v1/customers/{ID}")][..], &lists].concat());
}

#[rstest]
#[case::own(json!([{ "id": ID }]), Some(ID))]
#[case::the_named_one(json!([{ "id": ID }, { "id": "org-123" }]), Some("org-123"))]
#[case::none(json!([]), None)]
#[case::several(json!([{ "id": ID }, { "id": OTHER_ID }]), None)]
#[tokio::test]
async fn the_account_is_the_organization_that_the_key_opens(#[case] listed: Value, #[case] id: Option<&str>) {
    // The key is a user's token, which can open several organizations; an organization's token opens one.
    let (script, base) = Script::start([list(&listed)]).await;
    match (polar_at(&base, "polar_pat_abcdefghijklmnop").fetch_account().await, id) {
        (Ok(account), Some(id)) => assert_eq!((account.id.as_str(), account.mode), (id, Mode::Test)),
        (Err(ProviderError::Rejected { .. }), None) => {}
        (answer, _) => panic!("{answer:?}"),
    }
    assert_eq!(script.lines(), ["GET /v1/organizations/"]);
}

#[tokio::test]
async fn an_invalid_id_sends_no_request() {
    let (script, polar) = answering([fault(500)]).await;
    for id in
        ["", "../customers", "sub-123", "6f1de4d6-2c8b-4d3e-9d0b-1f6d3f1b7c11/x", "6f1de4d6?x=1", "ä", &"x".repeat(256)]
    {
        assert_eq!(polar.fetch_checkout(id).await.unwrap(), None, "{id:?}");
        assert_eq!(polar.fetch_subscription(id).await.unwrap(), None, "{id:?}");
        assert_eq!(polar.fetch_customer(id).await.unwrap(), CustomerState::Unknown, "{id:?}");
        assert!(matches!(polar.list_subscriptions(id).await, Err(ProviderError::UnknownCustomer(_))), "{id:?}");
        assert!(matches!(polar.cancel_subscription(id).await, Err(ProviderError::UnknownSubscription(_))), "{id:?}");
    }
    assert_eq!(script.requests().len(), 0);
}

#[tokio::test]
async fn a_plan_without_a_product_is_rejected_before_a_request() {
    let (script, polar) = answering([none()]).await;
    let error = polar.create_checkout(&NewCheckout { cycle: Cycle::Yearly, ..checkout() }).await.unwrap_err();
    assert!(reason(error).starts_with("POLAR_PRODUCT_MAP has no product for pro by the year"));
    assert_eq!(script.requests().len(), 0);
}

#[tokio::test]
async fn a_concurrently_created_customer_is_found() {
    let taken = invalid("external_id", "A customer with this external ID already exists.");
    let (script, polar) = answering([missing(), taken, (200, json!({"id": ID}).to_string())]).await;
    assert_eq!(polar.create_customer(&customer()).await.unwrap(), ID);
    let look = "GET /v1/customers/external/t1";
    assert_eq!(script.lines(), [look, "POST /v1/customers/", look]);
}

#[tokio::test]
async fn a_taken_email_address_gets_a_subaddress() {
    let taken = invalid("email", "A customer with this email address already exists.");
    let (script, polar) = answering([missing(), taken, missing(), made(&json!({"id": ID}))]).await;
    assert_eq!(polar.create_customer(&customer()).await.unwrap(), ID);
    let sent: Value = serde_json::from_str(&script.requests()[3].body).unwrap();
    assert_eq!((&sent["email"], &sent["external_id"]), (&"ada+t1@example.com".into(), &"t1".into()));
}

#[rstest]
#[case::organization_token("polar_oat_x", Value::Null)]
#[case::user_token("polar_sk_x", "org-123".into())]
#[tokio::test]
async fn the_organization_is_sent_only_for_keys_that_need_it(#[case] key: &str, #[case] expected: Value) {
    let (script, base) = Script::start([missing(), made(&json!({"id": ID}))]).await;
    polar_at(&base, key).create_customer(&customer()).await.unwrap();
    let sent: Value = serde_json::from_str(&script.requests()[1].body).unwrap();
    assert_eq!(sent["organization_id"], expected);
}

#[tokio::test]
async fn a_checkout_sends_customer_and_return_urls_to_polar() {
    let (script, polar) = answering([none(), made(&session())]).await;
    polar.create_checkout(&checkout()).await.unwrap();
    let sent: Value = serde_json::from_str(&script.requests()[1].body).unwrap();
    assert_eq!(
        sent,
        json!({
            "products": ["prod-pro"],
            "currency": null,
            "discount_id": null,
            "allow_discount_codes": false,
            "require_billing_address": false,
            "allow_trial": false,
            "trial_interval": null,
            "trial_interval_count": null,
            "customer_id": ID,
            "success_url": "http://127.0.0.1/paid?session_id={CHECKOUT_ID}",
            "return_url": "http://127.0.0.1/checkout?plan=pro&cycle=monthly",
            "locale": "de",
            "metadata": { "tenant_id": "t1", "attempt_id": "a1", "plan": "pro", "cycle": "monthly" },
        })
    );
}

fn subscription(changes: &Value) -> Value {
    let mut fields = json!({
        "id": ID,
        "status": "active",
        "customer_id": ID,
        "product_id": ID,
        "created_at": "2026-01-01T00:00:00Z",
        "started_at": "2026-01-01T00:00:00Z",
        "current_period_start": "2026-01-01T00:00:00Z",
        "current_period_end": "2026-02-01T00:00:00Z",
        "cancel_at_period_end": false,
        "amount": 2900,
        "currency": "usd",
    });
    fields.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    fields
}

#[tokio::test]
async fn a_response_about_another_object_is_rejected() {
    let order = json!({"id": ID, "created_at": "2026-01-01T00:00:00Z", "status": "paid", "total_amount": 2900, "currency": "usd",
        "customer_id": OTHER_ID, "subscription_id": OTHER_ID});
    let (script, polar) = answering([list(&json!([order]))]).await;
    let listed = polar.list_invoices(&InvoiceList::newest(ID)).await.unwrap_err();
    let refunded = polar.refund_latest(ID, Timestamp::from_secs(1_767_225_600)).await.unwrap_err();
    let paid = polar.fetch_payment(ID, Timestamp::from_secs(1_767_225_600)).await.unwrap_err();
    assert!(script.lines().iter().all(|line| line == "GET /v1/orders/"), "nothing goes back");
    let (_, polar) =
        answering([(200, json!({"id": OTHER_ID, "external_id": "t2", "status": "open"}).to_string())]).await;
    let fetched = polar.fetch_customer(ID).await.unwrap_err();
    let made = polar.create_customer(&customer()).await.unwrap_err();
    let checkout = polar.fetch_checkout(ID).await.unwrap_err();
    for error in [listed, refunded, paid, fetched, made, checkout] {
        assert!(matches!(error, ProviderError::Decode(_)) && error.is_unexpected(), "{error:?}");
    }
    let both = json!([order, {"id": OTHER_ID, "created_at": "2026-01-01T00:00:00Z", "status": "paid", "total_amount": 900, "currency": "usd", "customer_id": ID}]);
    let (_, polar) = answering([list(&both)]).await;
    assert_eq!(polar.list_invoices(&InvoiceList::newest(ID)).await.unwrap().invoices.len(), 1);
}

#[tokio::test]
async fn a_paid_checkout_counts_once_its_subscription_exists() {
    let paid = (200, json!({"id": ID, "status": "succeeded", "customer_id": ID}).to_string());
    let (_, polar) = answering([paid, none()]).await;
    let state = polar.fetch_checkout(ID).await.unwrap().unwrap();
    assert_eq!((state.progress, state.subscription), (CheckoutProgress::Processing, None));
}

#[tokio::test]
async fn canceling_a_canceled_subscription_succeeds() {
    let says = json!({"error": "AlreadyCanceledSubscription", "detail": "Already."}).to_string();
    let (script, polar) = answering([(403, says)]).await;
    polar.cancel_subscription(ID).await.unwrap();
    assert_eq!(script.lines(), [format!("DELETE /v1/subscriptions/{ID}")]);
}

#[tokio::test]
async fn a_base_url_keeps_its_path() {
    let (script, base) = Script::start([missing()]).await;
    let base = format!("{base}/polar");
    let polar = polar_at(&base, KEY);
    assert_eq!(polar.fetch_checkout(ID).await.unwrap(), None);
    assert_eq!(script.lines(), [format!("GET /polar/v1/checkouts/{ID}")]);
    assert_eq!(polar.hosted_origins(), [base.trim_end_matches("/polar")]);
}
