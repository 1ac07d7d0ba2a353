//! `GET /metrics`: this node's metrics, in the text format of Prometheus.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Extension,
    body::Bytes,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use billing::{Services, service::ServiceError};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::Mutex;

use crate::api::ApiError;

const TEXT_FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";
const JOBS: &str = "dues_jobs_waiting";
const CACHE_TTL: Duration = Duration::from_secs(1);

/// This node's metrics, for Prometheus.
///
/// Requests and their duration by route since the process began, and the number of jobs in the database that all nodes
/// share. Contains nothing about tenants.
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
    Extension(exporter): Extension<Exporter>,
) -> Result<Response, ApiError> {
    let text = exporter.text(&services).await?;
    Ok(([(header::CONTENT_TYPE, TEXT_FORMAT)], text).into_response())
}

/// Renders the metrics at most once a second, because each rendering counts jobs in the database.
#[derive(Clone)]
pub struct Exporter {
    recorder: PrometheusHandle,
    last: Arc<Mutex<Option<(Instant, Bytes)>>>,
}

impl Exporter {
    pub fn new(recorder: PrometheusHandle) -> Self {
        Self { recorder, last: Arc::default() }
    }

    async fn text(&self, services: &Services) -> Result<Bytes, ServiceError> {
        let mut last = self.last.lock().await;
        if let Some((at, text)) = &*last
            && at.elapsed() < CACHE_TTL
        {
            return Ok(text.clone());
        }
        let jobs = services.store().read().await?.connection().count_jobs().await?;
        metrics::describe_gauge!(JOBS, "Jobs that are not done yet.");
        metrics::gauge!(JOBS).set(f64::from(u32::try_from(jobs).unwrap_or(u32::MAX)));
        let text = Bytes::from(self.recorder.render());
        *last = Some((Instant::now(), text.clone()));
        Ok(text)
    }
}
