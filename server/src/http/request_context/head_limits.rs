//! Limits for the head of a request, checked before its parts are read.

use axum::{
    extract::Request,
    http::header,
    response::{Html, IntoResponse, Response},
};
use locales::text;

use crate::api::{self, ApiError};

/// Limit of the names and values of all headers together.
pub(crate) const MAX_HEAD_BYTES: usize = 32 * 1024;
/// Limit of path and query together.
const MAX_URI_BYTES: usize = 8 * 1024;
const MAX_HEADERS: usize = 100;

/// Returns the refusal of a request whose URI (414) or headers (431) are too large; `None` within the limits. The body
/// is HTML on paths of pages if the client accepts it, else JSON.
pub(in crate::http) fn refusal(request: &Request) -> Option<Response> {
    let error = too_large(request)?;
    let accepts = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if api::is_api_path(request.uri().path()) || !accepts.contains("text/html") {
        return Some(error.into_response());
    }
    let (status, page) = (error.status(), page(error.title(), error.message()));
    Some((status, Html(page)).into_response())
}

fn too_large(request: &Request) -> Option<ApiError> {
    let uri = request.uri();
    let uri_bytes = uri.path().len() + uri.query().map_or(0, |query| query.len() + 1);
    if uri_bytes > MAX_URI_BYTES {
        return Some(ApiError::uri_too_long(MAX_URI_BYTES));
    }
    let headers = request.headers();
    let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    (bytes > MAX_HEAD_BYTES || headers.len() > MAX_HEADERS)
        .then(|| ApiError::headers_too_large(MAX_HEADERS, MAX_HEAD_BYTES))
}

/// Minimal page: the shared page frame would read the headers that are too large.
fn page(title: &str, message: &str) -> String {
    let app_name = text!(brand_name).replace('&', "&amp;");
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title} · {app_name}</title><h1>{title}</h1><p>{message}</p><p><a href=\"/\">Go to the start page</a></p></html>"
    )
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, http::StatusCode};
    use rstest::rstest;

    use super::*;

    fn response_to(path: &str, headers: &[(&str, String)]) -> Option<(StatusCode, bool)> {
        let mut request = Request::builder().uri(path).header("accept", "text/html,*/*;q=0.8");
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let response = refusal(&request.body(Body::empty()).unwrap())?;
        let is_json = response.headers()["content-type"] == "application/json";
        Some((response.status(), is_json))
    }

    #[rstest]
    #[case("/billing/plans", true)]
    #[case("/rpc/login", true)]
    #[case("/usage", false)]
    fn oversized_head_is_refused_as_json_or_html_by_path(#[case] path: &str, #[case] is_json: bool) {
        assert_eq!(response_to(path, &[("cookie", "x".repeat(6000))]), None);
        let long = format!("{path}?{}", "a&".repeat(5000));
        assert_eq!(response_to(&long, &[]), Some((StatusCode::URI_TOO_LONG, is_json)));
        let too_large = Some((StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, is_json));
        assert_eq!(response_to(path, &[("cookie", "x".repeat(33 * 1024))]), too_large);
        let many = vec![("x-forwarded-for", "1.1.1.1".to_owned()); 101];
        assert_eq!(response_to(path, &many), too_large);
    }
}
