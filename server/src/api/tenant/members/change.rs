//! `PATCH /api/v1/tenant/members/{userId}`: makes a member something else.

use axum::{
    Json,
    extract::{Path, State},
};
use billing::{Services, service::ServiceError};
use domain::{account::Role, ids::UserId};
use utoipa::ToSchema;

use super::list::MemberItem;
use crate::api::{
    ApiError,
    body::{Body, Fields, ReadFields},
    openapi::Error,
    principal::TenantAdmin,
};

#[derive(Debug, ToSchema)]
#[schema(example = json!({ "role": "admin" }))]
pub struct ChangeRoleRequest {
    role: Role,
}

impl ReadFields for ChangeRoleRequest {
    fn read(fields: &mut Fields) -> Self {
        Self { role: fields.word("role", "owner, admin or member").unwrap_or(Role::Member) }
    }
}

/// Makes a member something else. Owners are made and changed by owners alone, and one stays. Safe to repeat.
#[utoipa::path(
    patch,
    path = "/api/v1/tenant/members/{userId}",
    operation_id = "changeMember",
    tag = "tenant",
    security(("session" = ["admin"]), ("firebase" = ["admin"])),
    params(("userId" = String, Path, description = "The member's `userId`.")),
    request_body = ChangeRoleRequest,
    responses(
        (status = 200, description = "The member as she is now.", body = MemberItem),
        (status = 403, description = "`owner_required`: only an owner makes and changes owners.", body = Error),
        (status = 404, description = "`not_found`: no such member.", body = Error),
        (status = 409, description = "`last_owner`: make somebody else an owner first.", body = Error),
    )
)]
pub async fn change(
    State(services): State<Services>,
    TenantAdmin(viewer): TenantAdmin,
    user: Result<Path<UserId>, axum::extract::rejection::PathRejection>,
    Body(ChangeRoleRequest { role }): Body<ChangeRoleRequest>,
) -> Result<Json<MemberItem>, ApiError> {
    // What can be nobody's id is nobody's.
    let Ok(Path(user)) = user else { return Err(ServiceError::NotFound("member").into()) };
    Ok(Json(services.change_role(&viewer, &user, role).await?.into()))
}
