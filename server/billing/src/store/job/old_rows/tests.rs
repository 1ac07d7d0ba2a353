//! Deletion in slices, for every kind of rows, on both engines.

use rstest::rstest;

use super::*;
use crate::store::{
    Store,
    job::jobs::NEVER,
    on_backend,
    testing::{Engine, TestDatabase},
    tests::NOW,
};

/// The statements that insert row `number`, whose age is counted from `at`.
fn inserts(rows: OldRows, number: usize, at: i64) -> Vec<String> {
    let link = |table: &str| {
        format!(
            "INSERT INTO {table} (token_hash, user_id, email, created_at, expires_at) VALUES ('t{number}', 'u', 'a@b.test', 0, {at})"
        )
    };
    let one = match rows {
        OldRows::LoginFailures => format!(
            "INSERT INTO login_failures (subject, failures, window_start, window_end) VALUES ('s{number}', 1, 0, {at})"
        ),
        OldRows::LoginSlots => format!("INSERT INTO login_slots (subject, free_at) VALUES ('s{number}', {at})"),
        OldRows::Sessions => {
            format!("INSERT INTO sessions (session_hash, data, expires_at) VALUES ('h{number}', '{{}}', {at})")
        }
        OldRows::PortalSessions => format!(
            "INSERT INTO portal_sessions (link_hash, tenant_id, external_id, role, allow, return_url, start_path, created_by, \
             created_at, ends_at) VALUES ('h{number}', 't', 'u', 'member', '', 'https://b.test', '/usage', 'k', 0, {at})"
        ),
        OldRows::PasswordResets => link("password_resets"),
        OldRows::AddressVerifications => link("address_proofs"),
        OldRows::AddressChanges => link("address_changes"),
        OldRows::AccountMails => format!(
            "INSERT INTO account_mails (user_id, kind, email, job_id, asked_at) VALUES ('u', 'k{number}', 'a@b.test', 'j', {at})"
        ),
        OldRows::Invitations => {
            let invitation = format!(
                "INSERT INTO invitations (tenant_id, invitation_id, email, role, state, invited_by, created_at, expires_at) \
                 VALUES ('t', 'i{number}', 'a@b.test', 'member', 'accepted', 'u', 0, {at})"
            );
            let token = |kind: &str| {
                format!(
                    "INSERT INTO invitation_tokens (tenant_id, token_hash, invitation_id, created_at) \
                     VALUES ('t', '{kind}{number}', 'i{number}', 0)"
                )
            };
            return vec![invitation, token("shown"), token("mailed")];
        }
        OldRows::GivenUpJobs => format!(
            "INSERT INTO jobs (job_id, task, run_at, attempts, locked_until, created_at) \
             VALUES ('j{number}', '{{}}', {}, 1, 0, {at})",
            NEVER.as_micros()
        ),
        OldRows::WebhookMessages => format!(
            "INSERT INTO webhook_messages (tenant_id, message_id, endpoint_id, event, body, created_at, attempts, locked_until) \
             VALUES ('t', 'm{number}', 'e', 'ping', '{{}}', {at}, 1, 0)"
        ),
        OldRows::IdempotencyKeys => format!(
            "INSERT INTO idempotency_keys (key_hash, request_hash, claim, locked_until, created_at) \
             VALUES ('k{number}', 'r', 'c', 0, {at})"
        ),
        OldRows::InboxEvents => format!(
            "INSERT INTO inbox (provider, event_id, kind, subject, state, received_at) \
             VALUES ('stripe', 'e{number}', 'k', 's', 'handled', {at})"
        ),
        OldRows::UsageByKey => format!(
            "INSERT INTO usage_by_key (tenant_id, feature, day, key_id, amount) VALUES ('t', 'f', {at}, 'k{number}', 1)"
        ),
        OldRows::RevenueChanges => format!(
            "INSERT INTO revenue_changes (tenant_id, change_id, at, month, provider, external_id, kind, currency, monthly_minor) \
             VALUES ('t', 'c{number}', {at}, '2026-01', 'stripe', 's', 'new', 'USD', 2900)"
        ),
        OldRows::ImportSubscriptions => format!(
            "INSERT INTO import_subscriptions (import_id, position, subscription_id, yearly_minor, created_at) \
             VALUES ('i', {number}, 's', 0, {at})"
        ),
        OldRows::ImportRows => format!(
            "INSERT INTO import_rows (import_id, position, name, email, customer, is_selected, created_at) \
             VALUES ('i', {number}, 'n', '', 'c', FALSE, {at})"
        ),
        OldRows::Imports => format!(
            "INSERT INTO imports (import_id, provider, source, is_dry_run, state, position, counts, read_rows, written_rows, \
             failures, created_at, updated_at, locked_until) \
             VALUES ('i{number}', 'stripe', 'csv', TRUE, 'done', 0, '{{}}', 0, 0, 0, {at}, 0, 0)"
        ),
    };
    vec![one]
}

