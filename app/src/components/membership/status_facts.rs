//! The subscription's status as facts: price, status, next date and payment method.

use domain::{
    catalog::Pricing,
    entitlement::overrides::PlanGrant,
    money::Money,
    subscription::{ProviderStatus, Subscription, SubscriptionStatus},
    time::Timestamp,
    wire::MembershipView,
};
use leptos::prelude::*;

use super::status::{ended, is_custom, plan_name};
use crate::{
    components::facts::{Fact, facts},
    wording::{capital, day, days_away},
};

fn fact(label: &'static str, figure: impl Into<String>, footnote: impl Into<String>) -> Fact {
    Fact { label, figure: figure.into(), footnote: footnote.into() }
}

/// Returns price, status, next date and payment method, as far as they exist.
pub(super) fn list_facts(view: &MembershipView) -> Vec<Fact> {
    match view.subscription.as_ref() {
        Some(subscription) if subscription.status.is_live() => paying(view, subscription),
        subscription => not_paying(view, subscription),
    }
}

fn not_paying(view: &MembershipView, subscription: Option<&Subscription>) -> Vec<Fact> {
    let nothing = || Money::new(0, view.catalog.currency).exact();
    let is_granted = view.entitlements.plan != view.catalog.free;
    let price = if view.entitlements.plan == view.catalog.free && !view.unmanaged.is_empty() {
        fact("Price", nothing(), "for the plan; what else there is stands below")
    } else if view.entitlements.plan == view.catalog.free {
        fact("Price", nothing(), "no card is asked for")
    } else if is_custom(view) {
        fact("Price", "By agreement", "not charged through this page")
    } else {
        fact("Price", nothing(), "granted to this workspace")
    };
    let until = match view.entitlements.granted_until {
        Some(until) => format!("until {}", day(until)),
        None if is_granted => "without an end".to_owned(),
        None => "for as long as you like".to_owned(),
    };
    let status = match view.entitlements.status {
        SubscriptionStatus::Canceled if !view.unmanaged.is_empty() => {
            fact("Status", "Canceled", "nothing more is charged for the plan")
        }
        SubscriptionStatus::Canceled => fact("Status", "Canceled", "nothing more is charged"),
        SubscriptionStatus::Active | SubscriptionStatus::PastDue => fact("Status", "Active", until),
    };
    let mut facts = vec![price, status];
    facts.extend(subscription.map(|subscription| {
        let plan = plan_name(view, subscription.plan.as_str());
        match subscription.status {
            ProviderStatus::Incomplete => fact("Ordered", plan, "the first payment is not finished"),
            ProviderStatus::IncompleteExpired => fact("Ordered", plan, "never paid, so it never started"),
            _ if subscription.past_due_since.is_some() => {
                fact("Ended", day(ended(subscription)), format!("{plan}, for want of a payment"))
            }
            _ => fact("Ended", day(ended(subscription)), format!("{plan} until then")),
        }
    }));
    facts
}

fn granted(view: &MembershipView, grant: &PlanGrant) -> Fact {
    let until = grant.until.map_or_else(|| "without an end".to_owned(), |until| format!("until {}", day(until)));
    fact("Granted", plan_name(view, grant.plan.as_str()), until)
}

