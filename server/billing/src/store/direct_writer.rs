//! The direct writer: a second writing connection to `SQLite`, on a thread of its own, which runs a whole transaction
//! in one hand-over.
//!
//! sqlx hands each statement to another thread and waits for its answer. For transactions that run all the time, this
//! costs more than the statements. The direct writer only tries: whatever fails before the commit is rolled back, and
//! the caller runs the transaction through sqlx, which waits for locks and reports errors.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use rusqlite::{Connection, OpenFlags};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::{StoreError, StoreResult, fsync};

/// How long a transaction waits for those before it, and for a connection of a pool.
pub(super) const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
/// The length of the thread's queue. Transactions wait for the permit before, so that it holds one of them at most.
const MAX_QUEUED: usize = 16;
/// More statements than are prepared.
const PREPARED_STATEMENTS: usize = 32;
/// The same as of sqlx's writer.
const PRAGMAS: &str = "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -24576; \
     PRAGMA temp_store = MEMORY; PRAGMA secure_delete = ON; PRAGMA wal_autocheckpoint = 2000;";

type Work = Box<dyn FnOnce(&mut DirectConnection) + Send>;

/// A handle to the thread, which the first transaction starts, and the permit that all writers of this process take.
#[derive(Debug)]
pub struct DirectWriter {
    /// `None` for a database in memory, which no other connection sees.
    file: Option<PathBuf>,
    /// Held by the one transaction that writes, through sqlx or on the thread. Writers queue here in a fair order
    /// instead of on `SQLite`'s lock, which has none.
    permit: Arc<Semaphore>,
    thread: Mutex<ThreadState>,
    counts: Arc<Counts>,
}

#[derive(Debug)]
enum ThreadState {
    /// Starts with the next work.
    Idle,
    Running {
        queue: mpsc::SyncSender<Work>,
        /// Completes when the thread has closed its connection.
        ended: oneshot::Receiver<()>,
    },
    Closed,
}

/// What was written, for [`super::ForeignWrites`].
#[derive(Debug, Default)]
struct Counts {
    /// Transactions that began through sqlx.
    begun: AtomicI64,
    /// Transactions that began on the thread.
    direct: AtomicI64,
    /// How often the thread has seen writes of other processes, or can't exclude them.
    foreign: AtomicI64,
}

/// The state of [`Counts`] at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CountsRead {
    pub(super) begun: i64,
    pub(super) direct: i64,
    pub(super) foreign: i64,
}

/// A transaction on the thread. The statements are in [`super::usage::usage_direct`].
#[derive(Debug)]
pub struct DirectTransaction<'c> {
    pub(in crate::store) connection: &'c Connection,
}

/// How a transaction shall end.
#[derive(Debug)]
pub enum Verdict<T> {
    Commit(T),
    Rollback(T),
}

/// How a transaction has ended.
#[derive(Debug)]
pub enum DirectOutcome<T> {
    /// As the work asked for.
    Done(T),
    /// Nothing was written. The transaction must run through sqlx.
    NotRun,
    /// The commit failed, and may be stored all the same.
    Unknown(StoreError),
}

/// Why work on the thread can't go on.
#[derive(Debug, thiserror::Error)]
pub enum DirectError {
    #[error("database error")]
    Sqlite(#[from] rusqlite::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
}

pub type DirectResult<T> = Result<T, DirectError>;

impl DirectWriter {
    /// A writer to the database in `file`; `None` for a database in memory. Starts no thread.
    pub(super) fn new(file: Option<PathBuf>) -> Self {
        let (permit, thread) = (Arc::new(Semaphore::new(1)), Mutex::new(ThreadState::Idle));
        Self { file, permit, thread, counts: Arc::default() }
    }

    /// Whether the thread can open the database.
    pub(super) const fn is_available(&self) -> bool {
        self.file.is_some()
    }

    /// Waits until no transaction of this process writes, and keeps others from it until the permit is dropped.
    pub(super) async fn acquire(&self) -> Result<OwnedSemaphorePermit, sqlx::Error> {
        let permit = tokio::time::timeout(ACQUIRE_TIMEOUT, self.permit.clone().acquire_owned()).await;
        permit.map_err(|_| sqlx::Error::PoolTimedOut)?.map_err(|_| sqlx::Error::PoolClosed)
    }

