//! Enterprise requests: contact requests for more than a listed plan offers.

use domain::{
    account::{Account, Email, Viewer, WorkspaceViewer},
    ids::{TenantId, UserId},
    tenant::enterprise::{EnterpriseRequest, Handling, UseCase},
};
use locales::installed;

use crate::{
    identity::{ClientAddress, throttle::Throttle},
    mail::{Letter, letters},
    service::{FieldErrors, Operators, ServiceError, base::idempotency::KeyedRequest},
    store::job::jobs::Task,
};

/// Maximum length of each one-line field: company, name, scale.
pub const LINE_MAX_CHARS: usize = 200;
pub const NOTES_MAX_CHARS: usize = 2000;

/// An enterprise request as sent. Company and address are required; the rest may be empty.
#[derive(Clone, Debug, Default)]
pub struct NewEnterpriseRequest {
    pub company: String,
    pub contact_name: String,
    pub email: String,
    /// Duplicates are removed.
    pub use_cases: Vec<UseCase>,
    pub expected_scale: String,
    /// May have several lines.
    pub notes: String,
    /// The honeypot: a field hidden from people, which bots fill in.
    pub trap: String,
    /// The random key of the form that was sent; empty for a request over the API.
    pub form_key: String,
}

/// The sender of a request. Both fields are `None` for a visitor who is not signed in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sender {
    pub user: Option<UserId>,
    /// The sender's current workspace.
    pub tenant: Option<TenantId>,
}

impl From<Viewer> for Sender {
    fn from(viewer: Viewer) -> Self {
        Self { user: Some(viewer.user_id), tenant: Some(viewer.current_membership.tenant_id) }
    }
}

impl From<WorkspaceViewer> for Sender {
    fn from(viewer: WorkspaceViewer) -> Self {
        Self { user: viewer.user_id().cloned(), tenant: Some(viewer.current_membership.tenant_id) }
    }
}

impl From<Account> for Sender {
    fn from(account: Account) -> Self {
        Self { user: Some(account.user_id), tenant: None }
    }
}

impl Operators {
    /// Stores a request and returns its id. If a mailer and a sales address are configured, also enqueues a mail to
    /// that address.
    ///
    /// A request with a filled honeypot gets a normal response and is discarded. [`ServiceError::Throttled`] after five
    /// stored requests an hour from one client address.
    ///
    /// A repeat of a form, with the same `form_key` and content, stores nothing and gets the first answer.
    pub async fn request_enterprise(
        &self,
        form: NewEnterpriseRequest,
        by: Sender,
        from: ClientAddress,
    ) -> Result<String, ServiceError> {
        let id = request_id(&form, &by);
        if !form.trap.is_empty() {
            tracing::info!("discarded enterprise request with a filled honeypot");
            return Ok(id);
        }
        let (form, email) = validate(form)?;
        let NewEnterpriseRequest {
            company,
            contact_name,
            email: _,
            use_cases,
            expected_scale,
            notes,
            trap: _,
            form_key: _,
        } = form;
        let now = self.wall_now();
        let request = EnterpriseRequest {
            id: id.clone(),
            company,
            contact_name,
            email,
            use_cases,
            expected_scale,
            notes,
            tenant: by.tenant,
            user: by.user,
            created_at: now,
            handling: Handling::default(),
        };
        let _permit = self.anonymous_writes.permit(from).await?;
        let mut tx = self.store().begin().await?;
        if !tx.connection().insert_enterprise_request(&request).await? {
            return Ok(id);
        }
        // A throttled request is rolled back together with its count.
        if let Some(retry_after_secs) = Throttle::of_enterprise_requests(from).count_in(&mut tx, now).await? {
            return Err(ServiceError::Throttled { retry_after_secs });
        }
        let is_mailed = self.mailer().is_some() && self.settings().sales_email.is_some();
        if is_mailed {
            tx.connection().insert_job(&Task::MailEnterpriseRequest { request: id.clone() }, now, now).await?;
        }
        tx.commit().await?;
        if is_mailed {
            self.jobs_written().notify_one();
        }
        Ok(id)
    }

