//! `POST /tenant/secrets`: `{"key","value"}` → 201, without the value.

use axum::{Json, http::StatusCode};
use billing::service::Secrets;
use domain::tenant::secret::SecretMetadata;
use secrecy::SecretString;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::{
    ApiError,
    operations::openapi::{Error, UsageLimitError},
    principal::{ConfirmedCaller, TenantSecretsManager},
    request::{
        body::{Body, Fields, ReadFields},
        handle::Handle,
    },
};

#[derive(Debug, ToSchema)]
pub struct SetSecretRequest {
    /// Its key: a letter, then letters, digits, `_`, `-` or `.`. Dues reads `polar_api_key`, `polar_organization_id`
    /// and `stripe_secret_key`.
    #[schema(min_length = 1, max_length = 64, pattern = "^[A-Za-z][A-Za-z0-9_.-]*$")]
    key: String,
    /// 1 to 16384 bytes.
    #[schema(value_type = String, min_length = 1, max_length = 16384)]
    value: SecretString,
}

impl ReadFields for SetSecretRequest {
    fn read(fields: &mut Fields) -> Self {
        Self { key: fields.text("key"), value: fields.token("value").into() }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct KeptSecret {
    key: String,
    #[schema(format = DateTime)]
    created_at: String,
    /// When its value was last set.
    #[schema(format = DateTime)]
    updated_at: String,
}

impl From<SecretMetadata> for KeptSecret {
    fn from(kept: SecretMetadata) -> Self {
        let SecretMetadata { name, created_at, updated_at, last_used_at: _ } = kept;
        Self { key: name.into(), created_at: created_at.rfc3339_secs(), updated_at: updated_at.rfc3339_secs() }
    }
}

/// Stores a value under a key and replaces an existing one. It is sealed and not shown again. Safe to repeat.
#[utoipa::path(
    post,
    path = "/tenant/secrets",
    operation_id = "setSecret",
    tag = "tenant",
    security(("session" = ["admin"]), ("firebase" = ["admin"]), ("api_key" = ["secrets"])),
    request_body(
        content = SetSecretRequest,
        examples(
            ("key" = (summary = "Polar's API key", value = json!({ "key": "polar_api_key", "value": "polar_sk_live_..." }))),
            ("organisation" = (summary = "Polar's organisation", value = json!({ "key": "polar_organization_id", "value": "org-123" }))),
        )
    ),
    responses(
        (status = 403, description = "`confirmation_required`: confirm with `POST /api/v1/auth/confirm` first.", body = Error),
        (status = 201, description = "The secret is stored, under a new key or in place of the previous value.", body = KeptSecret),
        (status = 402, description = "`limit_reached`, `feature_not_included`, `subscription_inactive`: the plan allows no more secrets.", body = UsageLimitError),
        (status = 501, description = "`secrets_not_configured`, `secrets_key_lost`: the operator of the installation has to set `SECRETS_KEY`.", body = Error),
    )
)]
// No `Idempotency-Key`: a repeat has the same effect, and the stored hash of a request could reveal a short value.
pub async fn set(
    Handle(secrets): Handle<Secrets>,
    TenantSecretsManager(manager): TenantSecretsManager,
    ConfirmedCaller(confirmed): ConfirmedCaller,
    Body(SetSecretRequest { key, value }): Body<SetSecretRequest>,
) -> Result<(StatusCode, Json<KeptSecret>), ApiError> {
    let kept = secrets.set_secret(&manager.confirmed(&confirmed), &key, &value).await?;
    Ok((StatusCode::CREATED, Json(kept.into())))
}
