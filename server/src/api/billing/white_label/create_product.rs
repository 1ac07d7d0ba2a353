//! `POST /billing/tenant/products`: creates a product for the workspace's customers.

use axum::{Extension, Json, http::StatusCode};
use billing::{
    payment::merchant::{NewMerchantPrice, NewMerchantProduct},
    service::WhiteLabel,
};
use utoipa::ToSchema;

use super::{AccountQuery, list_products::TenantProduct};
use crate::api::{
    ApiError,
    principal::TenantMerchant,
    request::{
        body::{Body, Fields, ReadFields},
        handle::Handle,
        idempotency::ProviderIdempotencyKey,
    },
};

#[derive(Debug, ToSchema)]
#[schema(example = json!({
    "name": "Enterprise Plan",
    "description": "For large teams",
    "prices": [{ "amount": 9900, "currency": "usd", "interval": "month" }]
}))]
pub struct TenantProductRequest {
    name: String,
    description: Option<String>,
    /// 1 to 10 prices.
    #[schema(value_type = Vec<TenantPriceRequest>)]
    prices: Vec<NewMerchantPrice>,
}

/// The price of a cycle.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "it describes what is read field by field")]
pub struct TenantPriceRequest {
    /// In minor units.
    amount: i64,
    /// ISO 4217, as `usd`.
    currency: String,
    /// `day`, `week`, `month` or `year`; `null` or missing for a one-time price.
    interval: Option<String>,
}

impl ReadFields for TenantProductRequest {
    fn read(fields: &mut Fields) -> Self {
        Self {
            name: fields.text("name"),
            description: fields.optional_text("description"),
            prices: fields.prices("prices"),
        }
    }
}

/// Creates a product in the workspace's account at its provider.
#[utoipa::path(
    post,
    path = "/billing/tenant/products",
    operation_id = "createTenantProduct",
    tag = "white-label",
    security(("session" = ["admin"]), ("firebase" = ["admin"]), ("api_key" = ["billing"])),
    params(
        ("provider" = Option<String>, Query, description = "`polar` or `stripe`, for a workspace with keys of both; Polar when missing."),
    ),
    request_body = TenantProductRequest,
    responses(
        (status = 201, description = "The product.", body = TenantProduct),
    )
)]
pub async fn create(
    Handle(white_label): Handle<WhiteLabel>,
    TenantMerchant(merchant): TenantMerchant,
    AccountQuery(at): AccountQuery,
    key: Option<Extension<ProviderIdempotencyKey>>,
    Body(TenantProductRequest { name, description, prices }): Body<TenantProductRequest>,
) -> Result<(StatusCode, Json<TenantProduct>), ApiError> {
    let key = key.map(|Extension(ProviderIdempotencyKey(key))| key);
    let new = NewMerchantProduct { name, description, prices, attempt: key };
    let made = white_label.create_product(&merchant, at, &new).await?;
    Ok((StatusCode::CREATED, Json(made.into())))
}
