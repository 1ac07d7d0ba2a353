//! `POST /billing/tenant/checkout` → `{"id","url"}`: starts a checkout for a customer of the workspace.

use axum::Json;
use billing::{
    payment::merchant::{MerchantCheckout, NewMerchantCheckout},
    service::WhiteLabel,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::AccountQuery;
use crate::api::{
    ApiError,
    principal::TenantMerchant,
    request::{
        body::{Body, Fields, ReadFields},
        handle::Handle,
    },
};

#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase", example = json!({
    "productPriceId": "price-123",
    "customerEmail": "customer@example.com",
    "successUrl": "https://yourapp.com/success",
    "cancelUrl": "https://yourapp.com/cancel"
}))]
pub struct TenantCheckoutRequest {
    /// The id of a price, or of the product that has it.
    product_price_id: String,
    customer_email: Option<String>,
    /// Any https address without user and password.
    success_url: String,
    cancel_url: Option<String>,
}

impl ReadFields for TenantCheckoutRequest {
    fn read(fields: &mut Fields) -> Self {
        Self {
            product_price_id: fields.text("productPriceId"),
            customer_email: fields.optional_text("customerEmail"),
            success_url: fields.text("successUrl"),
            cancel_url: fields.optional_text("cancelUrl"),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({ "id": "checkout-456", "url": "https://checkout.polar.sh/..." }))]
pub struct TenantCheckoutResponse {
    id: String,
    url: String,
}

/// Starts a checkout for a customer, in the workspace's account at its provider.
#[utoipa::path(
    post,
    path = "/billing/tenant/checkout",
    operation_id = "createTenantCheckout",
    tag = "white-label",
    security(("session" = ["admin"]), ("firebase" = ["admin"]), ("api_key" = ["billing"])),
    params(
        ("provider" = Option<String>, Query, description = "`polar` or `stripe`, for a workspace with keys of both; Polar when missing."),
    ),
    request_body = TenantCheckoutRequest,
    responses(
        (status = 200, description = "Where to send the customer.", body = TenantCheckoutResponse),
    )
)]
pub async fn create(
    Handle(white_label): Handle<WhiteLabel>,
    TenantMerchant(merchant): TenantMerchant,
    AccountQuery(at): AccountQuery,
    Body(request): Body<TenantCheckoutRequest>,
) -> Result<Json<TenantCheckoutResponse>, ApiError> {
    let TenantCheckoutRequest { product_price_id, customer_email, success_url, cancel_url } = request;
    let new = NewMerchantCheckout { price: product_price_id, customer_email, success_url, cancel_url };
    let MerchantCheckout { id, url } = white_label.create_merchant_checkout(&merchant, at, &new).await?;
    Ok(Json(TenantCheckoutResponse { id, url: url.into() }))
}
