//! The content of mails: what happened, what it means, what to do.

use std::borrow::Cow;

use domain::{
    account::{
        Role,
        names::{address_for_mail, name_for_mail},
    },
    catalog::{Cycle, Enforcement, Feature, Limit, Unit, format},
    entitlement::alert::{Alert, AlertKind},
    money::{Currency, Money},
    subscription::lifecycle::DunningKind,
    tenant::enterprise::EnterpriseRequest,
    time::Timestamp,
};
use locales::{Locale, text};

use super::content::MailContent;
use crate::store::{
    job::jobs::AccountNotice,
    tenant::tenants::Tenant,
    webhook::webhook_endpoints::{Disabled, DisabledWhy},
};

const MICROS_PER_CENT: u64 = 10_000;

/// An invitation. `invited_by` is the inviting admin's address, `None` if they are no longer a member; `link` is the
/// page that accepts.
pub(crate) fn invitation(
    language: Locale,
    workspace: &str,
    invited_by: Option<&str>,
    role: Role,
    link: &str,
    until: Timestamp,
) -> MailContent {
    let workspace = name_for_mail(workspace);
    let invited_by = invited_by.map(address_for_mail);
    let role = match role {
        Role::Owner => "owner",
        Role::Admin => "admin",
        Role::Member => "member",
    };
    let head = match &invited_by {
        Some(inviter) => {
            text!(language => mail_invitation_by, inviter = inviter, workspace = &workspace, role = role)
        }
        None => text!(language => mail_invitation_by_nobody, workspace = &workspace, role = role),
    };
    let sender = invited_by.as_ref().unwrap_or(&workspace);
    MailContent::new(language, text!(language => mail_invitation_subject, workspace = &workspace))
        .paragraph(head)
        .paragraph(text!(language => mail_invitation_what, role = role))
        .button(text!(language => mail_invitation_button), link)
        .paragraph(text!(language => mail_invitation_until, until = language.minute(until)))
        .paragraph(text!(language => mail_invitation_unknown, sender = sender))
}

/// A password reset. `link` is the page that sets the new password.
pub(crate) fn password_reset(language: Locale, email: &str, link: &str, until: Timestamp) -> MailContent {
    MailContent::new(language, text!(language => mail_reset_subject))
        .paragraph(text!(language => mail_reset_what, email = email))
        .button(text!(language => mail_reset_button), link)
        .paragraph(text!(language => mail_reset_until, until = language.minute(until)))
        .paragraph(text!(language => mail_reset_ignore))
}

/// An address verification. `link` is the page that confirms the address.
pub(crate) fn address_verification(language: Locale, email: &str, link: &str, until: Timestamp) -> MailContent {
    MailContent::new(language, text!(language => mail_verify_subject))
        .paragraph(text!(language => mail_verify_what, email = email))
        .paragraph(text!(language => mail_verify_do, until = language.minute(until)))
        .button(text!(language => mail_verify_button), link)
        .paragraph(text!(language => mail_verify_ignore))
}

/// An address change. `link` is the page that confirms it. `old` is the current address; `None` if it is not verified.
pub(crate) fn address_change(
    language: Locale,
    old: Option<&str>,
    new: &str,
    link: &str,
    until: Timestamp,
) -> MailContent {
    let what = match old {
        Some(old) => text!(language => mail_change_what, old = address_for_mail(old), new = new),
        None => text!(language => mail_change_what_unverified, new = new),
    };
    MailContent::new(language, text!(language => mail_change_subject))
        .paragraph(what)
        .paragraph(text!(language => mail_change_do, until = language.minute(until)))
        .button(text!(language => mail_change_button), link)
        .paragraph(text!(language => mail_change_ignore))
}

/// The notice to an account's current address that `new` is to replace it.
pub(crate) fn address_change_notice(language: Locale, old: &str, new: &str) -> MailContent {
    MailContent::new(language, text!(language => mail_change_notice_subject))
        .paragraph(text!(language => mail_change_notice_what, old = old, new = address_for_mail(new)))
        .paragraph(text!(language => mail_change_notice_else))
}

/// The notice to the owner of an address that another account asked for. Reveals nothing of the other account.
pub(crate) fn address_taken(language: Locale, email: &str) -> MailContent {
    MailContent::new(language, text!(language => mail_taken_subject))
        .paragraph(text!(language => mail_taken_what, email = email))
        .paragraph(text!(language => mail_taken_do, email = email))
}

