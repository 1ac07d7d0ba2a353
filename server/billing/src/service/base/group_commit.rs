//! Group commit: one writer task per kind and node drains its queue, commits the batch in one transaction, and answers
//! each caller.
//!
//! A caller that disconnects does not cancel its write. The queue is bounded: a call that does not fit fails at once,
//! with nothing written.

use std::{
    panic::AssertUnwindSafe,
    sync::{Arc, OnceLock, Weak},
    time::{Duration, Instant},
};

use futures::FutureExt;
use tokio::sync::{mpsc, oneshot};
use tracing::Instrument;

use crate::{
    metric::{GROUP_COMMIT_CALLS, GROUP_COMMIT_REFUSED, GROUP_COMMIT_SECONDS, GROUP_COMMIT_WAITING, as_float},
    trace::{SpanKind, TraceContext, TraceSpan},
};

/// Maximum number of queued calls.
const MAX_QUEUED_CALLS: usize = 8192;
/// Total [`BatchWrite::len`] from which a batch takes no further call. The last call is not split and may exceed it.
const MAX_BATCH_SIZE: usize = 512;
/// How many calls of a batch its span is linked to.
const MAX_LINKS: usize = 32;
/// How long a batch may take before its callers get an error.
const WRITE_TIMEOUT: Duration = Duration::from_secs(15);

/// A call that is committed together with others of its kind.
pub(in crate::service) trait BatchWrite: Send + Sized + 'static {
    /// The services that a batch is written with. The writer stops when they are dropped.
    type Context: Send + Sync + 'static;
    type Answer: Send + 'static;

    /// The writer's name in log lines.
    const NAME: &'static str;

    /// How much the call adds to the size of a batch.
    fn len(&self) -> usize;

    /// Writes the batch in one transaction. Returns one answer for each call, in order.
    fn write(
        context: &Arc<Self::Context>,
        batch: Vec<Self>,
    ) -> impl Future<Output = Result<Vec<Self::Answer>, WriteError>> + Send;
}

/// Why a call has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::service) enum WriteError {
    /// Nothing was written.
    NotWritten,
    /// The call may have been written. Only a repeat with the same id shows whether it was.
    Unknown,
}

struct Call<W: BatchWrite> {
    /// `None` for a call of [`Writer::drain`], which only waits.
    item: Option<W>,
    answer: oneshot::Sender<Result<Option<W::Answer>, WriteError>>,
    trace: TraceContext,
}

/// A handle to the writer task, which the first call spawns.
pub(in crate::service) struct Writer<W: BatchWrite>(OnceLock<mpsc::Sender<Call<W>>>);

impl<W: BatchWrite> Default for Writer<W> {
    fn default() -> Self {
        Self(OnceLock::new())
    }
}

impl<W: BatchWrite> Writer<W> {
    fn queue(&self, context: &Arc<W::Context>) -> &mpsc::Sender<Call<W>> {
        self.0.get_or_init(|| {
            let (queue, calls) = mpsc::channel(MAX_QUEUED_CALLS);
            // A counter that begins with its first refusals is no increase to Prometheus.
            metrics::counter!(GROUP_COMMIT_REFUSED, "writer" => W::NAME).absolute(0);
            tokio::spawn(run_writer(Arc::downgrade(context), calls));
            queue
        })
    }

    /// Queues `item` and waits until its batch is committed. Fails with [`WriteError::NotWritten`] if the queue is
    /// full.
    pub(in crate::service) async fn write(&self, context: &Arc<W::Context>, item: W) -> Result<W::Answer, WriteError> {
        let span = TraceSpan::start(SpanKind::Internal, "group_commit");
        span.set("dues.writer", W::NAME);
        let (answer, answered) = oneshot::channel();
        let call = Call { item: Some(item), answer, trace: span.context() };
        if self.queue(context).try_send(call).is_err() {
            metrics::counter!(GROUP_COMMIT_REFUSED, "writer" => W::NAME).increment(1);
            return Err(WriteError::NotWritten);
        }
        answered.await.unwrap_or(Err(WriteError::Unknown))?.ok_or(WriteError::Unknown)
    }

