//! `Content-Encoding` of requests: accepts gzip. The route's body limit applies to the decompressed body too.

use std::io::Read;

use axum::http::{HeaderMap, header};
use flate2::bufread::GzDecoder;

use crate::api::ApiError;

/// Decodes the body and removes the header, so that later steps see a plain body. A decompressed body of more than
/// `most` bytes is an error.
pub(super) fn decode(headers: &mut HeaderMap, sent: Vec<u8>, most: usize) -> Result<Vec<u8>, ApiError> {
    let mut codings = headers.get_all(header::CONTENT_ENCODING).iter().map(|value| value.to_str().map(str::trim));
    let plain = match (codings.next(), codings.next()) {
        (None, _) => return Ok(sent),
        (Some(Ok(coding)), None) if coding.is_empty() || coding.eq_ignore_ascii_case("identity") => sent,
        (Some(Ok(coding)), None) if ["gzip", "x-gzip"].iter().any(|gzip| coding.eq_ignore_ascii_case(gzip)) => {
            gunzip(&sent, most)?
        }
        _ => return Err(ApiError::unsupported_content_encoding()),
    };
    headers.remove(header::CONTENT_ENCODING);
    headers.remove(header::CONTENT_LENGTH);
    Ok(plain)
}

/// Whether the body is sent without compression.
pub(super) fn is_uncompressed(headers: &HeaderMap) -> bool {
    headers.get_all(header::CONTENT_ENCODING).iter().all(|value| {
        value.to_str().map(str::trim).is_ok_and(|coding| coding.is_empty() || coding.eq_ignore_ascii_case("identity"))
    })
}

/// Limit of gzip members in one body. Each member costs a new decoder, even an empty one; compressors write one member.
const MAX_MEMBERS: usize = 8;

/// Unpacks gzip. More than `most` unpacked bytes, or more than [`MAX_MEMBERS`] members, are an error.
fn gunzip(mut sent: &[u8], most: usize) -> Result<Vec<u8>, ApiError> {
    let mut plain = Vec::new();
    for _ in 0..MAX_MEMBERS {
        let one_too_many = u64::try_from(most - plain.len()).unwrap_or(u64::MAX).saturating_add(1);
        let mut member = GzDecoder::new(sent).take(one_too_many);
        member.read_to_end(&mut plain).map_err(|_| ApiError::unreadable_content_encoding())?;
        if plain.len() > most {
            return Err(ApiError::payload_too_large(most));
        }
        sent = member.into_inner().into_inner();
        if sent.is_empty() {
            return Ok(plain);
        }
    }
    Err(ApiError::unreadable_content_encoding())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use axum::http::{HeaderValue, StatusCode};
    use flate2::{Compression, write::GzEncoder};
    use rstest::rstest;

    use super::*;

    fn gzip(plain: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap()
    }

    fn read(coding: &str, sent: Vec<u8>) -> Result<Vec<u8>, StatusCode> {
        let value = HeaderValue::from_str(coding).unwrap();
        let mut headers = HeaderMap::from_iter([(header::CONTENT_ENCODING, value)]);
        let body = decode(&mut headers, sent, 1000).map_err(|error| error.status())?;
        assert!(headers.is_empty());
        Ok(body)
    }

    #[rstest]
    #[case("gzip")]
    #[case(" GZIP ")]
    #[case("x-gzip")]
    fn gzip_is_accepted(#[case] coding: &str) {
        assert_eq!(read(coding, gzip(b"{}")).unwrap(), b"{}");
        let members = [gzip(b"{"), gzip(b"}")].concat();
        assert_eq!(read(coding, members).unwrap(), b"{}");
    }

    #[test]
    fn stream_of_many_members_is_refused() {
        let empty = gzip(b"");
        assert_eq!(read("gzip", empty.repeat(MAX_MEMBERS)).unwrap(), b"");
        assert_eq!(read("gzip", empty.repeat(MAX_MEMBERS + 1)), Err(StatusCode::BAD_REQUEST));
        assert_eq!(read("gzip", [gzip(b"{}"), b"rest".to_vec()].concat()), Err(StatusCode::BAD_REQUEST));
        let halves = [gzip(&[b'x'; 600]), gzip(&[b'x'; 600])].concat();
        assert_eq!(read("gzip", halves), Err(StatusCode::PAYLOAD_TOO_LARGE), "all members together");
    }

    #[test]
    fn oversized_output_is_refused_before_it_is_allocated() {
        assert_eq!(read("gzip", gzip(&[b'x'; 1000])).unwrap().len(), 1000);
        assert_eq!(read("gzip", gzip(&vec![0; 100 << 20])), Err(StatusCode::PAYLOAD_TOO_LARGE));
    }

    #[test]
    fn invalid_gzip_and_other_encodings_are_refused() {
        assert_eq!(read("gzip", b"{}".to_vec()), Err(StatusCode::BAD_REQUEST));
        assert_eq!(read("gzip", gzip(b"{}").split_last().unwrap().1.to_vec()), Err(StatusCode::BAD_REQUEST));
        for other in ["br", "deflate", "zstd", "gzip, gzip", "nonsense"] {
            assert_eq!(read(other, gzip(b"{}")), Err(StatusCode::UNSUPPORTED_MEDIA_TYPE), "{other}");
        }
        assert_eq!(read("identity", b"{}".to_vec()).unwrap(), b"{}");
    }
}
