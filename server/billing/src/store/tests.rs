//! Every statement, and the store's contracts, on both engines.

use domain::{
    account::Role,
    actor::Actor,
    catalog::Cycle,
    entitlement::alert::UsageLevel,
    money::{Currency, Money},
    order::AttemptState,
    overrides::Overrides,
    subscription::{BillingDetails, PendingChange, Provider, ProviderStatus, Subscription},
    time::Timestamp,
};
use rstest::rstest;
use sqlx::{Executor, SqlSafeStr};

use crate::payment::EventSubject;

use super::{
    Connection, Store, StoreError, account_mails, address_changes, address_proofs, api_keys, audit_log,
    checkout_attempts,
    checkout_attempts::Attempt,
    customers,
    dialect::RowStatement,
    drift, dunning_notices, duplicate_subscriptions, enterprise_requests, event_cursors, failed_jobs, firebase_users,
    held_jobs, idempotency_keys, inbox, invitations, jobs,
    jobs::{JobRequest, Lane, Task},
    known_plans, login_failures, login_slots, members, notified_subscriptions, operator_tenants, operator_work,
    operators, password_resets, provider_accounts, scheduled_transitions, sealed, second_factors, secrets, sessions,
    signing_keys, subscriptions, tenants,
    tenants::Tenant,
    testing::{Engine, TestDatabase},
    unknown_objects, unmanaged_subscriptions, unsold_prices, usage_alerts, usage_batch, usage_counters,
    usage_counters::{CounterKey, Reading},
    usage_events, usage_hours, usage_sums, users,
    users::User,
    webhook_endpoints, webhook_messages,
};

const NOW: Timestamp = Timestamp::from_secs(1_768_000_000);

/// One entry for each file of `store/` that declares statements.
fn statements() -> Vec<(&'static str, &'static [(&'static str, &'static str)])> {
    vec![
        ("account_mails", account_mails::STATEMENTS),
        ("address_changes", address_changes::STATEMENTS),
        ("api_keys", api_keys::STATEMENTS),
        ("unmanaged_subscriptions", unmanaged_subscriptions::STATEMENTS),
        ("audit_log", audit_log::STATEMENTS),
        ("scheduled_transitions", scheduled_transitions::STATEMENTS),
        ("checkout_attempts", checkout_attempts::STATEMENTS),
        ("customers", customers::STATEMENTS),
        ("operator_tenants", operator_tenants::STATEMENTS),
        ("operator_work", operator_work::STATEMENTS),
        ("duplicate_subscriptions", duplicate_subscriptions::STATEMENTS),
        ("drift", drift::STATEMENTS),
        ("dunning_notices", dunning_notices::STATEMENTS),
        ("enterprise_requests", enterprise_requests::STATEMENTS),
        ("event_cursors", event_cursors::STATEMENTS),
        ("firebase_users", firebase_users::STATEMENTS),
        ("held_jobs", held_jobs::STATEMENTS),
        ("idempotency_keys", idempotency_keys::STATEMENTS),
        ("inbox", inbox::STATEMENTS),
        ("invitations", invitations::STATEMENTS),
        ("jobs", jobs::STATEMENTS),
        ("known_plans", known_plans::STATEMENTS),
        ("login_failures", login_failures::STATEMENTS),
        ("login_slots", login_slots::STATEMENTS),
        ("members", members::STATEMENTS),
        ("operators", operators::STATEMENTS),
        ("address_proofs", address_proofs::STATEMENTS),
        ("password_resets", password_resets::STATEMENTS),
        ("sealed", sealed::STATEMENTS),
        ("provider_accounts", provider_accounts::STATEMENTS),
        ("second_factors", second_factors::STATEMENTS),
        ("secrets", secrets::STATEMENTS),
        ("sessions", sessions::STATEMENTS),
        ("signing_keys", signing_keys::STATEMENTS),
        ("subscriptions", subscriptions::STATEMENTS),
        ("tenants", tenants::STATEMENTS),
        ("notified_subscriptions", notified_subscriptions::STATEMENTS),
        ("failed_jobs", failed_jobs::STATEMENTS),
        ("unknown_objects", unknown_objects::STATEMENTS),
        ("unsold_prices", unsold_prices::STATEMENTS),
        ("usage_alerts", usage_alerts::STATEMENTS),
        ("usage_counters", usage_counters::STATEMENTS),
        ("usage_hours", usage_hours::STATEMENTS),
        ("usage_sums", usage_sums::STATEMENTS),
        ("users", users::STATEMENTS),
        ("webhook_endpoints", webhook_endpoints::STATEMENTS),
        ("webhook_messages", webhook_messages::STATEMENTS),
        ("store", super::STATEMENTS),
    ]
}

