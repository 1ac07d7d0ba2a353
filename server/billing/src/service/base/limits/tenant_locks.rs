//! Locks that serialize the operations of one tenant on this node. How many callers wait, and how long, is bounded.

use std::{sync::Arc, time::Duration};

use domain::ids::TenantId;
use moka::sync::Cache;
use tokio::{
    sync::{Mutex, OwnedMutexGuard, Semaphore},
    time::timeout,
};

/// Maximum number of tenants whose locks are kept, for each kind of lock. An evicted lock is safe: the database
/// serializes the writes of all nodes.
const MAX_TENANTS: u64 = 10_000;
/// How long an unused lock is kept.
const IDLE_TTL: Duration = Duration::from_mins(10);

/// Limits on the orders that wait for a tenant's lock. Further orders are refused as busy.
pub(in crate::service) const CHECKOUTS: WaitLimits = WaitLimits { max_waiting: 4, max_wait: Duration::from_secs(10) };
/// When a refused order may be tried again.
pub(in crate::service) const RETRY_AFTER_SECS: i64 = 5;
/// Limits on the reconciles, by callers and jobs, that wait for a tenant's lock. A refused job is retried later. The
/// wait is shorter than a call to a provider may take, so that a caller does not wait for two slow calls in a row.
pub(in crate::service) const RECONCILES: WaitLimits = WaitLimits { max_waiting: 16, max_wait: Duration::from_secs(5) };

/// Why a lock was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::service) enum NotLocked {
    /// Too many callers wait.
    Full,
    /// The wait took too long.
    TimedOut,
}

/// The bounds on the callers that wait for one lock.
#[derive(Clone, Copy, Debug)]
pub(in crate::service) struct WaitLimits {
    pub(in crate::service) max_waiting: usize,
    pub(in crate::service) max_wait: Duration,
}

/// One lock for each tenant. A lock guards a `T`, which is dropped when the lock is evicted.
pub(in crate::service) struct TenantLocks<T> {
    limits: WaitLimits,
    locks: Cache<TenantId, Arc<TenantLock<T>>>,
}

struct TenantLock<T> {
    state: Arc<Mutex<T>>,
    /// One permit for each caller that may wait.
    places: Semaphore,
}

impl<T: Default + Send + 'static> TenantLocks<T> {
    pub(in crate::service) fn new(limits: WaitLimits) -> Self {
        Self { limits, locks: Cache::builder().max_capacity(MAX_TENANTS).time_to_idle(IDLE_TTL).build() }
    }

    /// Waits for the tenant's lock. Callers get it in the order in which they came. Hold no connection across this
    /// call.
    pub(in crate::service) async fn acquire(&self, tenant: &TenantId) -> Result<OwnedMutexGuard<T>, NotLocked> {
        let WaitLimits { max_waiting, max_wait } = self.limits;
        let lock = self.locks.get_with_by_ref(tenant, || {
            Arc::new(TenantLock { state: Arc::default(), places: Semaphore::new(max_waiting) })
        });
        if let Ok(guard) = Arc::clone(&lock.state).try_lock_owned() {
            return Ok(guard);
        }
        let _place = lock.places.try_acquire().map_err(|_| NotLocked::Full)?;
        timeout(max_wait, Arc::clone(&lock.state).lock_owned()).await.map_err(|_| NotLocked::TimedOut)
    }
}

#[cfg(test)]
mod tests {
    use futures::poll;

    use super::*;

    #[tokio::test]
    async fn callers_beyond_the_places_are_refused_and_a_wait_ends() {
        let limits = WaitLimits { max_waiting: 2, max_wait: Duration::from_millis(200) };
        let locks = TenantLocks::<u8>::new(limits);
        let [acme, zenith] = ["acme", "zenith"].map(|id| id.parse::<TenantId>().unwrap());
        let mut held = locks.acquire(&acme).await.expect("it is free");
        *held = 7;
        assert!(locks.acquire(&zenith).await.is_ok(), "another tenant does not wait");

        let mut first = Box::pin(locks.acquire(&acme));
        let mut second = Box::pin(locks.acquire(&acme));
        assert!(poll!(&mut first).is_pending() && poll!(&mut second).is_pending());
        assert_eq!(locks.acquire(&acme).await.err(), Some(NotLocked::Full), "both places are taken");
        drop(held);
        let held = first.await.expect("it came first");
        assert_eq!(*held, 7, "the state stays");
        assert_eq!(second.await.err(), Some(NotLocked::TimedOut));
        drop(held);
        assert!(locks.acquire(&acme).await.is_ok());
    }
}
