//! `x-request-id`: taken from the client when it is a plain one, else made; in every log line and in the answer.

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
    let made = uuid::Uuid::now_v7().hyphenated().encode_lower(&mut uuid::Uuid::encode_buffer()).to_owned();
    let made = HeaderValue::try_from(made).unwrap_or(HeaderValue::from_static("none"));
    request.headers_mut().insert(X_REQUEST_ID, made.clone());
    made
}

pub(super) fn tell(id: HeaderValue, response: &mut Response) {
    response.headers_mut().insert(X_REQUEST_ID, id);
}

fn is_plain(id: &HeaderValue) -> bool {
    let bytes = id.as_bytes();
    (1..=MAX_LENGTH).contains(&bytes.len())
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
}

/// What an address says after these opens something to whoever knows it.
const SECRET_AFTER: [&str; 2] = ["/invitations/", "/password/"];

/// In every line that is logged, however little that is: a span below the level that is logged would not be there.
/// The query is left out, and the token of a link: addresses that are come back to carry tokens.
pub(super) fn span(request: &Request<Body>) -> Span {
    let request_id = request.headers().get(&X_REQUEST_ID).and_then(|id| id.to_str().ok()).unwrap_or_default();
    let address = request.extensions().get::<ClientAddress>().map(|address| tracing::field::display(address.0));
    let path = short(without_token(request.uri().path()));
    tracing::error_span!("request", request_id, method = %request.method(), path, address)
}

/// A line of the log grows no longer than this by an address that a client made up. A path is ASCII.
const MOST_OF_A_PATH: usize = 256;

fn short(path: &str) -> &str {
    path.get(..MOST_OF_A_PATH).unwrap_or(path)
}

fn without_token(path: &str) -> &str {
    SECRET_AFTER.into_iter().find(|root| path.starts_with(root)).unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_path_is_cut() {
        assert_eq!(short(&"/x".repeat(4000)).len(), MOST_OF_A_PATH);
        assert_eq!(short("/membership"), "/membership");
    }

    #[test]
    fn the_token_of_a_link_is_not_written_down() {
        assert_eq!(without_token("/invitations/0123abcd"), "/invitations/");
        assert_eq!(without_token("/password/0123abcd/x"), "/password/");
        assert_eq!(without_token("/api/v1/tenant/invitations/1"), "/api/v1/tenant/invitations/1");
    }
}
