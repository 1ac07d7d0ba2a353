//! HTTP calls to providers: no redirects, bounded time, bounded response size.

use std::time::Duration;

use domain::subscription::Provider;
use http::{HeaderMap, StatusCode, header::RETRY_AFTER};
use rand::Rng;
use reqwest::{Client, ClientBuilder, RequestBuilder, Response, redirect};

use super::provider_call::ProviderCall;

/// Timeout to connect, TLS included. Shorter than a call's budget, so that a retry fits into it.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// A provider that asks for a longer pause is asked again after this one.
const MAX_RETRY_AFTER_SECS: u32 = 3600;
const FIRST_BACKOFF_MILLIS: u64 = 250;
const MAX_BACKOFF_MILLIS: u64 = 1000;

/// Why there is no response.
#[derive(Debug, thiserror::Error)]
pub(super) enum SendError {
    #[error("the connection failed")]
    Transport(#[source] reqwest::Error),
    #[error("the answer is longer than {0} bytes")]
    TooLarge(usize),
}

/// Drops the URL, which may hold a customer's id.
impl From<reqwest::Error> for SendError {
    fn from(error: reqwest::Error) -> Self {
        Self::Transport(error.without_url())
    }
}

/// Returns a builder of clients that follow no redirects. `timeout` bounds a call, the response body included.
pub(super) fn client(timeout: Duration) -> ClientBuilder {
    Client::builder().redirect(redirect::Policy::none()).connect_timeout(CONNECT_TIMEOUT).timeout(timeout)
}

/// A response, read completely.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: Vec<u8>,
    /// The header `Retry-After`, where it is a number of seconds; at most [`MAX_RETRY_AFTER_SECS`].
    pub(super) retry_after_secs: Option<u32>,
}

/// Sends a request to a provider, within a span of the current trace, and returns the response. Stops reading with an
/// error after `max_bytes` of the body.
pub(super) async fn send(request: RequestBuilder, provider: Provider, max_bytes: usize) -> Result<Answer, SendError> {
    let (client, request) = request.build_split();
    let mut request = request?;
    let mut call = ProviderCall::start(provider, &mut request);
    let answer = match client.execute(request).await {
        Ok(answer) => read(answer, max_bytes).await,
        Err(error) => Err(error.into()),
    };
    call.end(answer.as_ref().ok().map(|answer| answer.status));
    answer
}

async fn read(mut answer: Response, max_bytes: usize) -> Result<Answer, SendError> {
    let (status, retry_after_secs) = (answer.status(), retry_after_secs(answer.headers()));
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        if body.len() + chunk.len() > max_bytes {
            return Err(SendError::TooLarge(max_bytes));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status, body, retry_after_secs })
}

fn retry_after_secs(headers: &HeaderMap) -> Option<u32> {
    let secs: u32 = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(secs.min(MAX_RETRY_AFTER_SECS))
}

/// Sleeps before the next attempt; `tried` attempts were made. The back-off is exponential and has jitter, so that
/// calls which failed together are not retried together.
pub(super) async fn backoff(tried: u32) {
    let max = (FIRST_BACKOFF_MILLIS << tried.saturating_sub(1).min(4)).min(MAX_BACKOFF_MILLIS);
    let millis = rand::rng().random_range(max / 2..=max);
    tokio::time::sleep(Duration::from_millis(millis)).await;
}
