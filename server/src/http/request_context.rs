//! Request context: id, client address, log span, panics, error format and response headers.

mod client_address;
pub(super) mod cors;
mod error_format;
pub(super) mod head_limits;
mod request_id;
mod request_trace;
pub(super) mod security_events;
pub(super) mod security_headers;

use std::{panic::AssertUnwindSafe, sync::Arc, time::Instant};

use axum::{
    extract::Request,
    response::{IntoResponse, Response},
};
use billing::{service::ServiceError, trace};
use futures::FutureExt;
use ipnet::IpNet;
use tracing::Instrument;

use super::{authenticate::portal::PortalNote, pages, unsaved_session};
use crate::api::{self, ApiError};

pub(super) struct RequestContext {
    /// Proxies whose `X-Forwarded-For` is trusted.
    pub(super) trusted_proxies: Vec<IpNet>,
    pub(super) policy: Arc<security_headers::Policy>,
    pub(super) page_context: pages::PageContext,
    pub(super) cors: cors::CorsPolicy,
    /// Whether pages are served over https, which names their cookies.
    pub(super) is_https: bool,
}

impl RequestContext {
    /// Assigns the request id and the client address, which log lines and throttles use, and sets the response headers.
    /// Answers CORS preflights.
    /// A panic, or an error that a library wrote, becomes an error in the API's format.
    pub(super) async fn wrap<F: Future<Output = Response>>(
        &self,
        mut request: Request,
        handler: impl FnOnce(Request) -> F,
    ) -> Response {
        let id = request_id::assign(&mut request);
        client_address::insert(&self.trusted_proxies, &mut request);
        let cors = self.cors.apply(&mut request);
        let span = request_id::span(&request);
        let mut response = match cors.as_ref().and_then(cors::CorsDecision::preflight_response) {
            Some(response) => response,
            None if trace::is_on() => {
                let trace = request_trace::start(&request);
                span.record("trace_id", trace.context().trace_id());
                // Boxed, so that the future of a request without a trace does not grow.
                let responding = Box::pin(self.respond(request, handler).instrument(span));
                let response = trace.context().run(responding).await;
                request_trace::set_status(&trace, response.status());
                response
            }
            None => self.respond(request, handler).instrument(span).await,
        };
        request_id::set_header(id, &mut response);
        security_headers::set_headers(&self.policy, &mut response);
        if let Some(cors) = cors {
            cors.set_headers(&mut response);
        }
        response
    }

    async fn respond<F: Future<Output = Response>>(
        &self,
        mut request: Request,
        handler: impl FnOnce(Request) -> F,
    ) -> Response {
        let started = Instant::now();
        tracing::debug!("started processing request");
        if let Some(refusal) = head_limits::refusal(&request) {
            return refusal;
        }
        let is_api = api::is_api_path(request.uri().path());
        let page = (!is_api).then(|| {
            let portal = PortalNote::default();
            request.extensions_mut().insert(portal.clone());
            (request.headers().clone(), portal)
        });
        let response = match AssertUnwindSafe(handler(request)).catch_unwind().await {
            Ok(response) if unsaved_session::is_marked(&response) => match page {
                None => ApiError::from(ServiceError::Unavailable).into_response(),
                Some((headers, portal)) => pages::unavailable(self.page_context.clone(), headers, portal.taken()).await,
            },
            Ok(response) => response,
            // The panic hook has logged the message; clients do not see it.
            Err(_) => match page {
                None => ApiError::internal().into_response(),
                Some((headers, portal)) => {
                    pages::internal_error(self.page_context.clone(), headers, portal.taken()).await
                }
            },
        };
        let response = if is_api { error_format::normalize(response).await } else { response };
        let (status, latency) = (response.status().as_u16(), started.elapsed());
        if response.status().is_server_error() {
            tracing::error!(status, ?latency, "request failed with a server error");
        }
        tracing::debug!(status, ?latency, "finished processing request");
        response
    }
}
