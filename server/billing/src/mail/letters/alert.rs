//! Alerts about limits.

use domain::{
    account::names::name_for_mail,
    catalog::{Enforcement, Feature, Limit, Plan},
    entitlement::alert::{Alert, AlertKind},
};
use locales::{Locale, text};

use crate::mail::{content::MailContent, kind::LetterKind};

/// What the mail of a usage alert is about.
pub(crate) struct AlertMail<'a> {
    pub(crate) workspace: &'a str,
    pub(crate) feature: &'a Feature,
    pub(crate) alert: &'a Alert,
    /// The cheapest plan that allows more, with its limit; `None` if there is none.
    pub(crate) larger: Option<(&'a Plan, Limit)>,
    /// Whether the workspace has set the thresholds itself: they may be far below the limit.
    pub(crate) has_own_thresholds: bool,
}

/// A usage alert. `link` is the feature's usage page, on which the plan can be ordered.
pub(crate) fn alert(language: Locale, mail: &AlertMail<'_>, link: &str) -> MailContent {
    let AlertMail { workspace, feature, alert, larger, has_own_thresholds } = mail;
    let workspace = name_for_mail(workspace);
    let Alert { kind, used, limit, sent_at, .. } = alert;
    let title = language.translate(&feature.title);
    let is_hard = feature.enforcement == Enforcement::Hard;
    let (letter, subject, means) = match kind {
        AlertKind::Warning | AlertKind::SecondWarning | AlertKind::ThirdWarning => (
            LetterKind::LimitNear,
            if *has_own_thresholds {
                text!(language => mail_limit_threshold_subject, workspace = &workspace, feature = title.clone())
            } else {
                text!(language => mail_limit_near_subject, workspace = &workspace, feature = title.clone())
            },
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
    let content = MailContent::new(letter, language, subject).paragraph(state).paragraph(means);
    let larger = larger.as_ref().filter(|_| *kind != AlertKind::Cleared).map(|(plan, limit)| {
        let plan = language.translate(&plan.name);
        match *limit {
            Limit::AtMost(_) => {
                text!(language => mail_limit_plan, plan = plan, limit = language.limit(feature, *limit))
            }
            Limit::Unlimited => text!(language => mail_limit_plan_unlimited, plan = plan),
        }
    });
    larger
        .into_iter()
        .fold(content, MailContent::paragraph)
        .button(text!(language => mail_limit_button), link)
        .paragraph(text!(language => mail_limit_at, at = language.minute(*sent_at)))
        .because(text!(language => mail_because_admin, workspace = &workspace))
}
