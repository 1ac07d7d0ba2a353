//! Subscriptions that Dues did not sell: no plan, unreadable fields, several items, quantities, discounts, pauses,
//! custom end dates. None of them affects other subscriptions.

use axum::http::Method;
use billing::store::testing::Engine;
use domain::{
    account::Viewer,
    catalog::Cycle,
    subscription::{ProviderStatus, UnmanagedReason, UnmanagedSubscription},
    wire::OrderRoute,
};
use rstest::rstest;
use serde_json::Value;

use crate::stand::{DAY_SECS, Stand, biller};

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap()
}

/// Creates a price that no plan sells, and returns its id.
pub(crate) async fn support(stand: &Stand) -> String {
    let product = stand.at_stripe(Method::POST, "/v1/products?name=Support").await;
    let fields = format!("product={}&currency=usd&unit_amount=5000&recurring[interval]=month", text(&product, "/id"));
    text(&stand.at_stripe(Method::POST, &format!("/v1/prices?{fields}")).await, "/id").to_owned()
}

fn price_of(stand: &Stand, plan: &str) -> String {
    stand.prices.price(&plan.parse().unwrap(), Cycle::Monthly).unwrap().to_owned()
}

/// Creates a subscription in the provider's dashboard and returns its id.
pub(crate) async fn subscribed_there(stand: &Stand, owner: &Viewer, price: &str) -> String {
    let customer = stand.customer(&owner.current_membership.tenant_id).await;
    let fields = format!("customer={customer}&items[0][price]={price}");
    text(&stand.at_stripe(Method::POST, &format!("/v1/subscriptions?{fields}")).await, "/id").to_owned()
}

/// Fetches the subscription that Dues sold from the provider.
async fn own(stand: &Stand, owner: &Viewer) -> Value {
    let id = stand.subscriptions(owner).await.remove(0).external_id;
    stand.at_stripe(Method::GET, &format!("/v1/subscriptions/{id}")).await
}

async fn change(stand: &Stand, owner: &Viewer, fields: &str) {
    let id = text(&own(stand, owner).await, "/id").to_owned();
    stand.at_stripe(Method::POST, &format!("/v1/subscriptions/{id}?{fields}")).await;
    stand.sync(owner).await;
}

async fn unmanaged(stand: &Stand, owner: &Viewer) -> Vec<UnmanagedSubscription> {
    stand.services.membership(owner).await.unwrap().unmanaged
}

#[rstest]
#[tokio::test]
async fn a_subscription_that_no_plan_sells_blocks_nothing(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let stand = Stand::start(engine).await;
    let owner = stand.owner_on("ada@acme.test", "pro").await;
    let price = support(&stand).await;
    let beside = subscribed_there(&stand, &owner, &price).await;

    stand.sync(&owner).await;
    let [kept] = unmanaged(&stand, &owner).await.try_into().unwrap();
    assert_eq!((kept.external_id.as_str(), kept.reason), (beside.as_str(), UnmanagedReason::NoPlan));
    assert_eq!(kept.described, "Support, $50.00 a month");
    assert_eq!(stand.plan(&owner).await, "pro");
    assert_eq!(stand.subscriptions(&owner).await.len(), 1);
    assert!(stand.order(&owner, "team", Cycle::Monthly).await.unwrap().is_portal);
    stand.services.cancel_at_period_end(&biller(&owner)).await.unwrap();
    assert!(stand.subscriptions(&owner).await[0].cancel_at_period_end);
    stand.services.resume(&biller(&owner)).await.unwrap();
    stand.changes_to(&owner, "team", Cycle::Monthly).await;
    stand.work().await;
    assert_eq!(stand.plan(&owner).await, "team");
    let there = stand.at_stripe(Method::GET, &format!("/v1/subscriptions/{beside}")).await;
    assert_ne!(there["status"], "canceled", "it is left alone");
    assert_eq!(stand.services.activity(&owner).await.unwrap().troubled, []);

    // A webhook for each arrives, and the periodic reconciliation runs.
    stand.begin_rounds().await;
    assert_eq!(stand.services.activity(&owner).await.unwrap().troubled, []);
    stand.at_stripe(Method::DELETE, &format!("/v1/subscriptions/{beside}")).await;
    stand.sync(&owner).await;
    assert_eq!(unmanaged(&stand, &owner).await, [], "it is over");
}

