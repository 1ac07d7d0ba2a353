//! `POST /api/v1/billing/webhook` and `POST /webhooks/billing/stripe`: events from Stripe.

use axum::{Json, body::Bytes, http::HeaderMap};
use billing::service::Webhooks;
use domain::subscription::Provider;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::{ApiError, operations::openapi::Error, request::handle::Handle};

#[derive(Debug, Serialize, ToSchema)]
pub struct Received {
    received: bool,
}

/// Receives an event from Stripe.
///
/// Verified by `Stripe-Signature` over the raw body. A repeated event has no further effect.
#[utoipa::path(
    post,
    path = "/api/v1/billing/webhook",
    operation_id = "receiveStripeEvent",
    tag = "webhooks",
    security(()),
    params(("stripe-signature" = String, Header, description = "The signature that Stripe computed.")),
    request_body(content = serde_json::Value, description = "A Stripe event.", content_type = "application/json"),
    responses(
        (status = 200, description = "The event is stored, for the first time or again.", body = Received),
        (status = 400, description = "`invalid_signature`: the signature does not match.\n`invalid_event`: the signature is valid, but the body is not an event. Nothing is stored.", body = Error),
    )
)]
pub async fn stripe_for_console(
    Handle(webhooks): Handle<Webhooks>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Received>, ApiError> {
    receive(&webhooks, Provider::Stripe, &headers, &body).await
}

/// Receives an event from Stripe, at the platform document's address.
///
/// Verified by `Stripe-Signature` over the raw body. A repeated event has no further effect.
#[utoipa::path(
    post,
    path = "/webhooks/billing/stripe",
    operation_id = "receiveStripeEventForPlatform",
    tag = "webhooks",
    security(()),
    params(("stripe-signature" = String, Header, description = "The signature that Stripe computed.")),
    request_body(content = serde_json::Value, description = "A Stripe event.", content_type = "application/json"),
    responses(
        (status = 200, description = "The event is stored, for the first time or again.", body = Received),
        (status = 400, description = "`invalid_signature`: the signature does not match.\n`invalid_event`: the signature is valid, but the body is not an event. Nothing is stored.", body = Error),
    )
)]
pub async fn stripe_for_platform(
    Handle(webhooks): Handle<Webhooks>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Received>, ApiError> {
    receive(&webhooks, Provider::Stripe, &headers, &body).await
}

/// Passes an event to the use case.
pub async fn receive(
    webhooks: &Webhooks,
    provider: Provider,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Json<Received>, ApiError> {
    webhooks.receive_webhook(provider, headers, body).await?;
    Ok(Json(Received { received: true }))
}
