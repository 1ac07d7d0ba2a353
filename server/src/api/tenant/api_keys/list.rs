//! `GET /api/v1/tenant/api-keys`: all keys that are not revoked, newest first.

use axum::Json;
use billing::service::{ApiKeys, tenant::key::ListedKey};
use domain::{tenant::scope::Scope, time::Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::{ApiError, principal::TenantAdmin, request::handle::Handle};

#[derive(Debug, Serialize, ToSchema)]
pub struct ApiKeyList {
    items: Vec<ApiKeyItem>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ApiKey)]
pub struct ApiKeyItem {
    /// Part of the key: `dues_<id>_…`.
    id: String,
    name: String,
    scopes: Vec<Scope>,
    #[schema(format = DateTime)]
    created_at: String,
    /// The e-mail address of the person who created it; `null` for a key that the installation issued.
    #[schema(required = true)]
    created_by: Option<String>,
    /// Whether it has the scope `usage` though an admin created it. Such keys stay valid; new ones are issued by the
    /// installation.
    self_issued_meter: bool,
    #[schema(format = DateTime, required = true)]
    expires_at: Option<String>,
    /// Whether it has expired. It is listed until it is revoked.
    expired: bool,
    /// To about a minute; `null` when it was never used.
    #[schema(format = DateTime, required = true)]
    last_used_at: Option<String>,
    /// Networks that may use the key; empty for all.
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

/// The workspace's keys, newest first. Keys are not shown again: the id identifies each.
#[utoipa::path(
    get,
    path = "/api/v1/tenant/api-keys",
    operation_id = "listApiKeys",
    tag = "tenant",
    security(("session" = ["admin"]), ("firebase" = ["admin"])),
    responses((status = 200, description = "Every key that was not revoked.", body = ApiKeyList))
)]
pub async fn list(
    Handle(api_keys): Handle<ApiKeys>,
    TenantAdmin(viewer): TenantAdmin,
) -> Result<Json<ApiKeyList>, ApiError> {
    let keys = api_keys.list_keys(&viewer.current_membership.tenant_id).await?;
    Ok(Json(keys.into()))
}
