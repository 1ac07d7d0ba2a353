//! `GET /billing/tenant/customers/{id}/state`: a customer's active subscriptions.

use axum::{
    Json,
    extract::{Path, rejection::PathRejection},
};
use billing::{payment::merchant::MerchantSubscription, service::WhiteLabel};
use serde::Serialize;
use utoipa::ToSchema;

use super::AccountQuery;
use crate::api::{ApiError, operations::openapi::Error, principal::TenantMerchant, request::handle::Handle};

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "customerId": "cust-123",
    "hasActiveSubscription": true,
    "subscriptions": [{ "id": "sub-123", "status": "active", "product": "Pro Plan" }]
}))]
pub struct TenantCustomerState {
    customer_id: String,
    has_active_subscription: bool,
    /// The active subscriptions.
    subscriptions: Vec<ActiveSubscription>,
}

#[derive(Debug, Serialize, ToSchema)]
struct ActiveSubscription {
    id: String,
    /// The provider's status.
    status: String,
    /// The product's name.
    product: String,
}

impl From<MerchantSubscription> for ActiveSubscription {
    fn from(subscription: MerchantSubscription) -> Self {
        let MerchantSubscription { id, status, product, .. } = subscription;
        Self { id, status, product }
    }
}

/// Whether a customer of the workspace has an active subscription.
#[utoipa::path(
    get,
    path = "/billing/tenant/customers/{id}/state",
    operation_id = "getTenantCustomerState",
    tag = "white-label",
    security(("session" = ["admin"]), ("firebase" = ["admin"]), ("api_key" = ["billing"])),
    params(
        ("id" = String, Path, description = "The customer's id at the provider."),
        ("provider" = Option<String>, Query, description = "`polar` or `stripe`, for a workspace with keys of both; Polar when missing."),
    ),
    responses(
        (status = 200, description = "The customer's active subscriptions.", body = TenantCustomerState),
        (status = 400, description = "`validation_error`: `fields` says what is wrong with the query.", body = Error),
        (status = 404, description = "`not_found`: the provider knows no such customer.", body = Error),
    )
)]
pub async fn state(
    Handle(white_label): Handle<WhiteLabel>,
    TenantMerchant(merchant): TenantMerchant,
    AccountQuery(at): AccountQuery,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<TenantCustomerState>, ApiError> {
    // A path that is not UTF-8 is read as an empty id, which is unknown.
    let customer_id = id.map(|Path(id)| id).unwrap_or_default();
    let active = white_label.customer_subscriptions(&merchant, at, &customer_id).await?;
    Ok(Json(TenantCustomerState {
        customer_id,
        has_active_subscription: !active.is_empty(),
        subscriptions: active.into_iter().map(ActiveSubscription::from).collect(),
    }))
}
