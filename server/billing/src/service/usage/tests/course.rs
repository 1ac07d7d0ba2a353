//! Property test: after any sequence of operations the stored state equals that of a simple model.

use std::collections::{BTreeMap, BTreeSet};

use domain::catalog::{FeatureKind, Limit, Period, file::default_catalog};
use proptest::{prelude::*, test_runner::TestRunner};

use super::*;

/// An operation on a tenant. Features and plans are indexes into [`COUNTED`] and [`PLANS`].
#[derive(Clone, Debug)]
enum Happening {
    Consume(usize, u64, Option<u8>),
    Release(u64),
    Set(u64),
    Record(usize, u64, u8),
    Plan(usize),
    Wait(i64),
}

const COUNTED: [&str; 3] = [ROOMS, REQUESTS, TOKENS];
const PLANS: [&str; 3] = ["free", "pro", "scale"];

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        6 => (0..3_usize, 1..60_u64, proptest::option::of(0..4_u8)).prop_map(|(of, n, key)| Happening::Consume(of, n, key)),
        2 => (1..60_u64).prop_map(Happening::Release),
        2 => (0..120_u64).prop_map(Happening::Set),
        3 => (0..3_usize, 1..60_u64, 0..6_u8).prop_map(|(of, n, id)| Happening::Record(of, n, id)),
        1 => (0..3_usize).prop_map(Happening::Plan),
        2 => prop_oneof![Just(-60_i64), Just(1), Just(60), Just(3600), Just(86_400), Just(31 * 86_400)].prop_map(Happening::Wait),
    ]
}

/// The model: sequential, without a database.
#[derive(Default)]
struct Model {
    counters: BTreeMap<(usize, i64), u64>,
    keys: BTreeMap<(usize, u8), (u64, u64)>,
    events: BTreeSet<u8>,
}

impl Model {
    fn slot(&mut self, of: usize, now: Timestamp) -> &mut u64 {
        let catalog = default_catalog();
        let kind = catalog.feature(COUNTED[of]).unwrap().kind;
        let start = match kind {
            FeatureKind::Counter(Period::Minute) => now.as_secs().div_euclid(60),
            FeatureKind::Counter(Period::Month) => {
                let date = now.to_utc().date();
                i64::from(date.year()) * 12 + i64::from(u8::from(date.month()))
            }
            _ => 0,
        };
        self.counters.entry((of, start)).or_default()
    }
}

fn most(of: usize, plan: &str) -> u64 {
    let catalog = default_catalog();
    let feature = COUNTED[of].parse().unwrap();
    match catalog.plan(plan).unwrap().limit(&feature) {
        Limit::AtMost(most) => most,
        Limit::Unlimited => u64::MAX,
    }
}

#[rstest]
fn any_sequence_of_operations_ends_as_the_model_does(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let env = runtime.block_on(TestEnv::new(engine));
    let lives = std::cell::Cell::new(0);
    let mut runner =
        TestRunner::new(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() });
    let outcome = runner.run(&proptest::collection::vec(happening(), 1..40), |steps| {
        lives.set(lives.get() + 1);
        runtime.block_on(live(&env, lives.get(), &steps));
        Ok(())
    });
    outcome.unwrap();
}

async fn live(env: &TestEnv, life: u32, steps: &[Happening]) {
    // The last minute of February in a leap year, so that months and minutes end on the way.
    env.clock.set(Timestamp::parse_rfc3339("2028-02-29T23:58:30Z").unwrap());
    let tenant = env.owner("free", &format!("life{life}@usage.test")).await.current_membership.tenant_id;
    let nodes = [env.services.clone(), env.another_node().await];
    let mut plan = "free";
    let mut model = Model::default();
    for (at, step) in steps.iter().enumerate() {
        let services = &nodes[at % nodes.len()];
        let now = services.billing_now();
        match step {
            Happening::Consume(of, amount, key) => {
                let key_text = key.map(|key| format!("key{key}"));
                let answer = services.usage().consume(&tenant, COUNTED[*of], *amount, key_text.as_deref()).await;
                let known = key.and_then(|key| model.keys.get(&(*of, key)).copied());
                match known {
                    Some((same, stood)) if same == *amount => assert_eq!(answer.unwrap().used, stood, "{steps:?}"),
                    Some(_) => assert_eq!(answer.unwrap_err().code(), "idempotency_key_reused", "{steps:?}"),
                    None => {
                        let slot = model.slot(*of, now);
                        if *slot + amount <= most(*of, plan) {
                            *slot += amount;
                            let stands = *slot;
                            assert_eq!(answer.unwrap().used, stands, "{steps:?}");
                            if let Some(key) = key {
                                model.keys.insert((*of, *key), (*amount, stands));
                            }
                        } else {
                            assert_eq!(answer.unwrap_err().code(), "limit_reached", "{steps:?}");
                        }
                    }
                }
            }
            Happening::Release(amount) => {
                let slot = model.slot(0, now);
                *slot = slot.saturating_sub(*amount);
                assert_eq!(
                    services.usage().release(&tenant, ROOMS, *amount, None).await.unwrap().used,
                    *slot,
                    "{steps:?}"
                );
            }
            Happening::Set(value) => {
                let answer = services.usage().set_usage(&tenant, ROOMS, *value, None).await;
                if *value <= most(0, plan) {
                    *model.slot(0, now) = *value;
                    assert_eq!(answer.unwrap().used, *value, "{steps:?}");
                } else {
                    assert_eq!(answer.unwrap_err().code(), "limit_reached", "{steps:?}");
                }
            }
            Happening::Record(of, amount, id) => {
                let sent = vec![event(&id.to_string(), COUNTED[*of], *amount, Some(now))];
                let is_new = model.events.insert(*id);
                if is_new {
                    *model.slot(*of, now) += amount;
                }
                let expected = if is_new { RecordOutcome::Accepted } else { RecordOutcome::Duplicate };
                assert_eq!(services.usage().record(&tenant, sent).await.unwrap(), [expected], "{steps:?}");
            }
            Happening::Plan(of) => {
                plan = PLANS[*of];
                env.grant(&tenant, plan).await;
            }
            Happening::Wait(secs) => env.clock.set(now.plus_secs(*secs)),
        }
    }
    let now = env.services.billing_now();
    let fresh = env.another_node().await;
    for (of, feature) in COUNTED.iter().enumerate() {
        assert_eq!(used(&fresh, &tenant, feature).await, *model.slot(of, now), "{feature} after {steps:?}");
    }
}
