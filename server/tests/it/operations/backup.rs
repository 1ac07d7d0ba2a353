//! `server backup …`: what it writes, checks, replaces and refuses.

mod bad_files;
mod interruptions;
mod under_load;

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Output,
};

use billing::store::{Store, database_lock::DatabaseLock};
use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{Browser, Engine, Host, SECRETS_KEY, Server, TestApp, command, rows_of_file};

fn url_of(database: &Path) -> String {
    format!("sqlite://{}", database.display())
}

/// Runs `server backup` with these arguments for a database, without other settings.
async fn backup(database: &Path, arguments: &[&str]) -> Output {
    let arguments = [&["backup"][..], arguments].concat();
    command(&arguments).env("DATABASE_URL", url_of(database)).output().await.unwrap()
}

/// Creates a back-up of a database.
async fn create(database: &Path, file: &Path) {
    succeeds(&backup(database, &["create", name(file)]).await);
}

fn name(file: &Path) -> &str {
    file.to_str().unwrap()
}

#[track_caller]
fn succeeds(output: &Output) {
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}

/// Panics unless the command has failed with one line that contains `says`.
#[track_caller]
fn fails(output: &Output, says: &str) {
    let line = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(line.lines().count() == 1 && line.contains(says), "{line}");
    assert!(output.stdout.is_empty(), "{output:?}");
}

/// Makes a database with every migration.
async fn migrate(database: &Path) {
    let output = command(&["migrate"]).env("DATABASE_URL", url_of(database)).output().await.unwrap();
    succeeds(&output);
}

/// Runs a statement on a database that no server uses.
async fn execute(database: &Path, statement: &'static str) {
    let store = Store::connect_to_file(database).await.unwrap();
    let Store::Sqlite(sqlite) = &store else { panic!("this is SQLite") };
    sqlx::query(statement).execute(&sqlite.writer).await.unwrap();
    store.close().await;
}

/// Returns the single text of a statement on a database that no server uses.
async fn text_of(database: &Path, statement: &'static str) -> String {
    let store = Store::connect_to_file(database).await.unwrap();
    let Store::Sqlite(sqlite) = &store else { panic!("this is SQLite") };
    let text = sqlx::query_scalar(statement).fetch_one(&sqlite.readers).await.unwrap();
    store.close().await;
    text
}

/// Starts a server on a database, in a process of its own.
async fn serve(database: &Path) -> Server {
    let settings = [
        ("LISTEN", "127.0.0.1:0".to_owned()),
        ("DATABASE_URL", url_of(database)),
        ("SECRETS_KEY", SECRETS_KEY.to_owned()),
        ("RECONCILE_SECS", "0".to_owned()),
    ];
    Server::start(Host::OwnProcess, &settings).await
}

fn names_in(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort_unstable();
    names
}

fn beside(database: &Path, suffix: &str) -> PathBuf {
    PathBuf::from(format!("{}{suffix}", database.display()))
}

fn mode(file: &Path) -> u32 {
    fs::metadata(file).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn a_restored_database_has_every_row_and_serves() {
    let place = tempfile::tempdir().unwrap();
    let (file, restored) = (place.path().join("dues.backup"), place.path().join("new/folder/dues.db"));
    let mut app = TestApp::on(Engine::Sqlite).in_a_process().start().await;
    let owner = app.owner_on("pro").await;
    app.record_usage(&owner, &[("ai_tokens", 1200), ("secrets", 2)]).await;
    let key = app.api_key(&owner.tenant, "read,usage").await;
    assert!(app.server.terminate().await.success());

    let made = app.command(&["backup", "create", name(&file), "--json"]).await;
    succeeds(&made);
    let made: Value = serde_json::from_slice(&made.stdout).unwrap();
    assert_eq!(made["file"], name(&file));
    assert_eq!(made["dues"], env!("CARGO_PKG_VERSION"));
    assert_eq!(made["sizeBytes"], fs::metadata(&file).unwrap().len() - 1024);
    assert_eq!(mode(&file), 0o600);

    let verified = app.command(&["backup", "verify", name(&file), "--json"]).await;
    succeeds(&verified);
    let verified: Value = serde_json::from_slice(&verified.stdout).unwrap();
    assert_eq!((&verified["sha256"], &verified["schema"]), (&made["sha256"], &made["schema"]));
    assert_eq!(verified["discrepancies"], json!([]));
    assert!(verified["tenants"].as_u64().unwrap() > 0, "{verified}");

    let output = backup(&restored, &["restore", name(&file), "--json"]).await;
    succeeds(&output);
    let output: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output["createdAt"], made["createdAt"]);
    assert_eq!(mode(&restored), 0o600);
    assert_eq!(names_in(place.path()), ["dues.backup", "new"]);
    assert_eq!(rows_of_file(&restored).await, rows_of_file(&app.database_file()).await);

    let server = serve(&restored).await;
    let answer = Browser::with_key(server.address, &key).get("/api/v1/billing/features/ai_tokens/check").await;
    assert_eq!(answer.expect(200)["used"], 1200);
}

