//! `POST /api/v1/tenant/webhook-endpoints/{id}/rotate-secret`: a new secret. The old one stays valid for a day.

use axum::Json;
use billing::service::Endpoints;

use super::{EndpointWithSecretItem, Id, id};
use crate::api::{
    ApiError,
    operations::openapi::Error,
    principal::{ConfirmedCaller, TenantAdmin},
    request::handle::Handle,
};

/// Creates a new secret, shown once. For 24 hours messages are signed with the old one, too. A secret that an earlier
/// rotation replaced ends at once.
#[utoipa::path(
    post,
    path = "/api/v1/tenant/webhook-endpoints/{id}/rotate-secret",
    operation_id = "rotateWebhookSecret",
    tag = "tenant",
    security(("session" = ["admin"]), ("firebase" = ["admin"])),
    params(("id" = String, Path, description = "The endpoint's id.")),
    responses(
        (status = 200, description = "The endpoint with its new secret, which is shown only this once.", body = EndpointWithSecretItem),
        (status = 403, description = "`confirmation_required`: confirm with `POST /api/v1/auth/confirm` first.", body = Error),
        (status = 404, description = "`not_found`: the workspace has no such endpoint.", body = Error),
        (status = 501, description = "`secrets_not_configured`: `SECRETS_KEY` is not set here.", body = Error),
    )
)]
pub async fn rotate_secret(
    Handle(endpoints): Handle<Endpoints>,
    TenantAdmin(viewer): TenantAdmin,
    ConfirmedCaller(confirmed): ConfirmedCaller,
    path: Id,
) -> Result<Json<EndpointWithSecretItem>, ApiError> {
    Ok(Json(endpoints.rotate_endpoint_secret(&viewer, &confirmed, &id(path)).await?.into()))
}
