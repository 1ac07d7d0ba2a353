//! Conditional requests: a client that already has the current answer gets 304 without a body.

use std::convert::Infallible;

use aws_lc_rs::digest::{SHA256, digest};
use axum::{
    extract::FromRequestParts,
    http::{HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use crate::api::ApiError;

/// How many bytes of the hash an `ETag` contains.
const HASH_BYTES: usize = 12;
const WEAK: &[u8] = b"W/";

/// The values of `If-None-Match`, of which clients may send several.
#[derive(Clone, Debug, Default)]
pub struct IfNoneMatch(Vec<HeaderValue>);

impl<S: Sync> FromRequestParts<S> for IfNoneMatch {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.headers.get_all(header::IF_NONE_MATCH).iter().cloned().collect()))
    }
}

impl IfNoneMatch {
    /// Returns the answer as JSON, with a hash of it as `ETag`; 304 without a body if the client has it already.
    pub fn answer<T: Serialize>(&self, answer: &T) -> Result<Response, ApiError> {
        let body = serde_json::to_vec(answer).map_err(|_| ApiError::internal())?;
        let etag = etag(&body)?;
        let headers = [(header::ETAG, etag.clone())];
        if self.names(etag.as_bytes()) {
            return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
        }
        let json = HeaderValue::from_static("application/json");
        Ok((headers, [(header::CONTENT_TYPE, json)], body).into_response())
    }

    fn names(&self, etag: &[u8]) -> bool {
        let known = self.0.iter().flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
        let strong = |tag: &[u8]| -> Vec<u8> { tag.strip_prefix(WEAK).unwrap_or(tag).to_vec() };
        known.map(<[u8]>::trim_ascii).any(|tag| tag == b"*" || strong(tag) == strong(etag))
    }
}

/// Returns a weak `ETag`, because compressed forms share it.
fn etag(body: &[u8]) -> Result<HeaderValue, ApiError> {
    let hash = digest(&SHA256, body);
    let hash = hex::encode(hash.as_ref().get(..HASH_BYTES).unwrap_or_default());
    HeaderValue::try_from(format!("W/\"{hash}\"")).map_err(|_| ApiError::internal())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn status(sent: &[&str]) -> StatusCode {
        let sent = IfNoneMatch(sent.iter().map(|value| HeaderValue::from_str(value).unwrap()).collect());
        sent.answer(&json!({ "used": 1 })).unwrap().status()
    }

    fn current() -> String {
        etag(json!({ "used": 1 }).to_string().as_bytes()).unwrap().to_str().unwrap().to_owned()
    }

    #[test]
    fn the_etag_is_that_of_the_answer() {
        let nothing = IfNoneMatch::default();
        let tags = [json!({ "used": 1 }), json!({ "used": 2 }), json!({ "used": 1 })]
            .map(|answer| nothing.answer(&answer).unwrap().headers()[header::ETAG].clone());
        assert_eq!(tags[0], current());
        assert_eq!(tags[0], tags[2]);
        assert_ne!(tags[0], tags[1]);
    }

    #[test]
    fn a_known_answer_is_304() {
        let tag = current();
        let listed = format!("\"b\", {tag} ,\"c\"");
        for sent in [&["*"][..], &[&tag], &[tag.trim_start_matches("W/")], &["\"a\"", &listed]] {
            assert_eq!(status(sent), StatusCode::NOT_MODIFIED, "{sent:?}");
        }
        for sent in [&[][..], &[""], &["W/\"0\""], &["W/"]] {
            assert_eq!(status(sent), StatusCode::OK, "{sent:?}");
        }
    }
}
