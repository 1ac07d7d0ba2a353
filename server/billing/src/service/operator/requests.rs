//! Enterprise requests and their handling by operators.

use std::collections::HashMap;

use domain::{
    ids::TenantId,
    tenant::enterprise::{EnterpriseRequest, EnterpriseRequestState},
    time::Timestamp,
};

use super::{
    super::{FieldErrors, Operators, ServiceError},
    ConfirmedOperator, OPERATOR_PAGE_ROWS, Operator, Place,
    notes::{NOTE_MAX_CHARS, plain_note},
};

const CHANGED_SINCE: ServiceError =
    ServiceError::Conflict("Another operator has changed this request. Look at it again.");

#[derive(Clone, Debug)]
pub struct RequestsPage {
    /// The newest first.
    pub requests: Vec<EnterpriseRequest>,
    /// Names of the workspaces that were current when the requests were sent.
    pub names: HashMap<TenantId, String>,
    /// Cursor of the next page; `None` on the last.
    pub next: Option<Place>,
}

impl Operators {
    /// Returns a page of the requests in `state`, or in any state if `state` is `None`. Runs a constant number of
    /// statements.
    pub async fn desk_requests(
        &self,
        _: &Operator,
        state: Option<EnterpriseRequestState>,
        after: Option<&Place>,
    ) -> Result<RequestsPage, ServiceError> {
        let mut reader = self.store().read().await?;
        let mut requests = reader.connection().list_requests_page(state, after).await?;
        let next = Place::truncate_page(&mut requests, OPERATOR_PAGE_ROWS, |last| last.into());
        let tenants: Vec<_> = requests.iter().filter_map(|request| request.tenant.as_ref()).collect();
        let names = reader.connection().list_names(&tenants).await?;
        Ok(RequestsPage { requests, names, next })
    }

    /// Updates state and note of a request. `seen` is the time of the latest change that the operator has seen; `None`
    /// if they saw the request unchanged. [`ServiceError::Conflict`] if the request was changed after that.
    pub async fn desk_handle_request(
        &self,
        operator: &ConfirmedOperator,
        id: &str,
        seen: Option<Timestamp>,
        (state, note): (&str, &str),
    ) -> Result<(), ServiceError> {
        let mut fields = FieldErrors::new();
        let state = state.parse::<EnterpriseRequestState>();
        if let Err(error) = state {
            fields.insert("state", format!("state: {error}."));
        }
        let note = plain_note(note);
        if note.is_none() {
            fields.insert("note", format!("note may have at most {NOTE_MAX_CHARS} characters of plain text."));
        }
        let (Ok(state), Some(note)) = (state, note) else { return Err(ServiceError::invalid(fields)) };
        let mut tx = self.store().begin().await?;
        let not_found = ServiceError::NotFound("enterprise request");
        // PostgreSQL rejects texts with a zero character.
        if id.contains('\0') {
            return Err(not_found);
        }
        if !tx.connection().update_handling(id, state, &note, seen, self.wall_now()).await? {
            let is_there = tx.connection().find_enterprise_request(id).await?.is_some();
            return Err(if is_there { CHANGED_SINCE } else { not_found });
        }
        tx.commit().await?;
        tracing::info!(
            operator = %operator.user(),
            request = id,
            state = state.as_str(),
            "operator updated an enterprise request"
        );
        Ok(())
    }
}