/// The row statements.
fn row_statements() -> Vec<(&'static str, &'static [RowStatement])> {
    vec![
        ("operator_tenants", operator_tenants::ROW_STATEMENTS),
        ("operator_work", operator_work::ROW_STATEMENTS),
        ("inbox", inbox::ROW_STATEMENTS),
        ("jobs", jobs::ROW_STATEMENTS),
        ("sessions", sessions::ROW_STATEMENTS),
        ("subscriptions", subscriptions::ROW_STATEMENTS),
        ("tenants", tenants::ROW_STATEMENTS),
        ("failed_jobs", failed_jobs::ROW_STATEMENTS),
        ("usage_alerts", usage_alerts::ROW_STATEMENTS),
        ("usage_counters", usage_counters::ROW_STATEMENTS),
        ("usage_events", usage_events::ROW_STATEMENTS),
        ("usage_hours", usage_hours::ROW_STATEMENTS),
        ("webhook_endpoints", webhook_endpoints::ROW_STATEMENTS),
        ("webhook_messages", webhook_messages::ROW_STATEMENTS),
    ]
}

#[rstest]
#[tokio::test]
async fn every_statement_prepares_on_both_engines(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let database = TestDatabase::new(engine).await;
    let mut reader = database.store.read().await.unwrap();
    let shared = statements().into_iter().flat_map(|(_, statements)| statements.iter().map(|(_, sql)| *sql));
    let [sqlite, postgres] = jobs::CLAIMS;
    let claim = if engine == Engine::Sqlite { sqlite } else { postgres };
    let row_sqls = row_statements().into_iter().flat_map(|(_, statements)| statements);
    let row_sqls = row_sqls.map(|both| if engine == Engine::Sqlite { both.sqlite } else { both.postgres });
    let batch =
        if engine == Engine::Sqlite { &usage_batch::ENTER_USAGE.sqlite } else { &usage_batch::ENTER_USAGE.postgres };
    for sql in shared.chain([claim]).chain(row_sqls).chain([batch.as_str()]) {
        let prepared = match reader.connection() {
            Connection::Sqlite(connection) => connection.prepare(sql.into_sql_str()).await.map(drop),
            Connection::Postgres(connection) => connection.prepare(sql.into_sql_str()).await.map(drop),
        };
        assert!(prepared.is_ok(), "{sql}: {prepared:?}");
    }
}

#[test]
fn every_file_with_statements_is_in_the_list() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/store");
    let (listed, listed_rows) = (statements(), row_statements());
    for file in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file()) {
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = if name == "tests" { String::new() } else { std::fs::read_to_string(&file).unwrap() };
        if text.contains("\nstatements! {") || text.contains("super::statements! {") {
            assert!(listed.iter().any(|(known, _)| *known == name), "{name} is missing from the list");
        }
        if text.contains("\nrow_statements! {") {
            assert!(listed_rows.iter().any(|(known, _)| *known == name), "{name} is missing from the list of rows");
        }
    }
}

/// The lane of the Stripe jobs below.
const LANE: Lane = Lane::Stripe;

