//! Plans with seats: their checkout, and changes that are made without the portal.

use billing::payment::{ChangeStart, FetchedSubscription, NewCheckout, ProviderError, SubscriptionChange};
use domain::{
    catalog::{Catalog, Cycle, file::default_catalog},
    subscription::{PendingChange, ProviderStatus, seats::PendingSeats},
};

use crate::{
    DAY_SECS, plan,
    test_env::{ProviderKind, TestEnv, VALID_CARD, new_checkout, polar},
};

/// The monthly price of Team, and of each seat beyond the two that it includes.
const TEAM: i64 = 9900;
const SEAT: i64 = 1200;

fn catalog() -> Catalog {
    default_catalog().with_seats("team", (2, 3, None), SEAT)
}

/// Buys Team with five seats.
async fn subscribe(env: &TestEnv) -> FetchedSubscription {
    let customer = env.customer("acme").await.unwrap();
    let new = NewCheckout { seats: Some(5), ..new_checkout(&customer, "a1", "team", Cycle::Monthly) };
    let checkout = env.provider.create_checkout(&new).await.unwrap();
    assert_eq!(checkout.amount_minor, Some(TEAM + 3 * SEAT));
    assert_eq!(env.pay(&checkout, VALID_CARD).await.0, 303);
    let state = env.provider.fetch_checkout(&checkout.session_id).await.unwrap().unwrap();
    fetch(env, &state.subscription.unwrap()).await
}

async fn fetch(env: &TestEnv, id: &str) -> FetchedSubscription {
    env.provider.fetch_subscription(id).await.unwrap().unwrap().fetched().unwrap()
}

fn to(live: &FetchedSubscription, id: &str, seats: Option<u64>) -> SubscriptionChange {
    SubscriptionChange { subscription: live.id.clone(), plan: plan(id), cycle: Cycle::Monthly, seats }
}

async fn change(
    env: &TestEnv,
    change: &SubscriptionChange,
    start: ChangeStart,
    attempt: &str,
) -> Result<(), ProviderError> {
    env.provider.change_subscription(change, start, &attempt.parse().unwrap()).await
}

#[tokio::test]
async fn more_seats_cost_what_the_preview_says() {
    let env = TestEnv::selling(ProviderKind::Stripe, catalog()).await;
    let live = subscribe(&env).await;
    assert_eq!((live.details.seats, live.price.unwrap().minor), (Some(5), TEAM + 3 * SEAT));
    env.clock.advance(10 * DAY_SECS);
    let more = to(&live, "team", Some(8));
    let preview = env.provider.preview_subscription_change(&more).await.unwrap();
    assert_eq!(preview.afterwards.unwrap().minor, TEAM + 6 * SEAT);
    let days = live.period_end.secs_since(live.period_start) / DAY_SECS;
    let expected = 3 * SEAT * (days - 10) / days;
    assert!((preview.due_now.minor - expected).abs() <= 2, "{preview:?} is not {expected}");

    change(&env, &more, ChangeStart::Now, "c1").await.unwrap();
    let paid = env.list("/v1/invoices").await[0]["amount_paid"].as_i64().unwrap();
    // Some seconds pass between preview and payment, so the prorated amounts may differ by a cent.
    assert!((paid - preview.due_now.minor).abs() <= 1, "{paid} is not {preview:?}");
    let changed = fetch(&env, &live.id).await;
    assert_eq!((changed.details.seats, changed.price.unwrap().minor), (Some(8), TEAM + 6 * SEAT));
    assert_eq!((changed.status, changed.period_end), (ProviderStatus::Active, live.period_end));
    change(&env, &more, ChangeStart::Now, "c2").await.unwrap();
    assert_eq!(env.list("/v1/invoices").await.len(), 2, "nothing is charged twice");
}

#[tokio::test]
async fn fewer_seats_come_with_the_next_period() {
    let env = TestEnv::selling(ProviderKind::Stripe, catalog()).await;
    let live = subscribe(&env).await;
    change(&env, &to(&live, "team", Some(4)), ChangeStart::NextPeriod, "c1").await.unwrap();
    let waiting = fetch(&env, &live.id).await;
    let pending = PendingSeats { seats: 4, at: live.period_end };
    assert_eq!((waiting.details.seats, waiting.details.pending_seats), (Some(5), Some(pending)));
    assert_eq!(waiting.pending, None, "the plan stays");
    assert_eq!(waiting.details.next_payment.unwrap().amount.minor, TEAM + 2 * SEAT);

    // Another decrease replaces it; two seats are those that are included.
    change(&env, &to(&live, "team", Some(2)), ChangeStart::NextPeriod, "c2").await.unwrap();
    assert_eq!(fetch(&env, &live.id).await.details.pending_seats.unwrap().seats, 2);
    env.provider.drop_pending_change(&live.id).await.unwrap();
    assert_eq!(fetch(&env, &live.id).await.details, live.details);

    change(&env, &to(&live, "team", Some(3)), ChangeStart::NextPeriod, "c3").await.unwrap();
    env.clock.advance(live.period_end.secs_since(live.period_start) + DAY_SECS);
    let renewed = env.wait_for_subscription(&live.id, |renewed| renewed.details.seats == Some(3)).await;
    assert_eq!((renewed.details.pending_seats, renewed.price.unwrap().minor), (None, TEAM + SEAT));
    assert_eq!(env.list("/v1/invoices").await[0]["amount_paid"], TEAM + SEAT);
}

