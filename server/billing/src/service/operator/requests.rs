//! Enterprise requests, and what became of them.

use domain::enterprise::RequestState;

use super::{
    super::{FieldErrors, ServiceError, Services},
    DESK_PAGE, Operator, Place,
};
use crate::store::enterprise_requests::EnterpriseRequest;

pub const NOTE_MAX_CHARS: usize = 2000;

#[derive(Clone, Debug)]
pub struct RequestsPage {
    /// The newest first.
    pub requests: Vec<EnterpriseRequest>,
    /// Where to go on; `None` where there is no more.
    pub next: Option<Place>,
}

impl Services {
    /// A page of those in a state, or of all.
    pub async fn desk_requests(
        &self,
        _: &Operator,
        state: Option<RequestState>,
        after: Option<&Place>,
    ) -> Result<RequestsPage, ServiceError> {
        let mut requests = self.store().read().await?.link().list_requests_page(state, after).await?;
        let next = Place::cut(&mut requests, DESK_PAGE, |last| last.into());
        Ok(RequestsPage { requests, next })
    }

    /// Says how far a request has come. Safe to repeat.
    pub async fn desk_handle_request(
        &self,
        operator: &Operator,
        id: &str,
        state: &str,
        note: &str,
    ) -> Result<(), ServiceError> {
        let mut fields = FieldErrors::new();
        let state = state.parse::<RequestState>();
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
        if !tx.link().update_handling(id, state, &note, self.wall_now()).await? {
            return Err(ServiceError::NotFound("enterprise request"));
        }
        tx.commit().await?;
        tracing::info!(operator = %operator.user(), request = id, state = state.as_str(), "an enterprise request has come further");
        Ok(())
    }
}
