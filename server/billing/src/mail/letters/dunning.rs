//! Dunning notices: a payment is due, was received, or will be due when a trial ends.

use std::borrow::Cow;

use domain::{
    account::names::name_for_mail,
    catalog::Cycle,
    money::Money,
    subscription::{BillingInterval, lifecycle::DunningKind},
    time::Timestamp,
};
use locales::{Locale, text};

use crate::mail::{content::MailContent, kind::LetterKind};

/// A payment that is due, was settled, or will be due when a trial ends.
pub(crate) struct Dunning<'a> {
    pub(crate) workspace: &'a str,
    pub(crate) kind: DunningKind,
    pub(crate) plan: &'a str,
    /// The plan in effect: the former plan while a change is unpaid.
    pub(crate) current: &'a str,
    /// The plan after grace ends.
    pub(crate) fallback: &'a str,
    /// The amount that is due or will be charged, as the provider states it; `None` if it states none.
    pub(crate) price: Option<Money>,
    /// Whether the same amount is charged each cycle.
    pub(crate) repeats: bool,
    pub(crate) provider: &'a str,
    pub(crate) grace_until: Option<Timestamp>,
    pub(crate) renews_at: Option<Timestamp>,
    /// When the payment became due, or when a trial ends.
    pub(crate) since: Timestamp,
    pub(crate) cycle: Cycle,
    /// How often the amount is charged, where that is not once a cycle.
    pub(crate) interval: Option<BillingInterval>,
    /// Whether an invoice is sent and nothing is charged automatically.
    pub(crate) is_invoiced: bool,
}

/// A dunning notice. `link` is the page where the recipient can pay.
pub(crate) fn dunning(language: Locale, details: &Dunning<'_>, link: &str) -> MailContent {
    let workspace = name_for_mail(details.workspace);
    let content = match details.kind {
        DunningKind::PaymentFailed => payment_failed(language, &workspace, details, link),
        DunningKind::GraceEnds => grace_ends(language, &workspace, details, link),
        DunningKind::PlanSuspended => plan_suspended(language, &workspace, details, link),
        DunningKind::Recovered => recovered(language, &workspace, details, link),
        DunningKind::TrialEnds => trial_ends(language, &workspace, details, link),
    };
    content.because(text!(language => mail_because_billing, workspace = &workspace))
}

fn payment_failed(language: Locale, workspace: &str, details: &Dunning<'_>, link: &str) -> MailContent {
    let Dunning { plan, price, is_invoiced, .. } = *details;
    let price = price.map(|price| language.exact(price));
    let kind = if is_invoiced { LetterKind::PaymentOverdue } else { LetterKind::PaymentFailed };
    let (subject, what) = match (is_invoiced, price) {
        (false, Some(price)) => (
            text!(language => mail_payment_failed_subject, workspace = workspace),
            text!(language => mail_payment_failed, price = price, plan = plan),
        ),
        (false, None) => (
            text!(language => mail_payment_failed_subject, workspace = workspace),
            text!(language => mail_payment_failed_unknown, plan = plan),
        ),
        (true, Some(price)) => (
            text!(language => mail_payment_overdue_subject, workspace = workspace),
            text!(language => mail_payment_overdue, price = price, plan = plan),
        ),
        (true, None) => (
            text!(language => mail_payment_overdue_subject, workspace = workspace),
            text!(language => mail_payment_overdue_unknown, plan = plan),
        ),
    };
    let content = MailContent::new(kind, language, subject).paragraph(what).paragraph(grace(language, details));
    to_settle(content, language, details, link)
}

fn grace_ends(language: Locale, workspace: &str, details: &Dunning<'_>, link: &str) -> MailContent {
    let subject = match details.grace_until {
        Some(until) => text!(
            language => mail_grace_ends_subject,
            workspace = workspace,
            current = details.current,
            until = language.day(until),
        ),
        None => text!(language => mail_grace_ends_soon_subject, workspace = workspace, current = details.current),
    };
    let content = MailContent::new(LetterKind::GraceEnds, language, subject)
        .paragraph(still_due(language, details))
        .paragraph(grace(language, details));
    to_settle(content, language, details, link)
}

