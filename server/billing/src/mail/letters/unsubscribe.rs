//! The end of mails that their recipient can turn off.

use domain::account::OptionalMail;
use locales::{Locale, text};

use crate::mail::content::MailContent;

/// Adds the link that turns mails of this kind off.
pub(crate) fn with_unsubscribe(content: MailContent, language: Locale, mail: OptionalMail, url: &str) -> MailContent {
    let label = match mail {
        OptionalMail::UsageLimits => text!(language => mail_off_usage_limits),
        OptionalMail::Payments => text!(language => mail_off_payments),
        OptionalMail::MonthlyReport => text!(language => mail_off_monthly_report),
    };
    content.unsubscribe(label, url)
}
