//! Leaving, invoices, second payments, and what goes on with the provider.

use billing::{
    service::activity::Activity,
    store::{
        inbox::{EventState, ReceivedEvent},
        jobs::Task,
        troubled_jobs::TroubledJob,
    },
};
use domain::{
    invoice::{Invoice, InvoiceStatus},
    lifecycle::{Doubled, DoubledState, Drift, FoundBy, Terms},
    money::{Currency, Money},
    subscription::{Provider, ProviderStatus},
};

use super::{as_member, membership_page, on_pro, rendered, sound};
use crate::{
    fixture::{TODAY, at, pro},
    pages::{cancel, invoices, settings},
};

fn usd(minor: i64) -> Money {
    Money::new(minor, Currency::USD)
}

fn doubled(state: DoubledState) -> Doubled {
    Doubled {
        provider: Provider::Stripe,
        external_id: "sub_2".to_owned(),
        plan: "starter".parse().unwrap(),
        kept: "sub_1".to_owned(),
        state,
        refunded: (state == DoubledState::Refunded).then(|| usd(900)),
        reason: (state == DoubledState::Flagged).then(|| "This charge is disputed.".to_owned()),
        found_at: at(TODAY),
    }
}

#[test]
fn a_second_payment_is_told_with_what_became_of_the_money() {
    for (state, words) in [
        (DoubledState::Found, "what was paid for it goes back"),
        (DoubledState::Canceling, "what was paid for it goes back"),
        (DoubledState::Canceled, "Nothing had been paid for it"),
        (DoubledState::Refunded, "$9.00 went back to you"),
        (DoubledState::Flagged, "This charge is disputed."),
    ] {
        let mut view = on_pro();
        view.doubled = vec![doubled(state)];
        let html = membership_page(&view, "/membership");
        assert!(html.contains(words), "{state:?}: {html}");
    }
    let mut view = on_pro();
    view.doubled = vec![doubled(DoubledState::Dropped)];
    assert!(!membership_page(&view, "/membership").contains("paid beside"));
}

#[test]
fn leaving_is_asked_about_with_what_it_means() {
    let page = |view: &domain::wire::MembershipView| {
        let html = rendered("/membership/cancel", |asked| cancel::page(view, asked));
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
fn a_plan_that_ends_can_be_kept_with_one_click_by_those_who_may() {
    let mut view = on_pro();
    view.subscription =
        Some(domain::subscription::Subscription { cancel_at_period_end: true, ..pro(ProviderStatus::Active) });
    let html = membership_page(&view, "/membership?code=ending");
    assert!(html.contains("/rpc/resume-subscription") && html.contains("Keep Pro"), "{html}");
    assert!(html.contains("The plan is canceled") && !html.contains("href=\"/membership/cancel\""), "{html}");
    let html = membership_page(&as_member(view), "/membership");
    assert!(!html.contains("/rpc/resume-subscription"), "{html}");
}

#[test]
fn invoices_are_listed_with_their_pages_and_what_is_open_can_be_paid() {
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
    let page = |listed: &invoices::Listed| {
        let html = rendered("/membership/invoices", |asked| invoices::page(&on_pro(), listed, asked));
        sound(&html);
        html
    };
    let html = page(&invoices::Listed::These(vec![
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
    let bare = page(&invoices::Listed::These(vec![unlinked("A-4", Some(2900)), unlinked("A-3", Some(900))]));
    assert!(!bare.contains("Open"), "there is nothing to open: {bare}");
    assert!(bare.contains("Invoices, card and address at Stripe") && !html.contains("Invoices, card"), "{bare}");
    for words in ["</svg>given back", "paid", "$9.00 given back"] {
        assert!(bare.contains(words), "{words}: {bare}");
    }
    let mixed = page(&invoices::Listed::These(vec![invoice("A-6", InvoiceStatus::Paid), unlinked("A-5", None)]));
    assert_eq!(mixed.matches("data-label=\"Open\"").count(), 1, "{mixed}");
    assert!(page(&invoices::Listed::These(Vec::new())).contains("No invoices yet."));
    assert!(page(&invoices::Listed::NotNow).contains("Stripe does not answer"));
    assert!(page(&invoices::Listed::NotForMembers).contains("You are a member."));
}

#[test]
fn what_fails_what_came_and_what_was_mended_stand_in_tables() {
    let quiet = Activity {
        provider: Some(Provider::Stripe),
        asked_at: None,
        events: Vec::new(),
        troubled: Vec::new(),
        drift: Vec::new(),
        doubled: Vec::new(),
    };
    let page = |activity: &Activity| {
        let html = rendered("/settings/billing", |asked| {
            settings::billing::page(asked, on_pro().viewer, activity, Some(3600), at(TODAY))
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
        troubled: vec![TroubledJob {
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
            found_by: FoundBy::Walk,
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
