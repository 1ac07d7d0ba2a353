//! The contract of payment providers, tested over HTTP against a stand-in for each provider's API.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at what it did not expect"
)]

mod account;
mod after_sale;
mod currencies;
mod customers;
mod merchant;
mod polar;
mod seats;
mod setup;
mod test_env;
mod trials;

use billing::payment::{
    CheckoutProgress, EventSubject, FetchedSubscription, NewPortal, PortalFlow, ProviderError, SubscriptionAnswer,
    WebhookError, account::CustomerState,
};
use domain::{
    catalog::Cycle,
    ids::PlanId,
    subscription::{BillingDetails, ProviderStatus},
    time::{Clock, SystemClock},
};
use rstest::rstest;
use test_env::{DECLINED_CARD, ProviderKind, RETURN_URL, TestEnv, VALID_CARD, new_checkout};

const DAY_SECS: i64 = 86_400;

fn plan(id: &str) -> PlanId {
    id.parse().unwrap()
}

fn fetched(subscription: FetchedSubscription) -> SubscriptionAnswer {
    SubscriptionAnswer::Fetched(Box::new(subscription))
}

#[rstest]
#[case::stripe(ProviderKind::Stripe)]
#[case::polar(ProviderKind::Polar)]
#[tokio::test]
async fn concurrent_calls_create_one_customer(#[case] which: ProviderKind) {
    let env = std::sync::Arc::new(TestEnv::start(which).await);
    let asking = (0..20).map(|_| {
        let env = std::sync::Arc::clone(&env);
        tokio::spawn(async move { env.customer("acme").await.unwrap() })
    });
    let mut made = Vec::new();
    for asked in asking.collect::<Vec<_>>() {
        made.push(asked.await.unwrap());
    }
    made.dedup();
    assert_eq!(made.len(), 1, "{made:?}");
    let customers = env.customers().await;
    assert_eq!(customers.len(), 1);
    assert_eq!(customers[0]["metadata"]["tenant_id"], "acme");
    assert_eq!((&customers[0]["name"], &customers[0]["email"]), (&"Acme".into(), &"ada@acme.test".into()));
    assert_ne!(env.customer("globex").await.unwrap(), made[0]);
}

#[rstest]
#[case::stripe(ProviderKind::Stripe)]
#[case::polar(ProviderKind::Polar)]
#[tokio::test]
async fn a_paid_checkout_creates_a_subscription_of_the_plan(#[case] which: ProviderKind) {
    let env = TestEnv::start(which).await;
    let customer = env.customer("acme").await.unwrap();
    let checkout = env.checkout(&customer, "a1", "pro", Cycle::Monthly).await;
    assert_eq!(checkout.amount_minor, Some(2900));
    let open = env.provider.fetch_checkout(&checkout.session_id).await.unwrap().unwrap();
    assert_eq!((open.progress, open.subscription), (CheckoutProgress::Open, None));
    assert_eq!(open.customer.as_deref(), Some(customer.as_str()));

    let (status, leads_to) = env.pay(&checkout, VALID_CARD).await;
    assert_eq!(status, 303);
    assert!(leads_to.unwrap().ends_with(&format!("session_id={}", checkout.session_id)));

    let paid = env.provider.fetch_checkout(&checkout.session_id).await.unwrap().unwrap();
    assert_eq!(paid.progress, CheckoutProgress::Paid);
    let id = paid.subscription.unwrap();
    let subscription = env.provider.fetch_subscription(&id).await.unwrap().unwrap().fetched().unwrap();
    assert_eq!(subscription.id, id);
    assert_eq!(subscription.customer, customer);
    assert_eq!(subscription.status, ProviderStatus::Active);
    assert_eq!(subscription.bought, Some((plan("pro"), Cycle::Monthly)));
    assert_eq!(subscription.payment_method.kind(), Some("card"));
    assert!(!subscription.cancel_at_period_end);
    assert_eq!(subscription.ended_at, None);
    let days = subscription.period_end.secs_since(subscription.period_start) / DAY_SECS;
    assert!((28..=31).contains(&days), "{days} days");
    assert!((env.now() - subscription.started_at.as_secs()).abs() < 60);
    assert_eq!(env.provider.list_subscriptions(&customer).await.unwrap(), vec![fetched(subscription)]);
}

