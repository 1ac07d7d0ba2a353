//! Reads all rows of a workspace, or of the whole database, without knowing its tables.

use std::{collections::BTreeMap, path::Path};

use billing::store::Store;
use domain::{ids::TenantId, time::Timestamp};
use sqlx::{AssertSqlSafe, PgPool, SqlitePool};

use super::{Owner, TestApp};

/// The column that is left out of each row: the use of a key or secret may change it at any time.
const IGNORED_COLUMN: &str = "last_used_at";

/// The tables that [`tenant_rows`] leaves out: jobs run at any time, and the networks of a key, what it reported and the
/// roll-ups of usage are written some seconds after its use.
const VOLATILE_TABLES: [&str; 4] = ["jobs", "key_networks", "usage_by_key", "usage_hours"];

/// What the names of the tables begin with that each run of a command writes: its import and its jobs, and what it has
/// seen of the provider's account.
const TABLES_OF_A_RUN: [&str; 4] = ["import", "jobs", "provider_account", "sqlite_"];

/// Returns one line for each row of the tenant, from every table with a `tenant_id` except [`VOLATILE_TABLES`].
pub(super) async fn tenant_rows(store: &Store, tenant: &TenantId) -> Vec<String> {
    let mut all = Vec::new();
    for table in tables(store).await.into_iter().filter(|table| !VOLATILE_TABLES.contains(&table.as_str())) {
        let rows = match store {
            Store::Sqlite(sqlite) => sqlite_rows(&sqlite.readers, &table, tenant).await,
            Store::Postgres(pool) => postgres_rows(pool, &table, tenant).await,
        };
        all.extend(rows.into_iter().map(|row| format!("{table} {row}")));
    }
    assert!(!all.is_empty(), "no rows of the workspace {tenant}");
    all
}

impl TestApp {
    /// Returns the rows of every table, as text.
    pub(crate) async fn every_row(&self) -> String {
        let tables = every_table(&self.database.store).await.into_iter();
        tables
            .flat_map(|(table, rows)| [table, String::from_utf8_lossy(&rows).into_owned()])
            .collect::<Vec<_>>()
            .join("\n")
    }

    /// Returns the rows of each table that an import of tenants writes, apart from its own, as text in a fixed order.
    pub(crate) async fn rows_of_tenants(&self) -> BTreeMap<String, Vec<String>> {
        let all = every_table(&self.database.store).await.into_iter();
        let of_tenants = all.filter(|(table, _)| !TABLES_OF_A_RUN.iter().any(|prefix| table.starts_with(prefix)));
        let sorted = of_tenants.map(|(table, rows)| {
            let mut lines: Vec<_> = String::from_utf8_lossy(&rows).lines().map(str::to_owned).collect();
            lines.sort_unstable();
            (table, lines)
        });
        sorted.collect()
    }

