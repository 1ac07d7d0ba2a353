//! `DELETE /api/v1/tenant/members/{userId}`: removes a member, or leaves.

use axum::{
    extract::{Path, State, rejection::PathRejection},
    http::StatusCode,
};
use billing::{Services, service::ServiceError};
use domain::ids::UserId;

use crate::api::{ApiError, openapi::Error, principal::TenantMember};

/// Removes a member, who loses access at once, on every node. With one's own `userId` it is leaving, which every member may.
///
/// Owners are removed by owners alone, and one stays.
#[utoipa::path(
    delete,
    path = "/api/v1/tenant/members/{userId}",
    operation_id = "removeMember",
    tag = "tenant",
    security(("session" = []), ("firebase" = [])),
    params(("userId" = String, Path, description = "The member's `userId`.")),
    responses(
        (status = 204, description = "She does not belong any more."),
        (status = 403, description = "`owner_required`: only an owner removes owners.\n`admin_required`: only an owner or admin removes others.", body = Error),
        (status = 404, description = "`not_found`: no such member.", body = Error),
        (status = 409, description = "`last_owner`: make somebody else an owner first.", body = Error),
    )
)]
pub async fn remove(
    State(services): State<Services>,
    TenantMember(viewer): TenantMember,
    user: Result<Path<UserId>, PathRejection>,
) -> Result<StatusCode, ApiError> {
    match user {
        Ok(Path(user)) => services.remove_member(&viewer, &user).await?,
        // What can be nobody's id is nobody's, and only admins are told of members.
        Err(_) if viewer.here.role.is_admin() => return Err(ServiceError::NotFound("member").into()),
        Err(_) => return Err(ServiceError::AdminRequired.into()),
    }
    Ok(StatusCode::NO_CONTENT)
}
