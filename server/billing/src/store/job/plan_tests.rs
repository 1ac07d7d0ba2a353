//! Query plans: a statement that runs regularly finds its rows by an index, however large the table, on both engines.

use rstest::rstest;
use sqlx::AssertSqlSafe;

use super::{held_jobs, jobs, old_rows};
use crate::store::{
    Connection, Store,
    subscription::{customers, revenue, scheduled_transitions},
    tenant::{erasure, mail_preferences, tenants::profiles},
    testing::{Engine, TestDatabase},
    usage::usage_folds,
    webhook::{inbox, webhook_messages, webhook_queue},
};

type Statements = &'static [(&'static str, &'static str)];

/// Statements with the indexes that each uses. The rows that are read of these indexes are bounded by the statement's
/// limit.
const INDEXED: &[(Statements, &str, &[&str])] = &[
    (jobs::STATEMENTS, "FIND_NEXT_RUN", &["jobs_next"]),
    (held_jobs::STATEMENTS, "RELEASE_JOBS", &["jobs_held"]),
    (customers::STATEMENTS, "LIST_TO_RECONCILE", &["customers_by_walk"]),
    (scheduled_transitions::STATEMENTS, "LIST_DUE_TRANSITIONS", &["billing_turns_by_time"]),
    (usage_folds::STATEMENTS, "FIND_OLD_EVENT", &["usage_events_by_time"]),
    (usage_folds::STATEMENTS, "DELETE_OLD_EVENTS", &["usage_events_by_time"]),
    // Reads the index of the primary key, whose name differs between the engines.
    (usage_folds::STATEMENTS, "DELETE_EVENTS_OF_TENANT", &["usage_events"]),
    (erasure::STATEMENTS, "FIND_TENANT_TO_ERASE", &["tenants_to_erase"]),
    (mail_preferences::STATEMENTS, "FIND_DUE_REPORT", &["mail_preferences_due"]),
    (profiles::STATEMENTS, "LIST_TENANTS", &["tenants_by_age"]),
    (usage_folds::STATEMENTS, "FIND_OLD_COUNTER", &["usage_counters_by_period"]),
    (usage_folds::STATEMENTS, "DELETE_OLD_COUNTERS", &["usage_counters_by_period"]),
    (usage_folds::STATEMENTS, "FIND_OLD_HOUR", &["usage_hours_by_time"]),
    (usage_folds::STATEMENTS, "DELETE_OLD_HOURS", &["usage_hours_by_time"]),
    (webhook_messages::STATEMENTS, "CLAIM_MESSAGE", &["webhook_messages_waiting"]),
    (webhook_queue::STATEMENTS, "LIST_DUE", &["webhook_endpoints_due"]),
    (webhook_queue::STATEMENTS, "LIST_LATE", &["webhook_messages_waiting"]),
    (webhook_queue::STATEMENTS, "UPDATE_CURSOR", &["webhook_messages_waiting"]),
    (old_rows::STATEMENTS, "FIND_LOGIN_FAILURES", &["login_failures_by_end"]),
    (old_rows::STATEMENTS, "DELETE_LOGIN_FAILURES", &["login_failures_by_end"]),
    (old_rows::STATEMENTS, "FIND_LOGIN_SLOTS", &["login_slots_by_time"]),
    (old_rows::STATEMENTS, "DELETE_LOGIN_SLOTS", &["login_slots_by_time"]),
    (old_rows::STATEMENTS, "FIND_SESSIONS", &["sessions_by_expiry"]),
    (old_rows::STATEMENTS, "DELETE_SESSIONS", &["sessions_by_expiry"]),
    (old_rows::STATEMENTS, "FIND_PORTAL_SESSIONS", &["portal_sessions_by_end"]),
    (old_rows::STATEMENTS, "DELETE_PORTAL_SESSIONS", &["portal_sessions_by_end"]),
    (old_rows::STATEMENTS, "FIND_PASSWORD_RESETS", &["password_resets_by_expiry"]),
    (old_rows::STATEMENTS, "DELETE_PASSWORD_RESETS", &["password_resets_by_expiry"]),
    (old_rows::STATEMENTS, "FIND_ADDRESS_VERIFICATIONS", &["address_proofs_by_expiry"]),
    (old_rows::STATEMENTS, "DELETE_ADDRESS_VERIFICATIONS", &["address_proofs_by_expiry"]),
    (old_rows::STATEMENTS, "FIND_ADDRESS_CHANGES", &["address_changes_by_end"]),
    (old_rows::STATEMENTS, "DELETE_ADDRESS_CHANGES", &["address_changes_by_end"]),
    (old_rows::STATEMENTS, "FIND_ACCOUNT_MAILS", &["account_mails_by_time"]),
    (old_rows::STATEMENTS, "DELETE_ACCOUNT_MAILS", &["account_mails_by_time"]),
    (old_rows::STATEMENTS, "FIND_INVITATIONS", &["invitations_by_expiry"]),
    (old_rows::STATEMENTS, "DELETE_INVITATION_TOKENS", &["invitations_by_expiry", "invitation_tokens_by_invitation"]),
    (old_rows::STATEMENTS, "DELETE_INVITATIONS", &["invitations_by_expiry"]),
    (old_rows::STATEMENTS, "FIND_GIVEN_UP_JOBS", &["jobs_given_up"]),
    (old_rows::STATEMENTS, "DELETE_GIVEN_UP_JOBS", &["jobs_given_up"]),
    (old_rows::STATEMENTS, "FIND_WEBHOOK_MESSAGES", &["webhook_messages_ended"]),
    (old_rows::STATEMENTS, "DELETE_WEBHOOK_MESSAGES", &["webhook_messages_ended"]),
    (old_rows::STATEMENTS, "FIND_IDEMPOTENCY_KEYS", &["idempotency_keys_by_age"]),
    (old_rows::STATEMENTS, "DELETE_IDEMPOTENCY_KEYS", &["idempotency_keys_by_age"]),
    (old_rows::STATEMENTS, "FIND_INBOX_EVENTS", &["inbox_done"]),
    (old_rows::STATEMENTS, "DELETE_INBOX_EVENTS", &["inbox_done"]),
    (old_rows::STATEMENTS, "FIND_USAGE_BY_KEY", &["usage_by_key_by_day"]),
    (old_rows::STATEMENTS, "DELETE_USAGE_BY_KEY", &["usage_by_key_by_day"]),
    (old_rows::STATEMENTS, "FIND_REVENUE_CHANGES", &["revenue_changes_by_time"]),
    (old_rows::STATEMENTS, "DELETE_REVENUE_CHANGES", &["revenue_changes_by_time"]),
    (old_rows::STATEMENTS, "FIND_IMPORT_SUBSCRIPTIONS", &["import_subscriptions_by_time"]),
    (old_rows::STATEMENTS, "DELETE_IMPORT_SUBSCRIPTIONS", &["import_subscriptions_by_time"]),
    (old_rows::STATEMENTS, "FIND_IMPORT_ROWS", &["import_rows_by_time"]),
    (old_rows::STATEMENTS, "DELETE_IMPORT_ROWS", &["import_rows_by_time"]),
    (old_rows::STATEMENTS, "FIND_IMPORTS", &["imports_by_time"]),
    (old_rows::STATEMENTS, "DELETE_IMPORTS", &["imports_by_time"]),
    (revenue::STATEMENTS, "LIST_CHANGE_TOTALS", &["revenue_changes_by_month"]),
];
/// Statements that may sort. `LIST_DUE` sorts at most 1,000 endpoints.
const SORTED: [&str; 1] = ["LIST_DUE"];
/// Inner queries that have their own limit: a full read of their result is not a scan of a table.
const INNER: [&str; 5] = ["head", "due", "heads", "placed", "busy"];
/// Planner settings that the test turns off, so that `PostgreSQL` chooses an index, if there is one, for empty tables.
const PLANNER: [&str; 5] = ["seqscan", "bitmapscan", "sort", "hashjoin", "mergejoin"];