fn plan_suspended(language: Locale, workspace: &str, details: &Dunning<'_>, link: &str) -> MailContent {
    let Dunning { plan, fallback, .. } = *details;
    let subject = text!(language => mail_suspended_subject, workspace = workspace, fallback = fallback);
    let content = MailContent::new(LetterKind::PlanSuspended, language, subject)
        .paragraph(still_due(language, details))
        .paragraph(text!(language => mail_suspended, fallback = fallback, plan = plan));
    to_settle(content, language, details, link)
}

fn recovered(language: Locale, workspace: &str, details: &Dunning<'_>, link: &str) -> MailContent {
    let Dunning { plan, price, renews_at, .. } = *details;
    let what = match price {
        Some(price) => text!(language => mail_recovered, price = language.exact(price), plan = plan),
        None => text!(language => mail_recovered_unknown, plan = plan),
    };
    let state = match renews_at {
        Some(at) => text!(language => mail_recovered_renews, plan = plan, at = language.day(at)),
        None => text!(language => mail_recovered_active, plan = plan),
    };
    let subject = text!(language => mail_recovered_subject, workspace = workspace);
    MailContent::new(LetterKind::PaymentReceived, language, subject)
        .paragraph(what)
        .paragraph(state)
        .button(text!(language => mail_recovered_button), link)
}

fn trial_ends(language: Locale, workspace: &str, details: &Dunning<'_>, link: &str) -> MailContent {
    let Dunning { plan, price, repeats, since, cycle, interval, is_invoiced, .. } = *details;
    let every = interval.filter(|_| repeats).map(|every| language.interval(every));
    let then = match price.map(|price| language.exact(price)) {
        None => text!(language => mail_trial_then_unknown),
        Some(price) => match (is_invoiced, every, repeats, cycle) {
            (false, Some(every), ..) => {
                text!(language => mail_trial_then_charge_every, price = price, every = every)
            }
            (false, None, false, _) => text!(language => mail_trial_then_charge, price = price),
            (false, None, true, Cycle::Monthly) => text!(language => mail_trial_then_charge_month, price = price),
            (false, None, true, Cycle::Yearly) => text!(language => mail_trial_then_charge_year, price = price),
            (true, Some(every), ..) => {
                text!(language => mail_trial_then_invoice_every, price = price, every = every)
            }
            (true, None, false, _) => text!(language => mail_trial_then_invoice, price = price),
            (true, None, true, Cycle::Monthly) => text!(language => mail_trial_then_invoice_month, price = price),
            (true, None, true, Cycle::Yearly) => text!(language => mail_trial_then_invoice_year, price = price),
        },
    };
    let subject =
        text!(language => mail_trial_ends_subject, workspace = workspace, plan = plan, at = language.day(since));
    MailContent::new(LetterKind::TrialEnds, language, subject)
        .paragraph(text!(language => mail_trial_ends, plan = plan, at = language.minute(since)))
        .paragraph(then)
        .paragraph(text!(language => mail_trial_do, plan = plan))
        .button(text!(language => mail_trial_button), link)
}

/// The sentence about a payment that is still due.
fn still_due(language: Locale, Dunning { plan, price, .. }: &Dunning<'_>) -> Cow<'static, str> {
    match price {
        Some(price) => text!(language => mail_payment_still_due, price = language.exact(*price), plan = *plan),
        None => text!(language => mail_payment_still_due_unknown, plan = *plan),
    }
}

/// The sentences about the plan until grace ends, and after.
fn grace(language: Locale, details: &Dunning<'_>) -> Cow<'static, str> {
    let Dunning { current, fallback, grace_until, .. } = *details;
    match grace_until {
        Some(until) => text!(
            language => mail_payment_grace,
            current = current,
            fallback = fallback,
            until = language.minute(until),
        ),
        None => text!(language => mail_payment_grace_soon, current = current, fallback = fallback),
    }
}

/// Adds what the reader can do about a due payment.
fn to_settle(content: MailContent, language: Locale, details: &Dunning<'_>, link: &str) -> MailContent {
    let provider = details.provider;
    if details.is_invoiced {
        content
            .paragraph(text!(language => mail_payment_do_invoice, provider = provider))
            .button(text!(language => mail_payment_button_invoice), link)
    } else {
        content
            .paragraph(text!(language => mail_payment_do_card, provider = provider))
            .button(text!(language => mail_payment_button_card), link)
    }
}
