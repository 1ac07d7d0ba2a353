//! Copies of a `SQLite` database, and the checks of a database that a restore replaces.

use std::{fs, path::PathBuf};

use super::{
    super::testing::{Engine, TestDatabase},
    *,
};
use crate::store::{Store, database_lock::sqlite_file};

fn file_of(database: &TestDatabase) -> PathBuf {
    sqlite_file(&database.url).unwrap().unwrap()
}

async fn execute(store: &Store, statement: &'static str) {
    let Store::Sqlite(sqlite) = store else { panic!("this is SQLite") };
    sqlx::query(statement).execute(&sqlite.writer).await.unwrap();
}

/// Writes a copy of the database to a new file. Returns the file and its folder.
async fn copy(database: &TestDatabase) -> (PathBuf, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("copy.db");
    copy_sqlite(&file_of(database), &file).await.unwrap();
    (file, folder)
}

#[tokio::test]
async fn a_copy_has_what_is_committed_and_nothing_of_an_open_transaction() {
    let database = TestDatabase::new(Engine::Sqlite).await;
    execute(&database.store, "CREATE TABLE marks (mark TEXT)").await;
    execute(&database.store, "INSERT INTO marks VALUES ('committed')").await;
    let mut open = database.store.begin().await.unwrap();
    let crate::store::Connection::Sqlite(writer) = open.connection() else { panic!("this is SQLite") };
    sqlx::query("INSERT INTO marks VALUES ('open')").execute(writer).await.unwrap();
    // The open transaction, which holds the only lock of a writer, does not hold up the copy.
    let (file, _folder) = copy(&database).await;
    open.commit().await.unwrap();
    let mut copied = unchanging(&file).connect().await.unwrap();
    let marks: Vec<String> = sqlx::query_scalar("SELECT mark FROM marks").fetch_all(&mut copied).await.unwrap();
    assert_eq!(marks, ["committed"]);
    let newest = SQLITE_MIGRATIONS.iter().map(|migration| migration.version).max().unwrap();
    assert_eq!(check_sqlite(&file).await.unwrap(), newest);
    assert_eq!(fs::read_dir(file.parent().unwrap()).unwrap().count(), 1);
}

#[tokio::test]
async fn a_database_that_is_not_of_this_version_is_refused() {
    const FUTURE: &str = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                          VALUES (9999, 'future', TRUE, x'00', 0)";
    let database = TestDatabase::empty(Engine::Sqlite).await;
    execute(&database.store, "CREATE TABLE other (id TEXT)").await;
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("copy.db");
    assert!(matches!(copy_sqlite(&file_of(&database), &target).await, Err(DatabaseFault::NotDues)));

    let database = TestDatabase::new(Engine::Sqlite).await;
    execute(&database.store, FUTURE).await;
    let (file, _folder) = copy(&database).await;
    assert!(matches!(check_sqlite(&file).await, Err(DatabaseFault::NewerSchema { found: 9999, .. })));
    execute(&database.store, "DELETE FROM _sqlx_migrations WHERE version = 9999").await;
    execute(&database.store, "UPDATE _sqlx_migrations SET checksum = x'00' WHERE version = 2").await;
    let (file, _folder) = copy(&database).await;
    assert!(matches!(check_sqlite(&file).await, Err(DatabaseFault::UnknownMigration(2))));
}

#[tokio::test]
async fn damage_is_found() {
    let database = TestDatabase::new(Engine::Sqlite).await;
    let (file, _folder) = copy(&database).await;
    let whole = fs::read(&file).unwrap();
    fs::write(
        &file,
        "this is no database, but a text that is longer than the header of a database: 100 bytes of it.....",
    )
    .unwrap();
    assert!(matches!(check_sqlite(&file).await, Err(DatabaseFault::Damaged(_))));
    fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    assert!(matches!(check_sqlite(&file).await, Err(DatabaseFault::Damaged(_))));
    // The pages behind the first hold the tables.
    let mut zeroed = whole.clone();
    zeroed[4096..].fill(0);
    fs::write(&file, zeroed).unwrap();
    assert!(matches!(check_sqlite(&file).await, Err(DatabaseFault::Damaged(_))));
    fs::write(&file, whole).unwrap();
    check_sqlite(&file).await.unwrap();
}

#[tokio::test]
async fn a_database_is_closed_only_when_no_process_uses_it() {
    let database = TestDatabase::new(Engine::Sqlite).await;
    execute(&database.store, "CREATE TABLE marks (mark TEXT)").await;
    let file = file_of(&database);
    let log = PathBuf::from(format!("{}-wal", file.display()));
    assert_eq!(close_sqlite(&file).await.unwrap(), ClosedDatabase::InUse);
    assert!(log.exists());

    // As a killed process leaves it: the last commits are in the log only.
    let folder = tempfile::tempdir().unwrap();
    let (left, left_log) = (folder.path().join("dues.db"), folder.path().join("dues.db-wal"));
    fs::copy(&file, &left).unwrap();
    fs::copy(&log, &left_log).unwrap();
    assert_eq!(close_sqlite(&left).await.unwrap(), ClosedDatabase::Whole);
    assert!(!left_log.exists());
    let mut closed = unchanging(&left).connect().await.unwrap();
    let marks: i64 = sqlx::query_scalar("SELECT count(*) FROM marks").fetch_one(&mut closed).await.unwrap();
    assert_eq!(marks, 0);

    fs::write(&left, vec![7; 8192]).unwrap();
    assert_eq!(close_sqlite(&left).await.unwrap(), ClosedDatabase::Unreadable);
}
