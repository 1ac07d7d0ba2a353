//! `GET /operator/imports/{id}/report.json`: the report of an import with all its rows, for operators.

use axum::{
    body::Body,
    extract::{Path, State, rejection::PathRejection},
    http::header,
    response::{IntoResponse, Response},
};
use billing::Services;
use domain::tenant::import::ImportId;

use super::DeskReader;
use crate::{api::ApiError, import_report};

const CONTENT_TYPE: &str = "application/json";
const DISPOSITION: &str = "attachment; filename=\"import-report.json\"";

/// Responds with `{rows, totals, prices}`, streamed page by page.
pub(super) async fn export(
    State(services): State<Services>,
    DeskReader(operator): DeskReader,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, ApiError> {
    let id = id.ok().and_then(|Path(id)| id.parse::<ImportId>().ok()).ok_or_else(ApiError::not_found)?;
    let imports = services.imports();
    let report = imports.find(&operator, &id).await?.ok_or_else(ApiError::not_found)?;
    // Reads the first page before the first byte, so that a failure becomes an error response.
    let first = imports.rows(&operator, &id, None, None).await?;
    let parts = import_report::parts(imports.clone(), report, first)?;
    let headers = [
        (header::CONTENT_TYPE, CONTENT_TYPE),
        (header::CONTENT_DISPOSITION, DISPOSITION),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, Body::from_stream(parts)).into_response())
}
