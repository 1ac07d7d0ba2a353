//! The fact, in a title, a sentence and four figures.

use domain::{
    catalog::Pricing,
    money::Money,
    overrides::PlanGrant,
    subscription::{PendingChange, ProviderStatus, Standing, Subscription},
    time::Timestamp,
    wire::MembershipView,
};

use crate::{
    components::{facts::Fact, plan_card::limits_exceeded},
    wording::{Sentence, capital, day, days_away, limits_sentence, reached_and_near},
};

/// A plan's name by its id.
pub(crate) fn plan_name(view: &MembershipView, id: &str) -> String {
    view.catalog.plan(id).map_or_else(|| id.to_owned(), |plan| plan.name.clone())
}

/// What holds when nothing is paid any more: "Free", or "Team, which is granted until 30 Jun 2027".
pub(crate) fn fallback(view: &MembershipView) -> String {
    let Some(grant) = &view.entitled.grant else { return plan_name(view, view.catalog.free.as_str()) };
    let plan = plan_name(view, grant.plan.as_str());
    match grant.until {
        Some(until) => format!("{plan}, which is granted until {}", day(until)),
        None => format!("{plan}, which is granted"),
    }
}

/// How many of the limits that hold then are below what is used now.
pub(crate) fn above_fallback(view: &MembershipView) -> usize {
    let plan = view.entitled.grant.as_ref().map_or(&view.catalog.free, |grant| &grant.plan);
    view.catalog.plan(plan.as_str()).map_or(0, |plan| limits_exceeded(view, plan))
}

/// "Acme Robotics is on Pro."
pub(crate) fn title(view: &MembershipView) -> String {
    let workspace = &view.viewer.here.tenant_name;
    let plan = plan_name(view, view.entitled.plan.as_str());
    if view.entitled.suspended.is_some() && view.entitled.granted_anyway(&view.catalog).is_none() {
        format!("{workspace} has the limits of {plan}.")
    } else {
        format!("{workspace} is on {plan}.")
    }
}

/// What the subscription costs a cycle, for sentences.
pub(super) fn price_words(view: &MembershipView) -> String {
    view.price.map_or_else(|| "the plan".to_owned(), Money::exact)
}

/// What is open of it, for sentences.
pub(super) fn due_words(view: &MembershipView, own: &Subscription) -> String {
    own.due.map_or_else(|| price_words(view), Money::exact)
}

