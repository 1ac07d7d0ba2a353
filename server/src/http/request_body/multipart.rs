//! Forms with a file: `multipart/form-data`, rewritten in the encoding of all other forms, so that the same handlers read
//! them.

use axum::{
    body::Body,
    extract::{DefaultBodyLimit, FromRequest, Multipart, Request},
    http::{HeaderMap, HeaderValue, header},
};
use url::form_urlencoded::byte_serialize;

use super::FORM;
use crate::api::ApiError;

/// Limit of the parts of a form. No form with a file has as many fields.
const MAX_PARTS: usize = 16;

/// Returns the parts as a URL-encoded form, and sets the headers accordingly. The value of a file's field is its text;
/// bytes that are not UTF-8 become U+FFFD.
pub(super) async fn to_form(headers: &mut HeaderMap, sent: Vec<u8>) -> Result<Vec<u8>, ApiError> {
    let mut request = Request::new(Body::from(sent));
    if let Some(content_type) = headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(FORM)) {
        request.headers_mut().insert(header::CONTENT_TYPE, content_type);
    }
    headers.remove(header::CONTENT_LENGTH);
    // The body was read within the limit of its route.
    DefaultBodyLimit::disable().apply(&mut request);
    let mut parts = Multipart::from_request(request, &()).await.map_err(|_| ApiError::invalid_form())?;
    let mut form = String::new();
    let mut count = 0;
    while let Some(part) = parts.next_field().await.map_err(|_| ApiError::invalid_form())? {
        count += 1;
        if count > MAX_PARTS {
            return Err(ApiError::invalid_form());
        }
        let name = part.name().unwrap_or_default().to_owned();
        let value = part.bytes().await.map_err(|_| ApiError::invalid_form())?;
        if !form.is_empty() {
            form.push('&');
        }
        form.extend(byte_serialize(name.as_bytes()));
        form.push('=');
        form.extend(byte_serialize(String::from_utf8_lossy(&value).as_bytes()));
    }
    Ok(form.into_bytes())
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;

    use super::*;

    const TYPE: &str = "multipart/form-data; boundary=x";

    async fn read(content_type: &'static str, sent: &[u8]) -> Result<String, StatusCode> {
        let mut headers = HeaderMap::from_iter([
            (header::CONTENT_TYPE, HeaderValue::from_static(content_type)),
            (header::CONTENT_LENGTH, HeaderValue::from(sent.len())),
        ]);
        let form = to_form(&mut headers, sent.to_vec()).await.map_err(|error| error.status())?;
        assert_eq!(headers.get(header::CONTENT_TYPE), Some(&HeaderValue::from_static(FORM)));
        assert!(!headers.contains_key(header::CONTENT_LENGTH));
        Ok(String::from_utf8(form).unwrap())
    }

    fn part(name: &str, value: &[u8]) -> Vec<u8> {
        let head = format!("--x\r\ncontent-disposition: form-data; name=\"{name}\"; filename=\"a.csv\"\r\n\r\n");
        [head.as_bytes(), value, b"\r\n"].concat()
    }

    #[tokio::test]
    async fn parts_become_fields() {
        let sent = [part("provider", b"stripe"), part("csv", b"a,b\r\n\"1\",&\n"), b"--x--\r\n".to_vec()].concat();
        assert_eq!(read(TYPE, &sent).await.unwrap(), "provider=stripe&csv=a%2Cb%0D%0A%221%22%2C%26%0A");
        assert_eq!(read(TYPE, b"--x--\r\n").await.unwrap(), "");
    }

    #[tokio::test]
    async fn bytes_that_are_no_text_are_marked() {
        let sent = [part("csv", b"M\xfcller"), b"--x--\r\n".to_vec()].concat();
        assert_eq!(read(TYPE, &sent).await.unwrap(), "csv=M%EF%BF%BDller");
    }

    #[tokio::test]
    async fn broken_forms_are_refused() {
        assert_eq!(read("multipart/form-data", b"--x--\r\n").await, Err(StatusCode::BAD_REQUEST));
        assert_eq!(read(TYPE, &part("csv", b"cut off")).await, Err(StatusCode::BAD_REQUEST));
        let many = [part("a", b"1").repeat(MAX_PARTS + 1), b"--x--\r\n".to_vec()].concat();
        assert_eq!(read(TYPE, &many).await, Err(StatusCode::BAD_REQUEST));
    }
}
