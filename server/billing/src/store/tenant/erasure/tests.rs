//! Erasure: nothing that names the tenant or its people is left anywhere, on both engines.

use std::{
    collections::BTreeSet,
    process::Command,
    time::{Duration, Instant},
};

use rstest::rstest;
use sqlx::AssertSqlSafe;

use super::*;
use crate::store::{
    Store,
    testing::{Engine, TestDatabase},
    tests::NOW,
};

/// Every planted text about the tenant, its people or its objects contains this mark, in any letter case.
const MARK: &str = "planted";
const SLICE_ROWS: i64 = 10;
/// Tables with rows of a tenant but without free text, in which no mark is planted.
const WITHOUT_TEXTS: [&str; 4] = ["billing_turns", "login_failures", "login_slots", "memberships"];

/// Rows of the tenant `t1`, which was deleted, and of its people: `u1` belongs to it alone, `u2` also to `t2`, and `u3`
/// is an operator.
const PLANTED: &[&str] = &[
    "INSERT INTO tenants (tenant_id, name, created_at, external_id, email, metadata, deleted_at) \
     VALUES ('t1', 'Planted Robotics', 0, 'planted-1', 'ops@planted.test', '{\"k\":\"planted\"}', 1)",
    "INSERT INTO tenants (tenant_id, name, created_at) VALUES ('t2', 'Other', 0)",
    "INSERT INTO users (user_id, email, password_hash, created_at) VALUES ('u1', 'u1@planted.test', 'planted', 0)",
    "INSERT INTO users (user_id, email, password_hash, created_at) VALUES ('u2', 'u2@kept.test', 'x', 0)",
    "INSERT INTO users (user_id, email, password_hash, created_at) VALUES ('u3', 'u3@kept.test', 'x', 0)",
    "INSERT INTO operators (user_id, created_at) VALUES ('u3', 0)",
    "INSERT INTO memberships (tenant_id, user_id, role, created_at) VALUES ('t1', 'u1', 'owner', 0), \
     ('t1', 'u2', 'admin', 0), ('t1', 'u3', 'member', 0), ('t2', 'u2', 'owner', 0)",
    "INSERT INTO mail_preferences (tenant_id, user_id, kind, is_on, changed_at) VALUES ('t1', 'u1', 'planted', FALSE, 0)",
    "INSERT INTO sessions (session_hash, data, expires_at, user_id) VALUES ('planted', '{\"a\":\"planted\"}', 9, 'u1')",
    "INSERT INTO firebase_users (project_id, subject, user_id, created_at) VALUES ('p', 'planted', 'u1', 0)",
    "INSERT INTO identities (issuer, subject, user_id, created_at) VALUES ('https://id.test/', 'planted', 'u1', 0)",
    "INSERT INTO password_resets (token_hash, user_id, email, created_at, expires_at) \
     VALUES ('planted', 'u1', 'u1@planted.test', 0, 9)",
    "INSERT INTO address_proofs (token_hash, user_id, email, created_at, expires_at) \
     VALUES ('planted', 'u1', 'u1@planted.test', 0, 9)",
    "INSERT INTO address_changes (token_hash, user_id, email, created_at, expires_at) \
     VALUES ('planted', 'u1', 'new@planted.test', 0, 9)",
    "INSERT INTO second_factors (user_id, secret, created_at) VALUES ('u1', 'planted', 0)",
    "INSERT INTO recovery_codes (user_id, code_hash) VALUES ('u1', 'planted')",
    "INSERT INTO account_mails (user_id, kind, email, job_id, asked_at) \
     VALUES ('u1', 'address_change', 'new@planted.test', 'j9', 0)",
    "INSERT INTO enterprise_requests (request_id, company, contact_name, email, use_cases, expected_scale, notes, \
     tenant_id, user_id, created_at) VALUES ('r1', 'Planted', 'Planted', 'a@planted.test', 'planted', 'x', 'planted', \
     't1', NULL, 0), ('r2', 'Planted', 'Planted', 'a@planted.test', 'planted', 'x', 'planted', NULL, 'u1', 0)",
    "INSERT INTO invitations (tenant_id, invitation_id, email, role, state, invited_by, created_at, expires_at) \
     VALUES ('t1', 'i1', 'guest@planted.test', 'member', 'open', 'u1', 0, 9)",
    "INSERT INTO invitation_tokens (tenant_id, token_hash, invitation_id, created_at) VALUES ('t1', 'planted', 'i1', 0)",
    "INSERT INTO api_keys (tenant_id, key_id, name, scopes, secret_hash, created_at, created_by) \
     VALUES ('t1', 'k1', 'Planted gateway', 'read', 'planted', 0, 'u1')",
    "INSERT INTO key_networks (tenant_id, key_id, network_hash, first_seen_at) VALUES ('t1', 'k1', 'planted', 0)",
    "INSERT INTO portal_sessions (link_hash, tenant_id, external_id, email, name, role, allow, return_url, \
     return_label, start_path, created_by, created_at, ends_at) VALUES ('planted', 't1', 'planted-7', \
     'a@planted.test', 'Planted', 'admin', '', 'https://planted.test/', 'Planted', '/usage', 'k1', 0, 9)",
    "INSERT INTO secrets (tenant_id, name, sealed_value, created_at, updated_at) \
     VALUES ('t1', 'planted_key', 'planted', 0, 0)",
    "INSERT INTO tenant_data_keys (tenant_id, sealed_key, created_at) VALUES ('t1', 'planted', 0)",
    "INSERT INTO webhook_endpoints (tenant_id, endpoint_id, url, description, events, secret, created_at) \
     VALUES ('t1', 'e1', 'https://planted.test/', 'planted', '', 'planted', 0), \
     ('installation', 'e2', 'https://product.test/', '', '', 's', 0)",
    "INSERT INTO webhook_messages (tenant_id, message_id, endpoint_id, event, body, created_at, attempts, locked_until, \
     about_tenant) VALUES ('t1', 'm1', 'e1', 'ping', 'planted', 0, 0, 0, NULL), \
     ('installation', 'm2', 'e2', 'tenant.updated', '{\"name\":\"Planted Robotics\"}', 0, 0, 0, 't1'), \
     ('installation', 'm3', 'e2', 'tenant.deleted', '{\"tenantId\":\"t1\"}', 0, 0, 0, 't1')",
    "INSERT INTO checkout_attempts (tenant_id, attempt_id, provider, plan, cycle, state, success_url, cancel_url, \
     created_by, created_at) \
     VALUES ('t1', 'c1', 'stripe', 'pro', 'monthly', 'done', 'https://planted.test/', 'https://planted.test/', 'u1', 0)",
    "INSERT INTO customers (tenant_id, provider, external_id, revision, created_at) \
     VALUES ('t1', 'stripe', 'cus_planted', 1, 0)",
    "INSERT INTO import_rows (import_id, position, external_id, name, email, customer, is_selected, tenant_id, details, \
     created_at) VALUES ('i1', 1, 'planted', 'planted', 'u1@planted.test', 'cus_1', FALSE, 't1', '{\"a\":\"planted\"}', 0), \
     ('i1', 2, 'planted', 'planted', 'u1@planted.test', 'cus_planted', FALSE, NULL, NULL, 0)",
    "INSERT INTO subscriptions (tenant_id, provider, external_id, plan, cycle, status, started_at, period_start, \
     period_end, cancel_at_period_end, fetched_at, details) \
     VALUES ('t1', 'stripe', 'sub_1', 'pro', 'monthly', 'canceled', 0, 0, 9, FALSE, 0, '{\"discount\":\"planted\"}')",
    "INSERT INTO drift (tenant_id, found_at, provider, external_id, found_by, became) \
     VALUES ('t1', 1, 'stripe', 'sub_1', 'walk', 'planted')",
    "INSERT INTO doubled_subscriptions (tenant_id, provider, external_id, plan, kept, state, reason, found_at) \
     VALUES ('t1', 'stripe', 'sub_2', 'pro', 'sub_1', 'flagged', 'planted', 0)",
    "INSERT INTO cancellation_reasons (tenant_id, provider, external_id, comment, given_at) \
     VALUES ('t1', 'stripe', 'planted', 'planted', 0)",
    "INSERT INTO tenant_notes (tenant_id, note_id, body, author_id, created_at) VALUES ('t1', 'n1', 'planted', 'u3', 0)",
    "INSERT INTO billing_turns (tenant_id, due_at) VALUES ('t1', 9)",
    "INSERT INTO dunning_notices (tenant_id, provider, external_id, since, kind, told_at) \
     VALUES ('t1', 'stripe', 'planted', 0, 'failed', 0)",
    "INSERT INTO told_subscriptions (tenant_id, data) VALUES ('t1', '{\"a\":\"planted\"}')",
    "INSERT INTO unknown_at_provider (tenant_id, provider, kind, external_id, found_at) \
     VALUES ('t1', 'stripe', 'customer', 'planted', 0)",
    "INSERT INTO aside_subscriptions (tenant_id, provider, external_id, reason, described, is_shown, first_seen_at) \
     VALUES ('t1', 'stripe', 'sub_3', 'no_plan', 'planted', FALSE, 0)",
    "INSERT INTO unsold_price_payers (tenant_id, provider, price, subscriptions) VALUES ('t1', 'stripe', 'planted', 1)",
    "INSERT INTO usage_alerts (tenant_id, feature, told_since, kind, told_at, used) \
     VALUES ('t1', 'planted', 0, 'warning', 0, 1)",
    "INSERT INTO usage_counters (tenant_id, feature, period_start, used, updated_at) VALUES ('t1', 'ai_tokens', 0, 5, 0)",
    "INSERT INTO usage_events (tenant_id, source, event_id, part, feature, period_start, change, wanted, amount, event_at, \
     counted_at, recorded_at, used_after) \
     VALUES ('t1', 'planted', 'planted', 0, 'ai_tokens', 0, 'add', 5, 5, 0, 0, 0, 5)",
    "INSERT INTO audit_log (tenant_id, entry_id, at, actor_kind, actor_id, actor_name, action, target, details) VALUES \
     ('t1', 'a1', 0, 'user', 'u1', 'u1@planted.test', 'member.invited', 'guest@planted.test', '{\"role\":\"member\"}'), \
     ('t1', 'a2', 0, 'user', 'u1', 'u1@planted.test', 'api_key.made', 'k1', '{\"name\":\"planted\"}'), \
     ('t2', 'a3', 0, 'user', 'u1', 'u1@planted.test', 'member.joined', 'u1@planted.test', '{}'), \
     ('t1', 'a4', 0, 'portal_user', 'u7@planted.test', NULL, 'portal.opened', '', '{}'), \
     ('t1', 'a5', 0, 'token_user', 'planted|7', 'https://id.planted.test/', 'checkout.started', 'pro', '{}')",
    // More mentions of the invited address than a slice erases.
    "INSERT INTO audit_log (tenant_id, entry_id, at, actor_kind, actor_id, actor_name, action, target, details) \
     SELECT 't2', 'g' || column1, 0, 'dues', NULL, NULL, 'member.invited', 'guest@planted.test', '{}' \
     FROM (VALUES (10), (11), (12), (13), (14), (15), (16), (17), (18), (19), (20), (21), \
     (22), (23), (24), (25), (26), (27), (28), (29), (30), (31), (32), (33)) AS numbers",
    "INSERT INTO jobs (job_id, task, run_at, attempts, locked_until, created_at, tenant_id, lane) VALUES \
     ('j1', '{\"a\":\"planted\"}', 0, 0, 0, 0, 't1', 'housekeeping'), \
     ('j2', '{\"email\":\"u1@planted.test\"}', 0, 0, 0, 0, NULL, 'mail'), \
     ('j3', '{\"new\":\"new@planted.test\"}', 0, 0, 0, 0, NULL, 'slow_mail'), \
     ('j4', '{\"email\":\"guest@planted.test\"}', 0, 0, 0, 0, NULL, 'mail'), \
     ('j5', '{\"email\":\"u2@kept.test\"}', 0, 0, 0, 0, NULL, 'mail')",
    "INSERT INTO idempotency_keys (key_hash, request_hash, claim, locked_until, answer, created_at, tenant_id) \
     VALUES ('planted', 'planted', 'c', 0, 'planted', 0, 't1')",
];