/// What it means, in a sentence or two.
pub(crate) fn lead(view: &MembershipView) -> Sentence {
    let (reached, near) = reached_and_near(&view.catalog, &view.usage);
    let limits = limits_sentence(reached, near);
    let Some(own) = &view.subscription else { return without_subscription(view, &limits) };
    let plan = plan_name(view, own.plan.as_str());
    let price = price_words(view);
    match own.status {
        ProviderStatus::Active | ProviderStatus::Trialing if own.cancel_at_period_end => {
            Sentence::new(format!("{plan} stays on until "))
                .bold(day(own.period_end))
                .then(format!(", then this workspace is on {}. Nothing is deleted. {limits}", fallback(view)))
        }
        ProviderStatus::Active | ProviderStatus::Trialing if own.pending.is_some() => changing(view, own, &limits),
        ProviderStatus::Active if own.period_end <= view.now => Sentence::new("A payment of ")
            .bold(price)
            .then(" was due on ")
            .bold(day(own.period_end))
            .then(format!("; {} has not said yet what came of it. {limits}", own.provider.title())),
        ProviderStatus::Active => Sentence::new("The next payment of ")
            .bold(price)
            .then(" is on ")
            .bold(day(own.period_end))
            .then(format!(". {}{limits}", granted_over(view, own))),
        ProviderStatus::Trialing => Sentence::new("The trial runs until ")
            .bold(day(own.trial_end.unwrap_or(own.period_end)))
            .then(", then ")
            .bold(price)
            .then(format!(" a {}. Cancel before and nothing is charged. {limits}", own.cycle.unit())),
        ProviderStatus::PastDue | ProviderStatus::Unpaid => {
            let open = Sentence::new("A payment of ").bold(due_words(view, own));
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
        ProviderStatus::Paused => Sentence::new(format!("{plan} is paused at {}. {limits}", own.provider.title())),
        ProviderStatus::Canceled => {
            let ended = Sentence::new(format!("{plan} ended on ")).bold(day(ended(own)));
            match own.past_due_since {
                Some(since) => ended.then(format!(", as a payment that was due on {} was never made", day(since))),
                None => ended,
            }
            .then(format!(". Nothing was deleted. {limits}"))
        }
    }
}

/// What comes by itself, and what it costs: "Pro stays on until 1 Feb 2026, then Starter, $9.00 a month."
fn changing(view: &MembershipView, own: &Subscription, limits: &str) -> Sentence {
    let Some(pending) = &own.pending else { return Sentence::default() };
    Sentence::new(format!("{} stays on until ", plan_name(view, own.plan.as_str())))
        .bold(day(pending.at))
        .then(format!(", then {}. {limits}", pending_words(view, pending)))
}

/// "Starter, $9.00 a month"
pub(super) fn pending_words(view: &MembershipView, pending: &PendingChange) -> String {
    let plan = plan_name(view, pending.plan.as_str());
    let price = view.catalog.plan(pending.plan.as_str()).and_then(|it| it.price(pending.cycle, view.catalog.currency));
    match price {
        Some(price) => format!("{plan}, {} a {}", price.exact(), pending.cycle.unit()),
        None => plan,
    }
}

/// Why a plan holds that is not the one paid for; nothing where it is.
fn granted_over(view: &MembershipView, own: &Subscription) -> String {
    if view.entitled.plan == own.plan {
        return String::new();
    }
    let (held, paid) = (plan_name(view, view.entitled.plan.as_str()), plan_name(view, own.plan.as_str()));
    let until = view.entitled.granted_until.map(|until| format!(" until {}", day(until))).unwrap_or_default();
    format!("{held} is granted to this workspace{until}; what is paid is {paid}. ")
}

fn ended(own: &Subscription) -> Timestamp {
    own.ended_at.unwrap_or(own.period_end)
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

/// Whether what holds is priced by agreement.
fn is_custom(view: &MembershipView) -> bool {
    view.catalog.plan(view.entitled.plan.as_str()).is_some_and(|plan| plan.pricing == Pricing::Custom)
}

fn fact(label: &'static str, figure: impl Into<String>, footnote: impl Into<String>) -> Fact {
    Fact { label, figure: figure.into(), footnote: footnote.into() }
}

/// Price, status, the date that matters, the means of payment; only those that there are.
pub(super) fn facts(view: &MembershipView) -> Vec<Fact> {
    match view.subscription.as_ref() {
        Some(own) if own.status.is_live() => paying(view, own),
        own => not_paying(view, own),
    }
}

fn not_paying(view: &MembershipView, own: Option<&Subscription>) -> Vec<Fact> {
    let nothing = || Money::new(0, view.catalog.currency).exact();
    let is_granted = view.entitled.plan != view.catalog.free;
    let price = if view.entitled.plan == view.catalog.free {
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
        Standing::Canceled => fact("Status", "Canceled", "nothing more is charged"),
        Standing::Active | Standing::PastDue => fact("Status", "Active", until),
    };
    let mut facts = vec![price, status];
    facts.extend(own.map(|own| {
        let plan = plan_name(view, own.plan.as_str());
        match own.status {
            ProviderStatus::Incomplete => fact("Ordered", plan, "the first payment is not finished"),
            ProviderStatus::IncompleteExpired => fact("Ordered", plan, "never paid, so it never started"),
            _ if own.past_due_since.is_some() => {
                fact("Ended", day(ended(own)), format!("{plan}, for want of a payment"))
            }
            _ => fact("Ended", day(ended(own)), format!("{plan} until then")),
        }
    }));
    facts
}

fn granted(view: &MembershipView, grant: &PlanGrant) -> Fact {
    let until = grant.until.map_or_else(|| "without an end".to_owned(), |until| format!("until {}", day(until)));
    fact("Granted", plan_name(view, grant.plan.as_str()), until)
}

fn paying(view: &MembershipView, own: &Subscription) -> Vec<Fact> {
    let price = fact(
        "Price",
        view.price.map_or_else(|| "By agreement".to_owned(), Money::exact),
        format!("a {}, before tax", own.cycle.unit()),
    );
    let since = |at: Timestamp| format!("since {}", day(at));
    let status = match own.status {
        ProviderStatus::Trialing => fact("Status", "Trial", since(own.started_at)),
        ProviderStatus::PastDue | ProviderStatus::Unpaid => {
            fact("Status", "Payment due", since(own.past_due_since.unwrap_or(own.period_start)))
        }
        ProviderStatus::Paused => fact("Status", "Paused", format!("at {}", own.provider.title())),
        ProviderStatus::Incomplete => fact("Status", "First payment not finished", "nothing is paid yet"),
        _ => fact("Status", "Active", since(own.started_at)),
    };
    let dated = |label, at: Timestamp| fact(label, day(at), days_away(view.now, at));
    let date = match (own.status, view.entitled.grace_until) {
        (ProviderStatus::Incomplete, _) => {
            fact("Ordered", plan_name(view, own.plan.as_str()), format!("on {}", day(own.started_at)))
        }
        (ProviderStatus::PastDue | ProviderStatus::Unpaid, Some(until)) if view.entitled.suspended.is_none() => {
            dated("Stays on until", until)
        }
        (ProviderStatus::PastDue | ProviderStatus::Unpaid, Some(until)) => dated("Limits fell", until),
        _ if own.cancel_at_period_end => dated("Ends", own.period_end),
        (ProviderStatus::Trialing, _) if own.pending.is_none() => dated("First payment", own.period_end),
        (ProviderStatus::Active, _) if own.period_end <= view.now => {
            fact("Payment", day(own.period_end), format!("not told of by {} yet", own.provider.title()))
        }
        (ProviderStatus::Active | ProviderStatus::Trialing, _) => dated("Renews", own.period_end),
        _ => dated("Period ends", own.period_end),
    };
    let date = match own.pending.as_ref().filter(|_| !own.cancel_at_period_end && view.entitled.grace_until.is_none()) {
        Some(pending) => fact("Changes", day(pending.at), format!("to {}", plan_name(view, pending.plan.as_str()))),
        None => date,
    };
    let date = match view.entitled.granted_anyway(&view.catalog).filter(|_| own.status.is_due()) {
        Some(grant) => granted(view, grant),
        None => date,
    };
    let mut facts = vec![price, status, date];
    facts.extend(own.payment_method.as_deref().map(|method| {
        fact("Pays with", method_title(method), format!("kept by {}, not by Dues", own.provider.title()))
    }));
    facts
}

/// `card` is "Card", `sepa_debit` "SEPA debit" (Stripe: `PaymentMethod.type`).
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
