//! Tells endpoints: on lanes of its own, so that a receiver that is slow holds up no job, and of the others' messages none.

use std::time::Duration;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use crate::service::Services;

/// Calls at once. Most of the time is spent waiting; an endpoint takes one of these at most, and a workspace four.
const LANES: usize = 64;
/// How long to wait for word of a new message before looking: usage is counted without a word, and other nodes write too.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Runs until `stop`; calls in hand are finished first.
pub(super) async fn deliver_regularly(services: Services, stop: CancellationToken) {
    let mut in_hand = JoinSet::new();
    while !stop.is_cancelled() {
        let claimed = if in_hand.len() < LANES { services.claim_message().await } else { Ok(None) };
        match claimed {
            Ok(Some(message)) => {
                let (services, span) = (services.clone(), tracing::error_span!("message", id = message.id));
                let delivered = async move {
                    if let Err(error) = services.deliver(&message).await {
                        let error = &error as &dyn std::error::Error;
                        tracing::warn!(error, "what came of a message can't be put down: it is sent again");
                    }
                };
                in_hand.spawn(delivered.instrument(span));
                continue;
            }
            Ok(None) => {}
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "messages can't be reached");
            }
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = services.messages_written().notified() => {}
            () = tokio::time::sleep(LOOK_AGAIN) => {}
            // Where one ends, its endpoint may have another.
            Some(_) = in_hand.join_next() => {}
        }
    }
    while in_hand.join_next().await.is_some() {}
}

/// Sends everything that is due, one after the other.
#[cfg(test)]
pub(crate) async fn deliver_what_is_due(services: &Services) {
    while let Some(message) = services.claim_message().await.unwrap() {
        services.deliver(&message).await.unwrap();
    }
}
