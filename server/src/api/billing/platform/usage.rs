//! `GET /billing/usage`: usage of each limit, by group.

use axum::{Json, extract::State};
use billing::{Services, service::usage::TenantUsage};
use domain::catalog::api_names::platform_usage;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::api::{ApiError, principal::TenantReader};

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "tenantId": "tenant-123",
    "plan": "pro",
    "usage": {
        "websocket": {
            "connections": { "current": 45, "limit": 100, "percentage": 45 },
            "entitiesWatched": { "current": 8, "limit": 10, "percentage": 80 },
            "rooms": { "current": 3, "limit": 10, "percentage": 30 }
        },
        "fileStorage": {
            "storage": {
                "current": 1_073_741_824,
                "limit": 5_368_709_120_u64,
                "percentage": 20,
                "currentFormatted": "1 GB",
                "limitFormatted": "5 GB"
            }
        },
        "tenantConfig": { "secrets": { "current": 12, "limit": 50, "percentage": 24 } }
    }
}))]
pub struct UsageResponse {
    tenant_id: String,
    /// The effective plan.
    plan: String,
    /// By group and the platform API's names.
    #[schema(value_type = BTreeMap<String, BTreeMap<String, Reading>>)]
    usage: Map<String, Value>,
}

/// Usage of one limit.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes what the catalog's names are put on")]
struct Reading {
    current: f64,
    /// `null` for no limit.
    #[schema(required = true)]
    limit: Option<f64>,
    /// Of the limit, a rounded whole number; 0 without a limit.
    percentage: u64,
    /// Sizes only: `1.5 GB`, binary.
    current_formatted: Option<String>,
    /// Sizes only: `5 GB`, `No limit` or `Not included`.
    limit_formatted: Option<String>,
}

/// Usage of each limit.
#[utoipa::path(
    get,
    path = "/billing/usage",
    operation_id = "getUsage",
    tag = "platform",
    security(("session" = []), ("firebase" = []), ("api_key" = ["read"])),
    responses((status = 200, description = "Usage and limits.", body = UsageResponse))
)]
pub async fn usage(
    State(services): State<Services>,
    TenantReader(tenant): TenantReader,
) -> Result<Json<UsageResponse>, ApiError> {
    let TenantUsage { plan, features } = services.usage().all_features(&tenant).await?;
    let usage = platform_usage(services.catalog(), &features);
    Ok(Json(UsageResponse { tenant_id: tenant.into(), plan: plan.into(), usage }))
}
