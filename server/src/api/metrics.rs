//! `GET /metrics`: what this node counts, in the text format of Prometheus.

use axum::{
    Extension,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use billing::{Services, service::ServiceError};
use metrics_exporter_prometheus::PrometheusHandle;

use super::ApiError;

const TEXT_FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";
const JOBS: &str = "dues_jobs_waiting";

/// What this node counts, for Prometheus.
///
/// Requests and their duration by route, since the process began, and how many jobs wait in the database that all nodes share.
/// Nothing of any tenant is in it.
#[utoipa::path(
    get,
    path = "/metrics",
    operation_id = "getMetrics",
    tag = "operations",
    security(()),
    responses((status = 200, description = "The text format of Prometheus.", content_type = "text/plain", body = String))
)]
pub async fn serve(
    State(services): State<Services>,
    Extension(counts): Extension<PrometheusHandle>,
) -> Result<Response, ApiError> {
    let mut reader = services.store().read().await.map_err(ServiceError::from)?;
    let jobs = reader.link().count_jobs().await.map_err(ServiceError::from)?;
    metrics::describe_gauge!(JOBS, "Jobs that are not done yet.");
    metrics::gauge!(JOBS).set(f64::from(u32::try_from(jobs).unwrap_or(u32::MAX)));
    Ok(([(header::CONTENT_TYPE, TEXT_FORMAT)], counts.render()).into_response())
}
