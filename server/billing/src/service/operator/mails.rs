//! The mails of the installation, each with a sample that operators look at and send to themselves.

use domain::{
    ids::{TenantId, UserId},
    subscription::Provider,
    tenant::audit::{AuditAction, NewAuditEntry},
    time::Timestamp,
};
use locales::{Locale, installed};
use serde_json::json;

use super::{
    super::{Operators, ServiceError},
    ConfirmedOperator, Operator,
};
use crate::{
    identity::ClientAddress,
    mail::{Letter, content::MailContent, kind::LetterKind, letters::samples::Samples, look::Medium},
    service::base::limits::mail_budget::RequestedMail,
    store::job::jobs::Task,
};

/// Age at which an undelivered sample is dropped.
const VALID_SECS: i64 = 86_400;

/// A kind of mail with the subject of its sample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedMail {
    pub kind: LetterKind,
    pub subject: String,
}

/// A sample as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailPreview {
    pub subject: String,
    /// The sender; `None` if the installation sends no mail.
    pub from: Option<String>,
    pub text: String,
    /// A document that loads nothing.
    pub html: String,
    /// What a content security policy must allow for the document's style.
    pub style_source: String,
    /// Whether the document contains the logo, in a `data:` URL.
    pub has_logo: bool,
}

impl Operators {
    /// Lists the kinds of mail that have a sample with this catalog, in the order of [`LetterKind::ALL`].
    pub fn list_mails(&self, _: &Operator, language: Locale) -> Vec<ListedMail> {
        let listed = |kind| Some(ListedMail { kind, subject: self.sample(kind, language)?.subject });
        LetterKind::ALL.into_iter().filter_map(listed).collect()
    }

    /// Returns a sample; `None` if the catalog has nothing that the mail could be about.
    pub fn preview_mail(&self, _: &Operator, kind: LetterKind, language: Locale) -> Option<MailPreview> {
        let content = self.sample(kind, language)?;
        let look = self.settings().brand.mail_look();
        Some(MailPreview {
            text: content.text(&look),
            html: content.html(&look, Medium::Browser),
            subject: content.subject,
            from: self.mailer().map(|mailer| mailer.sender().to_string()),
            style_source: look.style_source(),
            has_logo: look.logo.is_some(),
        })
    }

    /// Mails a sample to the operator. Throttled by recipient and by client address. [`ServiceError::NotFound`] for a
    /// kind without a sample.
    pub async fn send_sample(
        &self,
        operator: &ConfirmedOperator,
        kind: LetterKind,
        language: Locale,
        from: ClientAddress,
    ) -> Result<(), ServiceError> {
        if self.mailer().is_none() {
            return Err(ServiceError::MailNotConfigured);
        }
        if self.sample(kind, language).is_none() {
            return Err(ServiceError::NotFound("sample of this mail"));
        }
        self.count_mail(RequestedMail::Sample { to: operator.email(), from }).await?;
        let now = self.wall_now();
        let language = language.tag().to_owned();
        let entry = NewAuditEntry {
            by: operator.by(),
            action: AuditAction::MailSampleSent,
            target: kind.as_str().to_owned(),
            details: json!({ "language": language }),
        };
        let task = Task::MailSample { user: operator.user().clone(), letter: kind, language, asked_at: now };
        let mut tx = self.store().begin().await?;
        tx.connection().insert_job(&task, now, now).await?;
        self.record_audit(&mut tx, &TenantId::installation(), entry).await?;
        tx.commit().await?;
        self.jobs_written().notify_one();
        Ok(())
    }

    /// Sends a sample to the operator who asked for it. No-op if they are no operator any more, or a day has passed.
    pub(crate) async fn mail_sample(
        &self,
        user: &UserId,
        letter: LetterKind,
        language: &str,
        asked_at: Timestamp,
    ) -> Result<(), ServiceError> {
        let Some(mailer) = self.mailer() else { return Ok(()) };
        let mut reader = self.store().read().await?;
        let is_operator = reader.connection().is_operator(user).await?;
        let found = reader.connection().find_user(user).await?.filter(|_| is_operator);
        drop(reader);
        let Some(found) = found.filter(|_| self.wall_now().secs_since(asked_at) < VALID_SECS) else { return Ok(()) };
        let language = installed().get(language).unwrap_or_else(|| installed().default());
        let Some(content) = self.sample(letter, language) else { return Ok(()) };
        mailer.send(&Letter::new(&found.email, &content)?).await?;
        Ok(())
    }

    fn sample(&self, kind: LetterKind, language: Locale) -> Option<MailContent> {
        let samples = Samples {
            language,
            catalog: self.catalog(),
            // Without a provider, the samples name the one that most installations use.
            provider: self.provider().name().unwrap_or(Provider::Stripe),
            page_url: &|path: &str| self.page_url(path),
            now: self.wall_now(),
        };
        samples.sample(kind)
    }
}

#[cfg(test)]
mod tests;
