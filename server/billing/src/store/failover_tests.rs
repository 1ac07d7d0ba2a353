//! What a failover of `PostgreSQL` does to connections and transactions.

use std::time::{Duration, Instant};

use sqlx::{Connection as _, PgConnection};

use super::{
    Connection, Store, StoreError, postgres_pool,
    testing::{Engine, TestDatabase},
    tests::tenant,
};

const TERMINATE_OTHERS: &str = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
     WHERE datname = current_database() AND pid <> pg_backend_pid()";
const PATIENCE: Duration = Duration::from_secs(30);

/// Ends every other connection to the database, as the end of a primary does.
async fn terminate_connections(database: &TestDatabase) {
    let mut admin = PgConnection::connect(&database.url).await.unwrap();
    let ended: i64 = sqlx::query_scalar(TERMINATE_OTHERS).fetch_one(&mut admin).await.unwrap();
    assert!(ended > 0, "no connection was open");
}

#[tokio::test]
async fn terminated_connections_are_replaced_and_their_errors_are_transient() {
    let database = TestDatabase::new(Engine::Postgres).await;
    let store = &database.store;
    // Opens several connections, which are idle for less than the time after which they are pinged.
    let mut readers = Vec::new();
    for _ in 0..4 {
        readers.push(store.read().await.unwrap());
    }
    drop(readers);
    terminate_connections(&database).await;
    let began = Instant::now();
    loop {
        match store.is_ready().await {
            Ok(is_ready) => break assert!(is_ready),
            Err(error) => assert!(error.is_transient(), "{error:?}"),
        }
        assert!(began.elapsed() < PATIENCE, "the pool has not recovered");
    }
}

#[tokio::test]
async fn a_commit_on_a_terminated_connection_has_an_unknown_outcome() {
    let database = TestDatabase::new(Engine::Postgres).await;
    let (ada, _) = tenant(&database.store, "ada").await;
    let mut tx = database.store.begin().await.unwrap();
    tx.connection().raise_revision(&ada.id).await.unwrap();
    terminate_connections(&database).await;
    let outcome = tx.commit().await;
    assert!(matches!(outcome, Err(StoreError::CommitUnknown(_))), "{outcome:?}");
}

#[tokio::test]
async fn a_write_to_a_read_only_server_fails_transiently() {
    let database = TestDatabase::new(Engine::Postgres).await;
    let (ada, _) = tenant(&database.store, "ada").await;
    let mut tx = database.store.begin().await.unwrap();
    let Connection::Postgres(connection) = tx.connection() else { panic!("this is PostgreSQL") };
    sqlx::query("SET TRANSACTION READ ONLY").execute(connection).await.unwrap();
    let error = tx.connection().raise_revision(&ada.id).await.unwrap_err();
    assert!(error.is_transient() && !error.is_lost_race(), "{error:?}");
    // The connection is used again.
    tx.rollback().await.unwrap();
    let mut tx = database.store.begin().await.unwrap();
    tx.connection().raise_revision(&ada.id).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn the_pool_takes_no_connection_to_a_read_only_server() {
    let database = TestDatabase::new(Engine::Postgres).await;
    let read_only = format!("{}?options[default_transaction_read_only]=on", database.url);
    for (url, is_taken) in [(&database.url, true), (&read_only, false)] {
        let mut connection = PgConnection::connect(url).await.unwrap();
        assert_eq!(postgres_pool::prepare_session(&mut connection).await.is_ok(), is_taken, "{url}");
    }
}

#[tokio::test]
async fn a_transaction_that_stands_still_is_ended() {
    let database = TestDatabase::new(Engine::Postgres).await;
    let Store::Postgres(pool) = &database.store else { panic!("this is PostgreSQL") };
    let timeout = sqlx::query_scalar("SHOW idle_in_transaction_session_timeout").fetch_one(pool);
    let timeout: String = timeout.await.unwrap();
    assert_eq!(timeout, "10s");
}

/// As a proxy reports that it has lost the server: with the severity `ERROR`.
#[tokio::test]
async fn a_lost_connection_that_a_proxy_reports_at_the_commit_is_an_unknown_outcome() {
    let database = TestDatabase::new(Engine::Postgres).await;
    let mut tx = database.store.begin().await.unwrap();
    let Connection::Postgres(connection) = tx.connection() else { panic!("this is PostgreSQL") };
    for statement in [
        "CREATE TABLE numbers (number BIGINT)",
        "CREATE FUNCTION lose_server() RETURNS trigger LANGUAGE plpgsql AS \
         $$ BEGIN RAISE EXCEPTION 'the server is lost' USING ERRCODE = '08006'; END $$",
        "CREATE CONSTRAINT TRIGGER lost AFTER INSERT ON numbers DEFERRABLE INITIALLY DEFERRED \
         FOR EACH ROW EXECUTE FUNCTION lose_server()",
        "INSERT INTO numbers VALUES (1)",
    ] {
        sqlx::query(statement).execute(&mut *connection).await.unwrap();
    }
    let outcome = tx.commit().await;
    assert!(matches!(outcome, Err(StoreError::CommitUnknown(_))), "{outcome:?}");
}

#[tokio::test]
async fn a_conflict_at_the_commit_is_no_unknown_outcome() {
    let database = TestDatabase::new(Engine::Postgres).await;
    let mut tx = database.store.begin().await.unwrap();
    let Connection::Postgres(connection) = tx.connection() else { panic!("this is PostgreSQL") };
    for statement in [
        "CREATE TABLE numbers (number BIGINT UNIQUE DEFERRABLE INITIALLY DEFERRED)",
        "INSERT INTO numbers VALUES (1), (1)",
    ] {
        sqlx::query(statement).execute(&mut *connection).await.unwrap();
    }
    let outcome = tx.commit().await;
    assert!(matches!(outcome, Err(StoreError::Conflict)), "{outcome:?}");
}
