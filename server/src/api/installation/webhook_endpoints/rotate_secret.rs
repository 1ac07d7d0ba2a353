//! `POST /api/v1/webhook-endpoints/{id}/rotate-secret`: a new secret, valid beside the old one for a day.

use axum::Json;
use billing::{identity::factors::Confirmed, service::Endpoints};

use super::authority;
use crate::api::{
    ApiError,
    operations::openapi::Error,
    request::{handle::Handle, installation::WebhooksKey},
    tenant::webhook_endpoints::{EndpointWithSecretItem, Id, id},
};

/// Creates a new secret for an endpoint of the installation, shown once. For 24 hours messages are signed with the old
/// one, too. A secret that an earlier rotation replaced ends at once.
#[utoipa::path(
    post,
    path = "/api/v1/webhook-endpoints/{id}/rotate-secret",
    operation_id = "rotateInstallationWebhookSecret",
    tag = "installation",
    security(("installation_key" = ["webhooks"])),
    params(("id" = String, Path, description = "The endpoint's id.")),
    responses(
        (status = 200, description = "The endpoint with its new secret, which is shown only this once.", body = EndpointWithSecretItem),
        (status = 403, description = "`installation_key_required`: only a key of the installation can do this.", body = Error),
        (status = 404, description = "`not_found`: the installation has no such endpoint.", body = Error),
        (status = 501, description = "`secrets_not_configured`: `SECRETS_KEY` is not set here.", body = Error),
    )
)]
pub async fn rotate_secret(
    Handle(endpoints): Handle<Endpoints>,
    WebhooksKey(key): WebhooksKey,
    path: Id,
) -> Result<Json<EndpointWithSecretItem>, ApiError> {
    let rotated = endpoints.rotate_endpoint_secret(authority(&key)?, &Confirmed::not_asked(), &id(path)).await?;
    Ok(Json(rotated.into()))
}
