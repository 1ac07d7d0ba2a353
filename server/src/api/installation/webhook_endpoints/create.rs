//! `POST /api/v1/webhook-endpoints`: `{"url","events"?,"description"?}` → 201, with the secret, shown once.

use axum::{Json, http::StatusCode};
use billing::{
    identity::factors::Confirmed,
    service::{Endpoints, webhook::endpoint::EndpointSettings},
};
use domain::tenant::webhook_event::WebhookEvent;
use utoipa::ToSchema;

use super::{authority, event_names};
use crate::api::{
    ApiError,
    operations::openapi::Error,
    request::{
        body::{Body, Fields, ReadFields},
        handle::Handle,
        installation::WebhooksKey,
    },
    tenant::webhook_endpoints::EndpointWithSecretItem,
};

#[derive(Debug, ToSchema)]
#[schema(example = json!({
    "url": "https://hooks.example.com/dues",
    "events": ["tenant.created", "subscription.updated", "invoice.payment_failed"],
    "description": "Keeps the product's copy of its customers"
}))]
pub struct CreateInstallationWebhookEndpointRequest {
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

impl ReadFields for CreateInstallationWebhookEndpointRequest {
    fn read(fields: &mut Fields) -> Self {
        Self {
            url: fields.text("url"),
            events: fields.optional_words("events", &event_names()),
            description: fields.optional_text("description"),
        }
    }
}

/// Creates an endpoint of the installation, which receives the events of all tenants from now on. The secret is shown
/// once.
///
/// Messages are sent, signed and retried as those to a workspace's endpoints. Each `data` has the tenant's `tenantId`,
/// `externalId` and `revision`. Deliveries come in any order: of two messages about a tenant, the one with the greater
/// `revision` is the newer one.
#[utoipa::path(
    post,
    path = "/api/v1/webhook-endpoints",
    operation_id = "createInstallationWebhookEndpoint",
    tag = "installation",
    security(("installation_key" = ["webhooks"])),
    request_body = CreateInstallationWebhookEndpointRequest,
    responses(
        (status = 201, description = "The endpoint with its secret, which is shown only this once.", body = EndpointWithSecretItem),
        (status = 403, description = "`installation_key_required`: only a key of the installation can do this.", body = Error),
        (status = 409, description = "`too_many_webhook_endpoints`: the installation has the maximum number.", body = Error),
        (status = 501, description = "`secrets_not_configured`: `SECRETS_KEY` is not set here.", body = Error),
    )
)]
pub async fn create(
    Handle(endpoints): Handle<Endpoints>,
    WebhooksKey(key): WebhooksKey,
    Body(request): Body<CreateInstallationWebhookEndpointRequest>,
) -> Result<(StatusCode, Json<EndpointWithSecretItem>), ApiError> {
    let CreateInstallationWebhookEndpointRequest { url, events, description } = request;
    let settings = EndpointSettings { url, events, description: description.unwrap_or_default() };
    let made = endpoints.create_endpoint(authority(&key)?, &Confirmed::not_asked(), settings).await?;
    Ok((StatusCode::CREATED, Json(made.into())))
}
