//! `POST /api/v1/tenant/invitations`: `{"email","role"}` → 201, with the link, shown once.

use axum::{Json, http::StatusCode};
use billing::service::{Invitations, tenant::team::invitation::NewInvitation};
use domain::account::Role;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::{
    ApiError,
    operations::openapi::{Error, UsageLimitError},
    principal::{MaybeConfirmed, TenantAdmin},
    request::{
        body::{Body, Fields, ReadFields},
        handle::Handle,
    },
};

#[derive(Debug, ToSchema)]
#[schema(example = json!({ "email": "ada@example.com", "role": "member" }))]
pub struct InvitationRequest {
    pub email: String,
    pub role: Role,
}

impl ReadFields for InvitationRequest {
    fn read(fields: &mut Fields) -> Self {
        Self {
            email: fields.text("email"),
            role: fields.word("role", "owner, admin, billing or member").unwrap_or(Role::Member),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreatedInvitation {
    id: String,
    email: String,
    role: Role,
    /// The page that accepts it, shown once. It works once.
    url: String,
    /// Whether a mail with a link is queued; `false` when no mail is configured, or the address has received enough of
    /// such mails.
    mailed: bool,
    #[schema(format = DateTime)]
    expires_at: String,
}

impl From<NewInvitation> for CreatedInvitation {
    fn from(invited: NewInvitation) -> Self {
        let NewInvitation { id, email, role, url, is_mailed, expires_at } = invited;
        let expires_at = expires_at.rfc3339_secs();
        Self { id: id.into(), email: email.into(), role, url, mailed: is_mailed, expires_at }
    }
}

/// Invites an address to the workspace. The link is mailed when mail is configured; else hand it over.
///
/// A pending invitation to the same address is replaced and its links end. Only owners invite owners. An invitation
/// takes a seat when it is accepted.
#[utoipa::path(
    post,
    path = "/api/v1/tenant/invitations",
    operation_id = "createInvitation",
    tag = "tenant",
    security(("session" = ["admin"]), ("firebase" = ["admin"])),
    request_body = InvitationRequest,
    responses(
        (status = 201, description = "The invitation with its link, which is shown only this once.", body = CreatedInvitation),
        (status = 402, description = "`limit_reached`: every place of the plan is taken.", body = UsageLimitError),
        (status = 403, description = "`address_not_proven`: the caller's address is not verified.\n`confirmation_required`: to invite with another role than member, confirm with `POST /api/v1/auth/confirm` first.\n`owner_required`: only an owner invites owners.", body = Error),
        (status = 409, description = "`already_member`.", body = Error),
        (status = 429, description = "`throttled`: too many invitations; `Retry-After` says when to try again.", body = Error),
    )
)]
pub async fn create(
    Handle(invitations): Handle<Invitations>,
    TenantAdmin(viewer): TenantAdmin,
    confirmed: MaybeConfirmed,
    Body(InvitationRequest { email, role }): Body<InvitationRequest>,
) -> Result<(StatusCode, Json<CreatedInvitation>), ApiError> {
    let invited = invitations.invite(&viewer, &email, role, confirmed.get()).await?;
    if role.may_bill() {
        confirmed.mark_needed();
    }
    Ok((StatusCode::CREATED, Json(invited.into())))
}
