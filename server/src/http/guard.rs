//! What stands before every handler: where a change may come from, how large a body may be, and that it is seen through.

use std::sync::Arc;

use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http_body_util::LengthLimitError;
use tracing::Instrument;
use url::{Origin, Url};

use crate::api::ApiError;

const MAX_BODY_BYTES: usize = 1 << 20;
const FORM: &str = "application/x-www-form-urlencoded";

const fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Refuses changes that a browser sends from another site, where the cookie would speak for its owner without her knowing.
/// Requests that no browser made carry neither header and rely on what they bring.
pub(super) async fn same_site(State(ours): State<Arc<Origin>>, request: Request, next: Next) -> Response {
    if is_safe(request.method()) || is_from_here(request.headers(), &ours) {
        next.run(request).await
    } else {
        ApiError::cross_site().into_response()
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
/// asked for by their type here, as the framework would answer 500 to anything else.
pub(super) async fn buffered(request: Request, next: Next) -> Response {
    if is_safe(request.method()) {
        return next.run(request).await;
    }
    if request.uri().path().starts_with("/rpc/") && !is_form(request.headers()) {
        return ApiError::unsupported_media_type(FORM).into_response();
    }
    let declared =
        request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if declared.is_some_and(|length| length > MAX_BODY_BYTES) {
        return ApiError::payload_too_large(MAX_BODY_BYTES).into_response();
    }
    let (parts, body) = request.into_parts();
    match to_bytes(body, MAX_BODY_BYTES).await {
        Ok(bytes) => next.run(Request::from_parts(parts, Body::from(bytes))).await,
        Err(error) if is_too_large(&error) => ApiError::payload_too_large(MAX_BODY_BYTES).into_response(),
        Err(_) => ApiError::unreadable_body().into_response(),
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    content_type.split(';').next().is_some_and(|essence| essence.trim().eq_ignore_ascii_case(FORM))
}

fn is_too_large(error: &axum::Error) -> bool {
    std::error::Error::source(error).is_some_and(<dyn std::error::Error>::is::<LengthLimitError>)
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
