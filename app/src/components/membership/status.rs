//! The subscription's status in words: title and lead sentence.

use domain::{
    catalog::Pricing,
    money::Money,
    subscription::{OpenInvoices, PendingChange, ProviderStatus, Subscription},
    time::Timestamp,
    wire::MembershipView,
};

use crate::{
    components::membership::plan_card::limits_exceeded,
    wording::{Sentence, day, limits_sentence, reached_and_near},
};

/// Returns a plan's name; the id if the catalog does not know it.
pub(crate) fn plan_name(view: &MembershipView, id: &str) -> String {
    view.catalog.plan(id).map_or_else(|| id.to_owned(), |plan| plan.name.clone())
}

/// Names the plan that applies without payment: "Free", or "Team, which is granted until 30 Jun 2027".
pub(crate) fn fallback(view: &MembershipView) -> String {
    let Some(grant) = &view.entitlements.grant else { return plan_name(view, view.catalog.free.as_str()) };
    let plan = plan_name(view, grant.plan.as_str());
    match grant.until {
        Some(until) => format!("{plan}, which is granted until {}", day(until)),
        None => format!("{plan}, which is granted"),
    }
}

/// Counts the limits of the fallback plan that are below the current usage.
pub(crate) fn above_fallback(view: &MembershipView) -> usize {
    let plan = view.entitlements.grant.as_ref().map_or(&view.catalog.free, |grant| &grant.plan);
    view.catalog.plan(plan.as_str()).map_or(0, |plan| limits_exceeded(view, plan))
}

/// Builds "Acme Robotics is on Pro."
pub(crate) fn title(view: &MembershipView) -> String {
    let workspace = &view.viewer.current_membership.tenant_name;
    let plan = plan_name(view, view.entitlements.plan.as_str());
    if view.entitlements.suspended.is_some() && view.entitlements.unconditional_grant(&view.catalog).is_none() {
        format!("{workspace} has the limits of {plan}.")
    } else {
        format!("{workspace} is on {plan}.")
    }
}

/// Returns the amount due; `None` if the provider does not report it.
pub(crate) fn due_words(subscription: &Subscription) -> Option<String> {
    subscription.due.map(Money::exact)
}

/// Builds "A payment of $29.00", or "A payment" for an unknown amount.
fn payment(amount: Option<String>) -> Sentence {
    match amount {
        Some(amount) => Sentence::new("A payment of ").bold(amount),
        None => Sentence::new("A payment"),
    }
}

/// Builds the lead: the plan's status and an open invoice.
pub(crate) fn lead(view: &MembershipView) -> Sentence {
    let lead = lead_of_plan(view);
    match view
        .subscription
        .as_ref()
        .and_then(|subscription| subscription.details.open_invoices.filter(|_| subscription.status.is_live()))
    {
        Some(OpenInvoices { amount, due_at: Some(at) }) => {
            lead.then(" An invoice of ").bold(amount.exact()).then(" is to be paid by ").bold(day(at)).then(".")
        }
        Some(OpenInvoices { amount, due_at: None }) => {
            lead.then(" An invoice of ").bold(amount.exact()).then(" is to be paid.")
        }
        None => lead,
    }
}

