//! Cancellation, invoices, duplicate subscriptions and provider activity.

use billing::{
    service::subscription::activity::Activity,
    store::{
        job::{failed_jobs::FailedJob, jobs::Task},
        webhook::inbox::{EventState, ReceivedEvent},
    },
};
use domain::{
    money::{Currency, Money},
    subscription::{
        BillingDetails, CollectionPause, NextPayment, Provider, ProviderStatus, Subscription, UnmanagedReason,
        UnmanagedSubscription,
        invoice::{Invoice, InvoiceStatus},
        lifecycle::{Drift, DriftSource, DuplicateState, DuplicateSubscription, Terms},
    },
    wire::MembershipView,
};

use super::{as_member, membership_page, on_pro, rendered, sound};
use crate::{
    fixture::{ACME_USES, TODAY, at, pro, view},
    pages::{
        membership::{self, cancel, invoices},
        settings,
    },
};

fn usd(minor: i64) -> Money {
    Money::new(minor, Currency::USD)
}

fn duplicate(state: DuplicateState) -> DuplicateSubscription {
    DuplicateSubscription {
        provider: Provider::Stripe,
        external_id: "sub_2".to_owned(),
        plan: "starter".parse().unwrap(),
        kept_external_id: "sub_1".to_owned(),
        state,
        refunded: (state == DuplicateState::Refunded).then(|| usd(900)),
        reason: (state == DuplicateState::Flagged).then(|| "This charge is disputed.".to_owned()),
        found_at: at(TODAY),
    }
}

#[test]
fn a_duplicate_subscription_is_shown_with_its_refund() {
    for (state, words) in [
        (DuplicateState::Found, "what was paid for it goes back"),
        (DuplicateState::Canceling, "what was paid for it goes back"),
        (DuplicateState::Canceled, "Nothing had been paid for it"),
        (DuplicateState::Refunded, "$9.00 went back to you"),
        (DuplicateState::Flagged, "This charge is disputed."),
    ] {
        let mut view = on_pro();
        view.duplicates = vec![duplicate(state)];
        let html = membership_page(&view, "/membership");
        assert!(html.contains(words), "{state:?}: {html}");
    }
    let mut view = on_pro();
    view.duplicates = vec![duplicate(DuplicateState::Dropped)];
    assert!(!membership_page(&view, "/membership").contains("paid beside"));
}

#[test]
fn a_cancellation_asks_for_confirmation_and_explains_it() {
    let page = |view: &MembershipView| {
        let html = rendered("/membership/cancel", |req| cancel::page(view, req));
        sound(&html);
        html
    };
    let html = page(&on_pro());
    for words in [
        "Cancel Pro?",
        "/rpc/cancel-subscription",
        "Then this workspace is on Free",
        "Nothing is deleted. You use more than it allows on",
    ] {
        assert!(html.contains(words), "{words}: {html}");
    }
    let html = page(&as_member(on_pro()));
    assert!(html.contains("You are a member.") && !html.contains("/rpc/cancel-subscription"), "{html}");
}

#[test]
fn an_admin_can_withdraw_a_cancellation_with_one_click() {
    let mut view = on_pro();
    view.subscription = Some(Subscription { cancel_at_period_end: true, ..pro(ProviderStatus::Active) });
    let html = membership_page(&view, "/membership?code=ending");
    assert!(html.contains("/rpc/resume-subscription") && html.contains("Keep Pro"), "{html}");
    assert!(html.contains("The plan is canceled") && !html.contains("href=\"/membership/cancel\""), "{html}");
    let html = membership_page(&as_member(view), "/membership");
    assert!(!html.contains("/rpc/resume-subscription"), "{html}");
}

