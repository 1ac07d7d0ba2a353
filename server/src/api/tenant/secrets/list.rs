//! `GET /tenant/secrets`: keys of stored secrets, without values.

use axum::Json;
use billing::service::Secrets;
use domain::{tenant::secret::SecretMetadata, time::Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::{ApiError, principal::TenantSecretsManager, request::handle::Handle};

#[derive(Debug, Serialize, ToSchema)]
pub struct SecretList {
    items: Vec<SecretItem>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Secret)]
struct SecretItem {
    key: String,
    #[schema(format = DateTime)]
    created_at: String,
    /// When its value was last set.
    #[schema(format = DateTime)]
    updated_at: String,
    /// `null` when it was never used.
    #[schema(format = DateTime, required = true)]
    last_used_at: Option<String>,
}

impl From<SecretMetadata> for SecretItem {
    fn from(secret: SecretMetadata) -> Self {
        let SecretMetadata { name, created_at, updated_at, last_used_at } = secret;
        Self {
            key: name.into(),
            created_at: created_at.rfc3339_secs(),
            updated_at: updated_at.rfc3339_secs(),
            last_used_at: last_used_at.map(Timestamp::rfc3339_secs),
        }
    }
}

/// The workspace's secrets, by key. Values are not shown again.
#[utoipa::path(
    get,
    path = "/tenant/secrets",
    operation_id = "listSecrets",
    tag = "tenant",
    security(("session" = ["admin"]), ("firebase" = ["admin"]), ("api_key" = ["secrets"])),
    responses((status = 200, description = "All of them.", body = SecretList))
)]
pub async fn list(
    Handle(secrets): Handle<Secrets>,
    TenantSecretsManager(manager): TenantSecretsManager,
) -> Result<Json<SecretList>, ApiError> {
    let kept = secrets.list(&manager).await?;
    Ok(Json(SecretList { items: kept.into_iter().map(SecretItem::from).collect() }))
}
