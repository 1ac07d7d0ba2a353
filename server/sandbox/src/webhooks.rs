//! The loop that sends queued webhooks in order of creation. A slow receiver delays the others only briefly.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use aws_lc_rs::hmac;
use base64::{Engine, prelude::BASE64_STANDARD};
use domain::time::Timestamp;
use tokio::task::{self, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::{
    polar::objects as polar,
    storage::{
        StorageError, Transaction, World,
        deliveries::{Delivery, State},
    },
    stripe::objects::{event::Event, webhook_endpoint::WebhookEndpoint},
};

/// Time limit for a receiver's answer.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How long the loop waits for an answer before it sends the next webhook, so that fast receivers get events in order.
const ORDERING_WAIT: Duration = Duration::from_millis(250);
/// How often the loop checks the billing clock and the queue when it is not notified.
const POLL_INTERVAL: Duration = Duration::from_millis(500);
/// How long shutdown waits for answers.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(2);

/// Ids of the deliveries in flight, by the task that sends each.
type InFlight = HashMap<task::Id, String>;

/// One attempt to send a webhook.
struct Attempt {
    delivery: String,
    url: String,
    sender: Sender,
    secret: String,
    body: String,
}

/// The provider in whose format the webhook is signed.
enum Sender {
    Stripe,
    /// Holds the event's id, which a Standard Webhooks signature covers.
    Polar(String),
}

/// Delivers until cancelled, then waits briefly for answers. Unanswered deliveries are sent again after a restart.
pub(crate) async fn run(world: Arc<World>, stop: CancellationToken) {
    let client = match reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).timeout(TIMEOUT).build() {
        Ok(client) => client,
        Err(error) => {
            tracing::error!(%error, "failed to build the webhook client");
            return;
        }
    };
    let mut in_flight = JoinSet::new();
    let mut busy = InFlight::new();
    while !stop.is_cancelled() {
        while let Some(done) = in_flight.try_join_next_with_id() {
            release(&mut busy, done);
        }
        let taken = busy.values().cloned().collect();
        let next = world.transact(move |tx| Ok::<_, StorageError>(next_attempt(tx, &taken))).await;
        match next {
            Ok(Some(attempt)) => {
                let delivery = attempt.delivery.clone();
                let task = in_flight.spawn(send_attempt(Arc::clone(&world), client.clone(), attempt));
                busy.insert(task.id(), delivery);
                if let Ok(Some(done)) = tokio::time::timeout(ORDERING_WAIT, in_flight.join_next_with_id()).await {
                    release(&mut busy, done);
                }
            }
            idle => {
                if let Err(error) = idle {
                    tracing::error!(%error, "failed to read the webhook queue");
                }
                tokio::select! {
                    () = world.changed.notified() => {}
                    () = tokio::time::sleep(POLL_INTERVAL) => {}
                    () = stop.cancelled() => {}
                }
            }
        }
    }
    let drained = tokio::time::timeout(DRAIN_TIMEOUT, async { while in_flight.join_next().await.is_some() {} }).await;
    if drained.is_err() {
        tracing::info!("stopped with webhook attempts in flight, which are repeated after the next start");
    }
}

/// Removes the delivery of an ended task, also of one that panicked, so that it is attempted again.
fn release(busy: &mut InFlight, done: Result<(task::Id, ()), task::JoinError>) {
    let id = match done {
        Ok((id, ())) => id,
        Err(error) => {
            tracing::error!(%error, "failed to complete a webhook attempt");
            error.id()
        }
    };
    busy.remove(&id);
}

/// Returns an attempt at the oldest due delivery whose id is not in `taken`, the deliveries in flight; `None` when
/// there is no such delivery. Marks due deliveries to deleted endpoints as failed.
fn next_attempt(tx: &mut Transaction<'_>, taken: &HashSet<String>) -> Option<Attempt> {
    loop {
        let due = tx.due_by_age::<Delivery>(tx.wall).find(|delivery| !taken.contains(&delivery.id))?.clone();
        if let Some((sender, secret, body)) = stripe_message(tx, &due).or_else(|| polar_message(tx, &due)) {
            return Some(Attempt { delivery: due.id.clone(), url: due.url.clone(), sender, secret, body });
        }
        let mut orphan = Delivery::clone(&due);
        orphan.state = State::Failed;
        orphan.last_error = Some("the endpoint was deleted".to_owned());
        tx.put(orphan);
    }
}

