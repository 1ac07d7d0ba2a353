//! Exports traces by OTLP (`http/protobuf`).
//!
//! Spans that ended wait in a bounded queue, from which a task of its own exports them in batches. A request never
//! waits for the collector: a span that finds the queue full, and a batch that the collector does not take, is counted
//! and dropped.

mod exporter;
mod queue;

use std::time::Duration;

use billing::trace;
use opentelemetry::{KeyValue, global};
use opentelemetry_sdk::{
    Resource,
    trace::{Sampler, SdkTracerProvider},
};
use tokio::{sync::mpsc, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use self::{exporter::Exporter, queue::SpanQueue};
use crate::config::{TraceSampler, TraceSettings};

/// How many spans wait for the next export.
const MAX_QUEUED_SPANS: usize = 8192;
/// How long the last export may take after the server has stopped.
const LAST_EXPORT: Duration = Duration::from_secs(3);

pub use exporter::TraceExportError;

/// The task that exports traces.
pub struct Exporting {
    task: JoinHandle<()>,
    stop: CancellationToken,
}

/// Turns tracing on and starts to export. Returns `None`, and tracing stays off, without an endpoint. Call it once per
/// process.
pub fn install(settings: &TraceSettings) -> Result<Option<Exporting>, TraceExportError> {
    let Some(endpoint) = &settings.endpoint else { return Ok(None) };
    let (queue, spans) = mpsc::channel(MAX_QUEUED_SPANS);
    let resource = Resource::builder_empty()
        .with_service_name(settings.service_name.clone())
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .build();
    let exporter = Exporter::new(endpoint, settings.headers.clone(), &resource)?;
    let provider = SdkTracerProvider::builder()
        .with_span_processor(SpanQueue::new(queue))
        .with_sampler(sampler(settings.sampler))
        .with_resource(resource)
        .build();
    global::set_tracer_provider(provider);
    trace::install();
    let stop = CancellationToken::new();
    let task = tokio::spawn(exporter.run(spans, stop.clone()));
    Ok(Some(Exporting { task, stop }))
}

/// Exports what is left in the queue.
pub async fn finish(exporting: Option<Exporting>) {
    let Some(Exporting { mut task, stop }) = exporting else { return };
    stop.cancel();
    if tokio::time::timeout(LAST_EXPORT, &mut task).await.is_err() {
        tracing::warn!("dropping spans that the collector did not take in time");
        task.abort();
    }
}

/// Describes the metrics of the export for `GET /metrics`.
pub(crate) fn describe() {
    queue::describe();
    exporter::describe();
}

fn sampler(settings: TraceSampler) -> Sampler {
    let root = if settings.ratio >= 1.0 {
        Sampler::AlwaysOn
    } else if settings.ratio <= 0.0 {
        Sampler::AlwaysOff
    } else {
        Sampler::TraceIdRatioBased(settings.ratio)
    };
    if settings.is_parent_based { Sampler::ParentBased(Box::new(root)) } else { root }
}
