//! `POST /api/v1/invitations/accept`: `{"token"}` → 200, the workspace that the caller joined.

use axum::Json;
use billing::service::{Invitations, tenant::team::invitation::Joined};
use domain::account::Role;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::{
    ApiError,
    operations::openapi::{Error, UsageLimitError},
    principal::Person,
    request::{
        body::{Body, Fields, ReadFields},
        handle::Handle,
    },
};

#[derive(Debug, ToSchema)]
pub struct AcceptRequest {
    /// The last part of the link's path.
    token: String,
}

impl ReadFields for AcceptRequest {
    fn read(fields: &mut Fields) -> Self {
        Self { token: fields.text("token") }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AcceptResponse {
    tenant_id: String,
    tenant_name: String,
    role: Role,
}

impl From<Joined> for AcceptResponse {
    fn from(joined: Joined) -> Self {
        let Joined { tenant, tenant_name, role } = joined;
        Self { tenant_id: tenant.into(), tenant_name, role }
    }
}

/// Accepts an invitation for the caller, who must have the address that it is for. Safe to repeat.
#[utoipa::path(
    post,
    path = "/api/v1/invitations/accept",
    operation_id = "acceptInvitation",
    tag = "tenant",
    security(("session" = []), ("firebase" = [])),
    request_body = AcceptRequest,
    responses(
        (status = 200, description = "The workspace that the caller now belongs to.", body = AcceptResponse),
        (status = 402, description = "`limit_reached`: every place of the plan is taken.", body = UsageLimitError),
        (status = 403, description = "`other_address`: the invitation is for another address.", body = Error),
        (status = 404, description = "`link_unknown`: there is no such invitation.", body = Error),
        (status = 410, description = "`link_over`: it was used, withdrawn or replaced, or it has expired.", body = Error),
    )
)]
pub async fn accept(
    Handle(invitations): Handle<Invitations>,
    Person(account): Person,
    Body(AcceptRequest { token }): Body<AcceptRequest>,
) -> Result<Json<AcceptResponse>, ApiError> {
    Ok(Json(invitations.accept_invitation(&account, &token).await?.into()))
}
