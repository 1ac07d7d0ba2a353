//! How providers are called: without redirects, in bounded time, and with answers of a bounded size.

use std::time::Duration;

use http::StatusCode;
use reqwest::{Client, ClientBuilder, RequestBuilder, redirect};

/// To connect, encryption included. It is less than a call may take, so that there is time for another attempt.
const CONNECT: Duration = Duration::from_secs(3);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum SendError {
    #[error("the connection failed")]
    Transport(#[source] reqwest::Error),
    #[error("the answer is longer than {0} bytes")]
    TooLarge(usize),
}

/// Addresses may name a customer: they are no part of it.
impl From<reqwest::Error> for SendError {
    fn from(error: reqwest::Error) -> Self {
        Self::Transport(error.without_url())
    }
}

/// A builder of clients that follow no redirect, and whose calls end within `in_all`, the body of the answer included.
pub(super) fn client(in_all: Duration) -> ClientBuilder {
    Client::builder().redirect(redirect::Policy::none()).connect_timeout(CONNECT).timeout(in_all)
}

/// Sends a request, and reads the answer as it comes, up to a body of `most` bytes.
pub(super) async fn send(request: RequestBuilder, most: usize) -> Result<(StatusCode, Vec<u8>), SendError> {
    let mut answer = request.send().await?;
    let status = answer.status();
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        if body.len() + chunk.len() > most {
            return Err(SendError::TooLarge(most));
        }
        body.extend_from_slice(&chunk);
    }
    Ok((status, body))
}
