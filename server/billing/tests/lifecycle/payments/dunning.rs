//! Dunning by the billing clock: notices, and when limits fall and are restored.

use axum::http::Method;
use billing::store::testing::Engine;
use domain::{
    account::Viewer,
    catalog::Cycle,
    subscription::{ProviderStatus, SubscriptionStatus},
};
use rstest::rstest;
use serde_json::json;

use crate::test_env::{DAY_SECS, TestEnv};

fn subjects(env: &TestEnv) -> Vec<String> {
    env.smtp.received().iter().map(|mail| mail.header("Subject").unwrap().to_owned()).collect()
}

/// Makes the customer's card fail and advances to a day after the end of the period, so that Dues processes a failed
/// renewal.
async fn fail_renewal(env: &TestEnv, owner: &Viewer) {
    let customer = env.customer(&owner.current_membership.tenant_id).await;
    env.set_card_failing(&customer, true).await;
    let period_end = env.subscriptions(owner).await[0].period_end;
    env.advance_days(period_end.secs_since(env.services.billing_now()) / DAY_SECS + 1).await;
    env.sync(owner).await;
    env.run_due_jobs().await;
}

async fn pay(env: &TestEnv, owner: &Viewer) {
    let customer = env.customer(&owner.current_membership.tenant_id).await;
    env.set_card_failing(&customer, false).await;
    let open = env.list("/v1/invoices?status=open").await;
    env.call_stripe(Method::POST, &format!("/v1/invoices/{}/pay", open[0]["id"].as_str().unwrap())).await;
    env.sync(owner).await;
    env.run_due_jobs().await;
}

#[rstest]
#[tokio::test]
async fn each_dunning_step_is_notified_once(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::start(engine).await;
    let owner = env.owner_on("ada@acme.test", "pro").await;
    fail_renewal(&env, &owner).await;
    assert_eq!(subjects(&env), ["Acme: payment failed"]);
    let text = env.smtp.received()[0].text();
    assert!(text.contains("The $29.00 payment for Pro was declined.") && text.contains("/membership"), "{text}");

    env.advance_days(1).await;
    env.sync(&owner).await;
    env.run_due_jobs().await;
    assert_eq!(subjects(&env).len(), 1, "notified once, however often jobs run");

    env.advance_days(1).await;
    assert_eq!(subjects(&env).len(), 2);
    assert!(subjects(&env)[1].starts_with("Acme: Pro ends on "), "{:?}", subjects(&env));

    env.advance_days(2).await;
    assert_eq!(subjects(&env)[2..], ["Acme: Free limits apply now"]);
    let status = env.services.subscriptions().status(&owner.current_membership.tenant_id).await.unwrap();
    assert_eq!((status.plan.as_str(), status.status), ("free", SubscriptionStatus::PastDue));

    pay(&env, &owner).await;
    assert_eq!(subjects(&env)[3..], ["Acme: payment received"]);
    assert_eq!(env.plan(&owner).await, "pro");

    // The next failed renewal is notified again.
    fail_renewal(&env, &owner).await;
    assert_eq!(subjects(&env)[4..], ["Acme: payment failed"]);
}

#[rstest]
#[tokio::test]
async fn an_end_for_a_missing_payment_is_recorded_as_such(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::start(engine).await;
    let owner = env.owner_on("ada@acme.test", "pro").await;
    fail_renewal(&env, &owner).await;
    let since = env.subscriptions(&owner).await[0].past_due_since;
    env.advance_days(15).await;
    env.sync(&owner).await;
    let subscription = env.subscriptions(&owner).await.remove(0);
    assert_eq!((subscription.status, subscription.past_due_since), (ProviderStatus::Canceled, since));
    assert!(since.is_some());
    let status = env.services.subscriptions().status(&owner.current_membership.tenant_id).await.unwrap();
    assert_eq!((status.plan.as_str(), status.status), ("free", SubscriptionStatus::Canceled));
    assert!(!subjects(&env).iter().any(|subject| subject.contains("payment received")), "{:?}", subjects(&env));
}

#[rstest]
#[tokio::test]
async fn grace_starts_when_the_payment_was_due_not_when_it_is_seen(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::start(engine).await;
    let owner = env.owner_on("ada@acme.test", "pro").await;
    let customer = env.customer(&owner.current_membership.tenant_id).await;
    let due = env.subscriptions(&owner).await[0].period_end;
    env.set_card_failing(&customer, true).await;
    let late = due.secs_since(env.services.billing_now()) + 5 * DAY_SECS;
    env.post("/clock", &json!({ "advance_secs": late })).await;
    env.sync(&owner).await;
    let subscription = env.subscriptions(&owner).await.remove(0);
    assert_eq!((subscription.past_due_since, subscription.due.map(|money| money.minor)), (Some(due), Some(2900)));
    assert_eq!(env.plan(&owner).await, "free", "five days late, and grace is four");

    // One payment succeeds and the next fails; no webhook reports either.
    env.set_card_failing(&customer, false).await;
    let open = env.list("/v1/invoices?status=open").await;
    env.call_stripe(Method::POST, &format!("/v1/invoices/{}/pay", open[0]["id"].as_str().unwrap())).await;
    env.set_card_failing(&customer, true).await;
    let next = subscription.period_end;
    let late = next.secs_since(env.services.billing_now()) + DAY_SECS;
    env.post("/clock", &json!({ "advance_secs": late })).await;
    env.sync(&owner).await;
    let subscription = env.subscriptions(&owner).await.remove(0);
    assert_eq!((subscription.status, subscription.past_due_since), (ProviderStatus::PastDue, Some(next)));
    assert_eq!(env.plan(&owner).await, "pro");
}