#[rstest]
#[tokio::test]
async fn a_workspace_with_nothing_but_an_odd_subscription_can_still_buy_a_plan(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stand = Stand::start(engine).await;
    let owner = stand.owner("ada@acme.test").await;
    stand.checkout(&owner, "pro").await;
    let price = support(&stand).await;
    // A first payment stores a card with the customer.
    let page = stand.checkout(&owner, "starter").await;
    stand.pay(&page).await;
    stand.services.settle_return(&owner, None).await.unwrap();
    let beside = subscribed_there(&stand, &owner, &price).await;
    let sold = stand.subscriptions(&owner).await.remove(0).external_id;
    stand.at_stripe(Method::DELETE, &format!("/v1/subscriptions/{sold}")).await;
    stand.sync(&owner).await;
    assert_eq!((stand.plan(&owner).await.as_str(), unmanaged(&stand, &owner).await.len()), ("free", 1));

    let started = stand.order(&owner, "pro", Cycle::Monthly).await.unwrap();
    assert!(!started.is_portal, "a checkout of its own");
    stand.pay(&started.url).await;
    stand.services.settle_return(&owner, None).await.unwrap();
    stand.work().await;
    assert_eq!(stand.plan(&owner).await, "pro");
    let there = stand.at_stripe(Method::GET, &format!("/v1/subscriptions/{beside}")).await;
    assert_ne!(there["status"], "canceled", "neither canceled nor refunded as a duplicate");
    assert_eq!(stand.services.membership(&owner).await.unwrap().duplicates, []);
}

#[rstest]
#[tokio::test]
async fn what_was_once_kept_aside_is_never_settled_as_a_duplicate(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stand = Stand::start(engine).await;
    let owner = stand.owner_on("ada@acme.test", "pro").await;
    let price = support(&stand).await;
    let beside = subscribed_there(&stand, &owner, &price).await;
    stand.sync(&owner).await;
    // An operator maps its price to a plan.
    stand.at_stripe(Method::POST, &format!("/v1/prices/{price}?metadata[dues_plan]=starter")).await;
    stand.sync(&owner).await;
    stand.work().await;
    assert_eq!((unmanaged(&stand, &owner).await, stand.subscriptions(&owner).await.len()), (Vec::new(), 2));
    let there = stand.at_stripe(Method::GET, &format!("/v1/subscriptions/{beside}")).await;
    assert_ne!(there["status"], "canceled");
    assert_eq!(stand.services.membership(&owner).await.unwrap().duplicates, []);
}

#[rstest]
#[case::ended(true)]
#[case::live(false)]
#[tokio::test]
async fn a_status_that_nobody_knows_is_kept_aside(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[case] is_ended: bool,
) {
    let stand = Stand::start(engine).await;
    let owner = stand.owner_on("ada@acme.test", "pro").await;
    let price = support(&stand).await;
    let odd = subscribed_there(&stand, &owner, &price).await;
    if is_ended {
        stand.at_stripe(Method::DELETE, &format!("/v1/subscriptions/{odd}")).await;
    }
    stand.answers_otherwise(move |answer| {
        if answer["id"] == odd.as_str() && answer["object"] == "subscription" {
            answer["status"] = "thinking".into();
        }
    });
    stand.sync(&owner).await;
    let [kept] = unmanaged(&stand, &owner).await.try_into().unwrap();
    assert_eq!((kept.reason, kept.detail.as_deref()), (UnmanagedReason::UnknownStatus, Some("thinking")));
    stand.services.cancel_at_period_end(&biller(&owner)).await.unwrap();
    stand.services.resume(&biller(&owner)).await.unwrap();
    stand.changes_to(&owner, "team", Cycle::Monthly).await;
    assert_eq!(stand.plan(&owner).await, "team");
}

#[rstest]
#[tokio::test]
async fn what_is_paid_for_and_can_not_be_read_just_now_stays_as_it_was(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stand = Stand::start(engine).await;
    let owner = stand.owner_on("ada@acme.test", "pro").await;
    let before = stand.subscriptions(&owner).await;
    stand.answers_otherwise(|answer| {
        if answer["object"] == "subscription" {
            answer["items"] = "many".into();
        }
    });
    stand.sync(&owner).await;
    assert_eq!(stand.subscriptions(&owner).await, before);
    assert_eq!(unmanaged(&stand, &owner).await[0].reason, UnmanagedReason::Unreadable);
    stand.answers_otherwise(|_| {});
    stand.sync(&owner).await;
    assert_eq!((unmanaged(&stand, &owner).await, stand.plan(&owner).await.as_str()), (Vec::new(), "pro"));
}

