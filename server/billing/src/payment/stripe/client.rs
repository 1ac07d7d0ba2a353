//! The one way to ask Stripe: through async-stripe's client, in bounded time, and again under the same idempotency key as
//! long as the outcome is unknown.

use std::{sync::OnceLock, time::Duration};

use bytes::Bytes;
use rand::Rng;
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use stripe::{Client, IdempotencyKey, RequestStrategy, StripeError};
use stripe_client_core::{CustomizedStripeRequest, RequestBuilder, StripeClient, StripeMethod, StripeRequest};

use crate::payment::{
    ProviderError, TooManyRequests,
    account::{KeyRefused, MissingObject},
    words,
};

/// All attempts of one call together, and all calls of one use together: a page waits for it.
const BUDGET: Duration = Duration::from_secs(10);
const ATTEMPTS: u32 = 3;
/// While another call under the same key is still running, Stripe answers 409: that one is worth waiting for.
const ATTEMPTS_BEHIND_ANOTHER: u32 = 10;
const UNAUTHORIZED: u16 = 401;
const FORBIDDEN: u16 = 403;
const MISSING: u16 = 404;
const TOO_MANY: u16 = 429;
const FIRST_PAUSE_MILLIS: u64 = 250;
const LONGEST_PAUSE_MILLIS: u64 = 1000;

