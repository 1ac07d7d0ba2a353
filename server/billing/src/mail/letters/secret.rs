//! Notices about secrets that decide where payments go.

use domain::{
    account::names::{address_for_mail, name_for_mail},
    time::Timestamp,
};
use locales::{Locale, text};

use crate::mail::{content::MailContent, kind::LetterKind};

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
    let kind = match change {
        SecretChange::Set => LetterKind::SecretSet,
        SecretChange::Deleted => LetterKind::SecretDeleted,
    };
    let content = MailContent::new(kind, language, subject).paragraph(what);
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