#[test]
fn invoices_are_listed_with_links_and_open_ones_can_be_paid() {
    let invoice = |number: &str, status| Invoice {
        id: format!("in_{number}"),
        number: Some(number.to_owned()),
        created_at: at(TODAY),
        total: usd(2900),
        status,
        refunded: None,
        url: Some("https://invoice.stripe.com/i/1".to_owned()),
        pdf_url: None,
    };
    let page = |listed: &invoices::InvoiceList| {
        let html = rendered("/membership/invoices", |req| invoices::page(&on_pro(), listed, req));
        sound(&html);
        html
    };
    let html = page(&invoices::InvoiceList::Found(vec![
        invoice("A-2", InvoiceStatus::Open),
        invoice("A-1", InvoiceStatus::Paid),
        invoice("A-0", InvoiceStatus::Void),
    ]));
    for words in ["A-1", "$29.00", "to be paid", "Pay", "void", "https://invoice.stripe.com/i/1"] {
        assert!(html.contains(words), "{words}: {html}");
    }
    assert_eq!(html.matches("data-label=\"Open\"").count(), 3, "{html}");
    let unlinked = |number, back: Option<i64>| Invoice {
        refunded: back.map(usd),
        url: None,
        ..invoice(number, InvoiceStatus::Paid)
    };
    let bare = page(&invoices::InvoiceList::Found(vec![unlinked("A-4", Some(2900)), unlinked("A-3", Some(900))]));
    assert!(!bare.contains("Open"), "there is nothing to open: {bare}");
    assert!(bare.contains("Invoices, card and address at Stripe") && !html.contains("Invoices, card"), "{bare}");
    for words in ["</svg>given back", "paid", "$9.00 given back"] {
        assert!(bare.contains(words), "{words}: {bare}");
    }
    let mixed = page(&invoices::InvoiceList::Found(vec![invoice("A-6", InvoiceStatus::Paid), unlinked("A-5", None)]));
    assert_eq!(mixed.matches("data-label=\"Open\"").count(), 1, "{mixed}");
    assert!(page(&invoices::InvoiceList::Found(Vec::new())).contains("No invoices yet."));
    assert!(page(&invoices::InvoiceList::Unavailable).contains("Stripe does not answer"));
    let said = "Stripe does not know this workspace's customer now.";
    let refused = page(&invoices::InvoiceList::Rejected(said.to_owned()));
    assert!(refused.contains("does not show the invoices now") && refused.contains("customer now."), "{refused}");
    assert!(!refused.contains("does not answer"), "{refused}");
    assert!(page(&invoices::InvoiceList::AdminsOnly).contains("You are a member."));
}

#[test]
fn failing_jobs_events_and_corrected_drift_are_listed() {
    let quiet = Activity {
        provider: Some(Provider::Stripe),
        asked_at: None,
        events: Vec::new(),
        troubled: Vec::new(),
        drift: Vec::new(),
        duplicates: Vec::new(),
    };
    let page = |activity: &Activity| {
        let html = rendered("/settings/billing", |req| {
            settings::billing::page(req, on_pro().viewer, activity, Some(3600), at(TODAY))
        });
        sound(&html);
        html
    };
    let html = page(&quiet);
    for words in ["Stripe has not been asked yet", "Nothing fails.", "Stripe has told of nothing yet."] {
        assert!(html.contains(words), "{words}: {html}");
    }

    let became = Terms { status: ProviderStatus::Canceled, ..Terms::from(&pro(ProviderStatus::Active)) };
    let busy = Activity {
        asked_at: Some(at(TODAY)),
        events: vec![ReceivedEvent {
            provider: Provider::Stripe,
            id: "evt_1".to_owned(),
            kind: "invoice.paid".to_owned(),
            state: EventState::Handled,
            received_at: at(TODAY),
            handled_at: Some(at(TODAY)),
        }],
        troubled: vec![FailedJob {
            id: "stripe customer of acme".to_owned(),
            task: Some(Task::Reconcile { tenant: "acme".parse().unwrap(), provider: Provider::Stripe }),
            attempts: 3,
            next_try: at(TODAY).plus_secs(60),
            error: "Stripe does not answer.".to_owned(),
            created_at: at(TODAY),
        }],
        drift: vec![Drift {
            provider: Provider::Stripe,
            external_id: "sub_1".to_owned(),
            was: Some(Terms::from(&pro(ProviderStatus::Active))),
            became,
            found_by: DriftSource::Reconciliation,
            found_at: at(TODAY),
        }],
        ..quiet
    };
    let html = page(&busy);
    for words in [
        "every hour",
        "invoice.paid",
        "handled 21:40",
        "Compare the subscription with Stripe",
        "3 times",
        "/rpc/try-again",
        "Stripe does not answer.",
        "Pro, active, until",
        "Pro, ended",
        "by comparing",
    ] {
        assert!(html.contains(words), "{words}: {html}");
    }
}

