//! `POST /billing/webhook/polar`: events from Polar.

use axum::{Json, body::Bytes, http::HeaderMap};
use billing::service::Webhooks;
use domain::subscription::Provider;

use crate::api::{
    ApiError,
    billing::webhook::{Received, receive},
    operations::openapi::Error,
    request::handle::Handle,
};

/// Receives an event from Polar.
///
/// Verified as Standard Webhooks specifies, over the raw body. A repeated event has no further effect.
#[utoipa::path(
    post,
    path = "/billing/webhook/polar",
    operation_id = "receivePolarEvent",
    tag = "webhooks",
    security(()),
    params(
        ("webhook-id" = String, Header, description = "The event's id."),
        ("webhook-timestamp" = String, Header, description = "When it was signed, in seconds since 1970."),
        ("webhook-signature" = String, Header, description = "The signature that Polar computed."),
    ),
    request_body(content = serde_json::Value, description = "A Polar event.", content_type = "application/json"),
    responses(
        (status = 200, description = "The event is stored, for the first time or again.", body = Received),
        (status = 400, description = "`invalid_signature`: the signature does not match.\n`invalid_event`: the signature is valid, but the body is not an event. Nothing is stored.", body = Error),
    )
)]
pub async fn polar(
    Handle(webhooks): Handle<Webhooks>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Received>, ApiError> {
    receive(&webhooks, Provider::Polar, &headers, &body).await
}
