//! One attempt at a call: sends a request of the async-stripe crates, and reads the answer up to a size.
//!
//! The client of the crate `async-stripe` reads an answer to its end, however long that is, and is not used.

use std::{sync::LazyLock, time::Duration};

use http::{HeaderValue, Method, StatusCode, header};
use secrecy::{ExposeSecret, SecretString};
use stripe_client_core::{RequestBuilder, StripeMethod, VERSION};
use url::Url;

use super::StripeConfigError;
use crate::payment::bounded::{self, SendError};

/// All attempts of one call together, and all calls of one use together: a page waits for it.
pub(super) const BUDGET: Duration = Duration::from_secs(10);
/// A page of 100 events takes some 6 MB where each has an object that is as large as Stripe lets it be.
const MAX_BODY_BYTES: usize = 8 << 20;
const API: &str = "https://api.stripe.com/";
const USER_AGENT: &str = concat!("Dues/", env!("CARGO_PKG_VERSION"));
const FORM: &str = "application/x-www-form-urlencoded";

/// One for all tenants' accounts, as building a client reads the system's certificates. It keeps no connections.
static FOR_TENANTS: LazyLock<Result<reqwest::Client, reqwest::Error>> =
    LazyLock::new(|| bounded::client(BUDGET).user_agent(USER_AGENT).pool_max_idle_per_host(0).build());

/// Calls Stripe with a key. Cheap to clone.
#[derive(Clone)]
pub(super) struct Client {
    http: reqwest::Client,
    /// With a slash at its end.
    base: String,
    bearer: HeaderValue,
}

impl Client {
    /// A client with connections of its own, which stay open between calls. `api_base` is a stand-in's; `None` for Stripe itself.
    pub(super) fn new(key: &SecretString, api_base: Option<&Url>) -> Result<Self, StripeConfigError> {
        let http = bounded::client(BUDGET).user_agent(USER_AGENT).build().map_err(StripeConfigError::Client)?;
        Self::over(http, key, api_base)
    }

    /// A client that is made for a few calls with a tenant's key.
    pub(super) fn for_tenant(key: &SecretString, api_base: Option<&Url>) -> Result<Self, StripeConfigError> {
        let http = LazyLock::force(&FOR_TENANTS).as_ref().map_err(|_| StripeConfigError::SharedClient)?;
        Self::over(http.clone(), key, api_base)
    }

    fn over(http: reqwest::Client, key: &SecretString, api_base: Option<&Url>) -> Result<Self, StripeConfigError> {
        let key = key.expose_secret();
        if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(StripeConfigError::Key);
        }
        let mut bearer = HeaderValue::try_from(format!("Bearer {key}")).map_err(|_| StripeConfigError::Key)?;
        bearer.set_sensitive(true);
        let base = match api_base {
            Some(base) => with_trailing_slash(base)?,
            None => API.to_owned(),
        };
        Ok(Self { http, base, bearer })
    }

    /// Sends a request once, and answers the status and the body. Stripe does a POST under a `key` once, however often it is sent.
    pub(super) async fn send(
        &self,
        request: &RequestBuilder,
        key: Option<&str>,
    ) -> Result<(StatusCode, Vec<u8>), SendError> {
        let RequestBuilder { query, body, path, method } = request;
        let query = query.as_deref().map(|query| format!("?{query}")).unwrap_or_default();
        let mut call = self
            .http
            .request(method_of(*method), format!("{}v1{path}{query}", self.base))
            .header(header::AUTHORIZATION, self.bearer.clone())
            .header("stripe-version", VERSION.as_str());
        if let Some(key) = key {
            call = call.header("idempotency-key", key);
        }
        if let Some(form) = body {
            call = call.header(header::CONTENT_TYPE, FORM).body(form.clone());
        }
        bounded::send(call, MAX_BODY_BYTES).await
    }
}

fn method_of(method: StripeMethod) -> Method {
    match method {
        StripeMethod::Get => Method::GET,
        StripeMethod::Post => Method::POST,
        StripeMethod::Delete => Method::DELETE,
    }
}

fn with_trailing_slash(base: &Url) -> Result<String, StripeConfigError> {
    let plain = matches!(base.scheme(), "http" | "https") && base.query().is_none() && base.fragment().is_none();
    if !plain {
        return Err(StripeConfigError::ApiBase);
    }
    let base = base.as_str();
    Ok(if base.ends_with('/') { base.to_owned() } else { format!("{base}/") })
}