#[rstest]
#[case::stripe(ProviderKind::Stripe)]
#[case::polar(ProviderKind::Polar)]
#[tokio::test]
async fn a_retried_attempt_returns_the_same_session(#[case] which: ProviderKind) {
    let env = TestEnv::start(which).await;
    let customer = env.customer("acme").await.unwrap();
    let first = env.checkout(&customer, "a1", "pro", Cycle::Monthly).await;
    assert_eq!(env.checkout(&customer, "a1", "pro", Cycle::Monthly).await, first);
    assert_ne!(env.checkout(&customer, "a2", "pro", Cycle::Monthly).await.session_id, first.session_id);
}

#[rstest]
#[case::stripe(ProviderKind::Stripe)]
#[case::polar(ProviderKind::Polar)]
#[tokio::test]
async fn a_declined_card_leaves_the_session_open(#[case] which: ProviderKind) {
    let env = TestEnv::start(which).await;
    let customer = env.customer("acme").await.unwrap();
    let checkout = env.checkout(&customer, "a1", "pro", Cycle::Yearly).await;
    let (status, leads_to) = env.pay(&checkout, DECLINED_CARD).await;
    assert!((400..500).contains(&status) && leads_to.is_none(), "{status} {leads_to:?}");
    let state = env.provider.fetch_checkout(&checkout.session_id).await.unwrap().unwrap();
    assert_eq!((state.progress, state.subscription), (CheckoutProgress::Open, None));
    assert_eq!(env.provider.list_subscriptions(&customer).await.unwrap(), vec![]);
}

#[rstest]
#[case::stripe(ProviderKind::Stripe)]
#[tokio::test]
async fn an_expired_session_stays_expired_and_a_paid_one_paid(#[case] which: ProviderKind) {
    let env = TestEnv::start(which).await;
    let customer = env.customer("acme").await.unwrap();
    let left = env.checkout(&customer, "a1", "pro", Cycle::Monthly).await;
    for _ in 0..2 {
        let state = env.provider.expire_checkout(&left.session_id).await.unwrap().unwrap();
        assert_eq!(state.progress, CheckoutProgress::Expired);
    }
    let paid = env.checkout(&customer, "a2", "pro", Cycle::Monthly).await;
    env.pay(&paid, VALID_CARD).await;
    let state = env.provider.expire_checkout(&paid.session_id).await.unwrap().unwrap();
    assert_eq!(state.progress, CheckoutProgress::Paid);
    assert!(state.subscription.is_some());
}

#[rstest]
#[case::stripe(ProviderKind::Stripe)]
#[case::polar(ProviderKind::Polar)]
#[tokio::test]
async fn each_flow_of_the_portal_opens(#[case] which: ProviderKind) {
    let env = TestEnv::start(which).await;
    let live = env.subscribe("acme", "pro", Cycle::Monthly).await;
    for flow in [
        PortalFlow::Home,
        PortalFlow::ConfirmChange { subscription: live.id.clone(), plan: plan("team"), cycle: Cycle::Monthly },
        PortalFlow::ConfirmChange { subscription: live.id.clone(), plan: plan("pro"), cycle: Cycle::Yearly },
        PortalFlow::Cancel { subscription: live.id.clone() },
        PortalFlow::UpdateCard,
    ] {
        let flow_name = format!("{flow:?}");
        let new = NewPortal {
            customer: live.customer.clone(),
            flow,
            return_url: RETURN_URL.to_owned(),
            done_url: RETURN_URL.to_owned(),
            locale: Some("de".to_owned()),
        };
        let url = env.provider.create_portal(&new).await.unwrap();
        assert_eq!(env.page_status(&url).await, 200, "{flow_name}");
    }
}

#[rstest]
#[case::stripe(ProviderKind::Stripe)]
#[tokio::test]
async fn the_portal_rejects_a_change_to_the_same_plan(#[case] which: ProviderKind) {
    let env = TestEnv::start(which).await;
    let live = env.subscribe("acme", "pro", Cycle::Monthly).await;
    let flow = PortalFlow::ConfirmChange { subscription: live.id, plan: plan("pro"), cycle: Cycle::Monthly };
    let new = NewPortal {
        customer: live.customer,
        flow,
        return_url: RETURN_URL.to_owned(),
        done_url: RETURN_URL.to_owned(),
        locale: None,
    };
    let refused = env.provider.create_portal(&new).await;
    let Err(ProviderError::Rejected { reason, .. }) = refused else { panic!("{refused:?}") };
    assert!(!reason.is_empty());
}

