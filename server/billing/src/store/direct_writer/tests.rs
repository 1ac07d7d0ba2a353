//! Transactions on the thread, and how they stand beside those of sqlx and of other processes.

use domain::ids::TenantId;

use super::*;
use crate::store::{
    ForeignWrites, Store, WrittenBy,
    testing::{Engine, TestDatabase},
    tests::tenant,
};

const RENAME: &str = "UPDATE tenants SET name = $1 WHERE tenant_id = 't-ada'";
/// A tenant without a name, which the table refuses.
const BREAK: &str = "UPDATE tenants SET name = NULL WHERE tenant_id = 't-ada'";

async fn database() -> TestDatabase {
    let database = TestDatabase::new(Engine::Sqlite).await;
    tenant(&database.store, "ada").await;
    database
}

async fn rename(store: &Store, name: &'static str) -> DirectOutcome<usize> {
    let writer = store.direct_writer().unwrap();
    writer.run(move |tx| Ok(Verdict::Commit(tx.connection.execute(RENAME, (name,))?))).await.unwrap()
}

async fn name(store: &Store) -> String {
    let ada: TenantId = "t-ada".parse().unwrap();
    store.read().await.unwrap().connection().find_tenant(&ada).await.unwrap().unwrap().name
}

#[tokio::test]
async fn a_transaction_is_stored_only_if_it_asks_for_it() {
    let database = database().await;
    let store = &database.store;
    assert!(matches!(rename(store, "stored").await, DirectOutcome::Done(1)));
    assert_eq!(name(store).await, "stored");
    let writer = store.direct_writer().unwrap();
    let undone = writer.run(|tx| Ok(Verdict::Rollback(tx.connection.execute(RENAME, ("undone",))?))).await.unwrap();
    assert!(matches!(undone, DirectOutcome::Done(1)));
    assert_eq!(name(store).await, "stored");
}

#[tokio::test]
async fn a_transaction_that_fails_or_panics_is_undone_and_the_next_one_runs() {
    let database = database().await;
    let store = &database.store;
    let writer = store.direct_writer().unwrap();
    let failed = writer.run(|tx| {
        tx.connection.execute(RENAME, ("half",))?;
        Ok(Verdict::Commit(tx.connection.execute(BREAK, ())?))
    });
    assert!(matches!(failed.await.unwrap(), DirectOutcome::NotRun));
    assert_eq!(name(store).await, "ada");
    let panicked = writer.run(|tx| {
        assert_eq!(tx.connection.execute(RENAME, ("half",))?, 0, "this transaction panics");
        Ok(Verdict::Commit(()))
    });
    assert!(matches!(panicked.await.unwrap(), DirectOutcome::Unknown(StoreError::CommitUnknown(_))));
    assert_eq!(name(store).await, "ada");
    // The calls before one that finds the thread ended are lost with it.
    while !matches!(rename(store, "stored").await, DirectOutcome::Done(1)) {
        tokio::task::yield_now().await;
    }
    assert_eq!(name(store).await, "stored");
}

#[tokio::test]
async fn transactions_of_sqlx_and_of_the_thread_never_run_at_once() {
    let database = database().await;
    let store = &database.store;
    let mut tx = store.begin().await.unwrap();
    let mut call = Box::pin(rename(store, "second"));
    assert!(futures::poll!(call.as_mut()).is_pending());
    let crate::store::Connection::Sqlite(connection) = tx.connection() else { panic!("this is SQLite") };
    sqlx::query("UPDATE tenants SET name = 'first'").execute(connection).await.unwrap();
    tx.commit().await.unwrap();
    assert!(matches!(call.await, DirectOutcome::Done(1)));
    assert_eq!(name(store).await, "second");
}

#[tokio::test]
async fn a_lock_of_another_process_is_not_waited_for() {
    let database = database().await;
    let other = Store::connect(&database.url).await.unwrap();
    let lock = other.begin().await.unwrap();
    assert!(matches!(rename(&database.store, "early").await, DirectOutcome::NotRun));
    lock.rollback().await.unwrap();
    assert!(matches!(rename(&database.store, "late").await, DirectOutcome::Done(1)));
}

#[tokio::test]
async fn a_closed_store_has_written_its_log_and_runs_nothing() {
    let database = database().await;
    assert!(matches!(rename(&database.store, "stored").await, DirectOutcome::Done(1)));
    database.store.close().await;
    assert!(matches!(rename(&database.store, "late").await, DirectOutcome::NotRun));
    let path = database.url.strip_prefix("sqlite://").unwrap();
    assert!(!Path::new(&format!("{path}-wal")).exists(), "a connection is still open");
}

#[tokio::test]
async fn a_database_in_memory_has_no_direct_writer() {
    let store = Store::connect("sqlite::memory:").await.unwrap();
    assert!(store.direct_writer().is_none());
}

#[tokio::test]
async fn only_writes_of_other_processes_are_foreign_and_a_new_connection_invalidates_the_version() {
    let database = database().await;
    let (store, other) = (&database.store, Store::connect(&database.url).await.unwrap());
    let mut known = store.foreign_writes().await.unwrap().unwrap();
    let mut is_unchanged = async || {
        let now: ForeignWrites = store.foreign_writes().await.unwrap().unwrap();
        let is_unchanged = now.since(&known) == WrittenBy::Ourselves;
        known = now;
        is_unchanged
    };
    assert!(is_unchanged().await);
    tenant(store, "bob").await;
    assert!(is_unchanged().await, "our own");
    tenant(&other, "eve").await;
    assert!(!is_unchanged().await, "another process's");
    assert!(is_unchanged().await);

    // What was written before the thread's connection was opened is unknown to it.
    rename(store, "1").await;
    assert!(!is_unchanged().await);
    rename(store, "2").await;
    assert!(is_unchanged().await, "our own, on the thread");
    tenant(&other, "kim").await;
    assert!(!is_unchanged().await, "another process's, while the thread is idle");
    rename(store, "3").await;
    tenant(&other, "lou").await;
    rename(store, "4").await;
    assert!(!is_unchanged().await, "another process's, between two of the thread");
    rename(store, "5").await;
    tenant(&other, "max").await;
    assert!(!is_unchanged().await, "another process's, after one of the thread");
    tenant(store, "ned").await;
    assert!(is_unchanged().await, "our own, after one of another process");

    let Store::Sqlite(sqlite) = store else { panic!("this is SQLite") };
    for _ in 0..5 {
        sqlite.writer.acquire().await.unwrap().close().await.unwrap();
        assert!(!is_unchanged().await, "the version of a new connection is no answer of a former one");
    }
}
