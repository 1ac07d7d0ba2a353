//! Calls to an identity provider: bounded in time and size, without redirects, over https unless http is allowed.

use std::time::Duration;

use http::{Response, StatusCode, response::Builder};
use openidconnect::{HttpRequest, HttpResponse};
use reqwest::{Client, redirect};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// Time-out of one call: a browser waits for it.
const TOTAL_TIMEOUT: Duration = Duration::from_secs(5);
/// The longest response. Discovery documents, key sets and tokens take some kilobytes.
const MAX_BYTES: usize = 64 * 1024;

#[derive(Debug, thiserror::Error)]
pub(super) enum HttpError {
    #[error("no response")]
    Request(#[from] reqwest::Error),
    #[error("the response can't be read")]
    Response(#[from] http::Error),
    /// A status of 500 or above: the provider is broken or overloaded. Responses with other statuses are returned.
    #[error("the response has status {0}")]
    Status(StatusCode),
    #[error("the response is longer than {MAX_BYTES} bytes")]
    TooLong,
    #[error("the address is not https")]
    NotHttps,
}

/// The HTTP client for calls to one identity provider. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct ProviderHttp {
    client: Client,
    allows_http: bool,
}

impl ProviderHttp {
    pub(super) fn new(allows_http: bool) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TOTAL_TIMEOUT)
            .build()?;
        Ok(Self { client, allows_http })
    }

    pub(super) fn may_call(&self, scheme: &str) -> bool {
        scheme == "https" || (self.allows_http && scheme == "http")
    }

    pub(super) async fn send(self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        if !request.uri().scheme_str().is_some_and(|scheme| self.may_call(scheme)) {
            return Err(HttpError::NotHttps);
        }
        let mut answer = self.client.execute(request.try_into()?).await?;
        if answer.status().is_server_error() {
            return Err(HttpError::Status(answer.status()));
        }
        let mut response: Builder = Response::builder().status(answer.status());
        if let Some(headers) = response.headers_mut() {
            headers.clone_from(answer.headers());
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await? {
            if body.len() + chunk.len() > MAX_BYTES {
                return Err(HttpError::TooLong);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(response.body(body)?)
    }
}
