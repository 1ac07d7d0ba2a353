//! The texts of mails: what happened, what it means, what to do.

use domain::{
    account::{
        Role,
        names::{address_for_mail, name_for_mail},
    },
    catalog::{Cycle, Enforcement, Feature, format},
    entitlement::alert::{Alert, AlertKind},
    money::Money,
    subscription::lifecycle::DunningKind,
    tenant::enterprise::EnterpriseRequest,
    time::Timestamp,
};

use crate::store::{
    job::jobs::AccountNotice,
    tenant::tenants::Tenant,
    webhook::webhook_endpoints::{Disabled, DisabledWhy},
};

/// Subject and text of an invitation. `invited_by` is the inviting admin's address, `None` if they are no longer a
/// member; `link` is the page that accepts.
pub(crate) fn invitation(
    workspace: &str,
    invited_by: Option<&str>,
    role: Role,
    link: &str,
    until: Timestamp,
) -> (String, String) {
    let workspace = &name_for_mail(workspace);
    let invited_by = invited_by.map(address_for_mail);
    let invited_by = invited_by.as_deref();
    let (role_words, may) = match role {
        Role::Owner => ("its owner", "As an owner you see that, change it, and decide who else does."),
        Role::Admin => ("an admin", "As an admin you see that, and change the plan, people, keys and secrets."),
        Role::Member => ("a member", "As a member you see that."),
    };
    let head = match invited_by {
        Some(who) => format!("{who} invites you to {workspace} as {role_words}."),
        None => format!("You are invited to {workspace} as {role_words}."),
    };
    let text = format!(
        "{head}\n\nDues keeps what {workspace} has, uses and pays. {may}\n\nOpen this page to accept. It works once, until {until}:\n\n{link}\n\n\
         If you do not know {whom}, do nothing. Nobody joins without accepting.\n",
        until = minute(until),
        whom = invited_by.unwrap_or(workspace),
    );
    (format!("Invitation to {workspace}"), text)
}

/// Subject and text of a password reset. `link` is the page that sets the new password.
pub(crate) fn password_reset(email: &str, link: &str, until: Timestamp) -> (String, String) {
    let text = format!(
        "Somebody, probably you, asked for a new password for {email}.\n\nOpen this page to choose one. It works once, until {until}:\n\n{link}\n\n\
         Every browser that is signed in with the old password is then signed out.\n\nIf it was not you, do nothing. The old password goes on working.\n",
        until = minute(until),
    );
    ("A new password for Dues".to_owned(), text)
}

/// Subject and text of an address verification. `link` is the page that confirms the address.
pub(crate) fn address_verification(email: &str, link: &str, until: Timestamp) -> (String, String) {
    let text = format!(
        "An account was made with the address {email}.\n\nIf it was you, sign in and open this page to confirm that the address is yours. \
         It works until {until}:\n\n{link}\n\n\
         If it was not you, do nothing. The account can then invite nobody and make no keys. To take it over, ask for a new password: \
         that ends everything that was made with it before.\n",
        until = minute(until),
    );
    ("Confirm your address for Dues".to_owned(), text)
}

/// Subject and text of an address change. `link` is the page that confirms it. `old` is the current address; `None` if
/// it is not verified.
pub(crate) fn address_change(old: Option<&str>, new: &str, link: &str, until: Timestamp) -> (String, String) {
    let whose = old.map_or_else(|| "An account".to_owned(), |old| format!("The account of {}", address_for_mail(old)));
    let text = format!(
        "{whose} at Dues is to get the address {new}.\n\nOpen this page while you are signed in to give it that address. It works once, until {until}:\n\n{link}\n\n\
         Until then the old address holds. If it was not you, do nothing.\n",
        until = minute(until),
    );
    ("Your new address for Dues".to_owned(), text)
}

