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
    (title(&view), lead(&view).plain())
}

#[test]
fn a_paid_plan_states_the_next_payment_and_its_date() {
    assert_eq!(
        said(Some(pro(ProviderStatus::Active)), TODAY),
        (
            "Acme Robotics is on Pro.".to_owned(),
            "The next payment of $29.00 is on 1 Feb 2026. No limit is near.".to_owned()
        )
    );
    let canceling = Subscription { cancel_at_period_end: true, ..pro(ProviderStatus::Active) };
    assert_eq!(
        said(Some(canceling), TODAY).1,
        "Pro stays on until 1 Feb 2026, then this workspace is on Free. Nothing is deleted. No limit is near."
    );
    assert_eq!(
        said(Some(pro(ProviderStatus::Trialing)), TODAY).1,
        "The trial runs until 1 Feb 2026, then $29.00 a month. Cancel before and nothing is charged. No limit is near."
    );
    let changing = Subscription { pending: Some(starter()), ..pro(ProviderStatus::Active) };
    assert_eq!(
        said(Some(changing), TODAY).1,
        "Pro stays on until 1 Feb 2026, then Starter, $9.00 a month. No limit is near."
    );
}

#[test]
fn an_unconfirmed_renewal_is_not_promised() {
    let (_, lead) = said(Some(pro(ProviderStatus::Active)), "2026-02-03T00:00:00Z");
    assert_eq!(
        lead,
        "A payment of $29.00 was due on 1 Feb 2026; Stripe has not said yet what came of it. No limit is near."
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
            "A payment of $29.00 is due. Pro stays on until 8 Feb 2026. Nothing is deleted.".to_owned()
        )
    );
    assert_eq!(
        said(Some(due), "2026-02-09T00:00:00Z"),
        (
            "Acme Robotics has the limits of Free.".to_owned(),
            "A payment of $29.00 is due. Pro is back the moment it is paid. Nothing is deleted.".to_owned()
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
        let words = "A payment of $29.00 for Pro is due. What holds is Team, which is granted until 20 Jul 2027. Nothing is deleted.";
        assert_eq!(lead(&view).plain(), words);
        let Fact { label, figure, footnote } = list_facts(&view).remove(2);
        assert_eq!((label, figure.as_str()), ("Granted", "Team"));
        assert_eq!(footnote.replace('\u{a0}', " "), "until 20 Jul 2027");
    }
    let lower = beside("starter", None, "2026-02-09T00:00:00Z");
    assert_eq!(
        lead(&lower).plain(),
        "A payment of $29.00 is due. Pro is back the moment it is paid. Nothing is deleted."
    );
}

/// Team with a pending payment: Pro is in force, and not by a grant.
#[test]
fn a_pending_plan_is_not_called_granted() {
    let team = Subscription { plan: "team".parse().unwrap(), ..pro(ProviderStatus::Active) };
    let awaited = Subscription { plan_before_due: Some("pro".parse().unwrap()), ..team.clone() };
    let view = view(Some(awaited), TODAY, &[]);
    assert_eq!(title(&view), "Acme Robotics is on Pro.");
    let words = lead(&view).plain();
    assert!(words.contains("Team begins once its payment has arrived.") && !words.contains("granted"), "{words}");
    let mut granted = crate::fixture::view(Some(Subscription { plan: "pro".parse().unwrap(), ..team }), TODAY, &[]);
    granted.entitlements.plan = "team".parse().unwrap();
    granted.entitlements.grant = Some(PlanGrant { plan: "team".parse().unwrap(), until: None });
    assert!(lead(&granted).plain().contains("Team is granted to this workspace; what is paid is Pro."));
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
        "The next invoice, of $29.00, is sent on 1 Feb 2026. No limit is near. An invoice of $9.00 is to be paid by 30 Jan 2026."
    );
}

#[test]
fn an_unmanaged_subscription_is_not_called_free_of_charge() {
    let mut view = view(Some(pro(ProviderStatus::Canceled)), TODAY, &[]);
    view.unmanaged = vec![UnmanagedSubscription {
        provider: domain::subscription::Provider::Stripe,
        external_id: "sub_2".to_owned(),
        reason: UnmanagedReason::NoPlan,
        described: "Support, $50.00 a month".to_owned(),
        detail: None,
        first_seen_at: at(TODAY),
    }];
    let [price, status] = [0, 1].map(|fact| list_facts(&view).remove(fact).footnote);
    assert_eq!(price, "for the plan; what else there is stands below");
    assert_eq!(status, "nothing more is charged for the plan");
}

#[test]
fn the_status_matches_the_api() {
    let status = |subscription| {
        let status = list_facts(&view(subscription, TODAY, &[])).remove(1);
        (status.figure, status.footnote)
    };
    let words = |figure: &str, footnote: &str| (figure.to_owned(), footnote.to_owned());
    assert_eq!(status(None), words("Active", "for as long as you like"));
    assert_eq!(status(Some(pro(ProviderStatus::Canceled))), words("Canceled", "nothing more is charged"));
    assert_eq!(status(Some(pro(ProviderStatus::IncompleteExpired))), words("Canceled", "nothing more is charged"));
    assert_eq!(
        status(Some(pro(ProviderStatus::Incomplete))),
        words("First payment not finished", "nothing is paid yet")
    );
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
            "Free costs nothing and asks for no card. No limit is near.".to_owned()
        )
    );
    let over = Subscription { ended_at: Some(at("2026-01-10T00:00:00Z")), ..pro(ProviderStatus::Canceled) };
    assert_eq!(
        said(Some(over), TODAY),
        (
            "Acme Robotics is on Free.".to_owned(),
            "Pro ended on 10 Jan 2026. Nothing was deleted. No limit is near.".to_owned()
        )
    );
    let unpaid = Subscription {
        ended_at: Some(at("2026-01-10T00:00:00Z")),
        past_due_since: Some(at("2026-01-03T00:00:00Z")),
        ..pro(ProviderStatus::Canceled)
    };
    assert_eq!(
        said(Some(unpaid), TODAY).1,
        "Pro ended on 10 Jan 2026, as a payment that was due on 3 Jan 2026 was never made. Nothing was deleted. No limit is near."
    );
    assert_eq!(
        said(Some(pro(ProviderStatus::Incomplete)), TODAY).1,
        "The first payment for Pro is not finished. Pro starts the moment it is. No limit is near."
    );
}

#[test]
fn only_existing_facts_are_listed() {
    let labels = |subscription| {
        list_facts(&view(subscription, TODAY, &[])).into_iter().map(|fact| fact.label).collect::<Vec<_>>()
    };
    assert_eq!(labels(Some(pro(ProviderStatus::Active))), ["Price", "Status", "Renews", "Pays with"]);
    assert_eq!(labels(None), ["Price", "Status"]);
    assert_eq!(labels(Some(pro(ProviderStatus::Canceled))), ["Price", "Status", "Ended"]);
    let canceling = Subscription { cancel_at_period_end: true, ..pro(ProviderStatus::Active) };
    assert_eq!(labels(Some(canceling)), ["Price", "Status", "Ends", "Pays with"]);
    assert_eq!(labels(Some(pro(ProviderStatus::Trialing))), ["Price", "Status", "First payment", "Pays with"]);
    let changing = Subscription { pending: Some(starter()), ..pro(ProviderStatus::Active) };
    assert_eq!(labels(Some(changing)), ["Price", "Status", "Changes", "Pays with"]);
}