/// The first state that Dues fetches is an unpaid change of plan.
#[rstest]
#[tokio::test]
async fn an_unpaid_plan_does_not_apply_at_the_first_fetch(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::start(engine).await;
    let owner = env.owner_with_unprocessed_payment("ada@acme.test", "starter").await;
    let customer = env.customer(&owner.current_membership.tenant_id).await;
    env.set_card_failing(&customer, true).await;
    let [subscription] = env.list("/v1/subscriptions").await.try_into().unwrap();
    let (id, item) = (subscription["id"].as_str().unwrap(), subscription["items"]["data"][0]["id"].as_str().unwrap());
    let price = env.prices.price(&"business".parse().unwrap(), Cycle::Monthly).unwrap();
    let how = "proration_behavior=always_invoice&payment_behavior=allow_incomplete";
    let change = format!("items[0][id]={item}&items[0][price]={price}&{how}");
    env.call_stripe(Method::POST, &format!("/v1/subscriptions/{id}?{change}")).await;
    env.sync(&owner).await;
    let subscription = env.subscriptions(&owner).await.remove(0);
    assert_eq!((subscription.plan.as_str(), subscription.status), ("business", ProviderStatus::PastDue));
    assert_eq!(env.plan(&owner).await, "starter");
}

/// The provider's dashboard can change a plan although the payment fails.
#[rstest]
#[tokio::test]
async fn a_changed_plan_applies_when_it_is_paid(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::start(engine).await;
    let owner = env.owner_on("ada@acme.test", "pro").await;
    let customer = env.customer(&owner.current_membership.tenant_id).await;
    env.set_card_failing(&customer, true).await;
    let [subscription] = env.list(&format!("/v1/subscriptions?customer={customer}")).await.try_into().unwrap();
    let (id, item) = (subscription["id"].as_str().unwrap(), subscription["items"]["data"][0]["id"].as_str().unwrap());
    let price = env.prices.price(&"business".parse().unwrap(), Cycle::Monthly).unwrap();
    let change = format!("items[0][id]={item}&items[0][price]={price}&proration_behavior=always_invoice");
    let changed = env.call_stripe(Method::POST, &format!("/v1/subscriptions/{id}?{change}")).await;
    assert_eq!(changed["status"], "past_due");
    env.sync(&owner).await;
    env.run_due_jobs().await;
    assert!(env.smtp.received()[0].text().contains("Pro stays active until "), "the plan in effect, not the due one");
    assert_eq!(env.subscriptions(&owner).await[0].plan.as_str(), "business");
    assert_eq!(env.plan(&owner).await, "pro");
    env.advance_days(1).await;
    env.sync(&owner).await;
    assert_eq!(env.plan(&owner).await, "pro", "however often it is looked at");
    pay(&env, &owner).await;
    assert_eq!(env.plan(&owner).await, "business");
}

#[rstest]
#[tokio::test]
async fn those_who_may_pay_are_notified(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    use domain::account::Role;
    let env = TestEnv::start(engine).await;
    let owner = env.owner_on("ada@acme.test", "pro").await;
    let people =
        [("admin@acme.test", Role::Admin), ("billing@acme.test", Role::Billing), ("member@acme.test", Role::Member)];
    for (email, role) in people {
        let tenant = &owner.current_membership.tenant_id;
        env.services.tenants().add_member(tenant, email, "correct horse battery staple", role).await.unwrap();
    }
    fail_renewal(&env, &owner).await;
    let mut recipients: Vec<_> = env.smtp.received().iter().flat_map(|mail| mail.to.clone()).collect();
    recipients.sort();
    // Admins also get a mail about the limit of members, which is lower after the grace period.
    recipients.dedup();
    assert_eq!(recipients.len(), 3, "{recipients:?}");
    assert!(["ada@", "admin@", "billing@"].iter().zip(&recipients).all(|(who, to)| to.contains(who)), "{recipients:?}");
    assert!(!recipients.iter().any(|to| to.contains("member@")), "{recipients:?}");
}

/// A team above Free's limit is notified when grace ends, not at the next count.
#[rstest]
#[tokio::test]
async fn limits_that_fall_with_the_grace_period_are_checked_then(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    use domain::account::Role;
    let env = TestEnv::start(engine).await;
    let owner = env.owner_on("ada@acme.test", "pro").await;
    let tenant = &owner.current_membership.tenant_id;
    for email in ["b@acme.test", "c@acme.test"] {
        env.services.tenants().add_member(tenant, email, "correct horse battery staple", Role::Member).await.unwrap();
    }
    env.run_due_jobs().await;
    assert_eq!(env.services.usage().alerts(tenant).await.unwrap(), []);
    fail_renewal(&env, &owner).await;
    env.advance_days(2).await;
    assert_eq!(env.services.usage().alerts(tenant).await.unwrap(), []);
    env.advance_days(2).await;
    let alerts = env.services.usage().alerts(tenant).await.unwrap();
    assert_eq!(alerts.iter().map(|alert| alert.feature.as_str()).collect::<Vec<_>>(), ["team_members"]);
}
