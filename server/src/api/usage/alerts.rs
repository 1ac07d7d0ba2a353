//! `GET /api/v1/usage/alerts`: alerts about limits.

use axum::Json;
use billing::service::Usage;
use domain::{
    catalog::Limit,
    entitlement::alert::{Alert, AlertKind},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::{ApiError, principal::TenantReader, request::handle::Handle};

#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "items": [
        { "feature": "websocket_connections", "kind": "reached", "at": "2026-01-14T21:40:00Z", "used": 10, "limit": 10 },
        { "feature": "websocket_connections", "kind": "warning", "at": "2026-01-14T20:02:00Z", "used": 8, "limit": 10 }
    ]
}))]
pub struct AlertsResponse {
    items: Vec<AlertItem>,
}

#[derive(Debug, Serialize, ToSchema)]
struct AlertItem {
    /// The feature's key in the catalog.
    feature: String,
    /// `warning` from the warning threshold on, `reached` at the limit or above, `cleared` below the threshold again.
    /// `second_warning` and `third_warning` from further thresholds on, if the workspace has set some.
    kind: AlertKind,
    #[schema(format = "date-time")]
    at: String,
    /// The counter at that time, in the feature's unit.
    used: u64,
    /// The limit at that time; `null` for no limit.
    #[schema(value_type = Option<u64>, required = true)]
    limit: Limit,
}

impl From<Alert> for AlertItem {
    fn from(alert: Alert) -> Self {
        let Alert { feature, period_start: _, kind, sent_at, used, limit } = alert;
        Self { feature: feature.to_string(), kind, at: sent_at.rfc3339_secs(), used, limit }
    }
}

/// Alerts about the workspace's limits: the last hundred, newest first.
///
/// Each kind is sent once in a counter's period, and once a day (UTC) for features without a period or with one of a
/// minute. Admins get the same by mail when mail is configured.
#[utoipa::path(
    get,
    path = "/api/v1/usage/alerts",
    operation_id = "listUsageAlerts",
    tag = "usage",
    security(("session" = []), ("firebase" = []), ("api_key" = ["read"])),
    responses((status = 200, description = "The last alerts.", body = AlertsResponse))
)]
pub async fn list(
    Handle(usage): Handle<Usage>,
    TenantReader(tenant): TenantReader,
) -> Result<Json<AlertsResponse>, ApiError> {
    let items = usage.alerts(&tenant).await?.into_iter().map(AlertItem::from).collect();
    Ok(Json(AlertsResponse { items }))
}
