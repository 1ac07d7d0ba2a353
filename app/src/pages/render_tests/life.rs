//! Cancellation, invoices, duplicate subscriptions and provider activity.

use billing::service::{
    subscription::{
        activity::{Activity, EventState, FailingJob, JobKind, ReceivedEvent},
        billing_overview::Fetched,
    },
    tenant::audit::AuditPage,
};
use domain::{
    money::{Currency, Money},
    subscription::{
        BillingDetails, CollectionPause, Discount, NextPayment, Off, Provider, ProviderStatus, RefundRefusal,
        Subscription, UnmanagedReason, UnmanagedSubscription,
        invoice::{Invoice, InvoicePage, InvoiceStatus},
        lifecycle::{Drift, DriftSource, DuplicateState, DuplicateSubscription, Terms},
    },
    wire::MembershipView,
};
use locales::installed;

use super::{
    as_member, membership_page, on_pro, rendered,
    shown::{assert_differences, assert_each_opening, assert_each_shown, assert_shown, assert_shown_with},
    sound,
};
use crate::{
    fixture::{ACME_USES, TODAY, at, pro, view},
    pages::{
        membership::{cancel, invoices},
        settings::{self, billing::BillingFacts},
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
    let page = |state: DuplicateState| {
        let mut view = on_pro();
        view.duplicates = vec![duplicate(state)];
        (format!("{state:?}"), membership_page(&view, "/membership"))
    };
    let states = [
        DuplicateState::Found,
        DuplicateState::Canceling,
        DuplicateState::Canceled,
        DuplicateState::Refunded,
        DuplicateState::Flagged,
    ];
    let without = membership_page(&on_pro(), "/membership");
    assert_differences("membership/duplicates", &without, states.map(page));
    for refusal in RefundRefusal::ALL {
        let mut view = on_pro();
        let reason = Some(refusal.as_str().to_owned());
        view.duplicates = vec![DuplicateSubscription { reason, ..duplicate(DuplicateState::Flagged) }];
        assert!(!membership_page(&view, "/membership").contains(refusal.as_str()), "{refusal:?} has words");
    }
    assert!(!page(DuplicateState::Dropped).1.contains("in addition to another subscription"));
}

#[test]
fn a_cancellation_asks_for_confirmation_and_explains_it() {
    let page = |view: &MembershipView| {
        let html = rendered("/membership/cancel", |req| cancel::page(view, req));
        sound(&html);
        html
    };
    let html = page(&on_pro());
    let member = page(&as_member(on_pro()));
    assert!(!member.contains("/rpc/cancel-subscription"), "{member}");
    assert_shown_with("membership/cancel", &html, [("member", member)]);
}

#[test]
fn an_admin_can_withdraw_a_cancellation_with_one_click() {
    let mut view = on_pro();
    view.subscription = Some(Subscription { cancel_at_period_end: true, ..pro(ProviderStatus::Active) });
    let html = membership_page(&view, "/membership?code=ending");
    assert!(html.contains("/rpc/resume-subscription") && !html.contains("href=\"/membership/cancel\""), "{html}");
    assert_differences("membership/canceled", &membership_page(&on_pro(), "/membership"), [("canceled", html)]);
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
        discount: None,
        tax: None,
        status,
        refunded: None,
        url: Some("https://invoice.stripe.com/i/1".to_owned()),
        pdf_url: None,
    };
    let page = |listed: Option<Fetched<InvoicePage>>| {
        let html = rendered("/membership/invoices", |req| invoices::page(&on_pro(), listed.as_ref(), req));
        sound(&html);
        html
    };
    let found = |invoices: Vec<Invoice>| Some(Fetched::Found(InvoicePage { invoices, ..InvoicePage::default() }));
    let html = page(found(vec![
        invoice("A-2", InvoiceStatus::Open),
        invoice("A-1", InvoiceStatus::Paid),
        invoice("A-0", InvoiceStatus::Void),
    ]));
    assert_eq!(html.matches("data-label=\"Open\"").count(), 3, "{html}");
    assert_shown("membership/invoices", &html);
    let taxed = Invoice { discount: Some(usd(500)), tax: Some(usd(463)), ..invoice("A-9", InvoiceStatus::Paid) };
    let taxed = page(found(vec![taxed]));
    assert!(taxed.contains("after a $5.00 discount") && taxed.contains("includes $4.63 in tax"), "{taxed}");
    let unlinked = |number, back: Option<i64>| Invoice {
        refunded: back.map(usd),
        url: None,
        ..invoice(number, InvoiceStatus::Paid)
    };
    let bare = page(found(vec![unlinked("A-4", Some(2900)), unlinked("A-3", Some(900))]));
    assert!(!bare.contains("Open"), "there is nothing to open: {bare}");
    let mixed = page(found(vec![invoice("A-6", InvoiceStatus::Paid), unlinked("A-5", None)]));
    assert_eq!(mixed.matches("data-label=\"Open\"").count(), 1, "{mixed}");
    let some = InvoicePage { newer: Some("before-in_6".to_owned()), ..InvoicePage::default() };
    let older = Some("after-in_1".to_owned());
    let amid = InvoicePage { invoices: vec![invoice("A-1", InvoiceStatus::Paid)], older, ..some.clone() };
    let said = "Stripe does not know this workspace's customer now.";
    assert_each_shown(
        "membership/invoice_lists",
        [
            ("invoices without links, refunded", bare),
            ("no invoices", page(found(Vec::new()))),
            ("a page amid the list", page(Some(Fetched::Found(amid)))),
            ("a page beyond the list", page(Some(Fetched::Found(some)))),
            ("no answer", page(Some(Fetched::Unavailable))),
            ("rejected", page(Some(Fetched::Rejected(said.to_owned())))),
            ("seen by a member", page(None)),
        ],
    );
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
        let html = rendered("/settings/billing/activity", |req| {
            settings::billing::activity::page(req, &on_pro().viewer, activity, Some(3600), at(TODAY))
        });
        sound(&html);
        html
    };
    let nothing_yet = page(&quiet);

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
        troubled: vec![FailingJob {
            id: "stripe customer of acme".to_owned(),
            kind: Some(JobKind::Reconcile(Provider::Stripe)),
            attempts: 3,
            next_try: Some(at(TODAY).plus_secs(60)),
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
    assert_shown_with("settings/billing_activity", &page(&busy), [("nothing happened yet", nothing_yet)]);
}

fn billed(details: BillingDetails) -> MembershipView {
    let subscription = Subscription { details, ..pro(ProviderStatus::Active) };
    view(Some(subscription), TODAY, &ACME_USES)
}

#[test]
fn only_amounts_and_dates_of_the_provider_are_stated() {
    let end = at("2026-02-01T00:00:00Z");
    let next = |minor| Some(NextPayment { amount: usd(minor), at: end });

    let page = |view: &MembershipView| membership_page(view, "/membership");

    let of_five = page(&billed(BillingDetails {
        quantity: 5,
        is_adjusted: true,
        next_payment: next(14_500),
        ..BillingDetails::default()
    }));
    assert!(of_five.contains("units of Pro"), "{of_five}");
    let free = page(&billed(BillingDetails { is_adjusted: true, next_payment: next(0), ..BillingDetails::default() }));
    let unknown = page(&billed(BillingDetails { is_adjusted: true, ..BillingDetails::default() }));
    let paused = CollectionPause { until: Some(at("2026-05-01T00:00:00Z")) };
    let paused = page(&billed(BillingDetails { collection_pause: Some(paused), ..BillingDetails::default() }));
    for html in [&free, &unknown, &paused] {
        assert!(!html.contains("The next payment of"), "{html}");
    }

    let early = at("2026-01-22T00:00:00Z");
    let mut ending = billed(BillingDetails { cancel_at: Some(early), is_adjusted: true, ..BillingDetails::default() });
    ending.subscription.as_mut().unwrap().cancel_at_period_end = true;
    let ending = page(&ending);
    assert!(!ending.contains("until 1\u{a0}Feb\u{a0}2026"), "{ending}");
    let late = BillingDetails {
        cancel_at: Some(at("2026-06-01T00:00:00Z")),
        next_payment: next(2900),
        ..BillingDetails::default()
    };
    assert_each_opening(
        "membership/billing_details",
        [
            ("five seats", of_five),
            ("nothing due", free),
            ("an unknown amount", unknown),
            ("collection paused", paused),
            ("ends before the period", ending),
            ("ends after the period", page(&billed(late))),
        ],
    );
}

#[test]
fn another_interval_is_stated_in_words_in_both_languages() {
    let mut quarterly =
        billed(BillingDetails { interval: Some("3 month".parse().unwrap()), ..BillingDetails::default() });
    quarterly.price = Some(usd(7500));
    let mut unpriced = quarterly.clone();
    unpriced.price = None;
    let facts = BillingFacts { overview: None, changes: AuditPage { entries: Vec::new(), next: None } };
    let billing =
        |view: &MembershipView| rendered("/settings/billing", |req| settings::billing::page(req, view, Some(&facts)));
    for (language, fact, priced, elsewhere) in [
        ("en", "every 3 months, before tax", "$75.00 every 3 months", "billed every 3 months by Stripe"),
        ("de", "alle 3 Monate, zzgl. Steuern", "75,00\u{a0}$ alle 3 Monate", "alle 3 Monate über Stripe abgerechnet"),
    ] {
        installed().get(language).unwrap().within(|| {
            let html = membership_page(&quarterly, "/membership");
            assert!(html.contains(fact) && !html.contains("a month, before tax"), "{html}");
            let html = billing(&quarterly);
            assert!(html.contains(priced), "{html}");
            let html = billing(&unpriced);
            assert!(html.contains(elsewhere), "{html}");
        });
    }
}

#[test]
fn discounts_are_stated_with_name_and_end() {
    let discount = |name: Option<&str>, off, until: Option<&str>| Discount {
        name: name.map(str::to_owned),
        off,
        until: until.map(at),
    };
    let html = membership_page(
        &billed(BillingDetails {
            is_adjusted: true,
            discounts: vec![
                discount(Some("SUMMER"), Off::Percent(2000), Some("2026-03-01T00:00:00Z")),
                discount(Some("Partner"), Off::Percent(250), None),
                discount(None, Off::Amount(usd(500)), Some("2026-03-01T00:00:00Z")),
                discount(None, Off::Amount(usd(100)), None),
            ],
            ..BillingDetails::default()
        }),
        "/membership",
    );
    for words in [
        "20% off with SUMMER until 1\u{a0}Mar\u{a0}2026<",
        "2.5% off with Partner<",
        "$5.00 off until 1\u{a0}Mar\u{a0}2026<",
        ">$1.00 off<",
    ] {
        assert!(html.contains(words), "{words}: {html}");
    }
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
            items: Vec::new(),
            detail: Some("thinking".to_owned()),
            first_seen_at: at(TODAY),
        })
        .collect();
    let page = |view: &MembershipView| membership_page(view, "/membership");
    let without = page(&billed(BillingDetails::default()));
    let html = page(&view);
    assert_differences("membership/unmanaged", &without, [("one for each reason", html.clone())]);
    assert!(!html.contains("Onboarding"), "of a subscription that no plan sells, nothing is beside a plan: {html}");
    view.unmanaged.retain(|subscription| subscription.reason != UnmanagedReason::Moved);
    assert!(page(&view).contains("Onboarding, $10.00 a month"));
    assert!(!without.contains("Also at Stripe"), "nothing as a rule");
}
