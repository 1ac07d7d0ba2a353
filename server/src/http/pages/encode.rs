//! Turns a rendered page into what is sent: compacted, then compressed.
//!
//! A page is whole when it is compressed, so libdeflate does it in one go: in about half the time of the fastest
//! brotli, which the layer for other responses uses, and to nine tenths of its size.

use std::cell::RefCell;

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, header},
    response::Response,
};
use libdeflater::{CompressionLvl, Compressor};

use super::compact::compact;
use crate::encoded::accepts;

/// A shorter page is sent as it is.
const MIN_COMPRESSED_BYTES: usize = 256;
/// The fastest level that compresses. The one below only copies.
const LEVEL: i32 = 1;
const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");

pub(super) fn accepts_gzip(request: &HeaderMap) -> bool {
    accepts(request, "gzip")
}

/// Returns the response with a page.
pub(super) fn encoded_page(html: &str, accepts_gzip: bool) -> Response {
    let html = compact(html.as_bytes());
    let compressed = if accepts_gzip && html.len() >= MIN_COMPRESSED_BYTES { gzip(&html) } else { None };
    let is_compressed = compressed.is_some();
    let mut response = Response::new(Body::from(compressed.unwrap_or(html)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HTML);
    if is_compressed {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    }
    response
}

/// A larger buffer is not kept for the next page.
const MAX_KEPT_BYTES: usize = 256 * 1024;

/// A compressor with the buffer that it writes to. Kept by each thread: both are large, and a new buffer would be zeroed
/// for each page.
struct Gzip {
    compressor: Compressor,
    buffer: Vec<u8>,
}

thread_local! {
    static GZIP: RefCell<Gzip> = RefCell::new(Gzip {
        compressor: Compressor::new(CompressionLvl::new(LEVEL).unwrap_or_default()),
        buffer: Vec::new(),
    });
}

/// `None` only if the compressor finds the buffer too small, which its bound rules out.
fn gzip(plain: &[u8]) -> Option<Vec<u8>> {
    GZIP.with_borrow_mut(|Gzip { compressor, buffer }| {
        let bound = compressor.gzip_compress_bound(plain.len());
        if buffer.len() < bound {
            buffer.resize(bound, 0);
        }
        let length = compressor.gzip_compress(plain, buffer).ok()?;
        let compressed = buffer.get(..length)?.to_vec();
        if buffer.len() > MAX_KEPT_BYTES {
            *buffer = Vec::new();
        }
        Some(compressed)
    })
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use axum::body::to_bytes;
    use flate2::read::GzDecoder;

    use super::*;

    async fn encoded(html: &str, accepts_gzip: bool) -> (HeaderMap, Vec<u8>) {
        let (parts, body) = encoded_page(html, accepts_gzip).into_parts();
        (parts.headers, to_bytes(body, 1 << 20).await.unwrap().to_vec())
    }

    #[tokio::test]
    async fn a_short_page_is_compacted_and_not_compressed() {
        let (headers, body) = encoded("a<!>b", true).await;
        assert_eq!(body, b"ab");
        assert_eq!(headers[header::CONTENT_TYPE], "text/html; charset=utf-8");
        assert!(!headers.contains_key(header::CONTENT_ENCODING));
    }

    #[tokio::test]
    async fn a_page_is_compressed_for_those_who_accept_it() {
        let html = "<p>a<!>b</p>".repeat(1000);
        let (headers, body) = encoded(&html, true).await;
        assert_eq!(
            (&headers[header::CONTENT_ENCODING], &headers[header::VARY]),
            (&HeaderValue::from_static("gzip"), &HeaderValue::from_static("accept-encoding"))
        );
        let mut plain = String::new();
        GzDecoder::new(&body[..]).read_to_string(&mut plain).unwrap();
        assert_eq!(plain, "<p>ab</p>".repeat(1000));
        assert!(body.len() < plain.len() / 10, "{}", body.len());

        let (headers, body) = encoded(&html, false).await;
        assert!(!headers.contains_key(header::CONTENT_ENCODING));
        assert_eq!(body, plain.into_bytes());
    }
}