/// The notice to an account's owner about a change of their sign-in methods. `link` is the page that asks for a new
/// password.
pub(crate) fn account_notice(
    language: Locale,
    email: &str,
    notice: AccountNotice,
    at: Timestamp,
    link: &str,
) -> MailContent {
    let at = language.minute(at);
    let (subject, what) = match notice {
        AccountNotice::PasswordChanged => (
            text!(language => mail_notice_password_subject),
            text!(language => mail_notice_password, email = email, at = at),
        ),
        AccountNotice::PasswordReset => (
            text!(language => mail_notice_password_subject),
            text!(language => mail_notice_password_reset, email = email, at = at),
        ),
        AccountNotice::PasswordSetByToken => (
            text!(language => mail_notice_password_subject),
            text!(language => mail_notice_password_token, email = email, at = at),
        ),
        AccountNotice::SecondFactorEnabled => (
            text!(language => mail_notice_factor_on_subject),
            text!(language => mail_notice_factor_on, email = email, at = at),
        ),
        AccountNotice::SecondFactorRemoved => (
            text!(language => mail_notice_factor_off_subject),
            text!(language => mail_notice_factor_off, email = email, at = at),
        ),
        AccountNotice::RecoveryCodesRenewed => {
            (text!(language => mail_notice_codes_subject), text!(language => mail_notice_codes, email = email, at = at))
        }
        AccountNotice::SignInLinked => (
            text!(language => mail_notice_linked_subject),
            text!(language => mail_notice_linked, email = email, at = at),
        ),
    };
    MailContent::new(language, subject)
        .paragraph(what)
        .paragraph(text!(language => mail_notice_else))
        .button(text!(language => mail_notice_button), link)
}

/// A usage alert. `link` is the feature's usage page.
pub(crate) fn alert(language: Locale, workspace: &str, feature: &Feature, alert: &Alert, link: &str) -> MailContent {
    let workspace = name_for_mail(workspace);
    let Alert { kind, used, limit, sent_at, .. } = alert;
    let title = language.translate(&feature.title);
    let is_hard = feature.enforcement == Enforcement::Hard;
    let (subject, means) = match kind {
        AlertKind::Warning => (
            text!(language => mail_limit_near_subject, workspace = &workspace, feature = title.clone()),
            if is_hard { text!(language => mail_limit_near_hard) } else { text!(language => mail_limit_near_soft) },
        ),
        AlertKind::Reached => (
            text!(language => mail_limit_reached_subject, workspace = &workspace, feature = title.clone()),
            if is_hard {
                text!(language => mail_limit_reached_hard)
            } else {
                text!(language => mail_limit_reached_soft)
            },
        ),
        AlertKind::Cleared => (
            text!(language => mail_limit_cleared_subject, workspace = &workspace, feature = title.clone()),
            text!(language => mail_limit_cleared),
        ),
    };
    let used = amount(language, feature, *used);
    let state = match *limit {
        Limit::Unlimited => text!(language => mail_limit_used_unlimited, feature = title, used = used),
        Limit::AtMost(most) => {
            let limit = limit_amount(language, feature, most);
            text!(language => mail_limit_used, feature = title, used = used, limit = limit)
        }
    };
    MailContent::new(language, subject)
        .paragraph(state)
        .paragraph(means)
        .button(text!(language => mail_limit_button), link)
        .paragraph(text!(language => mail_limit_at, at = language.minute(*sent_at)))
        .because(text!(language => mail_because_admin, workspace = &workspace))
}

/// Formats an amount of a feature in its unit: `318,204`, `5 GB`, `$31.40`.
fn amount(language: Locale, feature: &Feature, value: u64) -> String {
    let dollars = |cents: u64| language.exact(Money::new(i64::try_from(cents).unwrap_or(i64::MAX), Currency::USD));
    match feature.unit {
        Unit::Count => language.number(value),
        Unit::Bytes => {
            let (hundredths, unit) = format::size_parts(value);
            text!(language => figure_with_unit, figure = language.decimal(hundredths, 2), unit = unit).into_owned()
        }
        Unit::UsdMicros if (1..MICROS_PER_CENT).contains(&value) => {
            text!(language => figure_under, amount = dollars(1)).into_owned()
        }
        Unit::UsdMicros => dollars(value.saturating_add(MICROS_PER_CENT / 2) / MICROS_PER_CENT),
    }
}

