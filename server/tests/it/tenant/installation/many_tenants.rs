//! Many tenants behind one installation key, metered through every node while they are renamed, deleted, restored and
//! erased.

mod changes;
mod course;
mod fleet;
mod node;

use std::{cell::Cell, collections::BTreeMap};

use rstest::rstest;
use serde_json::{Value, json};

use self::{
    course::Course,
    fleet::{Fleet, TOKENS, Tenant},
    node::{CALLS, Node},
};
use crate::harness::{Engine, Server, TestApp, eventually};

const CHECKS: &str = "/api/v1/checks";

/// The size of a run: two processes on PostgreSQL, and one server with fewer tenants on SQLite.
#[derive(Clone, Copy)]
struct Scale {
    engine: Engine,
    tenants: usize,
    nodes: usize,
}

impl Scale {
    /// Starts the servers. Returns the app, and the other servers, which end when dropped.
    async fn start(&self) -> (TestApp, Vec<Server>) {
        let builder = TestApp::on(self.engine);
        let builder = if self.nodes > 1 { builder.in_a_process() } else { builder };
        let app = builder.start().await;
        let mut others = Vec::new();
        while others.len() + 1 < self.nodes {
            others.push(app.start_node().await);
        }
        (app, others)
    }
}

#[rstest]
#[case::two_processes(Scale { engine: Engine::Postgres, tenants: 500, nodes: 2 })]
#[case::one_server(Scale { engine: Engine::Sqlite, tenants: 20, nodes: 1 })]
#[tokio::test]
async fn one_key_meters_many_tenants_exactly_while_they_change(#[case] scale: Scale) {
    let (app, others) = scale.start().await;
    let addresses = [app.server.address].into_iter().chain(others.iter().map(|other| other.address));
    let nodes = Node::of_product(&app, addresses).await;
    let mut fleet = Fleet::provision(nodes, scale.tenants).await;

    // Every tenant has usage before any tenant is deleted.
    fleet.meter(|passes| passes == 1).await;
    let is_done = Cell::new(false);
    let change = async {
        fleet.change_tenants().await;
        is_done.set(true);
    };
    tokio::join!(fleet.meter(|_| is_done.get()), change);
    assert_former_names_are_unknown(&fleet).await;
    assert_counts(&app, &fleet).await;
    assert_keys(&fleet).await;
    assert_erased_names_are_gone(&app, &fleet).await;

    // Usage sent for a former external id counts for the tenant that has this id now.
    fleet.give_former_names_away().await;
    fleet.meter(|passes| passes == 2).await;
    assert_counts(&app, &fleet).await;
    let verified = app.command(&["usage", "verify", "--json"]).await;
    assert!(verified.status.success(), "counters are the sums of the ledger: {verified:?}");
}

/// Checks that each counter is the sum of the amounts accepted for its tenant, in the database and in the responses of
/// each node.
async fn assert_counts(app: &TestApp, fleet: &Fleet) {
    let expected: BTreeMap<_, _> = fleet.tenants.iter().flat_map(Tenant::accepted).collect();
    assert!(expected.values().all(|amount| *amount > 0), "every tenant was metered: {expected:?}");
    let counted = app.counter_sums().await;
    let keys = expected.keys().chain(counted.keys());
    let wrong: Vec<_> = keys
        .filter(|key| expected.get(*key) != counted.get(*key))
        .map(|key| (key, expected.get(key), counted.get(key)))
        .collect();
    assert!(wrong.is_empty(), "tenant, feature, accepted, counted: {wrong:?}");
    assert_eq!(fleet.events_answered.get(), fleet.events_accepted.get(), "each event is accepted in one answer");

    let living: Vec<_> = fleet.tenants.iter().filter(|tenant| tenant.course.ends_alive()).collect();
    let checks: Vec<_> = living
        .iter()
        .flat_map(|tenant| [CALLS, TOKENS].map(|feature| (format!("external:{}", tenant.external()), feature)))
        .map(|(tenant, feature)| json!({ "tenant": tenant, "feature": feature }))
        .collect();
    let amounts: Vec<_> = living.iter().flat_map(|tenant| tenant.amounts()).map(Value::from).collect();
    for node in &fleet.nodes {
        // The nodes report from memory that may be a second old.
        eventually("each node reports what was counted", async || {
            let answer = node.product.post(CHECKS, &json!({ "checks": checks })).await.expect(200);
            let results = answer["results"].as_array().unwrap();
            results.iter().map(|result| &result["used"]).eq(&amounts)
        })
        .await;
    }
}

/// Checks that former external ids, and the external ids of deleted and erased tenants, are unknown.
async fn assert_former_names_are_unknown(fleet: &Fleet) {
    let mut unknown = 0;
    for tenant in &fleet.tenants {
        let current = (!tenant.course.ends_alive()).then(|| tenant.external());
        for name in tenant.former().into_iter().chain(current) {
            for node in &fleet.nodes {
                assert_eq!(node.check(&name).await, 404, "{name}");
            }
            unknown += 1;
        }
    }
    assert!(unknown > 0);
}

/// Checks that keys of deleted and erased tenants are refused, and that keys of restored tenants work.
async fn assert_keys(fleet: &Fleet) {
    let mut refused = 0;
    for tenant in &fleet.tenants {
        let Some(key) = &tenant.key else { continue };
        let expected = if tenant.course.ends_alive() { 200 } else { 401 };
        for node in &fleet.nodes {
            assert_eq!(node.check_with_key(key).await, expected, "the key of {}", tenant.mark);
        }
        refused += usize::from(expected == 401);
    }
    assert!(refused > 0);
}

/// Checks that no table contains the mark of an erased tenant. The tenant's names, address, metadata and events had it.
async fn assert_erased_names_are_gone(app: &TestApp, fleet: &Fleet) {
    let rows = app.every_row().await;
    for tenant in &fleet.tenants {
        let found = rows.lines().find(|row| row.contains(&tenant.mark));
        if tenant.course == Course::Erased {
            assert_eq!(found, None, "{} was erased", tenant.mark);
        } else {
            assert!(found.is_some(), "{} is found by the same search", tenant.mark);
        }
        assert!(rows.contains(&tenant.id), "the row of {} stays", tenant.mark);
    }
}
