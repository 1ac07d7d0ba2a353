//! What runs for every call names the tenant first, so that a database divided by tenant serves it from one place.

use rstest::rstest;

use super::{
    Store,
    dialect::RowStatement,
    job::jobs,
    subscription::subscriptions,
    tenant::tenants,
    testing::{Engine, TestDatabase},
    usage::{entry_columns, usage_alerts, usage_by_key, usage_counters, usage_events, usage_hours},
    webhook::inbox,
};

/// The statements of check, consume and events: the views' reads, and the usage writer's batch.
const HOT: [&[RowStatement]; 7] = [
    tenants::ROW_STATEMENTS,
    subscriptions::ROW_STATEMENTS,
    usage_events::ROW_STATEMENTS,
    usage_counters::ROW_STATEMENTS,
    usage_hours::ROW_STATEMENTS,
    usage_by_key::ROW_STATEMENTS,
    usage_alerts::ROW_STATEMENTS,
];
/// A part of each statement that can't name the tenant first, with the reason.
const TENANT_UNKNOWN: [(&str, &str); 3] = [
    ("tenants.external_id = sent.value", "finds the tenant by the id that the product uses"),
    ("INSERT INTO inbox (provider, event_id", "the receipt of a webhook: its job finds the tenant at the provider"),
    ("INSERT INTO jobs (job_id", "a job about a webhook has no tenant yet"),
];
/// The tables of [`HOT`].
const TABLES: [&str; 7] =
    ["usage_events", "usage_counters", "usage_hours", "usage_days", "usage_by_key", "usage_alerts", "subscriptions"];
/// Unique indexes without the tenant: a database that is divided by tenant can't enforce them.
const LIST_FOREIGN_INDEXES: &str = "SELECT own.indexrelid::regclass::text FROM pg_index AS own \
     WHERE own.indisunique AND own.indrelid = $1::text::regclass AND NOT EXISTS (SELECT 1 FROM pg_attribute AS col \
     WHERE col.attrelid = own.indrelid AND col.attname = 'tenant_id' AND col.attnum = ANY (own.indkey))";
const FIND_FIRST_KEY_COLUMN: &str = "SELECT col.attname::text FROM pg_index AS own JOIN pg_attribute AS col \
     ON col.attrelid = own.indrelid AND col.attnum = own.indkey[0] \
     WHERE own.indisprimary AND own.indrelid = $1::text::regclass";

/// The places of a statement that choose or name rows: joins, conflicts, inserted columns, and conditions that stand for
/// themselves. A condition after a join only filters what the join has chosen.
fn places(sql: &str) -> Vec<&str> {
    let columns = after(sql, "INSERT INTO ").filter_map(|rest| rest.split_once('(').map(|(_, columns)| columns));
    let joins = after(sql, " ON ").map(|rest| rest.strip_prefix("CONFLICT (").unwrap_or(rest));
    let conditions = sql.match_indices("WHERE ").filter(|(at, _)| !sql[..*at].contains(" JOIN "));
    let conditions = conditions.map(|(at, mark)| &sql[at + mark.len()..]).filter(|rest| !rest.starts_with("true"));
    columns.chain(joins).chain(conditions).collect()
}

/// The rest of the text after each `mark`.
fn after<'s>(sql: &'s str, mark: &'static str) -> impl Iterator<Item = &'s str> {
    sql.match_indices(mark).map(move |(at, _)| &sql[at + mark.len()..])
}

fn names_tenant_first(place: &str) -> bool {
    let first = place.split([' ', ',', ')']).next().unwrap_or_default();
    first == "tenant_id" || first.ends_with(".tenant_id")
}

fn is_unknown(sql: &str) -> bool {
    TENANT_UNKNOWN.iter().any(|(part, _)| sql.contains(part))
}

#[test]
fn hot_statements_name_the_tenant_first() {
    let all = HOT.into_iter().flatten().flat_map(|statement| [statement.sqlite, statement.postgres]);
    for sql in all.chain([entry_columns::INSERT_ENTRIES]).filter(|sql| !is_unknown(sql)) {
        let places = places(sql);
        assert!(!places.is_empty(), "no condition: {sql}");
        for place in places {
            assert!(names_tenant_first(place), "the tenant is not first in `{place}` of `{sql}`");
        }
    }
}

#[test]
fn every_exception_is_a_statement() {
    let all = HOT.into_iter().chain([inbox::ROW_STATEMENTS, jobs::ROW_STATEMENTS]).flatten();
    let all: Vec<_> = all.map(|statement| statement.postgres).collect();
    for (part, reason) in TENANT_UNKNOWN {
        assert!(all.iter().any(|sql| sql.contains(part)), "no statement has `{part}` ({reason})");
    }
}

#[rstest]
#[case("SELECT 1 FROM usage_hours WHERE starts_at = $1 AND tenant_id = $2")]
#[case("SELECT 1 FROM sent JOIN usage_hours AS own ON own.feature = sent.value ->> 1")]
#[case("INSERT INTO usage_hours (feature, tenant_id) SELECT 1, 2 FROM sent WHERE true")]
#[case("INSERT INTO usage_hours (tenant_id) SELECT 1 FROM sent WHERE true ON CONFLICT (feature, tenant_id) DO NOTHING")]
fn another_order_is_recognized(#[case] sql: &str) {
    assert!(!places(sql).into_iter().all(names_tenant_first), "{sql}");
}

#[tokio::test]
async fn keys_of_hot_tables_begin_with_the_tenant_and_no_unique_index_lacks_it() {
    let database = TestDatabase::new(Engine::Postgres).await;
    let Store::Postgres(pool) = &database.store else { panic!("this is PostgreSQL") };
    for table in TABLES {
        let first: String = sqlx::query_scalar(FIND_FIRST_KEY_COLUMN).bind(table).fetch_one(pool).await.unwrap();
        assert_eq!(first, "tenant_id", "{table}");
        let foreign: Vec<String> = sqlx::query_scalar(LIST_FOREIGN_INDEXES).bind(table).fetch_all(pool).await.unwrap();
        assert!(foreign.is_empty(), "{table}: {foreign:?}");
    }
}
