//! `GET /api/v1/billing/seats`: the seats that the workspace pays for.

use axum::Json;
use billing::service::Subscriptions;

use super::SeatsResponse;
use crate::api::{ApiError, operations::openapi::Error, principal::TenantBiller, request::handle::Handle};

/// The seats that the workspace pays for, and how many are in use.
#[utoipa::path(
    get,
    path = "/api/v1/billing/seats",
    operation_id = "getSeats",
    tag = "billing",
    security(("session" = ["billing"]), ("firebase" = ["billing"]), ("api_key" = ["billing"])),
    responses(
        (status = 200, description = "The seats; `dueNow` is `null`.", body = SeatsResponse),
        (status = 400, description = "`no_subscription`: this workspace pays for no plan.\n`validation_error`: its plan is sold without seats.", body = Error),
    )
)]
pub async fn show(
    Handle(subscriptions): Handle<Subscriptions>,
    TenantBiller(biller): TenantBiller,
) -> Result<Json<SeatsResponse>, ApiError> {
    Ok(Json(SeatsResponse::new(subscriptions.seats(biller.tenant()).await?, None)))
}
