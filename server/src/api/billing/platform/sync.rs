//! `POST /billing/subscription/sync`: reconciles the subscription with the provider.

use axum::Json;
use billing::service::Subscriptions;
use domain::subscription::SubscriptionStatus;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::{ApiError, operations::openapi::Error, principal::TenantBiller, request::handle::Handle};

#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({ "success": true, "subscription": { "plan": "pro", "status": "active" } }))]
pub struct SyncResponse {
    /// Always `true`: the provider's state was fetched and stored.
    success: bool,
    subscription: SyncedSubscription,
}

#[derive(Debug, Serialize, ToSchema)]
struct SyncedSubscription {
    /// The effective plan.
    plan: String,
    status: SubscriptionStatus,
}

/// Fetches the subscription from the provider and stores it. Takes no body; safe to repeat.
#[utoipa::path(
    post,
    path = "/billing/subscription/sync",
    operation_id = "syncSubscription",
    tag = "platform",
    security(("session" = ["billing"]), ("firebase" = ["billing"]), ("api_key" = ["billing"])),
    responses(
        (status = 200, description = "The status after the call.", body = SyncResponse),
        (status = 409, description = "`conflict`: the subscription is changing too quickly; try again.\n`unknown_at_provider`: the provider does not know this workspace's customer or subscription; nothing was changed.", body = Error),
        (status = 429, description = "`throttled`: the provider was asked too often for this workspace; `Retry-After` says when to try again.", body = Error),
        (status = 501, description = "`billing_not_configured`.", body = Error),
        (status = 502, description = "`provider_rejected`: the provider refused; the message has its reason.", body = Error),
        (status = 503, description = "`provider_unavailable`: nothing was changed; try again.\n`provider_account_changed`: the provider's key does not open the account that this installation uses; nothing was changed.", body = Error),
    )
)]
pub async fn sync(
    Handle(subscriptions): Handle<Subscriptions>,
    TenantBiller(biller): TenantBiller,
) -> Result<Json<SyncResponse>, ApiError> {
    subscriptions.sync_subscription(&biller).await?;
    let held = subscriptions.status(biller.tenant()).await?;
    let subscription = SyncedSubscription { plan: held.plan.into(), status: held.status };
    Ok(Json(SyncResponse { success: true, subscription }))
}