async fn run(store: &Store, statement: String) {
    let statement = sqlx::AssertSqlSafe(statement);
    match store {
        Store::Sqlite(sqlite) => drop(sqlx::query(statement).execute(&sqlite.writer).await.unwrap()),
        Store::Postgres(pool) => drop(sqlx::query(statement).execute(pool).await.unwrap()),
    }
}

/// The rows that others refer to.
async fn insert_owners(store: &Store) {
    for statement in [
        "INSERT INTO users (user_id, email, password_hash, created_at) VALUES ('u', 'a@b.test', '', 0)",
        "INSERT INTO tenants (tenant_id, name, created_at) VALUES ('t', 'Acme', 0)",
        "INSERT INTO webhook_endpoints (tenant_id, endpoint_id, url, description, events, secret, created_at) \
         VALUES ('t', 'e', 'https://b.test', '', '', '', 0)",
    ] {
        run(store, statement.to_owned()).await;
    }
}

#[rstest]
#[tokio::test]
async fn old_rows_are_deleted_in_slices_and_younger_ones_stay(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    const OLD: usize = 5;
    let database = TestDatabase::new(engine).await;
    let store = &database.store;
    insert_owners(store).await;
    let before = NOW.plus_secs(-1);
    for rows in OldRows::ALL {
        for number in 0..OLD {
            let at = NOW.plus_secs(-10 - i64::try_from(number).unwrap());
            for statement in inserts(rows, number, at.as_micros()) {
                run(store, statement).await;
            }
        }
        for statement in inserts(rows, OLD, NOW.as_micros()) {
            run(store, statement).await;
        }
        let mut deleted = Vec::new();
        while store.read().await.unwrap().connection().has_old_rows(rows, before).await.unwrap() {
            let mut tx = store.begin().await.unwrap();
            deleted.push(tx.connection().delete_old_rows(rows, before, 2).await.unwrap());
            tx.commit().await.unwrap();
        }
        assert_eq!(deleted, [2, 2, 1], "{rows:?}");
        let mut tx = store.begin().await.unwrap();
        assert_eq!(tx.connection().delete_old_rows(rows, before, 2).await.unwrap(), 0, "{rows:?}");
        assert_eq!(tx.connection().delete_old_rows(rows, NOW.plus_secs(1), 2).await.unwrap(), 1, "{rows:?}");
        tx.rollback().await.unwrap();
    }
}

/// A row is renewed at [`NOW`] while a deletion waits for it.
#[rstest]
#[case(OldRows::LoginFailures, "UPDATE login_failures SET window_end = 1768000000000000")]
#[case(OldRows::LoginSlots, "UPDATE login_slots SET free_at = 1768000000000000")]
#[case(OldRows::Sessions, "UPDATE sessions SET expires_at = 1768000000000000")]
#[case(OldRows::PortalSessions, "UPDATE portal_sessions SET ends_at = 1768000000000000")]
#[case(OldRows::AccountMails, "UPDATE account_mails SET asked_at = 1768000000000000")]
#[case(OldRows::GivenUpJobs, "UPDATE jobs SET run_at = 1768000000000000")]
#[case(OldRows::WebhookMessages, "UPDATE webhook_messages SET next_try_at = 1768000000000000")]
#[case(OldRows::IdempotencyKeys, "UPDATE idempotency_keys SET created_at = 1768000000000000")]
#[tokio::test]
async fn a_row_that_is_renewed_in_the_meantime_stays(#[case] rows: OldRows, #[case] renewal: &'static str) {
    let database = TestDatabase::new(Engine::Postgres).await;
    let store = &database.store;
    insert_owners(store).await;
    for statement in inserts(rows, 0, NOW.plus_secs(-10).as_micros()) {
        run(store, statement).await;
    }
    let mut renewing = store.begin().await.unwrap();
    on_backend!(renewing.connection(), connection => {
        sqlx::query(renewal).execute(connection).await.unwrap();
    });
    let deleting = tokio::spawn({
        let store = store.clone();
        async move {
            let mut tx = store.begin().await.unwrap();
            let deleted = tx.connection().delete_old_rows(rows, NOW.plus_secs(-1), 2).await.unwrap();
            tx.commit().await.unwrap();
            deleted
        }
    });
    database.wait_for_blocked_statement().await;
    renewing.commit().await.unwrap();
    assert_eq!(deleting.await.unwrap(), 0);
}

#[test]
fn the_statement_about_jobs_names_the_time_of_those_that_were_given_up() {
    assert!(FIND_GIVEN_UP_JOBS.contains(&format!("run_at = {} ", NEVER.as_micros())));
}
