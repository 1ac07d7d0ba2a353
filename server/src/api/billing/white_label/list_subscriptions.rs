//! `GET /billing/tenant/subscriptions`: subscriptions of the workspace's customers.

use axum::Json;
use billing::{
    payment::merchant::{MerchantSubscription, Page},
    service::WhiteLabel,
};
use domain::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::{AccountQuery, PageQuery};
use crate::api::{ApiError, operations::openapi::Error, principal::TenantMerchant, request::handle::Handle};

#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "items": [{
        "id": "sub-123",
        "customer_id": "cust-123",
        "customer_email": "customer@example.com",
        "status": "active",
        "current_period_end": "2024-02-15T00:00:00Z",
        "cancel_at_period_end": false,
        "product": { "name": "Pro Plan" }
    }],
    "nextCursor": null
}))]
pub struct TenantSubscriptions {
    items: Vec<TenantSubscription>,
    /// The next page's `cursor`; `null` on the last page.
    #[serde(rename = "nextCursor")]
    #[schema(required = true)]
    next_cursor: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct TenantSubscription {
    id: String,
    customer_id: String,
    #[schema(required = true)]
    customer_email: Option<String>,
    /// The provider's status.
    status: String,
    #[schema(required = true, format = DateTime)]
    current_period_end: Option<String>,
    cancel_at_period_end: bool,
    product: ProductName,
}

#[derive(Debug, Serialize, ToSchema)]
struct ProductName {
    name: String,
}

impl From<MerchantSubscription> for TenantSubscription {
    fn from(subscription: MerchantSubscription) -> Self {
        let MerchantSubscription { id, customer, customer_email, status, period_end, cancel_at_period_end, product } =
            subscription;
        Self {
            id,
            customer_id: customer,
            customer_email,
            status,
            current_period_end: period_end.map(Timestamp::rfc3339_secs),
            cancel_at_period_end,
            product: ProductName { name: product },
        }
    }
}

/// Lists the subscriptions of the workspace's customers.
#[utoipa::path(
    get,
    path = "/billing/tenant/subscriptions",
    operation_id = "listTenantSubscriptions",
    tag = "white-label",
    security(("session" = ["admin"]), ("firebase" = ["admin"]), ("api_key" = ["billing"])),
    params(
        ("limit" = Option<u32>, Query, description = "How many at most, 1 to 100; 50 when missing."),
        ("cursor" = Option<String>, Query, description = "The `nextCursor` of the previous page."),
        ("provider" = Option<String>, Query, description = "`polar` or `stripe`, for a workspace with keys of both; Polar when missing."),
    ),
    responses(
        (status = 200, description = "A page of the list.", body = TenantSubscriptions),
        (status = 400, description = "`validation_error`: `fields` says what is wrong with the query.", body = Error),
    )
)]
pub async fn list(
    Handle(white_label): Handle<WhiteLabel>,
    TenantMerchant(merchant): TenantMerchant,
    AccountQuery(at): AccountQuery,
    PageQuery(page): PageQuery,
) -> Result<Json<TenantSubscriptions>, ApiError> {
    let Page { items, next } = white_label.list_merchant_subscriptions(&merchant, at, &page).await?;
    Ok(Json(TenantSubscriptions {
        items: items.into_iter().map(TenantSubscription::from).collect(),
        next_cursor: next,
    }))
}
