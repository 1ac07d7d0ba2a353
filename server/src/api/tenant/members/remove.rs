//! `DELETE /api/v1/tenant/members/{userId}`: removes a member, or leaves.

use std::collections::BTreeMap;

use axum::{
    extract::{Path, Query, rejection::PathRejection},
    http::StatusCode,
};
use billing::service::{ServiceError, Tenants, tenant::team::KeysOfMember};
use domain::ids::UserId;

use crate::api::{
    ApiError,
    operations::openapi::Error,
    principal::{MaybeConfirmed, TenantMember},
    request::handle::Handle,
};

/// Removes a member, who loses access at once on all nodes. Members may remove themselves to leave.
///
/// Only owners remove owners; at least one owner must remain. API keys that the member created are revoked within a
/// second on all nodes, unless the caller takes them over; on leaving they are revoked.
#[utoipa::path(
    delete,
    path = "/api/v1/tenant/members/{userId}",
    operation_id = "removeMember",
    tag = "tenant",
    security(("session" = []), ("firebase" = [])),
    params(
        ("userId" = String, Path, description = "The member's `userId`."),
        ("takeOverKeys" = Option<bool>, Query, description = "Whether the caller takes over API keys that the member created; otherwise they are revoked."),
    ),
    responses(
        (status = 204, description = "The member is removed."),
        (status = 400, description = "`validation_error`: `fields` says what is wrong with the query.", body = Error),
        (status = 403, description = "`address_not_proven`: the caller would take keys over, and their address is not verified.\n`confirmation_required`: to remove another owner, confirm with `POST /api/v1/auth/confirm` first.\n`owner_required`: only an owner removes owners.\n`admin_required`: only an owner or admin removes others.", body = Error),
        (status = 404, description = "`not_found`: no such member.", body = Error),
        (status = 409, description = "`last_owner`: make another member an owner first.", body = Error),
    )
)]
pub async fn remove(
    Handle(tenants): Handle<Tenants>,
    TenantMember(viewer): TenantMember,
    confirmed: MaybeConfirmed,
    user: Result<Path<UserId>, PathRejection>,
    Query(query): Query<BTreeMap<String, String>>,
) -> Result<StatusCode, ApiError> {
    let keys = match query.get("takeOverKeys").map(String::as_str) {
        None | Some("false") => KeysOfMember::End,
        Some("true") => KeysOfMember::TakeOver,
        Some(_) => return Err(ServiceError::field("takeOverKeys", "takeOverKeys must be true or false.").into()),
    };
    match user {
        Ok(Path(user)) => tenants.remove_member(&viewer, &user, keys, confirmed.get()).await?,
        // A path that is not a valid user id matches no member. Other callers than admins get the same error as for any
        // id that is not their own: they must not learn whose id is a member's.
        Err(_) if viewer.current_membership.role.is_admin() => return Err(ServiceError::NotFound("member").into()),
        Err(_) => return Err(ServiceError::AdminRequired.into()),
    }
    Ok(StatusCode::NO_CONTENT)
}
