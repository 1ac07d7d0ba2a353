//! Calls to Polar: in bounded time, and retried while the outcome is unknown, where that is safe.

use std::time::Duration;

use domain::subscription::Provider;
use reqwest::{Method, header};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use crate::payment::{
    KeyRefused, MissingObject, ProviderError, TooManyRequests,
    bounded::{self, Answer, SendError, backoff},
    provider_message,
};

/// Time budget of a use case, including all its calls: a page waits for the result.
const BUDGET: Duration = Duration::from_secs(10);
/// Maximum number of attempts of a call. Also the maximum number of rounds in which an object is looked up and, if
/// missing, created.
pub(super) const ATTEMPTS: u32 = 3;
const MAX_BODY_BYTES: usize = 4 << 20;
const UNAUTHORIZED: u16 = 401;
const FORBIDDEN: u16 = 403;
const MISSING: u16 = 404;
const INVALID: u16 = 422;
const TOO_MANY: u16 = 429;

/// Why the configuration is invalid.
#[derive(Debug, thiserror::Error)]
pub enum PolarConfigError {
    #[error("POLAR_API_KEY must be one line of visible ASCII characters, like polar_oat_…")]
    Key,
    #[error("POLAR_API_BASE must be an http or https URL without a query, like http://127.0.0.1:12111/polar")]
    ApiBase,
    #[error("the client for Polar can't be made")]
    Client(#[source] reqwest::Error),
}

/// Why a call has no usable response. Holds neither the key nor the input that Polar quotes.
#[derive(Debug, thiserror::Error)]
pub(super) enum CallError {
    /// Polar rejected the request.
    #[error("Polar refused: {0}")]
    Refused(#[source] Refusal),
    #[error("Polar did not answer")]
    Unavailable(#[source] UnavailableCause),
    #[error("Polar's answer can't be read")]
    Unreadable(#[source] serde_json::Error),
    #[error("Polar's answer is too large")]
    TooLarge,
}

/// An error response of Polar, without the input that it quotes.
#[derive(Debug, thiserror::Error)]
#[error("{error} with status {status}")]
pub(super) struct Refusal {
    pub status: u16,
    pub error: String,
    /// The field (empty if the error is about no field) and the message of each error.
    messages: Vec<(String, String)>,
    /// How long Polar asks to wait.
    retry_after_secs: Option<u32>,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum UnavailableCause {
    #[error("no answer within {} seconds", BUDGET.as_secs())]
    Timeout,
    #[error("the connection failed")]
    Transport(#[source] reqwest::Error),
    #[error("the server failed")]
    Fault(#[source] Refusal),
}

impl CallError {
    /// Whether the requested object does not exist at Polar.
    pub(super) fn is_missing(&self) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.status == MISSING)
    }

    /// Whether Polar rejected the request because the value of this field is invalid.
    pub(super) fn is_about(&self, field: &str) -> bool {
        matches!(self, Self::Refused(refusal)
            if refusal.status == INVALID && refusal.messages.iter().any(|(name, _)| name == field))
    }

    /// Whether the outcome is unknown, so that a retry may help.
    pub(super) fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
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

impl From<CallError> for ProviderError {
    fn from(error: CallError) -> Self {
        if error.is_about("customer_id") {
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
        let messages = refusal.messages.iter().map(|(field, message)| match field.as_str() {
            "" => message.clone(),
            field => format!("{field}: {message}"),
        });
        let messages: Vec<_> = messages.collect();
        let reason = match refusal.status {
            UNAUTHORIZED => "Polar does not accept the key in POLAR_API_KEY.".to_owned(),
            status if messages.is_empty() => format!("Polar answered with status {status}."),
            _ => provider_message::truncated(&messages.join(" ")),
        };
        let cause = match refusal.status {
            UNAUTHORIZED | FORBIDDEN => KeyRefused(refusal.into()).into(),
            MISSING => MissingObject(refusal.into()).into(),
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

pub(super) struct Client {
    http: reqwest::Client,
    base: Url,
    key: SecretString,
}

impl Client {
    pub(super) fn new(key: &SecretString, base: &str) -> Result<Self, PolarConfigError> {
        let secret = key.expose_secret();
        if secret.is_empty() || !secret.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(PolarConfigError::Key);
        }
        let mut bearer =
            header::HeaderValue::try_from(format!("Bearer {secret}")).map_err(|_| PolarConfigError::Key)?;
        bearer.set_sensitive(true);
        let slash = if base.ends_with('/') { "" } else { "/" };
        let base: Url = format!("{base}{slash}").parse().map_err(|_| PolarConfigError::ApiBase)?;
        if !matches!(base.scheme(), "http" | "https") || base.query().is_some() || base.fragment().is_some() {
            return Err(PolarConfigError::ApiBase);
        }
        let headers = header::HeaderMap::from_iter([(header::AUTHORIZATION, bearer)]);
        let http = bounded::client(BUDGET)
            .default_headers(headers)
            .user_agent(concat!("Dues/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(PolarConfigError::Client)?;
        Ok(Self { http, base, key: key.clone() })
    }

    /// Sends a GET, with retries.
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str, query: &[(&str, &str)]) -> Result<T, CallError> {
        let mut tried = 0;
        loop {
            tried += 1;
            match self.send_once(Method::GET, path, query, None).await {
                Err(error) if error.is_retryable() && tried < ATTEMPTS => backoff(tried).await,
                answer => return answer,
            }
        }
    }

    /// Sends an idempotent request, with retries.
    pub(super) async fn send_idempotent<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &Value,
    ) -> Result<T, CallError> {
        let mut tried = 0;
        loop {
            tried += 1;
            match self.send_once(method.clone(), path, &[], Some(body)).await {
                Err(error) if error.is_retryable() && tried < ATTEMPTS => backoff(tried).await,
                answer => return answer,
            }
        }
    }

    /// Sends a POST once: a retry could create the object twice. A caller that retries looks the object up before each
    /// attempt.
    pub(super) async fn create<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<T, CallError> {
        self.send_once(Method::POST, path, &[], Some(body)).await
    }

    async fn send_once<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<T, CallError> {
        let mut url = self.base.clone();
        url.set_path(&format!("{}v1/{path}", self.base.path()));
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let mut request = self.http.request(method, url);
        if let Some(body) = body {
            request = request.json(body);
        }
        let Answer { status, body, retry_after_secs } = bounded::send(request, Provider::Polar, MAX_BODY_BYTES).await?;
        let status = status.as_u16();
        if (200..=299).contains(&status) {
            return serde_json::from_slice(&body).map_err(CallError::Unreadable);
        }
        let refusal = Refusal { retry_after_secs, ..refusal(status, &body, &self.key) };
        match status {
            TOO_MANY | 500.. => Err(CallError::Unavailable(UnavailableCause::Fault(refusal))),
            _ => Err(CallError::Refused(refusal)),
        }
    }
}

/// Parses `{"error","detail"}`, where `detail` is a message or a list of errors, or OAuth's `error_description`.
fn refusal(status: u16, body: &[u8], key: &SecretString) -> Refusal {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let sanitize = |said: &str| provider_message::truncated(&provider_message::redact_key(said, key));
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(sanitize);
    let error = text(&body, "error").unwrap_or_default();
    let messages = match body.get("detail") {
        Some(Value::String(sentence)) => vec![(String::new(), sanitize(sentence))],
        Some(Value::Array(list)) => list
            .iter()
            .filter_map(|wrong| {
                let field = wrong.get("loc").and_then(Value::as_array).and_then(|loc| loc.last()?.as_str());
                Some((sanitize(field.unwrap_or_default()), text(wrong, "msg")?))
            })
            .collect(),
        _ => text(&body, "error_description").map(|sentence| (String::new(), sentence)).into_iter().collect(),
    };
    // Polar's message about an invalid key may quote it.
    let messages = if status == UNAUTHORIZED { Vec::new() } else { messages };
    Refusal { status, error, messages, retry_after_secs: None }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn key() -> SecretString {
        "polar_oat_x".into()
    }

    #[rstest]
    #[case(404, r#"{"error":"ResourceNotFound","detail":"Not found"}"#, "Not found")]
    #[case(422, r#"{"error":"RequestValidationError","detail":[{"type":"missing","loc":["body","email"],"msg":"Field required","input":{"secret":1}}]}"#, "email: Field required")]
    #[case(403, r#"{"error":"insufficient_scope","error_description":"The key may not."}"#, "The key may not.")]
    #[case(403, r#"{"error":"NotPermitted","detail":"polar_oat_x may not."}"#, "… may not.")]
    #[case(418, "<html>", "Polar answered with status 418.")]
    #[case(
        401,
        r#"{"error":"invalid_token","error_description":"polar_oat_x is wrong"}"#,
        "Polar does not accept the key in POLAR_API_KEY."
    )]
    fn a_rejection_holds_polars_message(#[case] status: u16, #[case] body: &str, #[case] expected: &str) {
        let error = ProviderError::from(CallError::Refused(refusal(status, body.as_bytes(), &key())));
        assert!(!format!("{error:?}").contains("polar_oat_x"), "{error:?}");
        assert!(matches!(error, ProviderError::Rejected { reason, .. } if reason == expected));
    }

    #[test]
    fn a_customer_unknown_to_polar_is_reported_as_unknown() {
        let body = br#"{"error":"RequestValidationError","detail":[{"loc":["body","customer_id"],"msg":"Customer does not exist."}]}"#;
        let error = ProviderError::from(CallError::Refused(refusal(422, body, &key())));
        assert!(matches!(error, ProviderError::UnknownCustomer(_)), "{error:?}");
    }
}
