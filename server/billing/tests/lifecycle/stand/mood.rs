//! What the stand-in for the provider does just now, other than it would.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
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
    Stand,
    parts::{polar, services, stripe},
};
use crate::answers::{Answers, changed, changed_at_polar};

/// What Dues' key may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Rights {
    #[default]
    All,
    /// Ask which account it opens, and nothing else.
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

/// What the provider does not do just now.
#[derive(Default)]
pub(super) struct Mood {
    pub(super) is_away: AtomicBool,
    pub(super) answers_otherwise: Answers,
    pub(super) refuses_refunds: AtomicBool,
    /// What goes beyond these is answered 403.
    pub(super) rights: Mutex<Rights>,
    /// The key that every call counts as made with, instead of the one that it is made with.
    pub(super) key: Mutex<Option<&'static str>>,
    /// Ids of objects that it does not know for the moment.
    pub(super) forgotten: Mutex<BTreeSet<String>>,
    /// What it was asked through Dues' client, as [`Stand::asks_for_the_account`].
    pub(super) asked: Mutex<Vec<String>>,
}

/// A live key of the same account, which the stand-in takes for another one: a live mode knows nothing of what is in the test mode.
pub(crate) const LIVE_KEY: &str = "sk_live_lifecycle";
const BEHIND_LIVE_KEY: &str = "sk_test_51LiveModeOfIt";

pub(super) async fn moody(State(mood): State<Arc<Mood>>, mut request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let user_agent = request.headers().get(header::USER_AGENT);
    let is_dues = user_agent.is_some_and(|agent| agent.as_bytes().starts_with(b"Dues/"));
    let refused = |kind: &str, message: &str| Json(json!({ "error": { "type": kind, "message": message } }));
    if let Some(path) = path.strip_prefix("/polar/v1/") {
        return if is_dues { moody_at_polar(&mood, path, request, next).await } else { next.run(request).await };
    }
    if !path.starts_with("/v1/") {
        return next.run(request).await;
    }
    if is_dues {
        mood.asked.lock().unwrap().push(format!("{} {path}", request.method()));
    }
    if mood.is_away.load(Ordering::SeqCst) {
        return (StatusCode::SERVICE_UNAVAILABLE, refused("api_error", "away")).into_response();
    }
    if is_dues && !mood.rights.lock().unwrap().allow(path == "/v1/account") {
        let body = refused("invalid_request_error", "The provided key does not have the required permissions.");
        return (StatusCode::FORBIDDEN, body).into_response();
    }
    if mood.refuses_refunds.load(Ordering::SeqCst) && path == "/v1/refunds" && request.method() == Method::POST {
        let body = refused("invalid_request_error", "This charge is disputed.");
        return (StatusCode::BAD_REQUEST, body).into_response();
    }
    let whole = request.uri().to_string();
    if is_dues && mood.forgotten.lock().unwrap().iter().any(|id| whole.contains(id.as_str())) {
        let param = if whole.contains("customer=") { "customer" } else { "id" };
        let error = json!({ "type": "invalid_request_error", "code": "resource_missing", "param": param, "message": "No such object." });
        let status = if param == "id" { StatusCode::NOT_FOUND } else { StatusCode::BAD_REQUEST };
        return (status, Json(json!({ "error": error }))).into_response();
    }
    let sent = request.headers().get(header::AUTHORIZATION).and_then(|key| key.to_str().ok()).unwrap_or_default();
    let key = match *mood.key.lock().unwrap() {
        Some(key) if is_dues => Some(key),
        // Both modes are of one account.
        _ if sent.ends_with(LIVE_KEY) && path == "/v1/account" => Some(super::KEY),
        _ if sent.ends_with(LIVE_KEY) => Some(BEHIND_LIVE_KEY),
        _ => None,
    };
    if let Some(key) = key {
        request.headers_mut().insert(header::AUTHORIZATION, format!("Bearer {key}").parse().unwrap());
    }
    changed(next.run(request).await, &mood.answers_otherwise).await
}

/// The same at Polar, for what Dues asks for at this path behind `/polar/v1/`.
async fn moody_at_polar(mood: &Mood, path: &str, mut request: Request, next: Next) -> Response {
    mood.asked.lock().unwrap().push(format!("{} /polar/v1/{path}", request.method()));
    if mood.is_away.load(Ordering::SeqCst) {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    if !mood.rights.lock().unwrap().allow(path.starts_with("organizations")) {
        let message = "The request requires higher privileges than provided by the access token.";
        let body = json!({ "error": "insufficient_scope", "error_description": message });
        return (StatusCode::FORBIDDEN, Json(body)).into_response();
    }
    let forgotten = mood.forgotten.lock().unwrap().clone();
    if path.split('/').any(|segment| forgotten.contains(segment)) {
        let body = json!({ "error": "ResourceNotFound", "detail": "Not found" });
        return (StatusCode::NOT_FOUND, Json(body)).into_response();
    }
    let key = *mood.key.lock().unwrap();
    if let Some(key) = key {
        request.headers_mut().insert(header::AUTHORIZATION, HeaderValue::try_from(format!("Bearer {key}")).unwrap());
    }
    let answer = without(next.run(request).await, &forgotten).await;
    changed_at_polar(answer, path, &mood.answers_otherwise).await
}

/// A list of Polar's without the objects of these ids, and without what is of customers of these ids.
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

impl Stand {
    /// As when the server is started again with another key of the provider's.
    pub(crate) fn restart_with_key(&mut self, key: &str) {
        let prices = self.prices.clone();
        let provider: Arc<dyn PaymentProvider> = match self.name {
            Provider::Stripe => Arc::new(stripe(&self.base, key, prices, Some(self.portal_configuration.clone()))),
            Provider::Polar => Arc::new(polar(&self.base, key, prices)),
        };
        let clocks = Clocks { wall: self.wall.clone(), billing: self.billing.clone() };
        let store = self.services.store().clone();
        self.services = services(store, &provider, &self.base, &self.catalog, &self.smtp, clocks);
    }

    /// Every call of Dues counts as made with this key, though the server was not started again.
    pub(crate) fn takes_key_for(&self, key: Option<&'static str>) {
        *self.mood.key.lock().unwrap() = key;
    }

    pub(crate) fn grants(&self, rights: Rights) {
        *self.mood.rights.lock().unwrap() = rights;
    }

    /// How Dues asks which account its key opens, as [`Self::asked`] tells it.
    pub(crate) const fn asks_for_the_account(&self) -> &'static str {
        match self.name {
            Provider::Stripe => "GET /v1/account",
            Provider::Polar => "GET /polar/v1/organizations/",
        }
    }

    /// It answers 404 about the objects of these ids, and knows all others.
    pub(crate) fn forgets<'a>(&self, ids: impl IntoIterator<Item = &'a str>) {
        *self.mood.forgotten.lock().unwrap() = ids.into_iter().map(str::to_owned).collect();
    }

    /// What Dues has asked since this was last looked at.
    pub(crate) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.mood.asked.lock().unwrap())
    }
}
