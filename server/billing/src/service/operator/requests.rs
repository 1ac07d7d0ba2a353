//! Enterprise requests, and what became of them.

use std::collections::HashMap;

use domain::{enterprise::EnterpriseRequestState, ids::TenantId, time::Timestamp};

use super::{
    super::{FieldErrors, ServiceError, Services},
    ConfirmedOperator, DESK_PAGE, Operator, Place,
};
use crate::store::enterprise_requests::EnterpriseRequest;

pub const NOTE_MAX_CHARS: usize = 2000;
const CHANGED_SINCE: ServiceError = ServiceError::Conflict("Somebody else has changed this request. Look at it again.");

#[derive(Clone, Debug)]
pub struct RequestsPage {
    /// The newest first.
    pub requests: Vec<EnterpriseRequest>,
    /// Of the workspaces that were open when they were sent.
    pub names: HashMap<TenantId, String>,
    /// Where to go on; `None` where there is no more.
    pub next: Option<Place>,
}

impl Services {
    /// A page of those in a state, or of all. Costs the same number of statements whatever there is.
    pub async fn desk_requests(
        &self,
        _: &Operator,
        state: Option<EnterpriseRequestState>,
        after: Option<&Place>,
    ) -> Result<RequestsPage, ServiceError> {
        let mut reader = self.store().read().await?;
        let mut requests = reader.link().list_requests_page(state, after).await?;
        let next = Place::cut(&mut requests, DESK_PAGE, |last| last.into());
        let tenants: Vec<_> = requests.iter().filter_map(|request| request.tenant.as_ref()).collect();
        let names = reader.link().list_names(&tenants).await?;
        Ok(RequestsPage { requests, names, next })
    }

    /// Says how far a request has come since it was last changed, as it was `seen`: what somebody else wrote meanwhile stays.
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
        let note = note.replace("\r\n", "\n").trim().to_owned();
        let is_plain = note.chars().all(|letter| !letter.is_control() || matches!(letter, '\n' | '\t'));
        if note.chars().count() > NOTE_MAX_CHARS || !is_plain {
            fields.insert("note", format!("note may have at most {NOTE_MAX_CHARS} characters of plain text."));
        }
        let Ok(state) = state else { return Err(ServiceError::invalid(fields)) };
        if !fields.is_empty() {
            return Err(ServiceError::invalid(fields));
        }
        let mut tx = self.store().begin().await?;
        let not_found = ServiceError::NotFound("enterprise request");
        // A text for which PostgreSQL has no place.
        if id.contains('\0') {
            return Err(not_found);
        }
        if !tx.link().update_handling(id, state, &note, seen, self.wall_now()).await? {
            let is_there = tx.link().find_enterprise_request(id).await?.is_some();
            return Err(if is_there { CHANGED_SINCE } else { not_found });
        }
        tx.commit().await?;
        tracing::info!(operator = %operator.user(), request = id, state = state.as_str(), "an enterprise request has come further");
        Ok(())
    }
}
