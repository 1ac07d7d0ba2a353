//! The product's tenants, the usage that its back end sends for them, and the amounts that Dues has accepted.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
};

use futures::{StreamExt, future::join_all, stream};
use reqwest::{Method, header};
use serde_json::{Value, json};

use super::{
    course::Course,
    node::{CALLS, Node, tenant_path},
};

/// The feature that events record.
pub(super) const TOKENS: &str = "ai_tokens";
const EVENTS: &str = "/api/v1/usage/events";
const BATCHED: &str = "application/cloudevents-batch+json";

/// Number of concurrent clients that send consume calls. With [`SENDERS`], eight clients call each of two nodes.
const CONSUMERS: usize = 12;
/// Number of concurrent clients that send batches of events.
const SENDERS: usize = 4;
/// Number of concurrent requests that create tenants.
const LANES: usize = 8;
/// Different events in a batch, each of another tenant. The first tenth of them is in the batch twice.
const EVENTS_A_BATCH: usize = 50;
/// One in this many calls and batches is sent to two nodes at the same time.
const REPEATED_EVERY: usize = 3;
/// Maximum number of attempts for a request that gets 503. Dues counts nothing for a 503.
const MAX_SENDS: usize = 20;

/// A tenant as the product knows it.
pub(super) struct Tenant {
    /// The tenant's id at Dues.
    pub(super) id: String,
    /// A text in all names and events of this tenant. If the tenant is erased, no other tenant has this text.
    pub(super) mark: String,
    pub(super) course: Course,
    /// A key of its workspace, if the course deletes the tenant.
    pub(super) key: Option<String>,
    external: RefCell<String>,
    former: RefCell<Option<String>>,
    consumed: Cell<i64>,
    recorded: Cell<i64>,
}

impl Tenant {
    pub(super) fn external(&self) -> String {
        self.external.borrow().clone()
    }

    /// Returns its former external id, if it was renamed.
    pub(super) fn former(&self) -> Option<String> {
        self.former.borrow().clone()
    }

    pub(super) fn rename(&self, external: &str) {
        let former = self.external.replace(external.to_owned());
        self.former.replace(Some(former));
    }

    /// Returns the accepted amounts of [`CALLS`] and [`TOKENS`].
    pub(super) fn amounts(&self) -> [i64; 2] {
        [self.consumed.get(), self.recorded.get()]
    }

    /// Returns the accepted amounts by the tenant's id at Dues and the feature.
    pub(super) fn accepted(&self) -> [((String, String), i64); 2] {
        let [consumed, recorded] = self.amounts();
        [(CALLS, consumed), (TOKENS, recorded)].map(|(feature, amount)| ((self.id.clone(), feature.to_owned()), amount))
    }
}

pub(super) struct Fleet {
    pub(super) nodes: Vec<Node>,
    pub(super) tenants: Vec<Tenant>,
    /// Number of different events that were accepted.
    pub(super) events_accepted: Cell<usize>,
    /// The sum of `accepted` in all responses, which count repeated events as `duplicates`.
    pub(super) events_answered: Cell<usize>,
    /// Number of calls of [`Self::meter`], so that the ids of each call are unique.
    meterings: Cell<usize>,
}

impl Fleet {
    /// Creates tenants, on each node in turn.
    pub(super) async fn provision(nodes: Vec<Node>, count: usize) -> Self {
        let create_numbered = |number: usize| {
            let (node, mark) = (&nodes[number % nodes.len()], format!("mark{number:04}x"));
            let external = format!("{mark}/first");
            async move { create(node, &external, mark, Course::of(number)).await }
        };
        let tenants: Vec<_> = stream::iter(0..count).map(create_numbered).buffered(LANES).collect().await;
        Self {
            nodes,
            tenants,
            events_accepted: Cell::default(),
            events_answered: Cell::default(),
            meterings: Cell::default(),
        }
    }

