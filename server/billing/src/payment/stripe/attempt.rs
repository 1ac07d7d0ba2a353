//! The HTTP client for Stripe: sends a request of the async-stripe crates once, and bounds the size of the response.
//!
//! The client of the crate `async-stripe` is not used, as it reads responses of any size.

use std::{sync::LazyLock, time::Duration};

use domain::subscription::Provider;
use http::{HeaderValue, Method, header};
use secrecy::{ExposeSecret, SecretString};
use stripe_client_core::{RequestBuilder, StripeMethod, VERSION};
use url::Url;

use crate::payment::bounded::{self, Answer, SendError};

/// Time budget of a call including its retries, and of a use case including all its calls: a page waits for the result.
pub(super) const BUDGET: Duration = Duration::from_secs(10);
/// Maximum size of a response. A page of 100 events takes about 6 MB where each object has the largest size that Stripe
/// allows.
const MAX_BODY_BYTES: usize = 8 << 20;
const API: &str = "https://api.stripe.com/";
const USER_AGENT: &str = concat!("Dues/", env!("CARGO_PKG_VERSION"));
const FORM: &str = "application/x-www-form-urlencoded";

/// The HTTP client for all tenants' accounts. Shared, because building a client reads the system's certificates. Keeps
/// no idle connections.
static FOR_TENANTS: LazyLock<Result<reqwest::Client, reqwest::Error>> =
    LazyLock::new(|| bounded::client(BUDGET).user_agent(USER_AGENT).pool_max_idle_per_host(0).build());

/// Why the configuration is invalid.
#[derive(Debug, thiserror::Error)]
pub enum StripeConfigError {
    #[error("STRIPE_SECRET_KEY must be one line of visible ASCII characters, like sk_live_…")]
    Key,
    #[error("STRIPE_API_BASE must be an http or https URL without a query, like http://127.0.0.1:12111")]
    ApiBase,
    #[error("the client for Stripe can't be made")]
    Client(#[source] reqwest::Error),
    #[error("the client for tenants' Stripe accounts can't be made")]
    SharedClient,
}

/// An HTTP client for Stripe with a secret key. Cheap to clone.
#[derive(Clone)]
pub(super) struct Client {
    http: reqwest::Client,
    /// Ends with a slash.
    base: String,
    bearer: HeaderValue,
}

impl Client {
    /// Returns a client with its own connection pool. `api_base` is the URL of a stand-in; `None` for Stripe itself.
    pub(super) fn new(key: &SecretString, api_base: Option<&Url>) -> Result<Self, StripeConfigError> {
        let http = bounded::client(BUDGET).user_agent(USER_AGENT).build().map_err(StripeConfigError::Client)?;
        Self::over(http, key, api_base)
    }

    /// Returns a client for a few calls with a tenant's key. All these clients share one HTTP client, which keeps no
    /// idle connections.
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

    /// Sends a request once and returns the response. `key` is the idempotency key of a POST;
    /// `None` for other methods.
    pub(super) async fn send(&self, request: &RequestBuilder, key: Option<&str>) -> Result<Answer, SendError> {
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
        bounded::send(call, Provider::Stripe, MAX_BODY_BYTES).await
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