/// Queries, each with the texts that it returns after the erasure.
const LEFT: &[(&str, &[&str])] = &[
    ("SELECT user_id FROM users ORDER BY 1", &["u2", "u3"]),
    ("SELECT tenant_id || user_id FROM memberships", &["t2u2"]),
    ("SELECT message_id FROM webhook_messages", &["m3"]),
    ("SELECT job_id FROM jobs", &["j5"]),
    ("SELECT external_id FROM subscriptions", &["sub_1"]),
    ("SELECT CAST(used AS TEXT) || ' ' || CAST(folded AS TEXT) FROM usage_counters", &["5 5"]),
    ("SELECT actor_id FROM audit_log WHERE actor_id IS NOT NULL", &["u1", "u1", "u1"]),
    (
        "SELECT target || details FROM audit_log WHERE entry_id IN ('a1', 'a2') ORDER BY entry_id",
        &["{\"role\":\"member\"}", "k1{}"],
    ),
    ("SELECT target FROM audit_log WHERE action = 'tenant.erased'", &["t1"]),
    ("SELECT tenant_id FROM tenants WHERE erased_at IS NOT NULL", &["t1"]),
    ("SELECT CAST(count(*) AS TEXT) FROM login_failures", &["1"]),
    ("SELECT CAST(count(*) AS TEXT) FROM billing_turns", &["0"]),
];