/// The statement with a literal for each parameter. Filters that an empty parameter turns off are off.
fn with_literals(sql: &str) -> String {
    let literal = (1..=10).rev().fold(sql.to_owned(), |sql, number| sql.replace(&format!("${number}"), "'1'"));
    literal.replace("'1' = ''", "'' = ''")
}

/// The plan, one step a line.
async fn plan(store: &Store, sql: &str) -> Vec<String> {
    let sql = with_literals(sql);
    let mut tx = store.begin().await.unwrap();
    let steps = match tx.connection() {
        Connection::Sqlite(connection) => {
            let steps: Vec<(i64, i64, i64, String)> =
                sqlx::query_as(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"))).fetch_all(connection).await.unwrap();
            steps.into_iter().map(|(_, _, _, step)| step).collect()
        }
        Connection::Postgres(connection) => {
            for method in PLANNER {
                let disable = AssertSqlSafe(format!("SET LOCAL enable_{method} = off"));
                sqlx::query(disable).execute(&mut *connection).await.unwrap();
            }
            sqlx::query_scalar(AssertSqlSafe(format!("EXPLAIN {sql}"))).fetch_all(connection).await.unwrap()
        }
    };
    tx.rollback().await.unwrap();
    steps
}

fn assert_indexed(name: &str, steps: &[String], indexes: &[&str]) {
    let text = steps.join("\n");
    for index in indexes {
        assert!(text.contains(index), "{name} does not use {index}:\n{text}");
    }
    for step in steps {
        assert!(!step.contains("Seq Scan"), "{name} scans a table:\n{text}");
        if let Some(scanned) = step.strip_prefix("SCAN ") {
            let is_inner = scanned.starts_with('(') || INNER.contains(&scanned);
            assert!(is_inner, "{name} scans a table:\n{text}");
        }
        let node = step.trim_start_matches([' ', '-', '>']);
        let sorts = node.starts_with("Sort ")
            || node.starts_with("Incremental Sort ")
            || (node.starts_with("USE TEMP B-TREE") && node.contains("ORDER BY"));
        assert!(!sorts || SORTED.contains(&name), "{name} sorts:\n{text}");
    }
}

#[rstest]
#[tokio::test]
async fn what_runs_again_and_again_reads_an_index(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let database = TestDatabase::new(engine).await;
    for (statements, name, indexes) in INDEXED {
        let (_, sql) = statements.iter().find(|(known, _)| known == name).unwrap();
        assert_indexed(name, &plan(&database.store, sql).await, indexes);
    }
    let [sqlite, postgres] = jobs::CLAIMS;
    let claim = if engine == Engine::Sqlite { sqlite } else { postgres };
    assert_indexed("the claim of a job", &plan(&database.store, claim).await, &["jobs_fair"]);
}

#[rstest]
#[case(Engine::Sqlite, "webhook_endpoints_due (pace=? AND next_try_at<?)")]
#[case(Engine::Postgres, "Index Cond: ((pace = '1'::text) AND (next_try_at <= '1'::bigint))")]
#[tokio::test]
async fn endpoints_whose_next_call_is_later_are_not_read(#[case] engine: Engine, #[case] condition: &str) {
    let database = TestDatabase::new(engine).await;
    let (_, sql) = webhook_queue::STATEMENTS.iter().find(|(name, _)| *name == "LIST_DUE").unwrap();
    let steps = plan(&database.store, sql).await.join("\n");
    assert!(steps.contains(condition), "{steps}");
}

#[tokio::test]
async fn ignored_events_are_found_by_their_age() {
    let database = TestDatabase::new(Engine::Sqlite).await;
    let (_, sql) = inbox::STATEMENTS.iter().find(|(name, _)| *name == "COUNT_IGNORED_SINCE").unwrap();
    let steps = plan(&database.store, sql).await.join("\n");
    for index in ["inbox_waiting_by_age", "inbox_done"] {
        assert!(steps.contains(&format!("{index} (received_at>?)")), "{steps}");
    }
}

#[tokio::test]
async fn waiting_events_are_found_by_their_object_and_not_among_its_handled_ones() {
    let database = TestDatabase::new(Engine::Sqlite).await;
    let update = inbox::ROW_STATEMENTS.iter().find(|both| both.sqlite.contains("UPDATE inbox")).unwrap();
    let steps = plan(&database.store, update.sqlite).await.join("\n");
    assert!(steps.contains("inbox_waiting (provider=? AND subject=? AND received_at<?)"), "{steps}");
    let lists: Vec<_> = inbox::ROW_STATEMENTS.iter().filter(|both| both.sqlite.contains("UNION ALL")).collect();
    assert_eq!(lists.len(), 2);
    for list in lists {
        let steps = plan(&database.store, list.sqlite).await.join("\n");
        for index in ["inbox_waiting (provider=? AND subject=?", "inbox_by_subject (provider=? AND subject=?"] {
            assert!(steps.contains(index), "{steps}");
        }
    }
}

#[test]
fn every_statement_about_old_rows_is_in_the_list() {
    for (name, _) in old_rows::STATEMENTS.iter().chain(usage_folds::STATEMENTS) {
        assert!(INDEXED.iter().any(|(_, listed, _)| listed == name), "{name}");
    }
}

#[test]
fn a_scan_and_a_sort_are_recognized() {
    let fails = |step: &str| std::panic::catch_unwind(|| assert_indexed("x", &[step.to_owned()], &[])).is_err();
    assert!(fails("  ->  Seq Scan on jobs  (cost=0.00..1.00 rows=1 width=8)"));
    assert!(fails("  ->  Sort  (cost=0.00..1.00 rows=1 width=8)"));
    assert!(fails("SCAN jobs USING INDEX jobs_fair"));
    assert!(fails("USE TEMP B-TREE FOR ORDER BY"));
    assert!(!fails("SEARCH jobs USING INDEX jobs_fair (lane=? AND fair_at<?)"));
    assert!(!fails("SCAN head"));
}
