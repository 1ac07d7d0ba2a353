//! `POST /api/v1/tenant/api-keys`: `{"name","scopes","expiresAt"?}` → 201, with the key this once.

use axum::{Json, extract::State, http::StatusCode};
use billing::{
    Services,
    service::key::{KeyAuthority, KeyWish, MadeKey},
};
use domain::{scope::Scope, time::Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::{
    ApiError,
    body::{Body, Fields, ReadFields},
    openapi::Error,
    principal::TenantAdmin,
};

#[derive(Debug, ToSchema)]
#[schema(
    rename_all = "camelCase",
    example = json!({ "name": "Staging gateway", "scopes": ["read", "usage"], "expiresAt": "2030-01-01T00:00:00Z" })
)]
pub struct CreateApiKeyRequest {
    /// Where it is used: 1 to 80 characters on one line.
    name: String,
    /// What it may do, each once.
    #[schema(min_items = 1)]
    scopes: Vec<Scope>,
    /// RFC 3339, in the future, cut to whole seconds; a key without it lasts until it is revoked.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
}

impl ReadFields for CreateApiKeyRequest {
    fn read(fields: &mut Fields) -> Self {
        Self {
            name: fields.text("name"),
            scopes: fields.words("scopes", "read, usage, billing and secrets"),
            expires_at: fields.optional_time("expiresAt"),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreatedApiKey {
    id: String,
    name: String,
    scopes: Vec<Scope>,
    /// `dues_<id>_<secret>`, shown this once.
    key: String,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime, required = true)]
    expires_at: Option<String>,
}

impl From<MadeKey> for CreatedApiKey {
    fn from(made: MadeKey) -> Self {
        let MadeKey { id, name, scopes, key, created_at, expires_at } = made;
        let (created_at, expires_at) = (created_at.rfc3339_secs(), expires_at.map(Timestamp::rfc3339_secs));
        Self { id, name, scopes, key, created_at, expires_at }
    }
}

/// Makes a key for a service. It is shown this once: Dues keeps a hash.
#[utoipa::path(
    post,
    path = "/api/v1/tenant/api-keys",
    operation_id = "createApiKey",
    tag = "tenant",
    security(("session" = ["admin"]), ("firebase" = ["admin"])),
    request_body = CreateApiKeyRequest,
    responses(
        (status = 201, description = "The key, in the clear this once.", body = CreatedApiKey),
        (status = 409, description = "`too_many_keys`: the workspace has as many as there may be.", body = Error),
    )
)]
pub async fn create(
    State(services): State<Services>,
    TenantAdmin(viewer): TenantAdmin,
    Body(CreateApiKeyRequest { name, scopes, expires_at }): Body<CreateApiKeyRequest>,
) -> Result<(StatusCode, Json<CreatedApiKey>), ApiError> {
    let made = services.create_key(KeyAuthority::Person(&viewer), KeyWish { name, scopes, expires_at }).await?;
    Ok((StatusCode::CREATED, Json(made.into())))
}