fn paying(view: &MembershipView, subscription: &Subscription) -> Vec<Fact> {
    let price = price_fact(view, subscription);
    let since = |at: Timestamp| format!("since {}", day(at));
    let status = match subscription.status {
        ProviderStatus::Trialing => fact("Status", "Trial", since(subscription.started_at)),
        ProviderStatus::PastDue | ProviderStatus::Unpaid => {
            fact("Status", "Payment due", since(subscription.past_due_since.unwrap_or(subscription.period_start)))
        }
        ProviderStatus::Paused => fact("Status", "Paused", format!("at {}", subscription.provider.title())),
        ProviderStatus::Incomplete => fact("Status", "First payment not finished", "nothing is paid yet"),
        _ => fact("Status", "Active", since(subscription.started_at)),
    };
    let dated = |label, at: Timestamp| fact(label, day(at), days_away(view.now, at));
    let date = match (subscription.status, view.entitlements.grace_until) {
        (ProviderStatus::Incomplete, _) => {
            fact("Ordered", plan_name(view, subscription.plan.as_str()), format!("on {}", day(subscription.started_at)))
        }
        (ProviderStatus::PastDue | ProviderStatus::Unpaid, Some(until)) if view.entitlements.suspended.is_none() => {
            dated("Stays on until", until)
        }
        (ProviderStatus::PastDue | ProviderStatus::Unpaid, Some(until)) => dated("Limits fell", until),
        _ if subscription.cancel_at_period_end => dated("Ends", subscription.current_period_end()),
        _ if subscription.details.collection_pause.is_some() => {
            match subscription.details.collection_pause.and_then(|pause| pause.until) {
                Some(until) => fact("Collection", "Paused", format!("until {}", day(until))),
                None => fact("Collection", "Paused", format!("at {}", subscription.provider.title())),
            }
        }
        (ProviderStatus::Trialing, _) if subscription.pending.is_none() && subscription.details.is_invoiced => {
            dated("First invoice", subscription.period_end)
        }
        (ProviderStatus::Trialing, _) if subscription.pending.is_none() => {
            dated("First payment", subscription.period_end)
        }
        (ProviderStatus::Active, _) if subscription.period_end <= view.now => fact(
            "Payment",
            day(subscription.period_end),
            format!("not told of by {} yet", subscription.provider.title()),
        ),
        (ProviderStatus::Active | ProviderStatus::Trialing, _) => dated("Renews", subscription.period_end),
        _ => dated("Period ends", subscription.period_end),
    };
    let date = match subscription
        .pending
        .as_ref()
        .filter(|_| !subscription.cancel_at_period_end && view.entitlements.grace_until.is_none())
    {
        Some(pending) => fact("Changes", day(pending.at), format!("to {}", plan_name(view, pending.plan.as_str()))),
        None => date,
    };
    let date = match view.entitlements.unconditional_grant(&view.catalog).filter(|_| subscription.status.is_due()) {
        Some(grant) => granted(view, grant),
        None => date,
    };
    let mut facts = vec![price, status, date];
    facts.extend(subscription.payment_method.as_deref().map(|method| {
        fact("Pays with", method_title(method), format!("kept by {}, not by Dues", subscription.provider.title()))
    }));
    facts
}

/// Returns the price if the provider charges the plan's price, else the next invoice's amount if it is known.
fn price_fact(view: &MembershipView, subscription: &Subscription) -> Fact {
    let every = format!("a {}, before tax", subscription.cycle.unit());
    let is_custom = view.catalog.plan(subscription.plan.as_str()).is_some_and(|plan| plan.pricing == Pricing::Custom);
    match (view.price, subscription.details.next_payment) {
        (Some(price), _) => fact("Price", price.exact(), every),
        (None, Some(next)) if subscription.renews_at().is_some() => {
            let provider = subscription.provider.title();
            fact("Next invoice", next.amount.exact(), format!("on {}, as {provider} says", day(next.at)))
        }
        (None, _) if is_custom => fact("Price", "By agreement", every),
        (None, _) => fact("Price", format!("At {}", subscription.provider.title()), "its own page shows the sum"),
    }
}

/// Returns the title of a payment method type: `card` is "Card", `sepa_debit` "SEPA debit" (Stripe:
/// `PaymentMethod.type`).
fn method_title(method: &str) -> String {
    match method {
        "sepa_debit" => "SEPA debit".to_owned(),
        "us_bank_account" => "US bank account".to_owned(),
        "paypal" => "PayPal".to_owned(),
        other => capital(&other.replace('_', " ")),
    }
}

/// Renders the subscription's facts; also for the page after a payment.
pub(crate) fn status_facts(view: &MembershipView) -> AnyView {
    facts(list_facts(view)).into_any()
}
