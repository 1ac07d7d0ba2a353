//! API keys, each of one tenant.

use domain::{ids::TenantId, scope::Scope, time::Timestamp};

use super::{Link, StoreResult, on_backend, parse, statements};

statements! {
    INSERT_KEY = "INSERT INTO api_keys (tenant_id, key_id, name, scopes, secret_hash, created_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)";
    FIND_KEY = "SELECT tenant_id, key_id, name, scopes, secret_hash, created_at, expires_at FROM api_keys \
         WHERE key_id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)";
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    pub tenant: TenantId,
    pub id: String,
    pub name: String,
    pub scopes: Vec<Scope>,
    pub secret_hash: String,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
}

#[derive(sqlx::FromRow)]
struct ApiKeyRow {
    tenant_id: String,
    key_id: String,
    name: String,
    scopes: String,
    secret_hash: String,
    created_at: i64,
    expires_at: Option<i64>,
}

impl ApiKeyRow {
    fn read(self) -> StoreResult<ApiKey> {
        let Self { tenant_id, key_id, name, scopes, secret_hash, created_at, expires_at } = self;
        Ok(ApiKey {
            tenant: parse(&tenant_id, "api_keys.tenant_id")?,
            id: key_id,
            name,
            scopes: scopes.split(',').map(|scope| parse(scope, "api_keys.scopes")).collect::<StoreResult<_>>()?,
            secret_hash,
            created_at: Timestamp::from_micros(created_at),
            expires_at: expires_at.map(Timestamp::from_micros),
        })
    }
}

impl Link<'_> {
    pub async fn insert_key(&mut self, key: &ApiKey) -> StoreResult<()> {
        let ApiKey { tenant, id, name, scopes, secret_hash, created_at, expires_at } = key;
        let scopes = scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(",");
        on_backend!(self, connection => sqlx::query(INSERT_KEY)
            .bind(tenant.as_str())
            .bind(id)
            .bind(name)
            .bind(scopes)
            .bind(secret_hash)
            .bind(created_at.as_micros())
            .bind(expires_at.map(Timestamp::as_micros))
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    /// A key that is neither revoked nor expired at `now`, by its id.
    pub async fn find_key(&mut self, id: &str, now: Timestamp) -> StoreResult<Option<ApiKey>> {
        let row: Option<ApiKeyRow> = on_backend!(self, connection => sqlx::query_as(FIND_KEY)
            .bind(id)
            .bind(now.as_micros())
            .fetch_optional(&mut **connection)
            .await?);
        row.map(ApiKeyRow::read).transpose()
    }
}
