//! After a sale: cancellations and their reversal, refunds, invoices, and the provider's list of events.

use billing::payment::{EventSubject, InvoiceList, PeriodEnd, ProviderError, Refund};
use domain::{
    catalog::Cycle,
    subscription::{ProviderStatus, cancellation::CancellationReason, invoice::InvoiceStatus},
    time::Timestamp,
};
use rstest::rstest;

use crate::{
    DAY_SECS,
    test_env::{ProviderKind, TestEnv},
};

#[rstest]
#[case::stripe(ProviderKind::Stripe)]
#[case::polar(ProviderKind::Polar)]
#[tokio::test]
async fn a_cancellation_at_period_end_can_be_set_and_cleared_repeatedly(#[case] which: ProviderKind) {
    let env = TestEnv::start(which).await;
    let live = env.subscribe("acme", "pro", Cycle::Monthly).await;
    let reason = CancellationReason::read("unused", "We don’t need it.");
    for ends in [true, true, false, false, true] {
        let end = if ends { PeriodEnd::Cancels(&reason) } else { PeriodEnd::Renews };
        env.provider.set_cancel_at_period_end(&live.id, end).await.unwrap();
        let now = env.provider.fetch_subscription(&live.id).await.unwrap().unwrap().fetched().unwrap();
        assert_eq!((now.cancel_at_period_end, now.status, now.period_end), (ends, live.status, live.period_end));
    }
    env.clock.advance(32 * DAY_SECS);
    let over =
        env.wait_for_subscription(&live.id, |subscription| subscription.status == ProviderStatus::Canceled).await;
    assert_eq!(over.ended_at, Some(live.period_end));
}

#[rstest]
#[case::stripe(ProviderKind::Stripe)]
#[case::polar(ProviderKind::Polar)]
#[tokio::test]
async fn a_cancellation_in_the_portal_can_be_cleared(#[case] which: ProviderKind) {
    let env = TestEnv::start(which).await;
    let live = env.subscribe("acme", "pro", Cycle::Monthly).await;
    env.cancel_in_portal(&live).await;
    env.provider.set_cancel_at_period_end(&live.id, PeriodEnd::Renews).await.unwrap();
    env.clock.advance(32 * DAY_SECS);
    let renewed =
        env.wait_for_subscription(&live.id, |subscription| subscription.period_start == live.period_end).await;
    assert_eq!((renewed.status, renewed.cancel_at_period_end), (ProviderStatus::Active, false));
}

#[rstest]
#[case::stripe(ProviderKind::Stripe)]
#[case::polar(ProviderKind::Polar)]
#[tokio::test]
async fn the_latest_payment_is_refunded_once(#[case] which: ProviderKind) {
    let env = TestEnv::start(which).await;
    let live = env.subscribe("acme", "pro", Cycle::Monthly).await;
    for _ in 0..3 {
        let refund = env.provider.refund_latest(&live.id, live.started_at).await.unwrap();
        let Refund::Returned(money) = refund else { panic!("{refund:?}") };
        assert_eq!(money.exact(), "$29.00");
    }
    assert_eq!(env.refunds().await, [2900], "once");
}

#[rstest]
#[case::stripe(ProviderKind::Stripe)]
#[case::polar(ProviderKind::Polar)]
#[tokio::test]
async fn an_old_or_missing_payment_is_not_refunded(#[case] which: ProviderKind) {
    let env = TestEnv::start(which).await;
    let live = env.subscribe("acme", "pro", Cycle::Monthly).await;
    let refused = env.provider.refund_latest(&live.id, live.started_at.plus_secs(2 * DAY_SECS)).await;
    let Err(ProviderError::Rejected { reason, .. }) = refused else { panic!("{refused:?}") };
    assert!(!reason.is_empty());
    for nothing in ["sub_nothing", "6f1de4d6-2c8b-4d3e-9d0b-1f6d3f1b7c11", "../refunds"] {
        // Polar returns no orders for an unknown subscription.
        match (which, env.provider.refund_latest(nothing, live.started_at).await) {
            (ProviderKind::Stripe, Err(ProviderError::UnknownSubscription(_)))
            | (ProviderKind::Polar, Ok(Refund::NothingPaid)) => {}
            (_, refund) => panic!("{nothing}: {refund:?}"),
        }
    }
    assert_eq!(env.refunds().await, [0_i64; 0]);
}

#[rstest]
#[case::stripe(ProviderKind::Stripe)]
#[case::polar(ProviderKind::Polar)]
#[tokio::test]
async fn invoices_are_listed_newest_first_with_their_totals(#[case] which: ProviderKind) {
    let env = TestEnv::start(which).await;
    let live = env.subscribe("acme", "pro", Cycle::Monthly).await;
    env.subscribe("globex", "team", Cycle::Monthly).await;
    env.clock.advance(32 * DAY_SECS);
    env.wait_for_subscription(&live.id, |subscription| subscription.period_start == live.period_end).await;
    let invoices = env.provider.list_invoices(&InvoiceList::newest(&live.customer)).await.unwrap().invoices;
    let [renewal, first] = invoices.as_slice() else { panic!("{invoices:?}") };
    for invoice in [renewal, first] {
        assert_eq!((invoice.total.exact(), invoice.status), ("$29.00".to_owned(), InvoiceStatus::Paid));
        assert!(invoice.number.is_some());
    }
    assert!(renewal.created_at > first.created_at);
    for unknown in ["cus_nobody", "6f1de4d6-2c8b-4d3e-9d0b-1f6d3f1b7c11", "../customers"] {
        let listed = env.provider.list_invoices(&InvoiceList::newest(unknown)).await;
        assert!(matches!(listed, Err(ProviderError::UnknownCustomer(_))), "{unknown}: {listed:?}");
    }
}

