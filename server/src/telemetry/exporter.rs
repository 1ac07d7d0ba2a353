//! Sends batches of spans to the collector.

use std::time::Duration;

use metrics::counter;
use opentelemetry_proto::{
    tonic::collector::trace::v1::ExportTraceServiceRequest,
    transform::{common::tonic::ResourceAttributesWithSchema, trace::tonic::group_spans_by_resource_and_scope},
};
use opentelemetry_sdk::{Resource, trace::SpanData};
use prost::Message;
use reqwest::{
    Client,
    header::{self, HeaderMap},
    redirect,
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use url::Url;

const SPANS: &str = "dues_trace_spans_exported_total";
const FAILED: &str = "dues_trace_spans_failed_total";
/// The time between two exports.
const INTERVAL: Duration = Duration::from_secs(1);
/// How many spans one call to the collector has.
const MAX_BATCH: usize = 512;
/// How long a call to the collector may take.
const TIMEOUT: Duration = Duration::from_secs(10);
const PROTOBUF: &str = "application/x-protobuf";

#[derive(Debug, thiserror::Error)]
pub enum TraceExportError {
    #[error("failed to build the client of the trace collector")]
    Client(#[source] reqwest::Error),
}

/// Why a batch was not exported.
#[derive(Debug, thiserror::Error)]
enum ExportError {
    #[error("no response")]
    Call(#[source] reqwest::Error),
    #[error("the status of the response is {0}")]
    Refused(u16),
}

pub(super) fn describe() {
    metrics::describe_counter!(SPANS, "Spans that the collector took.");
    metrics::describe_counter!(FAILED, "Spans that the collector did not take, which are dropped.");
    counter!(SPANS).absolute(0);
    counter!(FAILED).absolute(0);
}

pub(super) struct Exporter {
    client: Client,
    url: String,
    resource: ResourceAttributesWithSchema,
    /// Whether the last export failed. Only the first failure in a row is logged.
    is_failing: bool,
}

impl Exporter {
    pub(super) fn new(endpoint: &Url, headers: HeaderMap, resource: &Resource) -> Result<Self, TraceExportError> {
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .default_headers(headers)
            .timeout(TIMEOUT)
            .build()
            .map_err(TraceExportError::Client)?;
        let url = format!("{}/v1/traces", endpoint.as_str().trim_end_matches('/'));
        Ok(Self { client, url, resource: ResourceAttributesWithSchema::from(resource), is_failing: false })
    }

    /// Exports until `stop`, and then what is left.
    pub(super) async fn run(mut self, mut spans: mpsc::Receiver<SpanData>, stop: CancellationToken) {
        let mut is_last = false;
        while !is_last {
            tokio::select! {
                () = stop.cancelled() => is_last = true,
                () = tokio::time::sleep(INTERVAL) => {}
            }
            loop {
                let batch = next_batch(&mut spans);
                if batch.is_empty() {
                    break;
                }
                self.export(batch).await;
            }
        }
    }

    async fn export(&mut self, batch: Vec<SpanData>) {
        let count = u64::try_from(batch.len()).unwrap_or(u64::MAX);
        match self.send(batch).await {
            Ok(()) => {
                counter!(SPANS).increment(count);
                self.is_failing = false;
            }
            Err(error) => {
                counter!(FAILED).increment(count);
                if !self.is_failing {
                    tracing::warn!(error = &error as &dyn std::error::Error, "failed to export spans");
                }
                self.is_failing = true;
            }
        }
    }

    async fn send(&self, batch: Vec<SpanData>) -> Result<(), ExportError> {
        let resource_spans = group_spans_by_resource_and_scope(batch, &self.resource);
        let body = ExportTraceServiceRequest { resource_spans }.encode_to_vec();
        let request = self.client.post(&self.url).header(header::CONTENT_TYPE, PROTOBUF).body(body);
        let answer = request.send().await.map_err(|error| ExportError::Call(error.without_url()))?;
        let status = answer.status();
        if status.is_success() { Ok(()) } else { Err(ExportError::Refused(status.as_u16())) }
    }
}

/// Takes a batch of what is in the queue now.
fn next_batch(spans: &mut mpsc::Receiver<SpanData>) -> Vec<SpanData> {
    let mut batch = Vec::new();
    while batch.len() < MAX_BATCH {
        match spans.try_recv() {
            Ok(span) => batch.push(span),
            Err(_) => break,
        }
    }
    batch
}
