//! Faults of the stand-in for the provider.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use axum::{
    Json,
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use billing::{payment::PaymentProvider, service::Clocks};
use domain::subscription::Provider;
use serde_json::{Value, json};

use super::{
    TestEnv,
    parts::{polar, services, stripe},
};
use crate::provider_answers::altered_responses::{ResponseAlteration, altered_polar_response, altered_response};

/// The permissions of Dues' key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Rights {
    #[default]
    All,
    /// Only to read the account.
    Account,
    None,
}

impl Rights {
    const fn allow(self, is_about_account: bool) -> bool {
        match self {
            Self::All => true,
            Self::Account => is_about_account,
            Self::None => false,
        }
    }
}

/// What is lost of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lost {
    /// The call does not arrive.
    Request,
    /// The call is made, and its answer does not arrive.
    Answer,
    /// The call is made, its answer does not arrive, and the provider stays away.
    Connection,
}

/// The active faults.
#[derive(Default)]
pub(super) struct ProviderFaults {
    pub(super) is_down: AtomicBool,
    pub(super) alteration: ResponseAlteration,
    pub(super) rejects_refunds: AtomicBool,
    /// Whether every call of Dues but a GET is answered 405.
    pub(super) refuses_writes: AtomicBool,
    /// What is lost of each call of Dues that changes a subscription.
    pub(super) lost_of_changes: Mutex<Option<Lost>>,
    /// How many of the next calls of Dues are answered 429.
    pub(super) throttled_calls: AtomicUsize,
    /// What Dues' key permits. Other calls are answered 403.
    pub(super) rights: Mutex<Rights>,
    /// The key that replaces the key of each call of Dues; `None` for no replacement.
    pub(super) key: Mutex<Option<&'static str>>,
    /// Ids of objects that the provider reports to Dues as not found.
    pub(super) forgotten: Mutex<BTreeSet<String>>,
    /// The calls that Dues made, as method and path; for example [`TestEnv::account_request`].
    pub(super) calls: Mutex<Vec<String>>,
}

impl ProviderFaults {
    /// Whether to answer a call with 429. Counts it.
    fn take_throttled_call(&self) -> bool {
        let left = self.throttled_calls.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        left.is_ok()
    }
}

/// The live key of the account of [`super::KEY`]. The stand-in serves its calls from a separate account, because the
/// modes share no objects.
pub(crate) const LIVE_KEY: &str = "sk_live_lifecycle";
const BEHIND_LIVE_KEY: &str = "sk_test_51LiveModeOfIt";

pub(super) async fn apply_faults(
    State(faults): State<Arc<ProviderFaults>>,
    mut request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path().to_owned();
    let user_agent = request.headers().get(header::USER_AGENT);
    let is_dues = user_agent.is_some_and(|agent| agent.as_bytes().starts_with(b"Dues/"));
    let refused = |kind: &str, message: &str| Json(json!({ "error": { "type": kind, "message": message } }));
    if let Some(path) = path.strip_prefix("/polar/v1/") {
        return if is_dues { apply_polar_faults(&faults, path, request, next).await } else { next.run(request).await };
    }
    if !path.starts_with("/v1/") {
        return next.run(request).await;
    }
    if is_dues {
        faults.calls.lock().unwrap().push(format!("{} {path}", request.method()));
    }
    if faults.is_down.load(Ordering::SeqCst) {
        return (StatusCode::SERVICE_UNAVAILABLE, refused("api_error", "away")).into_response();
    }
    if is_dues && faults.refuses_writes.load(Ordering::SeqCst) && request.method() != Method::GET {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    if is_dues && path != "/v1/account" && faults.take_throttled_call() {
        let body = refused("rate_limit_error", "Request rate limit exceeded.");
        return (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "7")], body).into_response();
    }
    if is_dues && !faults.rights.lock().unwrap().allow(path == "/v1/account") {
        let body = refused("invalid_request_error", "The provided key does not have the required permissions.");
        return (StatusCode::FORBIDDEN, body).into_response();
    }
    if faults.rejects_refunds.load(Ordering::SeqCst) && path == "/v1/refunds" && request.method() == Method::POST {
        let body = refused("invalid_request_error", "This charge is disputed.");
        return (StatusCode::BAD_REQUEST, body).into_response();
    }
    let whole = request.uri().to_string();
    if is_dues && faults.forgotten.lock().unwrap().iter().any(|id| whole.contains(id.as_str())) {
        let param = if whole.contains("customer=") { "customer" } else { "id" };
        let error = json!({ "type": "invalid_request_error", "code": "resource_missing", "param": param, "message": "No such object." });
        let status = if param == "id" { StatusCode::NOT_FOUND } else { StatusCode::BAD_REQUEST };
        return (status, Json(json!({ "error": error }))).into_response();
    }
    let sent = request.headers().get(header::AUTHORIZATION).and_then(|key| key.to_str().ok()).unwrap_or_default();
    let key = match *faults.key.lock().unwrap() {
        Some(key) if is_dues => Some(key),
        // The live key and the test key open the same account.
        _ if sent.ends_with(LIVE_KEY) && path == "/v1/account" => Some(super::KEY),
        _ if sent.ends_with(LIVE_KEY) => Some(BEHIND_LIVE_KEY),
        _ => None,
    };
    if let Some(key) = key {
        request.headers_mut().insert(header::AUTHORIZATION, format!("Bearer {key}").parse().unwrap());
    }
    let lost = *faults.lost_of_changes.lock().unwrap();
    let lost = lost.filter(|_| is_dues && request.method() == Method::POST && path.starts_with("/v1/subscriptions/"));
    let away = || (StatusCode::SERVICE_UNAVAILABLE, refused("api_error", "away")).into_response();
    if lost == Some(Lost::Request) {
        return away();
    }
    let answer = altered_response(next.run(request).await, &faults.alteration).await;
    match lost {
        Some(Lost::Connection) => {
            faults.is_down.store(true, Ordering::SeqCst);
            away()
        }
        Some(Lost::Answer) => away(),
        Some(Lost::Request) | None => answer,
    }
}