/// Subject and text of the notice to an account's current address that `new` is to replace it.
pub(crate) fn address_change_notice(old: &str, new: &str) -> (String, String) {
    let new = address_for_mail(new);
    let text = format!(
        "The account of {old} at Dues is to get the address {new}, once a link that is sent there is opened. \
         Until then this address holds.\n\n\
         If it was not you, choose a new password and sign out everywhere, on the page of your account.\n",
    );
    ("The address of your account at Dues is to change".to_owned(), text)
}

/// Subject and text for the owner of an address that another account asked for. Reveals nothing of the other account.
pub(crate) fn address_taken(email: &str) -> (String, String) {
    let text = format!(
        "Another account at Dues asked for the address {email}, which has an account already. Nothing was changed.\n\n\
         If it was you, sign in with {email}, or give this account another address first. If it was not you, there is nothing to do.\n",
    );
    ("Your address at Dues stays with your account".to_owned(), text)
}

/// Subject and text of the notice to an account's owner about a change of their sign-in methods. `link` is the page
/// that asks for a new password.
pub(crate) fn account_notice(email: &str, notice: AccountNotice, at: Timestamp, link: &str) -> (String, String) {
    let (subject, what) = match notice {
        AccountNotice::PasswordChanged => ("Your password at Dues was changed", "The password was changed."),
        AccountNotice::PasswordReset => {
            ("Your password at Dues was changed", "A new password was set by a link that was made for it.")
        }
        AccountNotice::PasswordSetByToken => {
            ("Your password at Dues was changed", "A password was set by an application in which you sign in.")
        }
        AccountNotice::SecondFactorEnabled => {
            ("The second factor of your account at Dues is on", "A second factor was set up.")
        }
        AccountNotice::SecondFactorRemoved => {
            ("The second factor of your account at Dues is off", "The second factor was removed.")
        }
        AccountNotice::RecoveryCodesRenewed => {
            ("Your recovery codes at Dues were replaced", "New recovery codes were made. The former ones work no more.")
        }
        AccountNotice::SignInLinked => (
            "Another sign-in opens your account at Dues",
            "A sign-in of another application was linked to the account. It opens the account from now on. \
             The page of your account lists linked sign-ins and removes them.",
        ),
    };
    let text = format!(
        "This happened to the account of {email} at {}: {what}\n\nIf it was you, there is nothing to do. If it was not you, choose a \
         new password here. That signs every browser out and removes linked sign-ins:\n\n{link}\n",
        minute(at),
    );
    (subject.to_owned(), text)
}

/// Subject and text of a usage alert. `link` is the feature's usage page.
pub(crate) fn alert(workspace: &str, feature: &Feature, alert: &Alert, link: &str) -> (String, String) {
    let workspace = &name_for_mail(workspace);
    let Alert { kind, used, limit, sent_at, .. } = alert;
    let plain = |text: String| format::plain(&text);
    let figures = format!("{} of {}", plain(format::amount(feature, *used)), plain(format::limit(feature, *limit)));
    let title = &feature.title;
    let is_hard = feature.enforcement == Enforcement::Hard;
    let (subject, so, means) = match kind {
        AlertKind::Warning => (
            format!("{workspace}: {title} near the limit"),
            format!("{title} in {workspace} stand at {figures}."),
            if is_hard {
                "At the limit, more is refused."
            } else {
                "Beyond the limit, more is counted with a warning."
            },
        ),
        AlertKind::Reached => (
            format!("{workspace}: {title} at the limit"),
            format!("{title} in {workspace} have reached the limit: {figures}."),
            if is_hard { "More is refused until there is room." } else { "More is let through, with a warning." },
        ),
        AlertKind::Cleared => (
            format!("{workspace}: {title} below the limit again"),
            format!("{title} in {workspace} stand at {figures}."),
            "There is room again.",
        ),
    };
    let text = format!(
        "{so} {means}\n\nThis was so at {}. How it stands now, and which plans allow more:\n\n{link}\n\n\
         You get this because you are an admin of {workspace}. Each limit is told once a period.\n",
        minute(*sent_at),
    );
    (subject, text)
}

