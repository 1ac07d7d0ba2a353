//! A node that is stopped in whatever it does, and comes back.

use std::{collections::BTreeSet, time::Duration};

use domain::tenant::scope::Scope;
use rstest::rstest;

use super::{Load, verify_ledger};
use crate::harness::{Engine, TestApp};

const PAUSE: Duration = Duration::from_millis(500);

#[rstest]
#[tokio::test]
async fn a_node_that_is_paused_and_comes_back_counts_exactly(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::on(engine).in_a_process().start().await;
    let other_node = app.start_node().await;
    let owner = app.owner_granted("business").await;
    let key = app.key_of(&owner, &[Scope::Usage]).await.key;
    let loads = [Load::on(app.server.address, &key, 0), Load::on(other_node.address, &key, 1)];
    for _ in 0..3 {
        for load in &loads {
            load.wait_for_acknowledged(50).await;
        }
        app.server.pause().await;
        // The paused node may hold the locks for which the other node waits.
        tokio::time::sleep(PAUSE).await;
        app.server.resume().await;
    }
    for load in &loads {
        load.wait_for_acknowledged(50).await;
    }
    let mut acknowledged = BTreeSet::new();
    for load in loads {
        acknowledged.extend(load.end().await.acknowledged);
    }
    verify_ledger(&app, &owner, &acknowledged).await;
}