/// Applies the faults to Polar. `path` is the request's path after `/polar/v1/`.
async fn apply_polar_faults(faults: &ProviderFaults, path: &str, mut request: Request, next: Next) -> Response {
    faults.calls.lock().unwrap().push(format!("{} /polar/v1/{path}", request.method()));
    if faults.is_down.load(Ordering::SeqCst) {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    if !faults.rights.lock().unwrap().allow(path.starts_with("organizations")) {
        let message = "The request requires higher privileges than provided by the access token.";
        let body = json!({ "error": "insufficient_scope", "error_description": message });
        return (StatusCode::FORBIDDEN, Json(body)).into_response();
    }
    let forgotten = faults.forgotten.lock().unwrap().clone();
    if path.split('/').any(|segment| forgotten.contains(segment)) {
        let body = json!({ "error": "ResourceNotFound", "detail": "Not found" });
        return (StatusCode::NOT_FOUND, Json(body)).into_response();
    }
    let key = *faults.key.lock().unwrap();
    if let Some(key) = key {
        request.headers_mut().insert(header::AUTHORIZATION, HeaderValue::try_from(format!("Bearer {key}")).unwrap());
    }
    let answer = without(next.run(request).await, &forgotten).await;
    altered_polar_response(answer, path, &faults.alteration).await
}

/// Removes the forgotten objects, and the objects of forgotten customers, from a list in a response of Polar.
async fn without(answer: Response, forgotten: &BTreeSet<String>) -> Response {
    if forgotten.is_empty() {
        return answer;
    }
    let (mut parts, body) = answer.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let Ok(mut value) = serde_json::from_slice::<Value>(&body) else {
        return Response::from_parts(parts, body.into());
    };
    if let Some(items) = value.get_mut("items").and_then(Value::as_array_mut) {
        let is_forgotten = |id: &Value| id.as_str().is_some_and(|id| forgotten.contains(id));
        items.retain(|item| !is_forgotten(&item["id"]) && !is_forgotten(&item["customer_id"]));
    }
    parts.headers.remove("content-length");
    Response::from_parts(parts, value.to_string().into())
}

impl TestEnv {
    /// Restarts the services with another key.
    pub(crate) fn restart_with_key(&mut self, key: &str) {
        let (prices, portal) = (self.prices.clone(), Some(self.portal_configuration.clone()));
        let provider: Arc<dyn PaymentProvider> = match self.name {
            Provider::Stripe => Arc::new(stripe(&self.base, key, prices, portal, &self.catalog)),
            Provider::Polar => Arc::new(polar(&self.base, key, prices, &self.catalog)),
        };
        let clocks = Clocks { wall: self.wall.clone(), billing: self.billing.clone() };
        let store = self.services.store().clone();
        self.services = services(store, &provider, &self.base, &self.catalog, &self.smtp, clocks);
    }

    /// Replaces the key of each call of Dues, without a restart; `None` ends the replacement.
    pub(crate) fn override_key(&self, key: Option<&'static str>) {
        *self.faults.key.lock().unwrap() = key;
    }

    pub(crate) fn set_rights(&self, rights: Rights) {
        *self.faults.rights.lock().unwrap() = rights;
    }

    /// Returns the call that fetches the account, as recorded by [`Self::take_calls`].
    pub(crate) const fn account_request(&self) -> &'static str {
        match self.name {
            Provider::Stripe => "GET /v1/account",
            Provider::Polar => "GET /polar/v1/organizations/",
        }
    }

    /// Makes the provider report the objects with these ids, and no others, to Dues as not found.
    pub(crate) fn forget_objects<'a>(&self, ids: impl IntoIterator<Item = &'a str>) {
        *self.faults.forgotten.lock().unwrap() = ids.into_iter().map(str::to_owned).collect();
    }

    /// Makes Stripe refuse every call of Dues that is not a GET.
    pub(crate) fn refuse_writes(&self) {
        self.faults.refuses_writes.store(true, Ordering::SeqCst);
    }

    /// Loses this of each call of Dues that changes a subscription at Stripe, from now on; `None` for nothing.
    pub(crate) fn lose_of_changes(&self, lost: Option<Lost>) {
        *self.faults.lost_of_changes.lock().unwrap() = lost;
    }

    /// Makes Stripe answer the next `calls` of Dues with 429.
    pub(crate) fn throttle_calls(&self, calls: usize) {
        self.faults.throttled_calls.store(calls, Ordering::SeqCst);
    }

    /// Restarts the services, as after the end of a process.
    pub(crate) fn restart(&mut self) {
        self.restart_with_key(self.key());
    }

    /// Returns the calls of Dues since the last call of this method.
    pub(crate) fn take_calls(&self) -> Vec<String> {
        std::mem::take(&mut self.faults.calls.lock().unwrap())
    }
}
