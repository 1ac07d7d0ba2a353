//! `POST /api/v1/tenant/webhook-endpoints`: `{"url","events"?,"description"?}` → 201, with the secret, shown once.

use axum::{Json, http::StatusCode};
use billing::service::{Endpoints, webhook::endpoint::EndpointSettings};
use domain::tenant::webhook_event::WebhookEvent;
use utoipa::ToSchema;

use super::{EVENTS, EndpointWithSecretItem};
use crate::api::{
    ApiError,
    operations::openapi::Error,
    principal::{ConfirmedCaller, TenantAdmin},
    request::{
        body::{Body, Fields, ReadFields},
        handle::Handle,
    },
};

#[derive(Debug, ToSchema)]
#[schema(example = json!({
    "url": "https://hooks.example.com/dues",
    "events": ["limit.warning", "limit.reached"],
    "description": "Tells the chat room"
}))]
pub struct CreateWebhookEndpointRequest {
    /// An https address on the internet, without user and fragment, at port 80, 443 or one from 1024 on.
    #[schema(max_length = 2048)]
    url: String,
    /// The events to send, each once; all events when missing or `null`.
    #[schema(required = false, nullable = true, min_items = 1)]
    events: Option<Vec<WebhookEvent>>,
    /// At most 200 characters on one line.
    #[schema(required = false, nullable = true, max_length = 200)]
    description: Option<String>,
}

impl ReadFields for CreateWebhookEndpointRequest {
    fn read(fields: &mut Fields) -> Self {
        Self {
            url: fields.text("url"),
            events: fields.optional_words("events", EVENTS),
            description: fields.optional_text("description"),
        }
    }
}

/// Creates an endpoint, which receives the workspace's events from now on. The secret is shown once.
///
/// Each message is a `POST` of `{"type","timestamp","data"}`, signed as Standard Webhooks specifies: `webhook-id` is
/// the same for each attempt, `webhook-timestamp` is the time of this attempt, `webhook-signature` has one signature
/// for each valid secret. Statuses 200 to 299 accept it. Other outcomes are retried after 5 seconds, 5 minutes, 30
/// minutes, 2, 5, 10 and 10 hours; 410, or five days without an accepted message, disables the endpoint.
#[utoipa::path(
    post,
    path = "/api/v1/tenant/webhook-endpoints",
    operation_id = "createWebhookEndpoint",
    tag = "tenant",
    security(("session" = ["admin"]), ("firebase" = ["admin"])),
    request_body = CreateWebhookEndpointRequest,
    responses(
        (status = 201, description = "The endpoint with its secret, which is shown only this once.", body = EndpointWithSecretItem),
        (status = 403, description = "`confirmation_required`: confirm with `POST /api/v1/auth/confirm` first.", body = Error),
        (status = 409, description = "`too_many_webhook_endpoints`: the workspace has the maximum number.", body = Error),
        (status = 501, description = "`secrets_not_configured`: `SECRETS_KEY` is not set here.", body = Error),
    )
)]
pub async fn create(
    Handle(endpoints): Handle<Endpoints>,
    TenantAdmin(viewer): TenantAdmin,
    ConfirmedCaller(confirmed): ConfirmedCaller,
    Body(CreateWebhookEndpointRequest { url, events, description }): Body<CreateWebhookEndpointRequest>,
) -> Result<(StatusCode, Json<EndpointWithSecretItem>), ApiError> {
    let settings = EndpointSettings { url, events, description: description.unwrap_or_default() };
    let made = endpoints.create_endpoint(&viewer, &confirmed, settings).await?;
    Ok((StatusCode::CREATED, Json(made.into())))
}
