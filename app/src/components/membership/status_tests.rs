use domain::{
    catalog::Cycle,
    entitlement::overrides::PlanGrant,
    subscription::{NextPayment, SubscriptionStatus, UnmanagedReason, UnmanagedSubscription},
};

use super::*;
use crate::{
    components::{facts::Fact, membership::status_facts::list_facts},
    fixture::{TODAY, at, pro, view},
};

fn said(subscription: Option<Subscription>, now: &str) -> (String, String) {
    let view = view(subscription, now, &[]);
    (title(&view).into_owned(), words(&view))
}

/// The lead, with plain spaces in dates.
fn words(view: &MembershipView) -> String {
    lead(view).plain().replace('\u{a0}', " ")
}

#[test]
fn a_paid_plan_states_the_next_payment_and_its_date() {
    assert_eq!(
        said(Some(pro(ProviderStatus::Active)), TODAY),
        (
            "Acme Robotics is on Pro.".to_owned(),
            "The next payment of $29.00 is on 1 Feb 2026. Usage is within all limits.".to_owned()
        )
    );
    let canceling = Subscription { cancel_at_period_end: true, ..pro(ProviderStatus::Active) };
    assert_eq!(
        said(Some(canceling), TODAY).1,
        "Pro stays active until 1 Feb 2026, then this workspace moves to Free. Nothing is deleted. \
         Usage is within all limits."
    );
    assert_eq!(
        said(Some(pro(ProviderStatus::Trialing)), TODAY).1,
        "The trial runs until 1 Feb 2026, then you pay $29.00 a month. Cancel before then and you won’t be charged. \
         Usage is within all limits."
    );
    let changing = Subscription { pending: Some(starter()), ..pro(ProviderStatus::Active) };
    assert_eq!(
        said(Some(changing), TODAY).1,
        "Pro stays active until 1 Feb 2026, then this workspace moves to Starter. Starter costs $9.00 a month. \
         Usage is within all limits."
    );
}

#[test]
fn an_unconfirmed_renewal_is_not_promised() {
    let (_, lead) = said(Some(pro(ProviderStatus::Active)), "2026-02-03T00:00:00Z");
    assert_eq!(
        lead,
        "A payment of $29.00 was due on 1 Feb 2026. Stripe hasn’t confirmed it yet. Usage is within all limits."
    );
}

fn starter() -> PendingChange {
    PendingChange { plan: "starter".parse().unwrap(), cycle: Cycle::Monthly, at: at("2026-02-01T00:00:00Z") }
}

#[test]
fn a_due_payment_keeps_the_plan_during_grace() {
    let due = Subscription {
        past_due_since: Some(at("2026-02-01T00:00:00Z")),
        period_end: at("2026-03-01T00:00:00Z"),
        ..pro(ProviderStatus::PastDue)
    };
    assert_eq!(
        said(Some(due.clone()), "2026-02-03T00:00:00Z"),
        (
            "Acme Robotics is on Pro.".to_owned(),
            "A payment of $29.00 is overdue. Pro stays active until 8 Feb 2026. Nothing is deleted.".to_owned()
        )
    );
    assert_eq!(
        said(Some(due), "2026-02-09T00:00:00Z"),
        (
            "Acme Robotics is limited to the Free plan.".to_owned(),
            "A payment of $29.00 is overdue. Pro resumes as soon as it’s paid. Nothing is deleted.".to_owned()
        )
    );
}

/// Pro with a payment due since 1 February, beside a granted plan.
fn beside(granted: &str, until: Option<Timestamp>, now: &str) -> MembershipView {
    let due = Subscription { past_due_since: Some(at("2026-02-01T00:00:00Z")), ..pro(ProviderStatus::PastDue) };
    let mut view = view(Some(due), now, &[]);
    let grant = PlanGrant { plan: granted.parse().unwrap(), until };
    (view.entitlements.plan, view.entitlements.granted_until) = (grant.plan.clone(), until);
    view.entitlements.grant = Some(grant);
    view
}

#[test]
fn a_granted_plan_outlasts_the_grace_of_a_due_payment() {
    let until = Some(at("2027-07-20T00:00:00Z"));
    // Within the grace period, and after it.
    for now in ["2026-02-03T00:00:00Z", "2026-02-09T00:00:00Z"] {
        let view = beside("team", until, now);
        assert_eq!(title(&view), "Acme Robotics is on Team.");
        assert_eq!(
            words(&view),
            "A payment of $29.00 for Pro is overdue. Until it’s paid, this workspace is on Team (granted until \
             20 Jul 2027). Nothing is deleted."
        );
        let Fact { label, figure, footnote } = list_facts(&view).remove(2);
        assert_eq!((&*label, &*figure), ("Granted", "Team"));
        assert_eq!(footnote.replace('\u{a0}', " "), "until 20 Jul 2027");
    }
    let lower = beside("starter", None, "2026-02-09T00:00:00Z");
    assert_eq!(words(&lower), "A payment of $29.00 is overdue. Pro resumes as soon as it’s paid. Nothing is deleted.");
}

