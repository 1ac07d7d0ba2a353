//! The subscription's status in words: title, lead sentence and facts.

use domain::{
    catalog::Pricing,
    money::Money,
    overrides::PlanGrant,
    subscription::{OpenInvoices, PendingChange, ProviderStatus, Standing, Subscription},
    time::Timestamp,
    wire::MembershipView,
};

use crate::{
    components::{facts::Fact, plan_card::limits_exceeded},
    wording::{Sentence, capital, day, days_away, limits_sentence, reached_and_near},
};

/// Returns a plan's name; the id if the catalog does not know it.
pub(crate) fn plan_name(view: &MembershipView, id: &str) -> String {
    view.catalog.plan(id).map_or_else(|| id.to_owned(), |plan| plan.name.clone())
}

/// Names the plan that applies without payment: "Free", or "Team, which is granted until 30 Jun 2027".
pub(crate) fn fallback(view: &MembershipView) -> String {
    let Some(grant) = &view.entitled.grant else { return plan_name(view, view.catalog.free.as_str()) };
    let plan = plan_name(view, grant.plan.as_str());
    match grant.until {
        Some(until) => format!("{plan}, which is granted until {}", day(until)),
        None => format!("{plan}, which is granted"),
    }
}

/// Counts the limits of the fallback plan that are below the current usage.
pub(crate) fn above_fallback(view: &MembershipView) -> usize {
    let plan = view.entitled.grant.as_ref().map_or(&view.catalog.free, |grant| &grant.plan);
    view.catalog.plan(plan.as_str()).map_or(0, |plan| limits_exceeded(view, plan))
}

/// Builds "Acme Robotics is on Pro."
pub(crate) fn title(view: &MembershipView) -> String {
    let workspace = &view.viewer.here.tenant_name;
    let plan = plan_name(view, view.entitled.plan.as_str());
    if view.entitled.suspended.is_some() && view.entitled.granted_anyway(&view.catalog).is_none() {
        format!("{workspace} has the limits of {plan}.")
    } else {
        format!("{workspace} is on {plan}.")
    }
}

