//! `POST /api/v1/billing/portal` → `{"url"}`: the provider's page for card, invoices and cancellation.

use axum::Json;
use billing::service::{Subscriptions, subscription::portal::PortalTarget};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::{
    ApiError,
    operations::openapi::Error,
    request::{handle::Handle, language::StatedLanguage, tenant_callers::TenantOrderer},
};

#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({ "url": "https://billing.stripe.com/p/session/..." }))]
pub struct PortalResponse {
    url: String,
}

/// Opens the provider's page for card, invoices and cancellation.
///
/// The address works once and expires soon: redirect to it at once. Takes no body. The page is in the language of
/// `Accept-Language`, where this installation and the provider have it.
#[utoipa::path(
    post,
    path = "/api/v1/billing/portal",
    operation_id = "openPortal",
    tag = "billing",
    security(("session" = ["billing"]), ("firebase" = ["billing"]), ("installation_key" = ["billing"])),
    responses(
        (status = 200, description = "Where to send the browser.", body = PortalResponse),
        (status = 400, description = "`no_customer`: this workspace has not paid for anything yet.", body = Error),
        (status = 403, description = "`scope_required`: the installation key lacks the scope `billing`.", body = Error),
        (status = 409, description = "`unknown_at_provider`: the provider does not know this workspace's customer or subscription; nothing was changed.", body = Error),
        (status = 429, description = "`throttled`: the provider was asked too often for this workspace; `Retry-After` says when to try again.", body = Error),
        (status = 501, description = "`billing_not_configured`.", body = Error),
        (status = 502, description = "`provider_rejected`: the provider refused; the message has its reason.", body = Error),
        (status = 503, description = "`provider_unavailable`.\n`provider_account_changed`: the provider's key does not open the account that this installation uses; nothing was changed.", body = Error),
    )
)]
pub async fn open_portal(
    Handle(subscriptions): Handle<Subscriptions>,
    TenantOrderer(biller): TenantOrderer,
    StatedLanguage(language): StatedLanguage,
) -> Result<Json<PortalResponse>, ApiError> {
    let url = subscriptions.open_portal_from(&biller, PortalTarget::Home, None, language).await?;
    Ok(Json(PortalResponse { url }))
}
