//! Copies of a `SQLite` database: taken while other connections write, checked, and put in place of another database.

use std::{collections::BTreeMap, path::Path, time::Duration};

use sqlx::{ConnectOptions, Connection as _, SqliteConnection, error::DatabaseError, sqlite::SqliteConnectOptions};

use super::{BUSY_TIMEOUT, SQLITE_MIGRATIONS, StoreError, StoreResult, statements};

/// How long a restore waits for other connections to the database that it replaces.
const IN_USE_TIMEOUT: Duration = Duration::from_secs(1);
/// How many findings of an integrity check are reported.
const INTEGRITY_CHECK: &str = "PRAGMA integrity_check(5)";
/// `SQLite`'s primary result codes.
const BUSY: i64 = 5;
const LOCKED: i64 = 6;
const CORRUPT: i64 = 11;
const NOT_A_DATABASE: i64 = 26;

statements! {
    LIST_APPLIED_MIGRATIONS = "SELECT version, checksum FROM _sqlx_migrations WHERE success ORDER BY version";
}

/// Why a file is no database that this version of Dues can use.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseFault {
    #[error("the database is damaged: {0}")]
    Damaged(String),
    #[error("the file is no database of Dues: it has no migrations")]
    NotDues,
    #[error(
        "the schema of the database is {found}, and this version of Dues knows up to {known}: use the version that made it, or a newer one"
    )]
    NewerSchema { found: i64, known: i64 },
    #[error("migration {0} of the database is none of this version of Dues")]
    UnknownMigration(i64),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The state of a database that [`close_sqlite`] has closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClosedDatabase {
    /// The file alone is the database: nothing of it is left in a log or journal.
    Whole,
    /// Another process uses it.
    InUse,
    /// `SQLite` can't read it.
    Unreadable,
}

/// Writes a copy of the database `from` to the new file `to`. The copy is one consistent state with everything that
/// was committed before the call. Returns its schema: the version of its last migration.
///
/// Other connections read and write meanwhile. `VACUUM INTO` reads one snapshot and holds a page cache of 2 MiB. The
/// alternatives are worse: `SQLite`'s backup API begins again whenever another process writes, unless it copies all
/// pages in one step; and a reader's transaction keeps no checkpoint from changing the file that it copies. The log
/// grows until the copy ends, by what is written meanwhile. Free pages, which may hold erased rows, are not copied.
/// The caller syncs the file.
pub async fn copy_sqlite(from: &Path, to: &Path) -> Result<i64, DatabaseFault> {
    let Some(target) = to.to_str() else {
        return Err(StoreError::Sqlx(sqlx::Error::Configuration("the path of the copy is no UTF-8".into())).into());
    };
    let mut connection = existing(from).connect().await.map_err(StoreError::from)?;
    // Find a file that is no database of Dues before the work.
    list_applied_migrations(&mut connection).await?;
    sqlx::query("VACUUM INTO $1").bind(target).execute(&mut connection).await.map_err(fault)?;
    connection.close().await.map_err(StoreError::from)?;
    let mut copy = unchanging(to).connect().await.map_err(StoreError::from)?;
    let applied = list_applied_migrations(&mut copy).await?;
    copy.close().await.map_err(StoreError::from)?;
    schema_of(&applied)
}

/// Checks a database file that no process has open, by `SQLite`'s integrity check, and whether this version knows all
/// of its migrations. Returns its schema: the version of its last migration. Writes nothing.
pub async fn check_sqlite(file: &Path) -> Result<i64, DatabaseFault> {
    let mut connection = unchanging(file).connect().await.map_err(fault)?;
    let findings: Vec<String> = sqlx::query_scalar(INTEGRITY_CHECK).fetch_all(&mut connection).await.map_err(fault)?;
    if findings != ["ok"] {
        // A finding may have several lines.
        let words: Vec<_> = findings.iter().flat_map(|finding| finding.split_whitespace()).collect();
        return Err(DatabaseFault::Damaged(words.join(" ")));
    }
    let applied = list_applied_migrations(&mut connection).await?;
    connection.close().await.map_err(StoreError::from)?;
    let schema = schema_of(&applied)?;
    let known: BTreeMap<_, _> =
        SQLITE_MIGRATIONS.iter().map(|migration| (migration.version, &*migration.checksum)).collect();
    let newest = known.keys().next_back().copied().unwrap_or_default();
    if schema > newest {
        return Err(DatabaseFault::NewerSchema { found: schema, known: newest });
    }
    match applied.iter().find(|(version, checksum)| known.get(version) != Some(&checksum.as_slice())) {
        Some((version, _)) => Err(DatabaseFault::UnknownMigration(*version)),
        None => Ok(schema),
    }
}

