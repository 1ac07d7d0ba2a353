//! Enterprise requests of all tenants and of visitors.

use domain::{
    account::Email,
    ids::{TenantId, UserId},
    tenant::enterprise::{EnterpriseRequest, EnterpriseRequestState, Handling},
    time::Timestamp,
};

use super::tenants::page_position::PagePosition;
use crate::store::{Connection, StoreResult, on_backend, parse, statements};

statements! {
    INSERT_ENTERPRISE_REQUEST = "INSERT INTO enterprise_requests (request_id, company, contact_name, email, use_cases, \
         expected_scale, notes, tenant_id, user_id, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
         ON CONFLICT (request_id) DO NOTHING";
    FIND_ENTERPRISE_REQUEST = "SELECT request_id, company, contact_name, email, use_cases, expected_scale, notes, tenant_id, \
         user_id, created_at, state, desk_note, changed_at FROM enterprise_requests WHERE request_id = $1";
    LIST_ENTERPRISE_REQUESTS = "SELECT request_id, company, contact_name, email, use_cases, expected_scale, notes, tenant_id, \
         user_id, created_at, state, desk_note, changed_at FROM enterprise_requests ORDER BY created_at DESC, request_id";
    LIST_REQUESTS_PAGE = "SELECT request_id, company, contact_name, email, use_cases, expected_scale, notes, tenant_id, \
         user_id, created_at, state, desk_note, changed_at FROM enterprise_requests \
         WHERE (created_at, request_id) < ($1, $2) ORDER BY created_at DESC, request_id DESC LIMIT 51";
    LIST_REQUESTS_IN_STATE = "SELECT request_id, company, contact_name, email, use_cases, expected_scale, notes, tenant_id, \
         user_id, created_at, state, desk_note, changed_at FROM enterprise_requests \
         WHERE (created_at, request_id) < ($1, $2) AND state = $3 ORDER BY created_at DESC, request_id DESC LIMIT 51";
    UPDATE_HANDLING = "UPDATE enterprise_requests SET state = $2, desk_note = $3, changed_at = $4 \
         WHERE request_id = $1 AND coalesce(changed_at, 0) = $5";
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
    state: String,
    desk_note: String,
    changed_at: Option<i64>,
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
            state,
            desk_note,
            changed_at,
        } = self;
        let use_cases = use_cases.split(',').filter(|word| !word.is_empty());
        Ok(EnterpriseRequest {
            id: request_id,
            company,
            contact_name,
            email: Email::from_stored(email),
            use_cases: use_cases
                .map(|word| parse(word, "enterprise_requests.use_cases"))
                .collect::<StoreResult<_>>()?,
            expected_scale,
            notes,
            tenant: tenant_id.map(|id| parse(&id, "enterprise_requests.tenant_id")).transpose()?,
            user: user_id.map(|id| parse(&id, "enterprise_requests.user_id")).transpose()?,
            created_at: Timestamp::from_micros(created_at),
            handling: Handling {
                state: parse(&state, "enterprise_requests.state")?,
                note: desk_note,
                changed_at: changed_at.map(Timestamp::from_micros),
            },
        })
    }
}

impl From<&EnterpriseRequest> for PagePosition {
    fn from(request: &EnterpriseRequest) -> Self {
        Self { at: request.created_at, id: request.id.clone() }
    }
}

impl Connection<'_> {
    /// Inserts a new request, in its initial state.
    /// Inserts a request. `false` if there is one with its id.
    pub async fn insert_enterprise_request(&mut self, request: &EnterpriseRequest) -> StoreResult<bool> {
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
            handling: _,
        } = request;
        let use_cases = use_cases.iter().map(|case| case.as_str()).collect::<Vec<_>>().join(",");
        let rows = on_backend!(self, connection => sqlx::query(INSERT_ENTERPRISE_REQUEST)
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
            .await?
            .rows_affected());
        Ok(rows > 0)
    }

    pub async fn find_enterprise_request(&mut self, id: &str) -> StoreResult<Option<EnterpriseRequest>> {
        let row: Option<EnterpriseRequestRow> = on_backend!(self, connection => sqlx::query_as(FIND_ENTERPRISE_REQUEST)
            .bind(id)
            .fetch_optional(&mut **connection)
            .await?);
        row.map(EnterpriseRequestRow::read).transpose()
    }

    /// Lists every request, newest first.
    pub async fn list_enterprise_requests(&mut self) -> StoreResult<Vec<EnterpriseRequest>> {
        let rows: Vec<EnterpriseRequestRow> = on_backend!(self, connection => sqlx::query_as(LIST_ENTERPRISE_REQUESTS)
            .fetch_all(&mut **connection)
            .await?);
        rows.into_iter().map(EnterpriseRequestRow::read).collect()
    }

    /// Lists requests of one state or of all, newest first: one more than a page.
    pub async fn list_requests_page(
        &mut self,
        state: Option<EnterpriseRequestState>,
        after: Option<&PagePosition>,
    ) -> StoreResult<Vec<EnterpriseRequest>> {
        let (at, id) = PagePosition::or_last(after);
        let rows: Vec<EnterpriseRequestRow> = on_backend!(self, connection => match state {
            Some(state) => sqlx::query_as(LIST_REQUESTS_IN_STATE).bind(at).bind(id).bind(state.as_str()),
            None => sqlx::query_as(LIST_REQUESTS_PAGE).bind(at).bind(id),
        }
        .fetch_all(&mut **connection)
        .await?);
        rows.into_iter().map(EnterpriseRequestRow::read).collect()
    }

    /// Updates a request. `false` if it does not exist, or its last change is not `seen`: someone changed it meanwhile.
    pub async fn update_handling(
        &mut self,
        id: &str,
        state: EnterpriseRequestState,
        note: &str,
        seen: Option<Timestamp>,
        now: Timestamp,
    ) -> StoreResult<bool> {
        let rows = on_backend!(self, connection => sqlx::query(UPDATE_HANDLING)
            .bind(id)
            .bind(state.as_str())
            .bind(note)
            .bind(now.as_micros())
            .bind(seen.map_or(0, Timestamp::as_micros))
            .execute(&mut **connection)
            .await?
            .rows_affected());
        Ok(rows > 0)
    }
}
