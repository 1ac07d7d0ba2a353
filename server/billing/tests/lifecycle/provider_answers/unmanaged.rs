//! Subscriptions that Dues did not sell: no plan, unreadable fields, several items, quantities, discounts, pauses,
//! custom end dates. None of them affects other subscriptions.

use axum::http::Method;
use billing::store::testing::Engine;
use domain::{
    account::Viewer,
    catalog::Cycle,
    subscription::{ProviderStatus, UnmanagedReason, UnmanagedSubscription, item::items_of},
    wire::OrderRoute,
};
use rstest::rstest;
use serde_json::Value;

use crate::test_env::{DAY_SECS, TestEnv, biller};

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap()
}

/// Creates a price that belongs to no plan, and returns its id.
pub(crate) async fn create_support_price(env: &TestEnv) -> String {
    let product = env.call_stripe(Method::POST, "/v1/products?name=Support").await;
    let fields = format!("product={}&currency=usd&unit_amount=5000&recurring[interval]=month", text(&product, "/id"));
    text(&env.call_stripe(Method::POST, &format!("/v1/prices?{fields}")).await, "/id").to_owned()
}

pub(crate) fn price_of(env: &TestEnv, plan: &str) -> String {
    env.prices.price(&plan.parse().unwrap(), Cycle::Monthly).unwrap().to_owned()
}

/// Creates a subscription in the provider's dashboard and returns its id.
pub(crate) async fn create_subscription_in_dashboard(env: &TestEnv, owner: &Viewer, price: &str) -> String {
    let customer = env.customer(&owner.current_membership.tenant_id).await;
    // A checkout keeps the card with its subscription, not as the customer's default.
    let cards = env.list(&format!("/v1/customers/{customer}/payment_methods")).await;
    let card = cards.first().map(|card| format!("&default_payment_method={}", text(card, "/id"))).unwrap_or_default();
    let fields = format!("customer={customer}&items[0][price]={price}{card}");
    text(&env.call_stripe(Method::POST, &format!("/v1/subscriptions?{fields}")).await, "/id").to_owned()
}

/// Fetches the subscription that Dues sold from the provider.
async fn fetch_sold_subscription(env: &TestEnv, owner: &Viewer) -> Value {
    let id = env.subscriptions(owner).await.remove(0).external_id;
    env.call_stripe(Method::GET, &format!("/v1/subscriptions/{id}")).await
}

async fn change(env: &TestEnv, owner: &Viewer, fields: &str) {
    let id = text(&fetch_sold_subscription(env, owner).await, "/id").to_owned();
    env.call_stripe(Method::POST, &format!("/v1/subscriptions/{id}?{fields}")).await;
    env.sync(owner).await;
}

pub(crate) async fn unmanaged(env: &TestEnv, owner: &Viewer) -> Vec<UnmanagedSubscription> {
    env.services.subscriptions().membership(owner).await.unwrap().unmanaged
}

#[rstest]
#[tokio::test]
async fn an_unsold_subscription_blocks_nothing(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::start(engine).await;
    let owner = env.owner_on("ada@acme.test", "pro").await;
    let price = create_support_price(&env).await;
    let beside = create_subscription_in_dashboard(&env, &owner, &price).await;

    env.sync(&owner).await;
    let [kept] = unmanaged(&env, &owner).await.try_into().unwrap();
    assert_eq!((kept.external_id.as_str(), kept.reason), (beside.as_str(), UnmanagedReason::NoPlan));
    assert_eq!(kept.described, "Support, $50.00 a month");
    assert!(items_of(&kept.described, &kept.items).is_some(), "it is stored in parts, too: {kept:?}");
    assert_eq!(env.plan(&owner).await, "pro");
    assert_eq!(env.subscriptions(&owner).await.len(), 1);
    assert!(env.order(&owner, "team", Cycle::Monthly).await.unwrap().is_portal);
    env.services.subscriptions().cancel_at_period_end(&biller(&owner)).await.unwrap();
    assert!(env.subscriptions(&owner).await[0].cancel_at_period_end);
    env.services.subscriptions().resume(&biller(&owner)).await.unwrap();
    env.change_plan(&owner, "team", Cycle::Monthly).await;
    env.run_due_jobs().await;
    assert_eq!(env.plan(&owner).await, "team");
    let there = env.call_stripe(Method::GET, &format!("/v1/subscriptions/{beside}")).await;
    assert_ne!(there["status"], "canceled", "it is left alone");
    assert_eq!(env.services.subscriptions().activity(&biller(&owner)).await.unwrap().troubled, []);

    // The backfill of events and the periodic reconciliation run.
    env.start_periodic_jobs().await;
    assert_eq!(env.services.subscriptions().activity(&biller(&owner)).await.unwrap().troubled, []);
    env.call_stripe(Method::DELETE, &format!("/v1/subscriptions/{beside}")).await;
    env.sync(&owner).await;
    assert_eq!(unmanaged(&env, &owner).await, [], "it is over");
}

