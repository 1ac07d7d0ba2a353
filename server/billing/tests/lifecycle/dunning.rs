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

use crate::stand::{DAY_SECS, Stand};

fn subjects(stand: &Stand) -> Vec<String> {
    stand.smtp.received().iter().map(|mail| mail.header("Subject").unwrap().to_owned()).collect()
}

/// Advances to a day after the end of the period, after a declined renewal that Dues has processed.
async fn renewal_fails(stand: &Stand, owner: &Viewer) {
    let customer = stand.customer(&owner.current_membership.tenant_id).await;
    stand.card_fails(&customer, true).await;
    let period_end = stand.subscriptions(owner).await[0].period_end;
    stand.days_pass(period_end.secs_since(stand.services.billing_now()) / DAY_SECS + 1).await;
    stand.sync(owner).await;
    stand.work().await;
}

async fn pays(stand: &Stand, owner: &Viewer) {
    let customer = stand.customer(&owner.current_membership.tenant_id).await;
    stand.card_fails(&customer, false).await;
    let open = stand.list("/v1/invoices?status=open").await;
    stand.at_stripe(Method::POST, &format!("/v1/invoices/{}/pay", open[0]["id"].as_str().unwrap())).await;
    stand.sync(owner).await;
    stand.work().await;
}

#[rstest]
#[tokio::test]
async fn each_step_of_a_payment_that_stays_due_is_told_once(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stand = Stand::start(engine).await;
    let owner = stand.owner_on("ada@acme.test", "pro").await;
    renewal_fails(&stand, &owner).await;
    assert_eq!(subjects(&stand), ["Acme: a payment failed"]);
    let text = stand.smtp.received()[0].text();
    assert!(text.contains("$29.00 for Pro") && text.contains("/membership"), "{text}");

    stand.days_pass(1).await;
    stand.sync(&owner).await;
    stand.work().await;
    assert_eq!(subjects(&stand).len(), 1, "told once, however often it is looked at");

    stand.days_pass(1).await;
    assert_eq!(subjects(&stand).len(), 2);
    assert!(subjects(&stand)[1].starts_with("Acme: Pro falls to Free on "), "{:?}", subjects(&stand));

    stand.days_pass(2).await;
    assert_eq!(subjects(&stand)[2..], ["Acme: the limits of Free hold now"]);
    let status = stand.services.status(&owner.current_membership.tenant_id).await.unwrap();
    assert_eq!((status.plan.as_str(), status.status), ("free", SubscriptionStatus::PastDue));

    pays(&stand, &owner).await;
    assert_eq!(subjects(&stand)[3..], ["Acme: Pro is paid again"]);
    assert_eq!(stand.plan(&owner).await, "pro");

    // The next failed renewal is notified again.
    renewal_fails(&stand, &owner).await;
    assert_eq!(subjects(&stand)[4..], ["Acme: a payment failed"]);
}

#[rstest]
#[tokio::test]
async fn what_ends_for_want_of_a_payment_is_known_to_have(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let stand = Stand::start(engine).await;
    let owner = stand.owner_on("ada@acme.test", "pro").await;
    renewal_fails(&stand, &owner).await;
    let since = stand.subscriptions(&owner).await[0].past_due_since;
    stand.days_pass(15).await;
    stand.sync(&owner).await;
    let own = stand.subscriptions(&owner).await.remove(0);
    assert_eq!((own.status, own.past_due_since), (ProviderStatus::Canceled, since));
    assert!(since.is_some());
    let status = stand.services.status(&owner.current_membership.tenant_id).await.unwrap();
    assert_eq!((status.plan.as_str(), status.status), ("free", SubscriptionStatus::Canceled));
    assert!(!subjects(&stand).iter().any(|subject| subject.contains("paid again")), "{:?}", subjects(&stand));
}

#[rstest]
#[tokio::test]
async fn grace_counts_from_when_the_payment_was_due_however_late_that_is_seen(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stand = Stand::start(engine).await;
    let owner = stand.owner_on("ada@acme.test", "pro").await;
    let customer = stand.customer(&owner.current_membership.tenant_id).await;
    let due = stand.subscriptions(&owner).await[0].period_end;
    stand.card_fails(&customer, true).await;
    let late = due.secs_since(stand.services.billing_now()) + 5 * DAY_SECS;
    stand.post("/clock", &json!({ "advance_secs": late })).await;
    stand.sync(&owner).await;
    let own = stand.subscriptions(&owner).await.remove(0);
    assert_eq!((own.past_due_since, own.due.map(|money| money.minor)), (Some(due), Some(2900)));
    assert_eq!(stand.plan(&owner).await, "free", "five days late, and grace is four");

    // One payment succeeds and the next fails; no webhook reports either.
    stand.card_fails(&customer, false).await;
    let open = stand.list("/v1/invoices?status=open").await;
    stand.at_stripe(Method::POST, &format!("/v1/invoices/{}/pay", open[0]["id"].as_str().unwrap())).await;
    stand.card_fails(&customer, true).await;
    let next = own.period_end;
    let late = next.secs_since(stand.services.billing_now()) + DAY_SECS;
    stand.post("/clock", &json!({ "advance_secs": late })).await;
    stand.sync(&owner).await;
    let own = stand.subscriptions(&owner).await.remove(0);
    assert_eq!((own.status, own.past_due_since), (ProviderStatus::PastDue, Some(next)));
    assert_eq!(stand.plan(&owner).await, "pro");
}