/// Formats a limit like [`amount`], with every fraction of a cent.
fn limit_amount(language: Locale, feature: &Feature, most: u64) -> String {
    if feature.unit == Unit::UsdMicros && !most.is_multiple_of(MICROS_PER_CENT) {
        language.dollar_micros(most)
    } else {
        amount(language, feature, most)
    }
}

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
    /// Whether an invoice is sent and nothing is charged automatically.
    pub(crate) is_invoiced: bool,
}

/// A dunning notice. `link` is the page where the admin can pay.
pub(crate) fn dunning(language: Locale, details: &Dunning<'_>, link: &str) -> MailContent {
    let workspace = name_for_mail(details.workspace);
    let content = match details.kind {
        DunningKind::PaymentFailed => payment_failed(language, &workspace, details, link),
        DunningKind::GraceEnds => grace_ends(language, &workspace, details, link),
        DunningKind::PlanSuspended => plan_suspended(language, &workspace, details, link),
        DunningKind::Recovered => recovered(language, &workspace, details, link),
        DunningKind::TrialEnds => trial_ends(language, &workspace, details, link),
    };
    content.because(text!(language => mail_because_admin, workspace = &workspace))
}

fn payment_failed(language: Locale, workspace: &str, details: &Dunning<'_>, link: &str) -> MailContent {
    let Dunning { plan, price, is_invoiced, .. } = *details;
    let price = price.map(|price| language.exact(price));
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
    let content = MailContent::new(language, subject).paragraph(what).paragraph(grace(language, details));
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
    let content =
        MailContent::new(language, subject).paragraph(still_due(language, details)).paragraph(grace(language, details));
    to_settle(content, language, details, link)
}

fn plan_suspended(language: Locale, workspace: &str, details: &Dunning<'_>, link: &str) -> MailContent {
    let Dunning { plan, fallback, .. } = *details;
    let subject = text!(language => mail_suspended_subject, workspace = workspace, fallback = fallback);
    let content = MailContent::new(language, subject)
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
    MailContent::new(language, text!(language => mail_recovered_subject, workspace = workspace))
        .paragraph(what)
        .paragraph(state)
        .button(text!(language => mail_recovered_button), link)
}

fn trial_ends(language: Locale, workspace: &str, details: &Dunning<'_>, link: &str) -> MailContent {
    let Dunning { plan, price, repeats, since, cycle, is_invoiced, .. } = *details;
    let then = match price.map(|price| language.exact(price)) {
        None => text!(language => mail_trial_then_unknown),
        Some(price) => match (is_invoiced, repeats, cycle) {
            (false, false, _) => text!(language => mail_trial_then_charge, price = price),
            (false, true, Cycle::Monthly) => text!(language => mail_trial_then_charge_month, price = price),
            (false, true, Cycle::Yearly) => text!(language => mail_trial_then_charge_year, price = price),
            (true, false, _) => text!(language => mail_trial_then_invoice, price = price),
            (true, true, Cycle::Monthly) => text!(language => mail_trial_then_invoice_month, price = price),
            (true, true, Cycle::Yearly) => text!(language => mail_trial_then_invoice_year, price = price),
        },
    };
    let subject =
        text!(language => mail_trial_ends_subject, workspace = workspace, plan = plan, at = language.day(since));
    MailContent::new(language, subject)
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

/// An enterprise request, for the sales address. `tenant` is the sender's workspace if they were signed in.
pub(crate) fn enterprise_request(
    language: Locale,
    request: &EnterpriseRequest,
    tenant: Option<&Tenant>,
) -> MailContent {
    let EnterpriseRequest { id, company, contact_name, email, use_cases, expected_scale, notes, created_at, .. } =
        request;
    let titles: Vec<_> = use_cases.iter().map(|case| case.title()).collect();
    let or_none = |text: &str| {
        if text.is_empty() { text!(language => mail_enterprise_none).into_owned() } else { text.to_owned() }
    };
    let workspace = tenant.map_or_else(
        || text!(language => mail_enterprise_no_workspace).into_owned(),
        |tenant| format!("{} ({})", tenant.name, tenant.id),
    );
    let sent = text!(language => mail_enterprise_sent_at, at = language.minute(*created_at));
    let facts = [
        (text!(language => mail_enterprise_company), company.clone()),
        (text!(language => mail_enterprise_contact), or_none(contact_name)),
        (text!(language => mail_enterprise_email), email.to_string()),
        (text!(language => mail_enterprise_use_cases), or_none(&titles.join(", "))),
        (text!(language => mail_enterprise_scale), or_none(expected_scale)),
        (text!(language => mail_enterprise_workspace), workspace),
        (text!(language => mail_enterprise_sent), sent.into_owned()),
        (text!(language => mail_enterprise_number), id.clone()),
    ];
    let content = MailContent::new(language, text!(language => mail_enterprise_subject, company = company))
        .paragraph(text!(language => mail_enterprise_what, company = company))
        .facts(facts.into_iter().map(|(label, value)| (label.into_owned(), value)).collect());
    if notes.is_empty() { content } else { content.paragraph(text!(language => mail_enterprise_notes)).quote(notes) }
}

/// The notice that an endpoint was disabled. `link` is the endpoint's page.
pub(crate) fn endpoint_disabled(
    language: Locale,
    workspace: &str,
    url: &str,
    disabled: Disabled,
    link: &str,
) -> MailContent {
    let workspace = name_for_mail(workspace);
    let why = match disabled.why {
        DisabledWhy::Gone => text!(language => mail_endpoint_gone),
        DisabledWhy::Failing => text!(language => mail_endpoint_failing),
        DisabledWhy::ByAdmin => text!(language => mail_endpoint_by_admin),
    };
    let at = language.minute(disabled.at);
    MailContent::new(language, text!(language => mail_endpoint_subject, workspace = &workspace))
        .paragraph(text!(language => mail_endpoint_what, url = url, workspace = &workspace, at = at))
        .paragraph(why)
        .paragraph(text!(language => mail_endpoint_do))
        .button(text!(language => mail_endpoint_button), link)
        .because(text!(language => mail_because_admin, workspace = &workspace))
}

/// What happened to a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SecretChange {
    Set,
    Deleted,
}

