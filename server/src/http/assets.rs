//! What pages load: the style sheet, and the module and wasm of the islands, from within the binary.

use std::sync::LazyLock;

use axum::{
    Router,
    extract::{Path, rejection::PathRejection},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
    routing::get,
};

use app::{Assets, Script};
use billing::Services;

use crate::api::ApiError;

/// A file of the front end, as it is and compressed.
pub(super) struct Built {
    name: &'static str,
    content_type: &'static str,
    plain: &'static [u8],
    brotli: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/built.rs"));

const CSS: &str = include_str!("../../../style/dues.css");
const FAVICON: &str = include_str!("../../../style/favicon.svg");
/// Names carry a hash of the content, so that a browser may keep them for ever.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
pub(super) const A_DAY: HeaderValue = HeaderValue::from_static("public, max-age=86400");

static CSS_NAME: LazyLock<String> = LazyLock::new(|| {
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, CSS.as_bytes());
    let short = hex::encode(hash.as_ref().get(..8).unwrap_or_default());
    format!("dues-{short}.css")
});

pub(super) fn routes() -> Router<Services> {
    Router::new()
        .route("/style/favicon.svg", get(|| async { kept(FAVICON, "image/svg+xml", A_DAY) }))
        .route("/style/{name}", get(style))
        .route("/pkg/{name}", get(built))
        .route("/favicon.ico", get(|| async { kept(FAVICON, "image/svg+xml", A_DAY) }))
        .route("/robots.txt", get(|| async { "User-agent: *\nDisallow: /\n" }))
}

/// Their addresses, for the pages.
pub(super) fn assets() -> Assets {
    let script = match BUILT {
        [js, wasm] => Some(Script { js: format!("/pkg/{}", js.name), wasm: format!("/pkg/{}", wasm.name) }),
        _ => None,
    };
    Assets { css: format!("/style/{}", *CSS_NAME), script }
}

async fn style(name: Result<Path<String>, PathRejection>) -> Response {
    if name.is_ok_and(|Path(name)| name == *CSS_NAME) {
        kept(CSS, "text/css; charset=utf-8", FOR_EVER)
    } else {
        ApiError::not_found().into_response()
    }
}

async fn built(name: Result<Path<String>, PathRejection>, headers: HeaderMap) -> Response {
    let Ok(Path(name)) = name else { return ApiError::not_found().into_response() };
    let Some(file) = BUILT.iter().find(|file| file.name == name) else { return ApiError::not_found().into_response() };
    if !takes_brotli(&headers) {
        return kept(file.plain, file.content_type, FOR_EVER);
    }
    let mut response = kept(file.brotli, file.content_type, FOR_EVER);
    response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
    response
}

fn takes_brotli(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepted.split(',').any(|coding| coding.trim() == "br")
}

pub(super) fn kept(content: impl IntoResponse, content_type: &'static str, how_long: HeaderValue) -> Response {
    let headers: [(HeaderName, HeaderValue); 3] = [
        (header::CONTENT_TYPE, HeaderValue::from_static(content_type)),
        (header::CACHE_CONTROL, how_long),
        (header::VARY, HeaderValue::from_static("accept-encoding")),
    ];
    (headers, content).into_response()
}
