//! `GET /api/v1/tenant/api-keys`: every key that was not revoked, the newest first.

use axum::{Json, extract::State};
use billing::{Services, service::key::ListedKey};
use domain::{scope::Scope, time::Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::{ApiError, principal::TenantAdmin};

#[derive(Debug, Serialize, ToSchema)]
pub struct ApiKeyList {
    items: Vec<ApiKeyItem>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ApiKey)]
pub struct ApiKeyItem {
    /// Stands in the key, too: `dues_<id>_…`.
    id: String,
    name: String,
    scopes: Vec<Scope>,
    #[schema(format = DateTime)]
    created_at: String,
    /// The e-mail address of who made it; `null` for a key made on the command line.
    #[schema(required = true)]
    created_by: Option<String>,
    #[schema(format = DateTime, required = true)]
    expires_at: Option<String>,
    /// Whether it has stopped to work. It is listed until it is revoked.
    expired: bool,
    /// To about a minute; `null` when it never was.
    #[schema(format = DateTime, required = true)]
    last_used_at: Option<String>,
}

impl From<Vec<ListedKey>> for ApiKeyList {
    fn from(keys: Vec<ListedKey>) -> Self {
        Self { items: keys.into_iter().map(ApiKeyItem::from).collect() }
    }
}

impl From<ListedKey> for ApiKeyItem {
    fn from(key: ListedKey) -> Self {
        let ListedKey { id, name, scopes, created_at, created_by, expires_at, is_expired, last_used_at } = key;
        Self {
            id,
            name,
            scopes,
            created_at: created_at.rfc3339_secs(),
            created_by,
            expires_at: expires_at.map(Timestamp::rfc3339_secs),
            expired: is_expired,
            last_used_at: last_used_at.map(Timestamp::rfc3339_secs),
        }
    }
}

/// The workspace's keys, the newest first. No key can be seen again: its id says which one it is.
#[utoipa::path(
    get,
    path = "/api/v1/tenant/api-keys",
    operation_id = "listApiKeys",
    tag = "tenant",
    security(("session" = ["admin"]), ("firebase" = ["admin"])),
    responses((status = 200, description = "Every key that was not revoked.", body = ApiKeyList))
)]
pub async fn list(
    State(services): State<Services>,
    TenantAdmin(viewer): TenantAdmin,
) -> Result<Json<ApiKeyList>, ApiError> {
    let keys = services.list_keys(&viewer.here.tenant_id).await?;
    Ok(Json(keys.into()))
}