async fn execute(store: &Store, sql: &'static str) {
    match store {
        Store::Sqlite(sqlite) => drop(sqlx::query(sql).execute(&sqlite.writer).await.unwrap()),
        Store::Postgres(pool) => drop(sqlx::query(sql).execute(pool).await.unwrap()),
    }
}

/// Returns the rows of a query that has a single text column.
async fn texts(store: &Store, sql: String) -> Vec<String> {
    let query = AssertSqlSafe(sql);
    match store {
        Store::Sqlite(sqlite) => sqlx::query_scalar(query).fetch_all(&sqlite.readers).await.unwrap(),
        Store::Postgres(pool) => sqlx::query_scalar(query).fetch_all(pool).await.unwrap(),
    }
}

/// Returns every column of every table, as pairs of table and column.
async fn columns(store: &Store) -> Vec<(String, String)> {
    let sql = match store {
        Store::Sqlite(_) => {
            "SELECT own.name || '.' || known.name FROM sqlite_master AS own, pragma_table_info(own.name) AS known \
             WHERE own.type = 'table'"
        }
        Store::Postgres(_) => {
            "SELECT CAST(table_name AS TEXT) || '.' || CAST(column_name AS TEXT) FROM information_schema.columns \
             WHERE table_schema = current_schema()"
        }
    };
    let columns = texts(store, sql.to_owned()).await;
    columns.iter().map(|name| name.split_once('.').unwrap()).map(|(a, b)| (a.to_owned(), b.to_owned())).collect()
}