/// Why there is no answer to use.
#[derive(Debug, thiserror::Error)]
pub(super) enum CallError {
    /// Stripe understood and said no.
    #[error("Stripe refused: {0}")]
    Refused(#[source] Refusal),
    #[error("Stripe did not answer")]
    Silent(#[source] Silence),
    #[error("Stripe's answer can't be read")]
    Unreadable(#[source] serde_json::Error),
}

/// An error that Stripe answered (Stripe: "Errors"), without what it may quote of keys and people.
#[derive(Debug, thiserror::Error)]
#[error("{kind} {code} with status {status}")]
pub(super) struct Refusal {
    pub status: u16,
    kind: String,
    /// Stripe: "Error codes"; empty when it gives none.
    code: String,
    /// What of the request it is about.
    param: Option<String>,
    message: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum Silence {
    #[error("no answer within {} seconds", BUDGET.as_secs())]
    Timeout,
    /// async-stripe's errors say what failed and quote neither keys nor bodies.
    #[error(transparent)]
    Transport(StripeError),
    #[error("it is out of order")]
    Fault(#[source] Refusal),
}

impl CallError {
    /// Whether the customer that the request names does not exist at Stripe, or not any more.
    fn is_about_an_unknown_customer(&self) -> bool {
        matches!(self, Self::Refused(refusal)
            if refusal.code == "resource_missing" && refusal.param.as_deref() == Some("customer"))
    }

    /// As it may be told to whoever must not read the key.
    pub(super) fn without_key(mut self, key: &SecretString) -> Self {
        if let Self::Refused(refusal) | Self::Silent(Silence::Fault(refusal)) = &mut self {
            refusal.message = refusal.message.take().map(|message| words::without_key(&message, key));
        }
        self
    }

    /// Whether what was asked for does not exist at Stripe.
    pub(super) fn is_missing(&self) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.is_missing())
    }

    /// The failure of a call about a customer: what does not exist is the customer.
    pub(super) fn of_customer(self) -> ProviderError {
        if self.is_missing() { ProviderError::UnknownCustomer(self.into()) } else { self.into() }
    }
}

impl Refusal {
    fn is_missing(&self) -> bool {
        self.status == MISSING || self.code == "resource_missing"
    }
}

impl From<CallError> for ProviderError {
    fn from(error: CallError) -> Self {
        if error.is_about_an_unknown_customer() {
            return Self::UnknownCustomer(error.into());
        }
        match error {
            CallError::Silent(Silence::Fault(refusal)) if refusal.status == TOO_MANY => {
                Self::Unavailable(TooManyRequests(refusal.into()).into())
            }
            CallError::Silent(silence) => Self::Unavailable(silence.into()),
            CallError::Unreadable(cause) => Self::Decode(cause.into()),
            CallError::Refused(refusal) => refusal.into(),
        }
    }
}

impl From<Refusal> for ProviderError {
    fn from(refusal: Refusal) -> Self {
        let reason = match (refusal.status, &refusal.message) {
            (UNAUTHORIZED, _) => "Stripe does not accept the key in STRIPE_SECRET_KEY.".to_owned(),
            (_, Some(message)) => words::shortened(message),
            (status, None) => format!("Stripe answered with status {status}."),
        };
        let cause = match refusal.status {
            UNAUTHORIZED | FORBIDDEN => KeyRefused(refusal.into()).into(),
            _ if refusal.is_missing() => MissingObject(refusal.into()).into(),
            _ => refusal.into(),
        };
        Self::Rejected { reason, cause }
    }
}

/// Bounds a use of Stripe that takes several calls.
pub(super) async fn in_time<T>(work: impl Future<Output = Result<T, ProviderError>>) -> Result<T, ProviderError> {
    tokio::time::timeout(BUDGET, work).await.unwrap_or(Err(CallError::Silent(Silence::Timeout).into()))
}

/// Turns "there is no such thing" into `None`.
pub(super) fn if_known<T>(answer: Result<T, CallError>) -> Result<Option<T>, ProviderError> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.is_missing() => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Asks Stripe and reads of the answer what `T` names.
///
/// A POST always goes under an idempotency key, so that it can be repeated: under `key`, which makes the same thing once in
/// 24 hours however often it is asked for, or under one of this call's own.
pub(super) async fn ask<T: DeserializeOwned>(
    client: &Client,
    request: &(impl StripeRequest + Sync),
    key: Option<String>,
) -> Result<T, CallError> {
    let body = tokio::time::timeout(BUDGET, repeat(client, request.build(), key))
        .await
        .unwrap_or(Err(CallError::Silent(Silence::Timeout)))?;
    serde_json::from_slice(&body).map_err(CallError::Unreadable)
}

async fn repeat(client: &Client, request: RequestBuilder, key: Option<String>) -> Result<Bytes, CallError> {
    let strategy = strategy(&request, key);
    let mut tried = 0;
    loop {
        let answer = Answer { client, body: OnceLock::new() };
        let sent = again(&request).customize::<Option<bool>>().request_strategy(strategy.clone()).send(&answer).await;
        tried += 1;
        let (silence, attempts) = match sent {
            Ok(_) => return Ok(answer.body.into_inner().unwrap_or_default()),
            Err(StripeError::Stripe(error, status)) => {
                let refusal = Refusal {
                    status,
                    kind: error.type_.to_string(),
                    code: error.code.as_ref().map(ToString::to_string).unwrap_or_default(),
                    param: error.param,
                    // What Stripe says of a wrong key quotes a part of it.
                    message: error.message.filter(|_| status != UNAUTHORIZED),
                };
                match status {
                    409 => (Silence::Fault(refusal), ATTEMPTS_BEHIND_ANOTHER),
                    429 | 500.. => (Silence::Fault(refusal), ATTEMPTS),
                    _ => return Err(CallError::Refused(refusal)),
                }
            }
            // No connection, or an error status without Stripe's error object, as a proxy on the way answers.
            Err(error) => (Silence::Transport(error), ATTEMPTS),
        };
        if tried >= attempts {
            return Err(CallError::Silent(silence));
        }
        tracing::debug!(error = %silence, tried, "asking Stripe again");
        tokio::time::sleep(pause(tried)).await;
    }
}

fn strategy(request: &RequestBuilder, key: Option<String>) -> RequestStrategy {
    // Stripe takes no keys for the others, which are idempotent by themselves.
    if !matches!(request.method, StripeMethod::Post) {
        return RequestStrategy::Once;
    }
    let key = key.unwrap_or_else(|| format!("dues-call-{:032x}", rand::rng().random::<u128>()));
    // Ours are never empty and far below Stripe's 255 characters.
    IdempotencyKey::new(key).map_or(RequestStrategy::Once, RequestStrategy::Idempotent)
}

/// Doubles, with jitter, so that calls which failed together do not come back together.
fn pause(tried: u32) -> Duration {
    let most = (FIRST_PAUSE_MILLIS << (tried - 1).min(4)).min(LONGEST_PAUSE_MILLIS);
    Duration::from_millis(rand::rng().random_range(most / 2..=most))
}

fn again(request: &RequestBuilder) -> RequestBuilder {
    RequestBuilder {
        query: request.query.clone(),
        body: request.body.clone(),
        path: request.path.clone(),
        method: request.method,
    }
}

/// Keeps an answer's bytes: async-stripe reads answers into types that hold every field of the newest API and refuses those
/// that lack one, without saying which, where Dues needs a handful of fields that all versions share.
struct Answer<'a> {
    client: &'a Client,
    body: OnceLock<Bytes>,
}

impl StripeClient for Answer<'_> {
    type Err = StripeError;

    async fn execute(&self, request: CustomizedStripeRequest) -> Result<Bytes, StripeError> {
        let body = self.client.execute(request).await?;
        self.body.get_or_init(|| body);
        Ok(Bytes::from_static(b"null"))
    }
}
