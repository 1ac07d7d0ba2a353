//! Tenants' secrets, sealed, and the data key of each tenant that seals them. Times are wall time.

use domain::{
    ids::TenantId,
    tenant::secret::{SecretMetadata, SecretName},
    time::Timestamp,
};

use crate::store::{Connection, StoreResult, on_backend, parse, statements};

statements! {
    FIND_DATA_KEY = "SELECT sealed_key FROM tenant_data_keys WHERE tenant_id = $1";
    INSERT_DATA_KEY = "INSERT INTO tenant_data_keys (tenant_id, sealed_key, created_at) VALUES ($1, $2, $3)";
    UPSERT_SECRET = "INSERT INTO secrets (tenant_id, name, sealed_value, created_at, updated_at) VALUES ($1, $2, $3, $4, $4) \
         ON CONFLICT (tenant_id, name) DO UPDATE SET sealed_value = excluded.sealed_value, updated_at = excluded.updated_at \
         RETURNING name, created_at, updated_at, last_used_at";
    FIND_SECRET = "SELECT sealed_value FROM secrets WHERE tenant_id = $1 AND name = $2";
    LIST_SECRETS = "SELECT name, created_at, updated_at, last_used_at FROM secrets WHERE tenant_id = $1 ORDER BY name";
    UPDATE_SECRET_USE = "UPDATE secrets SET last_used_at = $3 WHERE tenant_id = $1 AND name = $2";
    DELETE_SECRET = "DELETE FROM secrets WHERE tenant_id = $1 AND name = $2";
    COUNT_SECRETS = "SELECT count(*) FROM secrets WHERE tenant_id = $1";
}

#[derive(sqlx::FromRow)]
struct SecretRow {
    name: String,
    created_at: i64,
    updated_at: i64,
    last_used_at: Option<i64>,
}

impl SecretRow {
    fn read(self) -> StoreResult<SecretMetadata> {
        let Self { name, created_at, updated_at, last_used_at } = self;
        Ok(SecretMetadata {
            name: parse(&name, "secrets.name")?,
            created_at: Timestamp::from_micros(created_at),
            updated_at: Timestamp::from_micros(updated_at),
            last_used_at: last_used_at.map(Timestamp::from_micros),
        })
    }
}

impl Connection<'_> {
    /// Finds the tenant's data key, sealed.
    pub async fn find_data_key(&mut self, tenant: &TenantId) -> StoreResult<Option<String>> {
        Ok(on_backend!(self, connection => sqlx::query_scalar(FIND_DATA_KEY)
            .bind(tenant.as_str())
            .fetch_optional(&mut **connection)
            .await?))
    }

    /// Inserts the tenant's data key. Conflict if it has one.
    pub async fn insert_data_key(&mut self, tenant: &TenantId, sealed: &str, now: Timestamp) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(INSERT_DATA_KEY)
            .bind(tenant.as_str())
            .bind(sealed)
            .bind(now.as_micros())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    /// Inserts or replaces a secret's value.
    pub async fn upsert_secret(
        &mut self,
        tenant: &TenantId,
        name: &SecretName,
        sealed: &str,
        now: Timestamp,
    ) -> StoreResult<SecretMetadata> {
        let row: SecretRow = on_backend!(self, connection => sqlx::query_as(UPSERT_SECRET)
            .bind(tenant.as_str())
            .bind(name.as_str())
            .bind(sealed)
            .bind(now.as_micros())
            .fetch_one(&mut **connection)
            .await?);
        self.touch_tenant(tenant).await?;
        row.read()
    }

    /// Finds a secret's value, sealed.
    pub async fn find_secret(&mut self, tenant: &TenantId, name: &SecretName) -> StoreResult<Option<String>> {
        Ok(on_backend!(self, connection => sqlx::query_scalar(FIND_SECRET)
            .bind(tenant.as_str())
            .bind(name.as_str())
            .fetch_optional(&mut **connection)
            .await?))
    }

    /// Lists secrets by name.
    pub async fn list_secrets(&mut self, tenant: &TenantId) -> StoreResult<Vec<SecretMetadata>> {
        let rows: Vec<SecretRow> = on_backend!(self, connection => sqlx::query_as(LIST_SECRETS)
            .bind(tenant.as_str())
            .fetch_all(&mut **connection)
            .await?);
        rows.into_iter().map(SecretRow::read).collect()
    }

    pub async fn update_secret_use(&mut self, tenant: &TenantId, name: &SecretName, now: Timestamp) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(UPDATE_SECRET_USE)
            .bind(tenant.as_str())
            .bind(name.as_str())
            .bind(now.as_micros())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    /// Deletes a secret. Returns whether there was one.
    pub async fn delete_secret(&mut self, tenant: &TenantId, name: &SecretName) -> StoreResult<bool> {
        let rows = on_backend!(self, connection => sqlx::query(DELETE_SECRET)
            .bind(tenant.as_str())
            .bind(name.as_str())
            .execute(&mut **connection)
            .await?
            .rows_affected());
        if rows > 0 {
            self.touch_tenant(tenant).await?;
        }
        Ok(rows > 0)
    }

    pub async fn count_secrets(&mut self, tenant: &TenantId) -> StoreResult<u64> {
        let count: i64 = on_backend!(self, connection => sqlx::query_scalar(COUNT_SECRETS)
            .bind(tenant.as_str())
            .fetch_one(&mut **connection)
            .await?);
        Ok(count.unsigned_abs())
    }
}
