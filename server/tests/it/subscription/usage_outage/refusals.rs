//! A database that refuses writes for a time: nothing is counted, and a repeat counts once.

use std::{collections::BTreeSet, time::Duration};

use domain::tenant::scope::Scope;

use super::{consume, verify_ledger};
use crate::harness::{Browser, Engine, TestApp};

/// Far less than the time that a call waits for the lock of the file.
const SHORT_LOCK: Duration = Duration::from_millis(500);

#[tokio::test]
async fn another_process_that_locks_the_file_delays_a_call_and_then_refuses_it() {
    let app = TestApp::on(Engine::Sqlite).in_a_process().start().await;
    let owner = app.owner_granted("business").await;
    let key = app.key_of(&owner, &[Scope::Usage]).await.key;
    let service = Browser::with_key(app.server.address, &key);

    let lock = app.lock_the_file().await;
    let delayed = Browser::with_key(app.server.address, &key);
    let call = tokio::spawn(async move { consume(&delayed, "delayed").await });
    // The call that waits changes nothing for which the test could wait.
    tokio::time::sleep(SHORT_LOCK).await;
    assert!(!call.is_finished(), "the call was answered while the file was locked");
    lock.rollback().await.unwrap();
    assert_eq!(call.await.unwrap().unwrap(), 200);

    let lock = app.lock_the_file().await;
    assert_eq!(consume(&service, "refused").await.unwrap(), 503);
    assert_eq!(app.visitor().get("/healthz").await.status, 200);
    assert_eq!(app.ledger_event_ids(&owner).await, ["delayed"]);
    lock.rollback().await.unwrap();
    assert_eq!(consume(&service, "refused").await.unwrap(), 200);
    let counted = BTreeSet::from(["delayed", "refused"].map(str::to_owned));
    assert_eq!(verify_ledger(&app, &owner, &counted).await, counted);
}

#[tokio::test]
async fn a_full_disk_of_postgres_refuses_usage_until_there_is_room() {
    let app = TestApp::start(Engine::Postgres).await;
    let owner = app.owner_granted("business").await;
    let key = app.key_of(&owner, &[Scope::Usage]).await.key;
    let service = Browser::with_key(app.server.address, &key);
    app.refuse_usage_as_on_a_full_disk().await;
    assert_eq!(consume(&service, "refused").await.unwrap(), 503);
    assert_eq!(owner.get("/usage").await.status, 200);
    assert!(app.ledger_event_ids(&owner).await.is_empty());
    app.accept_usage_again().await;
    assert_eq!(consume(&service, "refused").await.unwrap(), 200);
    let counted = BTreeSet::from(["refused".to_owned()]);
    assert_eq!(verify_ledger(&app, &owner, &counted).await, counted);
}
