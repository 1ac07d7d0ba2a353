//! Checks on routes that authenticate their caller: authentication, rate limit, body, origin.

use std::sync::Arc;

use app::request::language::chosen_language;
use axum::{
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use billing::{Services, service::tenant::installation::portal::PortalViewer};
use url::Origin;

use super::{
    RequestLimiter, authenticate, mutation_guards, pages, request_body::BodyReader,
    request_context::security_events::CallerInfo,
};
use crate::api::{self, ApiError};

pub(super) struct RequestChecks {
    pub(super) services: Services,
    pub(super) rates: Arc<RequestLimiter>,
    pub(super) bodies: BodyReader,
    /// Origin of this installation's pages.
    pub(super) origin: Origin,
    pub(super) page_context: pages::PageContext,
}

impl RequestChecks {
    /// Authenticates the caller, applies the rate limit, reads the body, checks the origin and then runs the handler.
    /// Logs refusals as security events.
    pub(super) async fn run(&self, mut request: Request, next: Next) -> Response {
        if let Err(error) = authenticate::authenticate(&self.services, &mut request).await {
            let response = error.into_response();
            CallerInfo::of(request.extensions()).log_response(&response);
            return response;
        }
        let caller = CallerInfo::of(request.extensions());
        // The product's choice for a portal session precedes the browser's preference, and not a choice in the browser.
        let of_portal = request.extensions().get::<PortalViewer>().and_then(PortalViewer::language);
        let is_https = self.services.settings().app_url.scheme() == "https";
        let response = match of_portal.filter(|_| chosen_language(request.headers(), is_https).is_none()) {
            Some(language) => language.scope(self.rate_limited(request, next)).await,
            None => self.rate_limited(request, next).await,
        };
        caller.log_response(&response);
        response
    }

    async fn rate_limited(&self, request: Request, next: Next) -> Response {
        let Some(status) = self.rates.count_request(&request) else { return self.forward(request, next).await };
        if !api::is_api_path(request.uri().path()) {
            // Pages carry no rate-limit headers: browsers do not use them.
            return match status.retry_after_secs() {
                Some(wait) => {
                    let portal = request.extensions().get::<PortalViewer>().cloned();
                    pages::too_many_requests(self.page_context.clone(), request.headers().clone(), portal, wait).await
                }
                None => self.forward(request, next).await,
            };
        }
        let mut response = match status.refusal() {
            Some(error) => error.into_response(),
            None => self.forward(request, next).await,
        };
        status.set_headers(&mut response);
        response
    }

    async fn forward(&self, request: Request, next: Next) -> Response {
        let is_form = api::is_page_form(request.uri().path());
        // The caller is not authenticated again after the body has arrived, as reading takes at most the body time-out.
        let request = match self.bodies.read_whole(request).await {
            Ok(request) => request,
            Err(error) => return error.into_response(),
        };
        if !mutation_guards::is_client_connected(&request) {
            return ApiError::unreadable_body().into_response();
        }
        if let Err(error) = mutation_guards::check_same_site(&self.origin, &request) {
            return error.into_response();
        }
        if is_form && let Some(refused) = mutation_guards::redirect_stale_form(&self.origin, &request) {
            return refused;
        }
        let response = next.run(request).await;
        if is_form { mutation_guards::form_response(response) } else { response }
    }
}
