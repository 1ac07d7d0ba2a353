//! The subscription's status in words: title and lead sentence.

use std::borrow::Cow;

use domain::{
    catalog::{Cycle, Pricing},
    ids::PlanId,
    money::Money,
    subscription::{OpenInvoices, PendingChange, Provider, ProviderStatus, Subscription},
    time::Timestamp,
    wire::MembershipView,
};
use locales::{Rich, rich, text};

use crate::{
    components::membership::plan_card::limits_exceeded,
    wording::{day, exact, limits_sentence, name, price, price_of, reached_and_near},
};

/// Returns a plan's name; the id if the catalog does not know it.
pub(crate) fn plan_name(view: &MembershipView, id: &str) -> String {
    view.catalog.plan(id).map_or_else(|| id.to_owned(), |plan| name(&plan.name))
}

/// Returns the plan that applies without payment.
pub(super) fn fallback_plan(view: &MembershipView) -> &PlanId {
    view.entitlements.grant.as_ref().map_or(&view.catalog.free, |grant| &grant.plan)
}

/// Names the plan that applies without payment: "Free", or "Team (granted until 30 Jun 2027)".
pub(crate) fn fallback(view: &MembershipView) -> String {
    let plan = plan_name(view, fallback_plan(view).as_str());
    match view.entitlements.grant.as_ref().map(|grant| grant.until) {
        Some(Some(until)) => text!(status_fallback_granted_until, plan = plan, date = day(until)).into_owned(),
        Some(None) => text!(status_fallback_granted, plan = plan).into_owned(),
        None => plan,
    }
}

/// Counts the limits of the fallback plan that are below the current usage.
pub(crate) fn above_fallback(view: &MembershipView) -> usize {
    view.catalog.plan(fallback_plan(view).as_str()).map_or(0, |plan| limits_exceeded(view, plan))
}

/// Builds "Acme Robotics is on Pro."
pub(crate) fn title(view: &MembershipView) -> Cow<'static, str> {
    let workspace = &view.viewer.current_membership.tenant_name;
    let plan = plan_name(view, view.entitlements.plan.as_str());
    if view.entitlements.suspended.is_some() && view.entitlements.unconditional_grant(&view.catalog).is_none() {
        text!(status_title_suspended, workspace = workspace, plan = plan)
    } else {
        text!(status_title, workspace = workspace, plan = plan)
    }
}

/// Returns the amount due; `None` if the provider does not report it.
pub(super) fn amount_due(subscription: &Subscription) -> Option<String> {
    subscription.due.map(exact)
}

/// Appends a sentence.
fn followed_by(sentence: Rich, next: impl Into<Rich>) -> Rich {
    sentence.then(" ").and(next.into())
}

/// Builds the lead: the plan's status and an open invoice.
pub(crate) fn lead(view: &MembershipView) -> Rich {
    let lead = lead_of_plan(view);
    let open = view.subscription.as_ref().filter(|subscription| subscription.status.is_live());
    match open.and_then(|subscription| subscription.details.open_invoices) {
        Some(OpenInvoices { amount, due_at: Some(at) }) => {
            followed_by(lead, rich!(status_open_invoice_due, amount = exact(amount), date = day(at)))
        }
        Some(OpenInvoices { amount, due_at: None }) => {
            followed_by(lead, rich!(status_open_invoice, amount = exact(amount)))
        }
        None => lead,
    }
}

fn lead_of_plan(view: &MembershipView) -> Rich {
    let Some(subscription) = &view.subscription else { return with_limits(view, without_subscription(view)) };
    let plan = plan_name(view, subscription.plan.as_str());
    let lead = match subscription.status {
        ProviderStatus::Active | ProviderStatus::Trialing if subscription.cancel_at_period_end => {
            let date = day(subscription.current_period_end());
            rich!(status_ending, plan = plan, date = date, fallback = fallback(view))
        }
        ProviderStatus::Active | ProviderStatus::Trialing if subscription.pending.is_some() => {
            changing(view, subscription)
        }
        ProviderStatus::Active | ProviderStatus::Trialing if subscription.details.collection_pause.is_some() => {
            followed_by(text!(status_active, plan = plan).into(), paused(subscription))
        }
        ProviderStatus::Active if subscription.period_end <= view.now => unconfirmed(subscription),
        ProviderStatus::Active => active(view, subscription, &plan),
        ProviderStatus::Trialing => trial(subscription, view.price),
        ProviderStatus::PastDue | ProviderStatus::Unpaid => return overdue(view, subscription, &plan),
        ProviderStatus::Incomplete => text!(status_incomplete, plan = plan).into(),
        ProviderStatus::IncompleteExpired => text!(status_never_paid, plan = plan).into(),
        ProviderStatus::Paused => text!(status_paused, plan = plan, provider = subscription.provider.title()).into(),
        ProviderStatus::Canceled => match subscription.past_due_since {
            Some(due) => rich!(status_ended_unpaid, plan = plan, date = day(ended(subscription)), due = day(due)),
            None => rich!(status_ended, plan = plan, date = day(ended(subscription))),
        },
    };
    with_limits(view, lead)
}

