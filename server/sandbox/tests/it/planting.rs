//! Many objects at once, without HTTP.

use sandbox::{PlantedCall, PlantedKind};

use crate::harness::{KEY, TestSandbox, list, text};

fn call(kind: PlantedKind, id: &str, fields: &str) -> PlantedCall {
    PlantedCall { kind, id: id.to_owned(), fields: fields.to_owned() }
}

#[tokio::test]
async fn planted_objects_are_those_of_the_api_and_cause_no_events() {
    let sandbox = TestSandbox::start().await;
    let price = sandbox.price("Pro", 2900, "month").await;
    let events = sandbox.events().await;
    let customers = ["a", "b"].map(|name| call(PlantedKind::Customer, "", &format!("name={name}")));
    let customers = sandbox.sandbox.plant(KEY, customers.into()).await.unwrap();
    let begun = customers.iter().map(|customer| {
        let customer = text(customer, "id");
        let fields = format!("customer={customer}&items[0][price]={price}&trial_period_days=30");
        call(PlantedKind::Subscription, "", &fields)
    });
    let begun = sandbox.sandbox.plant(KEY, begun.collect()).await.unwrap();
    let changes = [
        call(PlantedKind::SubscriptionChange, text(&begun[0], "id"), "metadata[org]=a"),
        call(PlantedKind::SubscriptionEnd, text(&begun[1], "id"), ""),
    ];
    sandbox.sandbox.plant(KEY, changes.into()).await.unwrap();

    let first = sandbox.get(&format!("/v1/subscriptions/{}", text(&begun[0], "id"))).await;
    assert_eq!((text(&first["metadata"], "org"), text(&first, "status")), ("a", "trialing"));
    let second = sandbox.get(&format!("/v1/subscriptions/{}", text(&begun[1], "id"))).await;
    assert_eq!(text(&second, "status"), "canceled");
    assert_eq!(sandbox.events().await, events);
    sandbox.stop().await;
}

#[tokio::test]
async fn if_one_planted_call_is_refused_none_is_made() {
    let sandbox = TestSandbox::start().await;
    let calls = [
        call(PlantedKind::Customer, "", "name=a"),
        call(PlantedKind::Subscription, "", "customer=cus_missing&items[0][price]=price_missing"),
    ];
    let refused = sandbox.sandbox.plant(KEY, calls.into()).await.unwrap_err();
    assert!(refused.contains("cus_missing"), "{refused}");
    assert!(list(&sandbox.get("/v1/customers").await).is_empty());
    sandbox.stop().await;
}
