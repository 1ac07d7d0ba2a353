//! Calls to Stripe: in bounded time, and retried under the same idempotency key while the outcome is unknown.

use rand::Rng;
use secrecy::SecretString;
use serde::{Deserialize, de::DeserializeOwned};
use stripe_client_core::{RequestBuilder, StripeMethod, StripeRequest};

use super::attempt::{BUDGET, Client};
use crate::payment::{
    KeyRefused, MissingObject, ProviderError, TooManyRequests,
    bounded::{Answer, SendError, backoff},
    provider_message,
};

/// Maximum number of attempts of a call.
const ATTEMPTS: u32 = 3;
/// Maximum number of attempts on a 409, which Stripe returns while another request with the same idempotency key runs.
const ATTEMPTS_ON_CONFLICT: u32 = 10;
const UNAUTHORIZED: u16 = 401;
const FORBIDDEN: u16 = 403;
const MISSING: u16 = 404;
const CONFLICT: u16 = 409;
const TOO_MANY: u16 = 429;

/// Why a call has no usable response.
#[derive(Debug, thiserror::Error)]
pub(super) enum CallError {
    /// Stripe rejected the request.
    #[error("Stripe refused: {0}")]
    Refused(#[source] Refusal),
    #[error("Stripe did not answer")]
    Unavailable(#[source] UnavailableCause),
    #[error("Stripe's answer can't be read")]
    Unreadable(#[source] serde_json::Error),
    #[error("Stripe's answer is too large")]
    TooLarge,
}

/// An error response of Stripe (Stripe: "Errors"). Displayed without `message`, which may quote keys or personal data.
#[derive(Debug, thiserror::Error)]
#[error("{kind} {code} with status {status}")]
pub(super) struct Refusal {
    pub status: u16,
    kind: String,
    /// Stripe: "Error codes"; empty without one.
    code: String,
    /// The parameter of the request that the error is about.
    param: Option<String>,
    message: Option<String>,
    /// How long Stripe asks to wait.
    retry_after_secs: Option<u32>,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum UnavailableCause {
    #[error("no answer within {} seconds", BUDGET.as_secs())]
    Timeout,
    #[error("the connection failed")]
    Transport(#[source] reqwest::Error),
    /// Not an error object of Stripe's: a proxy answered.
    #[error("an answer with status {0} is not Stripe's")]
    Foreign(u16),
    #[error("the server failed")]
    Fault(#[source] Refusal),
}

/// The body of an error response (Stripe: "Errors").
#[derive(Deserialize)]
struct ErrorBody {
    error: ErrorObject,
}

#[derive(Deserialize)]
struct ErrorObject {
    #[serde(rename = "type")]
    kind: String,
    code: Option<String>,
    param: Option<String>,
    message: Option<String>,
}

impl UnavailableCause {
    /// How many attempts to make in total.
    fn attempts(&self) -> u32 {
        match self {
            Self::Fault(refusal) if refusal.status == CONFLICT => ATTEMPTS_ON_CONFLICT,
            _ => ATTEMPTS,
        }
    }
}

impl From<SendError> for CallError {
    fn from(error: SendError) -> Self {
        match error {
            SendError::Transport(error) => Self::Unavailable(UnavailableCause::Transport(error)),
            SendError::TooLarge(_) => Self::TooLarge,
        }
    }
}

impl CallError {
    /// Whether the request names a customer that never existed at Stripe or was deleted.
    fn is_about_an_unknown_customer(&self) -> bool {
        matches!(self, Self::Refused(refusal)
            if refusal.code == "resource_missing" && refusal.param.as_deref() == Some("customer"))
    }

    /// Whether Stripe rejected this parameter of the request.
    pub(super) fn is_about(&self, param: &str) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.param.as_deref() == Some(param))
    }

    /// Whether Stripe rejected the request with this error code.
    pub(super) fn has_code(&self, code: &str) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.code == code)
    }

    /// Removes the key from Stripe's message.
    pub(super) fn without_key(mut self, key: &SecretString) -> Self {
        if let Self::Refused(refusal) | Self::Unavailable(UnavailableCause::Fault(refusal)) = &mut self {
            refusal.message = refusal.message.take().map(|message| provider_message::redact_key(&message, key));
        }
        self
    }

    /// Whether the requested object does not exist at Stripe.
    pub(super) fn is_missing(&self) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.is_missing())
    }