#[rstest]
#[case::stripe(ProviderKind::Stripe)]
#[tokio::test]
async fn a_preview_is_the_cost_of_a_change_now(#[case] which: ProviderKind) {
    let env = TestEnv::start(which).await;
    let live = env.subscribe("acme", "pro", Cycle::Monthly).await;
    let preview = async |to: &str, cycle| env.provider.preview_change(&live.id, &plan(to), cycle).await.unwrap();

    let on_the_first_day = preview("team", Cycle::Monthly).await;
    assert!((6900..=7000).contains(&on_the_first_day.due_now.minor), "{on_the_first_day:?}");

    let half = live.period_end.secs_since(live.period_start) / 2;
    env.clock.advance(half);
    let up = preview("team", Cycle::Monthly).await;
    assert!((3400..=3600).contains(&up.due_now.minor), "half of $99 less half of $29: {up:?}");
    assert_eq!(up.lines.iter().map(|line| line.amount.minor).sum::<i64>(), up.due_now.minor);
    assert!(up.lines.iter().any(|line| line.amount.minor < 0 && line.description.is_some()), "{up:?}");

    let down = preview("starter", Cycle::Monthly).await;
    assert_eq!(down.due_now.minor, 0, "{down:?}");

    let yearly = preview("pro", Cycle::Yearly).await;
    assert!((27_400..=27_700).contains(&yearly.due_now.minor), "$290 less half of $29: {yearly:?}");
    let unchanged = env.provider.fetch_subscription(&live.id).await.unwrap().unwrap().fetched().unwrap();
    assert_eq!(unchanged, live);
}

#[rstest]
#[case::stripe(ProviderKind::Stripe)]
#[tokio::test]
async fn a_confirmed_change_costs_the_previewed_amount(#[case] which: ProviderKind) {
    let env = TestEnv::start(which).await;
    let live = env.subscribe("acme", "pro", Cycle::Monthly).await;
    env.clock.advance(10 * DAY_SECS);
    let preview = env.provider.preview_change(&live.id, &plan("team"), Cycle::Monthly).await.unwrap();
    let flow = PortalFlow::ConfirmChange { subscription: live.id.clone(), plan: plan("team"), cycle: Cycle::Monthly };
    assert_eq!(env.confirm_in_portal(&live.customer, flow).await, RETURN_URL);
    let changed = env.provider.fetch_subscription(&live.id).await.unwrap().unwrap().fetched().unwrap();
    assert_eq!(changed.bought, Some((plan("team"), Cycle::Monthly)));
    assert_eq!((changed.status, changed.period_end), (ProviderStatus::Active, live.period_end));
    let paid = env.list("/v1/invoices").await[0]["amount_paid"].as_i64().unwrap();
    // Some seconds pass between preview and payment, so the prorated amounts may differ by a cent.
    assert!((paid - preview.due_now.minor).abs() <= 1, "{paid} is not {preview:?}");
}

#[rstest]
#[case::stripe(ProviderKind::Stripe)]
#[case::polar(ProviderKind::Polar)]
#[tokio::test]
async fn a_cancellation_in_the_portal_keeps_the_paid_period(#[case] which: ProviderKind) {
    let env = TestEnv::start(which).await;
    let live = env.subscribe("acme", "pro", Cycle::Monthly).await;
    env.cancel_in_portal(&live).await;
    let ending = env.provider.fetch_subscription(&live.id).await.unwrap().unwrap().fetched().unwrap();
    let details = BillingDetails { next_payment: None, ..live.details.clone() };
    assert_eq!(
        ending,
        FetchedSubscription { cancel_at_period_end: true, details, ..live.clone() },
        "nothing more is charged"
    );

    env.clock.advance(live.period_end.secs_since(live.period_start) + DAY_SECS);
    let over =
        env.wait_for_subscription(&live.id, |subscription| subscription.status == ProviderStatus::Canceled).await;
    assert_eq!(over.ended_at, Some(live.period_end));
}

#[rstest]
#[case::stripe(ProviderKind::Stripe)]
#[case::polar(ProviderKind::Polar)]
#[tokio::test]
async fn a_renewed_subscription_has_the_next_period(#[case] which: ProviderKind) {
    let env = TestEnv::start(which).await;
    let first = env.subscribe("acme", "pro", Cycle::Monthly).await;
    env.clock.advance(first.period_end.secs_since(first.period_start) + 2 * DAY_SECS);
    let renewed =
        env.wait_for_subscription(&first.id, |subscription| subscription.period_start == first.period_end).await;
    assert!(renewed.period_end > renewed.period_start);
    assert_eq!((renewed.status, renewed.started_at), (ProviderStatus::Active, first.started_at));
}

