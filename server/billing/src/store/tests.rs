//! Every statement, and the store's contracts, on both engines.

use domain::{
    account::Role,
    entitlement::{alert::UsageLevel, overrides::Overrides},
    subscription::Provider,
    time::Timestamp,
};
use rstest::rstest;
use sqlx::{Executor, SqlSafeStr};

use crate::payment::EventSubject;

use super::{
    Connection, Store, StoreError,
    account::{
        account_mails, firebase_users, identities, login_failures, login_slots, mailed_links, operators,
        second_factors, session_accounts, sessions,
        users::{self, User},
    },
    backup,
    dialect::RowStatement,
    job::{
        failed_jobs, held_jobs, housekeeping,
        jobs::{self, JobRequest, Lane, Task},
        old_rows, operator_work,
    },
    subscription::{
        cancellation_reasons, checkout_attempts, customers, drift, dunning_notices, duplicate_subscriptions,
        known_plans, provider_accounts, revenue, scheduled_transitions, subscriptions, unknown_objects,
        unmanaged_subscriptions, unsold_prices,
    },
    tenant::{
        api_keys, audit_log, enterprise_requests, erasure, idempotency_keys, import_decisions, import_rows,
        import_totals, imports, installation_keys, invitations, mail_preferences, members, portal_sessions, sealed,
        secrets, signing_keys, tenant_notes,
        tenants::{self, Tenant, desk_search, operator_tenants, own_limits, profiles, revisions},
    },
    testing::{Engine, TestDatabase},
    usage::{
        usage_alerts, usage_batch, usage_by_key,
        usage_counters::{self, CounterKey, Reading},
        usage_direct, usage_events, usage_folds, usage_hours, usage_roll_up, usage_sums,
    },
    webhook::{event_cursors, inbox, notified_subscriptions, webhook_endpoints, webhook_messages, webhook_queue},
};

pub(super) const NOW: Timestamp = Timestamp::from_secs(1_768_000_000);

/// One entry for each file below `store/` that declares statements.
fn statements() -> Vec<(&'static str, &'static [(&'static str, &'static str)])> {
    vec![
        ("account_mails", account_mails::STATEMENTS),
        ("api_keys", api_keys::STATEMENTS),
        ("unmanaged_subscriptions", unmanaged_subscriptions::STATEMENTS),
        ("audit_log", audit_log::STATEMENTS),
        ("backup", backup::STATEMENTS),
        ("scheduled_transitions", scheduled_transitions::STATEMENTS),
        ("cancellation_reasons", cancellation_reasons::STATEMENTS),
        ("checkout_attempts", checkout_attempts::STATEMENTS),
        ("customers", customers::STATEMENTS),
        ("operator_tenants", operator_tenants::STATEMENTS),
        ("desk_search", desk_search::STATEMENTS),
        ("portal_sessions", portal_sessions::STATEMENTS),
        ("operator_work", operator_work::STATEMENTS),
        ("duplicate_subscriptions", duplicate_subscriptions::STATEMENTS),
        ("drift", drift::STATEMENTS),
        ("dunning_notices", dunning_notices::STATEMENTS),
        ("enterprise_requests", enterprise_requests::STATEMENTS),
        ("erasure", erasure::STATEMENTS),
        ("event_cursors", event_cursors::STATEMENTS),
        ("firebase_users", firebase_users::STATEMENTS),
        ("held_jobs", held_jobs::STATEMENTS),
        ("housekeeping", housekeeping::STATEMENTS),
        ("idempotency_keys", idempotency_keys::STATEMENTS),
        ("identities", identities::STATEMENTS),
        ("import_decisions", import_decisions::STATEMENTS),
        ("import_rows", import_rows::STATEMENTS),
        ("import_totals", import_totals::STATEMENTS),
        ("imports", imports::STATEMENTS),
        ("inbox", inbox::STATEMENTS),
        ("installation_keys", installation_keys::STATEMENTS),
        ("invitations", invitations::STATEMENTS),
        ("jobs", jobs::STATEMENTS),
        ("known_plans", known_plans::STATEMENTS),
        ("login_failures", login_failures::STATEMENTS),
        ("login_slots", login_slots::STATEMENTS),
        ("mail_preferences", mail_preferences::STATEMENTS),
        ("members", members::STATEMENTS),
        ("operators", operators::STATEMENTS),
        ("own_limits", own_limits::STATEMENTS),
        ("mailed_links", mailed_links::STATEMENTS),
        ("people", erasure::people::STATEMENTS),
        ("profiles", profiles::STATEMENTS),
        ("revisions", revisions::STATEMENTS),
        ("sealed", sealed::STATEMENTS),
        ("provider_accounts", provider_accounts::STATEMENTS),
        ("revenue", revenue::STATEMENTS),
        ("second_factors", second_factors::STATEMENTS),
        ("secrets", secrets::STATEMENTS),
        ("session_accounts", session_accounts::STATEMENTS),
        ("sessions", sessions::STATEMENTS),
        ("signing_keys", signing_keys::STATEMENTS),
        ("subscriptions", subscriptions::STATEMENTS),
        ("tenants", tenants::STATEMENTS),
        ("tenant_notes", tenant_notes::STATEMENTS),
        ("notified_subscriptions", notified_subscriptions::STATEMENTS),
        ("old_rows", old_rows::STATEMENTS),
        ("failed_jobs", failed_jobs::STATEMENTS),
        ("unknown_objects", unknown_objects::STATEMENTS),
        ("unsold_prices", unsold_prices::STATEMENTS),
        ("usage_alerts", usage_alerts::STATEMENTS),
        ("usage_by_key", usage_by_key::STATEMENTS),
        ("usage_counters", usage_counters::STATEMENTS),
        ("usage_direct", usage_direct::STATEMENTS),
        ("usage_folds", usage_folds::STATEMENTS),
        ("usage_hours", usage_hours::STATEMENTS),
        ("usage_roll_up", usage_roll_up::STATEMENTS),
        ("usage_sums", usage_sums::STATEMENTS),
        ("users", users::STATEMENTS),
        ("webhook_endpoints", webhook_endpoints::STATEMENTS),
        ("webhook_messages", webhook_messages::STATEMENTS),
        ("webhook_queue", webhook_queue::STATEMENTS),
        ("store", super::STATEMENTS),
    ]
}

