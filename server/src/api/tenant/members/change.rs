//! `PATCH /api/v1/tenant/members/{userId}`: changes a member's role.

use axum::{Json, extract::Path};
use billing::service::{ServiceError, Tenants, tenant::team::KeysOfMember};
use domain::{account::Role, ids::UserId};
use utoipa::ToSchema;

use super::list::MemberItem;
use crate::api::{
    ApiError,
    operations::openapi::Error,
    principal::{MaybeConfirmed, TenantAdmin},
    request::{
        body::{Body, Fields, ReadFields},
        handle::Handle,
    },
};

#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase", example = json!({ "role": "admin" }))]
pub struct ChangeRoleRequest {
    role: Role,
    /// Whether the caller takes over API keys that the member created, when the member is no admin any more; else they
    /// are revoked.
    #[schema(required = false, default = false)]
    take_over_keys: bool,
}

impl ReadFields for ChangeRoleRequest {
    fn read(fields: &mut Fields) -> Self {
        Self {
            role: fields.word("role", "owner, admin, billing or member").unwrap_or(Role::Member),
            take_over_keys: fields.optional_flag("takeOverKeys").unwrap_or_default(),
        }
    }
}

/// Changes a member's role. Only owners make and change owners; at least one owner must remain. Safe to repeat.
///
/// A member who is no admin any more loses the API keys that they created, within a second on all nodes, unless the
/// caller takes them over.
#[utoipa::path(
    patch,
    path = "/api/v1/tenant/members/{userId}",
    operation_id = "changeMember",
    tag = "tenant",
    security(("session" = ["admin"]), ("firebase" = ["admin"])),
    params(("userId" = String, Path, description = "The member's `userId`.")),
    request_body = ChangeRoleRequest,
    responses(
        (status = 200, description = "The member after the change.", body = MemberItem),
        (status = 403, description = "`address_not_proven`: the caller would take keys over, and their address is not verified.\n`confirmation_required`: to give another role than member, or to demote an owner, confirm with `POST /api/v1/auth/confirm` first.\n`owner_required`: only an owner makes and changes owners.", body = Error),
        (status = 404, description = "`not_found`: no such member.", body = Error),
        (status = 409, description = "`last_owner`: make another member an owner first.", body = Error),
    )
)]
pub async fn change(
    Handle(tenants): Handle<Tenants>,
    TenantAdmin(viewer): TenantAdmin,
    confirmed: MaybeConfirmed,
    user: Result<Path<UserId>, axum::extract::rejection::PathRejection>,
    Body(ChangeRoleRequest { role, take_over_keys }): Body<ChangeRoleRequest>,
) -> Result<Json<MemberItem>, ApiError> {
    // A path that is not a valid user id matches no member.
    let Ok(Path(user)) = user else { return Err(ServiceError::NotFound("member").into()) };
    let new_role = (role, KeysOfMember::taken_over(take_over_keys));
    Ok(Json(tenants.change_role(&viewer, &user, new_role, confirmed.get()).await?.into()))
}
