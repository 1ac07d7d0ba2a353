//! Keys of the installation, which work for every tenant.

use domain::{
    ids::{TenantId, UserId},
    tenant::installation_scope::InstallationScope,
    time::Timestamp,
};
use ipnet::IpNet;

use crate::store::{Connection, StoreError, StoreResult, on_backend, parse, statements};

statements! {
    INSERT_INSTALLATION_KEY = "INSERT INTO installation_keys \
         (key_id, name, scopes, secret_hash, created_at, created_by, expires_at, sources) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    // The last column is the installation's revision, which rises when a key is revoked.
    FIND_INSTALLATION_KEY = "SELECT key_id, name, scopes, secret_hash, created_at, created_by, expires_at, last_used_at, sources, \
         (SELECT revision FROM tenants WHERE tenant_id = 'installation') AS revision \
         FROM installation_keys WHERE key_id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)";
    LIST_INSTALLATION_KEYS = "SELECT key_id, name, scopes, secret_hash, installation_keys.created_at, created_by, expires_at, \
         last_used_at, sources, users.email FROM installation_keys LEFT JOIN users ON users.user_id = installation_keys.created_by \
         WHERE revoked_at IS NULL ORDER BY installation_keys.created_at DESC, key_id";
    COUNT_INSTALLATION_KEYS = "SELECT count(*) FROM installation_keys WHERE revoked_at IS NULL";
    REVOKE_INSTALLATION_KEY = "UPDATE installation_keys SET revoked_at = $2 WHERE key_id = $1 AND revoked_at IS NULL";
    FIND_INSTALLATION_KEY_NAME = "SELECT name, revoked_at FROM installation_keys WHERE key_id = $1";
    UPDATE_INSTALLATION_KEY_USE = "UPDATE installation_keys SET last_used_at = $2 \
         WHERE key_id = $1 AND (last_used_at IS NULL OR last_used_at < $2)";
    LIST_INSTALLATION_KEY_NETWORKS = "SELECT network_hash FROM installation_key_networks WHERE key_id = $1 LIMIT $2";
    INSERT_INSTALLATION_KEY_NETWORK = "INSERT INTO installation_key_networks (key_id, network_hash, first_seen_at) \
         SELECT $1, $2, $3 WHERE EXISTS (SELECT 1 FROM installation_keys WHERE key_id = $1) \
         AND (SELECT count(*) FROM installation_key_networks WHERE key_id = $1) < $4 ON CONFLICT DO NOTHING";
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstallationKey {
    pub id: String,
    pub name: String,
    pub scopes: Vec<InstallationScope>,
    pub secret_hash: String,
    pub created_at: Timestamp,
    /// The operator who created it on the desk; `None` for the command line.
    pub created_by: Option<UserId>,
    pub expires_at: Option<Timestamp>,
    /// Accurate to about a minute.
    pub last_used_at: Option<Timestamp>,
    /// The networks that the key may be used from; empty for any.
    pub sources: Vec<IpNet>,
}

#[derive(sqlx::FromRow)]
struct InstallationKeyRow {
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
    key: InstallationKeyRow,
    revision: i64,
}

#[derive(sqlx::FromRow)]
struct ListedKeyRow {
    #[sqlx(flatten)]
    key: InstallationKeyRow,
    email: Option<String>,
}

impl InstallationKeyRow {
    fn read(self) -> StoreResult<InstallationKey> {
        let Self { key_id, name, scopes, secret_hash, created_at, created_by, expires_at, last_used_at, sources } =
            self;
        let scopes = scopes.split(',').map(|scope| parse(scope, "installation_keys.scopes"));
        let sources = sources.split(',').filter(|network| !network.is_empty());
        Ok(InstallationKey {
            id: key_id,
            name,
            scopes: scopes.collect::<StoreResult<_>>()?,
            secret_hash,
            created_at: Timestamp::from_micros(created_at),
            created_by: created_by.map(|user| parse(&user, "installation_keys.created_by")).transpose()?,
            expires_at: expires_at.map(Timestamp::from_micros),
            last_used_at: last_used_at.map(Timestamp::from_micros),
            sources: sources
                .map(|network| network.parse().map_err(|_| StoreError::Corrupt("installation_keys.sources")))
                .collect::<StoreResult<_>>()?,
        })
    }
}

impl Connection<'_> {
    pub async fn insert_installation_key(&mut self, key: &InstallationKey) -> StoreResult<()> {
        let InstallationKey {
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
        on_backend!(self, connection => sqlx::query(INSERT_INSTALLATION_KEY)
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

    /// Finds a key by its id, unless it is revoked or expired at `now`, with the installation's revision.
    pub async fn find_installation_key(
        &mut self,
        id: &str,
        now: Timestamp,
    ) -> StoreResult<Option<(InstallationKey, i64)>> {
        let row: Option<FoundKeyRow> = on_backend!(self, connection => sqlx::query_as(FIND_INSTALLATION_KEY)
            .bind(id)
            .bind(now.as_micros())
            .fetch_optional(&mut **connection)
            .await?);
        row.map(|row| Ok((row.key.read()?, row.revision))).transpose()
    }

    /// Lists every key that is not revoked, expired ones included, newest first, each with its creator's address.
    pub async fn list_installation_keys(&mut self) -> StoreResult<Vec<(InstallationKey, Option<String>)>> {
        let rows: Vec<ListedKeyRow> = on_backend!(self, connection => sqlx::query_as(LIST_INSTALLATION_KEYS)
            .fetch_all(&mut **connection)
            .await?);
        rows.into_iter().map(|row| Ok((row.key.read()?, row.email))).collect()
    }

    /// Counts the keys that [`Connection::list_installation_keys`] lists.
    pub async fn count_installation_keys(&mut self) -> StoreResult<u64> {
        let count: i64 = on_backend!(self, connection => sqlx::query_scalar(COUNT_INSTALLATION_KEYS)
            .fetch_one(&mut **connection)
            .await?);
        Ok(count.unsigned_abs())
    }

    /// Finds a key's name and whether it is revoked. Includes revoked and expired keys.
    pub async fn find_installation_key_name(&mut self, id: &str) -> StoreResult<Option<(String, bool)>> {
        let row: Option<(String, Option<i64>)> = on_backend!(self, connection => sqlx::query_as(FIND_INSTALLATION_KEY_NAME)
            .bind(id)
            .fetch_optional(&mut **connection)
            .await?);
        Ok(row.map(|(name, revoked_at)| (name, revoked_at.is_some())))
    }

    /// Revokes a key, and raises the installation's revision. No-op if it is revoked already.
    pub async fn revoke_installation_key(&mut self, id: &str, now: Timestamp) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(REVOKE_INSTALLATION_KEY)
            .bind(id)
            .bind(now.as_micros())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        self.touch_tenant(&TenantId::installation()).await
    }

    /// Stores when a key was last used, unless a later use is stored.
    pub async fn update_installation_key_use(&mut self, id: &str, at: Timestamp) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(UPDATE_INSTALLATION_KEY_USE)
            .bind(id)
            .bind(at.as_micros())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    /// Lists hashes of the networks that a key was used from, at most `most`.
    pub async fn list_installation_key_networks(&mut self, id: &str, most: i64) -> StoreResult<Vec<String>> {
        Ok(on_backend!(self, connection => sqlx::query_scalar(LIST_INSTALLATION_KEY_NETWORKS)
            .bind(id)
            .bind(most)
            .fetch_all(&mut **connection)
            .await?))
    }

    /// Stores a network that a key was used from, unless the key has `most` already. Idempotent.
    pub async fn insert_installation_key_network(
        &mut self,
        id: &str,
        network_hash: &str,
        now: Timestamp,
        most: i64,
    ) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(INSERT_INSTALLATION_KEY_NETWORK)
            .bind(id)
            .bind(network_hash)
            .bind(now.as_micros())
            .bind(most)
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::store::testing::{Engine, TestDatabase};

    const NOW: Timestamp = Timestamp::from_secs(1_700_000_000);

    fn key(id: &str) -> InstallationKey {
        InstallationKey {
            id: id.to_owned(),
            name: "back end".to_owned(),
            scopes: vec![InstallationScope::Tenants, InstallationScope::Usage],
            secret_hash: "0".repeat(64),
            created_at: NOW,
            created_by: None,
            expires_at: Some(NOW.plus_secs(60)),
            last_used_at: None,
            sources: vec!["203.0.113.0/24".parse().unwrap()],
        }
    }

    #[rstest]
    #[tokio::test]
    async fn a_key_is_found_until_it_expires_or_is_revoked(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
        let database = TestDatabase::new(engine).await;
        let mut tx = database.store.begin().await.unwrap();
        tx.connection().insert_installation_key(&key("a")).await.unwrap();
        let mut link = tx.connection();
        let (found, revision) = link.find_installation_key("a", NOW).await.unwrap().unwrap();
        assert_eq!(found, key("a"));
        assert_eq!(link.list_installation_keys().await.unwrap(), [(key("a"), None)]);
        assert!(link.find_installation_key("a", NOW.plus_secs(60)).await.unwrap().is_none());

        link.update_installation_key_use("a", NOW.plus_secs(2)).await.unwrap();
        link.update_installation_key_use("a", NOW.plus_secs(1)).await.unwrap();
        let (used, _) = link.find_installation_key("a", NOW).await.unwrap().unwrap();
        assert_eq!(used.last_used_at, Some(NOW.plus_secs(2)));

        for (hash, most) in [("n1", 2), ("n1", 2), ("n2", 2), ("n3", 2)] {
            link.insert_installation_key_network("a", hash, NOW, most).await.unwrap();
        }
        assert_eq!(link.list_installation_key_networks("a", 10).await.unwrap().len(), 2);

        link.revoke_installation_key("a", NOW).await.unwrap();
        assert!(link.find_installation_key("a", NOW).await.unwrap().is_none());
        assert_eq!(link.count_installation_keys().await.unwrap(), 0);
        assert_eq!(
            link.find_installation_key_name("a").await.unwrap(),
            Some(("back end".to_owned(), true)),
            "a revoked key keeps its name"
        );
        let revisions = link.list_revisions(&[TenantId::installation()]).await.unwrap();
        assert!(matches!(revisions.as_slice(), [(0, now)] if *now > revision), "nodes see that a key was revoked");
    }
}
