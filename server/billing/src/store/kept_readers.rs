//! Connections that read a `SQLite` database. They are lent to one caller at a time and kept open.
//!
//! A pool of sqlx spawns a task for each connection that is returned, which waits for an answer of the connection's
//! thread. That costs as much as a small statement, and a page reads several times. Here a connection is returned
//! without either: its thread runs the next caller's statement after a statement whose caller has gone.

use std::{
    collections::VecDeque,
    ops::{Deref, DerefMut},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{ACQUIRE_TIMEOUT, StoreResult};

/// Most connections that are lent at once. Further callers queue.
const MAX_LENT: u32 = 7;
/// How long a connection is lent without a test. One whose thread has ended fails no longer than this.
const TEST_EVERY: Duration = Duration::from_secs(10);
/// How long a connection is kept that no caller needs.
const IDLE_TTL: Duration = Duration::from_mins(10);

/// Lends connections. Cheap to clone; clones share the connections.
#[derive(Clone, Debug)]
pub(super) struct KeptReaders(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    options: SqliteConnectOptions,
    /// One for each connection that may be lent.
    permits: Arc<Semaphore>,
    /// Connections that are not lent, the last returned one at the back.
    idle: Mutex<VecDeque<KeptConnection>>,
    is_closed: AtomicBool,
}

#[derive(Debug)]
struct KeptConnection {
    connection: SqliteConnection,
    tested_at: Instant,
    returned_at: Instant,
}

/// A connection that is lent. Returned when it is dropped.
#[derive(Debug)]
pub struct LentReader {
    /// `None` only while this is dropped.
    kept: Option<KeptConnection>,
    shared: Arc<Shared>,
    /// Released after the connection is returned: fields are dropped after `drop` has run.
    _permit: OwnedSemaphorePermit,
}

impl KeptReaders {
    /// Opens no connection yet.
    pub(super) fn new(options: SqliteConnectOptions) -> Self {
        Self(Arc::new(Shared {
            options,
            permits: Arc::new(Semaphore::new(MAX_LENT as usize)),
            idle: Mutex::default(),
            is_closed: AtomicBool::new(false),
        }))
    }

    /// Lends a connection. Waits at most [`ACQUIRE_TIMEOUT`] for one to be returned.
    pub(super) async fn lend(&self) -> StoreResult<LentReader> {
        let permit = self.permit().await?;
        let kept = match self.0.take_idle() {
            Some(kept) => Box::pin(kept.tested()).await,
            None => None,
        };
        let kept = match kept {
            Some(kept) => kept,
            None => KeptConnection::new(Box::pin(self.0.options.connect()).await?),
        };
        Ok(LentReader { kept: Some(kept), shared: self.0.clone(), _permit: permit })
    }

    async fn permit(&self) -> Result<OwnedSemaphorePermit, sqlx::Error> {
        let permits = self.0.permits.clone();
        let permit = match permits.clone().try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) => match tokio::time::timeout(ACQUIRE_TIMEOUT, permits.acquire_owned()).await {
                Ok(Ok(permit)) => permit,
                Ok(Err(_)) => return Err(sqlx::Error::PoolClosed),
                Err(_) => return Err(sqlx::Error::PoolTimedOut),
            },
        };
        // After the wait: the store may have been closed meanwhile.
        if self.0.is_closed.load(Ordering::SeqCst) { Err(sqlx::Error::PoolClosed) } else { Ok(permit) }
    }

    /// Waits until all connections are returned, and closes them. None is lent afterwards.
    pub(super) async fn close(&self) {
        self.0.is_closed.store(true, Ordering::SeqCst);
        // No error: the semaphore is never closed.
        let permits = self.0.permits.acquire_many(MAX_LENT).await;
        let idle = std::mem::take(&mut *self.0.idle());
        for kept in idle {
            if let Err(error) = kept.connection.close().await {
                tracing::debug!(error = &error as &dyn std::error::Error, "failed to close a connection for reading");
            }
        }
        drop(permits);
    }
}

impl Shared {
    fn idle(&self) -> MutexGuard<'_, VecDeque<KeptConnection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the connection that was returned last. Closes one that was not needed for [`IDLE_TTL`].
    fn take_idle(&self) -> Option<KeptConnection> {
        let (taken, unneeded) = {
            let mut idle = self.idle();
            let taken = idle.pop_back();
            let is_unneeded = idle.front().is_some_and(|oldest| oldest.returned_at.elapsed() >= IDLE_TTL);
            (taken, if is_unneeded { idle.pop_front() } else { None })
        };
        // Its thread ends when it is dropped.
        drop(unneeded);
        taken
    }
}

impl KeptConnection {
    fn new(connection: SqliteConnection) -> Self {
        let now = Instant::now();
        Self { connection, tested_at: now, returned_at: now }
    }

    /// Returns the connection if it works. Tests it if the last test was [`TEST_EVERY`] ago.
    async fn tested(mut self) -> Option<Self> {
        if self.tested_at.elapsed() < TEST_EVERY {
            return Some(self);
        }
        match self.connection.ping().await {
            Ok(()) => {
                self.tested_at = Instant::now();
                Some(self)
            }
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "replacing a failed connection for reading");
                None
            }
        }
    }
}

impl Drop for LentReader {
    fn drop(&mut self) {
        if let Some(mut kept) = self.kept.take() {
            kept.returned_at = Instant::now();
            self.shared.idle().push_back(kept);
        }
    }
}

#[expect(clippy::expect_used, reason = "the connection is taken only when this is dropped")]
impl Deref for LentReader {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.kept.as_ref().expect("a lent connection").connection
    }
}

#[expect(clippy::expect_used, reason = "the connection is taken only when this is dropped")]
impl DerefMut for LentReader {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.kept.as_mut().expect("a lent connection").connection
    }
}

#[cfg(test)]
mod tests;