async fn tenant(store: &Store, name: &str) -> (Tenant, User) {
    let user = User {
        id: format!("u-{name}").parse().unwrap(),
        email: format!("{name}@example.test").parse().unwrap(),
        password_hash: Some("$argon2id$".to_owned()),
        has_proven_address: false,
    };
    let tenant = Tenant {
        id: format!("t-{name}").parse().unwrap(),
        name: name.to_owned(),
        overrides: Overrides::default(),
        created_at: NOW,
    };
    let mut tx = store.begin().await.unwrap();
    tx.connection().insert_user(&user, NOW).await.unwrap();
    tx.connection().insert_tenant(&tenant).await.unwrap();
    tx.connection().insert_member(&tenant.id, &user.id, Role::Owner, NOW).await.unwrap();
    tx.commit().await.unwrap();
    (tenant, user)
}

fn attempt(id: &str, user: &User) -> Attempt {
    Attempt {
        id: id.parse().unwrap(),
        provider: Provider::Stripe,
        plan: "pro".parse().unwrap(),
        cycle: Cycle::Yearly,
        state: AttemptState::Open,
        success_url: "https://app.test/paid".to_owned(),
        cancel_url: "https://app.test/".to_owned(),
        session_id: None,
        trial_days: 0,
        created_by: Actor::User(user.id.clone()),
        created_at: NOW,
    }
}

#[rstest]
#[tokio::test]
async fn an_address_has_one_account(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let database = TestDatabase::new(engine).await;
    let (_, mut user) = tenant(&database.store, "ada").await;
    user.id = "other".parse().unwrap();
    let mut tx = database.store.begin().await.unwrap();
    assert!(matches!(tx.connection().insert_user(&user, NOW).await, Err(StoreError::Conflict)));
}

#[rstest]
#[tokio::test]
async fn a_tenant_has_one_open_attempt_and_another_tenant_has_its_own(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let database = TestDatabase::new(engine).await;
    let store = &database.store;
    let (ada, ada_user) = tenant(store, "ada").await;
    let (bob, bob_user) = tenant(store, "bob").await;
    let mut tx = store.begin().await.unwrap();
    tx.connection().insert_attempt(&ada.id, &attempt("a1", &ada_user)).await.unwrap();
    tx.connection().insert_attempt(&bob.id, &attempt("b1", &bob_user)).await.unwrap();
    tx.commit().await.unwrap();

    let mut tx = store.begin().await.unwrap();
    assert!(matches!(
        tx.connection().insert_attempt(&ada.id, &attempt("a2", &ada_user)).await,
        Err(StoreError::Conflict)
    ));
    drop(tx);

    let mut tx = store.begin().await.unwrap();
    assert_eq!(tx.connection().supersede_open_attempt(&ada.id).await.unwrap(), Some("a1".parse().unwrap()));
    tx.connection().insert_attempt(&ada.id, &attempt("a2", &ada_user)).await.unwrap();
    assert!(!tx.connection().update_attempt_session(&ada.id, &"a1".parse().unwrap(), "cs_1").await.unwrap());
    assert!(tx.connection().update_attempt_session(&ada.id, &"a2".parse().unwrap(), "cs_2").await.unwrap());
    tx.commit().await.unwrap();

    let mut reader = store.read().await.unwrap();
    assert_eq!(reader.connection().find_latest_attempt(&ada.id).await.unwrap().unwrap().id.as_str(), "a2");
    assert!(reader.connection().find_attempt_by_session(&bob.id, "cs_2").await.unwrap().is_none());
}

