//! The state that all routes share: the rows, their journal and the clocks.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::time::{Clock, ShiftedClock, Timestamp};
use tokio::sync::Notify;

use super::{
    JournalError,
    config::SandboxConfig,
    journal::Journal,
    settings::Settings,
    table::Tables,
    transaction::{StorageError, Transaction},
};

/// Processes everything that is due by an instant. Afterwards `now` of the transaction is that instant.
pub(crate) type ProcessDue = fn(&mut Transaction<'_>, Timestamp);

struct WorldState {
    tables: Tables,
    journal: Option<Journal>,
}

/// The state shared by all routes.
pub(crate) struct World {
    state: Mutex<WorldState>,
    due_work: ProcessDue,
    pub(crate) public_url: String,
    merchant: String,
    pub(crate) firebase_project: String,
    pub(crate) wall: Arc<dyn Clock>,
    pub(crate) billing: Arc<ShiftedClock>,
    /// The current second on the wall clock, and how many calls of Stripe's API arrived in it.
    stripe_calls: Mutex<(i64, u32)>,
    /// Notified after every commit with changes, since there may be webhooks to deliver.
    pub(crate) changed: Notify,
}

impl World {
    /// Restores the state and the billing clock's offset from the data folder, into the empty `tables`.
    ///
    /// `due_work` runs before each transaction and when the clock moves.
    pub(crate) fn open(config: SandboxConfig, mut tables: Tables, due_work: ProcessDue) -> Result<Self, JournalError> {
        let SandboxConfig { data_dir, public_url, merchant, firebase_project, wall, billing } = config;
        let public_url = public_url.trim_end_matches('/').to_owned();
        let mut journal = match data_dir.as_deref() {
            Some(dir) => Some(Journal::open(dir, |change| tables.replay(change))?),
            None => None,
        };
        if let Some(journal) = &mut journal {
            let rows = tables.all_changes().unwrap_or_default();
            if !rows.is_empty() && journal.is_wasteful(rows.len()) {
                journal.rewrite(&rows)?;
            }
        }
        if let Some(settings) = tables.table::<Settings>().get(Settings::ID) {
            billing.set_offset_secs(settings.clock_offset_secs);
        }
        let state = Mutex::new(WorldState { tables, journal });
        let stripe_calls = Mutex::new((0, 0));
        let changed = Notify::new();
        Ok(Self { state, due_work, public_url, merchant, firebase_project, wall, billing, stripe_calls, changed })
    }

    /// Runs `work` as one transaction, after processing what is due on the billing clock. Completes even if the caller
    /// drops the future.
    pub(crate) async fn transact<T, E>(
        self: &Arc<Self>,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StorageError> + Send + 'static,
    {
        let world = Arc::clone(self);
        let run = move || {
            let mut state = world.lock();
            world.process_due(&mut state, world.billing.now())?;
            let state = &mut *state;
            let mut tx = world.begin(&mut state.tables, world.billing.now());
            let answer = work(&mut tx)?;
            if tx.commit(state.journal.as_mut())? {
                world.changed.notify_one();
            }
            Ok(answer)
        };
        tokio::task::spawn_blocking(run).await.unwrap_or_else(|error| Err(E::from(StorageError::Aborted(error))))
    }

    /// Moves the billing clock by `secs` and processes what becomes due, in order, in one transaction.
    /// Returns the new offset in seconds.
    pub(crate) async fn advance(self: &Arc<Self>, secs: i64) -> Result<i64, StorageError> {
        let world = Arc::clone(self);
        let run = move || {
            let mut state = world.lock();
            world.process_due(&mut state, world.billing.now())?;
            let state = &mut *state;
            let offset_secs = world.billing.offset_secs().saturating_add(secs);
            let mut tx = world.begin(&mut state.tables, world.billing.now());
            tx.put(Settings { clock_offset_secs: offset_secs, ..Settings::clone(&Settings::of(&tx)) });
            let until = whole_secs(world.billing.now().plus_secs(secs));
            (world.due_work)(&mut tx, until);
            tx.commit(state.journal.as_mut())?;
            world.billing.advance(secs);
            world.changed.notify_one();
            Ok(offset_secs)
        };
        tokio::task::spawn_blocking(run).await?
    }

    /// Counts a call of Stripe's API. Returns how many arrived in this second, including this one.
    pub(crate) fn count_stripe_call(&self) -> u32 {
        let second = self.wall.now().as_secs();
        let mut calls = self.stripe_calls.lock().unwrap_or_else(PoisonError::into_inner);
        *calls = if calls.0 == second { (second, calls.1.saturating_add(1)) } else { (second, 1) };
        calls.1
    }

    fn process_due(&self, state: &mut WorldState, now: Timestamp) -> Result<(), StorageError> {
        let mut tx = self.begin(&mut state.tables, now);
        (self.due_work)(&mut tx, whole_secs(now));
        if tx.commit(state.journal.as_mut())? {
            self.changed.notify_one();
        }
        Ok(())
    }

    fn begin<'w>(&'w self, tables: &'w mut Tables, now: Timestamp) -> Transaction<'w> {
        let Self { public_url, merchant, firebase_project, .. } = self;
        Transaction::new(tables, whole_secs(now), self.wall.now(), public_url, merchant, firebase_project)
    }

    /// Locks the state. A poisoned lock is safe to use: the panic has rolled its transaction back.
    fn lock(&self) -> MutexGuard<'_, WorldState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn whole_secs(at: Timestamp) -> Timestamp {
    Timestamp::from_secs(at.as_secs())
}
