//! Group commit: a node's one writer of a kind drains what has queued, writes it in one transaction, and answers all.
//!
//! It is a task of its own, which no client's leaving can cancel. Its queue is bounded: what does not fit is refused at once,
//! and nothing was written.

use std::{
    sync::{Arc, OnceLock, Weak},
    time::Duration,
};

use tokio::sync::{mpsc, oneshot};
use tracing::Instrument;

use super::{Inner, Services};

/// Calls that may wait.
const MOST_CALLS_WAITING: usize = 8192;
/// What one transaction takes, but for a single call that brings more.
const MOST_IN_A_BATCH: usize = 512;
/// A database that does not answer holds nobody longer than this.
const PATIENCE: Duration = Duration::from_secs(15);

/// What is written in groups.
pub(super) trait Written: Send + Sized + 'static {
    type Answer: Send + 'static;

    /// In log lines.
    const NAME: &'static str;

    /// How much it adds to a transaction.
    fn len(&self) -> usize;

    /// Writes all of a batch in one transaction, and answers each in its place.
    fn write(
        services: &Services,
        batch: Vec<Self>,
    ) -> impl Future<Output = Result<Vec<Self::Answer>, Unavailable>> + Send;
}

/// Why nothing can be said of what was to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unavailable {
    /// Nothing was.
    NotWritten,
    /// It may have been: only a repeat with the same id tells.
    Unknown,
}

struct Call<W: Written> {
    what: Option<W>,
    answer: oneshot::Sender<Result<Option<W::Answer>, Unavailable>>,
}

/// To the writer, which begins with the first call.
pub(super) struct Writer<W: Written>(OnceLock<mpsc::Sender<Call<W>>>);

impl<W: Written> Default for Writer<W> {
    fn default() -> Self {
        Self(OnceLock::new())
    }
}

impl<W: Written> Writer<W> {
    fn queue(&self, inner: &Arc<Inner>) -> &mpsc::Sender<Call<W>> {
        self.0.get_or_init(|| {
            let (queue, calls) = mpsc::channel(MOST_CALLS_WAITING);
            tokio::spawn(write_all(Arc::downgrade(inner), calls));
            queue
        })
    }

    /// Has something written, in one transaction with whatever else waits.
    pub(super) async fn write(&self, inner: &Arc<Inner>, what: W) -> Result<W::Answer, Unavailable> {
        let (answer, answered) = oneshot::channel();
        let call = Call { what: Some(what), answer };
        self.queue(inner).try_send(call).map_err(|_| Unavailable::NotWritten)?;
        answered.await.unwrap_or(Err(Unavailable::Unknown))?.ok_or(Unavailable::Unknown)
    }

    /// Waits until everything that was queued before is written.
    pub(super) async fn drain(&self) {
        let Some(queue) = self.0.get() else { return };
        let (answer, answered) = oneshot::channel();
        // Behind all the others, however many those are.
        if queue.send(Call { what: None, answer }).await.is_ok() {
            answered.await.ok();
        }
    }
}

/// Ends with the services that it writes for.
async fn write_all<W: Written>(inner: Weak<Inner>, mut calls: mpsc::Receiver<Call<W>>) {
    while let Some(first) = calls.recv().await {
        let Some(inner) = inner.upgrade() else { return };
        let services = Services(inner);
        let (mut batch, mut answers, mut waiting) = (Vec::new(), Vec::new(), Vec::new());
        let mut size = 0;
        let mut next = Some(first);
        while let Some(Call { what, answer }) = next {
            if let Some(what) = what {
                size += what.len();
                batch.push(what);
                answers.push(answer);
            } else {
                waiting.push(answer);
            }
            next = if size < MOST_IN_A_BATCH { calls.try_recv().ok() } else { None };
        }
        match write_batch(services, batch).await {
            Ok(written) => {
                for (written, answer) in written.into_iter().zip(answers) {
                    // Whoever has left by now is served all the same.
                    answer.send(Ok(Some(written))).ok();
                }
            }
            Err(unavailable) => {
                for answer in answers {
                    answer.send(Err(unavailable)).ok();
                }
            }
        }
        for answer in waiting {
            answer.send(Ok(None)).ok();
        }
    }
}

async fn write_batch<W: Written>(services: Services, batch: Vec<W>) -> Result<Vec<W::Answer>, Unavailable> {
    if batch.is_empty() {
        return Ok(Vec::new());
    }
    // In a task of its own, so that a panic is one batch's failure.
    let written = async move { tokio::time::timeout(PATIENCE, W::write(&services, batch)).await };
    // What is logged of it belongs to no single request.
    let written = tokio::spawn(written.instrument(tracing::error_span!("group", of = W::NAME)));
    if let Ok(Ok(written)) = written.await {
        return written;
    }
    tracing::error!(of = W::NAME, "a batch broke off");
    Err(Unavailable::Unknown)
}