/// Returns the columns that contain the mark in any row, as `table.column`.
async fn marked(store: &Store) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (table, column) in columns(store).await {
        let sql =
            format!("SELECT CAST(count(*) AS TEXT) FROM {table} WHERE lower(CAST({column} AS TEXT)) LIKE '%{MARK}%'");
        if texts(store, sql).await != ["0"] {
            found.insert(format!("{table}.{column}"));
        }
    }
    found
}

async fn erase(store: &Store, tenant: &TenantId) -> usize {
    let mut slices = 0;
    loop {
        store.note_erasure();
        let mut tx = store.begin().await.unwrap();
        let rows = tx.connection().erase_slice(tenant, SLICE_ROWS, NOW).await.unwrap();
        tx.commit().await.unwrap();
        if rows == 0 {
            return slices;
        }
        slices += 1;
        assert!(slices < 1000, "the erasure makes no progress");
    }
}

/// Returns the bytes of `SQLite`'s files. Another process reads them: this process would lose its locks on the files
/// when it closes them.
fn file_bytes(database: &TestDatabase) -> Vec<u8> {
    let file = database.url.strip_prefix("sqlite://").unwrap();
    let read = Command::new("cat").args([file, &format!("{file}-wal")]).output().unwrap();
    assert!(read.stdout.starts_with(b"SQLite format 3"));
    read.stdout
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window.eq_ignore_ascii_case(text.as_bytes()))
}

