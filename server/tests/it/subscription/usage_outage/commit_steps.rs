//! Commits that fail, and commits whose server dies or loses its database at one of their steps.

use std::{collections::BTreeSet, os::unix::process::ExitStatusExt};

use domain::tenant::scope::Scope;
use rstest::rstest;

use super::{Load, consume, verify_ledger};
use crate::harness::{
    Browser, CommitStep, CutAt, Engine, Faults, Host, PostgresProxy, TestApp, TestDatabase, TestStripe, eventually,
};

const SIGKILL: i32 = 9;
/// The exit code after a failed fsync: `EX_IOERR` of `sysexits.h`.
const SYNC_FAILURE: i32 = 74;
const ACKNOWLEDGED_BEFORE: usize = 50;

#[tokio::test]
async fn a_failed_fsync_is_neither_acknowledged_nor_repeated_and_a_restart_recovers() {
    let faults = Faults::new();
    let mut app = TestApp::on(Engine::Sqlite).under(&faults).start().await;
    let owner = app.owner_granted("business").await;
    let key = app.key_of(&owner, &[Scope::Usage]).await.key;
    let mut acknowledged = BTreeSet::new();
    for round in 0..3 {
        let load = Load::on(app.server.address, &key, round);
        load.wait_for_acknowledged(ACKNOWLEDGED_BEFORE).await;
        faults.fail_next_sync();
        let status = app.server.ended().await;
        assert_eq!(status.code(), Some(SYNC_FAILURE), "{status:?}");
        assert_eq!(faults.syncs_after_failure(), 0, "the process synced again");
        eventually("the log names the cause", async || app.server.log().contains("fsync of the database failed")).await;
        acknowledged.extend(load.end().await.acknowledged);
        app.restart().await;
    }
    let ledger = verify_ledger(&app, &owner, &acknowledged).await;
    let service = Browser::with_key(app.server.address, &key);
    assert_eq!(consume(&service, ledger.first().unwrap()).await.unwrap(), 200);
    assert_eq!(verify_ledger(&app, &owner, &acknowledged).await, ledger);
}

#[rstest]
#[tokio::test]
async fn a_server_that_dies_at_any_step_of_a_commit_loses_nothing_that_it_acknowledged(
    #[values(CommitStep::BeforeWrite, CommitStep::MidWrite, CommitStep::BeforeSync, CommitStep::AfterSync)]
    step: CommitStep,
) {
    let faults = Faults::new();
    let mut app = TestApp::on(Engine::Sqlite).under(&faults).start().await;
    let owner = app.owner_granted("business").await;
    let key = app.key_of(&owner, &[Scope::Usage]).await.key;
    let load = Load::on(app.server.address, &key, 0);
    load.wait_for_acknowledged(ACKNOWLEDGED_BEFORE).await;
    faults.die_at(Some(step));
    let status = app.server.ended().await;
    assert_eq!(status.signal(), Some(SIGKILL), "{status:?}");
    let mut acknowledged = load.end().await.acknowledged;
    faults.die_at(None);
    app.restart().await;
    verify_ledger(&app, &owner, &acknowledged).await;
    let service = Browser::with_key(app.server.address, &key);
    assert_eq!(consume(&service, "afterwards").await.unwrap(), 200);
    acknowledged.insert("afterwards".to_owned());
    verify_ledger(&app, &owner, &acknowledged).await;
}

#[rstest]
#[tokio::test]
async fn a_commit_that_is_cut_off_from_postgres_has_an_unknown_outcome_and_its_repeat_counts_once(
    #[values(CutAt::BeforeCommit, CutAt::AfterCommit)] at: CutAt,
    #[values(false, true)] is_killed: bool,
) {
    const ID: &str = "the-call-that-is-cut-off";
    let (database, stripe) = tokio::join!(TestDatabase::new(Engine::Postgres), TestStripe::start());
    let proxy = PostgresProxy::before(&database).await;
    let settings = vec![("DATABASE_URL", proxy.url.clone())];
    let mut app = TestApp::over(Host::OwnProcess, database, stripe, settings).await;
    let owner = app.owner_granted("business").await;
    let key = app.key_of(&owner, &[Scope::Usage]).await.key;
    let service = Browser::with_key(app.server.address, &key);
    proxy.cut_off(ID, at, is_killed);
    let call = tokio::spawn(async move { consume(&service, ID).await });
    proxy.wait_for_cut().await;
    if is_killed {
        app.server.kill();
        assert!(call.await.unwrap().is_err(), "the killed server answered");
        app.restart().await;
    } else {
        assert_eq!(call.await.unwrap().unwrap(), 503);
    }
    let ledger = app.ledger_event_ids(&owner).await;
    assert_eq!(ledger.len(), usize::from(at == CutAt::AfterCommit), "{ledger:?}");
    let service = Browser::with_key(app.server.address, &key);
    assert_eq!(consume(&service, ID).await.unwrap(), 200);
    let counted = BTreeSet::from([ID.to_owned()]);
    assert_eq!(verify_ledger(&app, &owner, &counted).await, counted);
}
