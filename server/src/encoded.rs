//! Static texts, compressed once per process.

use std::{io::Write, sync::OnceLock};

use aws_lc_rs::digest::{SHA256, digest};
use axum::{
    body::Bytes,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use flate2::{Compression, write::GzEncoder};

/// Higher levels, up to 11, take ten times as long and save a few percent.
const BROTLI_QUALITY: u32 = 6;
const BROTLI_WINDOW: u32 = 22;
const BUFFER: usize = 4096;

/// Returns a hash of a file's content, for a name under which browsers may keep the file for good.
pub fn content_hash(content: &[u8]) -> String {
    hex::encode(digest(&SHA256, content).as_ref().get(..8).unwrap_or_default())
}

/// A static text with its compressed forms, each made at its first use.
pub struct Encoded {
    content_type: &'static str,
    plain: Bytes,
    etag: HeaderValue,
    brotli: OnceLock<Bytes>,
    gzip: OnceLock<Bytes>,
}

impl Encoded {
    pub fn new(content_type: &'static str, plain: impl Into<Bytes>) -> Self {
        let plain = plain.into();
        let hash = digest(&SHA256, &plain);
        let short = hex::encode(hash.as_ref().get(..12).unwrap_or_default());
        // The ETag is weak, because all encodings of the text share it.
        let etag = HeaderValue::try_from(format!("W/\"{short}\"")).unwrap_or(HeaderValue::from_static("W/\"0\""));
        Self { content_type, plain, etag, brotli: OnceLock::new(), gzip: OnceLock::new() }
    }

    /// Sets the brotli form, compressed at build time.
    pub fn with_brotli(self, brotli: &'static [u8]) -> Self {
        Self { brotli: OnceLock::from(Bytes::from_static(brotli)), ..self }
    }

    /// Returns the text in the best encoding that the client accepts; 304 if the client has it already.
    pub fn response(&self, request: &HeaderMap, cache: HeaderValue) -> Response {
        let mut response = if self.is_known(request) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            let (coding, body) = self.body(request);
            let mut response = body.into_response();
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(self.content_type));
            if let Some(coding) = coding {
                response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
            }
            response
        };
        let headers = response.headers_mut();
        headers.insert(header::ETAG, self.etag.clone());
        headers.insert(header::CACHE_CONTROL, cache);
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        response
    }

    fn is_known(&self, request: &HeaderMap) -> bool {
        let known = request.get(header::IF_NONE_MATCH).map(HeaderValue::as_bytes).unwrap_or_default();
        let etag = self.etag.as_bytes();
        !known.is_empty() && known.windows(etag.len()).any(|part| part == etag)
    }

    fn body(&self, request: &HeaderMap) -> (Option<&'static str>, Bytes) {
        if accepts(request, "br") {
            (Some("br"), self.brotli.get_or_init(|| brotli(&self.plain)).clone())
        } else if accepts(request, "gzip") {
            (Some("gzip"), self.gzip.get_or_init(|| gzip(&self.plain)).clone())
        } else {
            (None, self.plain.clone())
        }
    }
}

/// Whether a client accepts an encoding. A weight of 0 refuses it; other weights are not compared.
pub fn accepts(request: &HeaderMap, wanted: &str) -> bool {
    let accepted = request.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepted.split(',').any(|part| {
        let (coding, weight) = part.split_once(';').unwrap_or((part, ""));
        let weight = weight.trim().trim_start_matches("q=");
        let is_refused = weight.parse::<f32>().is_ok_and(|weight| weight <= 0.0);
        coding.trim().eq_ignore_ascii_case(wanted) && !is_refused
    })
}

// Writing to a `Vec` does not fail.

fn brotli(plain: &[u8]) -> Bytes {
    let mut encoder = brotli::CompressorWriter::new(Vec::new(), BUFFER, BROTLI_QUALITY, BROTLI_WINDOW);
    let _ = encoder.write_all(plain);
    encoder.into_inner().into()
}

fn gzip(plain: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    let _ = encoder.write_all(plain);
    encoder.finish().unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use axum::http::HeaderName;
    use rstest::rstest;

    use super::*;

    fn request(name: HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_str(value).unwrap())])
    }

    #[rstest]
    #[case("", "identity")]
    #[case("identity", "identity")]
    #[case("gzip", "gzip")]
    #[case("gzip, deflate, br, zstd", "br")]
    #[case("GZIP;q=0.5", "gzip")]
    #[case("br;q=0, gzip", "gzip")]
    #[case("brx", "identity")]
    fn encoding_is_one_that_the_client_accepts(#[case] accepted: &str, #[case] coding: &str) {
        let text = Encoded::new("text/plain", "a text ".repeat(1000));
        let (named, body) = text.body(&request(header::ACCEPT_ENCODING, accepted));
        assert_eq!(named.unwrap_or("identity"), coding);
        let mut plain = String::new();
        match coding {
            "br" => brotli::Decompressor::new(&*body, BUFFER).read_to_string(&mut plain).unwrap(),
            "gzip" => flate2::read::GzDecoder::new(&*body).read_to_string(&mut plain).unwrap(),
            _ => (&*body).read_to_string(&mut plain).unwrap(),
        };
        assert_eq!(plain.as_bytes(), text.plain);
    }

    #[test]
    fn encoding_is_made_once() {
        let text = Encoded::new("text/plain", "a text");
        for accepted in ["br", "gzip"] {
            let accepted = request(header::ACCEPT_ENCODING, accepted);
            assert_eq!(text.body(&accepted).1.as_ptr(), text.body(&accepted).1.as_ptr());
        }
    }

    #[test]
    fn matching_etag_is_answered_with_304() {
        let text = Encoded::new("text/plain", "a text");
        let cache = || HeaderValue::from_static("no-cache");
        let first = text.response(&HeaderMap::new(), cache());
        let etag = first.headers()[header::ETAG].to_str().unwrap();
        let again = text.response(&request(header::IF_NONE_MATCH, &format!("\"x\", {etag}")), cache());
        assert_eq!((first.status(), again.status()), (StatusCode::OK, StatusCode::NOT_MODIFIED));
        assert_eq!(
            Encoded::new("text/plain", "other").response(&request(header::IF_NONE_MATCH, etag), cache()).status(),
            200
        );
    }
}