    /// Lists every request, the newest first, for operators.
    pub async fn list_enterprise_requests(&self) -> Result<Vec<EnterpriseRequest>, ServiceError> {
        Ok(self.store().read().await?.connection().list_enterprise_requests().await?)
    }

    /// Mails a request to the sales address. No-op when mail or the address is not configured.
    pub(crate) async fn mail_enterprise_request(&self, id: &str) -> Result<(), ServiceError> {
        let (Some(mailer), Some(sales)) = (self.mailer(), &self.settings().sales_email) else { return Ok(()) };
        let mut reader = self.store().read().await?;
        let Some(request) = reader.connection().find_enterprise_request(id).await? else { return Ok(()) };
        let tenant = match &request.tenant {
            Some(tenant) => reader.connection().find_tenant(tenant).await?,
            None => None,
        };
        drop(reader);
        let content = letters::enterprise_request(installed().default(), &request, tenant.as_ref());
        mailer.send(&Letter::new(sales, &content)?).await?;
        Ok(())
    }
}

/// Returns the id under which a request is stored: the same for every repeat of a form, else a new one.
fn request_id(form: &NewEnterpriseRequest, by: &Sender) -> String {
    let NewEnterpriseRequest { company, contact_name, email, use_cases, expected_scale, notes, trap: _, form_key } =
        form;
    if form_key.is_empty() {
        return uuid::Uuid::now_v7().to_string();
    }
    let Sender { user, tenant } = by;
    let user = user.as_ref().map(UserId::as_str).unwrap_or_default();
    let tenant = tenant.as_ref().map(TenantId::as_str).unwrap_or_default();
    let use_cases = use_cases.iter().map(|case| case.as_str()).collect::<Vec<_>>().join(",");
    let content = [company, contact_name, email, &use_cases, expected_scale, notes].map(String::as_bytes);
    let attempt = KeyedRequest::new(&[form_key.as_bytes(), user.as_bytes(), tenant.as_bytes()], &content).attempt();
    // Ids of requests are UUIDs.
    let id = attempt.get(..32).and_then(|half| uuid::Uuid::parse_str(half).ok());
    id.map_or(attempt, |id| id.to_string())
}

/// Validates a request and reports all mistakes together.
fn validate(form: NewEnterpriseRequest) -> Result<(NewEnterpriseRequest, Email), ServiceError> {
    let NewEnterpriseRequest { company, contact_name, email, mut use_cases, expected_scale, notes, trap, form_key } =
        form;
    let mut fields = FieldErrors::new();
    let mut line = |name: &'static str, text: &str| {
        let text = text.trim().to_owned();
        if text.chars().count() > LINE_MAX_CHARS || text.chars().any(char::is_control) {
            fields.insert(name, format!("{name} may have at most {LINE_MAX_CHARS} characters, on one line."));
        }
        text
    };
    let company = line("company", &company);
    let contact_name = line("contactName", &contact_name);
    let expected_scale = line("expectedScale", &expected_scale);
    if company.is_empty() {
        fields.insert("company", "company is required.".to_owned());
    }
    let address = email.parse::<Email>();
    if let Err(error) = &address {
        fields.insert("email", format!("email: {error}."));
    }
    let notes = notes.replace("\r\n", "\n").trim().to_owned();
    if notes.chars().count() > NOTES_MAX_CHARS || notes.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
        fields.insert("notes", format!("notes may have at most {NOTES_MAX_CHARS} characters of plain text."));
    }
    use_cases.sort_unstable();
    use_cases.dedup();
    match address {
        Ok(address) if fields.is_empty() => {
            let form =
                NewEnterpriseRequest { company, contact_name, email, use_cases, expected_scale, notes, trap, form_key };
            Ok((form, address))
        }
        _ => Err(ServiceError::invalid(fields)),
    }
}

#[cfg(test)]
mod tests;