/// One entry for each file below `store/` that declares row statements.
fn row_statements() -> Vec<(&'static str, &'static [RowStatement])> {
    vec![
        ("api_keys", api_keys::ROW_STATEMENTS),
        ("operator_tenants", operator_tenants::ROW_STATEMENTS),
        ("operator_work", operator_work::ROW_STATEMENTS),
        ("profiles", profiles::ROW_STATEMENTS),
        ("import_rows", import_rows::ROW_STATEMENTS),
        ("inbox", inbox::ROW_STATEMENTS),
        ("jobs", jobs::ROW_STATEMENTS),
        ("scheduled_transitions", scheduled_transitions::ROW_STATEMENTS),
        ("sessions", sessions::ROW_STATEMENTS),
        ("subscriptions", subscriptions::ROW_STATEMENTS),
        ("tenants", tenants::ROW_STATEMENTS),
        ("failed_jobs", failed_jobs::ROW_STATEMENTS),
        ("usage_alerts", usage_alerts::ROW_STATEMENTS),
        ("usage_by_key", usage_by_key::ROW_STATEMENTS),
        ("usage_counters", usage_counters::ROW_STATEMENTS),
        ("usage_events", usage_events::ROW_STATEMENTS),
        ("usage_folds", usage_folds::ROW_STATEMENTS),
        ("usage_hours", usage_hours::ROW_STATEMENTS),
        ("webhook_endpoints", webhook_endpoints::ROW_STATEMENTS),
        ("webhook_messages", webhook_messages::ROW_STATEMENTS),
        ("webhook_queue", webhook_queue::ROW_STATEMENTS),
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
    let batch = match engine {
        Engine::Sqlite => &usage_batch::ENTER_USAGE.sqlite,
        Engine::Postgres => &usage_batch::ENTER_USAGE.postgres,
    };
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
    let (listed, listed_rows) = (statements(), row_statements());
    let mut folders = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src/store"))];
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            let name = path.file_stem().unwrap().to_str().unwrap();
            if name == "tests" {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            if text.contains("\nstatements! {") || text.contains("crate::store::statements! {") {
                assert!(listed.iter().any(|(known, _)| *known == name), "{name} is missing from the list");
            }
            if text.contains("\nrow_statements! {") {
                assert!(listed_rows.iter().any(|(known, _)| *known == name), "{name} is missing from the list of rows");
            }
        }
    }
}

/// The lane of the Stripe jobs below.
const LANE: Lane = Lane::Stripe;

pub(super) async fn tenant(store: &Store, name: &str) -> (Tenant, User) {
    let user = User {
        id: format!("u-{name}").parse().unwrap(),
        email: format!("{name}@example.test").parse().unwrap(),
        password_hash: Some("$argon2id$".to_owned()),
        has_verified_address: false,
    };
    let tenant = Tenant::new(format!("t-{name}").parse().unwrap(), name.to_owned(), Overrides::default(), NOW);
    let mut tx = store.begin().await.unwrap();
    tx.connection().insert_user(&user, NOW).await.unwrap();
    tx.connection().insert_tenant(&tenant).await.unwrap();
    tx.connection().insert_member(&tenant.id, &user.id, Role::Owner, NOW).await.unwrap();
    tx.commit().await.unwrap();
    (tenant, user)
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
    tx.connection().retry_job_at(&again, NOW.plus_secs(500), "down").await.unwrap();
    tx.commit().await.unwrap();
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
