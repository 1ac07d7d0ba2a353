//! `GET /billing/tenant/products`: products for the workspace's customers.

use axum::Json;
use billing::{
    payment::merchant::{MerchantPrice, MerchantProduct, Page},
    service::WhiteLabel,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{AccountQuery, PageQuery};
use crate::api::{ApiError, operations::openapi::Error, principal::TenantMerchant, request::handle::Handle};

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "items": [{
        "id": "prod-123",
        "name": "Pro Plan",
        "description": "Access to all features",
        "prices": [{ "id": "price-123", "amount": 2900, "currency": "usd", "interval": "month", "intervalCount": 1 }]
    }],
    "nextCursor": null
}))]
pub struct TenantProducts {
    items: Vec<TenantProduct>,
    /// The next page's `cursor`; `null` on the last page.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct TenantProduct {
    id: String,
    name: String,
    #[schema(required = true)]
    description: Option<String>,
    prices: Vec<TenantPrice>,
}

#[derive(Debug, Serialize, ToSchema)]
struct TenantPrice {
    id: String,
    /// In minor units; `null` where the payer chooses, or usage decides.
    #[schema(required = true)]
    amount: Option<i64>,
    /// Lower case, as `usd`.
    currency: String,
    /// `day`, `week`, `month` or `year`; `null` for a one-time price.
    #[schema(required = true)]
    interval: Option<String>,
    /// The number of intervals in a cycle: 3 for a price every three of them.
    #[serde(rename = "intervalCount")]
    interval_count: u32,
}

impl From<MerchantProduct> for TenantProduct {
    fn from(product: MerchantProduct) -> Self {
        let MerchantProduct { id, name, description, prices } = product;
        Self { id, name, description, prices: prices.into_iter().map(TenantPrice::from).collect() }
    }
}

impl From<MerchantPrice> for TenantPrice {
    fn from(price: MerchantPrice) -> Self {
        let MerchantPrice { id, amount_minor, currency, interval, interval_count } = price;
        Self { id, amount: amount_minor, currency, interval, interval_count }
    }
}

/// Lists the products in the workspace's account at its provider.
#[utoipa::path(
    get,
    path = "/billing/tenant/products",
    operation_id = "listTenantProducts",
    tag = "white-label",
    security(("session" = ["admin"]), ("firebase" = ["admin"]), ("api_key" = ["billing"])),
    params(
        ("limit" = Option<u32>, Query, description = "How many at most, 1 to 100; 50 when missing."),
        ("cursor" = Option<String>, Query, description = "The `nextCursor` of the previous page."),
        ("provider" = Option<String>, Query, description = "`polar` or `stripe`, for a workspace with keys of both; Polar when missing."),
    ),
    responses(
        (status = 200, description = "A page of the list.", body = TenantProducts),
        (status = 400, description = "`validation_error`: `fields` says what is wrong with the query.", body = Error),
    )
)]
pub async fn list(
    Handle(white_label): Handle<WhiteLabel>,
    TenantMerchant(merchant): TenantMerchant,
    AccountQuery(at): AccountQuery,
    PageQuery(page): PageQuery,
) -> Result<Json<TenantProducts>, ApiError> {
    let Page { items, next } = white_label.list_products(&merchant, at, &page).await?;
    Ok(Json(TenantProducts { items: items.into_iter().map(TenantProduct::from).collect(), next_cursor: next }))
}
