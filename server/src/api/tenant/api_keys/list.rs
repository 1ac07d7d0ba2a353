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
    /// The e-mail address of the person who made it; `null` for a key that the installation gave.
    #[schema(required = true)]
    created_by: Option<String>,
    /// Whether it has the scope `usage` though an admin made it. Such keys go on; new ones are given by the installation.
    self_issued_meter: bool,
    #[schema(format = DateTime, required = true)]
    expires_at: Option<String>,
    /// Whether it has stopped to work. It is listed until it is revoked.
    expired: bool,
    /// To about a minute; `null` when it never was.
    #[schema(format = DateTime, required = true)]
    last_used_at: Option<String>,
    /// The networks that it may be used from; empty for everywhere.
    from: Vec<String>,
}

impl From<Vec<ListedKey>> for ApiKeyList {
    fn from(keys: Vec<ListedKey>) -> Self {
        Self { items: keys.into_iter().map(ApiKeyItem::from).collect() }
    }
}

impl From<ListedKey> for ApiKeyItem {
    fn from(key: ListedKey) -> Self {
        let ListedKey {
            id,
            name,
            scopes,
            created_at,
            maker: _,
            created_by,
            is_self_issued_meter,
            expires_at,
            is_expired,
            last_used_at,
            sources,
        } = key;
        Self {
            id,
            name,
            scopes,
            created_at: created_at.rfc3339_secs(),
            created_by,
            self_issued_meter: is_self_issued_meter,
            expires_at: expires_at.map(Timestamp::rfc3339_secs),
            expired: is_expired,
            last_used_at: last_used_at.map(Timestamp::rfc3339_secs),
            from: sources.iter().map(ToString::to_string).collect(),
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
    let keys = services.list_keys(&viewer.current_membership.tenant_id).await?;
    Ok(Json(keys.into()))
}
