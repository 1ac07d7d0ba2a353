//! Trials, and changes of plan at the end of the period.

use billing::payment::{CheckoutProgress, FetchedSubscription, InvoiceList, NewCheckout, PeriodEnd, PortalFlow};
use domain::{
    catalog::Cycle,
    money::{Currency, Money},
    subscription::{BillingDetails, NextPayment, PendingChange, ProviderStatus, cancellation::CancellationReason},
};
use rstest::rstest;

use crate::{
    DAY_SECS, fetched, plan,
    test_env::{ProviderKind, RETURN_URL, TestEnv, VALID_CARD, new_checkout},
};

async fn start_trial(env: &TestEnv) -> FetchedSubscription {
    let customer = env.customer("acme").await.unwrap();
    let new = NewCheckout { trial_days: 14, ..new_checkout(&customer, "a1", "pro", Cycle::Monthly) };
    let checkout = env.provider.create_checkout(&new).await.unwrap();
    assert_eq!(checkout.amount_minor, Some(0));
    let again = env.provider.create_checkout(&new).await.unwrap();
    assert_eq!(again.session_id, checkout.session_id, "asked twice, it is the same page");
    assert_eq!(env.pay(&checkout, VALID_CARD).await.0, 303);
    let state = env.provider.fetch_checkout(&checkout.session_id).await.unwrap().unwrap();
    assert_eq!(state.progress, CheckoutProgress::Paid, "nothing is due");
    env.provider.fetch_subscription(&state.subscription.unwrap()).await.unwrap().unwrap().fetched().unwrap()
}

#[rstest]
#[case::stripe(ProviderKind::Stripe)]
#[case::polar(ProviderKind::Polar)]
#[tokio::test]
async fn a_trial_grants_the_plan_and_is_paid_after_its_end(#[case] which: ProviderKind) {
    let env = TestEnv::start(which).await;
    let trial = start_trial(&env).await;
    assert_eq!((trial.status, trial.bought), (ProviderStatus::Trialing, Some((plan("pro"), Cycle::Monthly))));
    assert_eq!(trial.trial_end, Some(trial.period_end));
    assert_eq!(trial.period_end.secs_since(trial.started_at), 14 * DAY_SECS);
    assert_eq!(trial.payment_method.kind(), Some("card"), "a card is asked for all the same");

    env.clock.advance(15 * DAY_SECS);
    let paid = env.wait_for_subscription(&trial.id, |subscription| subscription.status == ProviderStatus::Active).await;
    assert_eq!((paid.period_start, paid.trial_end), (trial.period_end, trial.trial_end));
    let invoices = env.provider.list_invoices(&InvoiceList::newest(&trial.customer)).await.unwrap().invoices;
    assert_eq!(invoices.iter().map(|invoice| invoice.total.minor).collect::<Vec<_>>(), [2900, 0]);
}

#[rstest]
#[case::stripe(ProviderKind::Stripe)]
#[case::polar(ProviderKind::Polar)]
#[tokio::test]
async fn a_canceled_trial_ends_unpaid(#[case] which: ProviderKind) {
    let env = TestEnv::start(which).await;
    let trial = start_trial(&env).await;
    env.provider.set_cancel_at_period_end(&trial.id, PeriodEnd::Cancels(&CancellationReason::default())).await.unwrap();
    let ending = env.provider.fetch_subscription(&trial.id).await.unwrap().unwrap().fetched().unwrap();
    assert_eq!((ending.status, ending.cancel_at_period_end), (ProviderStatus::Trialing, true));
    env.clock.advance(15 * DAY_SECS);
    let over =
        env.wait_for_subscription(&trial.id, |subscription| subscription.status == ProviderStatus::Canceled).await;
    assert_eq!(over.ended_at, trial.trial_end);
    let invoices = env.provider.list_invoices(&InvoiceList::newest(&trial.customer)).await.unwrap().invoices;
    assert!(invoices.iter().all(|invoice| invoice.total.minor == 0), "{invoices:?}");
}

async fn pending(env: &TestEnv, id: &str) -> Option<PendingChange> {
    env.provider.fetch_subscription(id).await.unwrap().unwrap().fetched().unwrap().pending
}

#[tokio::test]
async fn a_downgrade_in_stripes_portal_is_pending_and_can_be_dropped() {
    let env = TestEnv::start(ProviderKind::Stripe).await;
    let live = env.subscribe("acme", "pro", Cycle::Monthly).await;
    let change =
        |to: &str| PortalFlow::ConfirmChange { subscription: live.id.clone(), plan: plan(to), cycle: Cycle::Monthly };
    assert_eq!(env.confirm_in_portal(&live.customer, change("starter")).await, RETURN_URL);
    let expected = PendingChange { plan: plan("starter"), cycle: Cycle::Monthly, at: live.period_end };
    let starter = Money::new(900, Currency::USD);
    let next_payment = Some(NextPayment { amount: starter, at: live.period_end });
    let details = BillingDetails { next_payment, ..live.details.clone() };
    let waiting = FetchedSubscription { pending: Some(expected), details, ..live.clone() };
    assert_eq!(env.provider.fetch_subscription(&live.id).await.unwrap(), Some(fetched(waiting.clone())));
    assert_eq!(env.provider.list_subscriptions(&live.customer).await.unwrap(), [fetched(waiting)]);

    for _ in 0..2 {
        env.provider.drop_pending_change(&live.id).await.unwrap();
        assert_eq!(pending(&env, &live.id).await, None);
    }
    // A pending change does not prevent a cancellation.
    env.confirm_in_portal(&live.customer, change("starter")).await;
    env.provider.set_cancel_at_period_end(&live.id, PeriodEnd::Cancels(&CancellationReason::default())).await.unwrap();
    let ending = env.provider.fetch_subscription(&live.id).await.unwrap().unwrap().fetched().unwrap();
    assert_eq!((ending.pending, ending.cancel_at_period_end), (None, true));
}

#[tokio::test]
async fn a_pending_change_at_polar_is_fetched_and_can_be_dropped() {
    let env = TestEnv::start(ProviderKind::Polar).await;
    let live = env.subscribe("acme", "pro", Cycle::Monthly).await;
    env.schedule_polar_change(&live.id, "starter").await;
    let expected = PendingChange { plan: plan("starter"), cycle: Cycle::Monthly, at: live.period_end };
    assert_eq!(pending(&env, &live.id).await, Some(expected));
    for _ in 0..2 {
        env.provider.drop_pending_change(&live.id).await.unwrap();
        assert_eq!(pending(&env, &live.id).await, None);
    }
}
