//! One API request: authentication, version, parameters, and the response.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{FromRequestParts, OriginalUri, RawPathParams, Request},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::Value;

use super::{error::StripeError, expand, idempotency, params::Params, version};
use crate::storage::{Origin, Settings, Transaction, World, ids, stripe_account::StripeAccount};

const MAX_BODY_BYTES: usize = 1 << 20;
/// Headers of a response with the status 429.
const RATE_LIMITED: [(&str, &str); 3] =
    [("retry-after", "1"), ("stripe-rate-limited-reason", "global-rate"), ("stripe-should-retry", "true")];

/// A request, authenticated and parsed.
pub(crate) struct Call {
    pub(crate) params: Params,
    /// The id in the path. Empty if the route has none.
    pub(crate) id: String,
    /// The second id in the path. Empty if the route has none.
    pub(crate) nested_id: String,
    pub(crate) version: String,
    pub(crate) request_id: String,
}

/// A handler's result. Either variant commits the transaction, so that the failed attempt of a declined card is stored.
pub(crate) enum Reply {
    Done(Value),
    CardRefused(StripeError),
}

impl From<Value> for Reply {
    fn from(value: Value) -> Self {
        Self::Done(value)
    }
}

pub(crate) type Answer = Result<Reply, StripeError>;
pub(crate) type Handler = fn(&mut Transaction<'_>, &Call) -> Answer;

/// A request before its parameters are parsed.
struct Incoming {
    account: StripeAccount,
    method: String,
    path: String,
    id: String,
    nested_id: String,
    encoded: Vec<u8>,
    version: Option<String>,
    idempotency_key: Option<String>,
    request_id: String,
    /// How many calls arrived in this second, including this one.
    calls_this_sec: u32,
}

/// Runs `handler` on a request in one transaction, with Stripe's authentication, versions, idempotency and expansion.
pub(crate) async fn answer(world: Arc<World>, handler: Handler, request: Request) -> Response {
    let request_id = ids::new("req");
    let version = header_text(request.headers(), "stripe-version").unwrap_or_else(|| version::LATEST.to_owned());
    let key = header_text(request.headers(), "idempotency-key");
    let calls_this_sec = world.count_stripe_call();
    let done = match read(request, &request_id, calls_this_sec).await {
        Ok(incoming) => world.transact(move |tx| run(tx, handler, incoming)).await,
        Err(error) => Err(error),
    };
    let (status, body, replayed) = match done {
        Ok(done) => (done.status, done.body, done.replayed),
        Err(error) => (error.status, error.body(&request_id), false),
    };
    let mut response = respond(status, &body, &request_id, &version);
    let headers = response.headers_mut();
    if let Some(key) = key.and_then(|key| HeaderValue::from_str(&key).ok()) {
        headers.insert(HeaderName::from_static("idempotency-key"), key);
    }
    if replayed {
        headers.insert(HeaderName::from_static("idempotent-replayed"), HeaderValue::from_static("true"));
    }
    if status == StatusCode::TOO_MANY_REQUESTS {
        for (name, value) in RATE_LIMITED {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
    }
    response
}

/// The response to a request that matches no route.
pub(crate) fn unknown_route(request: &Request) -> Response {
    let request_id = ids::new("req");
    let error = match authenticate(request.headers()) {
        Ok(_) => {
            let path = request.extensions().get::<OriginalUri>().map_or(request.uri(), |original| &original.0).path();
            StripeError::unknown_route(request.method().as_str(), path)
        }
        Err(error) => error,
    };
    respond(error.status, &error.body(&request_id), &request_id, version::LATEST)
}

fn respond(status: StatusCode, body: &Value, request_id: &str, version: &str) -> Response {
    let body = serde_json::to_string_pretty(body).unwrap_or_default();
    let mut response = (status, [(header::CONTENT_TYPE, "application/json")], body).into_response();
    for (name, value) in [("request-id", request_id), ("stripe-version", version), ("cache-control", "no-store")] {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    response
}

async fn read(request: Request, request_id: &str, calls_this_sec: u32) -> Result<Incoming, StripeError> {
    let (mut parts, body) = request.into_parts();
    let account = authenticate(&parts.headers)?;
    let version = header_text(&parts.headers, "stripe-version");
    if let Some(wrong) = version.as_deref().filter(|version| !version::is_valid(version)) {
        return Err(StripeError::refused(format!("Invalid Stripe API version: {wrong}")));
    }
    let (id, nested_id) = match RawPathParams::from_request_parts(&mut parts, &()).await {
        Ok(params) => {
            let mut ids = params.iter().map(|(_, id)| id.to_owned());
            (ids.next().unwrap_or_default(), ids.next().unwrap_or_default())
        }
        Err(_) => return Err(StripeError::refused("The URL is not valid UTF-8.")),
    };
    let body: Bytes = axum::body::to_bytes(body, MAX_BODY_BYTES).await.map_err(|_| StripeError::too_large())?;
    let is_json = header_text(&parts.headers, "content-type").is_some_and(|kind| kind.starts_with("application/json"));
    if is_json && !body.is_empty() {
        return Err(StripeError::refused(
            "Invalid request: this API takes application/x-www-form-urlencoded bodies, not JSON.",
        ));
    }
    let mut encoded = parts.uri.query().unwrap_or_default().as_bytes().to_vec();
    if !body.is_empty() {
        encoded.push(b'&');
        encoded.extend_from_slice(&body);
    }
    Ok(Incoming {
        account,
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        id,
        nested_id,
        encoded,
        version,
        idempotency_key: header_text(&parts.headers, "idempotency-key")
            .filter(|key| !key.is_empty() && parts.method == axum::http::Method::POST),
        request_id: request_id.to_owned(),
        calls_this_sec,
    })
}

struct Done {
    status: StatusCode,
    body: Value,
    replayed: bool,
}

fn run(tx: &mut Transaction<'_>, handler: Handler, incoming: Incoming) -> Result<Done, StripeError> {
    if is_rate_limited(tx, incoming.calls_this_sec) {
        let error = StripeError::rate_limit();
        return Ok(Done { status: error.status, body: error.body(&incoming.request_id), replayed: false });
    }
    tx.account = Some(incoming.account);
    let fingerprint = idempotency::fingerprint(&incoming.method, &incoming.path, &incoming.encoded);
    if let Some(key) = &incoming.idempotency_key
        && let Some(replay) = idempotency::find(tx, key, &fingerprint)?
    {
        let status = StatusCode::from_u16(replay.status).unwrap_or_default();
        return Ok(Done { status, body: replay.body, replayed: true });
    }
    tx.origin =
        Origin { request: Some(incoming.request_id.clone()), idempotency_key: incoming.idempotency_key.clone() };
    let call = Call {
        params: Params::parse(&incoming.encoded)?,
        id: incoming.id,
        nested_id: incoming.nested_id,
        version: incoming.version.unwrap_or_else(|| version::LATEST.to_owned()),
        request_id: incoming.request_id,
    };
    let expand = call.params.texts("expand")?.unwrap_or_default();
    let (status, body) = match handler(tx, &call)? {
        Reply::Done(mut body) => {
            for path in &expand {
                expand::expand_path(tx, &mut body, path)?;
            }
            version::shape(tx, &call.version, &mut body);
            (StatusCode::OK, body)
        }
        Reply::CardRefused(error) => (error.status, error.body(&call.request_id)),
    };
    if let Some(key) = &incoming.idempotency_key {
        idempotency::store(tx, key, fingerprint, status.as_u16(), body.clone());
    }
    Ok(Done { status, body, replayed: false })
}

/// Whether the board's switches refuse this call. The stored number of calls to refuse decreases.
fn is_rate_limited(tx: &mut Transaction<'_>, calls_this_sec: u32) -> bool {
    let settings = Settings::of(tx);
    if settings.limit_next > 0 {
        tx.put(Settings { limit_next: settings.limit_next - 1, ..Settings::clone(&settings) });
        return true;
    }
    settings.calls_per_sec.is_some_and(|most| calls_this_sec > most)
}

/// The account of the API key. Any test key is accepted. A live key is refused: it was sent by mistake.
fn authenticate(headers: &HeaderMap) -> Result<StripeAccount, StripeError> {
    let Some(sent) = header_text(headers, "authorization") else {
        return Err(StripeError::unauthorized(
            "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
        ));
    };
    let key = match sent.split_once(' ') {
        Some((scheme, key)) if scheme.eq_ignore_ascii_case("bearer") => key.trim().to_owned(),
        Some((scheme, encoded)) if scheme.eq_ignore_ascii_case("basic") => {
            user_of_basic(encoded.trim()).unwrap_or_default()
        }
        _ => String::new(),
    };
    if key.starts_with("sk_live_") || key.starts_with("rk_live_") {
        return Err(StripeError::unauthorized(
            "This is the sandbox and a live key was sent to it. Take the live key out of this configuration and use a test key (sk_test_…).",
        ));
    }
    let is_test = ["sk_test_", "rk_test_"].iter().any(|prefix| key.len() > prefix.len() && key.starts_with(prefix));
    if is_test {
        Ok(StripeAccount::of_key(&key))
    } else {
        Err(StripeError::unauthorized(format!("Invalid API Key provided: {}", masked(&key))))
    }
}

fn masked(key: &str) -> String {
    let shown: String = key.chars().take(8).collect();
    format!("{shown}{}", "*".repeat(key.chars().count().saturating_sub(8).min(24)))
}

/// The user of Basic authentication, which `curl -u sk_test_…:` sets to the key.
fn user_of_basic(encoded: &str) -> Option<String> {
    let decoded = BASE64_STANDARD.decode(encoded).ok()?;
    let text = String::from_utf8(decoded).ok()?;
    Some(text.split_once(':').map_or(text.as_str(), |(user, _)| user).to_owned())
}

fn header_text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(authorization: &str) -> Result<StripeAccount, StripeError> {
        let mut headers = HeaderMap::new();
        if let Ok(value) = HeaderValue::from_str(authorization) {
            headers.insert(header::AUTHORIZATION, value);
        }
        authenticate(&headers)
    }

    #[test]
    fn test_keys_are_accepted_as_bearer_and_basic() {
        assert!(with("Bearer sk_test_123").is_ok());
        assert!(with("bearer rk_test_123").is_ok());
        // base64("sk_test_123:")
        assert!(with("Basic c2tfdGVzdF8xMjM6").is_ok());
    }

    #[test]
    fn live_and_malformed_keys_are_refused() {
        for wrong in ["", "Bearer", "Bearer sk_test_", "Bearer pk_test_1", "Basic !!", "Basic ", "sk_test_1"] {
            assert!(with(wrong).is_err(), "{wrong}");
        }
        let refused = with("Bearer sk_live_secret").map_err(|error| error.message);
        assert!(refused.is_err_and(|message| message.contains("live key") && !message.contains("secret")));
    }
}
