//! Subscriptions of Polar that end early, change to what they are, or have invalid times.

use billing::payment::{FetchedPaymentMethod, PaymentProvider, SubscriptionAnswer};
use domain::{catalog::Cycle, time::Timestamp};
use rstest::rstest;
use serde_json::json;

use super::{ID, OTHER_ID, answering, fault, list, missing, subscription};

#[tokio::test]
async fn a_subscription_that_ends_within_its_period_has_no_next_payment() {
    let ends = json!({ "ends_at": "2026-01-20T00:00:00Z" });
    let (_, polar) = answering([(200, subscription(&ends).to_string())]).await;
    let stored = polar.fetch_subscription(ID).await.unwrap().unwrap().fetched().unwrap();
    let last = Timestamp::parse_rfc3339("2026-01-20T00:00:00Z");
    assert_eq!(
        (stored.cancel_at_period_end, stored.details.cancel_at, stored.details.next_payment),
        (true, last, None)
    );
}

#[tokio::test]
async fn a_pending_change_to_the_current_product_is_none() {
    let metadata = json!({ "dues_plan": "pro" });
    let product = json!({ "id": ID, "name": "Pro", "recurring_interval": "month", "metadata": metadata });
    let update = json!({ "applies_at": "2026-02-01T00:00:00Z", "product_id": ID });
    let changes = json!({ "product": product, "pending_update": update });
    let answers = [(200, subscription(&changes).to_string()), (200, product.to_string())];
    let (_, polar) = answering(answers).await;
    let fetched = polar.fetch_subscription(ID).await.unwrap().unwrap().fetched().unwrap();
    assert_eq!((fetched.bought, fetched.pending), (Some(("pro".parse().unwrap(), Cycle::Monthly)), None));
    assert!(fetched.details.next_payment.is_some(), "the subscription renews as before");
}

#[rstest]
#[case("created_at")]
#[case("started_at")]
#[case("current_period_start")]
#[case("current_period_end")]
#[case("ends_at")]
#[case("ended_at")]
#[case("trial_end")]
#[tokio::test]
async fn an_invalid_time_makes_the_subscription_unreadable(
    #[case] field: &str,
    #[values("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z")] time: &str,
) {
    let (_, polar) = answering([(200, subscription(&json!({ field: time })).to_string())]).await;
    let answer = polar.fetch_subscription(ID).await.unwrap().unwrap();
    let SubscriptionAnswer::Unreadable(odd) = answer else { panic!("{answer:?}") };
    assert_eq!(odd.detail, Some(format!("{field} is no time at which anything is billed")));
}

fn one_card() -> (u16, String) {
    list(&json!([{ "id": OTHER_ID, "type": "card" }]))
}

#[rstest]
#[case::found(Some(OTHER_ID), Some(one_card()), FetchedPaymentMethod::Kind("card".to_owned()))]
#[case::without_one(None, None, FetchedPaymentMethod::None)]
#[case::not_listed(Some(OTHER_ID), Some(list(&json!([]))), FetchedPaymentMethod::Unknown)]
#[case::not_permitted(Some(OTHER_ID), Some(fault(403)), FetchedPaymentMethod::Unknown)]
#[case::not_found(Some(OTHER_ID), Some(missing()), FetchedPaymentMethod::Unknown)]
#[case::no_list(Some(OTHER_ID), Some((200, "<html>".to_owned())), FetchedPaymentMethod::Unknown)]
#[tokio::test]
async fn a_payment_method_that_is_not_reported_is_unknown(
    #[case] default: Option<&str>,
    #[case] methods: Option<(u16, String)>,
    #[case] expected: FetchedPaymentMethod,
) {
    let customer = json!({ "id": ID, "default_payment_method_id": default });
    let answers = [Some((200, subscription(&json!({ "customer": customer })).to_string())), methods];
    let (_, polar) = answering(answers.into_iter().flatten()).await;
    let fetched = polar.fetch_subscription(ID).await.unwrap().unwrap().fetched().unwrap();
    assert_eq!(fetched.payment_method, expected);
}