#[rstest]
#[tokio::test]
async fn the_plan_is_the_best_ranked_item_and_the_rest_is_also_included(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stand = Stand::start(engine).await;
    let owner = stand.owner_on("ada@acme.test", "starter").await;
    let (addon, team) = (support(&stand).await, price_of(&stand, "team"));
    let item = text(&own(&stand, &owner).await, "/items/data/0/id").to_owned();
    // [add-on, unmapped price whose metadata says pro]
    let pro = "currency=usd&unit_amount=2900&recurring[interval]=month&metadata[dues_plan]=pro&product_data[name]=Old";
    let old = stand.try_at_stripe(Method::POST, &format!("/v1/prices?{pro}")).await;
    let old = if let Ok(price) = old {
        text(&price, "/id").to_owned()
    } else {
        let product = stand.at_stripe(Method::POST, "/v1/products?name=Old").await;
        let fields = "currency=usd&unit_amount=2900&recurring[interval]=month&metadata[dues_plan]=pro";
        let price = format!("/v1/prices?product={}&{fields}", text(&product, "/id"));
        text(&stand.at_stripe(Method::POST, &price).await, "/id").to_owned()
    };
    let fields = format!("items[0][id]={item}&items[0][price]={addon}&items[1][price]={old}&proration_behavior=none");
    change(&stand, &owner, &fields).await;
    assert_eq!(stand.plan(&owner).await, "pro");
    let stored = stand.subscriptions(&owner).await.remove(0);
    assert_eq!(stored.details.also_included, ["Support, $50.00 a month"]);
    assert_eq!(stored.details.next_payment.unwrap().amount.minor, 7900, "the provider's own upcoming invoice");
    assert_eq!(unmanaged(&stand, &owner).await, [], "it has a plan");

    let starter = price_of(&stand, "starter");
    let fields =
        format!("items[0][id]={item}&items[0][price]={starter}&items[1][price]={team}&proration_behavior=none");
    change(&stand, &owner, &fields).await;
    assert_eq!(stand.plan(&owner).await, "team");
}

#[rstest]
#[tokio::test]
async fn sums_of_several_seats_are_the_providers(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let stand = Stand::start(engine).await;
    let owner = stand.owner_on("ada@acme.test", "pro").await;
    let item = text(&own(&stand, &owner).await, "/items/data/0/id").to_owned();
    change(&stand, &owner, &format!("items[0][id]={item}&items[0][quantity]=5&proration_behavior=none")).await;
    let stored = stand.subscriptions(&owner).await.remove(0);
    assert_eq!((stored.details.quantity, stored.price.unwrap().minor), (5, 14_500));
    assert_eq!(stored.details.next_payment.unwrap().amount.minor, 14_500);

    let review = stand.services.review_order(&owner, "team", Cycle::Monthly).await.unwrap();
    assert_eq!(review.starts_at, None, "five of Team are more than five of Pro");
    let OrderRoute::Portal { preview: Some(preview) } = review.route else { panic!("{:?}", review.route) };
    assert_eq!(preview.afterwards.map(|sum| sum.minor), Some(49_500));
    let lines: i64 = preview.lines.iter().map(|line| line.amount.minor).sum();
    assert!((34_900..=35_000).contains(&preview.due_now.minor) && lines == preview.due_now.minor, "{preview:?}");
    stand.changes_to(&owner, "team", Cycle::Monthly).await;
    let stored = stand.subscriptions(&owner).await.remove(0);
    assert_eq!((stored.plan.as_str(), stored.details.quantity), ("team", 5), "the quantity stays");
}

#[rstest]
#[case::free_for_ever("percent_off=100&duration=forever", 0)]
#[case::half_for_ever("percent_off=50&duration=forever", 1450)]
#[case::some_dollars("amount_off=500&currency=usd&duration=repeating&duration_in_months=3", 2400)]
#[tokio::test]
async fn the_next_payment_is_after_discounts(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[case] coupon: &str,
    #[case] next: i64,
) {
    let stand = Stand::start(engine).await;
    let owner = stand.owner_on("ada@acme.test", "pro").await;
    let coupon = stand.at_stripe(Method::POST, &format!("/v1/coupons?{coupon}")).await;
    change(&stand, &owner, &format!("discounts[0][coupon]={}", text(&coupon, "/id"))).await;
    let stored = stand.subscriptions(&owner).await.remove(0);
    assert_eq!((stored.details.next_payment.unwrap().amount.minor, stored.display_price()), (next, None));
    let review = stand.services.review_order(&owner, "team", Cycle::Monthly).await.unwrap();
    let OrderRoute::Portal { preview: Some(preview) } = review.route else { panic!("{:?}", review.route) };
    assert_eq!(preview.afterwards, None, "a discount may end: the provider's page says");
    // The announced amount is charged.
    stand.days_pass(32).await;
    stand.sync(&owner).await;
    let invoices = stand.services.invoices(&biller(&owner)).await.unwrap();
    assert_eq!(invoices[0].total.minor, next);
}

