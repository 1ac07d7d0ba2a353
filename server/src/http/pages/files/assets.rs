//! Static files of the pages, compiled into the binary: style sheet, icon, and the islands' module and wasm.

use std::sync::{Arc, LazyLock};

use axum::{
    Router,
    extract::{Path, rejection::PathRejection},
    http::{HeaderMap, HeaderValue},
    response::{IntoResponse, Response},
    routing::get,
};

use app::{Assets, Favicon, Script};
use billing::{
    Services,
    service::{Brand, BrandIcon},
};

use super::{IMMUTABLE, brand::BrandAsset};
use crate::{
    api::ApiError,
    config::BrandFile,
    encoded::{Encoded, content_hash},
};

/// A built file of the front end, plain and compressed.
pub(in crate::http) struct Built {
    name: &'static str,
    content_type: &'static str,
    plain: &'static [u8],
    brotli: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/built.rs"));

/// The order matters: rules of a file override equally specific ones of the files before it in the same layer.
const CSS: &str = concat!(
    include_str!("../../../../../style/dues.css"),
    "\n",
    include_str!("../../../../../style/charts.css"),
    "\n",
    include_str!("../../../../../style/docs.css")
);
const FAVICON: &str = include_str!("../../../../../style/favicon.svg");
const ONE_DAY: HeaderValue = HeaderValue::from_static("public, max-age=86400");

static STYLE: LazyLock<Encoded> = LazyLock::new(|| Encoded::new("text/css; charset=utf-8", CSS));
static ICON: LazyLock<Encoded> = LazyLock::new(|| Encoded::new("image/svg+xml", FAVICON));
static FILES: LazyLock<Vec<(&'static str, Encoded)>> = LazyLock::new(|| {
    let encoded = |file: &Built| Encoded::new(file.content_type, file.plain).with_brotli(file.brotli);
    BUILT.iter().map(|file| (file.name, encoded(file))).collect()
});

static CSS_NAME: LazyLock<String> = LazyLock::new(|| format!("dues-{}.css", content_hash(CSS.as_bytes())));

/// Serves the built files. `/favicon.ico`, which browsers ask for by themselves, is `own_icon` if there is one.
pub(in crate::http) fn routes(own_icon: Option<&BrandFile>) -> Router<Services> {
    let default_icon = match own_icon.map(BrandAsset::new).map(Arc::new) {
        Some(icon) => get(move |headers: HeaderMap| std::future::ready(icon.response(headers, ONE_DAY))),
        None => get(favicon),
    };
    Router::new()
        .route("/style/favicon.svg", get(favicon))
        .route("/style/{name}", get(style))
        .route("/pkg/{name}", get(built))
        .route("/favicon.ico", default_icon)
        .route("/robots.txt", get(|| async { "User-agent: *\nDisallow: /\n" }))
}

/// Returns the paths of the files that pages link to. There is no script if the islands were not built.
pub(in crate::http) fn assets(brand: &Brand) -> Assets {
    let script = match BUILT {
        [js, wasm] => Some(Script { js: format!("/pkg/{}", js.name), wasm: format!("/pkg/{}", wasm.name) }),
        _ => None,
    };
    let favicon = match &brand.icon {
        Some(BrandIcon { path, content_type }) => Favicon { path: path.clone(), content_type },
        None => Favicon::default(),
    };
    Assets { css: format!("/style/{}", *CSS_NAME), brand_css: brand.style.clone(), favicon, script }
}

async fn style(name: Result<Path<String>, PathRejection>, headers: HeaderMap) -> Response {
    if name.is_ok_and(|Path(name)| name == *CSS_NAME) {
        STYLE.response(&headers, IMMUTABLE)
    } else {
        ApiError::not_found().into_response()
    }
}

async fn favicon(headers: HeaderMap) -> Response {
    ICON.response(&headers, ONE_DAY)
}

async fn built(name: Result<Path<String>, PathRejection>, headers: HeaderMap) -> Response {
    let found = name.ok().and_then(|Path(name)| FILES.iter().find(|(known, _)| *known == name));
    match found {
        Some((_, file)) => file.response(&headers, IMMUTABLE),
        None => ApiError::not_found().into_response(),
    }
}
