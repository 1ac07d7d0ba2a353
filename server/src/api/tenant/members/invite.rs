//! `POST /api/v1/tenant/members`: invites an address. A person becomes a member only by accepting an invitation.

use axum::{Json, http::StatusCode};
use billing::service::Invitations;

use crate::api::{
    ApiError,
    operations::openapi::{Error, UsageLimitError},
    principal::{MaybeConfirmed, TenantAdmin},
    request::{body::Body, handle::Handle},
    tenant::invitations::create::{CreatedInvitation, InvitationRequest},
};

/// Invites an address to the workspace: the same as `POST /api/v1/tenant/invitations`.
///
/// A person becomes a member only by accepting an invitation.
#[utoipa::path(
    post,
    path = "/api/v1/tenant/members",
    operation_id = "inviteMember",
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
pub async fn invite(
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