    /// Like [`Self::acquire`], for a transaction through sqlx.
    pub(super) async fn acquire_for_sqlx(&self) -> Result<OwnedSemaphorePermit, sqlx::Error> {
        let permit = self.acquire().await?;
        self.counts.begun.fetch_add(1, Ordering::SeqCst);
        Ok(permit)
    }

    /// Runs a transaction on the thread. It runs to its end even if the caller does not wait for it. Fails if other
    /// transactions write for too long.
    pub async fn run<T: Send + 'static>(
        &self,
        write: impl FnOnce(&DirectTransaction<'_>) -> DirectResult<Verdict<T>> + Send + 'static,
    ) -> StoreResult<DirectOutcome<T>> {
        let permit = self.acquire().await?;
        let (answer, answered) = oneshot::channel();
        let work: Work = Box::new(move |direct: &mut DirectConnection| {
            let outcome = direct.run(write);
            drop(permit);
            answer.send(outcome).ok();
        });
        if !self.hand_over(work) {
            return Ok(DirectOutcome::NotRun);
        }
        let outcome = answered.await;
        Ok(outcome.unwrap_or_else(|_| DirectOutcome::Unknown(StoreError::CommitUnknown(sqlx::Error::WorkerCrashed))))
    }

    /// Lets the thread look for writes of other processes, if it runs, and returns what is counted. The caller holds
    /// the permit.
    pub(super) async fn count_writes(&self) -> CountsRead {
        if matches!(*self.state(), ThreadState::Running { .. }) {
            let (answer, answered) = oneshot::channel();
            let work: Work = Box::new(move |direct: &mut DirectConnection| {
                direct.look_for_foreign_writes();
                answer.send(()).ok();
            });
            if self.hand_over(work) {
                answered.await.ok();
            }
        }
        let Counts { begun, direct, foreign } = &*self.counts;
        let read = |count: &AtomicI64| count.load(Ordering::SeqCst);
        CountsRead { begun: read(begun), direct: read(direct), foreign: read(foreign) }
    }

    /// Ends the thread, and waits until its connection is closed. Later transactions do not run.
    pub(super) async fn close(&self) {
        let former = std::mem::replace(&mut *self.state(), ThreadState::Closed);
        if let ThreadState::Running { queue, ended } = former {
            drop(queue);
            ended.await.ok();
        }
    }

    fn state(&self) -> MutexGuard<'_, ThreadState> {
        self.thread.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues work for the thread. `false` if it does not run.
    fn hand_over(&self, work: Work) -> bool {
        let mut state = self.state();
        if matches!(*state, ThreadState::Idle) {
            match self.start() {
                Ok(running) => *state = running,
                Err(error) => tracing::warn!(error = &error as &dyn std::error::Error, "failed to start a thread"),
            }
        }
        let ThreadState::Running { queue, ended: _ } = &*state else { return false };
        match queue.try_send(work) {
            Ok(()) => true,
            Err(mpsc::TrySendError::Full(_)) => false,
            // The thread has panicked.
            Err(mpsc::TrySendError::Disconnected(_)) => {
                *state = ThreadState::Idle;
                false
            }
        }
    }

