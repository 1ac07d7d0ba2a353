//! `POST /api/v1/billing/webhook` and `POST /webhooks/billing/stripe`: events from Stripe.

use axum::{Json, body::Bytes, extract::State, http::HeaderMap};
use billing::Services;
use domain::subscription::Provider;
use serde::Serialize;

use crate::api::ApiError;

#[derive(Debug, Serialize)]
pub struct Received {
    received: bool,
}

/// 200 once the event is stored, for the first time or again; 400 `invalid_signature` otherwise, and nothing is stored.
pub async fn stripe(
    State(services): State<Services>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Received>, ApiError> {
    services.receive_webhook(Provider::Stripe, &headers, &body).await?;
    Ok(Json(Received { received: true }))
}
