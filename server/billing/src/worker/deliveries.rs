//! Delivers webhook messages on separate lanes, so that no job waits for an endpoint.
//!
//! Each lane serves the endpoints of one pace: new, prompt or slow. An endpoint that does not answer within
//! [`SLOW_AFTER`] moves to the slow lane while the call goes on. So a slow endpoint holds up others for at most that
//! long.

use std::{error::Error, sync::Arc, time::Duration};

use futures::future::join_all;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use crate::{
    service::{Services, webhook::endpoint::SLOW_AFTER},
    store::webhook::{webhook_endpoints::Pace, webhook_messages::ClaimedMessage},
    trace::{SpanKind, TraceContext, TraceSpan},
};

/// How many messages are claimed in one transaction.
const CLAIMED_AT_ONCE: usize = 16;
/// How many calls may continue outside their lane because the endpoint is slow.
const MAX_DETACHED_CALLS: usize = 256;
/// How long to wait for a notification before polling: metered usage does not notify, and other nodes write too.
const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// How long to wait between two searches through all endpoints for cursors that are too late. Such a cursor hides
/// messages that are due.
const LATE_CURSORS_INTERVAL: Duration = Duration::from_mins(10);
/// The pause between two slices of a search. It bounds the cost per second, however many endpoints there are.
const LATE_CURSORS_PAUSE: Duration = Duration::from_secs(1);

/// Runs until `stop`. Calls in progress are finished first.
pub(super) async fn run_deliveries(services: Services, stop: CancellationToken) {
    let detached = Arc::new(Semaphore::new(MAX_DETACHED_CALLS));
    let lanes = join_all(Pace::ALL.map(|pace| run_lane(&services, pace, &detached, &stop)));
    tokio::join!(lanes, correct_late_cursors_periodically(&services, &stop));
}

async fn correct_late_cursors_periodically(services: &Services, stop: &CancellationToken) {
    let mut last = None;
    while !stop.is_cancelled() {
        last = services.endpoints().correct_late_cursors(last.as_ref()).await.unwrap_or_else(|error| {
            tracing::warn!(error = &error as &dyn Error, "failed to correct the cursors of webhook endpoints");
            None
        });
        let wait = if last.is_some() { LATE_CURSORS_PAUSE } else { LATE_CURSORS_INTERVAL };
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}

async fn run_lane(services: &Services, pace: Pace, detached: &Arc<Semaphore>, stop: &CancellationToken) {
    let slots = Arc::new(Semaphore::new(services.settings().worker.lanes.calls(pace)));
    let mut in_progress = JoinSet::new();
    while !stop.is_cancelled() {
        match claim(services, pace, &slots).await {
            Ok(claimed) if claimed.is_empty() => {}
            Ok(claimed) => {
                for (message, slot) in claimed {
                    let span = tracing::error_span!("message", id = message.id);
                    let parent = TraceContext::from_traceparent(message.traceparent.as_deref());
                    let trace = TraceSpan::start_in(&parent, SpanKind::Producer, "deliver_webhook");
                    let deliver = deliver(services.clone(), message, (pace, slot), detached.clone());
                    in_progress.spawn(async move { trace.context().run(deliver).await }.instrument(span));
                }
                continue;
            }
            Err(error) => {
                tracing::error!(pace = pace.as_str(), error = &error as &dyn Error, "failed to claim webhook messages");
            }
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = services.messages_written().notified(pace) => {}
            () = tokio::time::sleep(POLL_INTERVAL) => {}
            // When a call ends, its endpoint may have another message due.
            Some(_) = in_progress.join_next() => {}
        }
        while in_progress.try_join_next().is_some() {}
    }
    while in_progress.join_next().await.is_some() {}
}

/// Claims at most as many messages as there are free slots, each with its slot.
async fn claim(
    services: &Services,
    pace: Pace,
    slots: &Arc<Semaphore>,
) -> Result<Vec<(ClaimedMessage, OwnedSemaphorePermit)>, crate::store::StoreError> {
    let mut free: Vec<_> = (0..CLAIMED_AT_ONCE).map_while(|_| slots.clone().try_acquire_owned().ok()).collect();
    if free.is_empty() {
        return Ok(Vec::new());
    }
    let claimed = services.endpoints().claim_messages(pace, free.len()).await?;
    Ok(claimed.into_iter().map_while(|message| Some((message, free.pop()?))).collect())
}

/// Sends one message. Releases its slot once the endpoint counts as slow, unless [`MAX_DETACHED_CALLS`] are in
/// progress.
async fn deliver(
    services: Services,
    message: ClaimedMessage,
    (pace, permit): (Pace, OwnedSemaphorePermit),
    detached: Arc<Semaphore>,
) {
    let mut permit = Some(permit);
    let mut delivered = Box::pin(services.endpoints().deliver(&message));
    let outcome = tokio::select! {
        outcome = &mut delivered => outcome,
        () = tokio::time::sleep(SLOW_AFTER), if pace != Pace::Slow => {
            if let Err(error) = services.endpoints().note_slow(&message).await {
                tracing::warn!(
                    tenant = %message.tenant,
                    endpoint = message.endpoint,
                    error = &error as &dyn Error,
                    "failed to move a webhook endpoint to the slow lane"
                );
            }
            let _detached_permit = detached.try_acquire_owned().ok().inspect(|_| drop(permit.take()));
            services.messages_written().notify_one();
            delivered.await
        }
    };
    if let Err(error) = outcome {
        tracing::warn!(
            tenant = %message.tenant,
            endpoint = message.endpoint,
            error = &error as &dyn Error,
            "failed to store a delivery attempt; the message will be sent again"
        );
    }
}

/// Claims one message of any pace.
#[cfg(test)]
pub(crate) async fn claim_one(services: &Services) -> Option<ClaimedMessage> {
    for pace in Pace::ALL {
        if let Some(message) = services.endpoints().claim_messages(pace, 1).await.unwrap().pop() {
            return Some(message);
        }
    }
    None
}

/// Sends every due message, one after the other.
#[cfg(test)]
pub(crate) async fn deliver_due_messages(services: &Services) {
    while let Some(message) = claim_one(services).await {
        services.endpoints().deliver(&message).await.unwrap();
    }
}
