//! `GET /api/v1/billing/status`: the effective plan, in the console document's shape.

use axum::Json;
use billing::service::{Subscriptions, subscription::membership::BillingStatus};
use domain::{
    subscription::{CollectionPause, SubscriptionStatus},
    time::Timestamp,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::{ApiError, principal::TenantReader, request::handle::Handle};

#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "data": {
        "plan": "starter",
        "status": "active",
        "current_period_end": "2026-04-23T00:00:00.000Z",
        "cancel_at_period_end": false
    }
}))]
pub struct StatusResponse {
    data: Status,
}

#[derive(Debug, Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "the document's names")]
struct Status {
    plan: String,
    status: SubscriptionStatus,
    /// `null` for a workspace that never subscribed.
    current_period_end: Option<String>,
    cancel_at_period_end: bool,
    /// When the subscription ends: within the period, with it, or later; left out where no end is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    cancel_at: Option<String>,
    /// The provider collects no payments; left out where it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    collection_pause: Option<StatusPause>,
    /// All seats that are paid for; left out for a plan without seats.
    #[serde(skip_serializing_if = "Option::is_none")]
    seats: Option<u64>,
}

#[derive(Debug, Serialize, ToSchema)]
struct StatusPause {
    /// When payments are collected again; `null` where no end is scheduled.
    #[schema(required = true)]
    until: Option<String>,
}

impl From<BillingStatus> for StatusResponse {
    fn from(held: BillingStatus) -> Self {
        let BillingStatus {
            plan,
            status,
            current_period_end,
            cancel_at_period_end,
            cancel_at,
            collection_pause,
            seats,
        } = held;
        let time = |at: Option<Timestamp>| at.map(Timestamp::rfc3339_millis);
        let collection_pause = collection_pause.map(|CollectionPause { until }| StatusPause { until: time(until) });
        let (current_period_end, cancel_at) = (time(current_period_end), time(cancel_at));
        let plan = plan.into();
        let data =
            Status { plan, status, current_period_end, cancel_at_period_end, cancel_at, collection_pause, seats };
        Self { data }
    }
}

/// The effective plan, in the console document's shape.
#[utoipa::path(
    get,
    path = "/api/v1/billing/status",
    operation_id = "getStatus",
    tag = "billing",
    security(("session" = []), ("firebase" = []), ("api_key" = ["read"])),
    responses((status = 200, description = "Plan and status.", body = StatusResponse))
)]
pub async fn status(
    Handle(subscriptions): Handle<Subscriptions>,
    TenantReader(tenant): TenantReader,
) -> Result<Json<StatusResponse>, ApiError> {
    Ok(Json(subscriptions.status(&tenant).await?.into()))
}