    /// Creates a tenant under each former external id of a renamed tenant.
    pub(super) async fn give_former_names_away(&mut self) {
        let mut heirs = Vec::new();
        for tenant in self.tenants.iter().filter(|tenant| tenant.course == Course::Renamed) {
            let Some(former) = tenant.former() else { continue };
            let node = self.node(heirs.len());
            heirs.push(create(node, &former, format!("heir-{}", tenant.mark), Course::Unchanged).await);
        }
        assert!(!heirs.is_empty());
        self.tenants.append(&mut heirs);
    }

    pub(super) fn node(&self, number: usize) -> &Node {
        &self.nodes[number % self.nodes.len()]
    }

    /// Returns the nodes that a request is sent to: each node in turn, and two for one in [`REPEATED_EVERY`] requests.
    fn nodes_for(&self, number: usize) -> impl Iterator<Item = &Node> {
        let sends = if number.is_multiple_of(REPEATED_EVERY) { 2 } else { 1 };
        (number..number + sends).map(move |number| self.node(number))
    }

    /// Meters with all clients concurrently. Each client repeats passes over its share of the tenants until `is_over`
    /// returns true for the number of its completed passes.
    pub(super) async fn meter(&self, is_over: impl Fn(usize) -> bool + Copy) {
        let (metering, tenants) = (self.meterings.replace(self.meterings.get() + 1), self.tenants.len());
        let batches = tenants.div_ceil(EVENTS_A_BATCH);
        let consume = |client: usize| async move {
            let mut passes = 0;
            while !is_over(passes) {
                for at in (client..tenants).step_by(CONSUMERS) {
                    self.consume(&self.tenants[at], at + passes, &format!("{metering}-{passes}")).await;
                }
                passes += 1;
            }
        };
        let send = |client: usize| async move {
            let mut passes = 0;
            while !is_over(passes) {
                for batch in (client..batches).step_by(SENDERS) {
                    self.send_events(batch, batch + passes, &format!("{metering}-{passes}-{batch}")).await;
                }
                passes += 1;
            }
        };
        // A client without tenants would loop forever and never let another task run.
        let (consumers, senders) = (CONSUMERS.min(tenants), SENDERS.min(batches));
        tokio::join!(join_all((0..consumers).map(consume)), join_all((0..senders).map(send)));
    }

    /// Sends a consume call, and adds its amount once if any node accepts it. `id` is unique for the tenant.
    async fn consume(&self, tenant: &Tenant, number: usize, id: &str) {
        let amount = amount(number);
        let body = json!({ "amount": amount, "idempotencyKey": format!("{}-{id}", tenant.mark) });
        let sent = join_all(self.nodes_for(number).map(|node| is_consumed(node, tenant, &body))).await;
        if sent.contains(&true) {
            tenant.consumed.set(tenant.consumed.get() + amount);
        }
    }

    /// Panics if a node accepts usage of the tenant, which was deleted.
    pub(super) async fn assert_counts_nothing(&self, tenant: &Tenant) {
        let body = json!({ "amount": 1000, "idempotencyKey": format!("{}-deleted", tenant.mark) });
        for node in &self.nodes {
            assert!(!is_consumed(node, tenant, &body).await, "{} was deleted", tenant.mark);
        }
    }

    /// Sends a batch of events of many tenants, and adds each accepted amount once. `id` is unique for each tenant.
    async fn send_events(&self, batch: usize, number: usize, id: &str) {
        let size = EVENTS_A_BATCH.min(self.tenants.len());
        let places: Vec<_> = (0..size).map(|at| (batch * size + at) % self.tenants.len()).collect();
        let sent = join_all(self.nodes_for(number).map(|node| self.accepted_events(node, &places, id))).await;
        for (at, place) in places.iter().enumerate().filter(|(at, _)| sent.iter().any(|accepted| accepted[*at])) {
            let recorded = &self.tenants[*place].recorded;
            recorded.set(recorded.get() + amount(at));
            self.events_accepted.set(self.events_accepted.get() + 1);
        }
    }

