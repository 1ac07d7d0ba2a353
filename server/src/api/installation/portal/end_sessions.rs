//! `DELETE /api/v1/portal-sessions?user=…`: ends the portal sessions and unopened links of a user of the product.

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, request::Parts},
};
use billing::service::{Portal, ServiceError};
use domain::tenant::external_id::{EXTERNAL_ID_MAX_BYTES, ExternalId};
use url::form_urlencoded;

use crate::api::{
    ApiError,
    operations::openapi::Error,
    request::{handle::Handle, installation::InstallationTenant},
};

/// Whose sessions end.
#[derive(Debug)]
pub struct UserQuery(ExternalId);

impl<S: Sync> FromRequestParts<S> for UserQuery {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let query = parts.uri.query().unwrap_or_default().as_bytes();
        let mut users = form_urlencoded::parse(query).filter(|(name, _)| name == "user").map(|(_, user)| user);
        let user = users.next().filter(|_| users.next().is_none()).and_then(|user| user.parse().ok());
        user.map(Self).ok_or_else(|| {
            let message = format!("Send the user's id once, as user: 1 to {EXTERNAL_ID_MAX_BYTES} bytes of text.");
            ServiceError::field("user", message).into()
        })
    }
}

/// Ends all portal sessions of a user in the workspace, and the links that they have not opened. Safe to repeat.
#[utoipa::path(
    delete,
    path = "/api/v1/portal-sessions",
    operation_id = "endPortalSessions",
    tag = "tenant",
    security(("installation_key" = ["portal"])),
    params(("user" = String, Query, description = "The product's id of the user, `user.externalId` of their links.")),
    responses(
        (status = 204, description = "No session and no link of the user works any more."),
        (status = 400, description = "`validation_error`: `user` is missing or no id.", body = Error),
        (status = 403, description = "`installation_key_required`: only a key of the installation ends sessions.\n`scope_required`: the key lacks the scope `portal`.", body = Error),
    )
)]
pub async fn end(
    Handle(portal): Handle<Portal>,
    InstallationTenant(principal, tenant): InstallationTenant,
    UserQuery(user): UserQuery,
) -> Result<StatusCode, ApiError> {
    portal.end_sessions_of(&tenant, principal.actor(), &user).await?;
    Ok(StatusCode::NO_CONTENT)
}
