//! After a sale: cancellations and their reversal, refunds, invoices, and the provider's list of events.

use billing::payment::{EventSubject, ProviderError, Refund};
use domain::{catalog::Cycle, invoice::InvoiceStatus, subscription::ProviderStatus, time::Timestamp};
use rstest::rstest;

use crate::{
    DAY_SECS,
    stand::{Stand, Which},
};

#[rstest]
#[case::stripe(Which::Stripe)]
#[case::polar(Which::Polar)]
#[tokio::test]
async fn an_end_with_the_period_can_be_set_and_taken_back_and_both_again(#[case] which: Which) {
    let stand = Stand::start(which).await;
    let live = stand.subscribed("acme", "pro", Cycle::Monthly).await;
    for ends in [true, true, false, false, true] {
        stand.provider.set_cancel_at_period_end(&live.id, ends).await.unwrap();
        let now = stand.provider.fetch_subscription(&live.id).await.unwrap().unwrap().fetched().unwrap();
        assert_eq!((now.cancel_at_period_end, now.status, now.period_end), (ends, live.status, live.period_end));
    }
    stand.clock.advance(32 * DAY_SECS);
    let over = stand.settled(&live.id, |it| it.status == ProviderStatus::Canceled).await;
    assert_eq!(over.ended_at, Some(live.period_end));
}

#[rstest]
#[case::stripe(Which::Stripe)]
#[case::polar(Which::Polar)]
#[tokio::test]
async fn what_the_portal_set_to_end_goes_on_when_that_is_taken_back(#[case] which: Which) {
    let stand = Stand::start(which).await;
    let live = stand.subscribed("acme", "pro", Cycle::Monthly).await;
    stand.cancel_in_portal(&live).await;
    stand.provider.set_cancel_at_period_end(&live.id, false).await.unwrap();
    stand.clock.advance(32 * DAY_SECS);
    let renewed = stand.settled(&live.id, |it| it.period_start == live.period_end).await;
    assert_eq!((renewed.status, renewed.cancel_at_period_end), (ProviderStatus::Active, false));
}

#[rstest]
#[case::stripe(Which::Stripe)]
#[case::polar(Which::Polar)]
#[tokio::test]
async fn what_was_paid_last_goes_back_once_however_often_it_is_asked_for(#[case] which: Which) {
    let stand = Stand::start(which).await;
    let live = stand.subscribed("acme", "pro", Cycle::Monthly).await;
    for _ in 0..3 {
        let refund = stand.provider.refund_latest(&live.id, live.started_at).await.unwrap();
        let Refund::Returned(money) = refund else { panic!("{refund:?}") };
        assert_eq!(money.exact(), "$29.00");
    }
    assert_eq!(stand.given_back().await, [2900], "once");
}

#[rstest]
#[case::stripe(Which::Stripe)]
#[case::polar(Which::Polar)]
#[tokio::test]
async fn what_was_paid_long_before_or_never_does_not_go_back(#[case] which: Which) {
    let stand = Stand::start(which).await;
    let live = stand.subscribed("acme", "pro", Cycle::Monthly).await;
    let refused = stand.provider.refund_latest(&live.id, live.started_at.plus_secs(2 * DAY_SECS)).await;
    let Err(ProviderError::Rejected { reason, .. }) = refused else { panic!("{refused:?}") };
    assert!(!reason.is_empty());
    for nothing in ["sub_nothing", "6f1de4d6-2c8b-4d3e-9d0b-1f6d3f1b7c11", "../refunds"] {
        // Polar returns no orders for an unknown subscription.
        match (which, stand.provider.refund_latest(nothing, live.started_at).await) {
            (Which::Stripe, Err(ProviderError::UnknownSubscription(_))) | (Which::Polar, Ok(Refund::NothingPaid)) => {}
            (_, refund) => panic!("{nothing}: {refund:?}"),
        }
    }
    assert_eq!(stand.given_back().await, [0_i64; 0]);
}

#[rstest]
#[case::stripe(Which::Stripe)]
#[case::polar(Which::Polar)]
#[tokio::test]
async fn invoices_are_listed_newest_first_with_what_was_charged(#[case] which: Which) {
    let stand = Stand::start(which).await;
    let live = stand.subscribed("acme", "pro", Cycle::Monthly).await;
    stand.subscribed("globex", "team", Cycle::Monthly).await;
    stand.clock.advance(32 * DAY_SECS);
    stand.settled(&live.id, |it| it.period_start == live.period_end).await;
    let invoices = stand.provider.list_invoices(&live.customer).await.unwrap();
    let [renewal, first] = invoices.as_slice() else { panic!("{invoices:?}") };
    for invoice in [renewal, first] {
        assert_eq!((invoice.total.exact(), invoice.status), ("$29.00".to_owned(), InvoiceStatus::Paid));
        assert!(invoice.number.is_some());
    }
    assert!(renewal.created_at > first.created_at);
    for nobody in ["cus_nobody", "6f1de4d6-2c8b-4d3e-9d0b-1f6d3f1b7c11", "../customers"] {
        let listed = stand.provider.list_invoices(nobody).await;
        assert!(matches!(listed, Err(ProviderError::UnknownCustomer(_))), "{nobody}: {listed:?}");
    }
}

#[tokio::test]
async fn the_list_of_events_at_stripe_tells_what_webhooks_told() {
    let stand = Stand::start(Which::Stripe).await;
    let before = Timestamp::from_secs(stand.now() - 1);
    let live = stand.subscribed("acme", "pro", Cycle::Monthly).await;
    let (_, body) = stand.webhook("customer.subscription.created").await;
    let told: serde_json::Value = serde_json::from_slice(&body).unwrap();
    let (mut events, mut after) = (Vec::new(), None);
    loop {
        let page = stand.provider.list_events(before, after.as_deref()).await.unwrap();
        events.extend(page.events);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let made = events.iter().find(|event| event.kind == "customer.subscription.created").unwrap();
    assert_eq!(made.subject, EventSubject::Subscription { id: live.id });
    assert_eq!(made.id, told["id"]);
    stand.clock.advance(DAY_SECS);
    let later = stand.provider.list_events(Timestamp::from_secs(stand.now()), None).await.unwrap();
    assert_eq!((later.events.len(), later.next), (0, None));
}

#[tokio::test]
async fn polar_has_no_list_of_events_to_read() {
    let stand = Stand::start(Which::Polar).await;
    let asked = stand.provider.list_events(Timestamp::from_secs(0), None).await;
    assert!(matches!(asked, Err(ProviderError::Unsupported)), "{asked:?}");
}
