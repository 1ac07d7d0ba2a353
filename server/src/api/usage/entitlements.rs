//! `GET /api/v1/entitlements`: the plan, and every feature with its limit and usage.

use std::collections::BTreeMap;

use axum::response::Response;
use billing::service::{Usage, usage::TenantEntitlements};
use domain::{
    catalog::Limit,
    entitlement::{check::FailureReason, status::FeatureStatus},
    subscription::SubscriptionStatus,
    time::Timestamp,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::{
    ApiError,
    billing::discount::DiscountBody,
    principal::TenantReader,
    request::{etag::IfNoneMatch, handle::Handle},
};

#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "plan": "free",
    "status": "active",
    "seats": null,
    "revision": 3,
    "features": {
        "ai_tokens": {
            "limit": 50000, "used": 1200, "remaining": 48800, "resetsAt": "2026-02-01T00:00:00Z",
            "allowed": true, "reason": null, "warning": null
        },
        "websocket_connections": {
            "limit": 10, "used": 10, "remaining": 0, "resetsAt": null,
            "allowed": false, "reason": "limit_reached", "warning": "WebSocket connections: 10 of 10 used."
        }
    }
}))]
pub struct EntitlementsResponse {
    /// The plan whose limits apply.
    plan: String,
    status: SubscriptionStatus,
    /// How many seats the subscription pays for in all, or how many units of a plan that is sold without seats; `null`
    /// while nothing is billed.
    #[schema(required = true)]
    seats: Option<u64>,
    /// The discounts on what is billed; left out without any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    discounts: Vec<DiscountBody>,
    /// Rises with every change of the subscription, limits and profile of the workspace, not with usage.
    revision: i64,
    /// Every feature of the catalog, by its key.
    features: BTreeMap<String, FeatureEntitlement>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FeatureEntitlement {
    /// In the feature's unit, 0 or 1 for a flag; `null` for no limit.
    #[schema(value_type = Option<u64>, required = true)]
    limit: Limit,
    /// In the feature's unit; 0 for features that are not counted.
    used: u64,
    /// What is left of the limit; `null` for no limit.
    #[schema(required = true)]
    remaining: Option<u64>,
    /// When the counter resets; `null` for features without a period.
    #[schema(required = true, format = "date-time")]
    resets_at: Option<String>,
    /// Whether one more may be used now.
    allowed: bool,
    /// The reason of a refusal; `null` when allowed.
    #[schema(required = true)]
    reason: Option<FailureReason>,
    /// In words: the limit is near or exceeded, or a payment is due.
    #[schema(required = true)]
    warning: Option<String>,
}

impl From<TenantEntitlements> for EntitlementsResponse {
    fn from(entitlements: TenantEntitlements) -> Self {
        let TenantEntitlements { plan, status, seats, discounts, revision, features } = entitlements;
        let discounts = discounts.into_iter().map(DiscountBody::from).collect();
        let features = features.into_iter().map(FeatureEntitlement::keyed).collect();
        Self { plan: plan.into(), status, seats, discounts, revision, features }
    }
}

impl FeatureEntitlement {
    fn keyed(status: FeatureStatus) -> (String, Self) {
        let FeatureStatus { feature, limit, used, remaining, resets_at, failure, warning } = status;
        let entitlement = Self {
            limit,
            used,
            remaining,
            resets_at: resets_at.map(Timestamp::rfc3339_secs),
            allowed: failure.is_none(),
            reason: failure,
            warning,
        };
        (feature.into(), entitlement)
    }
}

/// What the workspace may use now: its plan, and every feature with its limit and usage.
///
/// Answered from memory, as fresh as `check`. `ETag` changes with anything in the answer, usage too: send it back as
/// `If-None-Match`, and an answer that has not changed is 304 without a body.
#[utoipa::path(
    get,
    path = "/api/v1/entitlements",
    operation_id = "getEntitlements",
    tag = "usage",
    security(("session" = []), ("firebase" = []), ("api_key" = ["read"])),
    params(("If-None-Match" = Option<String>, Header, description = "The `ETag` of the answer that the client has.")),
    responses(
        (status = 200, description = "Plan and features.", body = EntitlementsResponse, headers(("ETag" = String))),
        (status = 304, description = "Nothing has changed.", headers(("ETag" = String))),
    )
)]
pub async fn show(
    Handle(usage): Handle<Usage>,
    TenantReader(tenant): TenantReader,
    known: IfNoneMatch,
) -> Result<Response, ApiError> {
    known.answer(&EntitlementsResponse::from(usage.tenant_entitlements(&tenant).await?))
}
