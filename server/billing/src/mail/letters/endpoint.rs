//! Notices about webhook endpoints.

use domain::account::names::name_for_mail;
use locales::{Locale, text};

use crate::{
    mail::{content::MailContent, kind::LetterKind},
    store::webhook::webhook_endpoints::{Disabled, DisabledWhy},
};

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
    let subject = text!(language => mail_endpoint_subject, workspace = &workspace);
    MailContent::new(LetterKind::EndpointDisabled, language, subject)
        .paragraph(text!(language => mail_endpoint_what, url = url, workspace = &workspace, at = at))
        .paragraph(why)
        .paragraph(text!(language => mail_endpoint_do))
        .button(text!(language => mail_endpoint_button), link)
        .because(text!(language => mail_because_admin, workspace = &workspace))
}
