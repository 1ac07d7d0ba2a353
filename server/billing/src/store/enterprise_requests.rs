//! Enterprise requests, whoever sent them.

use domain::{
    account::Email,
    enterprise::UseCase,
    ids::{TenantId, UserId},
    time::Timestamp,
};

use super::{Link, StoreResult, on_backend, parse, statements};

statements! {
    INSERT_ENTERPRISE_REQUEST = "INSERT INTO enterprise_requests (request_id, company, contact_name, email, use_cases, \
         expected_scale, notes, tenant_id, user_id, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    FIND_ENTERPRISE_REQUEST = "SELECT request_id, company, contact_name, email, use_cases, expected_scale, notes, tenant_id, \
         user_id, created_at FROM enterprise_requests WHERE request_id = $1";
    LIST_ENTERPRISE_REQUESTS = "SELECT request_id, company, contact_name, email, use_cases, expected_scale, notes, tenant_id, \
         user_id, created_at FROM enterprise_requests ORDER BY created_at DESC, request_id";
}

/// A text that was left out is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnterpriseRequest {
    pub id: String,
    pub company: String,
    pub contact_name: String,
    pub email: Email,
    pub use_cases: Vec<UseCase>,
    pub expected_scale: String,
    pub notes: String,
    /// The workspace that was open, where somebody was signed in.
    pub tenant: Option<TenantId>,
    pub user: Option<UserId>,
    pub created_at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct EnterpriseRequestRow {
    request_id: String,
    company: String,
    contact_name: String,
    email: String,
    use_cases: String,
    expected_scale: String,
    notes: String,
    tenant_id: Option<String>,
    user_id: Option<String>,
    created_at: i64,
}

impl EnterpriseRequestRow {
    fn read(self) -> StoreResult<EnterpriseRequest> {
        let Self {
            request_id,
            company,
            contact_name,
            email,
            use_cases,
            expected_scale,
            notes,
            tenant_id,
            user_id,
            created_at,
        } = self;
        let use_cases = use_cases.split(',').filter(|word| !word.is_empty());
        Ok(EnterpriseRequest {
            id: request_id,
            company,
            contact_name,
            email: parse(&email, "enterprise_requests.email")?,
            use_cases: use_cases
                .map(|word| parse(word, "enterprise_requests.use_cases"))
                .collect::<StoreResult<_>>()?,
            expected_scale,
            notes,
            tenant: tenant_id.map(|id| parse(&id, "enterprise_requests.tenant_id")).transpose()?,
            user: user_id.map(|id| parse(&id, "enterprise_requests.user_id")).transpose()?,
            created_at: Timestamp::from_micros(created_at),
        })
    }
}

impl Link<'_> {
    pub async fn insert_enterprise_request(&mut self, request: &EnterpriseRequest) -> StoreResult<()> {
        let EnterpriseRequest {
            id,
            company,
            contact_name,
            email,
            use_cases,
            expected_scale,
            notes,
            tenant,
            user,
            created_at,
        } = request;
        let use_cases = use_cases.iter().map(|case| case.as_str()).collect::<Vec<_>>().join(",");
        on_backend!(self, connection => sqlx::query(INSERT_ENTERPRISE_REQUEST)
            .bind(id)
            .bind(company)
            .bind(contact_name)
            .bind(email.as_str())
            .bind(use_cases)
            .bind(expected_scale)
            .bind(notes)
            .bind(tenant.as_ref().map(TenantId::as_str))
            .bind(user.as_ref().map(UserId::as_str))
            .bind(created_at.as_micros())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    pub async fn find_enterprise_request(&mut self, id: &str) -> StoreResult<Option<EnterpriseRequest>> {
        let row: Option<EnterpriseRequestRow> = on_backend!(self, connection => sqlx::query_as(FIND_ENTERPRISE_REQUEST)
            .bind(id)
            .fetch_optional(&mut **connection)
            .await?);
        row.map(EnterpriseRequestRow::read).transpose()
    }

    /// Every request, the newest first.
    pub async fn list_enterprise_requests(&mut self) -> StoreResult<Vec<EnterpriseRequest>> {
        let rows: Vec<EnterpriseRequestRow> = on_backend!(self, connection => sqlx::query_as(LIST_ENTERPRISE_REQUESTS)
            .fetch_all(&mut **connection)
            .await?);
        rows.into_iter().map(EnterpriseRequestRow::read).collect()
    }
}
