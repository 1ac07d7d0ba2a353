//! Faults of Stripe.

use std::{sync::Arc, time::Instant};

use billing::payment::{
    CheckoutProgress, InvoiceList, NewCheckout, NewPortal, PaymentProvider, PeriodEnd, PortalFlow, ProviderError,
    account::{CustomerState, Mode},
    price_map::PriceMap,
    stripe::{Stripe, StripeConfig},
};
use domain::{
    catalog::{Cycle, file::default_catalog},
    time::Timestamp,
};
use rstest::rstest;
use serde_json::{Value, json};

use crate::script::{MAX_WAIT, Script, checkout_of, closed_port, customer, reason, start_silent_server};

const KEY: &str = "sk_test_51abcdefghijklmnop";

pub(crate) async fn answering(answers: impl IntoIterator<Item = (u16, String)>) -> (Script, Stripe) {
    let (script, base) = Script::start(answers).await;
    (script, stripe_at(&base))
}

fn stripe_at(base: &str) -> Stripe {
    stripe_with(base, KEY)
}

fn stripe_with(base: &str, key: &str) -> Stripe {
    let catalog = Arc::new(default_catalog());
    let prices = PriceMap::parse("STRIPE_PRICE_MAP", r#"{"pro_monthly":"price_pro"}"#, &catalog).unwrap();
    let config = StripeConfig {
        secret_key: key.to_owned().into(),
        webhook_secrets: Vec::new(),
        prices,
        api_base: Some(base.parse().unwrap()),
        portal_configuration: None,
    };
    Stripe::new(config, catalog).unwrap()
}

fn checkout() -> NewCheckout {
    checkout_of("cus_1")
}

fn session() -> (u16, String) {
    let url = "https://checkout.stripe.com/c/pay/cs_1";
    (200, json!({"id": "cs_1", "url": url, "amount_total": 2900, "status": "open"}).to_string())
}

fn error(status: u16, error: &Value) -> (u16, String) {
    (status, json!({ "error": error }).to_string())
}

fn fault(status: u16) -> (u16, String) {
    error(status, &json!({"type": "api_error", "message": "Out of order."}))
}

#[tokio::test]
async fn a_closed_port_is_unavailable_within_the_time_budget() {
    let started = Instant::now();
    let answer = stripe_at(&closed_port().await).fetch_subscription("sub_1").await;
    assert!(matches!(answer, Err(ProviderError::Unavailable(_))), "{answer:?}");
    assert!(started.elapsed() < MAX_WAIT);
}

#[tokio::test]
async fn a_missing_response_is_unavailable_within_the_time_budget() {
    let started = Instant::now();
    let answer = stripe_at(&start_silent_server().await).create_checkout(&checkout()).await;
    assert!(matches!(answer, Err(ProviderError::Unavailable(_))), "{answer:?}");
    assert!(started.elapsed() < MAX_WAIT);
}

#[rstest]
#[case::fault(fault(500))]
#[case::overload(error(429, &json!({"type": "rate_limit_error", "code": "rate_limit"})))]
#[case::bad_gateway((502, "<html>Bad gateway</html>".to_owned()))]
#[case::empty_body((503, String::new()))]
#[tokio::test]
async fn a_persistent_fault_is_unavailable_after_three_attempts_with_one_key(#[case] says: (u16, String)) {
    let (script, stripe) = answering([says]).await;
    let answer = stripe.create_checkout(&checkout()).await;
    assert!(matches!(answer, Err(ProviderError::Unavailable(_))), "{answer:?}");
    let keys: Vec<_> = script.requests().into_iter().map(|heard| heard.key).collect();
    assert_eq!(keys, vec![Some("dues-checkout-a1".to_owned()); 3]);
}

#[tokio::test]
async fn a_transient_fault_is_retried() {
    let (script, stripe) = answering([fault(500), fault(503), session()]).await;
    let checkout = stripe.create_checkout(&checkout()).await.unwrap();
    assert_eq!((checkout.session_id.as_str(), checkout.amount_minor), ("cs_1", Some(2900)));
    assert_eq!(checkout.url.as_str(), "https://checkout.stripe.com/c/pay/cs_1");
    assert_eq!(script.requests().len(), 3);
}

#[tokio::test]
async fn a_conflict_with_a_running_request_is_retried() {
    let busy = error(409, &json!({"type": "idempotency_error", "code": "idempotency_key_in_use", "message": "Wait."}));
    let (_, stripe) = answering([busy.clone(), busy.clone(), busy.clone(), busy, session()]).await;
    assert!(stripe.create_checkout(&checkout()).await.is_ok());
}

#[rstest]
#[case::card(402, json!({"type": "card_error", "code": "card_declined", "message": "Your card was declined."}), "Your card was declined.")]
#[case::input(400, json!({"type": "invalid_request_error", "message": "No such price: 'price_pro'"}), "No such price: 'price_pro'")]
#[case::right(403, json!({"type": "invalid_request_error", "message": "This key may not."}), "This key may not.")]
#[case::without_message(400, json!({"type": "invalid_request_error"}), "Stripe answered with status 400.")]
#[tokio::test]
async fn a_rejection_holds_stripes_message_and_is_not_retried(
    #[case] status: u16,
    #[case] says: Value,
    #[case] expected: &str,
) {
    let (script, stripe) = answering([error(status, &says)]).await;
    assert_eq!(reason(stripe.create_checkout(&checkout()).await.unwrap_err()), expected);
    assert_eq!(script.requests().len(), 1);
}

#[tokio::test]
async fn an_invalid_key_is_named_by_its_setting_and_never_quoted() {
    let says = json!({"type": "invalid_request_error", "message": format!("Invalid API Key provided: {KEY}")});
    let (_, stripe) = answering([error(401, &says)]).await;
    let error = stripe.create_customer(&customer()).await.unwrap_err();
    assert!(!format!("{error:?}").contains(KEY));
    assert_eq!(reason(error), "Stripe does not accept the key in STRIPE_SECRET_KEY.");
}

#[rstest]
#[case::no_json("certainly")]
#[case::another_thing("[]")]
#[case::a_page("<html></html>")]
#[case::without_an_id("{}")]
#[case::no_url(r#"{"id":"cs_1","url":"not a url"}"#)]
#[case::no_page(r#"{"id":"cs_1","url":null}"#)]
#[tokio::test]
async fn an_invalid_response_is_a_decode_error(#[case] says: &str) {
    let (_, stripe) = answering([(200, says.to_owned())]).await;
    let answer = stripe.create_checkout(&checkout()).await;
    assert!(matches!(answer, Err(ProviderError::Decode(_))), "{answer:?}");
}

#[tokio::test]
async fn objects_unknown_to_stripe_are_absent() {
    let missing =
        error(404, &json!({"type": "invalid_request_error", "code": "resource_missing", "message": "No such."}));
    let (_, stripe) = answering([missing]).await;
    assert_eq!(stripe.fetch_subscription("sub_1").await.unwrap(), None);
    assert_eq!(stripe.fetch_checkout("cs_1").await.unwrap(), None);
    assert_eq!(stripe.expire_checkout("cs_1").await.unwrap(), None);
    assert_eq!(stripe.fetch_customer("cus_1").await.unwrap(), CustomerState::Unknown);
    let listed = stripe.list_subscriptions("cus_1").await;
    assert!(matches!(listed, Err(ProviderError::UnknownCustomer(_))), "{listed:?}");
    let invoices = stripe.list_invoices(&InvoiceList::newest("cus_1")).await;
    assert!(matches!(invoices, Err(ProviderError::UnknownCustomer(_))), "{invoices:?}");
    let canceled = stripe.cancel_subscription("sub_1").await;
    assert!(matches!(canceled, Err(ProviderError::UnknownSubscription(_))), "{canceled:?}");
    let refunded = stripe.refund_latest("sub_1", Timestamp::from_secs(0)).await;
    assert!(matches!(refunded, Err(ProviderError::UnknownSubscription(_))), "{refunded:?}");
}

#[rstest]
#[case("sk_test_51abc", None, Mode::Test)]
#[case("sk_live_51abc", None, Mode::Live)]
#[case("rk_live_51abc", None, Mode::Live)]
#[case("sk_test_51abc", Some(true), Mode::Live)]
#[tokio::test]
async fn the_account_is_fetched_with_its_mode(#[case] key: &str, #[case] livemode: Option<bool>, #[case] mode: Mode) {
    let (script, base) = Script::start([(200, json!({ "id": "acct_1", "livemode": livemode }).to_string())]).await;
    let account = stripe_with(&base, key).fetch_account().await.unwrap();
    assert_eq!((account.id.as_str(), account.mode), ("acct_1", mode));
    assert_eq!(script.lines(), ["GET /v1/account"]);
}

#[rstest]
#[case::wrong_key(401, "authentication_error")]
#[case::without_rights(403, "invalid_request_error")]
#[tokio::test]
async fn an_invalid_key_is_distinguished_from_other_rejections(#[case] status: u16, #[case] kind: &str) {
    let (_, stripe) = answering([error(status, &json!({ "type": kind, "message": "No." }))]).await;
    assert!(stripe.fetch_account().await.unwrap_err().is_unexpected());
    let (_, stripe) = answering([error(400, &json!({ "type": kind, "message": "No." }))]).await;
    assert!(!stripe.create_checkout(&checkout()).await.unwrap_err().is_unexpected());
}

#[rstest]
#[case(json!({ "id": "cus_1", "object": "customer", "deleted": true }), CustomerState::Deleted)]
#[case(json!({ "id": "cus_1", "object": "customer" }), CustomerState::Present)]
#[tokio::test]
async fn a_deleted_customer_is_marked_as_deleted(#[case] says: Value, #[case] state: CustomerState) {
    let (_, stripe) = answering([(200, says.to_string())]).await;
    assert_eq!(stripe.fetch_customer("cus_1").await.unwrap(), state);
}

#[tokio::test]
async fn an_invalid_id_sends_no_request() {
    let (script, stripe) = answering([fault(500)]).await;
    for id in ["", "../customers", "cs_1/expire", "cs_1?expand[]=customer", "cs 1", "ä", &"x".repeat(256)] {
        assert_eq!(stripe.fetch_checkout(id).await.unwrap(), None, "{id:?}");
        assert_eq!(stripe.expire_checkout(id).await.unwrap(), None, "{id:?}");
        assert_eq!(stripe.fetch_subscription(id).await.unwrap(), None, "{id:?}");
    }
    assert_eq!(script.requests().len(), 0);
}

#[tokio::test]
async fn a_plan_without_a_price_is_rejected_before_a_request() {
    let (script, stripe) = answering([session()]).await;
    let error = stripe.create_checkout(&NewCheckout { cycle: Cycle::Yearly, ..checkout() }).await.unwrap_err();
    assert!(reason(error).starts_with("STRIPE_PRICE_MAP has no price for pro by the year"));
    assert_eq!(script.requests().len(), 0);
}

#[tokio::test]
async fn a_closed_session_is_returned_in_its_final_state() {
    let over = error(400, &json!({"type": "invalid_request_error", "message": "Only open sessions can be expired."}));
    let paid = json!({"id": "cs_1", "status": "complete", "payment_status": "paid", "customer": "cus_1", "subscription": "sub_1"});
    let (script, stripe) = answering([over, (200, paid.to_string())]).await;
    let state = stripe.expire_checkout("cs_1").await.unwrap().unwrap();
    assert_eq!(state.progress, CheckoutProgress::Paid);
    assert_eq!(state.subscription.as_deref(), Some("sub_1"));
    assert_eq!(script.lines(), ["POST /v1/checkout/sessions/cs_1/expire", "GET /v1/checkout/sessions/cs_1"]);
}

#[tokio::test]
async fn a_customer_is_created_with_a_constant_body_and_described_afterwards() {
    let (script, stripe) = answering([(200, json!({"id": "cus_1"}).to_string())]).await;
    assert_eq!(stripe.create_customer(&customer()).await.unwrap(), "cus_1");
    let heard = script.requests();
    let [made, described] = heard.as_slice() else { panic!("{heard:?}") };
    assert_eq!((made.line.as_str(), made.key.as_deref()), ("POST /v1/customers", Some("dues-customer-t1")));
    assert_eq!(made.fields, ["metadata[tenant_id]=t1"]);
    assert_eq!(described.line, "POST /v1/customers/cus_1");
    assert_eq!(described.fields, ["email=ada@example.com", "name=Acme"]);
}

#[tokio::test]
async fn a_checkout_sends_customer_and_return_urls_to_stripe() {
    let (script, stripe) = answering([session()]).await;
    stripe.create_checkout(&checkout()).await.unwrap();
    let fields = &script.requests()[0].fields;
    for field in [
        "mode=subscription",
        "customer=cus_1",
        "client_reference_id=t1",
        "line_items[0][price]=price_pro",
        "line_items[0][quantity]=1",
        "metadata[tenant_id]=t1",
        "metadata[attempt_id]=a1",
        "metadata[plan]=pro",
        "subscription_data[metadata][attempt_id]=a1",
        "success_url=http://127.0.0.1/paid?session_id={CHECKOUT_SESSION_ID}",
    ] {
        assert!(fields.iter().any(|sent| sent == field), "{field} is not in {fields:#?}");
    }
}

#[tokio::test]
async fn a_change_is_confirmed_for_the_subscriptions_item() {
    let mut subscription: Value = serde_json::from_str(include_str!("../data/subscription.json")).unwrap();
    (subscription["id"], subscription["customer"]) = ("sub_1".into(), "cus_1".into());
    let subscription = subscription.to_string();
    let portal = json!({"url": "https://billing.stripe.com/p/session/1"}).to_string();
    // The price of the sample is in no map, so its product is asked for.
    let products = json!({"object": "list", "data": [], "has_more": false}).to_string();
    let (script, stripe) = answering([(200, subscription), (200, products), (200, portal)]).await;
    let flow = PortalFlow::ConfirmChange {
        subscription: "sub_1".to_owned(),
        plan: "pro".parse().unwrap(),
        cycle: Cycle::Monthly,
    };
    let new = NewPortal {
        customer: "cus_1".to_owned(),
        flow,
        return_url: "http://127.0.0.1/membership".to_owned(),
        done_url: "http://127.0.0.1/paid".to_owned(),
        locale: Some("ar-XB".to_owned()),
    };
    assert_eq!(stripe.create_portal(&new).await.unwrap().as_str(), "https://billing.stripe.com/p/session/1");
    let fields = &script.requests()[2].fields;
    for field in [
        "locale=auto",
        "flow_data[type]=subscription_update_confirm",
        "flow_data[subscription_update_confirm][items][0][id]=si_QXhVnC2h0Jczwc",
        "flow_data[subscription_update_confirm][items][0][price]=price_pro",
        "flow_data[after_completion][type]=redirect",
        "flow_data[after_completion][redirect][return_url]=http://127.0.0.1/paid",
        "return_url=http://127.0.0.1/membership",
    ] {
        assert!(fields.iter().any(|sent| sent == field), "{field} is not in {fields:#?}");
    }
}

#[tokio::test]
async fn a_response_about_another_object_is_rejected() {
    let invoice = json!({"id": "in_1", "status": "paid", "currency": "usd", "created": 1_800_000_000, "total": 900,
        "amount_paid": 900, "charge": "ch_1", "customer": "cus_2", "subscription": "sub_2"});
    let list = (200, json!({"object": "list", "data": [invoice], "has_more": false}).to_string());
    let (script, stripe) = answering([list]).await;
    let listed = stripe.list_invoices(&InvoiceList::newest("cus_1")).await.unwrap_err();
    let refunded = stripe.refund_latest("sub_1", Timestamp::from_secs(1_800_000_000)).await.unwrap_err();
    assert!(script.lines().iter().all(|line| line == "GET /v1/invoices"), "nothing goes back");
    let (_, stripe) =
        answering([(200, json!({"id": "cus_2", "object": "customer", "deleted": true}).to_string())]).await;
    let customer = stripe.fetch_customer("cus_1").await.unwrap_err();
    let (_, stripe) =
        answering([(200, json!({"id": "cs_2", "status": "complete", "payment_status": "paid"}).to_string())]).await;
    let checkout = stripe.fetch_checkout("cs_1").await.unwrap_err();
    let expired = stripe.expire_checkout("cs_1").await.unwrap_err();
    let (_, stripe) = answering([(200, include_str!("../data/subscription.json").to_owned())]).await;
    let canceled = stripe.set_cancel_at_period_end("sub_1", PeriodEnd::Renews).await.unwrap_err();
    for error in [listed, refunded, customer, checkout, expired, canceled] {
        assert!(matches!(error, ProviderError::Decode(_)) && error.is_unexpected(), "{error:?}");
    }
}

#[tokio::test]
async fn a_base_url_keeps_its_path() {
    let (script, base) = Script::start([(404, "{}".to_owned())]).await;
    let base = format!("{base}/stripe");
    let _ = stripe_at(&base).fetch_checkout("cs_1").await;
    assert_eq!(script.requests()[0].line, "GET /stripe/v1/checkout/sessions/cs_1");
    assert_eq!(stripe_at(&base).hosted_origins(), [base.trim_end_matches("/stripe")]);
}
