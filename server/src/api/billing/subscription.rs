//! `GET /api/v1/billing/subscription`: the workspace document's snapshot of plan, limits and features.

use axum::{Json, extract::State};
use billing::{
    Services,
    service::subscription::membership::{Snapshot, TenantPlan},
};
use domain::{
    catalog::api_names::{workspace_cycle, workspace_features, workspace_limits},
    ids::FeatureKey,
    subscription::SubscriptionStatus,
};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::api::{ApiError, billing::terms::TermsBody, principal::TenantMember};

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "tenantId": "tenant-id",
    "tenantName": "Workspace",
    "subscription": {
        "plan": "standard",
        "status": "active",
        "billingCycle": "annual",
        "customerId": "cus_...",
        "externalId": "sub_..."
    },
    "limits": {
        "auth_providers": 1,
        "database_connections": 1,
        "storage_gb": 5,
        "feature_flags": 25,
        "projects": 1,
        "environments": 2,
        "team_members": 3,
        "flutter_apps": 2,
        "game_projects": 1,
        "telemetry_events_monthly": 100_000,
        "ai_runtime": 0
    },
    "features": {
        "auth_providers": true,
        "database_connections": true,
        "feature_flags": true,
        "ai_runtime": false
    }
}))]
pub struct SnapshotResponse {
    tenant_id: String,
    tenant_name: String,
    subscription: WorkspaceSubscription,
    /// By the workspace API's names and in its units; `null` for no limit, 0 for what is not included.
    #[schema(value_type = BTreeMap<String, Option<f64>>)]
    limits: Map<String, Value>,
    /// Whether the plan includes it.
    #[schema(value_type = BTreeMap<String, bool>)]
    features: Map<String, Value>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct WorkspaceSubscription {
    /// The effective plan.
    plan: String,
    status: SubscriptionStatus,
    /// `monthly` or `annual`; `null` while nothing is billed.
    #[schema(required = true)]
    billing_cycle: Option<&'static str>,
    /// The provider's id of the workspace's customer; `null` before its first checkout.
    #[schema(required = true)]
    customer_id: Option<String>,
    /// The provider's id of the subscription, also of one that has ended; `null` for a workspace that never subscribed.
    #[schema(required = true)]
    external_id: Option<String>,
    #[serde(flatten)]
    terms: TermsBody,
}

/// Plan, limits and features of the workspace.
#[utoipa::path(
    get,
    path = "/api/v1/billing/subscription",
    operation_id = "getWorkspaceSubscription",
    tag = "billing",
    security(("session" = []), ("firebase" = [])),
    responses((status = 200, description = "The current plan, limits and features.", body = SnapshotResponse))
)]
pub async fn snapshot(
    State(services): State<Services>,
    TenantMember(viewer): TenantMember,
) -> Result<Json<SnapshotResponse>, ApiError> {
    let Snapshot { tenant_plan, customer } =
        services.subscriptions().snapshot(&viewer.current_membership.tenant_id).await?;
    let TenantPlan { tenant, subscription, entitlements } = tenant_plan;
    let catalog = services.catalog();
    let limit = |feature: &FeatureKey| entitlements.limit(catalog, feature);
    let billed = subscription.as_ref().filter(|current| current.status.is_live());
    Ok(Json(SnapshotResponse {
        tenant_id: tenant.id.into(),
        tenant_name: tenant.name,
        limits: workspace_limits(catalog, limit),
        features: workspace_features(catalog, limit),
        subscription: WorkspaceSubscription {
            plan: entitlements.plan.into(),
            status: entitlements.status,
            billing_cycle: billed.map(|current| workspace_cycle(current.cycle)),
            customer_id: customer,
            terms: TermsBody::of(subscription.as_ref()),
            external_id: subscription.map(|current| current.external_id),
        },
    }))
}
