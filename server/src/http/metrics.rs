//! HTTP metrics of this process, for `GET /metrics`.

pub mod exporter;
pub mod listener;

use std::time::{Duration, Instant};

use axum::{
    extract::{MatchedPath, Request},
    http::Method,
    response::Response,
};
use billing::{metric::HISTOGRAMS, worker::HOUSEKEEPING_TRANSACTION_SECONDS};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use tokio_util::sync::CancellationToken;

const REQUESTS: &str = "http_requests_total";
const DURATION: &str = "http_request_duration_seconds";
const BOUNDS_SECS: [f64; 12] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];
const HOUSEKEEPING_BOUNDS_SECS: [f64; 10] = [0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.25, 1.0];
const UPKEEP_EVERY: Duration = Duration::from_secs(5);

#[derive(Debug, thiserror::Error)]
pub enum MetricsError {
    #[error("failed to build the metrics recorder")]
    Build(#[from] BuildError),
    #[error("a metrics recorder is installed already")]
    Taken(#[from] metrics::SetRecorderError<PrometheusRecorder>),
}

/// Installs the metrics recorder. Call it once per process.
pub fn install() -> Result<PrometheusHandle, MetricsError> {
    let recorder = build_recorder()?;
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder)?;
    Ok(handle)
}

/// Builds a metrics recorder and does not install it.
pub fn build_recorder() -> Result<PrometheusRecorder, BuildError> {
    let mut builder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Full(DURATION.to_owned()), &BOUNDS_SECS)?
        .set_buckets_for_metric(
            Matcher::Full(HOUSEKEEPING_TRANSACTION_SECONDS.to_owned()),
            &HOUSEKEEPING_BOUNDS_SECS,
        )?;
    for (name, bounds) in HISTOGRAMS {
        builder = builder.set_buckets_for_metric(Matcher::Full(name.to_owned()), bounds)?;
    }
    Ok(builder.build_recorder())
}

/// Describes the metrics of requests and use cases for `GET /metrics`. Call it once the recorder is installed.
pub fn describe() {
    metrics::describe_counter!(REQUESTS, "Requests by method, route and status.");
    billing::service::describe_counts();
    billing::metric::describe();
    exporter::describe();
    metrics::describe_histogram!(DURATION, metrics::Unit::Seconds, "How long answers took, by method and route.");
}

/// Runs the recorder's upkeep regularly until `stop`: without it, single measurements pile up between two scrapes.
pub async fn run_upkeep_regularly(handle: PrometheusHandle, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(UPKEEP_EVERY) => handle.run_upkeep(),
        }
    }
}

/// Counts and times a request under its route template. The path itself is no label, because clients
/// can send any number of paths.
pub(super) async fn measured<F: Future<Output = Response>>(
    request: Request,
    inside: impl FnOnce(Request) -> F,
) -> Response {
    let started = Instant::now();
    let method = method_label(request.method());
    let route =
        request.extensions().get::<MatchedPath>().map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    let response = inside(request).await;
    let status = response.status().as_str().to_owned();
    metrics::histogram!(DURATION, "method" => method, "route" => route.clone()).record(started.elapsed());
    metrics::counter!(REQUESTS, "method" => method, "route" => route, "status" => status).increment(1);
    response
}

pub(super) const fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        _ => "other",
    }
}
