//! API keys of tenants.

use domain::{
    ids::{TenantId, UserId},
    tenant::scope::Scope,
    time::Timestamp,
};

use ipnet::IpNet;

use crate::store::{
    Connection, StoreError, StoreResult,
    dialect::{json_rows, row_statements},
    on_backend, parse, statements,
};

statements! {
    INSERT_KEY = "INSERT INTO api_keys (tenant_id, key_id, name, scopes, secret_hash, created_at, created_by, expires_at, sources) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    FIND_KEY = "SELECT tenant_id, key_id, name, scopes, secret_hash, created_at, created_by, expires_at, last_used_at, sources, \
         (SELECT revision FROM tenants WHERE tenants.tenant_id = api_keys.tenant_id) AS revision \
         FROM api_keys WHERE key_id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2) \
         AND NOT EXISTS (SELECT 1 FROM tenants WHERE tenants.tenant_id = api_keys.tenant_id AND deleted_at IS NOT NULL)";
    LIST_KEYS = "SELECT api_keys.tenant_id, key_id, name, scopes, secret_hash, api_keys.created_at, created_by, expires_at, \
         last_used_at, sources, users.email FROM api_keys LEFT JOIN users ON users.user_id = api_keys.created_by \
         WHERE api_keys.tenant_id = $1 AND revoked_at IS NULL ORDER BY api_keys.created_at DESC, key_id";
    COUNT_KEYS = "SELECT count(*) FROM api_keys WHERE tenant_id = $1 AND revoked_at IS NULL";
    REVOKE_KEY = "UPDATE api_keys SET revoked_at = $3 WHERE tenant_id = $1 AND key_id = $2 AND revoked_at IS NULL";
    REVOKE_KEYS_MADE_BY = "UPDATE api_keys SET revoked_at = $3 WHERE tenant_id = $1 AND created_by = $2 AND revoked_at IS NULL \
         RETURNING key_id, name";
    REVOKE_KEYS_IN_DELETED_TENANTS = "UPDATE api_keys SET revoked_at = $2 WHERE created_by = $1 AND revoked_at IS NULL \
         AND tenant_id IN (SELECT memberships.tenant_id FROM memberships \
         JOIN tenants ON tenants.tenant_id = memberships.tenant_id \
         WHERE memberships.user_id = $1 AND tenants.deleted_at IS NOT NULL)";
    TAKE_OVER_KEYS = "UPDATE api_keys SET created_by = $3 WHERE tenant_id = $1 AND created_by = $2 AND revoked_at IS NULL \
         RETURNING key_id, name";
    FIND_KEY_NAME = "SELECT name, revoked_at FROM api_keys WHERE tenant_id = $1 AND key_id = $2";
    LIST_KEY_NETWORKS = "SELECT network_hash FROM key_networks WHERE tenant_id = $1 AND key_id = $2 LIMIT $3";
    INSERT_KEY_NETWORK = "INSERT INTO key_networks (tenant_id, key_id, network_hash, first_seen_at) \
         SELECT $1, $2, $3, $4 WHERE EXISTS (SELECT 1 FROM api_keys WHERE tenant_id = $1 AND key_id = $2) \
         AND (SELECT count(*) FROM key_networks WHERE tenant_id = $1 AND key_id = $2) < $5 ON CONFLICT DO NOTHING";
}

row_statements! {
    UPDATE_KEY_USES = "UPDATE api_keys SET last_used_at = CAST(sent.value ->> 2 AS BIGINT) FROM "
        ROWS " WHERE api_keys.tenant_id = sent.value ->> 0 AND api_keys.key_id = sent.value ->> 1 \
         AND (api_keys.last_used_at IS NULL OR api_keys.last_used_at < CAST(sent.value ->> 2 AS BIGINT))";
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    pub tenant: TenantId,
    pub id: String,
    pub name: String,
    pub scopes: Vec<Scope>,
    pub secret_hash: String,
    pub created_at: Timestamp,
    /// `None` if an operator created it.
    pub created_by: Option<UserId>,
    pub expires_at: Option<Timestamp>,
    /// Accurate to about a minute.
    pub last_used_at: Option<Timestamp>,
    /// The networks that the key may be used from; empty for any.
    pub sources: Vec<IpNet>,
}

