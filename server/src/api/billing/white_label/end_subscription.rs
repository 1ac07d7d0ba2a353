//! `DELETE /billing/tenant/subscriptions/{id}`: ends a subscription of the workspace's customer.

use axum::{
    Json,
    extract::{FromRequestParts, Path, rejection::PathRejection},
    http::request::Parts,
};
use billing::{
    payment::merchant::CancellationTiming,
    service::{ServiceError, WhiteLabel},
};
use url::form_urlencoded;

use super::{AccountQuery, list_subscriptions::TenantSubscription};
use crate::api::{ApiError, operations::openapi::Error, principal::TenantMerchant, request::handle::Handle};

/// When the subscription ends.
#[derive(Debug)]
pub struct EndQuery(CancellationTiming);

impl<S: Sync> FromRequestParts<S> for EndQuery {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let query = parts.uri.query().unwrap_or_default().as_bytes();
        let given = form_urlencoded::parse(query).find(|(name, _)| name == "immediately");
        match given.as_ref().map(|(_, value)| value.as_ref()) {
            None | Some("false") => Ok(Self(CancellationTiming::AtPeriodEnd)),
            Some("true") => Ok(Self(CancellationTiming::Immediately)),
            Some(_) => Err(ServiceError::field("immediately", "immediately must be true or false.").into()),
        }
    }
}

/// Ends a customer's subscription with the paid period, or at once. Safe to repeat.
#[utoipa::path(
    delete,
    path = "/billing/tenant/subscriptions/{id}",
    operation_id = "endTenantSubscription",
    tag = "white-label",
    security(("session" = ["admin"]), ("firebase" = ["admin"]), ("api_key" = ["billing"])),
    params(
        ("id" = String, Path, description = "The subscription's id at the provider."),
        ("immediately" = Option<bool>, Query, description = "`true` revokes it at once."),
        ("provider" = Option<String>, Query, description = "`polar` or `stripe`, for a workspace with keys of both; Polar when missing."),
    ),
    responses(
        (status = 200, description = "The subscription after the call.", body = TenantSubscription),
        (status = 400, description = "`validation_error`: `fields` says what is wrong with the query.", body = Error),
        (status = 404, description = "`not_found`: the provider knows no such subscription.", body = Error),
    )
)]
pub async fn end(
    Handle(white_label): Handle<WhiteLabel>,
    TenantMerchant(merchant): TenantMerchant,
    AccountQuery(at): AccountQuery,
    id: Result<Path<String>, PathRejection>,
    EndQuery(end): EndQuery,
) -> Result<Json<TenantSubscription>, ApiError> {
    let id = id.map(|Path(id)| id).unwrap_or_default();
    Ok(Json(white_label.end_merchant_subscription(&merchant, at, &id, end).await?.into()))
}
