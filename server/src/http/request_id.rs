//! `x-request-id`: taken from the client when it is a plain one, else generated; in every log line and in the answer.

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, Request},
    response::Response,
};
use billing::identity::ClientAddress;
use tracing::Span;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const MAX_LENGTH: usize = 64;

/// The request's id, which it then has as its header.
pub(super) fn assign(request: &mut Request<Body>) -> HeaderValue {
    if let Some(given) = request.headers().get(&X_REQUEST_ID).filter(|id| is_plain(id)) {
        return given.clone();
    }
    let generated = uuid::Uuid::now_v7().hyphenated().encode_lower(&mut uuid::Uuid::encode_buffer()).to_owned();
    let generated = HeaderValue::try_from(generated).unwrap_or(HeaderValue::from_static("none"));
    request.headers_mut().insert(X_REQUEST_ID, generated.clone());
    generated
}

pub(super) fn set_header(id: HeaderValue, response: &mut Response) {
    response.headers_mut().insert(X_REQUEST_ID, id);
}

fn is_plain(id: &HeaderValue) -> bool {
    let bytes = id.as_bytes();
    (1..=MAX_LENGTH).contains(&bytes.len())
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
}

/// What an address says after these opens something to whoever knows it.
const TOKEN_PATHS: [&str; 2] = ["/invitations/", "/password/"];

/// In every line that is logged, however little that is: a span below the level that is logged would not be there.
/// The query is left out, and the token of a link: addresses that are come back to carry tokens.
pub(super) fn span(request: &Request<Body>) -> Span {
    let request_id = request.headers().get(&X_REQUEST_ID).and_then(|id| id.to_str().ok()).unwrap_or_default();
    let address = request.extensions().get::<ClientAddress>().map(|address| tracing::field::display(address.0));
    let path = truncated(without_token(request.uri().path()));
    tracing::error_span!("request", request_id, method = %request.method(), path, address)
}

/// A line of the log grows no longer than this by an address that a client generated up. A path is ASCII.
const MAX_PATH_BYTES: usize = 256;

fn truncated(path: &str) -> &str {
    path.get(..MAX_PATH_BYTES).unwrap_or(path)
}

fn without_token(path: &str) -> &str {
    TOKEN_PATHS.into_iter().find(|root| path.starts_with(root)).unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_path_is_cut() {
        assert_eq!(truncated(&"/x".repeat(4000)).len(), MAX_PATH_BYTES);
        assert_eq!(truncated("/membership"), "/membership");
    }

    #[test]
    fn the_token_of_a_link_is_not_written_down() {
        assert_eq!(without_token("/invitations/0123abcd"), "/invitations/");
        assert_eq!(without_token("/password/0123abcd/x"), "/password/");
        assert_eq!(without_token("/api/v1/tenant/invitations/1"), "/api/v1/tenant/invitations/1");
    }
}