/// Who changed a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Changer<'a> {
    /// A user, by their address.
    Person(&'a str),
    /// An API key, by its name.
    Key(&'a str),
}

/// The notice to an admin about a change of a secret that decides where payments go. `from` is the client's address.
pub(crate) fn secret_changed(
    language: Locale,
    workspace: &str,
    (name, change): (&str, SecretChange),
    (who, from): (Changer<'_>, Option<&str>),
    at: Timestamp,
    link: &str,
) -> MailContent {
    let workspace = name_for_mail(workspace);
    // Mail clients turn an address or a domain into a link, so a name is written so that they do not.
    let who = match who {
        Changer::Person(address) => address_for_mail(address),
        Changer::Key(name) => text!(language => mail_secret_key, name = name_for_mail(name)).into_owned(),
    };
    let at = language.minute(at);
    let (subject, what, effect) = match (change, plain_name(name)) {
        (SecretChange::Set, Some(name)) => (
            text!(language => mail_secret_set_subject, workspace = &workspace),
            text!(language => mail_secret_set, who = who, name = name, workspace = &workspace, at = at),
            text!(language => mail_secret_set_effect),
        ),
        (SecretChange::Set, None) => (
            text!(language => mail_secret_set_subject, workspace = &workspace),
            text!(language => mail_secret_set_unnamed, who = who, workspace = &workspace, at = at),
            text!(language => mail_secret_set_effect),
        ),
        (SecretChange::Deleted, Some(name)) => (
            text!(language => mail_secret_deleted_subject, workspace = &workspace),
            text!(language => mail_secret_deleted, who = who, name = name, workspace = &workspace, at = at),
            text!(language => mail_secret_deleted_effect),
        ),
        (SecretChange::Deleted, None) => (
            text!(language => mail_secret_deleted_subject, workspace = &workspace),
            text!(language => mail_secret_deleted_unnamed, who = who, workspace = &workspace, at = at),
            text!(language => mail_secret_deleted_effect),
        ),
    };
    let content = MailContent::new(language, subject).paragraph(what);
    let content = match from {
        Some(address) => content.paragraph(text!(language => mail_secret_from, address = address)),
        None => content,
    };
    content
        .paragraph(effect)
        .paragraph(text!(language => mail_secret_do))
        .button(text!(language => mail_secret_button), link)
        .because(text!(language => mail_because_admin, workspace = &workspace))
}

/// Returns a secret's name, unless it could be read as a sentence or an address.
fn plain_name(name: &str) -> Option<&str> {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-');
    name.chars().all(is_plain).then_some(name)
}

#[cfg(test)]
mod tests;
