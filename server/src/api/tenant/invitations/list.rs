//! `GET /api/v1/tenant/invitations`: pending invitations, oldest first.

use axum::Json;
use billing::service::Invitations;
use domain::{account::Role, wire::PendingInvitation};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::{ApiError, principal::TenantAdmin, request::handle::Handle};

#[derive(Debug, Serialize, ToSchema)]
pub struct InvitationList {
    items: Vec<InvitationItem>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Invitation)]
pub struct InvitationItem {
    id: String,
    email: String,
    role: Role,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    expires_at: String,
    /// The mail server's reason when the invitation could not be delivered.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    undelivered: Option<String>,
}

impl From<PendingInvitation> for InvitationItem {
    fn from(invitation: PendingInvitation) -> Self {
        let PendingInvitation { id, email, role, created_at, expires_at, undelivered } = invitation;
        let undelivered = undelivered.map(|undelivered| undelivered.reason);
        let (created_at, expires_at) = (created_at.rfc3339_secs(), expires_at.rfc3339_secs());
        Self { id: id.into(), email: email.into(), role, created_at, expires_at, undelivered }
    }
}

/// Pending invitations, oldest first. Links are not shown again: invite once more for a new one.
#[utoipa::path(
    get,
    path = "/api/v1/tenant/invitations",
    operation_id = "listInvitations",
    tag = "tenant",
    security(("session" = ["admin"]), ("firebase" = ["admin"])),
    responses((status = 200, description = "All of them.", body = InvitationList))
)]
pub async fn list(
    Handle(invitations): Handle<Invitations>,
    TenantAdmin(viewer): TenantAdmin,
) -> Result<Json<InvitationList>, ApiError> {
    let open = invitations.open_invitations(&viewer.current_membership.tenant_id).await?;
    Ok(Json(InvitationList { items: open.into_iter().map(InvitationItem::from).collect() }))
}