#[derive(sqlx::FromRow)]
struct ApiKeyRow {
    tenant_id: String,
    key_id: String,
    name: String,
    scopes: String,
    secret_hash: String,
    created_at: i64,
    created_by: Option<String>,
    expires_at: Option<i64>,
    last_used_at: Option<i64>,
    sources: String,
}

#[derive(sqlx::FromRow)]
struct FoundKeyRow {
    #[sqlx(flatten)]
    key: ApiKeyRow,
    revision: i64,
}

#[derive(sqlx::FromRow)]
struct ListedKeyRow {
    #[sqlx(flatten)]
    key: ApiKeyRow,
    email: Option<String>,
}

impl ApiKeyRow {
    fn read(self) -> StoreResult<ApiKey> {
        let Self {
            tenant_id,
            key_id,
            name,
            scopes,
            secret_hash,
            created_at,
            created_by,
            expires_at,
            last_used_at,
            sources,
        } = self;
        Ok(ApiKey {
            tenant: parse(&tenant_id, "api_keys.tenant_id")?,
            id: key_id,
            name,
            scopes: scopes.split(',').map(|scope| parse(scope, "api_keys.scopes")).collect::<StoreResult<_>>()?,
            secret_hash,
            created_at: Timestamp::from_micros(created_at),
            created_by: created_by.map(|user| parse(&user, "api_keys.created_by")).transpose()?,
            expires_at: expires_at.map(Timestamp::from_micros),
            last_used_at: last_used_at.map(Timestamp::from_micros),
            sources: sources
                .split(',')
                .filter(|network| !network.is_empty())
                .map(|network| network.parse().map_err(|_| StoreError::Corrupt("api_keys.sources")))
                .collect::<StoreResult<_>>()?,
        })
    }
}

