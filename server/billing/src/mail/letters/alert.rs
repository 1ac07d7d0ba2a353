//! Alerts about limits.

use domain::{
    account::names::name_for_mail,
    catalog::{Enforcement, Feature, Limit},
    entitlement::alert::{Alert, AlertKind},
};
use locales::{Locale, text};

use crate::mail::{content::MailContent, kind::LetterKind};

/// A usage alert. `link` is the feature's usage page.
pub(crate) fn alert(language: Locale, workspace: &str, feature: &Feature, alert: &Alert, link: &str) -> MailContent {
    let workspace = name_for_mail(workspace);
    let Alert { kind, used, limit, sent_at, .. } = alert;
    let title = language.translate(&feature.title);
    let is_hard = feature.enforcement == Enforcement::Hard;
    let (letter, subject, means) = match kind {
        AlertKind::Warning => (
            LetterKind::LimitNear,
            text!(language => mail_limit_near_subject, workspace = &workspace, feature = title.clone()),
            if is_hard { text!(language => mail_limit_near_hard) } else { text!(language => mail_limit_near_soft) },
        ),
        AlertKind::Reached => (
            LetterKind::LimitReached,
            text!(language => mail_limit_reached_subject, workspace = &workspace, feature = title.clone()),
            if is_hard {
                text!(language => mail_limit_reached_hard)
            } else {
                text!(language => mail_limit_reached_soft)
            },
        ),
        AlertKind::Cleared => (
            LetterKind::LimitCleared,
            text!(language => mail_limit_cleared_subject, workspace = &workspace, feature = title.clone()),
            text!(language => mail_limit_cleared),
        ),
    };
    let used = language.amount(feature, *used);
    let state = match *limit {
        Limit::Unlimited => text!(language => mail_limit_used_unlimited, feature = title, used = used),
        Limit::AtMost(most) => {
            let limit = language.full_amount(feature, most);
            text!(language => mail_limit_used, feature = title, used = used, limit = limit)
        }
    };
    MailContent::new(letter, language, subject)
        .paragraph(state)
        .paragraph(means)
        .button(text!(language => mail_limit_button), link)
        .paragraph(text!(language => mail_limit_at, at = language.minute(*sent_at)))
        .because(text!(language => mail_because_admin, workspace = &workspace))
}
