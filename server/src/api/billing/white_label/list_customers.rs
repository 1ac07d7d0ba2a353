//! `GET /billing/tenant/customers`: the workspace's customers.

use axum::Json;
use billing::{
    payment::merchant::{MerchantCustomer, Page},
    service::WhiteLabel,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{AccountQuery, PageQuery};
use crate::api::{ApiError, operations::openapi::Error, principal::TenantMerchant, request::handle::Handle};

#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "items": [{ "id": "cust-123", "email": "customer@example.com", "name": "John Doe", "created_at": "2024-01-15T00:00:00Z" }],
    "nextCursor": null
}))]
pub struct TenantCustomers {
    items: Vec<TenantCustomer>,
    /// The next page's `cursor`; `null` on the last page.
    #[serde(rename = "nextCursor")]
    #[schema(required = true)]
    next_cursor: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
struct TenantCustomer {
    id: String,
    email: String,
    #[schema(required = true)]
    name: Option<String>,
    #[schema(format = DateTime)]
    created_at: String,
}

impl From<MerchantCustomer> for TenantCustomer {
    fn from(customer: MerchantCustomer) -> Self {
        let MerchantCustomer { id, email, name, created_at } = customer;
        Self { id, email, name, created_at: created_at.rfc3339_secs() }
    }
}

/// Lists the customers in the workspace's account at its provider.
#[utoipa::path(
    get,
    path = "/billing/tenant/customers",
    operation_id = "listTenantCustomers",
    tag = "white-label",
    security(("session" = ["admin"]), ("firebase" = ["admin"]), ("api_key" = ["billing"])),
    params(
        ("limit" = Option<u32>, Query, description = "How many at most, 1 to 100; 50 when missing."),
        ("cursor" = Option<String>, Query, description = "The `nextCursor` of the previous page."),
        ("provider" = Option<String>, Query, description = "`polar` or `stripe`, for a workspace with keys of both; Polar when missing."),
    ),
    responses(
        (status = 200, description = "A page of the list.", body = TenantCustomers),
        (status = 400, description = "`validation_error`: `fields` says what is wrong with the query.", body = Error),
    )
)]
pub async fn list(
    Handle(white_label): Handle<WhiteLabel>,
    TenantMerchant(merchant): TenantMerchant,
    AccountQuery(at): AccountQuery,
    PageQuery(page): PageQuery,
) -> Result<Json<TenantCustomers>, ApiError> {
    let Page { items, next } = white_label.list_customers(&merchant, at, &page).await?;
    Ok(Json(TenantCustomers { items: items.into_iter().map(TenantCustomer::from).collect(), next_cursor: next }))
}