    /// Sends a batch with an event for each of the tenants at `places`. Returns for each event whether it was accepted,
    /// by this request or an earlier one.
    async fn accepted_events(&self, node: &Node, places: &[usize], id: &str) -> Vec<bool> {
        for _ in 0..MAX_SENDS {
            let events: Vec<_> =
                places.iter().enumerate().map(|(at, place)| event(&self.tenants[*place], at, id)).collect();
            let again = events[..events.len() / 10].to_vec();
            let batch = [events, again].concat();
            let sent = batch.len();
            let request = node.product.request(Method::POST, EVENTS).header(header::CONTENT_TYPE, BATCHED);
            let answer = node.product.send(request.body(Value::from(batch).to_string())).await;
            if answer.status == 503 {
                answer.refused(503, "usage_unavailable");
                continue;
            }
            assert!(matches!(answer.status, 200 | 400), "{answer:#?}");
            let answer = answer.json();
            let rejected: BTreeSet<_> = answer["rejected"].as_array().unwrap().iter().map(rejected_index).collect();
            let [accepted, duplicates] = ["accepted", "duplicates"].map(|name| number(&answer[name]));
            assert_eq!(accepted + duplicates + rejected.len(), sent, "one outcome an event: {answer}");
            self.events_answered.set(self.events_answered.get() + accepted);
            return (0..places.len()).map(|at| !rejected.contains(&at)).collect();
        }
        panic!("a batch of events was answered 503 {MAX_SENDS} times")
    }
}

/// Creates a tenant, and a key of its workspace if it will be deleted.
async fn create(node: &Node, external: &str, mark: String, course: Course) -> Tenant {
    let product = &node.product;
    let profile = json!({
        "name": format!("Mill {mark}"), "email": format!("{mark}@customer.test"), "metadata": { "note": mark }
    });
    let path = tenant_path(external);
    let made = product.send(product.request(Method::PUT, &path).json(&profile)).await.expect(201);
    let key = if course.is_deleted() {
        let key = json!({ "name": format!("Gateway {mark}"), "scopes": ["read", "usage"] });
        let key = product.post(&format!("{path}/api-keys"), &key).await.expect(201);
        Some(key["key"].as_str().unwrap().to_owned())
    } else {
        None
    };
    Tenant {
        id: made["id"].as_str().unwrap().to_owned(),
        mark,
        course,
        key,
        external: RefCell::new(external.to_owned()),
        former: RefCell::default(),
        consumed: Cell::default(),
        recorded: Cell::default(),
    }
}

/// Sends a consume call, again after each 503. Returns true at 200, and false at 404 (`tenant_not_found`). Panics at
/// other statuses, and after [`MAX_SENDS`] times 503.
async fn is_consumed(node: &Node, tenant: &Tenant, body: &Value) -> bool {
    for _ in 0..MAX_SENDS {
        let path = format!("/api/v1/billing/features/{CALLS}/consume");
        let request = node.request_for(&tenant.external(), Method::POST, &path).json(body);
        let answer = node.product.send(request).await;
        match answer.status {
            200 => return true,
            503 => drop(answer.refused(503, "usage_unavailable")),
            _ => {
                answer.refused(404, "tenant_not_found");
                return false;
            }
        }
    }
    panic!("a call was answered 503 {MAX_SENDS} times: {body}")
}

/// Returns an event whose subject is the tenant's external id or, for every fourth `at`, its id at Dues.
fn event(tenant: &Tenant, at: usize, id: &str) -> Value {
    let by_id = at.is_multiple_of(4);
    let subject = if by_id { format!("tenant:{}", tenant.id) } else { tenant.external() };
    json!({
        "specversion": "1.0", "id": format!("{}-{id}", tenant.mark), "source": "/gateway", "type": TOKENS,
        "subject": subject, "data": { "amount": amount(at) }
    })
}

fn amount(number: usize) -> i64 {
    i64::try_from(number % 5).unwrap() + 1
}

fn number(value: &Value) -> usize {
    usize::try_from(value.as_u64().unwrap()).unwrap()
}

fn rejected_index(rejected: &Value) -> usize {
    assert_eq!(rejected["code"], "tenant_not_found", "{rejected}");
    number(&rejected["index"])
}
