//! `PUT /api/v1/billing/seats`: changes how many seats the workspace pays for.

use axum::{Json, extract::FromRequestParts, http::request::Parts};
use billing::service::{ServiceError, Subscriptions};
use domain::catalog::MOST_SEATS;
use url::form_urlencoded;
use utoipa::ToSchema;

use super::SeatsResponse;
use crate::api::{
    ApiError,
    operations::openapi::Error,
    principal::TenantBiller,
    request::{
        body::{Body, Fields, ReadFields},
        handle::Handle,
    },
};

#[derive(Debug, ToSchema)]
#[schema(example = json!({ "seats": 8 }))]
pub struct SeatsRequest {
    /// All seats, those included in the plan's price too.
    seats: u64,
}

impl ReadFields for SeatsRequest {
    fn read(fields: &mut Fields) -> Self {
        let seats = fields.optional_between("seats", 1, MOST_SEATS);
        if seats.is_none() {
            fields.note("seats", "seats is required.");
        }
        Self { seats: seats.unwrap_or_default() }
    }
}

/// The query.
#[derive(Clone, Copy, Debug)]
pub struct SeatsQuery {
    is_preview: bool,
}

impl<S: Sync> FromRequestParts<S> for SeatsQuery {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let query = parts.uri.query().unwrap_or_default().as_bytes();
        let mut is_preview = false;
        for (_, value) in form_urlencoded::parse(query).filter(|(name, _)| name == "preview") {
            is_preview = match value.as_ref() {
                "true" => true,
                "false" => false,
                _ => return Err(ServiceError::field("preview", "preview must be true or false.").into()),
            };
        }
        Ok(Self { is_preview })
    }
}

/// Changes how many seats the workspace pays for.
///
/// More seats start at once, and the difference for the rest of the period is charged. Fewer start with the next period,
/// and can't be fewer than are in use. A change replaces a decrease that waits; the current number takes it back. On
/// trial every change starts at once. With `preview`, nothing is changed, and the answer is as that of the change.
#[utoipa::path(
    put,
    path = "/api/v1/billing/seats",
    operation_id = "changeSeats",
    tag = "billing",
    security(("session" = ["billing"]), ("firebase" = ["billing"]), ("api_key" = ["billing"])),
    params(("preview" = Option<bool>, Query, description = "Whether only to say what the change would do.")),
    request_body = SeatsRequest,
    responses(
        (status = 200, description = "The seats after the change.", body = SeatsResponse),
        (status = 400, description = "`validation_error`: the plan is sold without seats, or not with so many.\n`no_subscription`: this workspace pays for no plan.", body = Error),
        (status = 409, description = "`seats_in_use`: more seats are in use than that.\n`conflict`: a payment is due, another change waits, or the subscription ends; the message says what to do first.\n`unknown_at_provider`: the provider does not know this workspace's customer or subscription; nothing was changed.", body = Error),
        (status = 429, description = "`throttled`: the provider was asked too often for this workspace; `Retry-After` says when to try again.", body = Error),
        (status = 501, description = "`billing_not_configured`.", body = Error),
        (status = 502, description = "`provider_rejected`: the provider refused, as when the card is declined; nothing was changed, and the message has its reason.", body = Error),
        (status = 503, description = "`provider_unavailable`: nothing was changed; try again.\n`outcome_unknown`: the provider did not answer, and it is not known whether the change was made; fetch the current state, then try again: a repeat makes it once.\n`provider_account_changed`: the provider's key does not open the account that this installation uses; nothing was changed.\n`busy`: too many orders of this workspace are waiting; `Retry-After` says when to try again.", body = Error),
    )
)]
pub async fn change(
    Handle(subscriptions): Handle<Subscriptions>,
    TenantBiller(biller): TenantBiller,
    SeatsQuery { is_preview }: SeatsQuery,
    Body(SeatsRequest { seats }): Body<SeatsRequest>,
) -> Result<Json<SeatsResponse>, ApiError> {
    if is_preview {
        let preview = subscriptions.preview_seats(biller.tenant(), seats).await?;
        let view = subscriptions.seats(biller.tenant()).await?;
        return Ok(Json(SeatsResponse::preview(view, preview)));
    }
    let changed = subscriptions.change_seats_charged(&biller, seats).await?;
    Ok(Json(SeatsResponse::new(changed.view, changed.charged)))
}
