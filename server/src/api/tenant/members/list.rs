//! `GET /api/v1/tenant/members`: all members of the workspace, oldest membership first.

use axum::Json;
use billing::service::Tenants;
use domain::{account::Role, wire::Member};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::{ApiError, principal::TenantAdmin, request::handle::Handle};

#[derive(Debug, Serialize, ToSchema)]
pub struct MemberList {
    items: Vec<MemberItem>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Member)]
pub struct MemberItem {
    user_id: String,
    email: String,
    role: Role,
    #[schema(format = DateTime)]
    joined_at: String,
}

impl From<Member> for MemberItem {
    fn from(member: Member) -> Self {
        let Member { user_id, email, role, joined_at } = member;
        Self { user_id: user_id.into(), email: email.into(), role, joined_at: joined_at.rfc3339_secs() }
    }
}

/// All members of the workspace, oldest membership first.
#[utoipa::path(
    get,
    path = "/api/v1/tenant/members",
    operation_id = "listMembers",
    tag = "tenant",
    security(("session" = ["admin"]), ("firebase" = ["admin"])),
    responses((status = 200, description = "All of them.", body = MemberList))
)]
pub async fn list(
    Handle(tenants): Handle<Tenants>,
    TenantAdmin(viewer): TenantAdmin,
) -> Result<Json<MemberList>, ApiError> {
    let members = tenants.members(&viewer.current_membership.tenant_id).await?;
    Ok(Json(MemberList { items: members.into_iter().map(MemberItem::from).collect() }))
}