/// A payment that is due, was settled, or will be due when a trial ends.
pub(crate) struct Dunning<'a> {
    pub(crate) workspace: &'a str,
    pub(crate) kind: DunningKind,
    pub(crate) plan: &'a str,
    /// The plan in effect: the former plan while a change is unpaid.
    pub(crate) holds: &'a str,
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

/// Subject and text of a dunning notice. `link` is the page where the admin can pay.
pub(crate) fn dunning(details: &Dunning<'_>, link: &str) -> (String, String) {
    let Dunning {
        workspace,
        kind,
        plan,
        holds,
        fallback,
        price,
        repeats,
        provider,
        grace_until,
        renews_at,
        since,
        cycle,
        is_invoiced,
    } = details;
    let workspace = &name_for_mail(workspace);
    let payment = match price {
        Some(price) => format!("The payment of {} for {plan}", price.exact()),
        None => format!("The payment for {plan}"),
    };
    let until = grace_until.map_or_else(|| "soon".to_owned(), |until| format!("on {}", minute(until)));
    let mend = if *is_invoiced {
        format!("To put it right, pay the invoice that {provider} has sent. This page leads to it:")
    } else {
        format!("{provider} tries again by itself. To put it right at once, update the card on this page:")
    };
    let (headline, failed) = if *is_invoiced {
        ("a payment is overdue", "was not made in time")
    } else {
        ("a payment failed", "was declined")
    };
    let (subject, so, mend) = match kind {
        DunningKind::PaymentFailed => (
            format!("{workspace}: {headline}"),
            format!(
                "{payment} in {workspace} {failed}.\n\n{holds} stays on for now. If the payment has not succeeded by then, \
                 {until} the limits of {fallback} hold. Nothing is deleted."
            ),
            mend,
        ),
        DunningKind::GraceEnds => (
            format!("{workspace}: {holds} falls to {fallback} {until}"),
            format!(
                "{payment} in {workspace} is still due. If it has not succeeded by then, {until} the limits of {fallback} hold. \
                 Nothing is deleted."
            ),
            mend,
        ),
        DunningKind::PlanSuspended => (
            format!("{workspace}: the limits of {fallback} hold now"),
            format!(
                "{payment} in {workspace} is still due, and its grace is over. The limits of {fallback} hold: what is above \
                 them stays, and nothing more is admitted. {plan} is back the moment it is paid."
            ),
            mend,
        ),
        DunningKind::Recovered => (
            format!("{workspace}: {plan} is paid again"),
            match renews_at {
                Some(at) => {
                    format!("{payment} in {workspace} has succeeded. {plan} holds, and renews on {}.", at.date())
                }
                None => format!("{payment} in {workspace} has succeeded. {plan} holds."),
            },
            "There is nothing to do. How it stands now:".to_owned(),
        ),
        DunningKind::TrialEnds => (
            format!("{workspace}: the trial of {plan} ends on {}", since.date()),
            match price {
                Some(price) => {
                    let again = if *repeats { format!(", and again each {}", cycle.unit()) } else { String::new() };
                    let price = price.exact();
                    let taken = if *is_invoiced { "is invoiced" } else { "is charged" };
                    format!("{plan} in {workspace} is free until {}. Then {price} {taken}{again}.", minute(*since))
                }
                None => format!("{plan} in {workspace} is free until {}. Then it is charged.", minute(*since)),
            },
            "To have it so, there is nothing to do. Cancel before, on this page, and nothing is charged:".to_owned(),
        ),
    };
    let text = format!("{so}\n\n{mend}\n\n{link}\n\nYou get this because you are an admin of {workspace}.\n");
    (subject, text)
}