#[tokio::test]
async fn stripes_list_of_events_holds_the_webhooks_events() {
    let env = TestEnv::start(ProviderKind::Stripe).await;
    let before = Timestamp::from_secs(env.now() - 1);
    let live = env.subscribe("acme", "pro", Cycle::Monthly).await;
    let (_, body) = env.webhook("customer.subscription.created").await;
    let delivered: serde_json::Value = serde_json::from_slice(&body).unwrap();
    let (mut events, mut after) = (Vec::new(), None);
    loop {
        let page = env.provider.list_events(before, after.as_deref()).await.unwrap();
        events.extend(page.events);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let made = events.iter().find(|event| event.kind == "customer.subscription.created").unwrap();
    assert_eq!(made.subject, EventSubject::Subscription { id: live.id });
    assert_eq!(made.id, delivered["id"]);
    env.clock.advance(DAY_SECS);
    let later = env.provider.list_events(Timestamp::from_secs(env.now()), None).await.unwrap();
    assert_eq!((later.events.len(), later.next), (0, None));
}

#[tokio::test]
async fn polar_has_no_list_of_events() {
    let env = TestEnv::start(ProviderKind::Polar).await;
    let asked = env.provider.list_events(Timestamp::from_secs(0), None).await;
    assert!(matches!(asked, Err(ProviderError::Unsupported)), "{asked:?}");
}

#[rstest]
#[case::stripe(ProviderKind::Stripe)]
#[case::polar(ProviderKind::Polar)]
#[tokio::test]
async fn pages_of_invoices_lead_to_each_other(#[case] which: ProviderKind) {
    let env = TestEnv::start(which).await;
    let live = env.subscribe("acme", "pro", Cycle::Monthly).await;
    env.clock.advance(32 * DAY_SECS);
    env.wait_for_subscription(&live.id, |subscription| subscription.period_start == live.period_end).await;
    let page = async |cursor: Option<&str>| {
        env.provider.list_invoices(&InvoiceList { customer: &live.customer, limit: 1, cursor }).await
    };
    let first = page(None).await.unwrap();
    assert_eq!((first.invoices.len(), &first.newer), (1, &None));
    let second = page(first.older.as_deref()).await.unwrap();
    assert_eq!((second.invoices.len(), &second.older), (1, &None));
    assert_ne!(first.invoices, second.invoices);
    let back = page(second.newer.as_deref()).await.unwrap();
    assert_eq!(back.invoices, first.invoices);
    for none in ["", "x", "-1", "after-", "before-in_unknown"] {
        let answer = page(Some(none)).await;
        assert!(matches!(answer, Err(ProviderError::InvalidInput { .. })), "{none}: {answer:?}");
    }
}

#[rstest]
#[case::stripe(ProviderKind::Stripe)]
#[case::polar(ProviderKind::Polar)]
#[tokio::test]
async fn a_customers_profile_has_the_card_that_pays(#[case] which: ProviderKind) {
    let env = TestEnv::start(which).await;
    let live = env.subscribe("acme", "pro", Cycle::Monthly).await;
    let profile = env.provider.fetch_billing_profile(&live.customer, Some(&live.id)).await.unwrap();
    let method = profile.method.unwrap();
    let shown = (method.kind.as_str(), method.brand.as_deref(), method.last4.as_deref());
    assert_eq!(shown, ("card", Some("visa"), Some("4242")));
    assert!(method.expires.is_some() && profile.email.is_some() && profile.tax_ids.is_empty());
    for unknown in ["cus_nobody", "6f1de4d6-2c8b-4d3e-9d0b-1f6d3f1b7c11", "../customers"] {
        let fetched = env.provider.fetch_billing_profile(unknown, None).await;
        assert!(matches!(fetched, Err(ProviderError::UnknownCustomer(_))), "{unknown}: {fetched:?}");
    }
}

#[tokio::test]
async fn stripe_previews_the_next_invoice_and_polar_none() {
    let env = TestEnv::start(ProviderKind::Stripe).await;
    let live = env.subscribe("acme", "pro", Cycle::Monthly).await;
    let preview = async || env.provider.preview_next_invoice(&live.customer, &live.id).await;
    let next = preview().await.unwrap().unwrap();
    assert_eq!((next.due.exact(), next.lines.len(), next.at), ("$29.00".to_owned(), 1, Some(live.period_end)));
    assert_eq!((next.is_whole, next.discounts, next.others), (true, None, None));
    let foreign = env.provider.preview_next_invoice("cus_other", &live.id).await;
    assert!(matches!(foreign, Err(ProviderError::Decode(_))), "{foreign:?}");
    env.provider.set_cancel_at_period_end(&live.id, PeriodEnd::Cancels(&CancellationReason::default())).await.unwrap();
    assert_eq!(preview().await.unwrap(), None);
    let env = TestEnv::start(ProviderKind::Polar).await;
    let previewed = env.provider.preview_next_invoice("x", "x").await;
    assert!(matches!(previewed, Err(ProviderError::Unsupported)), "{previewed:?}");
}
