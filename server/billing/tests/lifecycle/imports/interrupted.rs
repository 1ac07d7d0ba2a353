//! Imports that are interrupted, throttled, or held by another process.

use std::time::Duration;

use billing::{
    ServiceError,
    service::{Imports, tenant::import::ImportProgress},
    store::{Store, testing::Engine},
};
use domain::{
    catalog::Cycle,
    subscription::Provider,
    tenant::import::{ImportOutcome, ImportSource, ImportState},
};
use rstest::rstest;

use super::MAX_STEPS;
use crate::test_env::TestEnv;

/// Longer than a claim lasts.
const CLAIM_LAPSES_SECS: i64 = 31;
/// Longer than the workers leave an import to the command line that has started it.
const WORKERS_TAKE_OVER_SECS: i64 = 61;
const CUSTOMERS: usize = 24;

async fn count(env: &TestEnv, statement: &'static str) -> i64 {
    let counted = match env.services.store() {
        Store::Sqlite(sqlite) => sqlx::query_scalar(statement).fetch_one(&sqlite.readers).await,
        Store::Postgres(pool) => sqlx::query_scalar(statement).fetch_one(pool).await,
    };
    counted.unwrap()
}

async fn plant_customers(env: &TestEnv, count: usize) {
    let pro = env.price("pro", Cycle::Monthly);
    for number in 0..count {
        let customer = env.plant_customer(Some(&format!("org-{number}"))).await;
        if number % 3 > 0 {
            env.plant_subscription(&customer, &pro, 1).await;
        }
    }
}

/// Each process ends at another moment: while it reads, between two rows, and between the link of a tenant and the write
/// of its subscriptions.
#[rstest]
#[tokio::test]
async fn an_import_that_is_killed_again_and_again_links_each_tenant_once(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let mut env = TestEnv::start(engine).await;
    plant_customers(&env, CUSTOMERS).await;
    env.take_calls();
    env.refuse_writes();
    let id = env.start_import(false).await;
    let mut is_over = false;
    for attempt in 0..MAX_STEPS as u64 {
        // Long enough for a whole step in the end.
        let life = Duration::from_millis(150 + attempt * 130);
        let imports = env.imports();
        let holder = Imports::new_holder();
        match tokio::time::timeout(life, imports.step(&id, &holder)).await {
            Ok(Ok(ImportProgress::Over)) => {
                is_over = true;
                break;
            }
            Ok(Ok(progress)) => assert_ne!(progress, ImportProgress::Held, "the claim has lapsed"),
            Ok(Err(error)) => panic!("{error:?}"),
            Err(_) => {}
        }
        env.restart();
        env.wall.advance(CLAIM_LAPSES_SECS);
    }
    assert!(is_over);
    env.expect_only_reads();
    let report = env.imports().report(&id).await.unwrap().unwrap();
    assert_eq!((report.summary.state, report.summary.written), (ImportState::Done, CUSTOMERS as u64));
    let outcomes = env.outcomes(&id).await;
    assert!(outcomes.values().all(|outcome| outcome.links_tenant()), "{outcomes:?}");
    for number in 0..CUSTOMERS {
        let plan = if number % 3 > 0 { "pro" } else { "free" };
        assert_eq!(env.plan_of(&format!("org-{number}")).await.as_deref(), Some(plan), "org-{number}");
    }
    let links = "SELECT count(*) FROM audit_log WHERE action = 'customer.linked'";
    let made = "SELECT count(*) FROM audit_log WHERE action = 'tenant.created'";
    for counted in [links, made] {
        assert_eq!(count(&env, counted).await.unsigned_abs(), CUSTOMERS as u64, "{counted}");
    }
}