/// Returns the amount due; `None` if the provider does not report it.
pub(super) fn due_words(subscription: &Subscription) -> Option<String> {
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
    let standing = lead_of_plan(view);
    match view
        .subscription
        .as_ref()
        .and_then(|subscription| subscription.details.open_invoices.filter(|_| subscription.status.is_live()))
    {
        Some(OpenInvoices { amount, due_at: Some(at) }) => {
            standing.then(" An invoice of ").bold(amount.exact()).then(" is to be paid by ").bold(day(at)).then(".")
        }
        Some(OpenInvoices { amount, due_at: None }) => {
            standing.then(" An invoice of ").bold(amount.exact()).then(" is to be paid.")
        }
        None => standing,
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
            granted_over(view, subscription)
        )),
        ProviderStatus::Trialing => trial(subscription, view.price, &limits),
        ProviderStatus::PastDue | ProviderStatus::Unpaid => {
            let open = payment(due_words(subscription));
            match (&view.entitled.suspended, view.entitled.grace_until) {
                _ if view.entitled.granted_anyway(&view.catalog).is_some() => {
                    open.then(format!(" for {plan} is due. What holds is {}. Nothing is deleted.", fallback(view)))
                }
                (None, Some(until)) => {
                    let plan = plan_name(view, view.entitled.plan.as_str());
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

/// Builds "Stripe takes no payment for it until 1 Mar 2026."
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

/// Builds "Starter, $9.00 a month"; with the known invoice's amount if that differs from the price.
pub(super) fn pending_words(view: &MembershipView, pending: &PendingChange) -> String {
    let plan = plan_name(view, pending.plan.as_str());
    let next = view.subscription.as_ref().and_then(|subscription| subscription.details.next_payment);
    let listed = view.catalog.plan(pending.plan.as_str()).and_then(|it| it.price(pending.cycle, view.catalog.currency));
    // The next invoice covers the change only if its date matches.
    match next.filter(|next| next.at.days_until(pending.at).abs() <= 1).map(|next| next.amount) {
        Some(amount) if Some(amount) == listed => format!("{plan}, {} a {}", amount.exact(), pending.cycle.unit()),
        Some(amount) => format!("{plan}, with an invoice of {}", amount.exact()),
        None => plan,
    }
}

/// Explains why the plan in force is not the ordered one; empty if it is.
fn granted_over(view: &MembershipView, subscription: &Subscription) -> String {
    if view.entitled.plan == subscription.plan {
        return String::new();
    }
    let (held, paid) = (plan_name(view, view.entitled.plan.as_str()), plan_name(view, subscription.plan.as_str()));
    if view.entitled.grant.as_ref().is_none_or(|grant| grant.plan != view.entitled.plan) {
        let awaited =
            subscription.plan_before_due.as_ref().map(|_| format!("{paid} begins once its payment has arrived. "));
        return awaited.unwrap_or_default();
    }
    let until = view.entitled.granted_until.map(|until| format!(" until {}", day(until))).unwrap_or_default();
    format!("{held} is granted to this workspace{until}; what is paid is {paid}. ")
}

fn ended(subscription: &Subscription) -> Timestamp {
    subscription.ended_at.unwrap_or(subscription.period_end)
}

fn without_subscription(view: &MembershipView, limits: &str) -> Sentence {
    let plan = plan_name(view, view.entitled.plan.as_str());
    if view.entitled.plan != view.catalog.free {
        let granted = Sentence::new(format!("{plan} was granted to this workspace"));
        let granted = match view.entitled.granted_until {
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
fn is_custom(view: &MembershipView) -> bool {
    view.catalog.plan(view.entitled.plan.as_str()).is_some_and(|plan| plan.pricing == Pricing::Custom)
}

fn fact(label: &'static str, figure: impl Into<String>, footnote: impl Into<String>) -> Fact {
    Fact { label, figure: figure.into(), footnote: footnote.into() }
}

/// Returns price, status, next date and payment method, as far as they exist.
pub(super) fn facts(view: &MembershipView) -> Vec<Fact> {
    match view.subscription.as_ref() {
        Some(subscription) if subscription.status.is_live() => paying(view, subscription),
        subscription => not_paying(view, subscription),
    }
}

fn not_paying(view: &MembershipView, subscription: Option<&Subscription>) -> Vec<Fact> {
    let nothing = || Money::new(0, view.catalog.currency).exact();
    let is_granted = view.entitled.plan != view.catalog.free;
    let price = if view.entitled.plan == view.catalog.free && !view.aside.is_empty() {
        fact("Price", nothing(), "for the plan; what else there is stands below")
    } else if view.entitled.plan == view.catalog.free {
        fact("Price", nothing(), "no card is asked for")
    } else if is_custom(view) {
        fact("Price", "By agreement", "not charged through this page")
    } else {
        fact("Price", nothing(), "granted to this workspace")
    };
    let until = match view.entitled.granted_until {
        Some(until) => format!("until {}", day(until)),
        None if is_granted => "without an end".to_owned(),
        None => "for as long as you like".to_owned(),
    };
    let status = match view.entitled.standing {
        Standing::Canceled if !view.aside.is_empty() => {
            fact("Status", "Canceled", "nothing more is charged for the plan")
        }
        Standing::Canceled => fact("Status", "Canceled", "nothing more is charged"),
        Standing::Active | Standing::PastDue => fact("Status", "Active", until),
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
    let date = match (subscription.status, view.entitled.grace_until) {
        (ProviderStatus::Incomplete, _) => {
            fact("Ordered", plan_name(view, subscription.plan.as_str()), format!("on {}", day(subscription.started_at)))
        }
        (ProviderStatus::PastDue | ProviderStatus::Unpaid, Some(until)) if view.entitled.suspended.is_none() => {
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
        .filter(|_| !subscription.cancel_at_period_end && view.entitled.grace_until.is_none())
    {
        Some(pending) => fact("Changes", day(pending.at), format!("to {}", plan_name(view, pending.plan.as_str()))),
        None => date,
    };
    let date = match view.entitled.granted_anyway(&view.catalog).filter(|_| subscription.status.is_due()) {
        Some(grant) => granted(view, grant),
        None => date,
    };
    let mut facts = vec![price, status, date];
    facts.extend(subscription.payment_method.as_deref().map(|method| {
        fact("Pays with", method_title(method), format!("kept by {}, not by Dues", subscription.provider.title()))
    }));
    facts
}

/// Returns the plan's price if nothing else is charged, else the next invoice's amount.
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

#[cfg(test)]
#[path = "standing_tests.rs"]
mod tests;
