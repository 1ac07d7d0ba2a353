//! The database, `SQLite` or `PostgreSQL`, behind one interface.
//!
//! Each SQL text is written once and serves both engines. [`dialect`] holds what differs.

pub mod account;
pub mod backup;
pub mod database_lock;
mod dialect;
pub(crate) mod direct_writer;
mod error;
mod foreign_writes;
mod fsync;
pub mod job;
mod kept_readers;
mod postgres_pool;
pub mod subscription;
pub mod tenant;
#[cfg(feature = "testing")]
pub mod testing;
pub mod usage;
pub mod webhook;

use std::{
    path::{Path, PathBuf},
    str::FromStr,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::Duration,
};

use domain::catalog::Limit;
use sqlx::{
    Connection as _, PgConnection, PgPool, Postgres, Sqlite, SqliteConnection, SqlitePool, Transaction,
    migrate::Migrator,
    pool::PoolConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::sync::OwnedSemaphorePermit;

use self::{
    database_lock::{DatabaseLock, sqlite_file},
    direct_writer::{ACQUIRE_TIMEOUT, DirectWriter},
    kept_readers::KeptReaders,
};
pub use self::{
    error::{StoreError, StoreResult},
    foreign_writes::{ForeignWrites, WrittenBy},
    fsync::sync_failure,
    kept_readers::LentReader,
};

static SQLITE_MIGRATIONS: Migrator = sqlx::migrate!("../../migrations/sqlite");
/// A node starts on a database that has migrations of a later version: in a rolling upgrade, nodes of the version before
/// may have to start again. Migrations expand first, so that it can work on them.
static POSTGRES_MIGRATIONS: LazyLock<Migrator> = LazyLock::new(|| {
    let mut migrations = sqlx::migrate!("../../migrations/postgres");
    migrations.set_ignore_missing(true);
    migrations
});

const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// The page cache of each of the two writers: at most 24 MiB, in KiB (negative by `SQLite`'s convention). It holds the
/// last pages of each index of some thousand busy tenants. Other pages come from the system's cache.
const SQLITE_WRITER_CACHE: &str = "-24576";
/// The page cache of each reader: at most 1 MiB. `SQLite` empties it after each commit of the writer.
const SQLITE_READER_CACHE: &str = "-1024";
/// Checkpoint after 8 MB of log. The commit that does it holds up all writers: it copies so few pages that this takes a
/// few milliseconds, at the price of copying more often a page that is written again and again.
const SQLITE_PAGES_BETWEEN_CHECKPOINTS: &str = "2000";
/// Rows that sqlx's thread reads ahead of the caller, as many as a batch of the usage writer reads. With fewer, the two
/// threads wait for each other.
const ROWS_READ_AHEAD: usize = 512;

/// Runs the same expression on the engine behind `$link`.
macro_rules! on_backend {
    ($link:expr, $connection:ident => $body:expr) => {
        match $link {
            $crate::store::Connection::Sqlite($connection) => $body,
            $crate::store::Connection::Postgres($connection) => $body,
        }
    };
}
pub(crate) use on_backend;

/// Declares SQL texts and lists them, so that a test can prepare each on both engines.
macro_rules! statements {
    ($($name:ident = $sql:expr;)+) => {
        $(const $name: &str = $sql;)+
        #[cfg(test)]
        pub(in crate::store) const STATEMENTS: &[(&str, &str)] = &[$((stringify!($name), $name)),+];
    };
}
pub(crate) use statements;

/// A pool of connections to one database. Cheap to clone.
#[derive(Clone, Debug)]
pub enum Store {
    Sqlite(SqliteStore),
    Postgres(PgPool),
}

/// A writing connection of sqlx, another one for transactions that run all the time, and readers. One of the writers
/// writes at a time.
#[derive(Clone, Debug)]
pub struct SqliteStore {
    pub writer: SqlitePool,
    /// Connections for checkpoints, and for the statements of tests.
    pub readers: SqlitePool,
    direct: Arc<DirectWriter>,
    /// Connections for all other reads.
    kept_readers: KeptReaders,
    /// How many times the writer has connected. `SQLite`'s `data_version` is only comparable within one connection.
    connections: Arc<AtomicI64>,
    /// Whether the log may hold erased bytes. `true` at the start: an earlier process may not have truncated it.
    must_truncate_log: Arc<AtomicBool>,
    /// Keeps a restore from replacing the database; `None` for a database in memory.
    lock: Option<Arc<DatabaseLock>>,
}

/// A connection for reading.
#[derive(Debug)]
pub enum Reader {
    Sqlite(LentReader),
    Postgres(PoolConnection<Postgres>),
}

/// A transaction. Rolls back unless committed.
#[derive(Debug)]
pub enum Tx {
    /// With the permit to write, which is released after the transaction has ended.
    Sqlite(Transaction<'static, Sqlite>, OwnedSemaphorePermit),
    Postgres(Transaction<'static, Postgres>),
}

/// A connection that statements run on, inside a transaction or not.
#[derive(Debug)]
pub enum Connection<'c> {
    Sqlite(&'c mut SqliteConnection),
    Postgres(&'c mut PgConnection),
}

impl Store {
    /// Connects by URL: `sqlite://path` or `postgres://…`. Creates a missing `SQLite` file. Applies no migrations.
    pub async fn connect(url: &str) -> StoreResult<Self> {
        if url.starts_with("sqlite:") {
            let lock = share_lock(url)?.map(Arc::new);
            let options = SqliteConnectOptions::from_str(url)?.create_if_missing(true);
            Self::connect_to_sqlite(options, sqlite_file(url)?, lock).await
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            Ok(Self::Postgres(postgres_pool::connect(url).await?))
        } else {
            Err(StoreError::UnknownEngine)
        }
    }

    /// Connects to an existing `SQLite` file that no other process knows. Applies no migrations.
    pub async fn connect_to_file(file: &Path) -> StoreResult<Self> {
        Self::connect_to_sqlite(SqliteConnectOptions::new().filename(file), Some(file.to_owned()), None).await
    }

    /// `file` is `None` for a database in memory.
    async fn connect_to_sqlite(
        options: SqliteConnectOptions,
        file: Option<PathBuf>,
        lock: Option<Arc<DatabaseLock>>,
    ) -> StoreResult<Self> {
        let options = options
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .row_buffer_size(ROWS_READ_AHEAD)
            .busy_timeout(BUSY_TIMEOUT);
        let pool = || SqlitePoolOptions::new().acquire_timeout(ACQUIRE_TIMEOUT).test_before_acquire(false);
        let writing = options
            .clone()
            .pragma("cache_size", SQLITE_WRITER_CACHE)
            .pragma("temp_store", "MEMORY")
            // Overwrites deleted rows in the file.
            .pragma("secure_delete", "ON")
            .pragma("wal_autocheckpoint", SQLITE_PAGES_BETWEEN_CHECKPOINTS);
        let connections = Arc::new(AtomicI64::new(0));
        let counter = connections.clone();
        let writer = pool().max_connections(1).after_connect(move |_, _| {
            counter.fetch_add(1, Ordering::SeqCst);
            Box::pin(async { Ok(()) })
        });
        // On a full disk SQLite rolls a transaction back by itself, and sqlx does not notice. Discard such a
        // connection.
        let writer =
            writer.before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }));
        let writer = writer.connect_with(writing).await?;
        let reading = options.pragma("query_only", "ON").pragma("cache_size", SQLITE_READER_CACHE);
        let kept_readers = KeptReaders::new(reading.clone());
        let readers = pool().max_connections(2).connect_lazy_with(reading);
        let must_truncate_log = Arc::new(AtomicBool::new(true));
        let direct = Arc::new(DirectWriter::new(file));
        let store = SqliteStore { writer, readers, direct, kept_readers, connections, must_truncate_log, lock };
        Ok(Self::Sqlite(store))
    }

    /// Applies the missing migrations. Safe to run on several nodes at once.
    pub async fn migrate(&self) -> StoreResult<()> {
        match self {
            Self::Sqlite(sqlite) => SQLITE_MIGRATIONS.run(&sqlite.writer).await?,
            Self::Postgres(pool) => POSTGRES_MIGRATIONS.run(pool).await?,
        }
        Ok(())
    }

    /// Whether the database answers and holds every migration of this version.
    pub async fn is_ready(&self) -> StoreResult<bool> {
        let applied = self.read().await?.connection().count_applied_migrations().await?;
        let known = match self {
            Self::Sqlite(_) => SQLITE_MIGRATIONS.iter().count(),
            Self::Postgres(_) => POSTGRES_MIGRATIONS.iter().count(),
        };
        Ok(usize::try_from(applied).is_ok_and(|applied| applied >= known))
    }

    pub async fn read(&self) -> StoreResult<Reader> {
        Ok(match self {
            Self::Sqlite(sqlite) => Reader::Sqlite(sqlite.kept_readers.lend().await?),
            Self::Postgres(pool) => Reader::Postgres(pool.acquire().await?),
        })
    }

    /// Begins a transaction that writes. On `SQLite` it takes the write lock at once: a transaction that has read first
    /// can't wait for the lock.
    pub async fn begin(&self) -> StoreResult<Tx> {
        Ok(match self {
            Self::Sqlite(sqlite) => {
                let permit = sqlite.direct.acquire_for_sqlx().await?;
                let tx = sqlite.writer.begin_with("BEGIN IMMEDIATE").await?;
                // After the wait for the writer, whose commit may have failed meanwhile.
                fsync::check()?;
                Tx::Sqlite(tx, permit)
            }
            Self::Postgres(pool) => Tx::Postgres(pool.begin().await?),
        })
    }

    /// The writer for transactions that run all the time; `None` where there is none.
    pub(crate) fn direct_writer(&self) -> Option<&DirectWriter> {
        match self {
            Self::Sqlite(sqlite) => sqlite.direct.is_available().then_some(&*sqlite.direct),
            Self::Postgres(_) => None,
        }
    }

    /// What has been written so far; `None` where the engine does not report it.
    pub async fn foreign_writes(&self) -> StoreResult<Option<ForeignWrites>> {
        let Self::Sqlite(sqlite) = self else { return Ok(None) };
        // The numbers belong together only while nothing of this process writes.
        let _permit = sqlite.direct.acquire().await?;
        let mut writer = sqlite.writer.acquire().await?;
        let version = sqlx::query_scalar("PRAGMA data_version").fetch_one(&mut *writer).await?;
        // Load the count while the connection is held: meanwhile the writer can't connect again.
        let connection = sqlite.connections.load(Ordering::SeqCst);
        // Last: a process that writes before this and after the version was read is seen by the direct writer now.
        let counts = sqlite.direct.count_writes().await;
        Ok(Some(ForeignWrites { connection, version, counts }))
    }

    /// Closes every connection. `SQLite` checkpoints its log into the file.
    pub async fn close(&self) {
        match self {
            Self::Sqlite(sqlite) => {
                sqlite.direct.close().await;
                sqlite.kept_readers.close().await;
                sqlite.readers.close().await;
                sqlite.writer.close().await;
                if let Some(lock) = &sqlite.lock {
                    lock.release();
                }
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

/// Shares the lock of a `SQLite` database; `None` for a database in memory. Fails while the database is restored.
fn share_lock(url: &str) -> StoreResult<Option<DatabaseLock>> {
    let Some(file) = sqlite_file(url)? else { return Ok(None) };
    match DatabaseLock::share(&file).map_err(sqlx::Error::Io)? {
        None => Err(StoreError::BeingRestored),
        lock => Ok(lock),
    }
}

impl Reader {
    pub fn connection(&mut self) -> Connection<'_> {
        match self {
            Self::Sqlite(connection) => Connection::Sqlite(connection),
            Self::Postgres(connection) => Connection::Postgres(connection),
        }
    }
}

impl Tx {
    pub fn connection(&mut self) -> Connection<'_> {
        match self {
            Self::Sqlite(tx, _) => Connection::Sqlite(tx),
            Self::Postgres(tx) => Connection::Postgres(tx),
        }
    }

    pub async fn rollback(self) -> StoreResult<()> {
        match self {
            Self::Sqlite(tx, _permit) => tx.rollback().await?,
            Self::Postgres(tx) => tx.rollback().await?,
        }
        Ok(())
    }

    /// Commits. [`StoreError::CommitUnknown`] if the connection is lost before `PostgreSQL` answers, or if an fsync of
    /// `SQLite` fails.
    pub async fn commit(self) -> StoreResult<()> {
        match self {
            Self::Sqlite(tx, _permit) => fsync::commit(tx).await.map_err(StoreError::of_sqlite_commit)?,
            Self::Postgres(tx) => tx.commit().await.map_err(StoreError::of_postgres_commit)?,
        }
        Ok(())
    }
}

statements! {
    COUNT_APPLIED_MIGRATIONS = "SELECT count(*) FROM _sqlx_migrations WHERE success";
}

impl Connection<'_> {
    async fn count_applied_migrations(self) -> StoreResult<i64> {
        Ok(on_backend!(self, connection => sqlx::query_scalar(COUNT_APPLIED_MIGRATIONS).fetch_one(connection).await?))
    }
}

/// Converts a limit to a column's value: `None` for unlimited. A limit beyond `i64` is stored as the maximum.
fn limit_to_column(limit: Limit) -> Option<i64> {
    match limit {
        Limit::Unlimited => None,
        Limit::AtMost(most) => Some(i64::try_from(most).unwrap_or(i64::MAX)),
    }
}

/// Converts a column's value back to a limit.
fn limit_from_column(column: Option<i64>) -> Limit {
    column.map_or(Limit::Unlimited, |most| Limit::AtMost(most.unsigned_abs()))
}

/// Parses a stored word. `what` names the column in the error.
fn parse<T: FromStr>(text: &str, what: &'static str) -> StoreResult<T> {
    text.parse().map_err(|_| StoreError::Corrupt(what))
}

#[cfg(test)]
mod failover_tests;
#[cfg(test)]
mod migration_tests;
#[cfg(test)]
mod tenant_key_tests;
#[cfg(test)]
mod tests;