    /// Converts the error of a call about a customer. A missing object means that the customer is missing.
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
            CallError::Unavailable(UnavailableCause::Fault(refusal)) if refusal.status == TOO_MANY => {
                let retry_after_secs = refusal.retry_after_secs;
                Self::Unavailable(TooManyRequests { cause: refusal.into(), retry_after_secs }.into())
            }
            CallError::Unavailable(cause) => Self::Unavailable(cause.into()),
            CallError::Unreadable(cause) => Self::Decode(cause.into()),
            CallError::TooLarge => Self::Decode(error.into()),
            CallError::Refused(refusal) => refusal.into(),
        }
    }
}

impl From<Refusal> for ProviderError {
    fn from(refusal: Refusal) -> Self {
        let reason = match (refusal.status, &refusal.message) {
            (UNAUTHORIZED, _) => "Stripe does not accept the key in STRIPE_SECRET_KEY.".to_owned(),
            (_, Some(message)) => provider_message::truncated(message),
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

/// Limits a use case of one or more calls to [`BUDGET`]; [`ProviderError::Unavailable`] after that time.
pub(super) async fn within_budget<T>(work: impl Future<Output = Result<T, ProviderError>>) -> Result<T, ProviderError> {
    tokio::time::timeout(BUDGET, work).await.unwrap_or(Err(CallError::Unavailable(UnavailableCause::Timeout).into()))
}

/// Turns "no such object" into `None`.
pub(super) fn optional<T>(answer: Result<T, CallError>) -> Result<Option<T>, ProviderError> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.is_missing() => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Sends a request with retries and decodes the response.
///
/// A POST always has an idempotency key, so that it can be retried: `key`, which Stripe honours for 24 hours, or a
/// random one for this call.
pub(super) async fn call<T: DeserializeOwned>(
    client: &Client,
    request: &(impl StripeRequest + Sync),
    key: Option<String>,
) -> Result<T, CallError> {
    let body = tokio::time::timeout(BUDGET, send_with_retries(client, request.build(), key))
        .await
        .unwrap_or(Err(CallError::Unavailable(UnavailableCause::Timeout)))?;
    serde_json::from_slice(&body).map_err(CallError::Unreadable)
}

async fn send_with_retries(
    client: &Client,
    request: RequestBuilder,
    key: Option<String>,
) -> Result<Vec<u8>, CallError> {
    let key = idempotency_key(&request, key);
    let mut tried = 0;
    loop {
        let cause = match send_once(client, &request, key.as_deref()).await {
            Err(CallError::Unavailable(cause)) => cause,
            answer => return answer,
        };
        tried += 1;
        if tried >= cause.attempts() {
            return Err(CallError::Unavailable(cause));
        }
        tracing::debug!(error = %cause, tried, "retrying request to Stripe");
        backoff(tried).await;
    }
}

async fn send_once(client: &Client, request: &RequestBuilder, key: Option<&str>) -> Result<Vec<u8>, CallError> {
    let Answer { status, body, retry_after_secs } = client.send(request, key).await?;
    if status.is_success() { Ok(body) } else { Err(refused(status.as_u16(), &body, retry_after_secs)) }
}

fn refused(status: u16, body: &[u8], retry_after_secs: Option<u32>) -> CallError {
    let Ok(ErrorBody { error }) = serde_json::from_slice(body) else {
        return CallError::Unavailable(UnavailableCause::Foreign(status));
    };
    let ErrorObject { kind, code, param, message } = error;
    let refusal = Refusal {
        status,
        kind: provider_message::truncated(&kind),
        code: provider_message::truncated(&code.unwrap_or_default()),
        param: param.map(|param| provider_message::truncated(&param)),
        // Stripe's message about an invalid key quotes a part of the key.
        message: message.filter(|_| status != UNAUTHORIZED),
        retry_after_secs,
    };
    match status {
        CONFLICT | TOO_MANY | 500.. => CallError::Unavailable(UnavailableCause::Fault(refusal)),
        _ => CallError::Refused(refusal),
    }
}

/// Returns the idempotency key of a POST; `None` for other methods, which are idempotent.
fn idempotency_key(request: &RequestBuilder, key: Option<String>) -> Option<String> {
    matches!(request.method, StripeMethod::Post)
        .then(|| key.unwrap_or_else(|| format!("dues-call-{:032x}", rand::rng().random::<u128>())))
}
