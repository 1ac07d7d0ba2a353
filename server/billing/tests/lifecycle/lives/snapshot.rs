//! The provider's current state, read without Dues: subscriptions, schedules and events.

use std::collections::BTreeMap;

use axum::http::Method;
use domain::subscription::Provider;
use serde_json::{Value, json};

use super::{life::Life, offer::Offer, reported::Reported};
use crate::test_env::TestEnv;

/// The subscriptions with the objects that [`Reported`] reads.
const SUBSCRIPTIONS: &str =
    "/v1/subscriptions?status=all&expand[]=data.latest_invoice&expand[]=data.discounts.source.coupon&";

/// Fetches the objects of a list of Stripe that are newer than `known`, newest first; all of them for `None`.
pub(super) async fn list_at_stripe(env: &TestEnv, path: &str, known: Option<&str>) -> Vec<Value> {
    let (mut all, mut after) = (Vec::<Value>::new(), String::new());
    loop {
        let page = env.call_stripe(Method::GET, &format!("{path}limit=100{after}")).await;
        for object in page["data"].as_array().unwrap() {
            if object["id"].as_str() == known {
                return all;
            }
            all.push(object.clone());
        }
        if page["has_more"] != true {
            return all;
        }
        after = format!("&starting_after={}", all.last().unwrap()["id"].as_str().unwrap());
    }
}

/// Fetches all objects of a list of Polar, newest first.
pub(super) async fn list_at_polar(env: &TestEnv, path: &str) -> Vec<Value> {
    let mut all = Vec::new();
    for page in 1_u64.. {
        let listed =
            env.try_call_polar(Method::GET, &format!("{path}limit=100&page={page}"), &Value::Null).await.unwrap();
        all.extend(listed["items"].as_array().unwrap().iter().cloned());
        if listed["pagination"]["max_page"].as_u64().is_none_or(|last| page >= last) {
            break;
        }
    }
    all
}

/// Fetches all customers that are not deleted.
pub(super) async fn list_customers(env: &TestEnv) -> Vec<Value> {
    match env.provider_name() {
        Provider::Stripe => list_at_stripe(env, "/v1/customers?", None).await,
        Provider::Polar => list_at_polar(env, "customers/?").await,
    }
}

/// Returns what was refunded: the payments at Stripe, the subscriptions at Polar.
pub(super) async fn list_refunded(env: &TestEnv) -> Vec<String> {
    let (refunds, field) = match env.provider_name() {
        Provider::Stripe => (list_at_stripe(env, "/v1/refunds?", None).await, "payment_intent"),
        Provider::Polar => (list_at_polar(env, "refunds/?").await, "subscription_id"),
    };
    refunds.iter().filter_map(|refund| refund[field].as_str()).map(str::to_owned).collect()
}

async fn by_customer(env: &TestEnv) -> BTreeMap<String, Vec<Value>> {
    let (listed, field) = match env.provider_name() {
        Provider::Stripe => (list_at_stripe(env, SUBSCRIPTIONS, None).await, "customer"),
        Provider::Polar => (list_at_polar(env, "subscriptions/?").await, "customer_id"),
    };
    group(listed, field)
}

fn group(listed: Vec<Value>, field: &str) -> BTreeMap<String, Vec<Value>> {
    let mut of: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for object in listed {
        of.entry(object[field].as_str().unwrap().to_owned()).or_default().push(object);
    }
    of
}

/// Updates each life with the provider's current state.
pub(super) async fn update_lives(env: &TestEnv, offer: &Offer, lives: &mut [Life]) {
    let mut of = by_customer(env).await;
    let mut schedules = match env.provider_name() {
        Provider::Stripe => group(list_at_stripe(env, "/v1/subscription_schedules?", None).await, "customer"),
        Provider::Polar => BTreeMap::new(),
    };
    for life in lives {
        life.schedules = schedules.remove(&life.customer).unwrap_or_default();
        let before = std::mem::replace(&mut life.subscriptions, of.remove(&life.customer).unwrap_or_default());
        let reported: Vec<Reported> =
            life.subscriptions.iter().map(|subscription| Reported::read(env, offer, subscription)).collect();
        life.log(format!("{}: {reported:?}", env.services.billing_now().rfc3339_secs()));
        for one in &reported {
            life.remember(one);
        }
        if env.provider_name() == Provider::Polar {
            add_events_of_polar(life, &before);
        }
    }
}

/// Polar lists no events of subscriptions, so that each change that is seen makes one.
fn add_events_of_polar(life: &mut Life, before: &[Value]) {
    let changed: Vec<Value> = life.subscriptions.iter().filter(|one| !before.contains(one)).cloned().collect();
    for subscription in changed {
        life.events_made += 1;
        let id = format!("{}-{}", life.customer, life.events_made);
        let kind = if subscription["ended_at"].is_null() { "subscription.updated" } else { "subscription.revoked" };
        life.undelivered.push(json!({ "id": id, "type": kind, "data": subscription }));
    }
}

/// Gives the events of Stripe since `last_event` to the lives that they are about. Returns the id of the newest.
pub(super) async fn add_events_of_stripe(
    env: &TestEnv,
    lives: &mut [Life],
    last_event: Option<String>,
) -> Option<String> {
    let events = list_at_stripe(env, "/v1/events?", last_event.as_deref()).await;
    let newest = events.first().map(|event| event["id"].as_str().unwrap().to_owned());
    let mut about: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for event in events {
        let object = &event["data"]["object"];
        if let Some(customer) = object["customer"].as_str().or_else(|| object["id"].as_str()) {
            about.entry(customer.to_owned()).or_default().push(event);
        }
    }
    for life in lives {
        life.undelivered.extend(about.remove(&life.customer).unwrap_or_default());
    }
    newest.or(last_event)
}
