//! `Idempotency-Key` on requests that create something: a repeat with the same key gets the same response.
//!
//! A key is scoped to its caller (a person in their role, a key, or the client's address when anonymous), one
//! workspace, one method and one path. A request is the same when its query and body are equal byte for byte. A caller
//! who is not authenticated gets the same refusal with a key as without. If a request needed a confirmation, as every
//! request does whose response contains a secret, a replay of its response needs a confirmation too.

use std::{collections::HashSet, sync::Arc};

use axum::{
    Extension,
    body::{Body, to_bytes},
    extract::{FromRequestParts, MatchedPath, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use billing::{
    Services,
    identity::ClientAddress,
    service::{
        ServiceError,
        base::idempotency::{IdempotencyClaim, KeyedRequest, StoredResponse},
    },
};
use domain::error_code::ErrorCode;
use utoipa::openapi::{
    ObjectBuilder, Required, Type,
    path::{Operation, ParameterBuilder, ParameterIn},
};
use utoipa_axum::router::OpenApiRouter;

use crate::api::{
    ApiError,
    installation::tenants,
    operations::openapi,
    principal::{Caller, ConfirmationNeeded, ConfirmedCaller, authenticated_caller},
};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const IDEMPOTENT_REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// The path of sign-up, whose response starts a session.
const SIGN_UP: &str = "/api/v1/auth/signup";
const KEY_MAX_BYTES: usize = 255;
/// No limit here: [`crate::http`] has already read the request body within its limit.
const ANY_LENGTH: usize = usize::MAX;

const ERRORS: [(ErrorCode, &str); 4] = [
    (ErrorCode::ValidationError, "`fields` says which field or header is wrong, and how."),
    (
        ErrorCode::IdempotencyInProgress,
        "the first request with this `Idempotency-Key` is still being processed; `Retry-After` says when to try again.",
    ),
    (ErrorCode::IdempotencyAnswerLost, "the request has succeeded already, but its answer can't be shown again."),
    (ErrorCode::IdempotencyKeyReused, "this `Idempotency-Key` was sent with another body."),
];

/// Request extension: the idempotency key for calls to a provider.
#[derive(Clone, Debug)]
pub(in crate::api) struct ProviderIdempotencyKey(pub(in crate::api) String);

/// Paths that need no authentication.
type PublicPaths = Arc<HashSet<String>>;

/// Makes every route of `router` accept an `Idempotency-Key`, and documents it in the `OpenAPI` document.
pub(in crate::api) fn replayable(mut router: OpenApiRouter<Services>) -> OpenApiRouter<Services> {
    let mut public = HashSet::new();
    for (path, item) in &mut router.get_openapi_mut().paths.paths {
        for operation in openapi::operations(item) {
            if !openapi::needs_caller(operation) {
                public.insert(path.clone());
            }
            describe(operation);
        }
    }
    let public: PublicPaths = Arc::new(public);
    router.route_layer(middleware::from_fn_with_state(public, answer_once))
}

fn describe(operation: &mut Operation) {
    let key = ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(
            "Makes this request safe to repeat for 24 hours: the same key and body get the same answer, with \
             `idempotent-replayed: true`. Only what succeeded is kept. 1 to 255 visible ASCII characters.",
        ))
        .schema(Some(
            ObjectBuilder::new()
                .schema_type(Type::String)
                .min_length(Some(1))
                .max_length(Some(KEY_MAX_BYTES))
                .pattern(Some("^[!-~]+$")),
        ))
        .build();
    operation.parameters.get_or_insert_default().push(key.into());
    for (code, meaning) in ERRORS {
        openapi::add_error(operation, code, meaning);
    }
}

async fn answer_once(
    State(public): State<PublicPaths>,
    Extension(services): Extension<Services>,
    request: Request,
    next: Next,
) -> Response {
    if !request.headers().contains_key(IDEMPOTENCY_KEY) || !may_replay(&public, &request) {
        return next.run(request).await;
    }
    match answer_with_key(&services, request, next).await {
        Ok(response) => response,
        Err(error) => error.into_response(),
    }
}

/// Whether the key may be used: a caller who would be refused stores nothing.
fn may_replay(public: &PublicPaths, request: &Request) -> bool {
    authenticated_caller(request.extensions()).is_some()
        || request.extensions().get::<MatchedPath>().is_some_and(|path| public.contains(path.as_str()))
}

async fn answer_with_key(services: &Services, request: Request, next: Next) -> Result<Response, ApiError> {
    let key = sole_key(request.headers())?;
    let (mut parts, body) = request.into_parts();
    let body = to_bytes(body, ANY_LENGTH).await.map_err(|_| ApiError::unreadable_body())?;
    let caller = match authenticated_caller(&parts.extensions) {
        Some(Caller::Person(viewer)) => [
            viewer.user_id.as_str(),
            viewer.current_membership.role.as_str(),
            viewer.current_membership.tenant_id.as_str(),
        ]
        .join(" "),
        Some(Caller::AccountOnly(account)) => account.user_id.to_string(),
        Some(Caller::Key(holder)) => ["key", &holder.key, holder.tenant.as_str()].join(" "),
        Some(Caller::Installation(principal)) => ["key", &principal.key].join(" "),
        None => parts.extensions.get::<ClientAddress>().map(|address| address.0.to_string()).unwrap_or_default(),
    };
    let about = match authenticated_caller(&parts.extensions) {
        Some(Caller::Person(viewer)) => Some(viewer.current_membership.tenant_id.clone()),
        Some(Caller::Key(holder)) => Some(holder.tenant.clone()),
        _ => None,
    };
    let named = tenants::named_in(parts.uri.path());
    let about = match &named {
        // The path takes precedence: these routes ignore a tenant in a header. A tenant that does not exist yet has no
        // stored responses.
        Some(named) => services.tenants().resolve(named).await.ok(),
        None => about,
    };
    // The tenant that the path names and this request may create.
    let unknown = named.filter(|_| about.is_none());
    let scope = [caller.as_bytes(), parts.method.as_str().as_bytes(), parts.uri.path().as_bytes(), key.as_bytes()];
    let keyed = KeyedRequest::new(&scope, &[parts.uri.query().unwrap_or_default().as_bytes(), &body]).about(about);
    parts.extensions.insert(ProviderIdempotencyKey(keyed.attempt()));
    let held = match services.idempotency().claim_request(&keyed).await? {
        IdempotencyClaim::New(held) => held,
        IdempotencyClaim::Replay(kept) if kept.asked_confirmation => {
            ConfirmedCaller::from_request_parts(&mut parts, services).await?;
            return Ok(replay(kept));
        }
        IdempotencyClaim::Replay(kept) if parts.uri.path() == SIGN_UP => {
            // A repeated sign-up logs in with the password or token sent: a replayed body alone would start no session.
            let login = next.run(Request::from_parts(parts, Body::from(body))).await;
            return Ok(if login.status().is_success() { replay(kept) } else { login });
        }
        IdempotencyClaim::Replay(kept) => return Ok(replay(kept)),
    };
    let asked = ConfirmationNeeded::default();
    parts.extensions.insert(asked.clone());
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    if !response.status().is_success() {
        log_failure(services.idempotency().release_claim(&held).await);
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, ANY_LENGTH).await.map_err(|_| ApiError::internal())?;
    let content_type = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kept = StoredResponse {
        status: parts.status.as_u16(),
        content_type: content_type.unwrap_or_default().to_owned(),
        body: body.to_vec(),
        asked_confirmation: asked.is_needed(),
    };
    if let Some(named) = unknown
        && let Ok(tenant) = services.tenants().resolve(&named).await
    {
        log_failure(services.idempotency().note_tenant(&held, &tenant).await);
    }
    log_failure(services.idempotency().store_response(&held, &kept).await);
    Ok(Response::from_parts(parts, Body::from(body)))
}

/// Logs a failure to store the request's outcome. The client still gets the response, as the request was handled.
fn log_failure(outcome: Result<(), ServiceError>) {
    if let Err(error) = outcome {
        tracing::error!(error = &error as &dyn std::error::Error, "failed to store an idempotency outcome");
    }
}

fn sole_key(headers: &HeaderMap) -> Result<String, ApiError> {
    let mut keys = headers.get_all(IDEMPOTENCY_KEY).iter();
    let key = keys.next().filter(|_| keys.next().is_none()).map(HeaderValue::as_bytes).unwrap_or_default();
    let is_plain = (1..=KEY_MAX_BYTES).contains(&key.len()) && key.iter().all(u8::is_ascii_graphic);
    match std::str::from_utf8(key) {
        Ok(key) if is_plain => Ok(key.to_owned()),
        _ => {
            let message = format!("Send one Idempotency-Key of 1 to {KEY_MAX_BYTES} visible ASCII characters.");
            Err(ServiceError::field("Idempotency-Key", message).into())
        }
    }
}

fn replay(kept: StoredResponse) -> Response {
    let StoredResponse { status, content_type, body, asked_confirmation: _ } = kept;
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_TYPE);
    if let Some(content_type) = HeaderValue::from_str(&content_type).ok().filter(|value| !value.is_empty()) {
        headers.insert(header::CONTENT_TYPE, content_type);
    }
    headers.insert(IDEMPOTENT_REPLAYED, HeaderValue::from_static("true"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn document_lists_the_key_on_idempotent_routes_only() {
        let document = serde_json::to_value(openapi::document()).unwrap();
        let takes_key = |operation: &serde_json::Value| {
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            parameters.filter(|parameter| parameter["name"] == "Idempotency-Key").count() == 1
        };
        let checkout = &document["paths"]["/api/v1/billing/checkout"]["post"];
        assert!(takes_key(checkout), "{checkout}");
        let description = checkout["responses"]["409"]["description"].as_str().unwrap();
        assert!(
            description.contains("`conflict`") && description.contains("`idempotency_in_progress`"),
            "{description}"
        );
        assert!(checkout["responses"]["422"]["content"]["application/json"].is_object(), "{checkout}");
        for (path, method) in [("/api/v1/billing/status", "get"), ("/webhooks/billing/stripe", "post")] {
            let other = &document["paths"][path][method];
            assert!(other.is_object() && !takes_key(other) && other["responses"]["422"].is_null(), "{other}");
        }
    }
}
