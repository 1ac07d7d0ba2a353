//! Turns a rendered page into what is sent: compacted, then compressed.
//!
//! A page is whole when it is compressed, so libdeflate does it in one go: in about half the time of the fastest
//! brotli, which the layer for other responses uses, and to nine tenths of its size.

use std::cell::RefCell;

use axum::{
    body::{Body, to_bytes},
    extract::Request,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use libdeflater::{CompressionLvl, Compressor};

use super::compact::compact;
use crate::encoded::accepts;

/// Most bytes of a page. Its lists are bounded, so that none comes near.
const MAX_PAGE_BYTES: usize = 32 << 20;
/// A shorter body, such as the empty one of a `HEAD` request, is sent as it is.
const MIN_COMPRESSED_BYTES: usize = 256;
/// The fastest level that compresses. The one below only copies.
const LEVEL: i32 = 1;

/// Middleware of the pages. Other responses stay as they are.
pub(super) async fn encode_pages(request: Request, next: Next) -> Response {
    let accepts_gzip = accepts_gzip(request.headers());
    encode_page(next.run(request).await, accepts_gzip).await
}

pub(super) fn accepts_gzip(request: &HeaderMap) -> bool {
    accepts(request, "gzip")
}

pub(super) async fn encode_page(response: Response, accepts_gzip: bool) -> Response {
    let is_page = |value: &HeaderValue| value.as_bytes().starts_with(b"text/html");
    if !response.headers().get(header::CONTENT_TYPE).is_some_and(is_page) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let html = match to_bytes(body, MAX_PAGE_BYTES).await {
        Ok(html) => compact(&html),
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "failed to render a page");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    // Its length has changed.
    parts.headers.remove(header::CONTENT_LENGTH);
    let compressed = (accepts_gzip && html.len() >= MIN_COMPRESSED_BYTES).then(|| gzip(&html)).flatten();
    if compressed.is_some() {
        parts.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        parts.headers.append(header::VARY, HeaderValue::from_static("accept-encoding"));
    }
    Response::from_parts(parts, Body::from(compressed.unwrap_or(html)))
}

thread_local! {
    /// Kept because its tables are large.
    static COMPRESSOR: RefCell<Compressor> =
        RefCell::new(Compressor::new(CompressionLvl::new(LEVEL).unwrap_or_default()));
}

/// `None` only if the compressor finds the buffer too small, which its bound rules out.
fn gzip(plain: &[u8]) -> Option<Vec<u8>> {
    COMPRESSOR.with_borrow_mut(|compressor| {
        let mut compressed = vec![0; compressor.gzip_compress_bound(plain.len())];
        let length = compressor.gzip_compress(plain, &mut compressed).ok()?;
        compressed.truncate(length);
        Some(compressed)
    })
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;

    use super::*;

    async fn encoded(content_type: &'static str, body: &str, accepts_gzip: bool) -> (HeaderMap, Vec<u8>) {
        let response = ([(header::CONTENT_TYPE, content_type)], body.to_owned()).into_response();
        let (parts, body) = encode_page(response, accepts_gzip).await.into_parts();
        (parts.headers, to_bytes(body, 1 << 20).await.unwrap().to_vec())
    }

    #[tokio::test]
    async fn only_pages_change() {
        assert_eq!(encoded("text/html; charset=utf-8", "a<!>b", true).await.1, b"ab");
        assert_eq!(encoded("application/json", "a<!>b", true).await.1, b"a<!>b");
    }

    #[tokio::test]
    async fn a_page_is_compressed_for_those_who_accept_it() {
        let html = "<p>a<!>b</p>".repeat(1000);
        let (headers, body) = encoded("text/html", &html, true).await;
        assert_eq!(
            (&headers[header::CONTENT_ENCODING], &headers[header::VARY]),
            (&HeaderValue::from_static("gzip"), &HeaderValue::from_static("accept-encoding"))
        );
        let mut plain = String::new();
        GzDecoder::new(&body[..]).read_to_string(&mut plain).unwrap();
        assert_eq!(plain, "<p>ab</p>".repeat(1000));
        assert!(body.len() < plain.len() / 10, "{}", body.len());

        let (headers, body) = encoded("text/html", &html, false).await;
        assert!(!headers.contains_key(header::CONTENT_ENCODING));
        assert_eq!(body, plain.into_bytes());
    }
}