/// The first state that Dues fetches is an unpaid change of plan.
#[rstest]
#[tokio::test]
async fn what_was_never_paid_holds_not_even_at_first_sight(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let stand = Stand::start(engine).await;
    let owner = stand.owner_who_paid("ada@acme.test", "starter").await;
    let customer = stand.customer(&owner.current_membership.tenant_id).await;
    stand.card_fails(&customer, true).await;
    let [own] = stand.list("/v1/subscriptions").await.try_into().unwrap();
    let (id, item) = (own["id"].as_str().unwrap(), own["items"]["data"][0]["id"].as_str().unwrap());
    let price = stand.prices.price(&"business".parse().unwrap(), Cycle::Monthly).unwrap();
    let how = "proration_behavior=always_invoice&payment_behavior=allow_incomplete";
    let change = format!("items[0][id]={item}&items[0][price]={price}&{how}");
    stand.at_stripe(Method::POST, &format!("/v1/subscriptions/{id}?{change}")).await;
    stand.sync(&owner).await;
    let own = stand.subscriptions(&owner).await.remove(0);
    assert_eq!((own.plan.as_str(), own.status), ("business", ProviderStatus::PastDue));
    assert_eq!(stand.plan(&owner).await, "starter");
}

/// The provider's dashboard can change a plan although the payment fails.
#[rstest]
#[tokio::test]
async fn what_a_plan_was_changed_to_holds_when_it_is_paid(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let stand = Stand::start(engine).await;
    let owner = stand.owner_on("ada@acme.test", "pro").await;
    let customer = stand.customer(&owner.current_membership.tenant_id).await;
    stand.card_fails(&customer, true).await;
    let [own] = stand.list(&format!("/v1/subscriptions?customer={customer}")).await.try_into().unwrap();
    let (id, item) = (own["id"].as_str().unwrap(), own["items"]["data"][0]["id"].as_str().unwrap());
    let price = stand.prices.price(&"business".parse().unwrap(), Cycle::Monthly).unwrap();
    let change = format!("items[0][id]={item}&items[0][price]={price}&proration_behavior=always_invoice");
    let changed = stand.at_stripe(Method::POST, &format!("/v1/subscriptions/{id}?{change}")).await;
    assert_eq!(changed["status"], "past_due");
    stand.sync(&owner).await;
    stand.work().await;
    assert!(stand.smtp.received()[0].text().contains("Pro stays on for now."), "what holds, not what is due");
    assert_eq!(stand.subscriptions(&owner).await[0].plan.as_str(), "business");
    assert_eq!(stand.plan(&owner).await, "pro");
    stand.days_pass(1).await;
    stand.sync(&owner).await;
    assert_eq!(stand.plan(&owner).await, "pro", "however often it is looked at");
    pays(&stand, &owner).await;
    assert_eq!(stand.plan(&owner).await, "business");
}

#[rstest]
#[tokio::test]
async fn every_admin_is_told_and_nobody_else(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    use domain::account::Role;
    let stand = Stand::start(engine).await;
    let owner = stand.owner_on("ada@acme.test", "pro").await;
    for (email, role) in [("admin@acme.test", Role::Admin), ("member@acme.test", Role::Member)] {
        let tenant = &owner.current_membership.tenant_id;
        stand.services.add_member(tenant, email, "correct horse battery staple", role).await.unwrap();
    }
    renewal_fails(&stand, &owner).await;
    let mut told: Vec<_> = stand.smtp.received().iter().flat_map(|mail| mail.to.clone()).collect();
    told.sort();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].contains("ada@") || told[0].contains("admin@"), "{told:?}");
    assert!(!told.iter().any(|to| to.contains("member@")), "{told:?}");
}

/// A team above Free's limit is notified when grace ends, not at the next count.
#[rstest]
#[tokio::test]
async fn limits_that_fall_with_the_grace_are_looked_at_then(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    use domain::account::Role;
    let stand = Stand::start(engine).await;
    let owner = stand.owner_on("ada@acme.test", "pro").await;
    let tenant = &owner.current_membership.tenant_id;
    for email in ["b@acme.test", "c@acme.test"] {
        stand.services.add_member(tenant, email, "correct horse battery staple", Role::Member).await.unwrap();
    }
    stand.work().await;
    assert_eq!(stand.services.alerts(tenant).await.unwrap(), []);
    renewal_fails(&stand, &owner).await;
    stand.days_pass(2).await;
    assert_eq!(stand.services.alerts(tenant).await.unwrap(), []);
    stand.days_pass(2).await;
    let alerts = stand.services.alerts(tenant).await.unwrap();
    assert_eq!(alerts.iter().map(|alert| alert.feature.as_str()).collect::<Vec<_>>(), ["team_members"]);
}
