//! `POST /api/v1/billing/consume`: consumes several features at once, all or nothing.

use std::collections::BTreeMap;

use axum::Json;
use billing::service::Usage;
use serde::Serialize;
use utoipa::ToSchema;

use super::{check::CheckResponse, consume::KeyInHeader};
use crate::api::{
    ApiError,
    operations::openapi::{Error, UsageLimitError},
    principal::TenantUsageKey,
    request::{
        body::{Body, Fields, ReadFields},
        handle::Handle,
    },
};

#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase", example = json!({ "features": { "ai_tokens": 1200, "ai_cost": 3500 }, "idempotencyKey": "req_8f2c" }))]
pub struct ConsumeSeveralRequest {
    /// By the feature's key, each in its unit.
    #[schema(value_type = BTreeMap<String, u64>)]
    features: Vec<(String, u64)>,
    /// The same key gets the same response and counts once while the ledger is kept: 30 days at least.
    #[schema(required = false, min_length = 1, max_length = 255)]
    idempotency_key: Option<String>,
}

impl ReadFields for ConsumeSeveralRequest {
    fn read(fields: &mut Fields) -> Self {
        Self { features: fields.amounts("features"), idempotency_key: fields.idempotency_key() }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ConsumeSeveralResponse {
    /// Usage and limit of each feature after the call.
    features: BTreeMap<String, CheckResponse>,
}

/// Consumes several features at once: all or nothing.
///
/// A refusal names the first feature without room.
#[utoipa::path(
    post,
    path = "/api/v1/billing/consume",
    operation_id = "consumeFeatures",
    tag = "billing",
    security(("api_key" = ["usage"])),
    params(("Idempotency-Key" = Option<String>, Header, description = "The same as `idempotencyKey` in the body, which takes precedence.")),
    request_body = ConsumeSeveralRequest,
    responses(
        (status = 200, description = "All amounts were consumed.", body = ConsumeSeveralResponse),
        (status = 402, description = "`limit_reached`: the limit would be exceeded.\n`feature_not_included`: the plan does not include it.\n`subscription_inactive`: a payment is overdue.", body = UsageLimitError),
        (status = 400, description = "`tenant_required`: an ID token came without `X-Tenant-ID`; ID tokens can't count usage.\n`counted_by_dues`: Dues counts members itself.", body = Error),
        (status = 404, description = "`unknown_feature`: the catalog has no feature with this key.", body = Error),
        (status = 422, description = "`idempotency_key_reused`: this key was sent with other amounts.", body = Error),
        (status = 503, description = "`usage_unavailable`: nothing was counted; try again after `Retry-After`.\n`outcome_unknown`: it may have been counted; only a retry with the same key is safe.", body = Error),
    )
)]
pub async fn consume_several(
    Handle(usage): Handle<Usage>,
    TenantUsageKey(caller): TenantUsageKey,
    in_header: KeyInHeader,
    Body(ConsumeSeveralRequest { features, idempotency_key }): Body<ConsumeSeveralRequest>,
) -> Result<Json<ConsumeSeveralResponse>, ApiError> {
    let wishes: Vec<_> = features.iter().map(|(feature, amount)| (feature.as_str(), *amount)).collect();
    let key = in_header.fallback_for(idempotency_key);
    let answers = usage.consume_several(&caller, &wishes, key.as_deref()).await?;
    let features = features.into_iter().zip(answers).map(|((feature, _), answer)| (feature, answer.into()));
    Ok(Json(ConsumeSeveralResponse { features: features.collect() }))
}
