//! `POST /api/v1/checks`: checks of many workspaces at once.

use axum::Json;
use billing::service::{ServiceError, Usage, usage::CheckRequest};
use domain::{error_code::ErrorCode, tenant::external_id::TenantRef};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::check::{CheckResponse, MAX_AMOUNT};
use crate::api::{
    ApiError,
    operations::openapi::Error,
    request::{
        body::{Body, Fields, ReadFields, whole},
        handle::Handle,
        installation::UsageKey,
    },
};

/// The most checks that one request may carry.
const MAX_CHECKS: usize = 1000;

#[derive(Debug, ToSchema)]
#[schema(as = ChecksRequest, example = json!({
    "checks": [
        { "tenant": "external:org_42", "feature": "websocket_connections" },
        { "tenant": "external:org_43", "feature": "ai_tokens", "amount": 1200 }
    ]
}))]
pub struct ChecksRequest {
    /// 1 to 1,000 checks.
    #[schema(value_type = Vec<RequestedCheck>)]
    checks: Vec<Result<CheckRequest, UnansweredCheck>>,
}

#[derive(Debug, ToSchema)]
#[schema(as = RequestedCheck)]
#[expect(dead_code, reason = "describes what is read field by field")]
pub struct RequestedCheck {
    /// Dues' id of the workspace, or `external:` and the product's own id.
    tenant: String,
    /// The feature's key in the catalog.
    feature: String,
    /// In the feature's unit; 1 when missing.
    #[schema(required = false, default = 1, minimum = 1, maximum = 9_223_372_036_854_775_807_u64)]
    amount: u64,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ChecksResponse {
    /// One result for each check, in order.
    results: Vec<CheckResult>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum CheckResult {
    Answered(CheckResponse),
    Unanswered(UnansweredCheck),
}

/// A check that can't be answered.
#[derive(Debug, Serialize, ToSchema)]
pub struct UnansweredCheck {
    /// `tenant_not_found`, `unknown_feature`, or `validation_error`.
    #[schema(value_type = String)]
    code: ErrorCode,
    message: String,
}

impl From<ServiceError> for UnansweredCheck {
    fn from(error: ServiceError) -> Self {
        Self { code: error.code(), message: error.to_string() }
    }
}

impl UnansweredCheck {
    fn invalid(message: impl Into<String>) -> Self {
        Self { code: ErrorCode::ValidationError, message: message.into() }
    }
}

impl ReadFields for ChecksRequest {
    fn read(fields: &mut Fields) -> Self {
        let sent = fields.items("checks", MAX_CHECKS);
        Self { checks: sent.iter().map(read).collect() }
    }
}

fn read(check: &Value) -> Result<CheckRequest, UnansweredCheck> {
    let text = |name: &str| check.get(name).and_then(Value::as_str);
    let Some(tenant) = text("tenant") else {
        return Err(UnansweredCheck::invalid(
            "tenant must be a workspace's id, or external: and the product's own id.",
        ));
    };
    let Some(feature) = text("feature") else {
        return Err(UnansweredCheck::invalid("feature must be a feature's key in the catalog."));
    };
    let amount = match check.get("amount") {
        None | Some(Value::Null) => Some(1),
        Some(amount) => whole(amount).filter(|amount| (1..=MAX_AMOUNT).contains(amount)),
    };
    let Some(amount) = amount else {
        return Err(UnansweredCheck::invalid(format!("amount must be a whole number, 1 to {MAX_AMOUNT}.")));
    };
    // A text that can't be an id gets the same error as the id of an unknown workspace.
    let tenant: TenantRef = tenant.parse().map_err(|_| ServiceError::TenantNotFound)?;
    Ok(CheckRequest { tenant, feature: feature.to_owned(), amount })
}

/// Whether workspaces may use more of a feature, up to 1,000 checks at once. Requires an installation key.
///
/// Each is answered as `GET …/check` answers it, in the order of the request. A check that can't be answered has `code`
/// and `message` in its place and hinders no other.
#[utoipa::path(
    post,
    path = "/api/v1/checks",
    operation_id = "checkMany",
    tag = "usage",
    security(("installation_key" = ["usage"])),
    request_body = ChecksRequest,
    responses(
        (status = 200, description = "The results, in order.", body = ChecksResponse),
        (status = 400, description = "`validation_error`: `checks` is no list of 1 to 1,000 checks.", body = Error),
        (status = 403, description = "`installation_key_required`: the caller is not the installation.", body = Error),
    )
)]
pub async fn check(
    Handle(usage): Handle<Usage>,
    _key: UsageKey,
    Body(ChecksRequest { checks }): Body<ChecksRequest>,
) -> Result<Json<ChecksResponse>, ApiError> {
    let valid: Vec<_> = checks.iter().filter_map(|check| check.as_ref().ok().cloned()).collect();
    let mut answers = usage.check_many(&valid).await?.into_iter();
    let result = |check: Result<CheckRequest, UnansweredCheck>| match check {
        Err(unanswered) => Ok(CheckResult::Unanswered(unanswered)),
        Ok(_) => match answers.next() {
            Some(Ok(check)) => Ok(CheckResult::Answered(check.into())),
            Some(Err(error)) => Ok(CheckResult::Unanswered(error.into())),
            None => Err(ApiError::internal()),
        },
    };
    let results = checks.into_iter().map(result).collect::<Result<_, _>>()?;
    Ok(Json(ChecksResponse { results }))
}
