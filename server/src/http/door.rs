//! What stands before every handler that may know its caller.

use std::sync::Arc;

use axum::{
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use billing::Services;
use url::Origin;

use super::{Rates, bodies::Bodies, guard, pages, security_events::Asker, viewer};
use crate::api::{self, ApiError};

pub(super) struct Door {
    pub(super) services: Services,
    pub(super) rates: Arc<Rates>,
    pub(super) bodies: Bodies,
    /// Where our own pages are.
    pub(super) origin: Origin,
    pub(super) surroundings: pages::Surroundings,
}

impl Door {
    /// Who calls, how often, with how large a body and from where: then the handler.
    pub(super) async fn admit(&self, mut request: Request, next: Next) -> Response {
        if let Err(error) = viewer::recognise(&self.services, &mut request).await {
            let response = error.into_response();
            Asker::of(request.extensions()).note(&response);
            return response;
        }
        let asker = Asker::of(request.extensions());
        let response = self.counted(request, next).await;
        asker.note(&response);
        response
    }

    async fn counted(&self, request: Request, next: Next) -> Response {
        let Some(standing) = self.rates.standing(&request) else { return self.pass(request, next).await };
        if !api::is_api_path(request.uri().path()) {
            // A person has no use for headers that say what is left.
            return match standing.retry_after_secs() {
                Some(wait) => pages::too_often(self.surroundings.clone(), request.headers().clone(), wait).await,
                None => self.pass(request, next).await,
            };
        }
        let mut response = match standing.refusal() {
            Some(error) => error.into_response(),
            None => self.pass(request, next).await,
        };
        standing.tell(&mut response);
        response
    }

    async fn pass(&self, request: Request, next: Next) -> Response {
        let is_form = api::is_page_form(request.uri().path());
        // Who calls was recognised before, and is believed no longer than a body's time-out.
        let request = match self.bodies.whole(request).await {
            Ok(request) => request,
            Err(error) => return error.into_response(),
        };
        if !guard::is_waited_for(&request) {
            return ApiError::unreadable_body().into_response();
        }
        if let Err(error) = guard::same_site(&self.origin, &request) {
            return error.into_response();
        }
        if is_form && let Some(refused) = guard::drawn_for_another(&self.origin, &request) {
            return refused;
        }
        let response = next.run(request).await;
        if is_form { guard::form_answer(response) } else { response }
    }
}