/// Team with a pending payment: Pro is in force, and not by a grant.
#[test]
fn a_pending_plan_is_not_called_granted() {
    let team = Subscription { plan: "team".parse().unwrap(), ..pro(ProviderStatus::Active) };
    let awaited = Subscription { plan_before_due: Some("pro".parse().unwrap()), ..team.clone() };
    let view = view(Some(awaited), TODAY, &[]);
    assert_eq!(title(&view), "Acme Robotics is on Pro.");
    let awaited = words(&view);
    assert!(awaited.contains("Team starts when the payment arrives.") && !awaited.contains("granted"), "{awaited}");
    let mut granted = crate::fixture::view(Some(Subscription { plan: "pro".parse().unwrap(), ..team }), TODAY, &[]);
    granted.entitlements.plan = "team".parse().unwrap();
    granted.entitlements.grant = Some(PlanGrant { plan: "team".parse().unwrap(), until: None });
    assert!(words(&granted).contains("Team has been granted to this workspace. You pay for Pro."));
}

#[test]
fn an_open_invoice_states_its_due_date() {
    let money = |minor| Money::new(minor, domain::money::Currency::USD);
    let mut subscription = pro(ProviderStatus::Active);
    subscription.details.is_invoiced = true;
    subscription.details.next_payment = Some(NextPayment { amount: money(2900), at: subscription.period_end });
    subscription.details.open_invoices =
        Some(OpenInvoices { amount: money(900), due_at: Some(at("2026-01-30T00:00:00Z")) });
    assert_eq!(
        said(Some(subscription), TODAY).1,
        "The next invoice, for $29.00, will be sent on 1 Feb 2026. Usage is within all limits. \
         An invoice for $9.00 is due by 30 Jan 2026."
    );
}

#[test]
fn an_unmanaged_subscription_is_not_called_free_of_charge() {
    let mut view = view(Some(pro(ProviderStatus::Canceled)), TODAY, &[]);
    view.unmanaged = vec![UnmanagedSubscription {
        provider: Provider::Stripe,
        external_id: "sub_2".to_owned(),
        reason: UnmanagedReason::NoPlan,
        described: "Support, $50.00 a month".to_owned(),
        items: Vec::new(),
        detail: None,
        first_seen_at: at(TODAY),
    }];
    let [price, status] = [0, 1].map(|fact| list_facts(&view).remove(fact).footnote);
    assert_eq!(price, "for the plan; other subscriptions are listed below");
    assert_eq!(status, "no further charges for the plan");
}

#[test]
fn the_status_matches_the_api() {
    let status = |subscription| {
        let status = list_facts(&view(subscription, TODAY, &[])).remove(1);
        (status.figure, status.footnote)
    };
    let words = |figure, footnote| (Cow::Borrowed(figure), Cow::Borrowed(footnote));
    assert_eq!(status(None), words("Active", "for as long as you like"));
    assert_eq!(status(Some(pro(ProviderStatus::Canceled))), words("Canceled", "no further charges"));
    assert_eq!(status(Some(pro(ProviderStatus::IncompleteExpired))), words("Canceled", "no further charges"));
    assert_eq!(status(Some(pro(ProviderStatus::Incomplete))), words("First payment incomplete", "nothing paid yet"));
    let mut granted = view(Some(pro(ProviderStatus::Canceled)), TODAY, &[]);
    (granted.entitlements.plan, granted.entitlements.status) = ("team".parse().unwrap(), SubscriptionStatus::Active);
    assert_eq!(list_facts(&granted).remove(1).figure, "Active");
}

#[test]
fn without_a_paid_plan_no_payment_is_asked_for() {
    assert_eq!(
        said(None, TODAY),
        (
            "Acme Robotics is on Free.".to_owned(),
            "Free costs nothing and doesn’t require a card. Usage is within all limits.".to_owned()
        )
    );
    let over = Subscription { ended_at: Some(at("2026-01-10T00:00:00Z")), ..pro(ProviderStatus::Canceled) };
    assert_eq!(
        said(Some(over), TODAY),
        (
            "Acme Robotics is on Free.".to_owned(),
            "Pro ended on 10 Jan 2026. Nothing was deleted. Usage is within all limits.".to_owned()
        )
    );
    let unpaid = Subscription {
        ended_at: Some(at("2026-01-10T00:00:00Z")),
        past_due_since: Some(at("2026-01-03T00:00:00Z")),
        ..pro(ProviderStatus::Canceled)
    };
    assert_eq!(
        said(Some(unpaid), TODAY).1,
        "Pro ended on 10 Jan 2026 because the payment due on 3 Jan 2026 wasn’t received. Nothing was deleted. \
         Usage is within all limits."
    );
    assert_eq!(
        said(Some(pro(ProviderStatus::Incomplete)), TODAY).1,
        "The first payment for Pro isn’t complete. Pro starts as soon as it’s paid. Usage is within all limits."
    );
}

#[test]
fn only_existing_facts_are_listed() {
    let labels = |subscription| {
        list_facts(&view(subscription, TODAY, &[])).into_iter().map(|fact| fact.label).collect::<Vec<_>>()
    };
    assert_eq!(labels(Some(pro(ProviderStatus::Active))), ["Price", "Status", "Renews", "Payment method"]);
    assert_eq!(labels(None), ["Price", "Status"]);
    assert_eq!(labels(Some(pro(ProviderStatus::Canceled))), ["Price", "Status", "Ended"]);
    let canceling = Subscription { cancel_at_period_end: true, ..pro(ProviderStatus::Active) };
    assert_eq!(labels(Some(canceling)), ["Price", "Status", "Ends", "Payment method"]);
    assert_eq!(labels(Some(pro(ProviderStatus::Trialing))), ["Price", "Status", "First payment", "Payment method"]);
    let changing = Subscription { pending: Some(starter()), ..pro(ProviderStatus::Active) };
    assert_eq!(labels(Some(changing)), ["Price", "Status", "Changes", "Payment method"]);
}