#[rstest]
#[tokio::test]
async fn an_attempt_stores_the_user_or_key_that_created_it(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let database = TestDatabase::new(engine).await;
    let (ada, user) = tenant(&database.store, "ada").await;
    let mut tx = database.store.begin().await.unwrap();
    for (id, by) in [("a1", Actor::User(user.id.clone())), ("a2", Actor::Key("00ff".to_owned()))] {
        let made =
            Attempt { state: AttemptState::Expired, created_by: by.clone(), trial_days: 14, ..attempt(id, &user) };
        tx.connection().insert_attempt(&ada.id, &made).await.unwrap();
        let found = tx.connection().find_attempt(&ada.id, &made.id).await.unwrap().unwrap();
        assert_eq!((found.created_by, found.trial_days), (by, 14));
    }
}

#[rstest]
#[tokio::test]
async fn a_subscription_round_trips_with_its_trial_and_scheduled_change(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let database = TestDatabase::new(engine).await;
    let (ada, _) = tenant(&database.store, "ada").await;
    let pending = PendingChange { plan: "starter".parse().unwrap(), cycle: Cycle::Yearly, at: NOW.plus_secs(9) };
    let own = Subscription {
        provider: Provider::Stripe,
        external_id: "sub_1".to_owned(),
        plan: "pro".parse().unwrap(),
        cycle: Cycle::Monthly,
        status: ProviderStatus::Trialing,
        started_at: NOW,
        period_start: NOW,
        period_end: NOW.plus_secs(9),
        cancel_at_period_end: false,
        ended_at: None,
        past_due_since: None,
        plan_before_due: None,
        price: None,
        due: None,
        details: BillingDetails::default(),
        payment_method: None,
        trial_end: Some(NOW.plus_secs(9)),
        pending: Some(pending),
        fetched_at: NOW,
    };
    let paid = Subscription { status: ProviderStatus::Active, pending: None, ..own.clone() };
    let mut tx = database.store.begin().await.unwrap();
    let due = Subscription {
        status: ProviderStatus::PastDue,
        past_due_since: Some(NOW),
        plan_before_due: Some("starter".parse().unwrap()),
        price: Some(Money::new(2900, Currency::USD)),
        due: Some(Money::new(9900, Currency::USD)),
        ..paid.clone()
    };
    for written in [own, paid, due] {
        tx.connection().upsert_subscription(&ada.id, &written).await.unwrap();
        assert_eq!(tx.connection().list_subscriptions(&ada.id).await.unwrap(), [written]);
    }
    assert_eq!(tx.connection().find_notified_subscription(&ada.id).await.unwrap(), None);
    for data in [serde_json::json!({ "plan": "pro" }), serde_json::json!({ "plan": "free" })] {
        tx.connection().upsert_notified_subscription(&ada.id, &data).await.unwrap();
        assert_eq!(tx.connection().find_notified_subscription(&ada.id).await.unwrap(), Some(data));
    }
}

#[rstest]
#[tokio::test]
async fn fetched_data_is_written_only_at_the_expected_revision(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let database = TestDatabase::new(engine).await;
    let store = &database.store;
    let (ada, _) = tenant(store, "ada").await;
    let mut tx = store.begin().await.unwrap();
    tx.connection().insert_customer(&ada.id, Provider::Stripe, "cus_1", NOW).await.unwrap();
    tx.connection().insert_customer(&ada.id, Provider::Stripe, "cus_2", NOW).await.unwrap();
    let kept = tx.connection().find_customer(&ada.id, Provider::Stripe).await.unwrap().unwrap();
    assert_eq!(kept.external_id, "cus_1", "the first customer stays");
    assert!(tx.connection().update_customer_revision(&ada.id, Provider::Stripe, kept.revision, NOW).await.unwrap());
    assert!(!tx.connection().update_customer_revision(&ada.id, Provider::Stripe, kept.revision, NOW).await.unwrap());
    tx.commit().await.unwrap();
}

