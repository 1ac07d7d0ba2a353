//! What surrounds everything that is answered.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Instant};

use axum::{
    extract::Request,
    response::{IntoResponse, Response},
};
use futures::FutureExt;
use ipnet::IpNet;
use tracing::Instrument;

use super::{address, head, pages, request_id, security, wording};
use crate::api::{self, ApiError};

pub(super) struct Edge {
    /// Whose `X-Forwarded-For` is believed.
    pub(super) trusted_proxies: Vec<IpNet>,
    pub(super) policy: Arc<security::Policy>,
    pub(super) surroundings: pages::Surroundings,
}

impl Edge {
    /// Gives a request its id and its client's address, which every line of the log and every throttle go by, and an answer its
    /// headers. A handler that panics, or that speaks in a library's words, is answered like any other.
    pub(super) async fn around<F: Future<Output = Response>>(
        &self,
        mut request: Request,
        inside: impl FnOnce(Request) -> F,
    ) -> Response {
        let id = request_id::assign(&mut request);
        address::note(&self.trusted_proxies, &mut request);
        let span = request_id::span(&request);
        let mut response = self.answer(request, inside).instrument(span).await;
        request_id::tell(id, &mut response);
        security::headers(&self.policy, &mut response);
        response
    }

    async fn answer<F: Future<Output = Response>>(
        &self,
        request: Request,
        inside: impl FnOnce(Request) -> F,
    ) -> Response {
        let begun = Instant::now();
        tracing::debug!("started processing request");
        if let Some(refusal) = head::refusal(&request) {
            return refusal;
        }
        let is_api = api::is_api_path(request.uri().path());
        let headers = (!is_api).then(|| request.headers().clone());
        let response = match AssertUnwindSafe(inside(request)).catch_unwind().await {
            Ok(response) => response,
            // Its message is in the log already; a client has no business with it.
            Err(_) => match headers {
                None => ApiError::internal().into_response(),
                Some(headers) => pages::broken(self.surroundings.clone(), headers).await,
            },
        };
        let response = if is_api { wording::ours(response).await } else { response };
        let (status, latency) = (response.status().as_u16(), begun.elapsed());
        if response.status().is_server_error() {
            tracing::error!(status, ?latency, "response failed");
        }
        tracing::debug!(status, ?latency, "finished processing request");
        response
    }
}
