//! What stands before every handler: where a change may come from, how large a body may be, and that it is seen through.

use std::time::Duration;

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http_body_util::BodyExt;
use leptos::server_fn::error::SERVER_FN_ERROR_HEADER;
use tracing::Instrument;
use url::{Origin, Url};

use super::viewer;
use crate::api::{self, ApiError};

const MAX_BODY_BYTES: usize = 1 << 20;
const BODY_PATIENCE: Duration = Duration::from_secs(20);
const MAX_DRAINED_BYTES: usize = 16 << 20;
const FORM: &str = "application/x-www-form-urlencoded";

const fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Refuses changes that a browser sends from another site, where the cookie would speak for its owner without her knowing.
/// Requests that no browser made carry neither header and rely on what they bring; so do those with a bearer token, but where
/// somebody signs in and out.
pub(super) fn same_site(ours: &Origin, request: &Request) -> Result<(), ApiError> {
    let relies_on_cookie =
        || viewer::bearer(request.headers()).is_none() || viewer::is_about_people(request.uri().path());
    if is_safe(request.method()) || !relies_on_cookie() || is_from_here(request.headers(), ours) {
        Ok(())
    } else {
        Err(ApiError::cross_site())
    }
}

fn is_from_here(headers: &HeaderMap, ours: &Origin) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    match (text("sec-fetch-site"), text("origin")) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => Url::parse(origin).is_ok_and(|url| url.origin() == *ours),
        (None, None) => true,
    }
}

/// Reads the body whole, so that one that is too large is told so in our words wherever it was sent. Forms that pages post are
/// asked for by their type here, as the framework would answer 500 to anything else, and redirect what it can't read to
/// wherever it likes.
pub(super) async fn buffered(request: Request) -> Result<Request, ApiError> {
    if is_safe(request.method()) {
        return Ok(request);
    }
    let is_rpc = api::is_page_form(request.uri().path());
    let is_form = is_form(request.headers());
    let declared = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let (parts, body) = request.into_parts();
    // Who calls was recognised before, and is believed no longer than this.
    let body = match tokio::time::timeout(BODY_PATIENCE, whole(body, declared.unwrap_or_default())).await {
        Ok(Ok(body)) => body,
        Ok(Err(error)) => return Err(error),
        Err(_) => return Err(ApiError::unreadable_body()),
    };
    if is_rpc && !is_form {
        return Err(ApiError::unsupported_media_type(FORM));
    }
    Ok(Request::from_parts(parts, Body::from(body)))
}

/// What came of a form that the framework could not read is told in our words.
pub(super) fn form_answer(response: Response) -> Response {
    if response.headers().contains_key(SERVER_FN_ERROR_HEADER) {
        return ApiError::invalid_form().into_response();
    }
    response
}

/// The whole body, or why not. Some of what is too large is taken in all the same: whoever is still sending when the
/// connection closes sees that it broke, and not what we answered.
async fn whole(mut body: Body, declared_bytes: usize) -> Result<Vec<u8>, ApiError> {
    let mut kept = Vec::new();
    let mut seen_bytes = 0;
    while declared_bytes.max(seen_bytes) <= MAX_DRAINED_BYTES {
        let Some(frame) = body.frame().await else { break };
        let frame = frame.map_err(|_| ApiError::unreadable_body())?;
        let Some(data) = frame.data_ref() else { continue };
        seen_bytes += data.len();
        if seen_bytes <= MAX_BODY_BYTES {
            kept.extend_from_slice(data);
        }
    }
    if declared_bytes.max(seen_bytes) > MAX_BODY_BYTES {
        return Err(ApiError::payload_too_large(MAX_BODY_BYTES));
    }
    Ok(kept)
}

fn is_form(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    content_type.split(';').next().is_some_and(|essence| essence.trim().eq_ignore_ascii_case(FORM))
}

/// Sees a change through even when its client hangs up: a half-done one helps nobody, and a dropped transaction can spoil its
/// connection.
pub(super) async fn detached(request: Request, next: Next) -> Response {
    if is_safe(request.method()) {
        return next.run(request).await;
    }
    match tokio::spawn(next.run(request).in_current_span()).await {
        Ok(response) => response,
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "a handler ended early");
            ApiError::internal().into_response()
        }
    }
}