/// Appends how many limits are reached.
fn with_limits(view: &MembershipView, lead: Rich) -> Rich {
    let (reached, near) = reached_and_near(&view.catalog, &view.usage);
    followed_by(lead, limits_sentence(reached, near))
}

fn active(view: &MembershipView, subscription: &Subscription, plan: &str) -> Rich {
    let ends_later = subscription.ends_at().map(|at| text!(status_ends_later, plan = plan, date = day(at)));
    [ends_later, grant_note(view, subscription)]
        .into_iter()
        .flatten()
        .fold(next_payment(subscription, plan), followed_by)
}

/// Builds the sentence on the next payment, as reported by the provider.
fn next_payment(subscription: &Subscription, plan: &str) -> Rich {
    match subscription.details.next_payment {
        Some(next) if subscription.details.is_invoiced && next.amount.minor > 0 => {
            rich!(status_next_invoice, amount = exact(next.amount), date = day(next.at))
        }
        Some(next) if next.amount.minor > 0 => {
            rich!(status_next_payment, amount = exact(next.amount), date = day(next.at))
        }
        Some(next) => rich!(status_renews_free, plan = plan, date = day(next.at)),
        None => {
            let provider = subscription.provider.title();
            rich!(status_renews, plan = plan, date = day(subscription.period_end), provider = provider)
        }
    }
}

/// Builds the sentence on a payment whose date has passed, and whose outcome the provider has not reported.
fn unconfirmed(subscription: &Subscription) -> Rich {
    let (date, provider) = (day(subscription.period_end), subscription.provider.title());
    match subscription.details.next_payment {
        Some(next) => {
            let amount = exact(next.amount);
            rich!(status_payment_unconfirmed, amount = amount, date = date, provider = provider)
        }
        None => rich!(status_payment_unconfirmed_unknown, date = date, provider = provider),
    }
}

fn overdue(view: &MembershipView, subscription: &Subscription, plan: &str) -> Rich {
    let amount = amount_due(subscription);
    if view.entitlements.unconditional_grant(&view.catalog).is_some() {
        let open = match amount {
            Some(amount) => rich!(status_overdue_for, amount = amount, plan = plan),
            None => text!(status_overdue_for_unknown, plan = plan).into(),
        };
        return followed_by(open, text!(status_overdue_granted, fallback = fallback(view)));
    }
    let open = match amount {
        Some(amount) => rich!(status_overdue, amount = amount),
        None => text!(status_overdue_unknown).into(),
    };
    match (&view.entitlements.suspended, view.entitlements.grace_until) {
        (None, Some(until)) => {
            let plan = plan_name(view, view.entitlements.plan.as_str());
            followed_by(open, rich!(status_overdue_grace, plan = plan, date = day(until)))
        }
        _ => followed_by(open, text!(status_overdue_suspended, plan = plan)),
    }
}

/// Builds "Payments are paused at Stripe. You won’t be charged until 1 Mar 2026."
pub(crate) fn paused(subscription: &Subscription) -> Cow<'static, str> {
    let provider = subscription.provider.title();
    match subscription.details.collection_pause.and_then(|pause| pause.until) {
        Some(until) => text!(status_collection_paused_until, provider = provider, date = day(until)),
        None => text!(status_collection_paused, provider = provider),
    }
}

fn trial(subscription: &Subscription, listed: Option<Money>) -> Rich {
    let date = day(subscription.trial_end.unwrap_or(subscription.period_end));
    match subscription.details.next_payment.map(|next| next.amount) {
        Some(amount) if amount.minor == 0 => rich!(status_trial_free, date = date),
        Some(amount) if subscription.details.is_invoiced => {
            rich!(status_trial_invoice, date = date, amount = exact(amount))
        }
        Some(amount) if listed == Some(amount) => {
            rich!(status_trial_price, date = date, price = price_of(amount, subscription))
        }
        Some(amount) => rich!(status_trial_amount, date = date, amount = exact(amount)),
        None => rich!(status_trial, date = date, provider = subscription.provider.title()),
    }
}