    /// Waits until all calls that are queued now are written.
    pub(in crate::service) async fn drain(&self) {
        let Some(queue) = self.0.get() else { return };
        let (answer, answered) = oneshot::channel();
        // Waits for room in the queue, unlike `write`.
        if queue.send(Call { item: None, answer, trace: TraceContext::default() }).await.is_ok() {
            answered.await.ok();
        }
    }
}

/// Writes batches until the context is dropped.
async fn run_writer<W: BatchWrite>(context: Weak<W::Context>, mut calls: mpsc::Receiver<Call<W>>) {
    while let Some(first) = calls.recv().await {
        let Some(context) = context.upgrade() else { return };
        let (mut batch, mut answers, mut drained) = (Vec::new(), Vec::new(), Vec::new());
        let mut traces = Vec::new();
        let mut size = 0;
        let mut next = Some(first);
        while let Some(Call { item, answer, trace }) = next {
            if let Some(item) = item {
                size += item.len();
                batch.push(item);
                answers.push(answer);
                if trace.is_some() {
                    traces.push(trace);
                }
            } else {
                drained.push(answer);
            }
            next = if size < MAX_BATCH_SIZE { calls.try_recv().ok() } else { None };
        }
        metrics::gauge!(GROUP_COMMIT_WAITING, "writer" => W::NAME).set(as_float(calls.len()));
        match write_batch(context, batch, &traces).await {
            Ok(written) => {
                for (written, answer) in written.into_iter().zip(answers) {
                    // A caller that disconnected gets no answer, but its call is written.
                    answer.send(Ok(Some(written))).ok();
                }
            }
            Err(error) => {
                for answer in answers {
                    answer.send(Err(error)).ok();
                }
            }
        }
        for answer in drained {
            answer.send(Ok(None)).ok();
        }
    }
}

async fn write_batch<W: BatchWrite>(
    context: Arc<W::Context>,
    batch: Vec<W>,
    traces: &[TraceContext],
) -> Result<Vec<W::Answer>, WriteError> {
    if batch.is_empty() {
        return Ok(Vec::new());
    }
    let (calls, started_at) = (batch.len(), Instant::now());
    let span = batch_span::<W>(traces, calls);
    // Boxed, so that the layers around it do not copy it.
    let written = Box::pin(async move { tokio::time::timeout(WRITE_TIMEOUT, W::write(&context, batch)).await });
    let written = span.context().run(written);
    // Log lines of a batch belong to no single request.
    let written = written.instrument(tracing::error_span!("group_commit", writer = W::NAME));
    // A panic fails one batch and not the writer. A task of its own would do the same, with another switch of tasks.
    let written = AssertUnwindSafe(written).catch_unwind().await;
    metrics::histogram!(GROUP_COMMIT_CALLS, "writer" => W::NAME).record(as_float(calls));
    metrics::histogram!(GROUP_COMMIT_SECONDS, "writer" => W::NAME).record(started_at.elapsed());
    if let Ok(Ok(written)) = written {
        return written;
    }
    span.fail();
    tracing::error!(writer = W::NAME, "failed to write a batch: panicked or timed out");
    Err(WriteError::Unknown)
}

/// Starts the span of a batch. It belongs to the trace of the batch's first call, and is linked to those of the others.
fn batch_span<W: BatchWrite>(traces: &[TraceContext], calls: usize) -> TraceSpan {
    let Some((first, others)) = traces.split_first() else { return TraceSpan::default() };
    let span = TraceSpan::start_in(first, SpanKind::Internal, "write_batch");
    span.set("dues.writer", W::NAME);
    span.set("dues.calls", i64::try_from(calls).unwrap_or(i64::MAX));
    for other in others.iter().take(MAX_LINKS) {
        span.link(other);
    }
    span
}

#[cfg(test)]
mod tests;