fn stripe_message(tx: &Transaction<'_>, due: &Delivery) -> Option<(Sender, String, String)> {
    let endpoint = tx.get::<WebhookEndpoint>(&due.endpoint)?;
    let event = tx.get::<Event>(&due.event)?;
    let body = event.payload(tx, endpoint.api_version.as_deref()).to_string();
    Some((Sender::Stripe, endpoint.secret.clone(), body))
}

fn polar_message(tx: &Transaction<'_>, due: &Delivery) -> Option<(Sender, String, String)> {
    let endpoint = tx.get::<polar::webhook_endpoint::WebhookEndpoint>(&due.endpoint)?;
    let event = tx.get::<polar::event::Event>(&due.event)?;
    Some((Sender::Polar(event.id.clone()), endpoint.secret.clone(), event.payload().to_string()))
}

async fn send_attempt(world: Arc<World>, client: reqwest::Client, attempt: Attempt) {
    let now = world.wall.now();
    let request = client.post(&attempt.url);
    let request = match &attempt.sender {
        Sender::Stripe => request
            .header("content-type", "application/json; charset=utf-8")
            .header("user-agent", "Stripe/1.0 (+https://stripe.com/docs/webhooks)")
            .header("stripe-signature", signature(&attempt.secret, now, &attempt.body)),
        Sender::Polar(id) => request
            .header("content-type", "application/json")
            .header("user-agent", "polar.sh webhooks")
            .header("webhook-id", id)
            .header("webhook-timestamp", now.as_secs())
            .header("webhook-signature", standard_signature(&attempt.secret, id, now, &attempt.body)),
    };
    let answer = request.body(attempt.body).send().await;
    let status = match answer {
        Ok(response) => Ok(response.status().as_u16()),
        Err(error) if error.is_timeout() => Err("no answer within 10 s".to_owned()),
        Err(error) if error.is_connect() => Err("the connection was refused".to_owned()),
        Err(error) => Err(error.without_url().to_string()),
    };
    let id = attempt.delivery;
    let stored = world
        .transact(move |tx| {
            if let Some(delivery) = tx.get::<Delivery>(&id) {
                let mut delivery = Delivery::clone(&delivery);
                delivery.record_attempt(status, tx.wall);
                tx.put(delivery);
            }
            Ok::<_, StorageError>(())
        })
        .await;
    if let Err(error) = stored {
        tracing::error!(%error, "failed to store a webhook attempt");
    }
}

/// The `Stripe-Signature` value, scheme v1: HMAC-SHA256 over `timestamp.body`.
fn signature(secret: &str, at: Timestamp, body: &str) -> String {
    let at = at.as_secs();
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = hmac::sign(&key, format!("{at}.{body}").as_bytes());
    format!("t={at},v1={}", hex::encode(tag))
}

/// The Standard Webhooks signature, scheme v1: HMAC-SHA256 over `id.timestamp.body`. As at Polar, the key is the text
/// of the secret, not its decoded bytes.
fn standard_signature(secret: &str, id: &str, at: Timestamp, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = hmac::sign(&key, format!("{id}.{}.{body}", at.as_secs()).as_bytes());
    format!("v1,{}", BASE64_STANDARD.encode(tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signature_matches_openssl() {
        // printf '1700000000.{}' | openssl dgst -sha256 -hmac whsec_test
        assert_eq!(
            signature("whsec_test", Timestamp::from_secs(1_700_000_000), "{}"),
            "t=1700000000,v1=35495024f4ef3f94e5a93e22221544c4b75e9a42300cd965ab81cb85cd994e91"
        );
    }
}