fn billed(details: BillingDetails) -> MembershipView {
    let subscription = Subscription { details, ..pro(ProviderStatus::Active) };
    view(Some(subscription), TODAY, &ACME_USES)
}

fn said(view: &MembershipView) -> String {
    let html = rendered("/membership", |req| membership::page(view, req)).replace('\u{a0}', " ");
    sound(&html);
    html
}

#[test]
fn only_amounts_and_dates_of_the_provider_are_stated() {
    let end = at("2026-02-01T00:00:00Z");
    let next = |minor| Some(NextPayment { amount: usd(minor), at: end });

    let of_five = said(&billed(BillingDetails {
        quantity: 5,
        is_adjusted: true,
        next_payment: next(14_500),
        ..BillingDetails::default()
    }));
    assert!(of_five.contains("$145.00") && !of_five.contains("$29.00</dd>"), "{of_five}");
    let free = said(&billed(BillingDetails { is_adjusted: true, next_payment: next(0), ..BillingDetails::default() }));
    assert!(free.contains("nothing is to be paid then") && !free.contains("The next payment of"), "{free}");
    let unknown = said(&billed(BillingDetails { is_adjusted: true, ..BillingDetails::default() }));
    assert!(
        unknown.contains("Stripe says what is charged then") && !unknown.contains("The next payment of"),
        "{unknown}"
    );
    let paused = CollectionPause { until: Some(at("2026-05-01T00:00:00Z")) };
    let paused = said(&billed(BillingDetails { collection_pause: Some(paused), ..BillingDetails::default() }));
    assert!(
        paused.contains("Stripe takes no payment for it until 1 May 2026.") && !paused.contains("The next payment of"),
        "{paused}"
    );

    let early = at("2026-01-22T00:00:00Z");
    let mut ending = billed(BillingDetails { cancel_at: Some(early), is_adjusted: true, ..BillingDetails::default() });
    ending.subscription.as_mut().unwrap().cancel_at_period_end = true;
    let html = said(&ending);
    assert!(html.contains("Pro ends on 22 Jan 2026") && !html.contains("until 1 Feb 2026"), "{html}");
    let late = BillingDetails {
        cancel_at: Some(at("2026-06-01T00:00:00Z")),
        next_payment: next(2900),
        ..BillingDetails::default()
    };
    let html = said(&billed(late));
    assert!(
        html.contains("Pro ends on 1 Jun 2026") && html.contains("The next payment of") && html.contains("Keep Pro"),
        "{html}"
    );
}

#[test]
fn unmanaged_subscriptions_are_shown_with_their_reason() {
    let mut view = billed(BillingDetails {
        also_included: vec!["Onboarding, $10.00 a month".to_owned()],
        ..BillingDetails::default()
    });
    view.unmanaged = UnmanagedReason::ALL
        .into_iter()
        .map(|reason| UnmanagedSubscription {
            provider: Provider::Stripe,
            external_id: format!("sub_{}", reason.as_str()),
            reason,
            described: "Support, $50.00 a month".to_owned(),
            detail: Some("thinking".to_owned()),
            first_seen_at: at(TODAY),
        })
        .collect();
    let html = said(&view);
    for words in [
        "Also at Stripe",
        "<b class=\"breaking\">Support, $50.00 a month.</b>",
        "No plan here sells it",
        "The plan that it had stays on until that is settled",
        "calls its state “thinking”",
        "can’t be read here",
    ] {
        assert!(html.contains(words), "{words}: {html}");
    }
    assert!(!html.contains("Onboarding"), "of a subscription that no plan sells, nothing is beside a plan: {html}");
    view.unmanaged.retain(|subscription| subscription.reason != UnmanagedReason::Moved);
    assert!(said(&view).contains("Onboarding, $10.00 a month"));
    assert!(!said(&billed(BillingDetails::default())).contains("Also at Stripe"), "nothing as a rule");
}
