//! `x-request-id`: taken from the client when well-formed, else generated; in every log line and response.

use app::request::portal::PORTAL_LINKS;
use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, Request},
    response::Response,
};
use billing::{identity::ClientAddress, service::account::mail_preferences::UNSUBSCRIBE_LINKS};
use tracing::Span;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const MAX_LENGTH: usize = 64;

/// Returns the request id, and sets it as a header of the request.
pub(in crate::http) fn assign(request: &mut Request<Body>) -> HeaderValue {
    if let Some(given) = request.headers().get(&X_REQUEST_ID).filter(|id| is_plain(id)) {
        return given.clone();
    }
    let generated = uuid::Uuid::now_v7().hyphenated().encode_lower(&mut uuid::Uuid::encode_buffer()).to_owned();
    let generated = HeaderValue::try_from(generated).unwrap_or(HeaderValue::from_static("none"));
    request.headers_mut().insert(X_REQUEST_ID, generated.clone());
    generated
}

pub(in crate::http) fn set_header(id: HeaderValue, response: &mut Response) {
    response.headers_mut().insert(X_REQUEST_ID, id);
}

fn is_plain(id: &HeaderValue) -> bool {
    let bytes = id.as_bytes();
    (1..=MAX_LENGTH).contains(&bytes.len())
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
}

/// Path prefixes before a secret token: links that are mailed, and portal links.
const TOKEN_PATHS: [&str; 6] =
    ["/invitations/", "/password/", "/account/address/", "/account/prove/", PORTAL_LINKS, UNSUBSCRIBE_LINKS];

/// Returns the log span of a request. Its level is error, so that its fields appear under every log filter. The query
/// and tokens in the path are left out.
pub(in crate::http) fn span(request: &Request<Body>) -> Span {
    let request_id = request.headers().get(&X_REQUEST_ID).and_then(|id| id.to_str().ok()).unwrap_or_default();
    let address = request.extensions().get::<ClientAddress>().map(|address| tracing::field::display(address.0));
    let path = truncated(without_token(request.uri().path()));
    let trace_id = tracing::field::Empty;
    tracing::error_span!("request", request_id, method = %request.method(), path, address, trace_id)
}

/// Bound of the logged path.
const MAX_PATH_BYTES: usize = 256;

fn truncated(path: &str) -> &str {
    path.get(..path.floor_char_boundary(MAX_PATH_BYTES)).unwrap_or_default()
}

fn without_token(path: &str) -> &str {
    TOKEN_PATHS.into_iter().find(|root| path.starts_with(root)).unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_path_is_truncated() {
        assert_eq!(truncated(&"/x".repeat(4000)).len(), MAX_PATH_BYTES);
        assert_eq!(truncated(&"€".repeat(4000)).len(), MAX_PATH_BYTES - 1, "ends before a character");
        assert_eq!(truncated("/membership"), "/membership");
    }

    #[test]
    fn token_in_a_path_is_not_logged() {
        assert_eq!(without_token("/invitations/0123abcd"), "/invitations/");
        assert_eq!(without_token("/password/0123abcd/x"), "/password/");
        assert_eq!(without_token("/portal/0123abcd"), "/portal/");
        assert_eq!(without_token("/account/prove/0123abcd"), "/account/prove/");
        assert_eq!(without_token("/unsubscribe/0123abcd"), "/unsubscribe/");
        assert_eq!(without_token("/api/v1/tenant/invitations/1"), "/api/v1/tenant/invitations/1");
    }
}