#[rstest]
#[case::stripe(ProviderKind::Stripe)]
#[case::polar(ProviderKind::Polar)]
#[tokio::test]
async fn canceling_a_subscription_is_idempotent(#[case] which: ProviderKind) {
    let env = TestEnv::start(which).await;
    let live = env.subscribe("acme", "pro", Cycle::Monthly).await;
    env.provider.cancel_subscription(&live.id).await.unwrap();
    env.provider.cancel_subscription(&live.id).await.unwrap();
    let over = env.provider.fetch_subscription(&live.id).await.unwrap().unwrap().fetched().unwrap();
    assert_eq!(over.status, ProviderStatus::Canceled);
    assert!(over.ended_at.is_some());
    assert_eq!(env.provider.list_subscriptions(&live.customer).await.unwrap(), vec![fetched(over)]);
}

#[rstest]
#[case::stripe(ProviderKind::Stripe)]
#[case::polar(ProviderKind::Polar)]
#[tokio::test]
async fn unknown_objects_are_reported_as_unknown(#[case] which: ProviderKind) {
    let env = TestEnv::start(which).await;
    for nothing in ["sub_nothing", "6f1de4d6-2c8b-4d3e-9d0b-1f6d3f1b7c11"] {
        assert_eq!(env.provider.fetch_checkout(nothing).await.unwrap(), None);
        assert_eq!(env.provider.fetch_subscription(nothing).await.unwrap(), None);
        assert_eq!(env.provider.fetch_customer(nothing).await.unwrap(), CustomerState::Unknown);
        let listed = env.provider.list_subscriptions(nothing).await;
        assert!(matches!(listed, Err(ProviderError::UnknownCustomer(_))), "{listed:?}");
        let canceled = env.provider.cancel_subscription(nothing).await;
        assert!(matches!(canceled, Err(ProviderError::UnknownSubscription(_))), "{canceled:?}");
        let refused = env.provider.create_checkout(&new_checkout(nothing, "a1", "pro", Cycle::Monthly)).await;
        assert!(matches!(refused, Err(ProviderError::UnknownCustomer(_))), "{refused:?}");
    }
}

#[tokio::test]
async fn unknown_objects_cannot_be_expired_or_changed_at_stripe() {
    let env = TestEnv::start(ProviderKind::Stripe).await;
    assert_eq!(env.provider.expire_checkout("cs_test_nothing").await.unwrap(), None);
    let refused = env.provider.preview_change("sub_nothing", &plan("pro"), Cycle::Monthly).await;
    assert!(matches!(refused, Err(ProviderError::UnknownSubscription(_))), "{refused:?}");
}

#[rstest]
#[case::stripe(ProviderKind::Stripe, "checkout.session.completed")]
#[case::stripe(ProviderKind::Stripe, "customer.subscription.created")]
#[case::stripe(ProviderKind::Stripe, "invoice.paid")]
#[case::polar(ProviderKind::Polar, "checkout.updated")]
#[case::polar(ProviderKind::Polar, "subscription.active")]
#[case::polar(ProviderKind::Polar, "order.paid")]
#[case::polar(ProviderKind::Polar, "customer.state_changed")]
#[tokio::test]
async fn a_webhook_is_verified_and_names_the_object_to_fetch(#[case] which: ProviderKind, #[case] kind: &str) {
    let env = TestEnv::start(which).await;
    let live = env.subscribe("acme", "pro", Cycle::Monthly).await;
    let (headers, body) = env.webhook(kind).await;
    let now = SystemClock.now();
    let events = env.provider.verify_webhook(&headers, &body, now).unwrap();
    let [event] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!(event.kind, kind);
    match &event.subject {
        EventSubject::CheckoutSession { id } => {
            let state = env.provider.fetch_checkout(id).await.unwrap().unwrap();
            assert_eq!(state.subscription.as_deref(), Some(live.id.as_str()));
        }
        EventSubject::Subscription { id } => assert_eq!(id, &live.id),
        EventSubject::Customer { id } => assert_eq!(id, &live.customer),
        other @ EventSubject::Other => panic!("{other:?}"),
    }

    let tampered = [&body[..], b" "].concat();
    assert_eq!(env.provider.verify_webhook(&headers, &tampered, now), Err(WebhookError::Mismatch));
    let late = now.plus_secs(600);
    assert_eq!(env.provider.verify_webhook(&headers, &body, late), Err(WebhookError::Stale));
    let unsigned = env.provider.verify_webhook(&http::HeaderMap::new(), &body, now);
    assert_eq!(unsigned, Err(WebhookError::Malformed));
}