fn lead_of_plan(view: &MembershipView) -> Sentence {
    let (reached, near) = reached_and_near(&view.catalog, &view.usage);
    let limits = limits_sentence(reached, near);
    let Some(subscription) = &view.subscription else { return without_subscription(view, &limits) };
    let plan = plan_name(view, subscription.plan.as_str());
    match subscription.status {
        ProviderStatus::Active | ProviderStatus::Trialing if subscription.cancel_at_period_end => {
            Sentence::new(format!("{plan} stays on until "))
                .bold(day(subscription.current_period_end()))
                .then(format!(", then this workspace is on {}. Nothing is deleted. {limits}", fallback(view)))
        }
        ProviderStatus::Active | ProviderStatus::Trialing if subscription.pending.is_some() => {
            changing(view, subscription, &limits)
        }
        ProviderStatus::Active | ProviderStatus::Trialing if subscription.details.collection_pause.is_some() => {
            Sentence::new(format!("{plan} is on. {} {limits}", paused(subscription)))
        }
        ProviderStatus::Active if subscription.period_end <= view.now => {
            payment(subscription.details.next_payment.map(|next| next.amount.exact()))
                .then(" was due on ")
                .bold(day(subscription.period_end))
                .then(format!("; {} has not said yet what came of it. {limits}", subscription.provider.title()))
        }
        ProviderStatus::Active => next_payment(subscription).then(format!(
            " {}{}{limits}",
            ends_later(subscription, &plan),
            grant_note(view, subscription)
        )),
        ProviderStatus::Trialing => trial(subscription, view.price, &limits),
        ProviderStatus::PastDue | ProviderStatus::Unpaid => {
            let open = payment(due_words(subscription));
            match (&view.entitlements.suspended, view.entitlements.grace_until) {
                _ if view.entitlements.unconditional_grant(&view.catalog).is_some() => {
                    open.then(format!(" for {plan} is due. What holds is {}. Nothing is deleted.", fallback(view)))
                }
                (None, Some(until)) => {
                    let plan = plan_name(view, view.entitlements.plan.as_str());
                    open.then(format!(" is due. {plan} stays on until ")).bold(day(until)).then(". Nothing is deleted.")
                }
                _ => open.then(format!(" is due. {plan} is back the moment it is paid. Nothing is deleted.")),
            }
        }
        ProviderStatus::Incomplete => Sentence::new(format!(
            "The first payment for {plan} is not finished. {plan} starts the moment it is. {limits}"
        )),
        ProviderStatus::IncompleteExpired => {
            Sentence::new(format!("The first payment for {plan} was never made, so nothing was charged. {limits}"))
        }
        ProviderStatus::Paused => {
            Sentence::new(format!("{plan} is paused at {}. {limits}", subscription.provider.title()))
        }
        ProviderStatus::Canceled => {
            let ended = Sentence::new(format!("{plan} ended on ")).bold(day(ended(subscription)));
            match subscription.past_due_since {
                Some(since) => ended.then(format!(", as a payment that was due on {} was never made", day(since))),
                None => ended,
            }
            .then(format!(". Nothing was deleted. {limits}"))
        }
    }
}

/// Builds the sentence on the next payment, as reported by the provider.
fn next_payment(subscription: &Subscription) -> Sentence {
    match subscription.details.next_payment {
        Some(next) if subscription.details.is_invoiced && next.amount.minor > 0 => {
            let sent = Sentence::new("The next invoice, of ").bold(next.amount.exact());
            sent.then(", is sent on ").bold(day(next.at)).then(".")
        }
        Some(next) if next.amount.minor > 0 => {
            Sentence::new("The next payment of ").bold(next.amount.exact()).then(" is on ").bold(day(next.at)).then(".")
        }
        Some(next) => Sentence::new("It renews on ").bold(day(next.at)).then(", and nothing is to be paid then."),
        None => Sentence::new("It renews on ")
            .bold(day(subscription.period_end))
            .then(format!("; {} says what is charged then.", subscription.provider.title())),
    }
}

/// Builds "Pro ends on 1 Sep 2027. " if the subscription ends later than the current period; empty otherwise.
fn ends_later(subscription: &Subscription, plan: &str) -> String {
    subscription.ends_at().map(|at| format!("{plan} ends on {}. ", day(at))).unwrap_or_default()
}

/// Builds "Collection is paused: Stripe takes no payment for it until 1 Mar 2026."
pub(crate) fn paused(subscription: &Subscription) -> String {
    let provider = subscription.provider.title();
    match subscription.details.collection_pause.and_then(|pause| pause.until) {
        Some(until) => format!("Collection is paused: {provider} takes no payment for it until {}.", day(until)),
        None => format!("Collection is paused: {provider} takes no payment for it until collection resumes there."),
    }
}

fn trial(subscription: &Subscription, price: Option<Money>, limits: &str) -> Sentence {
    let runs =
        Sentence::new("The trial runs until ").bold(day(subscription.trial_end.unwrap_or(subscription.period_end)));
    match subscription.details.next_payment.map(|next| next.amount) {
        Some(amount) if amount.minor == 0 => runs.then(format!(", and nothing is to be paid then. {limits}")),
        Some(amount) if subscription.details.is_invoiced => runs
            .then(", then an invoice of ")
            .bold(amount.exact())
            .then(format!(" is sent. Cancel before and none is. {limits}")),
        Some(amount) if price == Some(amount) => runs
            .then(", then ")
            .bold(amount.exact())
            .then(format!(" a {}. Cancel before and nothing is charged. {limits}", subscription.cycle.unit())),
        Some(amount) => runs
            .then(", then ")
            .bold(amount.exact())
            .then(format!(" is charged. Cancel before and nothing is. {limits}")),
        None => runs.then(format!(
            ", then {} charges it. Cancel before and nothing is charged. {limits}",
            subscription.provider.title()
        )),
    }
}