#[rstest]
#[tokio::test]
async fn a_workspace_with_only_an_unmanaged_subscription_can_buy_a_plan(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::start(engine).await;
    let owner = env.owner("ada@acme.test").await;
    env.checkout(&owner, "pro").await;
    let price = create_support_price(&env).await;
    // A first payment stores a card with the customer.
    let page = env.checkout(&owner, "starter").await;
    env.pay(&page).await;
    env.services.checkouts().settle_return(&owner, None).await.unwrap();
    let beside = create_subscription_in_dashboard(&env, &owner, &price).await;
    let sold = env.subscriptions(&owner).await.remove(0).external_id;
    env.call_stripe(Method::DELETE, &format!("/v1/subscriptions/{sold}")).await;
    env.sync(&owner).await;
    assert_eq!((env.plan(&owner).await.as_str(), unmanaged(&env, &owner).await.len()), ("free", 1));

    let started = env.order(&owner, "pro", Cycle::Monthly).await.unwrap();
    assert!(!started.is_portal, "a checkout of its own");
    env.pay(&started.url).await;
    env.services.checkouts().settle_return(&owner, None).await.unwrap();
    env.run_due_jobs().await;
    assert_eq!(env.plan(&owner).await, "pro");
    let there = env.call_stripe(Method::GET, &format!("/v1/subscriptions/{beside}")).await;
    assert_ne!(there["status"], "canceled", "neither canceled nor refunded as a duplicate");
    assert_eq!(env.services.subscriptions().membership(&owner).await.unwrap().duplicates, []);
}

#[rstest]
#[tokio::test]
async fn a_formerly_unmanaged_subscription_is_never_settled_as_a_duplicate(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::start(engine).await;
    let owner = env.owner_on("ada@acme.test", "pro").await;
    let price = create_support_price(&env).await;
    let beside = create_subscription_in_dashboard(&env, &owner, &price).await;
    env.sync(&owner).await;
    // An operator maps its price to a plan.
    env.call_stripe(Method::POST, &format!("/v1/prices/{price}?metadata[dues_plan]=starter")).await;
    env.sync(&owner).await;
    env.run_due_jobs().await;
    let [kept] = unmanaged(&env, &owner).await.try_into().unwrap();
    assert_eq!((kept.external_id.as_str(), kept.reason), (beside.as_str(), UnmanagedReason::Several));
    assert_eq!(env.subscriptions(&owner).await.len(), 2);
    let there = env.call_stripe(Method::GET, &format!("/v1/subscriptions/{beside}")).await;
    assert_ne!(there["status"], "canceled");
    assert_eq!(env.services.subscriptions().membership(&owner).await.unwrap().duplicates, []);
}

