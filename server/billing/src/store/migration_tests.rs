//! Migrations expand first and contract later: while nodes are replaced one by one, those of the version before run on
//! the schema of the new one. See *Migrations* in `server/docs/develop.md`.
//!
//! Only `PostgreSQL` has several nodes, so only its migrations are checked.

use std::{fs, path::Path};

use rstest::rstest;

use super::{
    Store,
    testing::{Engine, TestDatabase},
};

/// The last migration before the rule.
const LAST_UNCHECKED: u32 = 67;
/// Statements that contract, each with its file and the reason why no running version misses what it takes away. Written
/// in capitals, as [`statements`] returns them.
const ALLOWED: &[(&str, &str, &str)] = &[];

fn statements(sql: &str) -> Vec<String> {
    let bare: Vec<_> = sql.lines().map(|line| line.split("--").next().unwrap_or_default()).collect();
    let statements = bare.join(" ");
    let words = statements.split(';').map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "));
    words.filter(|text| !text.is_empty()).map(|text| text.to_uppercase()).collect()
}

/// Returns why the version before can fail once `statement` of the migration `all` is applied.
fn contraction(statement: &str, all: &[String]) -> Option<&'static str> {
    let is_created = |beginning: &str| all.iter().any(|other| other.starts_with(beginning));
    let words: Vec<_> = statement.split([' ', '(']).filter(|word| !word.is_empty()).collect();
    match words.as_slice() {
        ["DROP", "INDEX", .., name] => {
            let is_rebuilt = is_created(&format!("CREATE INDEX {name} ON "))
                || is_created(&format!("CREATE UNIQUE INDEX {name} ON "));
            (!is_rebuilt).then_some("drops an index")
        }
        ["DROP", ..] => Some("drops something"),
        ["CREATE", "UNIQUE", "INDEX", rest @ ..] => {
            // `CONCURRENTLY`, `IF NOT EXISTS` and the name stand before.
            let table = rest.iter().skip_while(|word| **word != "ON").find(|word| !["ON", "ONLY"].contains(*word));
            let is_new = table.is_some_and(|table| is_created(&format!("CREATE TABLE {table} ")));
            (!is_new).then_some("refuses rows that the version before writes")
        }
        ["ALTER", "TABLE", ..] => altered(statement),
        _ => None,
    }
}

fn altered(statement: &str) -> Option<&'static str> {
    let statement = statement.replace("DROP NOT NULL", "");
    let mut added = statement.split(" ADD ").skip(1);
    if statement.contains(" RENAME ") {
        Some("renames something")
    } else if statement.contains(" DROP ") {
        Some("drops something")
    } else if statement.contains(" SET NOT NULL") {
        Some("refuses rows that the version before writes")
    } else if statement.contains(" TYPE ") {
        Some("changes a type")
    } else {
        added.find_map(|clause| match clause.strip_prefix("COLUMN ") {
            None => Some("adds a constraint"),
            Some(column) if column.contains("NOT NULL") && !column.contains("DEFAULT") => {
                Some("adds a column that the version before does not fill")
            }
            Some(_) => None,
        })
    }
}

#[test]
fn migrations_expand_first_and_contract_later() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations/postgres");
    let mut allowed = 0;
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let name = path.file_name().unwrap().to_str().unwrap();
        let number: u32 = name.split('_').next().unwrap().parse().unwrap();
        if number <= LAST_UNCHECKED {
            continue;
        }
        let all = statements(&fs::read_to_string(&path).unwrap());
        for statement in &all {
            let is_allowed = ALLOWED.iter().any(|(file, text, _)| *file == name && *text == statement);
            allowed += usize::from(is_allowed);
            let why = contraction(statement, &all).filter(|_| !is_allowed);
            assert_eq!(why, None, "{name}: `{statement}`. Read *Migrations* in server/docs/develop.md");
        }
    }
    assert_eq!(allowed, ALLOWED.len(), "an allowed statement is in no migration");
}

#[tokio::test]
async fn a_node_starts_on_a_database_with_migrations_of_a_later_version() {
    const LATER: &str = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES (999999, 'of a later version', true, '', 0)";
    let database = TestDatabase::new(Engine::Postgres).await;
    let Store::Postgres(pool) = &database.store else { panic!("this is PostgreSQL") };
    sqlx::query(LATER).execute(pool).await.unwrap();
    database.store.migrate().await.unwrap();
    assert!(database.store.is_ready().await.unwrap());
}

#[rstest]
#[case("CREATE TABLE a (b BIGINT NOT NULL); CREATE UNIQUE INDEX c ON a (b);", None)]
#[case("ALTER TABLE a ADD COLUMN b TEXT, ADD COLUMN c BIGINT NOT NULL DEFAULT 0;", None)]
#[case("ALTER TABLE a ALTER COLUMN b DROP NOT NULL;", None)]
#[case("DROP INDEX a_by_b; CREATE INDEX a_by_b ON a (b, c);", None)]
#[case("CREATE INDEX a_by_b ON a (b); -- DROP TABLE a;", None)]
#[case("ALTER TABLE a ADD COLUMN b TEXT NOT NULL;", Some("adds a column that the version before does not fill"))]
#[case("ALTER TABLE a ALTER COLUMN b SET NOT NULL;", Some("refuses rows that the version before writes"))]
#[case("CREATE UNIQUE INDEX a_by_b ON a (b);", Some("refuses rows that the version before writes"))]
#[case("CREATE UNIQUE INDEX IF NOT EXISTS a_by_b ON a (b);", Some("refuses rows that the version before writes"))]
#[case("ALTER TABLE a\n  DROP COLUMN b;", Some("drops something"))]
#[case("ALTER TABLE a RENAME COLUMN b TO c;", Some("renames something"))]
#[case("ALTER TABLE a ALTER COLUMN b TYPE BIGINT;", Some("changes a type"))]
#[case("ALTER TABLE a ADD CONSTRAINT c CHECK (b > 0);", Some("adds a constraint"))]
#[case("DROP TABLE a;", Some("drops something"))]
#[case("DROP INDEX IF EXISTS a_by_b;", Some("drops an index"))]
fn a_contraction_is_recognized(#[case] sql: &str, #[case] expected: Option<&str>) {
    let all = statements(sql);
    assert_eq!(all.iter().find_map(|statement| contraction(statement, &all)), expected);
}
