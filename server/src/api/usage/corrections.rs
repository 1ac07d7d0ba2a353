//! `POST /api/v1/usage/corrections`: corrects a counter.

use axum::Json;
use billing::service::{Usage, usage::correction::CorrectionRequest};
use utoipa::ToSchema;

use super::check::CheckResponse;
use crate::api::{
    ApiError,
    operations::openapi::Error,
    request::{
        body::{Body, Fields, ReadFields},
        handle::Handle,
        installation::TenantCorrector,
    },
};

#[derive(Debug, ToSchema)]
#[schema(
    as = CorrectionRequest,
    rename_all = "camelCase",
    example = json!({ "feature": "ai_tokens", "amount": -5000, "reason": "An import ran twice.", "idempotencyKey": "fix_8f2c" })
)]
pub struct CorrectUsageRequest {
    /// The feature's key in the catalog.
    feature: String,
    /// The change of the current period's counter, in the feature's unit; not 0.
    #[schema(minimum = -9_007_199_254_740_991_i64, maximum = 9_007_199_254_740_991_i64)]
    amount: i64,
    /// For the workspace's audit log: 1 to 500 characters on one line.
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
    /// The same key gets the same response and counts once.
    #[schema(min_length = 1, max_length = 255)]
    idempotency_key: String,
}

impl ReadFields for CorrectUsageRequest {
    fn read(fields: &mut Fields) -> Self {
        Self {
            feature: fields.text("feature"),
            amount: fields.signed_amount("amount"),
            reason: fields.text("reason"),
            idempotency_key: fields.text("idempotencyKey"),
        }
    }
}

/// Corrects a counter by an entry in the ledger, with a reason in the audit log.
///
/// For the installation only, with a key of its own: sessions, ID tokens and keys of a workspace are refused. Limits
/// refuse no correction, and a counter never falls below zero.
#[utoipa::path(
    post,
    path = "/api/v1/usage/corrections",
    operation_id = "correctUsage",
    tags = ["usage", "tenant"],
    security(("installation_key" = ["usage"])),
    request_body = CorrectUsageRequest,
    responses(
        (status = 200, description = "The counter was corrected: usage and limit of the feature.", body = CheckResponse),
        (status = 400, description = "`tenant_required`: no header names the workspace.\n`counted_by_dues`: Dues counts members itself.", body = Error),
        (status = 403, description = "`installation_key_required`: the caller is not the installation.", body = Error),
        (status = 404, description = "`unknown_feature`: the catalog has no feature with this key.", body = Error),
        (status = 409, description = "`correction_below_zero`: more would be taken off than was counted; nothing was written.", body = Error),
        (status = 422, description = "`idempotency_key_reused`: this key was sent with another correction.", body = Error),
        (status = 503, description = "`usage_unavailable`: nothing was counted; try again after `Retry-After`.\n`outcome_unknown`: it may have been counted; only a retry with the same key is safe.", body = Error),
    )
)]
pub async fn correct(
    Handle(usage): Handle<Usage>,
    TenantCorrector(corrector): TenantCorrector,
    Body(CorrectUsageRequest { feature, amount, reason, idempotency_key }): Body<CorrectUsageRequest>,
) -> Result<Json<CheckResponse>, ApiError> {
    let request = CorrectionRequest { feature, amount, reason, idempotency_key };
    Ok(Json(usage.correct_usage(&corrector, request).await?.into()))
}