#[rstest]
#[case::ended(true)]
#[case::live(false)]
#[tokio::test]
async fn a_subscription_with_an_unknown_status_is_unmanaged(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[case] is_ended: bool,
) {
    let env = TestEnv::start(engine).await;
    let owner = env.owner_on("ada@acme.test", "pro").await;
    let price = create_support_price(&env).await;
    let odd = create_subscription_in_dashboard(&env, &owner, &price).await;
    if is_ended {
        env.call_stripe(Method::DELETE, &format!("/v1/subscriptions/{odd}")).await;
    }
    env.alter_responses(move |answer| {
        if answer["id"] == odd.as_str() && answer["object"] == "subscription" {
            answer["status"] = "thinking".into();
        }
    });
    env.sync(&owner).await;
    let [kept] = unmanaged(&env, &owner).await.try_into().unwrap();
    assert_eq!((kept.reason, kept.detail.as_deref()), (UnmanagedReason::UnknownStatus, Some("thinking")));
    env.services.subscriptions().cancel_at_period_end(&biller(&owner)).await.unwrap();
    env.services.subscriptions().resume(&biller(&owner)).await.unwrap();
    env.change_plan(&owner, "team", Cycle::Monthly).await;
    assert_eq!(env.plan(&owner).await, "team");
}

#[rstest]
#[tokio::test]
async fn an_unreadable_paid_subscription_keeps_its_stored_state(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::start(engine).await;
    let owner = env.owner_on("ada@acme.test", "pro").await;
    let before = env.subscriptions(&owner).await;
    env.alter_responses(|answer| {
        if answer["object"] == "subscription" {
            answer["items"] = "many".into();
        }
    });
    env.sync(&owner).await;
    assert_eq!(env.subscriptions(&owner).await, before);
    assert_eq!(unmanaged(&env, &owner).await[0].reason, UnmanagedReason::Unreadable);
    env.alter_responses(|_| {});
    env.sync(&owner).await;
    assert_eq!((unmanaged(&env, &owner).await, env.plan(&owner).await.as_str()), (Vec::new(), "pro"));
}

#[rstest]
#[tokio::test]
async fn the_plan_is_the_best_ranked_item_and_the_others_are_listed_as_included(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::start(engine).await;
    let owner = env.owner_on("ada@acme.test", "starter").await;
    let (addon, team) = (create_support_price(&env).await, price_of(&env, "team"));
    let item = text(&fetch_sold_subscription(&env, &owner).await, "/items/data/0/id").to_owned();
    // The subscription gets two items: an add-on, and a price outside the price map whose metadata names Pro.
    let pro = "currency=usd&unit_amount=2900&recurring[interval]=month&metadata[dues_plan]=pro&product_data[name]=Old";
    let old = env.try_call_stripe(Method::POST, &format!("/v1/prices?{pro}")).await;
    let old = if let Ok(price) = old {
        text(&price, "/id").to_owned()
    } else {
        let product = env.call_stripe(Method::POST, "/v1/products?name=Old").await;
        let fields = "currency=usd&unit_amount=2900&recurring[interval]=month&metadata[dues_plan]=pro";
        let price = format!("/v1/prices?product={}&{fields}", text(&product, "/id"));
        text(&env.call_stripe(Method::POST, &price).await, "/id").to_owned()
    };
    let fields = format!("items[0][id]={item}&items[0][price]={addon}&items[1][price]={old}&proration_behavior=none");
    change(&env, &owner, &fields).await;
    assert_eq!(env.plan(&owner).await, "pro");
    let stored = env.subscriptions(&owner).await.remove(0);
    assert_eq!(stored.details.also_included, ["Support, $50.00 a month"]);
    assert!(stored.details.included().all(|(text, items)| items_of(text, items).is_some()), "{:?}", stored.details);
    assert_eq!(stored.details.next_payment.unwrap().amount.minor, 7900, "the provider's own upcoming invoice");
    assert_eq!(unmanaged(&env, &owner).await, [], "it has a plan");

    let starter = price_of(&env, "starter");
    let fields =
        format!("items[0][id]={item}&items[0][price]={starter}&items[1][price]={team}&proration_behavior=none");
    change(&env, &owner, &fields).await;
    assert_eq!(env.plan(&owner).await, "team");
}