impl Connection<'_> {
    pub async fn insert_key(&mut self, key: &ApiKey) -> StoreResult<()> {
        let ApiKey {
            tenant,
            id,
            name,
            scopes,
            secret_hash,
            created_at,
            created_by,
            expires_at,
            last_used_at: _,
            sources,
        } = key;
        let sources = sources.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        let scopes = scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(",");
        on_backend!(self, connection => sqlx::query(INSERT_KEY)
            .bind(tenant.as_str())
            .bind(id)
            .bind(name)
            .bind(scopes)
            .bind(secret_hash)
            .bind(created_at.as_micros())
            .bind(created_by.as_ref().map(UserId::as_str))
            .bind(expires_at.map(Timestamp::as_micros))
            .bind(sources)
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    /// Finds a key and its tenant's revision by the key's id; `None` if the key is revoked, expired at `now` or of a
    /// deleted tenant.
    pub async fn find_key(&mut self, id: &str, now: Timestamp) -> StoreResult<Option<(ApiKey, i64)>> {
        let row: Option<FoundKeyRow> = on_backend!(self, connection => sqlx::query_as(FIND_KEY)
            .bind(id)
            .bind(now.as_micros())
            .fetch_optional(&mut **connection)
            .await?);
        row.map(|row| Ok((row.key.read()?, row.revision))).transpose()
    }

    /// Lists hashes of the networks that a key was used from, at most `most`.
    pub async fn list_key_networks(&mut self, tenant: &TenantId, key: &str, most: i64) -> StoreResult<Vec<String>> {
        Ok(on_backend!(self, connection => sqlx::query_scalar(LIST_KEY_NETWORKS)
            .bind(tenant.as_str())
            .bind(key)
            .bind(most)
            .fetch_all(&mut **connection)
            .await?))
    }

    /// Stores a network that a key was used from, unless the key has `most` already. Idempotent.
    pub async fn insert_key_network(
        &mut self,
        tenant: &TenantId,
        key: &str,
        network_hash: &str,
        now: Timestamp,
        most: i64,
    ) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(INSERT_KEY_NETWORK)
            .bind(tenant.as_str())
            .bind(key)
            .bind(network_hash)
            .bind(now.as_micros())
            .bind(most)
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    /// Lists every key that is not revoked, expired ones included, newest first, each with its creator's address.
    pub async fn list_keys(&mut self, tenant: &TenantId) -> StoreResult<Vec<(ApiKey, Option<String>)>> {
        let rows: Vec<ListedKeyRow> = on_backend!(self, connection => sqlx::query_as(LIST_KEYS)
            .bind(tenant.as_str())
            .fetch_all(&mut **connection)
            .await?);
        rows.into_iter().map(|row| Ok((row.key.read()?, row.email))).collect()
    }

    /// Counts the keys that [`Connection::list_keys`] lists.
    pub async fn count_keys(&mut self, tenant: &TenantId) -> StoreResult<u64> {
        let count: i64 = on_backend!(self, connection => sqlx::query_scalar(COUNT_KEYS)
            .bind(tenant.as_str())
            .fetch_one(&mut **connection)
            .await?);
        Ok(count.unsigned_abs())
    }

    /// Finds a key's name and whether it is revoked. Includes revoked and expired keys.
    pub async fn find_key_name(&mut self, tenant: &TenantId, id: &str) -> StoreResult<Option<(String, bool)>> {
        let row: Option<(String, Option<i64>)> = on_backend!(self, connection => sqlx::query_as(FIND_KEY_NAME)
            .bind(tenant.as_str())
            .bind(id)
            .fetch_optional(&mut **connection)
            .await?);
        Ok(row.map(|(name, revoked_at)| (name, revoked_at.is_some())))
    }

    /// Revokes a key. No-op if it is revoked already.
    pub async fn revoke_key(&mut self, tenant: &TenantId, id: &str, now: Timestamp) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(REVOKE_KEY)
            .bind(tenant.as_str())
            .bind(id)
            .bind(now.as_micros())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        self.touch_tenant(tenant).await
    }

    /// Revokes every key that this user created in the tenant. Returns the ids and names.
    pub async fn revoke_keys_made_by(
        &mut self,
        tenant: &TenantId,
        user: &UserId,
        now: Timestamp,
    ) -> StoreResult<Vec<(String, String)>> {
        let revoked = on_backend!(self, connection => sqlx::query_as(REVOKE_KEYS_MADE_BY)
            .bind(tenant.as_str())
            .bind(user.as_str())
            .bind(now.as_micros())
            .fetch_all(&mut **connection)
            .await?);
        self.touch_tenant(tenant).await?;
        Ok(revoked)
    }

    /// Revokes every key that this user created in tenants that are deleted, so that it stays unusable after a restore.
    pub async fn revoke_keys_in_deleted_tenants(&mut self, user: &UserId, now: Timestamp) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(REVOKE_KEYS_IN_DELETED_TENANTS)
            .bind(user.as_str())
            .bind(now.as_micros())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    /// Makes `to` the creator of every key in the tenant that `from` created and that is not revoked. Returns the ids
    /// and names. The keys stay valid.
    pub async fn take_over_keys(
        &mut self,
        tenant: &TenantId,
        from: &UserId,
        to: &UserId,
    ) -> StoreResult<Vec<(String, String)>> {
        Ok(on_backend!(self, connection => sqlx::query_as(TAKE_OVER_KEYS)
            .bind(tenant.as_str())
            .bind(from.as_str())
            .bind(to.as_str())
            .fetch_all(&mut **connection)
            .await?))
    }

    /// Stores when keys were last used, unless a later use is stored.
    pub async fn update_key_uses(&mut self, uses: &[(&TenantId, &str, Timestamp)]) -> StoreResult<()> {
        let rows = json_rows(uses.iter().map(|(tenant, id, at)| (tenant.as_str(), id, at.as_micros())))?;
        let statement = self.row_statement(UPDATE_KEY_USES);
        on_backend!(self, connection => sqlx::query(statement)
            .bind(rows)
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }
}