    /// Inserts an operator's note about the owner's workspace. Returns its id.
    pub(crate) async fn note_about(&self, owner: &Owner) -> String {
        let mut tx = self.database.store.begin().await.unwrap();
        let notes = tx.connection().count_tenant_notes(&owner.tenant).await.unwrap();
        let id = format!("note-{notes}");
        let author = "operator".parse().unwrap();
        let now = Timestamp::from_secs(0);
        tx.connection().insert_tenant_note(&owner.tenant, (&id, "A test."), &author, now).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    /// Returns what each tenant has used of each feature in all periods, by the tenant's id and the feature. Counters
    /// of 0 are left out.
    pub(crate) async fn counter_sums(&self) -> BTreeMap<(String, String), i64> {
        const SUMS: &str = "SELECT tenant_id, feature, CAST(SUM(used) AS BIGINT) FROM usage_counters \
                            GROUP BY tenant_id, feature HAVING SUM(used) <> 0";
        let sums: Vec<(String, String, i64)> = match &self.database.store {
            Store::Sqlite(sqlite) => sqlx::query_as(SUMS).fetch_all(&sqlite.readers).await.unwrap(),
            Store::Postgres(pool) => sqlx::query_as(SUMS).fetch_all(pool).await.unwrap(),
        };
        sums.into_iter().map(|(tenant, feature, used)| ((tenant, feature), used)).collect()
    }
}

/// Returns the rows of every table of a `SQLite` file, by table, as text in a fixed order. No server may use the file.
pub(crate) async fn rows_of_file(file: &Path) -> BTreeMap<String, Vec<String>> {
    let store = Store::connect_to_file(file).await.unwrap();
    let all = every_table(&store).await.into_iter();
    let sorted = all.map(|(table, rows)| {
        let mut lines: Vec<_> = String::from_utf8_lossy(&rows).lines().map(str::to_owned).collect();
        lines.sort_unstable();
        (table, lines)
    });
    let sorted = sorted.collect();
    store.close().await;
    sorted
}

/// Returns the name of every table with all its rows as text.
pub(super) async fn every_table(store: &Store) -> Vec<(String, Vec<u8>)> {
    let tables: Vec<String> = match store {
        Store::Sqlite(sqlite) => {
            let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name";
            sqlx::query_scalar(tables).fetch_all(&sqlite.readers).await.unwrap()
        }
        Store::Postgres(pool) => {
            let tables = "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public'";
            sqlx::query_scalar(tables).fetch_all(pool).await.unwrap()
        }
    };
    let mut all = Vec::new();
    for table in tables {
        let rows: Vec<String> = match store {
            Store::Sqlite(sqlite) => {
                let columns = quoted_columns(&sqlite.readers, &table, "").await;
                let rows = AssertSqlSafe(format!("SELECT {columns} FROM {table}"));
                sqlx::query_scalar(rows).fetch_all(&sqlite.readers).await.unwrap()
            }
            Store::Postgres(pool) => {
                let rows = AssertSqlSafe(format!("SELECT {table}::text FROM {table}"));
                sqlx::query_scalar(rows).fetch_all(pool).await.unwrap()
            }
        };
        all.push((table, rows.join("\n").into_bytes()));
    }
    all
}

async fn tables(store: &Store) -> Vec<String> {
    match store {
        Store::Sqlite(sqlite) => {
            let tables = "SELECT t.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c ON c.name = 'tenant_id' \
                          WHERE t.type = 'table' ORDER BY t.name";
            sqlx::query_scalar(tables).fetch_all(&sqlite.readers).await.unwrap()
        }
        Store::Postgres(pool) => {
            let tables = "SELECT table_name::text FROM information_schema.columns \
                          WHERE column_name = 'tenant_id' AND table_schema = 'public' ORDER BY table_name";
            sqlx::query_scalar(tables).fetch_all(pool).await.unwrap()
        }
    }
}

async fn sqlite_rows(pool: &SqlitePool, table: &str, tenant: &TenantId) -> Vec<String> {
    let columns = quoted_columns(pool, table, IGNORED_COLUMN).await;
    let rows = AssertSqlSafe(format!("SELECT {columns} FROM {table} WHERE tenant_id = $1 ORDER BY 1"));
    sqlx::query_scalar(rows).bind(tenant.as_str()).fetch_all(pool).await.unwrap()
}

/// Returns an SQLite expression that yields a row of the table as text, without the column `ignored`.
async fn quoted_columns(pool: &SqlitePool, table: &str, ignored: &str) -> String {
    let columns =
        "SELECT group_concat('quote(' || name || ')', ' || '' '' || ') FROM pragma_table_info($1) WHERE name <> $2";
    sqlx::query_scalar(columns).bind(table).bind(ignored).fetch_one(pool).await.unwrap()
}

async fn postgres_rows(pool: &PgPool, table: &str, tenant: &TenantId) -> Vec<String> {
    let rows = AssertSqlSafe(format!(
        "SELECT (to_jsonb({table}) - '{IGNORED_COLUMN}')::text FROM {table} WHERE tenant_id = $1 ORDER BY 1"
    ));
    sqlx::query_scalar(rows).bind(tenant.as_str()).fetch_all(pool).await.unwrap()
}
