//! Rewrites error responses of libraries into the API's format, such as those of an extractor for an invalid path or
//! query.

use axum::{
    body::to_bytes,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::api::ApiError;

const JSON: &str = "application/json";
/// How much of a library's error text is kept.
const REASON_MAX_BYTES: usize = 1024;

/// Returns the response. An error that is not JSON is rewritten into the API's format.
pub(in crate::http) async fn normalize(response: Response) -> Response {
    let is_error = response.status().is_client_error() || response.status().is_server_error();
    if is_error && !is_json(response.headers()) { rewrite(response).await } else { response }
}

fn is_json(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|value| value == JSON)
}

/// Replaces the body of an error by one in the API's format. Status and headers stay, except that 5xx become 500.
async fn rewrite(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let error = match parts.status {
        StatusCode::NOT_FOUND => ApiError::not_found(),
        StatusCode::METHOD_NOT_ALLOWED => ApiError::method_not_allowed(),
        // The cause of a server error is not disclosed.
        status if status.is_server_error() => ApiError::internal(),
        status => {
            let why = to_bytes(body, REASON_MAX_BYTES).await.unwrap_or_default();
            ApiError::refused(status, std::str::from_utf8(&why).unwrap_or_default())
        }
    };
    for name in [header::CONTENT_TYPE, header::CONTENT_LENGTH] {
        parts.headers.remove(name);
    }
    let mut rewritten = error.into_response();
    rewritten.headers_mut().extend(parts.headers);
    rewritten
}

#[cfg(test)]
mod tests {
    use axum::{
        Json, Router,
        body::Body,
        extract::{Path, Query, Request},
        http::{HeaderValue, Method},
        middleware,
        routing::{get, post},
    };
    use rstest::rstest;
    use serde_json::Value;
    use tower::ServiceExt;

    use super::*;

    #[derive(serde::Deserialize)]
    struct Params {
        #[expect(dead_code, reason = "it is only to be read")]
        amount: u64,
    }

    fn router() -> Router {
        let busy = async || (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "7")]);
        Router::new()
            .route("/api/path/{number}", get(async |_: Path<u64>| ()))
            .route("/api/text/{text}", get(async |_: Path<String>| ()))
            .route("/api/query", get(async |_: Query<Params>| ()))
            .route("/api/body", post(async |_: Json<Params>| ()))
            .route("/api/broken", get(async || (StatusCode::BAD_GATEWAY, "table users is locked by 10.0.0.1")))
            .route("/api/empty", get(async || StatusCode::INTERNAL_SERVER_ERROR))
            .route("/api/busy", get(busy))
            .layer(middleware::map_response(normalize))
    }

    async fn answer(method: Method, path: &str, body: &'static str) -> (StatusCode, HeaderMap, String) {
        let request = Request::builder().method(method).uri(path).header(header::CONTENT_TYPE, JSON);
        let response = router().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        (parts.status, parts.headers, String::from_utf8(body.to_vec()).unwrap())
    }

    #[rstest]
    #[case(Method::GET, "/api/path/x", "", 400, "bad_request")]
    #[case(Method::GET, "/api/path/-1", "", 400, "bad_request")]
    #[case(Method::GET, "/api/text/%ff", "", 400, "bad_request")]
    #[case(Method::GET, "/api/query", "", 400, "bad_request")]
    #[case(Method::GET, "/api/query?amount=x", "", 400, "bad_request")]
    #[case(Method::GET, "/api/query?amount=1&amount=2", "", 400, "bad_request")]
    #[case(Method::POST, "/api/body", "{", 400, "bad_request")]
    #[case(Method::POST, "/api/body", "[]", 422, "bad_request")]
    #[case(Method::GET, "/api/broken", "", 500, "internal")]
    #[case(Method::GET, "/api/empty", "", 500, "internal")]
    #[case(Method::GET, "/api/busy", "", 429, "bad_request")]
    #[case(Method::PUT, "/api/empty", "", 405, "method_not_allowed")]
    #[case(Method::GET, "/api/none", "", 404, "not_found")]
    #[tokio::test]
    async fn library_errors_are_rewritten_in_the_api_format(
        #[case] method: Method,
        #[case] path: &str,
        #[case] body: &'static str,
        #[case] status: u16,
        #[case] code: &str,
    ) {
        let (was, headers, text) = answer(method, path, body).await;
        assert_eq!(was, status);
        assert_eq!(headers.get(header::CONTENT_TYPE), Some(&HeaderValue::from_static(JSON)));
        let body: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(body["code"], code);
        assert!(body["error"].is_string() && body["message"].is_string(), "{body}");
        assert!(!text.contains("10.0.0.1"), "{text}");
        assert_eq!(headers.contains_key(header::ALLOW), status == 405);
        assert_eq!(headers.contains_key(header::RETRY_AFTER), status == 429);
        if let Some(length) = headers.get(header::CONTENT_LENGTH) {
            assert_eq!(length.to_str().unwrap(), text.len().to_string());
        }
    }

    #[tokio::test]
    async fn successes_and_api_errors_are_unchanged() {
        let (status, headers, text) = answer(Method::GET, "/api/path/7", "").await;
        assert_eq!((status, text.as_str()), (StatusCode::OK, ""));
        assert!(!is_json(&headers));
    }
}
