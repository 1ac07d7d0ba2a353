//! The loop that sends what is queued: in the order of creation, a slow receiver holding nobody up for long.

use std::{collections::HashSet, sync::Arc, time::Duration};

use aws_lc_rs::hmac;
use domain::time::Timestamp;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{Delivery, State};
use crate::{
    stripe::objects::{event::Event, webhook_endpoint::WebhookEndpoint},
    world::{StorageError, Unit, World},
};

/// A receiver that has not answered by then has failed.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How long the next delivery waits for the answer to the last: receivers that are quick see events in order.
const HEAD_START: Duration = Duration::from_millis(250);
/// How often the billing clock and the queue are looked at when nothing happens.
const TICK: Duration = Duration::from_millis(500);
/// How long answers are waited for at the end.
const DRAIN: Duration = Duration::from_secs(2);

/// What is needed to make one attempt.
struct Attempt {
    delivery: String,
    url: String,
    secret: String,
    body: String,
}

/// Delivers until cancelled; what is under way then is waited for briefly, and is sent again after a restart.
pub(crate) async fn run(world: Arc<World>, stop: CancellationToken) {
    let client = match reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).timeout(TIMEOUT).build() {
        Ok(client) => client,
        Err(error) => {
            tracing::error!(%error, "webhooks cannot be sent");
            return;
        }
    };
    let mut under_way = JoinSet::new();
    let mut busy = HashSet::new();
    while !stop.is_cancelled() {
        while let Some(done) = under_way.try_join_next() {
            free(&mut busy, done);
        }
        let taken = busy.clone();
        let next = world.transact(move |unit| Ok::<_, StorageError>(next_attempt(unit, &taken))).await;
        match next {
            Ok(Some(attempt)) => {
                busy.insert(attempt.delivery.clone());
                under_way.spawn(make(Arc::clone(&world), client.clone(), attempt));
                if let Ok(Some(done)) = tokio::time::timeout(HEAD_START, under_way.join_next()).await {
                    free(&mut busy, done);
                }
            }
            idle => {
                if let Err(error) = idle {
                    tracing::error!(%error, "the queue of webhooks cannot be read");
                }
                tokio::select! {
                    () = world.changed.notified() => {}
                    () = tokio::time::sleep(TICK) => {}
                    () = stop.cancelled() => {}
                }
            }
        }
    }
    let drained = tokio::time::timeout(DRAIN, async { while under_way.join_next().await.is_some() {} }).await;
    if drained.is_err() {
        tracing::info!("webhooks are still unanswered; they are sent again at the next start");
    }
}

fn free(busy: &mut HashSet<String>, done: Result<String, tokio::task::JoinError>) {
    match done {
        Ok(delivery) => drop(busy.remove(&delivery)),
        Err(error) => tracing::error!(%error, "a webhook's attempt was broken off"),
    }
}

/// The oldest delivery that is due and not under way.
fn next_attempt(unit: &mut Unit<'_>, taken: &HashSet<String>) -> Option<Attempt> {
    loop {
        let due = unit
            .all::<Delivery>()
            .find(|it| it.state == State::Queued && it.next_attempt <= unit.wall && !taken.contains(&it.id))?
            .clone();
        let endpoint = unit.get::<WebhookEndpoint>(&due.endpoint);
        let event = unit.get::<Event>(&due.event);
        if let (Some(endpoint), Some(event)) = (endpoint, event) {
            let body = event.payload(unit, endpoint.api_version.as_deref()).to_string();
            return Some(Attempt {
                delivery: due.id.clone(),
                url: due.url.clone(),
                secret: endpoint.secret.clone(),
                body,
            });
        }
        let mut orphan = Delivery::clone(&due);
        orphan.state = State::Failed;
        orphan.last_error = Some("the endpoint was deleted".to_owned());
        unit.put(orphan);
    }
}

async fn make(world: Arc<World>, client: reqwest::Client, attempt: Attempt) -> String {
    let signature = signature(&attempt.secret, world.wall.now(), &attempt.body);
    let answer = client
        .post(&attempt.url)
        .header("content-type", "application/json; charset=utf-8")
        .header("user-agent", "Stripe/1.0 (+https://stripe.com/docs/webhooks)")
        .header("stripe-signature", signature)
        .body(attempt.body)
        .send()
        .await;
    let status = match answer {
        Ok(response) => Ok(response.status().as_u16()),
        Err(error) if error.is_timeout() => Err("no answer within 10 s".to_owned()),
        Err(error) if error.is_connect() => Err("the connection was refused".to_owned()),
        Err(error) => Err(error.without_url().to_string()),
    };
    let id = attempt.delivery.clone();
    let booked = world
        .transact(move |unit| {
            if let Some(delivery) = unit.get::<Delivery>(&id) {
                let mut delivery = Delivery::clone(&delivery);
                delivery.book(status, unit.wall);
                unit.put(delivery);
            }
            Ok::<_, StorageError>(())
        })
        .await;
    if let Err(error) = booked {
        tracing::error!(%error, "a webhook's outcome could not be kept");
    }
    attempt.delivery
}

/// Stripe: "webhook signatures", scheme v1: HMAC-SHA256 over `t.body`.
fn signature(secret: &str, at: Timestamp, body: &str) -> String {
    let at = at.as_secs();
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = hmac::sign(&key, format!("{at}.{body}").as_bytes());
    format!("t={at},v1={}", hex::encode(tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_what_openssl_computes() {
        // printf '1700000000.{}' | openssl dgst -sha256 -hmac whsec_test
        assert_eq!(
            signature("whsec_test", Timestamp::from_secs(1_700_000_000), "{}"),
            "t=1700000000,v1=35495024f4ef3f94e5a93e22221544c4b75e9a42300cd965ab81cb85cd994e91"
        );
    }
}
