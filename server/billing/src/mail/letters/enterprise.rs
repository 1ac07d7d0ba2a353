//! Enterprise requests.

use domain::tenant::enterprise::EnterpriseRequest;
use locales::{Locale, text};

use crate::{
    mail::{content::MailContent, kind::LetterKind},
    store::tenant::tenants::Tenant,
};

/// An enterprise request, for the sales address. `tenant` is the sender's workspace if they were signed in.
pub(crate) fn enterprise_request(
    language: Locale,
    request: &EnterpriseRequest,
    tenant: Option<&Tenant>,
) -> MailContent {
    let EnterpriseRequest { id, company, contact_name, email, use_cases, expected_scale, notes, created_at, .. } =
        request;
    let titles: Vec<_> = use_cases.iter().map(|case| language.use_case(*case)).collect();
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
    let subject = text!(language => mail_enterprise_subject, company = company);
    let content = MailContent::new(LetterKind::EnterpriseRequest, language, subject)
        .paragraph(text!(language => mail_enterprise_what, company = company))
        .facts(facts.into_iter().map(|(label, value)| (label.into_owned(), value)).collect());
    if notes.is_empty() { content } else { content.paragraph(text!(language => mail_enterprise_notes)).quote(notes) }
}