#[rstest]
#[tokio::test]
async fn a_job_is_claimed_by_one_worker_and_is_claimable_after_the_claim_lapses(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let database = TestDatabase::new(engine).await;
    let store = database.store.clone();
    let mut tx = store.begin().await.unwrap();
    for number in 0..20 {
        let subject = EventSubject::Subscription { id: format!("sub_{number}") };
        let task = Task::FetchWebhookObject { provider: Provider::Stripe, subject, customer: None };
        tx.connection().insert_job(&task, NOW, NOW).await.unwrap();
    }
    tx.commit().await.unwrap();

    let claims = (0..30).map(|_| {
        let store = store.clone();
        tokio::spawn(async move {
            let mut tx = store.begin().await.unwrap();
            let job = tx.connection().claim_job(LANE, NOW, NOW.plus_secs(60)).await.unwrap();
            tx.commit().await.unwrap();
            job
        })
    });
    let mut claimed = Vec::new();
    for claim in claims.collect::<Vec<_>>() {
        claimed.extend(claim.await.unwrap());
    }
    // With SKIP LOCKED, PostgreSQL may skip a row that is being claimed but never returns it twice.
    let mut ids: Vec<_> = claimed.iter().map(|job| job.id.clone()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), claimed.len());
    assert_eq!(ids.len(), 20);

    let mut tx = store.begin().await.unwrap();
    assert_eq!(tx.connection().claim_job(LANE, NOW, NOW.plus_secs(60)).await.unwrap(), None);
    let again = tx.connection().claim_job(LANE, NOW.plus_secs(60), NOW.plus_secs(120)).await.unwrap().unwrap();
    assert_eq!(again.attempts, 2);
    tx.connection().retry_job_at(&again.id, NOW.plus_secs(500), "down").await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn only_writes_of_other_processes_are_foreign_and_a_new_connection_invalidates_the_version() {
    let database = TestDatabase::new(Engine::Sqlite).await;
    let (store, other) = (&database.store, Store::connect(&database.url).await.unwrap());
    let writes = async || store.foreign_writes().await.unwrap().unwrap();
    let first = writes().await;
    tenant(store, "ada").await;
    assert_eq!(writes().await, first, "our own");
    tenant(&other, "bob").await;
    let second = writes().await;
    assert_ne!(second, first, "another process's");
    assert_eq!(writes().await, second);
    let Store::Sqlite(sqlite) = store else { panic!("this is SQLite") };
    let mut seen = vec![first, second];
    for _ in 0..5 {
        sqlite.writer.acquire().await.unwrap().close().await.unwrap();
        let now = writes().await;
        assert!(!seen.contains(&now), "{now:?} of a new connection is no answer of a former one");
        seen.push(now);
    }
}

#[rstest]
#[tokio::test]
async fn a_job_requested_many_times_runs_once_and_again_if_requested_while_it_runs(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let database = TestDatabase::new(engine).await;
    let mut tx = database.store.begin().await.unwrap();
    let subject = EventSubject::Subscription { id: "sub_1".to_owned() };
    let wanted = |run_at| JobRequest {
        id: "stripe subscription sub_1".to_owned(),
        task: Task::FetchWebhookObject { provider: Provider::Stripe, subject: subject.clone(), customer: None },
        run_at,
    };
    for run_at in [NOW.plus_secs(5), NOW.plus_secs(2), NOW.plus_secs(9)] {
        tx.connection().upsert_jobs(&[wanted(run_at)], NOW).await.unwrap();
    }
    assert_eq!(tx.connection().count_jobs().await.unwrap(), 1);
    assert_eq!(tx.connection().find_next_run(LANE).await.unwrap(), Some(NOW.plus_secs(2)), "when the first wanted it");

    let now = NOW.plus_secs(2);
    let first = tx.connection().claim_job(LANE, now, now.plus_secs(10)).await.unwrap().unwrap();
    assert_eq!(first.task().unwrap(), wanted(NOW).task);
    tx.connection().upsert_jobs(&[wanted(now.plus_secs(1))], now).await.unwrap();
    assert_eq!(
        tx.connection().claim_job(LANE, now.plus_secs(1), now.plus_secs(11)).await.unwrap(),
        None,
        "one at a time"
    );
    tx.connection().complete_job(&first).await.unwrap();
    assert_eq!(tx.connection().claim_job(LANE, now, now.plus_secs(10)).await.unwrap(), None, "not before it is wanted");
    let second = tx.connection().claim_job(LANE, now.plus_secs(1), now.plus_secs(11)).await.unwrap().unwrap();
    assert_eq!(second.attempts, 1, "a run of its own");
    tx.connection().complete_job(&second).await.unwrap();
    assert_eq!(tx.connection().count_jobs().await.unwrap(), 0);
}

