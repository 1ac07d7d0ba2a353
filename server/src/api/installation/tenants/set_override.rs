//! `POST /api/v1/tenants/{tenant}/override`: sets a plan or limits, as the command `server tenant override` does.

use std::collections::BTreeMap;

use axum::Json;
use billing::service::{
    Tenants,
    operator::overrides::{CustomLimitChange, OverrideChange, PlanGrantChange},
    tenant::profile::FieldChange,
};
use domain::{
    catalog::Limit,
    entitlement::overrides::{LimitOverride, Overrides, PlanGrant},
    time::Timestamp,
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{NamedTenant, time};
use crate::api::{
    ApiError,
    operations::openapi::Error,
    request::{
        body::{Body, Fields, ReadFields, whole},
        handle::Handle,
        installation::TenantsKey,
    },
};

/// The value that removes a custom limit, so that the plan's limit applies again.
const PLANS_LIMIT: &str = "plan";

#[derive(Debug, ToSchema)]
#[schema(example = json!({ "plan": "pro", "limits": { "projects": 40, "ai_tokens": null }, "until": "2030-01-01T00:00:00Z" }))]
pub struct SetOverrideRequest {
    /// The plan to grant. It applies unless a higher plan is paid. `null` removes the grant; a missing field keeps it.
    #[schema(value_type = Option<String>, required = false, nullable = true)]
    plan: FieldChange<String>,
    /// Limits by feature, in its unit: `null` for no limit, `"plan"` for the plan's own again. Other features keep theirs.
    #[schema(value_type = BTreeMap<String, Value>, required = false, nullable = true)]
    limits: BTreeMap<String, CustomLimitChange>,
    /// When the plan and limits of this request end; without a time they are permanent.
    #[schema(value_type = Option<String>, format = DateTime, required = false)]
    until: Option<Timestamp>,
}

impl ReadFields for SetOverrideRequest {
    fn read(fields: &mut Fields) -> Self {
        let plan = fields.text_change("plan");
        let mut limits = BTreeMap::new();
        for (feature, value) in fields.optional_object("limits").unwrap_or_default() {
            let change = match &value {
                Value::Null => Some(CustomLimitChange::Set(Limit::Unlimited)),
                Value::String(word) if word == PLANS_LIMIT => Some(CustomLimitChange::Remove),
                value => whole(value).map(|most| CustomLimitChange::Set(Limit::AtMost(most))),
            };
            match change {
                Some(change) => drop(limits.insert(feature, change)),
                None => fields.note("limits", "limits must have whole numbers, null or \"plan\" as values."),
            }
        }
        Self { plan, limits, until: fields.optional_time("until") }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TenantOverrides)]
pub struct OverridesBody {
    id: String,
    /// The effective plan.
    plan: String,
    #[schema(required = true)]
    granted: Option<GrantBody>,
    limits: Vec<LimitBody>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PlanGrant)]
pub struct GrantBody {
    plan: String,
    #[schema(format = DateTime, required = true)]
    until: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = LimitOverride)]
pub struct LimitBody {
    feature: String,
    /// `null` for no limit.
    #[schema(value_type = Option<u64>, required = true)]
    limit: Limit,
    #[schema(format = DateTime, required = true)]
    until: Option<String>,
    /// Whether it caps every plan. Otherwise, on another plan the higher of both limits applies.
    at_most: bool,
}

/// Sets a plan or limits for the tenant, until a date or for good, and returns all that are in force.
#[utoipa::path(
    post,
    path = "/api/v1/tenants/{tenant}/override",
    operation_id = "overrideTenant",
    tag = "tenants",
    security(("installation_key" = ["tenants"])),
    params(("tenant" = String, Path, description = "Dues' id, or `external:` and the product's own id, percent-encoded.")),
    request_body = SetOverrideRequest,
    responses(
        (status = 200, description = "The overrides in force.", body = OverridesBody),
        (status = 404, description = "`tenant_not_found`: there is no such tenant, or it is deleted.", body = Error),
    )
)]
pub async fn set(
    Handle(tenants): Handle<Tenants>,
    TenantsKey(principal): TenantsKey,
    NamedTenant(named): NamedTenant,
    Body(SetOverrideRequest { plan, limits, until }): Body<SetOverrideRequest>,
) -> Result<Json<OverridesBody>, ApiError> {
    let plan = match plan {
        FieldChange::Keep => PlanGrantChange::Keep,
        FieldChange::Remove => PlanGrantChange::Remove,
        FieldChange::Set(plan) => PlanGrantChange::Grant(plan),
    };
    let change = OverrideChange { plan, limits: limits.into_iter().collect(), until };
    let outcome = tenants.override_named(&principal, &named, &change).await;
    let (held, Overrides { plan, limits }) = outcome.map_err(|error| error.with_field_name("limit", "limits"))?;
    let granted = plan.map(|PlanGrant { plan, until }| GrantBody { plan: plan.into(), until: time(until) });
    let limits = limits.into_iter().map(|LimitOverride { feature, custom, until }| LimitBody {
        feature: feature.into(),
        limit: custom.limit,
        until: time(until),
        at_most: custom.at_most,
    });
    Ok(Json(OverridesBody {
        id: held.tenant.id.into(),
        plan: held.entitlements.plan.into(),
        granted,
        limits: limits.collect(),
    }))
}
