//! `GET /billing/subscription`: plan and dates, in the platform document's shape.

use axum::Json;
use billing::service::{Subscriptions, subscription::membership::TenantPlan};
use domain::{
    catalog::Cycle,
    subscription::{PendingChange, Subscription, SubscriptionStatus},
    time::Timestamp,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::{ApiError, billing::terms::TermsBody, principal::TenantReader, request::handle::Handle};

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "tenantId": "tenant-123",
    "subscription": {
        "plan": "pro",
        "status": "active",
        "startDate": "2024-01-01T00:00:00Z",
        "renewalDate": "2024-02-01T00:00:00Z",
        "currentPeriodEnd": "2024-02-01T00:00:00Z",
        "cancelAtPeriodEnd": false,
        "paymentMethod": "card"
    }
}))]
pub struct SubscriptionResponse {
    tenant_id: String,
    subscription: PlatformSubscription,
}

/// Times are RFC 3339 in UTC, whole seconds; all `null` for a workspace that never subscribed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PlatformSubscription {
    /// The effective plan.
    plan: String,
    status: SubscriptionStatus,
    #[schema(required = true, format = "date-time")]
    start_date: Option<String>,
    /// When the next period is paid; `null` too when there is none, such as after a cancellation.
    #[schema(required = true, format = "date-time")]
    renewal_date: Option<String>,
    /// The end of the paid period; of an ended subscription, when it ended.
    #[schema(required = true, format = "date-time")]
    current_period_end: Option<String>,
    cancel_at_period_end: bool,
    /// The provider's type, such as `card`; `null` when there is none.
    #[schema(required = true)]
    payment_method: Option<String>,
    /// When its trial ends or ended; left out without a trial.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date-time")]
    trial_end: Option<String>,
    /// The scheduled change; left out when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pending_change: Option<Pending>,
    #[serde(flatten)]
    terms: TermsBody,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PendingChange)]
struct Pending {
    plan: String,
    billing_cycle: Cycle,
    #[schema(format = "date-time")]
    at: String,
}

impl From<&PendingChange> for Pending {
    fn from(pending: &PendingChange) -> Self {
        let PendingChange { plan, cycle, at } = pending;
        Self { plan: plan.to_string(), billing_cycle: *cycle, at: at.rfc3339_secs() }
    }
}

/// Plan and dates of the workspace's subscription.
#[utoipa::path(
    get,
    path = "/billing/subscription",
    operation_id = "getSubscription",
    tag = "platform",
    security(("session" = []), ("firebase" = []), ("api_key" = ["read"])),
    responses((status = 200, description = "The current plan, limits and features.", body = SubscriptionResponse))
)]
pub async fn subscription(
    Handle(subscriptions): Handle<Subscriptions>,
    TenantReader(tenant): TenantReader,
) -> Result<Json<SubscriptionResponse>, ApiError> {
    let TenantPlan { tenant, subscription, entitlements } = subscriptions.tenant_plan(&tenant).await?;
    let current = subscription.as_ref();
    let date = |at: Option<Timestamp>| at.map(Timestamp::rfc3339_secs);
    Ok(Json(SubscriptionResponse {
        tenant_id: tenant.id.into(),
        subscription: PlatformSubscription {
            plan: entitlements.plan.into(),
            status: entitlements.status,
            start_date: date(current.map(|current| current.started_at)),
            renewal_date: date(current.and_then(Subscription::renews_at)),
            current_period_end: date(current.map(Subscription::current_period_end)),
            cancel_at_period_end: current.is_some_and(|current| current.cancel_at_period_end),
            payment_method: current.and_then(|current| current.payment_method.clone()),
            trial_end: date(current.and_then(|current| current.trial_end)),
            pending_change: current.and_then(|current| current.pending.as_ref()).map(Pending::from),
            terms: TermsBody::of(current),
        },
    }))
}
