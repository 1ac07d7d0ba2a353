//! The subscription's status as facts: price, status, next date and payment method.

use std::borrow::Cow;

use domain::{
    catalog::{Cycle, Pricing},
    entitlement::overrides::PlanGrant,
    money::Money,
    subscription::{ProviderStatus, Subscription, SubscriptionStatus},
    time::Timestamp,
    wire::MembershipView,
};
use leptos::prelude::*;
use locales::text;

use super::{
    seats_status::seats_fact,
    status::{capitalized, ended, is_custom, plan_name},
};
use crate::{
    components::facts::{Fact, facts},
    wording::{day, days_away, exact, interval, number},
};

fn fact(
    label: Cow<'static, str>,
    figure: impl Into<Cow<'static, str>>,
    footnote: impl Into<Cow<'static, str>>,
) -> Fact {
    Fact { label, figure: figure.into(), footnote: footnote.into() }
}

fn since(at: Timestamp) -> Cow<'static, str> {
    text!(facts_since, date = day(at))
}

/// Builds "until 30 Jun 2027", "no end date".
fn until(end: Option<Timestamp>) -> Cow<'static, str> {
    end.map_or_else(|| text!(facts_no_end), |end| text!(facts_until, date = day(end)))
}

fn at_provider(subscription: &Subscription) -> Cow<'static, str> {
    text!(facts_at, provider = subscription.provider.title())
}

/// Returns price, status, next date and payment method, as far as they exist.
pub(super) fn list_facts(view: &MembershipView) -> Vec<Fact> {
    match view.subscription.as_ref() {
        Some(subscription) if subscription.status.is_live() => paying(view, subscription),
        subscription => not_paying(view, subscription),
    }
}

fn not_paying(view: &MembershipView, subscription: Option<&Subscription>) -> Vec<Fact> {
    let nothing = || exact(Money::new(0, view.catalog.currency));
    let is_granted = view.entitlements.plan != view.catalog.free;
    let price = if view.entitlements.plan == view.catalog.free && !view.unmanaged.is_empty() {
        fact(text!(facts_price), nothing(), text!(facts_price_of_plan))
    } else if view.entitlements.plan == view.catalog.free {
        fact(text!(facts_price), nothing(), text!(facts_no_card))
    } else if is_custom(view) {
        fact(text!(facts_price), text!(facts_by_agreement), text!(facts_not_billed_here))
    } else {
        fact(text!(facts_price), nothing(), text!(facts_granted_here))
    };
    let active = match view.entitlements.granted_until {
        None if !is_granted => text!(facts_no_limit_in_time),
        granted_until => until(granted_until),
    };
    let status = match view.entitlements.status {
        SubscriptionStatus::Canceled if !view.unmanaged.is_empty() => {
            fact(text!(facts_status), text!(facts_canceled), text!(facts_no_charges_for_plan))
        }
        SubscriptionStatus::Canceled => fact(text!(facts_status), text!(facts_canceled), text!(facts_no_charges)),
        SubscriptionStatus::Active | SubscriptionStatus::PastDue => {
            fact(text!(facts_status), text!(facts_active), active)
        }
    };
    let mut facts = vec![price, status];
    facts.extend(subscription.map(|subscription| {
        let plan = plan_name(view, subscription.plan.as_str());
        match subscription.status {
            ProviderStatus::Incomplete => fact(text!(facts_ordered), plan, text!(facts_ordered_incomplete)),
            ProviderStatus::IncompleteExpired => fact(text!(facts_ordered), plan, text!(facts_ordered_never_paid)),
            _ if subscription.past_due_since.is_some() => {
                fact(text!(facts_ended), day(ended(subscription)), text!(facts_ended_unpaid, plan = plan))
            }
            _ => fact(text!(facts_ended), day(ended(subscription)), text!(facts_ended_plan, plan = plan)),
        }
    }));
    facts
}

fn granted(view: &MembershipView, grant: &PlanGrant) -> Fact {
    fact(text!(facts_granted), plan_name(view, grant.plan.as_str()), until(grant.until))
}

fn paying(view: &MembershipView, subscription: &Subscription) -> Vec<Fact> {
    let date = match view.entitlements.unconditional_grant(&view.catalog).filter(|_| subscription.status.is_due()) {
        Some(grant) => granted(view, grant),
        None => next_date(view, subscription),
    };
    let mut facts = vec![price_fact(view, subscription), status_fact(subscription), date];
    facts.extend(subscription.payment_method.as_deref().map(|method| {
        let kept_by = text!(facts_kept_by, provider = subscription.provider.title());
        fact(text!(facts_payment_method), method_title(method), kept_by)
    }));
    facts.extend(seats_fact(view));
    facts.extend(quantity_fact(view, subscription));
    facts
}

/// Returns how many units of a plan without seats are paid for; `None` for one.
fn quantity_fact(view: &MembershipView, subscription: &Subscription) -> Option<Fact> {
    let details = &subscription.details;
    let is_several = details.seats.is_none() && details.quantity != 1;
    let plan = plan_name(view, subscription.plan.as_str());
    is_several.then(|| fact(text!(facts_quantity), number(details.quantity), text!(facts_quantity_of, plan = plan)))
}

