//! What the stand-in for Stripe does just now, other than it would.

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
    http::{Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use billing::{payment::PaymentProvider, service::Clocks};
use serde_json::json;

use super::{
    Stand,
    parts::{services, stripe},
};
use crate::answers::{Answers, changed, changed_at_polar};

/// What Stripe does not do just now.
#[derive(Default)]
pub(super) struct Mood {
    pub(super) is_away: AtomicBool,
    pub(super) answers_otherwise: Answers,
    pub(super) refuses_refunds: AtomicBool,
    /// Every call is answered 403, as for a restricted key without any right.
    pub(super) grants_no_rights: AtomicBool,
    /// The key that every call counts as made with, instead of the one that it is made with.
    pub(super) key: Mutex<Option<&'static str>>,
    /// Ids of objects that it does not know for the moment.
    pub(super) forgotten: Mutex<BTreeSet<String>>,
    /// What it was asked through Dues' client, as `GET /v1/account`.
    pub(super) asked: Mutex<Vec<String>>,
}

/// A live key of the same account, which the stand-in takes for another one: a live mode knows nothing of what is in the test mode.
pub(crate) const LIVE_KEY: &str = "sk_live_lifecycle";
const BEHIND_LIVE_KEY: &str = "sk_test_51LiveModeOfIt";

pub(super) async fn moody(State(mood): State<Arc<Mood>>, mut request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let user_agent = request.headers().get(header::USER_AGENT).cloned();
    let refused = |kind: &str, message: &str| Json(json!({ "error": { "type": kind, "message": message } }));
    if let Some(path) = path.strip_prefix("/polar/v1/") {
        let is_dues = user_agent.is_some_and(|agent| agent.as_bytes().starts_with(b"Dues/"));
        let answer = next.run(request).await;
        return if is_dues { changed_at_polar(answer, path, &mood.answers_otherwise).await } else { answer };
    }
    if !path.starts_with("/v1/") {
        return next.run(request).await;
    }
    let is_dues = user_agent.is_some_and(|agent| agent.as_bytes().starts_with(b"Stripe/"));
    if is_dues {
        mood.asked.lock().unwrap().push(format!("{} {path}", request.method()));
    }
    if mood.is_away.load(Ordering::SeqCst) {
        return (StatusCode::SERVICE_UNAVAILABLE, refused("api_error", "away")).into_response();
    }
    if is_dues && mood.grants_no_rights.load(Ordering::SeqCst) {
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

impl Stand {
    /// As when the server is started again with another `STRIPE_SECRET_KEY`.
    pub(crate) fn restart_with_key(&mut self, key: &str) {
        let provider: Arc<dyn PaymentProvider> =
            Arc::new(stripe(&self.base, key, self.prices.clone(), Some(self.portal_configuration.clone())));
        let clocks = Clocks { wall: self.wall.clone(), billing: self.billing.clone() };
        let store = self.services.store().clone();
        self.services = services(store, &provider, &self.base, &self.catalog, &self.smtp, clocks);
    }

    /// Every call of Dues counts as made with this key, though the server was not started again.
    pub(crate) fn takes_key_for(&self, key: Option<&'static str>) {
        *self.mood.key.lock().unwrap() = key;
    }

    pub(crate) fn grants_rights(&self, grants: bool) {
        self.mood.grants_no_rights.store(!grants, Ordering::SeqCst);
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