/// Builds "Pro stays on until 1 Feb 2026, then Starter, $9.00 a month." for a scheduled change.
fn changing(view: &MembershipView, subscription: &Subscription, limits: &str) -> Sentence {
    let Some(pending) = &subscription.pending else { return Sentence::default() };
    Sentence::new(format!("{} stays on until ", plan_name(view, subscription.plan.as_str())))
        .bold(day(pending.at))
        .then(format!(", then {}. {limits}", pending_words(view, pending)))
}

/// Builds "Starter, $9.00 a month" if the next invoice is for the listed price, "Starter, with an invoice of $12.00" if
/// it is for another amount, and "Starter" if the amount is unknown.
pub(crate) fn pending_words(view: &MembershipView, pending: &PendingChange) -> String {
    let plan = plan_name(view, pending.plan.as_str());
    let next = view.subscription.as_ref().and_then(|subscription| subscription.details.next_payment);
    let listed =
        view.catalog.plan(pending.plan.as_str()).and_then(|plan| plan.price(pending.cycle, view.catalog.currency));
    // The next invoice covers the change only if its date matches.
    match next.filter(|next| next.at.days_until(pending.at).abs() <= 1).map(|next| next.amount) {
        Some(amount) if Some(amount) == listed => format!("{plan}, {} a {}", amount.exact(), pending.cycle.unit()),
        Some(amount) => format!("{plan}, with an invoice of {}", amount.exact()),
        None => plan,
    }
}

/// Explains why the plan in force is not the ordered plan: a payment is awaited, or the plan was granted. Empty if
/// there is nothing to explain.
fn grant_note(view: &MembershipView, subscription: &Subscription) -> String {
    if view.entitlements.plan == subscription.plan {
        return String::new();
    }
    let (held, paid) = (plan_name(view, view.entitlements.plan.as_str()), plan_name(view, subscription.plan.as_str()));
    if view.entitlements.grant.as_ref().is_none_or(|grant| grant.plan != view.entitlements.plan) {
        let awaited =
            subscription.plan_before_due.as_ref().map(|_| format!("{paid} begins once its payment has arrived. "));
        return awaited.unwrap_or_default();
    }
    let until = view.entitlements.granted_until.map(|until| format!(" until {}", day(until))).unwrap_or_default();
    format!("{held} is granted to this workspace{until}; what is paid is {paid}. ")
}

pub(crate) fn ended(subscription: &Subscription) -> Timestamp {
    subscription.ended_at.unwrap_or(subscription.period_end)
}

fn without_subscription(view: &MembershipView, limits: &str) -> Sentence {
    let plan = plan_name(view, view.entitlements.plan.as_str());
    if view.entitlements.plan != view.catalog.free {
        let granted = Sentence::new(format!("{plan} was granted to this workspace"));
        let granted = match view.entitlements.granted_until {
            Some(until) => granted.then(" until ").bold(day(until)),
            None => granted,
        };
        let charged = if is_custom(view) { "What it costs is agreed on" } else { "Nothing is charged for it" };
        granted.then(format!(". {charged}. {limits}"))
    } else if view.provider.is_some() {
        Sentence::new(format!("{plan} costs nothing and asks for no card. {limits}"))
    } else {
        Sentence::new(format!("Plans can be seen but not bought on this installation. {limits}"))
    }
}

/// Whether the plan in force is priced by agreement.
pub(crate) fn is_custom(view: &MembershipView) -> bool {
    view.catalog.plan(view.entitlements.plan.as_str()).is_some_and(|plan| plan.pricing == Pricing::Custom)
}

/// Returns the title of the subscription's provider, else of the provider for new payments, else a general term.
pub(crate) fn provider_title(view: &MembershipView) -> &'static str {
    view.subscription
        .as_ref()
        .map(|subscription| subscription.provider)
        .or(view.provider)
        .map_or("The payment provider", |provider| provider.title())
}

pub(crate) fn only_an_admin(view: &MembershipView) -> String {
    format!(
        "Only an owner or an admin of {} can change the plan. You are a member.",
        view.viewer.current_membership.tenant_name
    )
}

#[cfg(test)]
#[path = "status_tests.rs"]
mod tests;
