//! `POST /api/v1/tenant/api-keys`: `{"name","scopes","expiresAt"?}` → 201, with the key, shown once.

use axum::{Json, http::StatusCode};
use billing::service::{
    ApiKeys,
    tenant::key::{CreatedKey, KeyAuthority, NewApiKey, parse_sources},
};
use domain::{tenant::scope::Scope, time::Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::{
    ApiError,
    operations::openapi::Error,
    principal::{ConfirmedCaller, TenantAdmin},
    request::{
        body::{Body, Fields, ReadFields},
        handle::Handle,
    },
};

#[derive(Debug, ToSchema)]
#[schema(
    rename_all = "camelCase",
    example = json!({ "name": "Staging gateway", "scopes": ["read", "billing"], "expiresAt": "2030-01-01T00:00:00Z" })
)]
pub struct CreateApiKeyRequest {
    /// Where it is used: 1 to 80 characters on one line.
    pub(in crate::api) name: String,
    /// Its scopes, each once: `read`, `billing` and `secrets`. The installation alone issues keys with `usage`.
    #[schema(min_items = 1)]
    pub(in crate::api) scopes: Vec<Scope>,
    /// RFC 3339, in the future, cut to whole seconds; without it the key is valid until it is revoked.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(in crate::api) expires_at: Option<Timestamp>,
    /// Networks that may use the key, as `203.0.113.0/24`: other networks get 401. All networks when missing.
    #[schema(required = false, max_items = 20)]
    pub(in crate::api) from: Vec<String>,
}

impl ReadFields for CreateApiKeyRequest {
    fn read(fields: &mut Fields) -> Self {
        Self {
            name: fields.text("name"),
            scopes: fields.words("scopes", "read, usage, billing and secrets"),
            expires_at: fields.optional_time("expiresAt"),
            from: fields.optional_words("from", "networks as 203.0.113.0/24").unwrap_or_default(),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreatedApiKey {
    id: String,
    name: String,
    scopes: Vec<Scope>,
    /// `dues_<id>_<secret>`, shown once.
    key: String,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime, required = true)]
    expires_at: Option<String>,
    /// Networks that may use the key; empty for all.
    from: Vec<String>,
}

impl From<CreatedKey> for CreatedApiKey {
    fn from(made: CreatedKey) -> Self {
        let CreatedKey { id, name, scopes, key, created_at, expires_at, sources } = made;
        let from = sources.iter().map(ToString::to_string).collect();
        let (created_at, expires_at) = (created_at.rfc3339_secs(), expires_at.map(Timestamp::rfc3339_secs));
        Self { id, name, scopes, key, created_at, expires_at, from }
    }
}

/// Creates a key for a service. It is shown once: Dues stores a hash.
#[utoipa::path(
    post,
    path = "/api/v1/tenant/api-keys",
    operation_id = "createApiKey",
    tag = "tenant",
    security(("session" = ["admin"]), ("firebase" = ["admin"])),
    request_body = CreateApiKeyRequest,
    responses(
        (status = 201, description = "The key. It is shown only this once.", body = CreatedApiKey),
        (status = 403, description = "`address_not_proven`: the caller's address is not verified.\n`confirmation_required`: confirm with `POST /api/v1/auth/confirm` first.\n`scope_required`: keys with `usage` are given by the installation.", body = Error),
        (status = 409, description = "`too_many_keys`: the workspace has the maximum number.", body = Error),
    )
)]
pub async fn create(
    Handle(api_keys): Handle<ApiKeys>,
    TenantAdmin(viewer): TenantAdmin,
    ConfirmedCaller(confirmed): ConfirmedCaller,
    Body(CreateApiKeyRequest { name, scopes, expires_at, from }): Body<CreateApiKeyRequest>,
) -> Result<(StatusCode, Json<CreatedApiKey>), ApiError> {
    let sources = parse_sources(from.iter().map(String::as_str))?;
    let new_key = NewApiKey { name, scopes, expires_at, sources };
    let made = api_keys.create_key(KeyAuthority::Person(&viewer), &confirmed, new_key).await?;
    Ok((StatusCode::CREATED, Json(made.into())))
}
