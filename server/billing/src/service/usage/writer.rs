//! Group commit: the node's one writer drains what has queued, writes it in one transaction, and answers all.
//!
//! It is a task of its own, which no client's leaving can cancel. Its queue is bounded: what does not fit is refused at once,
//! and nothing was counted.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use domain::{
    entitlement::{change::Change, check::Check, refusal::Refusal},
    ids::{FeatureKey, TenantId},
    time::Timestamp,
};
use tokio::sync::{mpsc, oneshot};
use tracing::Instrument;

use super::{
    super::{Inner, ServiceError, Services},
    batch,
};
use crate::store::usage_events::EventId;

/// Calls that may wait.
const MOST_CALLS_WAITING: usize = 8192;
/// Operations that one transaction takes, but for a single call that brings more.
const MOST_IN_A_BATCH: usize = 512;
/// A database that does not answer holds nobody longer than this.
const PATIENCE: Duration = Duration::from_secs(15);

/// One thing to be counted: all of its parts, or none.
#[derive(Clone, Debug)]
pub(super) struct Operation {
    pub(super) event: EventId,
    /// Whether whoever calls may say the same again.
    pub(super) is_repeatable: bool,
    /// Whether a repeat must be of the same parts, or is known by its id alone.
    pub(super) is_compared: bool,
    /// When it happened; now, unless somebody says.
    pub(super) event_at: Option<Timestamp>,
    /// Features by their place in the catalog.
    pub(super) parts: Vec<(usize, Change)>,
}

/// What came of an operation, part by part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Counted(Vec<Check>),
    /// It was counted before, and this is what was answered.
    Known(Vec<Check>),
    Refused(FeatureKey, Refusal),
    /// It was counted before, and was about something else.
    KeyReused,
    /// More than a counter can hold.
    TooLarge,
    TenantNotFound,
}

/// Why nothing can be said of operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unavailable {
    /// Nothing was counted.
    NotCounted,
    /// They may have been counted: only a repeat with the same id tells.
    Unknown,
}

pub(super) type Answer = Result<Vec<Outcome>, Unavailable>;

#[derive(Debug)]
pub(in crate::service) struct Call {
    operations: Vec<Operation>,
    answer: oneshot::Sender<Answer>,
}

pub(in crate::service) type Queue = mpsc::Sender<Call>;

impl Services {
    /// Has operations counted, in one transaction with whatever else waits.
    pub(super) async fn count(&self, operations: Vec<Operation>) -> Result<Vec<Outcome>, ServiceError> {
        let (answer, answered) = oneshot::channel();
        let queue = self.0.usage_queue.get_or_init(|| begin(&self.0));
        queue.try_send(Call { operations, answer }).map_err(|_| ServiceError::UsageBusy)?;
        match answered.await {
            Ok(Ok(outcomes)) => Ok(outcomes),
            Ok(Err(Unavailable::NotCounted)) => Err(ServiceError::UsageBusy),
            Ok(Err(Unavailable::Unknown)) | Err(_) => Err(ServiceError::UsageUnknown),
        }
    }

    /// Waits until everything that was queued before is written.
    pub async fn drain_usage(&self) {
        let Some(queue) = self.0.usage_queue.get() else { return };
        let (answer, answered) = oneshot::channel();
        // Behind all the others, however many those are.
        if queue.send(Call { operations: Vec::new(), answer }).await.is_ok() {
            answered.await.ok();
        }
    }
}

fn begin(inner: &Arc<Inner>) -> Queue {
    let (queue, calls) = mpsc::channel(MOST_CALLS_WAITING);
    tokio::spawn(write_all(Arc::downgrade(inner), calls));
    queue
}

/// Ends with the services that it writes for.
async fn write_all(inner: Weak<Inner>, mut calls: mpsc::Receiver<Call>) {
    while let Some(first) = calls.recv().await {
        let Some(inner) = inner.upgrade() else { return };
        let services = Services(inner);
        let mut size = first.operations.len();
        let mut batch = vec![first];
        while size < MOST_IN_A_BATCH
            && let Ok(next) = calls.try_recv()
        {
            size += next.operations.len();
            batch.push(next);
        }
        write(&services, batch).await;
    }
}

async fn write(services: &Services, batch: Vec<Call>) {
    let (sizes, (operations, answers)): (Vec<_>, (Vec<_>, Vec<_>)) =
        batch.into_iter().map(|Call { operations, answer }| (operations.len(), (operations, answer))).unzip();
    let operations: Arc<[Operation]> = operations.into_iter().flatten().collect();
    // In a task of its own, so that a panic is one batch's failure.
    let (own, theirs) = (services.clone(), operations.clone());
    let written = async move { tokio::time::timeout(PATIENCE, batch::write(&own, &theirs)).await };
    // What is logged of it belongs to no single request.
    let written = tokio::spawn(written.instrument(tracing::error_span!("usage", task = "write")));
    let outcomes = if let Ok(Ok(outcomes)) = written.await {
        outcomes
    } else {
        tracing::error!("a batch of usage broke off");
        Err(Unavailable::Unknown)
    };
    match outcomes {
        Ok(outcomes) => {
            let mut outcomes = outcomes.into_iter();
            for (size, answer) in sizes.into_iter().zip(answers) {
                // Whoever has left by now is counted all the same.
                answer.send(Ok(outcomes.by_ref().take(size).collect())).ok();
            }
        }
        Err(unavailable) => {
            for answer in answers {
                answer.send(Err(unavailable)).ok();
            }
        }
    }
}

impl Operation {
    pub(super) fn tenant(&self) -> &TenantId {
        &self.event.tenant
    }
}