    fn start(&self) -> io::Result<ThreadState> {
        let file = self.file.clone().ok_or(io::ErrorKind::NotFound)?;
        let counts = self.counts.clone();
        let (queue, queued) = mpsc::sync_channel::<Work>(MAX_QUEUED);
        let (end, ended) = oneshot::channel::<()>();
        thread::Builder::new().name("direct-writer".to_owned()).spawn(move || {
            // Dropped after the connection.
            let _end = end;
            let mut direct = DirectConnection { file, counts, connection: None, seen: None };
            while let Ok(work) = queued.recv() {
                work(&mut direct);
            }
        })?;
        Ok(ThreadState::Running { queue, ended })
    }
}

/// The thread's connection.
struct DirectConnection {
    file: PathBuf,
    counts: Arc<Counts>,
    /// `None` before the first transaction, and after one that could not be ended.
    connection: Option<Connection>,
    /// `data_version` when it was last read, and how many transactions had begun through sqlx by then.
    seen: Option<(i64, i64)>,
}

impl DirectConnection {
    fn run<T>(&mut self, write: impl FnOnce(&DirectTransaction<'_>) -> DirectResult<Verdict<T>>) -> DirectOutcome<T> {
        if fsync::check().is_err() {
            return DirectOutcome::NotRun;
        }
        let connection = match self.connection.take().map_or_else(|| open(&self.file), Ok) {
            Ok(connection) => connection,
            Err(error) => {
                note(&error);
                tracing::warn!(error = &error as &dyn std::error::Error, "failed to open the database");
                return DirectOutcome::NotRun;
            }
        };
        let outcome = self.transact(&connection, write);
        // After a failed fsync the connection stays open, because closing it might sync again.
        if connection.is_autocommit() || fsync::check().is_err() {
            self.connection = Some(connection);
        } else {
            // Closing the connection rolls back.
            self.seen = None;
        }
        outcome
    }

    fn transact<T>(
        &mut self,
        connection: &Connection,
        write: impl FnOnce(&DirectTransaction<'_>) -> DirectResult<Verdict<T>>,
    ) -> DirectOutcome<T> {
        match self.begin(connection).and_then(|()| write(&DirectTransaction { connection })) {
            Ok(Verdict::Commit(value)) => match execute(connection, "COMMIT") {
                Ok(()) => DirectOutcome::Done(value),
                Err(error) => {
                    note(&error);
                    roll_back(connection);
                    DirectOutcome::Unknown(StoreError::CommitUnknown(sqlx::Error::Io(io::Error::other(error))))
                }
            },
            Ok(Verdict::Rollback(value)) => {
                roll_back(connection);
                DirectOutcome::Done(value)
            }
            Err(error) => {
                if let DirectError::Sqlite(error) = &error {
                    note(error);
                }
                tracing::debug!(error = &error as &dyn std::error::Error, "a transaction on the thread did not run");
                roll_back(connection);
                DirectOutcome::NotRun
            }
        }
    }

    /// Takes the write lock at once. Fails without waiting if another process holds it.
    fn begin(&mut self, connection: &Connection) -> DirectResult<()> {
        execute(connection, "BEGIN IMMEDIATE")?;
        self.counts.direct.fetch_add(1, Ordering::SeqCst);
        self.compare_version(connection)?;
        Ok(())
    }

    fn look_for_foreign_writes(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        if let Err(error) = self.compare_version(&connection) {
            note(&error);
            // The next comparison can't exclude other processes.
            self.seen = None;
        }
        self.connection = Some(connection);
    }

    /// Counts writes of other processes since the last comparison. Those of sqlx's writer look the same; if it may have
    /// written, [`super::ForeignWrites`] finds other processes by the version of sqlx's connection.
    fn compare_version(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let version: i64 = connection.prepare_cached("PRAGMA data_version")?.query_row((), |row| row.get(0))?;
        let begun = self.counts.begun.load(Ordering::SeqCst);
        if self.seen.is_none_or(|(known, then)| known != version && then == begun) {
            self.counts.foreign.fetch_add(1, Ordering::SeqCst);
        }
        self.seen = Some((version, begun));
        Ok(())
    }
}

/// Opens an existing database. Its statements wait for no lock, because sqlx's connections wait in their place.
fn open(file: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags)?;
    connection.busy_timeout(Duration::ZERO)?;
    connection.set_prepared_statement_cache_capacity(PREPARED_STATEMENTS);
    connection.execute_batch(PRAGMAS)?;
    Ok(connection)
}

fn execute(connection: &Connection, statement: &'static str) -> rusqlite::Result<()> {
    connection.prepare_cached(statement)?.execute(()).map(drop)
}

/// Rolls back unless `SQLite` has done it. If it fails, the connection stays in the transaction.
fn roll_back(connection: &Connection) {
    if !connection.is_autocommit()
        && let Err(error) = execute(connection, "ROLLBACK")
    {
        note(&error);
        tracing::warn!(error = &error as &dyn std::error::Error, "failed to roll back");
    }
}

/// Records the failure if `error` is a failed fsync.
fn note(error: &rusqlite::Error) {
    if let Some(code) = error.sqlite_error() {
        fsync::note_code(code.extended_code);
    }
}

#[cfg(test)]
mod tests;