#[rstest]
#[tokio::test]
async fn a_provider_that_throttles_or_is_down_is_tried_again(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::start(engine).await;
    plant_customers(&env, 2).await;
    let id = env.start_import(false).await;
    let holder = Imports::new_holder();
    // Each call is tried three times.
    env.throttle_calls(3);
    let throttled = env.imports().step(&id, &holder).await.unwrap();
    assert_eq!(throttled, ImportProgress::Wait { secs: 7 }, "as Retry-After says");
    let waiting = env.imports().progress(&id).await.unwrap().unwrap();
    assert_eq!(waiting.state, ImportState::Reading);
    assert!(waiting.error.unwrap().contains("takes no more requests"));
    env.set_provider_down(true);
    assert_eq!(env.imports().step(&id, &holder).await.unwrap(), ImportProgress::Wait { secs: 10 });
    env.set_provider_down(false);
    env.imports().release(&id, &holder).await.unwrap();
    let report = env.finish_import(&id).await;
    assert_eq!((report.summary.written, report.summary.error), (2, None));
}

#[rstest]
#[tokio::test]
async fn one_import_runs_at_a_time_and_one_holder_takes_it_further(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::start(engine).await;
    plant_customers(&env, 1).await;
    let id = env.start_import(false).await;
    let second = env.try_start(ImportSource::Account("email".parse().unwrap()), true).await;
    assert!(matches!(second, Err(ServiceError::Conflict(_))), "{second:?}");
    let (one, other) = (Imports::new_holder(), Imports::new_holder());
    assert_eq!(env.imports().step(&id, &one).await.unwrap(), ImportProgress::More);
    assert_eq!(env.imports().step(&id, &other).await.unwrap(), ImportProgress::Held);
    // The workers take over from a command line that has ended.
    env.wall.advance(WORKERS_TAKE_OVER_SECS);
    env.run_due_jobs().await;
    let report = env.imports().report(&id).await.unwrap().unwrap();
    assert_eq!((report.summary.state, report.summary.written), (ImportState::Done, 1));
    assert_eq!(env.imports().step(&id, &one).await.unwrap(), ImportProgress::Over);
    let outcomes = env.outcomes(&id).await;
    assert_eq!(outcomes.into_values().collect::<Vec<_>>(), [ImportOutcome::NoSubscription]);
}

#[rstest]
#[tokio::test]
async fn an_interrupted_import_gives_way_to_another_one(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::start(engine).await;
    plant_customers(&env, 1).await;
    let id = env.start_import(false).await;
    let holder = Imports::new_holder();
    assert_eq!(env.imports().step(&id, &holder).await.unwrap(), ImportProgress::More);
    assert!(!env.imports().cancel_interrupted(&id).await.unwrap(), "a process takes it further");
    env.wall.advance(CLAIM_LAPSES_SECS);
    assert!(env.imports().cancel_interrupted(&id).await.unwrap());
    assert!(!env.imports().cancel_interrupted(&id).await.unwrap(), "it is over");
    assert_eq!(env.imports().step(&id, &holder).await.unwrap(), ImportProgress::Over);
    let (_, report) = env.import(true).await;
    assert_eq!((report.summary.state, report.summary.read), (ImportState::Done, 1));
}

#[rstest]
#[tokio::test]
async fn an_import_from_a_csv_goes_on_with_the_same_rows_alone(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::start(engine).await;
    let csv = |rows: &str| format!("external_id,stripe_customer_id\n{rows}");
    let id = env.try_start(ImportSource::Csv(csv("a,cus_1\n,cus_2\n")), true).await.unwrap();
    for (rows, is_same) in [
        ("a,cus_1\n,cus_2\n", true),
        ("\"a\",cus_1\n\n,cus_2", true),
        ("a,cus_1\nb,cus_2\n", false),
        ("a,cus_1\n", false),
        ("a,cus_1\n,cus_2\nc,cus_3\n", false),
        ("", false),
    ] {
        let found = env.imports().has_rows_of(&id, Provider::Stripe, &csv(rows)).await.unwrap();
        assert_eq!(found, is_same, "{rows:?}");
    }
}