#[rstest]
#[tokio::test]
async fn amounts_of_several_seats_are_the_providers(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::start(engine).await;
    let owner = env.owner_on("ada@acme.test", "pro").await;
    let item = text(&fetch_sold_subscription(&env, &owner).await, "/items/data/0/id").to_owned();
    change(&env, &owner, &format!("items[0][id]={item}&items[0][quantity]=5&proration_behavior=none")).await;
    let stored = env.subscriptions(&owner).await.remove(0);
    assert_eq!((stored.details.quantity, stored.price.unwrap().minor), (5, 14_500));
    assert_eq!(stored.details.next_payment.unwrap().amount.minor, 14_500);

    let review = env.services.checkouts().review_order(&owner, "team", Cycle::Monthly).await.unwrap();
    assert_eq!(review.starts_at, None, "five of Team are more than five of Pro");
    let OrderRoute::Portal { preview: Some(preview) } = review.route else { panic!("{:?}", review.route) };
    assert_eq!(preview.afterwards.map(|sum| sum.minor), Some(49_500));
    let lines: i64 = preview.lines.iter().map(|line| line.amount.minor).sum();
    assert!((34_900..=35_000).contains(&preview.due_now.minor) && lines == preview.due_now.minor, "{preview:?}");
    env.change_plan(&owner, "team", Cycle::Monthly).await;
    let stored = env.subscriptions(&owner).await.remove(0);
    assert_eq!((stored.plan.as_str(), stored.details.quantity), ("team", 5), "the quantity stays");
}

#[rstest]
#[case::free_forever("percent_off=100&duration=forever", 0)]
#[case::half_forever("percent_off=50&duration=forever", 1450)]
#[case::some_dollars("amount_off=500&currency=usd&duration=repeating&duration_in_months=3", 2400)]
#[tokio::test]
async fn the_next_payment_is_after_discounts(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[case] coupon: &str,
    #[case] next: i64,
) {
    let env = TestEnv::start(engine).await;
    let owner = env.owner_on("ada@acme.test", "pro").await;
    let coupon = env.call_stripe(Method::POST, &format!("/v1/coupons?{coupon}")).await;
    change(&env, &owner, &format!("discounts[0][coupon]={}", text(&coupon, "/id"))).await;
    let stored = env.subscriptions(&owner).await.remove(0);
    assert_eq!((stored.details.next_payment.unwrap().amount.minor, stored.display_price()), (next, None));
    let review = env.services.checkouts().review_order(&owner, "team", Cycle::Monthly).await.unwrap();
    let OrderRoute::Portal { preview: Some(preview) } = review.route else { panic!("{:?}", review.route) };
    assert_eq!(preview.afterwards, None, "a discount may end: the provider's page says");
    // The announced amount is charged.
    env.advance_days(32).await;
    env.sync(&owner).await;
    let invoices = env.services.subscriptions().invoices(&biller(&owner)).await.unwrap();
    assert_eq!(invoices[0].total.minor, next);
}

#[rstest]
#[case::void("void")]
#[case::draft("keep_as_draft")]
#[case::uncollectible("mark_uncollectible")]
#[tokio::test]
async fn while_collection_is_paused_no_payment_is_announced(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[case] behavior: &str,
) {
    let env = TestEnv::start(engine).await;
    let owner = env.owner_on("ada@acme.test", "pro").await;
    let until = env.services.billing_now().plus_secs(45 * DAY_SECS);
    let fields = format!("pause_collection[behavior]={behavior}&pause_collection[resumes_at]={}", until.as_secs());
    change(&env, &owner, &fields).await;
    let stored = env.subscriptions(&owner).await.remove(0);
    let pause = stored.details.collection_pause.unwrap();
    assert_eq!(pause.until.map(domain::time::Timestamp::as_secs), Some(until.as_secs()));
    assert_eq!((stored.details.next_payment, stored.renews_at()), (None, None));
    env.advance_days(32).await;
    env.sync(&owner).await;
    let stored = env.subscriptions(&owner).await.remove(0);
    assert_eq!((stored.status, env.plan(&owner).await.as_str()), (ProviderStatus::Active, "pro"));
    env.advance_days(32).await;
    env.sync(&owner).await;
    let stored = env.subscriptions(&owner).await.remove(0);
    assert_eq!(stored.details.collection_pause, None);
    assert!(stored.details.next_payment.is_some());
}