/// Builds "Pro stays active until 1 Feb 2026, then this workspace moves to Starter. Starter costs $9.00 a month." for a
/// scheduled change.
fn changing(view: &MembershipView, subscription: &Subscription) -> Rich {
    let Some(pending) = &subscription.pending else { return Rich::default() };
    let (plan, date) = (plan_name(view, subscription.plan.as_str()), day(pending.at));
    let change = match changed_cycle(subscription, pending) {
        Some(Cycle::Monthly) => rich!(status_changing_to_monthly, plan = plan, date = date),
        Some(Cycle::Yearly) => rich!(status_changing_to_yearly, plan = plan, date = date),
        None => rich!(status_changing, plan = plan, date = date, next = plan_name(view, pending.plan.as_str())),
    };
    next_price(view, subscription, pending).into_iter().fold(change, followed_by)
}

/// Returns the new cycle if the plan stays the same.
pub(super) fn changed_cycle(subscription: &Subscription, pending: &PendingChange) -> Option<Cycle> {
    (pending.plan == subscription.plan).then_some(pending.cycle)
}

/// Builds "Starter costs $9.00 a month." if the next invoice is for the listed price, "The first invoice after the change
/// is $12.00." if it is for another amount. `None` if the amount is unknown.
pub(super) fn next_price(
    view: &MembershipView,
    subscription: &Subscription,
    pending: &PendingChange,
) -> Option<Cow<'static, str>> {
    // The next invoice covers the change only if its date matches.
    let next = subscription.details.next_payment.filter(|next| next.at.days_until(pending.at).abs() <= 1)?;
    let listed = view.catalog.plan(pending.plan.as_str()).and_then(|plan| match &plan.seats {
        Some(_) => subscription.price_on(plan, pending.cycle, view.catalog.currency),
        None => plan.price(pending.cycle, view.catalog.currency),
    });
    Some(if listed != Some(next.amount) {
        text!(status_first_invoice, amount = exact(next.amount))
    } else if changed_cycle(subscription, pending).is_some() {
        text!(status_next_price_of_cycle, price = price(next.amount, pending.cycle))
    } else {
        let plan = plan_name(view, pending.plan.as_str());
        text!(status_next_price, plan = plan, price = price(next.amount, pending.cycle))
    })
}

/// Explains why the plan in force is not the ordered plan: a payment is awaited, or the plan was granted. `None` if
/// there is nothing to explain.
fn grant_note(view: &MembershipView, subscription: &Subscription) -> Option<Cow<'static, str>> {
    if view.entitlements.plan == subscription.plan {
        return None;
    }
    let (granted, paid) =
        (plan_name(view, view.entitlements.plan.as_str()), plan_name(view, subscription.plan.as_str()));
    if view.entitlements.grant.as_ref().is_none_or(|grant| grant.plan != view.entitlements.plan) {
        return subscription.plan_before_due.as_ref().map(|_| text!(status_starts_when_paid, plan = paid));
    }
    Some(match view.entitlements.granted_until {
        Some(until) => text!(status_granted_above_paid_until, granted = granted, date = day(until), paid = paid),
        None => text!(status_granted_above_paid, granted = granted, paid = paid),
    })
}

/// Writes a provider's term or a plan's id, which has no text in the catalog, with a capital letter.
pub(crate) fn capitalized(term: &str) -> String {
    let mut letters = term.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

pub(crate) fn ended(subscription: &Subscription) -> Timestamp {
    subscription.ended_at.unwrap_or(subscription.period_end)
}

fn without_subscription(view: &MembershipView) -> Rich {
    let plan = plan_name(view, view.entitlements.plan.as_str());
    if view.entitlements.plan != view.catalog.free {
        let granted = match view.entitlements.granted_until {
            Some(until) => rich!(status_granted_until, plan = plan, date = day(until)),
            None => text!(status_granted, plan = plan).into(),
        };
        let charged = if is_custom(view) { text!(status_granted_custom) } else { text!(status_granted_free) };
        followed_by(granted, charged)
    } else if view.provider.is_some() {
        text!(status_free, plan = plan).into()
    } else {
        text!(status_no_provider).into()
    }
}

/// Whether the plan in force is priced by agreement.
pub(crate) fn is_custom(view: &MembershipView) -> bool {
    view.catalog.plan(view.entitlements.plan.as_str()).is_some_and(|plan| plan.pricing == Pricing::Custom)
}

/// Returns the title of the subscription's provider, else of the provider for new payments, else a general term.
pub(crate) fn provider_title(view: &MembershipView) -> Cow<'static, str> {
    provider_of(view).map_or_else(|| text!(status_payment_provider), |provider| provider.title().into())
}

/// Returns the provider of the subscription, else the configured one.
pub(crate) fn provider_of(view: &MembershipView) -> Option<Provider> {
    view.subscription.as_ref().map(|subscription| subscription.provider).or(view.provider)
}

pub(crate) fn only_an_admin(view: &MembershipView) -> Cow<'static, str> {
    text!(status_only_admins, workspace = &view.viewer.current_membership.tenant_name)
}

#[cfg(test)]
#[path = "status_tests.rs"]
mod tests;
