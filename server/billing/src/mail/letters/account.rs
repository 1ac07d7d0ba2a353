//! Invitations, links and notices about accounts.

use domain::{
    account::{
        Role,
        names::{address_for_mail, name_for_mail},
    },
    time::Timestamp,
};
use locales::{Locale, text};

use crate::{
    mail::{content::MailContent, kind::LetterKind},
    store::job::jobs::AccountNotice,
};

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
        Role::Billing => "billing",
        Role::Member => "member",
    };
    let head = match &invited_by {
        Some(inviter) => {
            text!(language => mail_invitation_by, inviter = inviter, workspace = &workspace, role = role)
        }
        None => text!(language => mail_invitation_by_nobody, workspace = &workspace, role = role),
    };
    let sender = invited_by.as_ref().unwrap_or(&workspace);
    let subject = text!(language => mail_invitation_subject, workspace = &workspace);
    MailContent::new(LetterKind::Invitation, language, subject)
        .paragraph(head)
        .paragraph(text!(language => mail_invitation_what, role = role))
        .button(text!(language => mail_invitation_button), link)
        .paragraph(text!(language => mail_invitation_until, until = language.minute(until)))
        .paragraph(text!(language => mail_invitation_unknown, sender = sender))
}

/// A password reset. `link` is the page that sets the new password.
pub(crate) fn password_reset(language: Locale, email: &str, link: &str, until: Timestamp) -> MailContent {
    MailContent::new(LetterKind::PasswordReset, language, text!(language => mail_reset_subject))
        .paragraph(text!(language => mail_reset_what, email = email))
        .button(text!(language => mail_reset_button), link)
        .paragraph(text!(language => mail_reset_until, until = language.minute(until)))
        .paragraph(text!(language => mail_reset_ignore))
}

/// An address verification. `link` is the page that confirms the address.
pub(crate) fn address_verification(language: Locale, email: &str, link: &str, until: Timestamp) -> MailContent {
    MailContent::new(LetterKind::AddressVerification, language, text!(language => mail_verify_subject))
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
    MailContent::new(LetterKind::AddressChange, language, text!(language => mail_change_subject))
        .paragraph(what)
        .paragraph(text!(language => mail_change_do, until = language.minute(until)))
        .button(text!(language => mail_change_button), link)
        .paragraph(text!(language => mail_change_ignore))
}

/// The notice to an account's current address that `new` is to replace it.
pub(crate) fn address_change_notice(language: Locale, old: &str, new: &str) -> MailContent {
    MailContent::new(LetterKind::AddressChangeNotice, language, text!(language => mail_change_notice_subject))
        .paragraph(text!(language => mail_change_notice_what, old = old, new = address_for_mail(new)))
        .paragraph(text!(language => mail_change_notice_else))
}

/// The notice to the owner of an address that another account asked for. Reveals nothing of the other account.
pub(crate) fn address_taken(language: Locale, email: &str) -> MailContent {
    MailContent::new(LetterKind::AddressTaken, language, text!(language => mail_taken_subject))
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
    let (kind, subject, what) = match notice {
        AccountNotice::PasswordChanged => (
            LetterKind::PasswordChanged,
            text!(language => mail_notice_password_subject),
            text!(language => mail_notice_password, email = email, at = at),
        ),
        AccountNotice::PasswordReset => (
            LetterKind::PasswordSetByLink,
            text!(language => mail_notice_password_subject),
            text!(language => mail_notice_password_reset, email = email, at = at),
        ),
        AccountNotice::PasswordSetByToken => (
            LetterKind::PasswordSetByToken,
            text!(language => mail_notice_password_subject),
            text!(language => mail_notice_password_token, email = email, at = at),
        ),
        AccountNotice::SecondFactorEnabled => (
            LetterKind::SecondFactorEnabled,
            text!(language => mail_notice_factor_on_subject),
            text!(language => mail_notice_factor_on, email = email, at = at),
        ),
        AccountNotice::SecondFactorRemoved => (
            LetterKind::SecondFactorRemoved,
            text!(language => mail_notice_factor_off_subject),
            text!(language => mail_notice_factor_off, email = email, at = at),
        ),
        AccountNotice::RecoveryCodesRenewed => (
            LetterKind::RecoveryCodesRenewed,
            text!(language => mail_notice_codes_subject),
            text!(language => mail_notice_codes, email = email, at = at),
        ),
        AccountNotice::SignInLinked => (
            LetterKind::SignInLinked,
            text!(language => mail_notice_linked_subject),
            text!(language => mail_notice_linked, email = email, at = at),
        ),
    };
    MailContent::new(kind, language, subject)
        .paragraph(what)
        .paragraph(text!(language => mail_notice_else))
        .button(text!(language => mail_notice_button), link)
}
