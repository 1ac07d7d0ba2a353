//! What the page `/docs` loads: Swagger UI, from within the binary, and what starts and clothes it. Beside it, what it leads to.

use std::sync::{Arc, LazyLock};

use axum::{
    Router,
    extract::{Path, rejection::PathRejection},
    response::{IntoResponse, Response},
    routing::get,
};
use billing::Services;
use utoipa_swagger_ui::Config;

use super::assets::{A_DAY, kept};
use crate::api::ApiError;

const START: &str = include_str!("../../../frontend/reference.js");
const CLOTHES: &str = include_str!("../../../style/reference.css");
/// Every queue and map in memory, with its bound.
const BOUNDS: &str = include_str!("../../docs/bounds.md");
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";

/// Swagger UI's own settings, which nothing here reads: `reference.js` has ours.
static UNUSED: LazyLock<Arc<Config<'static>>> = LazyLock::new(Arc::default);

pub(super) fn routes() -> Router<Services> {
    Router::new().route("/docs/{name}", get(part))
}

async fn part(name: Result<Path<String>, PathRejection>) -> Response {
    let name = name.map(|Path(name)| name).unwrap_or_default();
    match name.as_str() {
        "reference.js" => kept(START, JAVASCRIPT, A_DAY),
        "reference.css" => kept(CLOTHES, CSS, A_DAY),
        "bounds.md" => kept(BOUNDS, TEXT, A_DAY),
        "swagger-ui-bundle.js" => swagger(&name, JAVASCRIPT),
        "swagger-ui.css" => swagger(&name, CSS),
        _ => ApiError::not_found().into_response(),
    }
}

fn swagger(name: &str, content_type: &'static str) -> Response {
    match utoipa_swagger_ui::serve(name, UNUSED.clone()) {
        Ok(Some(file)) => kept(file.bytes.into_owned(), content_type, A_DAY),
        _ => ApiError::not_found().into_response(),
    }
}