#[rstest]
#[case::inside_the_period(-10)]
#[case::beyond_it(40)]
#[tokio::test]
async fn the_shown_end_is_the_cancellation_date(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[case] days: i64,
) {
    let env = TestEnv::start(engine).await;
    let owner = env.owner_on("ada@acme.test", "pro").await;
    let end = env.subscriptions(&owner).await[0].period_end;
    let last = end.plus_secs(days * DAY_SECS);
    change(&env, &owner, &format!("cancel_at={}", last.as_secs())).await;
    let stored = env.subscriptions(&owner).await.remove(0);
    let is_early = days < 0;
    assert_eq!((stored.ends_at(), stored.cancel_at_period_end), (Some(last), is_early));
    let status = env.services.subscriptions().status(&owner.current_membership.tenant_id).await.unwrap();
    assert_eq!(status.current_period_end, Some(if is_early { last } else { end }));
    assert_eq!(status.cancel_at_period_end, is_early);
    assert_eq!(stored.details.next_payment.is_some(), !is_early);

    env.services.subscriptions().resume(&biller(&owner)).await.unwrap();
    assert_eq!(env.subscriptions(&owner).await[0].ends_at(), None, "it goes on");
    assert_eq!(fetch_sold_subscription(&env, &owner).await["cancel_at"], Value::Null);
    change(&env, &owner, &format!("cancel_at={}", last.as_secs())).await;
    env.advance_days(last.secs_since(env.services.billing_now()) / DAY_SECS + 1).await;
    env.sync(&owner).await;
    assert_eq!(env.plan(&owner).await, "free");
    assert_eq!(env.subscriptions(&owner).await[0].ended_at, Some(last));
}

#[rstest]
#[tokio::test]
async fn a_subscription_with_two_items_at_a_price_without_a_plan_is_one_payer(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::start(engine).await;
    let owner = env.owner_on("ada@acme.test", "pro").await;
    let price = create_support_price(&env).await;
    let beside = create_subscription_in_dashboard(&env, &owner, &price).await;
    env.alter_responses(move |answer| {
        if answer["id"] == beside.as_str() && answer["object"] == "subscription" {
            let mut copy = answer["items"]["data"][0].clone();
            copy["id"] = "si_copy".into();
            answer["items"]["data"].as_array_mut().unwrap().push(copy);
        }
    });
    env.sync(&owner).await;
    let [kept] = unmanaged(&env, &owner).await.try_into().unwrap();
    assert_eq!(kept.items.len(), 2);
    let since = domain::time::Timestamp::from_secs(0);
    let prices = env.services.store().read().await.unwrap().connection().list_unsold_prices(since).await.unwrap();
    assert_eq!(prices.iter().map(|unsold| (&*unsold.price, unsold.payers)).collect::<Vec<_>>(), [(&*price, 1)]);
}

#[rstest]
#[tokio::test]
async fn operators_see_each_unmanaged_subscription_once(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::start(engine).await;
    let owner = env.owner_on("ada@acme.test", "pro").await;
    let price = create_support_price(&env).await;
    create_subscription_in_dashboard(&env, &owner, &price).await;
    for _ in 0..3 {
        env.sync(&owner).await;
    }
    let mut reader = env.database.store.read().await.unwrap();
    let listed = reader.connection().list_unmanaged_of_all().await.unwrap();
    assert_eq!(listed.iter().map(|(tenant, ..)| tenant).collect::<Vec<_>>(), [&owner.current_membership.tenant_id]);
    let since = domain::time::Timestamp::from_secs(0);
    let prices = reader.connection().list_unsold_prices(since).await.unwrap();
    assert_eq!(
        prices.iter().map(|price| (price.price.as_str(), price.described.as_str())).collect::<Vec<_>>(),
        [(&*price, "Support, $50.00 a month")]
    );
    assert!(items_of(&prices[0].described, prices[0].item.as_slice()).is_some(), "{prices:?}");
    assert_eq!((prices[0].cycle, prices[0].payers), (Some(Cycle::Monthly), 1));
    drop(reader);
    let other = env.owner_on("bob@acme.test", "pro").await;
    create_subscription_in_dashboard(&env, &other, &price).await;
    create_subscription_in_dashboard(&env, &other, &price).await;
    env.sync(&other).await;
    let overview = env.services.store().read().await.unwrap().connection().list_unsold_prices(since).await.unwrap();
    assert_eq!(overview[0].payers, 3);
}