#[rstest]
#[case::void("void")]
#[case::draft("keep_as_draft")]
#[case::given_up("mark_uncollectible")]
#[tokio::test]
async fn while_collection_is_paused_no_payment_is_announced(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[case] behavior: &str,
) {
    let stand = Stand::start(engine).await;
    let owner = stand.owner_on("ada@acme.test", "pro").await;
    let until = stand.services.billing_now().plus_secs(45 * DAY_SECS);
    let fields = format!("pause_collection[behavior]={behavior}&pause_collection[resumes_at]={}", until.as_secs());
    change(&stand, &owner, &fields).await;
    let stored = stand.subscriptions(&owner).await.remove(0);
    let pause = stored.details.collection_pause.unwrap();
    assert_eq!(pause.until.map(domain::time::Timestamp::as_secs), Some(until.as_secs()));
    assert_eq!((stored.details.next_payment, stored.renews_at()), (None, None));
    stand.days_pass(32).await;
    stand.sync(&owner).await;
    let stored = stand.subscriptions(&owner).await.remove(0);
    assert_eq!((stored.status, stand.plan(&owner).await.as_str()), (ProviderStatus::Active, "pro"));
    stand.days_pass(32).await;
    stand.sync(&owner).await;
    let stored = stand.subscriptions(&owner).await.remove(0);
    assert_eq!(stored.details.collection_pause, None);
    assert!(stored.details.next_payment.is_some());
}

#[rstest]
#[case::inside_the_period(-10)]
#[case::beyond_it(40)]
#[tokio::test]
async fn the_last_day_is_the_one_that_is_set(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[case] days: i64,
) {
    let stand = Stand::start(engine).await;
    let owner = stand.owner_on("ada@acme.test", "pro").await;
    let end = stand.subscriptions(&owner).await[0].period_end;
    let last = end.plus_secs(days * DAY_SECS);
    change(&stand, &owner, &format!("cancel_at={}", last.as_secs())).await;
    let stored = stand.subscriptions(&owner).await.remove(0);
    let is_early = days < 0;
    assert_eq!((stored.ends_at(), stored.cancel_at_period_end), (Some(last), is_early));
    let status = stand.services.status(&owner.current_membership.tenant_id).await.unwrap();
    assert_eq!(status.current_period_end, Some(if is_early { last } else { end }));
    assert_eq!(status.cancel_at_period_end, is_early);
    assert_eq!(stored.details.next_payment.is_some(), !is_early);

    stand.services.resume(&biller(&owner)).await.unwrap();
    assert_eq!(stand.subscriptions(&owner).await[0].ends_at(), None, "it goes on");
    assert_eq!(own(&stand, &owner).await["cancel_at"], Value::Null);
    change(&stand, &owner, &format!("cancel_at={}", last.as_secs())).await;
    stand.days_pass(last.secs_since(stand.services.billing_now()) / DAY_SECS + 1).await;
    stand.sync(&owner).await;
    assert_eq!(stand.plan(&owner).await, "free");
    assert_eq!(stand.subscriptions(&owner).await[0].ended_at, Some(last));
}

#[rstest]
#[tokio::test]
async fn operators_see_each_once(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let stand = Stand::start(engine).await;
    let owner = stand.owner_on("ada@acme.test", "pro").await;
    let price = support(&stand).await;
    subscribed_there(&stand, &owner, &price).await;
    for _ in 0..3 {
        stand.sync(&owner).await;
    }
    let mut reader = stand.database.store.read().await.unwrap();
    let listed = reader.link().list_unmanaged_of_all().await.unwrap();
    assert_eq!(listed.iter().map(|(tenant, ..)| tenant).collect::<Vec<_>>(), [&owner.current_membership.tenant_id]);
    let prices = reader.link().list_unsold_prices(domain::time::Timestamp::from_secs(0)).await.unwrap();
    assert_eq!(
        prices.iter().map(|it| (it.price.as_str(), it.described.as_str())).collect::<Vec<_>>(),
        [(&*price, "Support, $50.00 a month")]
    );
}
