//! `GET /api/v1/tenant/webhook-endpoints/{id}/deliveries`: messages to an endpoint, and their outcome.

use axum::{Json, extract::FromRequestParts, http::request::Parts};
use billing::service::{
    Endpoints, FieldErrors, ServiceError,
    webhook::endpoint::{Attempt, Deliveries, Delivery, DeliveryState, MAX_DELIVERIES_PER_PAGE},
};
use domain::time::Timestamp;
use serde::Serialize;
use serde_json::Value;
use url::form_urlencoded;
use utoipa::ToSchema;

use super::{Id, id};
use crate::api::{
    ApiError,
    operations::openapi::Error,
    principal::TenantAdmin,
    request::{body::whole_text, handle::Handle},
};

const USUAL: u64 = 50;
const CURSOR_MAX_CHARS: usize = 64;

/// The query.
#[derive(Debug)]
pub struct DeliveriesQuery {
    pub(in crate::api) cursor: Option<String>,
    pub(in crate::api) limit: u64,
}

impl<S: Sync> FromRequestParts<S> for DeliveriesQuery {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let query = parts.uri.query().unwrap_or_default().as_bytes();
        let mut errors = FieldErrors::new();
        let mut params = Self { cursor: None, limit: USUAL };
        for (name, value) in form_urlencoded::parse(query) {
            match name.as_ref() {
                "cursor" if value.len() <= CURSOR_MAX_CHARS && value.bytes().all(|byte| byte.is_ascii_graphic()) => {
                    params.cursor = Some(value.into_owned()).filter(|cursor| !cursor.is_empty());
                }
                "cursor" => drop(errors.insert("cursor", "cursor must be the nextCursor of a response.".to_owned())),
                "limit" => match whole_text(&value) {
                    Some(limit) if (1..=MAX_DELIVERIES_PER_PAGE).contains(&limit) => params.limit = limit,
                    _ => {
                        let expects = format!("limit must be a whole number, 1 to {MAX_DELIVERIES_PER_PAGE}.");
                        errors.insert("limit", expects);
                    }
                },
                _ => {}
            }
        }
        if errors.is_empty() { Ok(params) } else { Err(ServiceError::invalid(errors).into()) }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WebhookDeliveryList {
    items: Vec<DeliveryItem>,
    /// The next page's `cursor`; `null` on the last page.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = WebhookDelivery)]
pub struct DeliveryItem {
    /// The message's `webhook-id`, the same for each attempt.
    id: String,
    /// One of the events, or `ping`.
    event: String,
    /// `waiting` for its next attempt, `delivered`, or `failed`: no further attempts.
    state: &'static str,
    /// How many attempts were made.
    attempts: i64,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime, required = true)]
    delivered_at: Option<String>,
    #[schema(format = DateTime, required = true)]
    next_try_at: Option<String>,
    #[schema(format = DateTime, required = true)]
    last_attempt_at: Option<String>,
    /// The last response; `null` when there was none.
    #[schema(required = true)]
    last_status: Option<u16>,
    /// Why there was no response, or why there are no further attempts.
    #[schema(required = true)]
    last_error: Option<String>,
    /// The beginning of the last response's body.
    #[schema(required = true)]
    last_response: Option<String>,
    /// The message's body.
    #[schema(value_type = Object)]
    payload: Value,
}

impl From<Delivery> for DeliveryItem {
    fn from(delivery: Delivery) -> Self {
        let Delivery { id, event, body, created_at, attempts, state, last } = delivery;
        let (state, delivered_at, next_try_at) = match state {
            DeliveryState::Waiting { next_try_at } => ("waiting", None, Some(next_try_at)),
            DeliveryState::Delivered { at } => ("delivered", Some(at), None),
            DeliveryState::Failed => ("failed", None, None),
        };
        let time = |at: Option<Timestamp>| at.map(Timestamp::rfc3339_secs);
        let last_attempt_at = last.as_ref().filter(|_| attempts > 0).map(|last| last.at);
        let Attempt { at: _, status, answer, error } = last.unwrap_or_default();
        Self {
            id,
            event,
            state,
            attempts,
            created_at: created_at.rfc3339_secs(),
            delivered_at: time(delivered_at),
            next_try_at: time(next_try_at),
            last_attempt_at: time(last_attempt_at),
            last_status: status,
            last_error: error,
            last_response: answer,
            payload: serde_json::from_str(&body).unwrap_or_default(),
        }
    }
}

impl From<Deliveries> for WebhookDeliveryList {
    fn from(page: Deliveries) -> Self {
        let Deliveries { items, next } = page;
        Self { items: items.into_iter().map(DeliveryItem::from).collect(), next_cursor: next }
    }
}

/// Messages to an endpoint in the last 30 days, newest first.
#[utoipa::path(
    get,
    path = "/api/v1/tenant/webhook-endpoints/{id}/deliveries",
    operation_id = "listWebhookDeliveries",
    tag = "tenant",
    security(("session" = ["admin"]), ("firebase" = ["admin"])),
    params(
        ("id" = String, Path, description = "The endpoint's id."),
        ("cursor" = Option<String>, Query, description = "The `nextCursor` of the previous page; the first page when missing."),
        ("limit" = Option<u64>, Query, minimum = 1, maximum = 100, description = "How many, 1 to 100; 50 when missing."),
    ),
    responses(
        (status = 200, description = "A page of the log.", body = WebhookDeliveryList),
        (status = 400, description = "`validation_error`: `fields` says what is wrong with the query.", body = Error),
        (status = 404, description = "`not_found`: the workspace has no such endpoint.", body = Error),
    )
)]
pub async fn list(
    Handle(endpoints): Handle<Endpoints>,
    TenantAdmin(viewer): TenantAdmin,
    path: Id,
    DeliveriesQuery { cursor, limit }: DeliveriesQuery,
) -> Result<Json<WebhookDeliveryList>, ApiError> {
    let page = endpoints.deliveries(&viewer.current_membership.tenant_id, &id(path), cursor.as_deref(), limit).await?;
    Ok(Json(page.into()))
}