#[rstest]
#[tokio::test]
async fn counters_are_inserted_locked_and_found_by_period(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let database = TestDatabase::new(engine).await;
    let (ada, _) = tenant(&database.store, "ada").await;
    let counter = |feature: &str, period_start| CounterKey {
        tenant: ada.id.clone(),
        feature: feature.parse().unwrap(),
        period_start,
    };
    let (old, new) = (counter("ai_tokens", Some(NOW.plus_secs(-100))), counter("ai_tokens", Some(NOW)));
    let gauge = counter("rooms", None);
    let all = [old.clone(), new.clone(), gauge.clone()];
    let mut tx = database.store.begin().await.unwrap();
    assert_eq!(tx.connection().lock_counters(&all).await.unwrap(), []);
    tx.connection().insert_and_lock_counters(&all, NOW).await.unwrap();
    tx.connection()
        .update_counters(
            &[
                (old, 1, UsageLevel::Below),
                (new.clone(), 2, UsageLevel::Warning),
                (gauge.clone(), 3, UsageLevel::Reached),
            ],
            NOW,
        )
        .await
        .unwrap();
    tx.connection().insert_and_lock_counters(&all, NOW).await.unwrap();
    let mut held = tx.connection().lock_counters(&all).await.unwrap();
    held.sort_by_key(|held| held.place);
    let held: Vec<_> = held.into_iter().map(|held| (held.reading.used, held.level)).collect();
    assert_eq!(held, [(1, UsageLevel::Below), (2, UsageLevel::Warning), (3, UsageLevel::Reached)]);
    tx.commit().await.unwrap();

    let mut reader = database.store.read().await.unwrap();
    let read = |used| Reading { used, version: 1 };
    assert_eq!(reader.connection().find_counters(&[gauge, new]).await.unwrap().len(), 2);
    assert_eq!(reader.connection().find_counters(&all[..1]).await.unwrap(), [(0, read(1))]);
    let tenants = [ada.id, "other".parse().unwrap()];
    assert_eq!(reader.connection().list_counters_of_many(&tenants, NOW).await.unwrap().len(), 3);
    assert_eq!(reader.connection().list_counters_of_many(&tenants, NOW.plus_secs(1)).await.unwrap(), []);
}

#[rstest]
#[tokio::test]
async fn a_first_password_never_replaces_an_existing_one(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let database = TestDatabase::new(engine).await;
    let (_, ada) = tenant(&database.store, "ada").await;
    let mut tx = database.store.begin().await.unwrap();
    tx.connection().update_first_password(&ada.id, "later").await.unwrap();
    let kept = tx.connection().find_user(&ada.id).await.unwrap().unwrap().password_hash;
    assert_eq!(kept, ada.password_hash);
    tx.connection().update_password(&ada.id, None).await.unwrap();
    tx.connection().update_first_password(&ada.id, "first").await.unwrap();
    let first = tx.connection().find_user(&ada.id).await.unwrap().unwrap().password_hash;
    assert_eq!(first.as_deref(), Some("first"));
}

#[rstest]
#[tokio::test]
async fn a_database_is_ready_only_with_its_migrations(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let database = TestDatabase::empty(engine).await;
    assert!(database.store.is_ready().await.is_err());
    database.store.migrate().await.unwrap();
    database.store.migrate().await.unwrap();
    assert!(database.store.is_ready().await.unwrap());
}
