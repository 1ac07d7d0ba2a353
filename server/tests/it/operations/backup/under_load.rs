//! Back-ups while usage is counted at the full rate.

use std::{
    collections::BTreeSet,
    net::SocketAddr,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use billing::store::Store;
use domain::tenant::scope::Scope;
use futures::future::join_all;
use reqwest::Method;
use serde_json::json;
use tokio::task::JoinHandle;

use super::{backup, name, succeeds};
use crate::harness::{Browser, Engine, TestApp, eventually};

const CONSUME: &str = "/api/v1/billing/features/ai_tokens/consume";
const LANES: usize = 16;
const BACKUPS: usize = 5;

/// Consume calls in [`LANES`] concurrent tasks, each with a new idempotency key, which is its id in the ledger.
struct Load {
    lanes: Vec<JoinHandle<()>>,
    acknowledged: Arc<Mutex<BTreeSet<String>>>,
    is_over: Arc<AtomicBool>,
}

impl Load {
    fn on(address: SocketAddr, key: &str) -> Self {
        let acknowledged = Arc::new(Mutex::new(BTreeSet::new()));
        let is_over = Arc::new(AtomicBool::new(false));
        let lane = |lane| {
            let (service, acknowledged, is_over) =
                (Browser::with_key(address, key), acknowledged.clone(), is_over.clone());
            tokio::spawn(async move {
                for call in 0.. {
                    if is_over.load(Ordering::Relaxed) {
                        break;
                    }
                    let id = format!("{lane}-{call}");
                    let body = json!({ "amount": 1, "idempotencyKey": id });
                    let answer = service.request(Method::POST, CONSUME).json(&body).send().await.unwrap();
                    assert_eq!(answer.status(), 200, "{id}");
                    acknowledged.lock().unwrap().insert(id);
                }
            })
        };
        let lanes = (0..LANES).map(lane).collect();
        Self { lanes, acknowledged, is_over }
    }

    fn acknowledged(&self) -> BTreeSet<String> {
        self.acknowledged.lock().unwrap().clone()
    }

    async fn wait_for_acknowledged(&self, more: usize) {
        let wanted = self.acknowledged.lock().unwrap().len() + more;
        eventually("more is acknowledged", async || self.acknowledged.lock().unwrap().len() >= wanted).await;
    }

    /// Ends the load. Panics if a call was not acknowledged.
    async fn end(self) {
        self.is_over.store(true, Ordering::Relaxed);
        for lane in join_all(self.lanes).await {
            lane.unwrap();
        }
    }
}

/// Returns the ids in the ledger of a database that no server uses.
async fn ledger_of(database: &Path) -> BTreeSet<String> {
    let store = Store::connect_to_file(database).await.unwrap();
    let Store::Sqlite(sqlite) = &store else { panic!("this is SQLite") };
    let ids: Vec<String> =
        sqlx::query_scalar("SELECT event_id FROM usage_events").fetch_all(&sqlite.readers).await.unwrap();
    store.close().await;
    ids.into_iter().collect()
}

#[tokio::test]
async fn a_back_up_has_every_event_that_was_acknowledged_before_it() {
    let place = tempfile::tempdir().unwrap();
    let app = TestApp::on(Engine::Sqlite).in_a_process().start().await;
    let owner = app.owner_granted("business").await;
    let key = app.key_of(&owner, &[Scope::Usage]).await.key;
    let load = Load::on(app.server.address, &key);
    let mut made = Vec::new();
    for round in 0..BACKUPS {
        load.wait_for_acknowledged(200).await;
        let file = place.path().join(format!("{round}.backup"));
        let before = load.acknowledged();
        succeeds(&app.command(&["backup", "create", name(&file)]).await);
        let during = load.acknowledged().len() - before.len();
        assert!(during > 0, "the back-up held up the writers");
        made.push((file, before));
    }
    load.end().await;
    for (round, (file, before)) in made.into_iter().enumerate() {
        let restored = place.path().join(format!("{round}.db"));
        succeeds(&backup(&restored, &["verify", name(&file)]).await);
        succeeds(&backup(&restored, &["restore", name(&file)]).await);
        let ledger = ledger_of(&restored).await;
        let lost: Vec<_> = before.difference(&ledger).collect();
        assert!(lost.is_empty(), "back-up {round} lacks {lost:?}");
    }
}
