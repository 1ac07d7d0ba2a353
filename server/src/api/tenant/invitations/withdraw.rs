//! `DELETE /api/v1/tenant/invitations/{id}`: takes an invitation back.

use axum::{
    extract::{Path, State, rejection::PathRejection},
    http::StatusCode,
};
use billing::{Services, service::ServiceError};
use domain::ids::InvitationId;

use crate::api::{ApiError, openapi::Error, principal::TenantAdmin};

/// Takes an invitation back: its links work no more.
#[utoipa::path(
    delete,
    path = "/api/v1/tenant/invitations/{id}",
    operation_id = "withdrawInvitation",
    tag = "tenant",
    security(("session" = ["admin"]), ("firebase" = ["admin"])),
    params(("id" = String, Path, description = "The invitation's id.")),
    responses(
        (status = 204, description = "It is withdrawn."),
        (status = 403, description = "`owner_required`: only an owner withdraws an invitation as owner.", body = Error),
        (status = 404, description = "`not_found`: no open invitation has this id.", body = Error),
    )
)]
pub async fn withdraw(
    State(services): State<Services>,
    TenantAdmin(viewer): TenantAdmin,
    id: Result<Path<InvitationId>, PathRejection>,
) -> Result<StatusCode, ApiError> {
    // What can be no invitation's id is none's.
    let Ok(Path(id)) = id else { return Err(ServiceError::NotFound("invitation").into()) };
    services.withdraw_invitation(&viewer, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
