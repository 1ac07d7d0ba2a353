//! Migrated databases of which tests get copies, one for each engine and process.

use std::path::Path;

use tokio::sync::OnceCell;

use super::{Engine, SQLITE_FILE, Store, TestDatabase};

/// Writes a migrated `SQLite` file into a folder.
pub(super) async fn copy_into(folder: &Path) {
    static FILE: OnceCell<Vec<u8>> = OnceCell::const_new();
    let file = FILE.get_or_init(sqlite_file).await;
    std::fs::write(folder.join(SQLITE_FILE), file).expect("a file can be written");
}

/// Returns the name of a migrated `PostgreSQL` database without connections, which `CREATE DATABASE` can copy.
pub(super) async fn postgres_name() -> &'static str {
    static NAME: OnceCell<String> = OnceCell::const_new();
    NAME.get_or_init(async || {
        let database = TestDatabase::empty(Engine::Postgres).await.migrated().await;
        let Store::Postgres(pool) = &database.store else { panic!("this is PostgreSQL") };
        pool.close().await;
        let url: url::Url = database.url.parse().expect("a URL");
        url.path().trim_start_matches('/').to_owned()
    })
    .await
}

async fn sqlite_file() -> Vec<u8> {
    let database = TestDatabase::empty(Engine::Sqlite).await.migrated().await;
    // The last connection writes the log into the file when it is closed.
    database.store.close().await;
    let path = database.url.strip_prefix("sqlite://").expect("a URL of a file");
    std::fs::read(path).expect("a file can be read")
}