fn status_fact(subscription: &Subscription) -> Fact {
    let (status, footnote) = match subscription.status {
        ProviderStatus::Trialing => (text!(facts_trial), since(subscription.started_at)),
        ProviderStatus::PastDue | ProviderStatus::Unpaid => {
            (text!(facts_overdue), since(subscription.past_due_since.unwrap_or(subscription.period_start)))
        }
        ProviderStatus::Paused => (text!(facts_paused), at_provider(subscription)),
        ProviderStatus::Incomplete => (text!(facts_incomplete), text!(facts_nothing_paid)),
        _ => (text!(facts_active), since(subscription.started_at)),
    };
    fact(text!(facts_status), status, footnote)
}

/// Returns the date of the next change: a scheduled change, the end, the renewal, or the end of a grace period.
fn next_date(view: &MembershipView, subscription: &Subscription) -> Fact {
    let dated = |label, at: Timestamp| fact(label, day(at), days_away(view.now, at));
    if let Some(pending) = &subscription.pending
        && !subscription.cancel_at_period_end
        && view.entitlements.grace_until.is_none()
    {
        let plan = plan_name(view, pending.plan.as_str());
        return fact(text!(facts_changes), day(pending.at), text!(facts_changes_to, plan = plan));
    }
    match (subscription.status, view.entitlements.grace_until) {
        (ProviderStatus::Incomplete, _) => {
            let on = text!(facts_on, date = day(subscription.started_at));
            fact(text!(facts_ordered), plan_name(view, subscription.plan.as_str()), on)
        }
        (ProviderStatus::PastDue | ProviderStatus::Unpaid, Some(until)) if view.entitlements.suspended.is_none() => {
            dated(text!(facts_active_until), until)
        }
        (ProviderStatus::PastDue | ProviderStatus::Unpaid, Some(until)) => dated(text!(facts_suspended), until),
        _ if subscription.cancel_at_period_end => dated(text!(facts_ends), subscription.current_period_end()),
        _ if subscription.details.collection_pause.is_some() => {
            let end = subscription.details.collection_pause.and_then(|pause| pause.until);
            let footnote = end.map_or_else(|| at_provider(subscription), |end| until(Some(end)));
            fact(text!(facts_collection), text!(facts_paused), footnote)
        }
        (ProviderStatus::Trialing, _) if subscription.pending.is_none() && subscription.details.is_invoiced => {
            dated(text!(facts_first_invoice), subscription.period_end)
        }
        (ProviderStatus::Trialing, _) if subscription.pending.is_none() => {
            dated(text!(facts_first_payment), subscription.period_end)
        }
        (ProviderStatus::Active, _) if subscription.period_end <= view.now => {
            let unconfirmed = text!(facts_unconfirmed, provider = subscription.provider.title());
            fact(text!(facts_payment), day(subscription.period_end), unconfirmed)
        }
        (ProviderStatus::Active | ProviderStatus::Trialing, _) => dated(text!(facts_renews), subscription.period_end),
        _ => dated(text!(facts_period_ends), subscription.period_end),
    }
}

/// Returns the price if the provider charges the plan's price, else the next invoice's amount if it is known.
fn price_fact(view: &MembershipView, subscription: &Subscription) -> Fact {
    let every = || match (subscription.details.interval, subscription.cycle) {
        (Some(every), _) => text!(facts_every, every = interval(every)),
        (None, Cycle::Monthly) => text!(facts_monthly),
        (None, Cycle::Yearly) => text!(facts_yearly),
    };
    let provider = subscription.provider.title();
    let is_custom = view.catalog.plan(subscription.plan.as_str()).is_some_and(|plan| plan.pricing == Pricing::Custom);
    match (view.price, subscription.details.next_payment) {
        (Some(price), _) => fact(text!(facts_price), exact(price), every()),
        (None, Some(next)) if subscription.renews_at().is_some() => {
            let on = text!(facts_next_invoice_on, date = day(next.at), provider = provider);
            fact(text!(facts_next_invoice), exact(next.amount), on)
        }
        (None, _) if is_custom => fact(text!(facts_price), text!(facts_by_agreement), every()),
        (None, _) => fact(text!(facts_price), text!(facts_price_at, provider = provider), text!(facts_price_at_note)),
    }
}

/// Returns the title of a payment method type: `card` is "Card", `sepa_debit` "SEPA Direct Debit" (Stripe:
/// `PaymentMethod.type`). Another type is shown as the provider calls it.
pub(crate) fn method_title(method: &str) -> Cow<'static, str> {
    match method {
        "card" => text!(facts_card),
        "sepa_debit" => text!(facts_sepa_debit),
        "us_bank_account" => text!(facts_us_bank_account),
        "paypal" => "PayPal".into(),
        other => capitalized(&other.replace('_', " ")).into(),
    }
}

/// Renders the subscription's facts; also for the page after a payment.
pub(crate) fn status_facts(view: &MembershipView) -> AnyView {
    facts(list_facts(view)).into_any()
}