#[tokio::test]
async fn a_database_in_use_is_not_replaced_and_one_of_a_killed_server_is() {
    let place = tempfile::tempdir().unwrap();
    let (file, database) = (place.path().join("dues.backup"), place.path().join("dues.db"));
    let (log, index) = (beside(&database, "-wal"), beside(&database, "-shm"));
    let mut server = serve(&database).await;
    create(&database, &file).await;
    fails(&backup(&database, &["restore", name(&file), "--force"]).await, "is in use: stop every server");
    server.kill();
    assert!(log.exists() && index.exists(), "{:?}", names_in(place.path()));
    fails(&backup(&database, &["restore", name(&file)]).await, "--force replaces it");

    // A program that does not share the lock.
    let store = Store::connect_to_file(&database).await.unwrap();
    fails(&backup(&database, &["restore", name(&file), "--force"]).await, "is in use");
    store.close().await;

    execute(&database, "CREATE TABLE later (id TEXT)").await;
    succeeds(&backup(&database, &["restore", name(&file), "--force"]).await);
    assert!(!log.exists() && !index.exists(), "{:?}", names_in(place.path()));
    assert_eq!(text_of(&database, "SELECT CAST(count(*) AS TEXT) FROM sqlite_schema WHERE name = 'later'").await, "0");
    assert!(serve(&database).await.terminate().await.success());
}

#[tokio::test]
async fn no_process_opens_a_database_that_is_restored() {
    let place = tempfile::tempdir().unwrap();
    let (file, database) = (place.path().join("dues.backup"), place.path().join("dues.db"));
    migrate(&database).await;
    let restoring = DatabaseLock::take_alone(&database).unwrap().unwrap();
    let migration = command(&["migrate"]).env("DATABASE_URL", url_of(&database)).output().await.unwrap();
    fails(&migration, "the database is being restored");
    fails(&backup(&database, &["create", name(&file)]).await, "is being restored");
    assert!(!file.exists());
    drop(restoring);
    create(&database, &file).await;
}

#[tokio::test]
async fn a_log_without_its_database_is_not_applied_to_the_restored_one() {
    let place = tempfile::tempdir().unwrap();
    let (file, database) = (place.path().join("dues.backup"), place.path().join("dues.db"));
    let mut server = serve(&database).await;
    create(&database, &file).await;
    server.kill();
    fs::remove_file(&database).unwrap();
    succeeds(&backup(&database, &["restore", name(&file)]).await);
    assert!(!beside(&database, "-wal").exists());
    assert!(serve(&database).await.terminate().await.success());
}

#[tokio::test]
async fn an_unreadable_database_is_replaced_with_force() {
    let place = tempfile::tempdir().unwrap();
    let (file, database) = (place.path().join("dues.backup"), place.path().join("dues.db"));
    migrate(&database).await;
    create(&database, &file).await;
    fs::write(&database, vec![7; 10_000]).unwrap();
    fs::write(beside(&database, "-journal"), "left").unwrap();
    fails(&backup(&database, &["restore", name(&file)]).await, "--force");
    succeeds(&backup(&database, &["restore", name(&file), "--force"]).await);
    assert!(!beside(&database, "-journal").exists());
    assert!(serve(&database).await.terminate().await.success());
}

#[tokio::test]
async fn a_back_up_needs_a_new_file_in_a_folder_and_a_database() {
    let place = tempfile::tempdir().unwrap();
    let (file, database) = (place.path().join("dues.backup"), place.path().join("dues.db"));
    fails(&backup(&database, &["create", name(&file)]).await, "DATABASE_URL is wrong: there is no database");
    assert_eq!(names_in(place.path()), Vec::<String>::new());
    migrate(&database).await;
    fs::write(&file, "mine").unwrap();
    fails(&backup(&database, &["create", name(&file)]).await, "exists: a back-up needs a new file");
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
    let elsewhere = place.path().join("no/such/folder/dues.backup");
    fails(&backup(&database, &["create", name(&elsewhere)]).await, "can't be used");
    let other = place.path().join("other.db");
    fs::write(&other, "this is a text").unwrap();
    let nowhere = place.path().join("other.backup");
    fails(&backup(&other, &["create", name(&nowhere)]).await, "can't be copied");
    assert!(!nowhere.exists());
}

#[rstest]
#[case("create")]
#[case("verify")]
#[case("restore")]
#[tokio::test]
async fn on_postgres_other_tools_are_named(#[case] action: &str) {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("dues.backup");
    let url = "postgres://dues@127.0.0.1:1/dues";
    let output = command(&["backup", action, name(&file)]).env("DATABASE_URL", url).output().await.unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let line = String::from_utf8(output.stderr).unwrap();
    assert!(line.lines().count() == 1 && line.contains("pg_dump") && line.contains("point-in-time"), "{line}");
    assert_eq!(names_in(place.path()), Vec::<String>::new());
}
