//! `POST /api/v1/billing/resume`: undoes a cancellation while the period lasts.

use axum::Json;
use billing::service::Subscriptions;

use super::status::StatusResponse;
use crate::api::{ApiError, operations::openapi::Error, principal::TenantBiller, request::handle::Handle};

/// Undoes the cancellation of a subscription that would end with its period.
///
/// Takes no body. Safe to repeat; a subscription that is not canceled stays as it is.
#[utoipa::path(
    post,
    path = "/api/v1/billing/resume",
    operation_id = "resumeSubscription",
    tag = "billing",
    security(("session" = ["billing"]), ("firebase" = ["billing"]), ("api_key" = ["billing"])),
    responses(
        (status = 200, description = "The status after the call.", body = StatusResponse),
        (status = 400, description = "`no_subscription`: it has ended; a checkout starts another.", body = Error),
        (status = 409, description = "`conflict`: the subscription is changing too quickly; try again.\n`unknown_at_provider`: the provider does not know this workspace's customer or subscription; nothing was changed.", body = Error),
        (status = 429, description = "`throttled`: the provider was asked too often for this workspace; `Retry-After` says when to try again.", body = Error),
        (status = 501, description = "`billing_not_configured`.", body = Error),
        (status = 502, description = "`provider_rejected`: the provider refused; the message has its reason.", body = Error),
        (status = 503, description = "`provider_unavailable`: nothing was changed; try again.\n`outcome_unknown`: the provider did not answer, and it is not known whether the change was made; fetch the current state, then try again: a repeat makes it once.\n`provider_account_changed`: the provider's key does not open the account that this installation uses; nothing was changed.", body = Error),
    )
)]
pub async fn resume(
    Handle(subscriptions): Handle<Subscriptions>,
    TenantBiller(biller): TenantBiller,
) -> Result<Json<StatusResponse>, ApiError> {
    subscriptions.resume(&biller).await?;
    Ok(Json(subscriptions.status(biller.tenant()).await?.into()))
}
