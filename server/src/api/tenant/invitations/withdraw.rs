//! `DELETE /api/v1/tenant/invitations/{id}`: withdraws an invitation.

use axum::{
    extract::{Path, rejection::PathRejection},
    http::StatusCode,
};
use billing::service::{Invitations, ServiceError};
use domain::ids::InvitationId;

use crate::api::{ApiError, operations::openapi::Error, principal::TenantAdmin, request::handle::Handle};

/// Withdraws an invitation. Its links stop working.
#[utoipa::path(
    delete,
    path = "/api/v1/tenant/invitations/{id}",
    operation_id = "withdrawInvitation",
    tag = "tenant",
    security(("session" = ["admin"]), ("firebase" = ["admin"])),
    params(("id" = String, Path, description = "The invitation's id.")),
    responses(
        (status = 204, description = "The invitation is withdrawn."),
        (status = 403, description = "`owner_required`: only an owner withdraws an invitation as owner.", body = Error),
        (status = 404, description = "`not_found`: no open invitation has this id.", body = Error),
    )
)]
pub async fn withdraw(
    Handle(invitations): Handle<Invitations>,
    TenantAdmin(viewer): TenantAdmin,
    id: Result<Path<InvitationId>, PathRejection>,
) -> Result<StatusCode, ApiError> {
    // A path that is not UTF-8 matches no invitation.
    let Ok(Path(id)) = id else { return Err(ServiceError::NotFound("invitation").into()) };
    invitations.withdraw_invitation(&viewer, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