#[tokio::test]
async fn a_change_of_plan_adds_and_removes_the_item_of_seats() {
    let env = TestEnv::selling(ProviderKind::Stripe, catalog()).await;
    let live = env.subscribe("acme", "starter", Cycle::Monthly).await;
    assert_eq!(live.details.seats, None);
    let up = to(&live, "team", Some(4));
    let preview = env.provider.preview_subscription_change(&up).await.unwrap();
    assert_eq!(preview.afterwards.unwrap().minor, TEAM + 2 * SEAT);
    change(&env, &up, ChangeStart::Now, "c1").await.unwrap();
    let on_team = fetch(&env, &live.id).await;
    assert_eq!((on_team.bought.clone(), on_team.details.seats), (Some((plan("team"), Cycle::Monthly)), Some(4)));
    assert!(on_team.details.also_included.is_empty());

    change(&env, &to(&live, "starter", None), ChangeStart::NextPeriod, "c2").await.unwrap();
    let waiting = fetch(&env, &live.id).await;
    let expected = PendingChange { plan: plan("starter"), cycle: Cycle::Monthly, at: on_team.period_end };
    assert_eq!((waiting.pending, waiting.details.pending_seats), (Some(expected), None));
    env.clock.advance(on_team.period_end.secs_since(on_team.period_start) + DAY_SECS);
    let starter = Some((plan("starter"), Cycle::Monthly));
    let on_starter = env.wait_for_subscription(&live.id, |subscription| subscription.bought == starter).await;
    assert_eq!((on_starter.details.seats, on_starter.price.unwrap().minor), (None, 900));
    assert!(on_starter.details.also_included.is_empty());
}

#[tokio::test]
async fn an_unknown_subscription_is_not_changed() {
    let env = TestEnv::selling(ProviderKind::Stripe, catalog()).await;
    let nothing = SubscriptionChange {
        subscription: "sub_nothing".to_owned(),
        plan: plan("team"),
        cycle: Cycle::Monthly,
        seats: Some(5),
    };
    let refused = change(&env, &nothing, ChangeStart::Now, "c1").await;
    assert!(matches!(refused, Err(ProviderError::UnknownSubscription(_))), "{refused:?}");
}

#[tokio::test]
async fn polar_refuses_a_plan_with_a_price_and_seats() {
    let env = TestEnv::start(ProviderKind::Polar).await;
    let refused = polar(&env.base, None, catalog()).setup(&env.webhook_url).await.map(drop);
    let Err(ProviderError::Rejected { reason, .. }) = refused else { panic!("{refused:?}") };
    assert!(reason.contains("Polar sells no plan with a price of its own and seats"), "{reason}");
}

#[tokio::test]
async fn polar_sells_a_plan_that_is_all_seats() {
    let catalog = default_catalog().with_seats("team", (0, 3, Some(20)), SEAT).all_seats("team");
    let env = TestEnv::selling(ProviderKind::Polar, catalog).await;
    let product = env.polar_report.products.seat_price(&plan("team"), Cycle::Monthly).unwrap();
    let products = env.polar_list("/polar/v1/products/?limit=100").await;
    let made = products.iter().find(|made| made["id"] == product).unwrap();
    assert_eq!(made["prices"][0]["amount_type"], "seat_based");

    let customer = env.customer("acme").await.unwrap();
    let new = NewCheckout { seats: Some(5), ..new_checkout(&customer, "a1", "team", Cycle::Monthly) };
    let checkout = env.provider.create_checkout(&new).await.unwrap();
    assert_eq!(checkout.amount_minor, Some(5 * SEAT));
    assert_eq!(env.pay(&checkout, VALID_CARD).await.0, 303);
    let state = env.provider.fetch_checkout(&checkout.session_id).await.unwrap().unwrap();
    let live = fetch(&env, &state.subscription.unwrap()).await;
    assert_eq!((live.details.seats, live.details.quantity, live.price.unwrap().minor), (Some(5), 1, 5 * SEAT));

    change(&env, &to(&live, "team", Some(7)), ChangeStart::Now, "c1").await.unwrap();
    assert_eq!(fetch(&env, &live.id).await.details.seats, Some(7));
    change(&env, &to(&live, "team", Some(4)), ChangeStart::NextPeriod, "c2").await.unwrap();
    let waiting = fetch(&env, &live.id).await;
    let pending = PendingSeats { seats: 4, at: live.period_end };
    assert_eq!((waiting.details.seats, waiting.details.pending_seats), (Some(7), Some(pending)));
    env.provider.drop_pending_change(&live.id).await.unwrap();
    assert_eq!(fetch(&env, &live.id).await.details.pending_seats, None);
    let other = change(&env, &to(&live, "pro", None), ChangeStart::Now, "c3").await;
    assert!(matches!(other, Err(ProviderError::Unsupported)), "Polar's portal changes the plan: {other:?}");
}
