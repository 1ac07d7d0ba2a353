//! Acknowledged usage is in the ledger once, despite crashes of the server or database and a full disk.

mod callers;
mod commit_steps;
mod paused_node;
mod refusals;
mod wall_clock;

use std::{
    collections::BTreeSet,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use domain::tenant::scope::Scope;
use futures::future::join_all;
use rstest::rstest;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::harness::{Browser, Cluster, Disk, Engine, Host, Owner, TestApp, TestDatabase, TestStripe, eventually};

const TOKENS: &str = "/api/v1/billing/features/ai_tokens";
const LANES: usize = 16;

/// Sends consume calls in [`LANES`] concurrent tasks, each call with a new idempotency key (its id).
struct Load {
    lanes: Vec<JoinHandle<Sent>>,
    counters: Arc<Counters>,
}

#[derive(Default)]
struct Counters {
    acknowledged: AtomicUsize,
    unavailable: AtomicUsize,
    is_over: AtomicBool,
}

/// The sent ids by outcome.
#[derive(Default)]
struct Sent {
    acknowledged: BTreeSet<String>,
    unsure: BTreeSet<String>,
}

impl Load {
    /// Starts a load. Each of its tasks runs until [`Self::end`], or until a call gets no response.
    fn on(address: SocketAddr, key: &str, name: usize) -> Self {
        let counters = Arc::new(Counters::default());
        let lane = |lane| {
            let (service, counters) = (Browser::with_key(address, key), counters.clone());
            tokio::spawn(async move {
                let mut sent = Sent::default();
                for call in 0.. {
                    if counters.is_over.load(Ordering::Relaxed) {
                        break;
                    }
                    let id = format!("{name}-{lane}-{call}");
                    let Ok(answer) = consume(&service, &id).await else { break };
                    match answer {
                        200 => {
                            sent.acknowledged.insert(id);
                            counters.acknowledged.fetch_add(1, Ordering::Relaxed);
                        }
                        503 => {
                            sent.unsure.insert(id);
                            counters.unavailable.fetch_add(1, Ordering::Relaxed);
                        }
                        other => panic!("a consume is answered {other}"),
                    }
                }
                sent
            })
        };
        Self { lanes: (0..LANES).map(lane).collect(), counters }
    }

    /// Waits until `more` further calls are acknowledged.
    async fn wait_for_acknowledged(&self, more: usize) {
        let wanted = self.counters.acknowledged.load(Ordering::Relaxed) + more;
        eventually("more is acknowledged", async || self.counters.acknowledged.load(Ordering::Relaxed) >= wanted).await;
    }

    /// Waits until a further call is refused, because its usage could not be stored.
    async fn wait_for_refusal(&self) {
        let before = self.counters.unavailable.load(Ordering::Relaxed);
        eventually("a call is refused", async || self.counters.unavailable.load(Ordering::Relaxed) > before).await;
    }

    async fn end(self) -> Sent {
        self.counters.is_over.store(true, Ordering::Relaxed);
        let mut all = Sent::default();
        for lane in join_all(self.lanes).await {
            let Sent { acknowledged, unsure } = lane.unwrap();
            all.acknowledged.extend(acknowledged);
            all.unsure.extend(unsure);
        }
        all
    }
}

async fn consume(service: &Browser, id: &str) -> Result<u16, reqwest::Error> {
    let body = json!({ "amount": 1, "idempotencyKey": id });
    let request = service.request(reqwest::Method::POST, &format!("{TOKENS}/consume")).json(&body);
    Ok(request.send().await?.status().as_u16())
}

/// Checks that the counters equal the ledger, and that the ledger has every acknowledged id and no id twice. Returns
/// all ids in the ledger.
async fn verify_ledger(app: &TestApp, owner: &Owner, acknowledged: &BTreeSet<String>) -> BTreeSet<String> {
    let report = app.command(&["usage", "verify", "--json"]).await;
    let report: Value = serde_json::from_slice(&report.stdout).unwrap();
    assert_eq!(report["discrepancies"], json!([]), "{report}");
    let ledger = app.ledger_event_ids(owner).await;
    let events: BTreeSet<_> = ledger.iter().cloned().collect();
    assert_eq!(ledger.len(), events.len(), "an id is stored twice");
    let lost: Vec<_> = acknowledged.difference(&events).collect();
    assert!(lost.is_empty(), "{lost:?}");
    let check = owner.get(&format!("{TOKENS}/check")).await.expect(200);
    assert_eq!(check["used"], events.len());
    events
}

/// The environment variable `KILLS` sets how often the server is killed: five times by default.
#[rstest]
#[tokio::test]
async fn acknowledged_usage_survives_crashes_under_load(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    const ACKNOWLEDGED_A_ROUND: usize = 32;
    let rounds = std::env::var("KILLS").map_or(5, |kills| kills.parse().unwrap());
    let mut app = TestApp::on(engine).in_a_process().start().await;
    let owner = app.owner_granted("business").await;
    let key = app.key_of(&owner, &[Scope::Usage]).await.key;
    let mut acknowledged = BTreeSet::new();
    for round in 0..rounds {
        let load = Load::on(app.server.address, &key, round);
        load.wait_for_acknowledged(ACKNOWLEDGED_A_ROUND).await;
        app.server.kill();
        acknowledged.extend(load.end().await.acknowledged);
        app.restart().await;
    }
    assert!(acknowledged.len() >= rounds * ACKNOWLEDGED_A_ROUND, "{}", acknowledged.len());
    println!("{} of {rounds} rounds were acknowledged, and all of them are there", acknowledged.len());
    let ledger = verify_ledger(&app, &owner, &acknowledged).await;
    // A repeat of a stored id counts nothing.
    let service = Browser::with_key(app.server.address, &key);
    assert_eq!(consume(&service, ledger.first().unwrap()).await.unwrap(), 200);
    assert_eq!(verify_ledger(&app, &owner, &acknowledged).await, ledger);
}

/// Resends the ids with an unknown outcome, and checks that each id is stored once.
async fn resend_unconfirmed(app: &TestApp, owner: &Owner, key: &str, sent: Sent) {
    let Sent { mut acknowledged, unsure } = sent;
    assert!(!unsure.is_empty(), "no call had an unknown outcome");
    verify_ledger(app, owner, &acknowledged).await;
    let service = Browser::with_key(app.server.address, key);
    for id in unsure {
        assert_eq!(consume(&service, &id).await.unwrap(), 200, "{id}");
        acknowledged.insert(id);
    }
    assert_eq!(verify_ledger(app, owner, &acknowledged).await, acknowledged);
}

#[tokio::test]
async fn a_postgres_crash_under_load_loses_nothing_and_counts_nothing_twice() {
    let mut cluster = Cluster::start();
    let (database, stripe) = (TestDatabase::on(&cluster).await, TestStripe::start().await);
    let app = TestApp::over(Host::OwnProcess, database, stripe, Vec::new()).await;
    let owner = app.owner_granted("business").await;
    let key = app.key_of(&owner, &[Scope::Usage]).await.key;
    let load = Load::on(app.server.address, &key, 0);
    for _ in 0..3 {
        load.wait_for_acknowledged(100).await;
        cluster.crash();
        load.wait_for_refusal().await;
        for path in ["/usage", "/membership", "/api/v1/billing/status", "/api/v1/auth/me"] {
            let answer = owner.get(path).await;
            assert!([200, 503].contains(&answer.status), "{path}: {answer:#?}");
            assert!(!answer.text.contains("on our side"), "{path}");
        }
    }
    load.wait_for_acknowledged(100).await;
    resend_unconfirmed(&app, &owner, &key, load.end().await).await;
}

#[tokio::test]
async fn a_full_disk_is_reported_and_recovered_from_once_there_is_room() {
    let name = "subscription::usage_outage::a_full_disk_is_reported_and_recovered_from_once_there_is_room";
    let Some(disk) = Disk::of_mebibytes(24, name) else { return };
    let database = TestDatabase::within(&disk.folder).await;
    let app = TestApp::over(Host::OwnProcess, database, TestStripe::start().await, Vec::new()).await;
    let owner = app.owner_granted("business").await;
    let key = app.key_of(&owner, &[Scope::Usage]).await.key;
    let load = Load::on(app.server.address, &key, 0);
    for _ in 0..3 {
        load.wait_for_acknowledged(100).await;
        disk.fill();
        load.wait_for_refusal().await;
        // Reads still work, and writes are refused with an error.
        assert_eq!(owner.get("/usage").await.status, 200);
        let credentials = json!({ "email": owner.email, "password": crate::harness::PASSWORD });
        let refused = app.visitor().post("/api/v1/auth/login", &credentials).await;
        refused.refused(503, "store_unavailable");
        disk.make_room();
    }
    load.wait_for_acknowledged(100).await;
    resend_unconfirmed(&app, &owner, &key, load.end().await).await;
}
