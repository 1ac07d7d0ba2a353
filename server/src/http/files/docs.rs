//! Static files of `/docs`: Swagger UI, its start script and style, and the pages that it links to.

use std::sync::{Arc, LazyLock};

use axum::{
    Router,
    extract::{Path, rejection::PathRejection},
    http::HeaderMap,
    response::{IntoResponse, Response},
    routing::get,
};
use billing::Services;
use utoipa_swagger_ui::Config;

use super::assets::ONE_DAY;
use crate::{api::ApiError, encoded::Encoded};

/// Swagger UI's settings object; required and unused: `reference.js` configures the page.
static UNUSED: LazyLock<Arc<Config<'static>>> = LazyLock::new(Arc::default);

const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";

static PARTS: LazyLock<Vec<(&'static str, Encoded)>> = LazyLock::new(|| {
    let ours = [
        ("reference.js", Encoded::new(JAVASCRIPT, include_str!("../../../../frontend/reference.js"))),
        ("reference.css", Encoded::new(CSS, include_str!("../../../../style/reference.css"))),
        // Bounds of every queue and map in memory.
        ("bounds.md", Encoded::new(TEXT, include_str!("../../../docs/bounds.md"))),
    ];
    let swagger =
        [("swagger-ui-bundle.js", JAVASCRIPT), ("swagger-ui.css", CSS)].into_iter().filter_map(|(name, kind)| {
            let file = utoipa_swagger_ui::serve(name, UNUSED.clone()).ok()??;
            Some((name, Encoded::new(kind, file.bytes.into_owned())))
        });
    ours.into_iter().chain(swagger).collect()
});

pub(in crate::http) fn routes() -> Router<Services> {
    Router::new().route("/docs/{name}", get(part))
}

async fn part(name: Result<Path<String>, PathRejection>, headers: HeaderMap) -> Response {
    let found = name.ok().and_then(|Path(name)| PARTS.iter().find(|(known, _)| *known == name));
    match found {
        Some((_, part)) => part.response(&headers, ONE_DAY),
        None => ApiError::not_found().into_response(),
    }
}
