//! `DELETE /tenant/secrets/{key}`: deletes a secret.

use axum::{
    extract::{Path, rejection::PathRejection},
    http::StatusCode,
};
use billing::service::Secrets;

use crate::api::{
    ApiError,
    operations::openapi::Error,
    principal::{ConfirmedCaller, TenantSecretsManager},
    request::handle::Handle,
};

/// Deletes a secret, which makes room for another.
#[utoipa::path(
    delete,
    path = "/tenant/secrets/{key}",
    operation_id = "deleteSecret",
    tag = "tenant",
    security(("session" = ["admin"]), ("firebase" = ["admin"]), ("api_key" = ["secrets"])),
    params(("key" = String, Path, description = "The secret's key.")),
    responses(
        (status = 403, description = "`confirmation_required`: confirm with `POST /api/v1/auth/confirm` first.", body = Error),
        (status = 204, description = "The secret is deleted."),
        (status = 404, description = "`not_found`: the workspace has no secret with this key.", body = Error),
    )
)]
pub async fn delete(
    Handle(secrets): Handle<Secrets>,
    TenantSecretsManager(manager): TenantSecretsManager,
    ConfirmedCaller(confirmed): ConfirmedCaller,
    key: Result<Path<String>, PathRejection>,
) -> Result<StatusCode, ApiError> {
    // A path that is not UTF-8 becomes the empty key, which no secret has.
    let key = key.map(|Path(key)| key).unwrap_or_default();
    secrets.delete_secret(&manager.confirmed(&confirmed), &key).await?;
    Ok(StatusCode::NO_CONTENT)
}