/// Moves the log or journal of a database into its file and deletes the log, so that the file alone is the database.
/// Changes nothing while another process uses the database: also one that does not share its lock, such as `sqlite3`.
pub async fn close_sqlite(file: &Path) -> StoreResult<ClosedDatabase> {
    match leave_log(file).await {
        Ok(mode) if mode == "delete" => Ok(ClosedDatabase::Whole),
        // SQLite keeps the mode while another connection is open.
        Ok(_) => Ok(ClosedDatabase::InUse),
        Err(sqlx::Error::Database(error)) => match primary_code(error.as_ref()) {
            Some(BUSY | LOCKED) => Ok(ClosedDatabase::InUse),
            Some(CORRUPT | NOT_A_DATABASE) => Ok(ClosedDatabase::Unreadable),
            _ => Err(StoreError::Sqlx(sqlx::Error::Database(error))),
        },
        Err(error) => Err(error.into()),
    }
}

async fn leave_log(file: &Path) -> Result<String, sqlx::Error> {
    let mut connection = existing(file).busy_timeout(IN_USE_TIMEOUT).connect().await?;
    let mode = use_no_log(&mut connection).await;
    // Wait for it also after an error: SQLite may delete files when it closes the database.
    connection.close().await?;
    mode
}

async fn use_no_log(connection: &mut SqliteConnection) -> Result<String, sqlx::Error> {
    // The first read applies a journal that a killed process has left.
    let _: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_schema").fetch_one(&mut *connection).await?;
    sqlx::query_scalar("PRAGMA journal_mode = DELETE").fetch_one(connection).await
}

fn existing(file: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new().filename(file).create_if_missing(false).busy_timeout(BUSY_TIMEOUT)
}

/// A file that no process writes: opening it makes no files beside it.
fn unchanging(file: &Path) -> SqliteConnectOptions {
    existing(file).read_only(true).immutable(true)
}

/// Returns version and checksum of each applied migration, in order.
async fn list_applied_migrations(connection: &mut SqliteConnection) -> Result<Vec<(i64, Vec<u8>)>, DatabaseFault> {
    const HAS_MIGRATIONS: &str = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = '_sqlx_migrations')";
    let has_migrations: bool = sqlx::query_scalar(HAS_MIGRATIONS).fetch_one(&mut *connection).await.map_err(fault)?;
    if !has_migrations {
        return Err(DatabaseFault::NotDues);
    }
    sqlx::query_as(LIST_APPLIED_MIGRATIONS).fetch_all(connection).await.map_err(fault)
}

fn schema_of(applied: &[(i64, Vec<u8>)]) -> Result<i64, DatabaseFault> {
    applied.last().map(|(version, _)| *version).ok_or(DatabaseFault::NotDues)
}

fn fault(error: sqlx::Error) -> DatabaseFault {
    match &error {
        sqlx::Error::Database(cause) if matches!(primary_code(cause.as_ref()), Some(CORRUPT | NOT_A_DATABASE)) => {
            DatabaseFault::Damaged(cause.message().to_owned())
        }
        _ => StoreError::from(error).into(),
    }
}

/// The result code of `SQLite` without its extension, which is in the higher bytes.
fn primary_code(error: &dyn DatabaseError) -> Option<i64> {
    error.code()?.parse::<i64>().ok().map(|code| code & 0xff)
}

#[cfg(test)]
mod tests;