#[rstest]
#[tokio::test]
async fn no_planted_name_is_left_in_the_database(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let database = TestDatabase::new(engine).await;
    let store = &database.store;
    let tenant: TenantId = "t1".parse().unwrap();
    for sql in PLANTED {
        execute(store, sql).await;
    }
    let mut tx = store.begin().await.unwrap();
    for subject in ["reset:u1@planted.test", "mails-to:guest@planted.test", "invitations-by:t1", "reset:u2@kept.test"] {
        tx.connection().count_failure(subject, NOW, 60).await.unwrap();
    }
    tx.commit().await.unwrap();
    let planted = marked(store).await;
    for (table, erasure) in TABLES {
        let has_texts = !matches!(erasure, TableErasure::Untouched | TableErasure::Sums);
        let has_mark = planted.iter().any(|column| column.starts_with(&format!("{table}.")));
        assert_eq!(has_mark, has_texts && !WITHOUT_TEXTS.contains(table), "plants in {table}");
    }
    if engine == Engine::Sqlite {
        assert!(contains(&file_bytes(&database), MARK));
    }

    assert!(erase(store, &tenant).await > 20, "in slices");
    assert_eq!(marked(store).await, BTreeSet::new());
    for (sql, left) in LEFT {
        assert_eq!(texts(store, (*sql).to_owned()).await, *left, "{sql}");
    }
    assert_eq!(erase(store, &tenant).await, 0, "only once");
    if engine == Engine::Sqlite {
        let begun = Instant::now();
        while !store.truncate_erased_log().await.unwrap() {
            assert!(begun.elapsed() < Duration::from_mins(1), "the log is not truncated");
            tokio::task::yield_now().await;
        }
        assert!(!contains(&file_bytes(&database), MARK), "a name is left in the file");
    }
}

#[rstest]
#[tokio::test]
async fn every_table_is_decided_on(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let database = TestDatabase::new(engine).await;
    let tables: BTreeSet<_> = columns(&database.store).await.into_iter().map(|(table, _)| table).collect();
    let listed: BTreeSet<_> = TABLES.iter().map(|(table, _)| (*table).to_owned()).collect();
    assert_eq!(tables, listed);
    assert_eq!(listed.len(), TABLES.len());
}

#[rstest]
#[tokio::test]
async fn a_tenant_that_is_not_deleted_is_not_erased(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let database = TestDatabase::new(engine).await;
    execute(&database.store, "INSERT INTO tenants (tenant_id, name, created_at) VALUES ('t1', 'Kept', 0)").await;
    assert_eq!(erase(&database.store, &"t1".parse().unwrap()).await, 0);
    assert_eq!(texts(&database.store, "SELECT name FROM tenants WHERE tenant_id = 't1'".to_owned()).await, ["Kept"]);
}

#[test]
fn the_statement_strips_what_each_action_may_name() {
    let is_in = |list: &str, action: &AuditAction| list.contains(&format!("'{}'", action.as_str()));
    for action in AuditAction::ALL {
        let named = action.named_texts();
        assert_eq!(is_in(targets_kept!(), action), !named.target, "the target of {}", action.as_str());
        assert_eq!(is_in(details_kept!(), action), !named.details, "the details of {}", action.as_str());
    }
}