/// Subject and text of an enterprise request for the sales address. `tenant` is the sender's workspace if they were
/// signed in.
pub(crate) fn enterprise_request(request: &EnterpriseRequest, tenant: Option<&Tenant>) -> (String, String) {
    let EnterpriseRequest { id, company, contact_name, email, use_cases, expected_scale, notes, created_at, .. } =
        request;
    let titles: Vec<_> = use_cases.iter().map(|case| case.title()).collect();
    let workspace = tenant
        .map_or_else(|| "none: nobody was signed in".to_owned(), |tenant| format!("{} ({})", tenant.name, tenant.id));
    let or_none = |text: &str| if text.is_empty() { "not said".to_owned() } else { text.to_owned() };
    let text = format!(
        "{company} asks for more than the listed plans.\n\n\
         Company: {company}\nContact: {}\nE-mail: {email}\nUse cases: {}\nExpected scale: {}\nWorkspace: {workspace}\n\
         Sent: {}\nNumber: {id}\n\nNotes:\n{}\n",
        or_none(contact_name),
        or_none(&titles.join(", ")),
        or_none(expected_scale),
        minute(*created_at),
        or_none(notes),
    );
    (format!("Enterprise request of {company}"), text)
}

/// Subject and text of the notice that an endpoint was disabled. `link` is the endpoint's page.
pub(crate) fn endpoint_disabled(workspace: &str, url: &str, disabled: Disabled, link: &str) -> (String, String) {
    let workspace = &name_for_mail(workspace);
    let why = match disabled.why {
        DisabledWhy::Gone => "It answered 410, which says that nothing is there any more.",
        DisabledWhy::Failing => "Nothing that was sent there in the last five days was taken.",
        DisabledWhy::ByAdmin => "An admin disabled it.",
    };
    let text = format!(
        "The webhook endpoint {url} of {workspace} was disabled at {}. {why}\n\nIt gets no messages until an admin enables it. \
         What it was to be told, and what came of it, stands here, where each message can be sent again:\n\n{link}\n\n\
         You get this because you are an admin of {workspace}.\n",
        minute(disabled.at),
    );
    (format!("{workspace}: a webhook endpoint is disabled"), text)
}

/// What happened to a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SecretChange {
    Set,
    Deleted,
}

/// Subject and text of the notice to an admin about a change of a secret that decides where payments go. `who` is the
/// user or key that changed it, `from` the client's address.
pub(crate) fn secret_changed(
    workspace: &str,
    (name, change): (&str, SecretChange),
    (who, from): (&str, Option<&str>),
    at: Timestamp,
    link: &str,
) -> (String, String) {
    let (workspace, who) = (&name_for_mail(workspace), name_without_links(who));
    let name = secret_for_mail(name);
    let (was, effect) = match change {
        SecretChange::Set => {
            ("given a value", "What your customers pay goes to the account that this secret leads to.")
        }
        SecretChange::Deleted => {
            ("deleted", "Checkouts and subscriptions of your customers can't be reached without it.")
        }
    };
    let from = from.map(|from| format!(", from the address {from}")).unwrap_or_default();
    let text = format!(
        "{name} of {workspace} was {was} at {} by {who}{from}.\n\n{effect}\n\n\
         If this was not meant, set the secret again, and look at who belongs to the workspace and which keys it has:\n\n{link}\n\n\
         You get this because you are an admin of {workspace}. Further changes within an hour come in one mail; the audit log has each.\n",
        minute(at),
    );
    (format!("{workspace}: {} was {was}", lower_first(&name)), text)
}

/// The actor's name (a user's address, or a key's name) in a form that mail clients do not turn into a link.
fn name_without_links(who: &str) -> String {
    let key = who.strip_prefix(KEY_NAMED).map(|name| format!("{KEY_NAMED}{}", name_for_mail(name)));
    key.unwrap_or_else(|| address_for_mail(who))
}

/// Returns what a mail calls the secret. Leaves out a name that could be read as a sentence or an address.
fn secret_for_mail(name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-');
    if name.chars().all(is_plain) { format!("The secret {name}") } else { "A secret".to_owned() }
}

fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

/// Prefix of the actor's name in a mail if the actor is an API key.
pub(crate) const KEY_NAMED: &str = "the API key ";

fn minute(at: Timestamp) -> String {
    format!("{}, {} UTC", at.date(), at.time_of_day())
}
