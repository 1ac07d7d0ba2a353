//! The queue of spans that ended.

use std::time::Duration;

use metrics::counter;
use opentelemetry::Context;
use opentelemetry_sdk::{
    error::OTelSdkResult,
    trace::{Span, SpanData, SpanProcessor},
};
use tokio::sync::mpsc;

const DROPPED: &str = "dues_trace_spans_dropped_total";

pub(super) fn describe() {
    metrics::describe_counter!(DROPPED, "Spans that found the queue of the export full.");
    counter!(DROPPED).absolute(0);
}

/// Puts spans into a queue; a span that finds it full is dropped.
#[derive(Debug)]
pub(super) struct SpanQueue(mpsc::Sender<SpanData>);

impl SpanQueue {
    pub(super) const fn new(queue: mpsc::Sender<SpanData>) -> Self {
        Self(queue)
    }
}

impl SpanProcessor for SpanQueue {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        if self.0.try_send(span).is_err() {
            counter!(DROPPED).increment(1);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}
