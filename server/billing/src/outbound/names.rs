//! Resolves hosts that tenants choose, with a time-out and on a bounded number of threads.
//!
//! The system's resolver can't be interrupted: a look-up that timed out holds its thread until the resolver gives up,
//! which may take half a minute. So each tenant has a maximum of threads, and recently resolved addresses are used
//! while a look-up is slow. Name servers that do not answer block neither other tenants nor hosts that were resolved
//! before.

use std::{
    collections::HashMap,
    io,
    net::{IpAddr, ToSocketAddrs},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use domain::ids::TenantId;
use moka::sync::Cache;
use tokio::{
    sync::Semaphore,
    task::{JoinError, spawn_blocking},
    time::timeout,
};

/// Maximum number of threads for look-ups, of the 512 blocking threads that tokio starts at most. The other 384 serve
/// the rest of the process.
const THREADS: usize = 128;
/// Maximum number of these threads for one tenant. A look-up that timed out counts for as long as it holds its thread.
const THREADS_PER_TENANT: usize = 2;
/// Maximum number of names whose addresses are cached.
const MOST_REMEMBERED: u64 = 10_000;
/// Maximum number of addresses that are cached for a name.
const MOST_ADDRESSES: usize = 8;
/// How long the addresses of a name are cached.
const REMEMBERED: Duration = Duration::from_hours(24);
const WAITS: Waits = Waits { new: Duration::from_secs(4), remembered: Duration::from_millis(500) };

/// Time-outs of a whole look-up, the wait for a thread included.
#[derive(Clone, Copy, Debug)]
struct Waits {
    /// For a name without cached addresses. The look-up then fails.
    new: Duration,
    /// For a name with cached addresses, which are used after this time. Shorter than `SLOW_AFTER`, so that a slow
    /// look-up alone does not make an endpoint count as slow.
    remembered: Duration,
}

/// Resolves names. Cheap to clone: clones share the threads and the cache.
#[derive(Clone, Debug)]
pub(super) struct Names {
    threads: Arc<Semaphore>,
    shares: Shares,
    remembered: Cache<String, Vec<IpAddr>>,
    waits: Waits,
}

/// A semaphore for each tenant with a look-up in progress or a waiting caller. Each new look-up removes the semaphores
/// that are not used any more, which bounds the map.
#[derive(Clone, Debug, Default)]
struct Shares(Arc<Mutex<HashMap<TenantId, Arc<Semaphore>>>>);

/// Why a name could not be resolved.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LookUpError {
    #[error("the name can't be looked up")]
    Failed(#[from] io::Error),
    #[error("the look-up ended early")]
    Ended(#[from] JoinError),
    #[error("the name servers take too long")]
    TooSlow,
}

impl Default for Names {
    fn default() -> Self {
        Self::new(THREADS, WAITS)
    }
}

impl Names {
    fn new(threads: usize, waits: Waits) -> Self {
        Self {
            threads: Arc::new(Semaphore::new(threads)),
            shares: Shares::default(),
            remembered: Cache::builder().max_capacity(MOST_REMEMBERED).time_to_live(REMEMBERED).build(),
            waits,
        }
    }

    /// Resolves a host. Addresses are in the order in which to try them.
    ///
    /// They may be as old as [`REMEMBERED`] when the look-up is slow, so the caller checks them at each use.
    pub(super) async fn addresses(&self, tenant: &TenantId, name: &str) -> Result<Vec<IpAddr>, LookUpError> {
        self.look_up(tenant, name, |name| Ok((name, 0).to_socket_addrs()?.map(|address| address.ip()).collect())).await
    }

    async fn look_up(
        &self,
        tenant: &TenantId,
        name: &str,
        resolve: impl FnOnce(&str) -> io::Result<Vec<IpAddr>> + Send + 'static,
    ) -> Result<Vec<IpAddr>, LookUpError> {
        let remembered = self.remembered.get(name);
        let limit = if remembered.is_some() { self.waits.remembered } else { self.waits.new };
        let found = timeout(limit, self.resolve_on_thread(tenant, name.to_owned(), resolve)).await;
        found.unwrap_or_else(|_| remembered.ok_or(LookUpError::TooSlow))
    }

    /// Runs `resolve` on a blocking thread, which caches the addresses even if the caller has timed out. The permits
    /// are held until `resolve` returns.
    async fn resolve_on_thread(
        &self,
        tenant: &TenantId,
        name: String,
        resolve: impl FnOnce(&str) -> io::Result<Vec<IpAddr>> + Send + 'static,
    ) -> Result<Vec<IpAddr>, LookUpError> {
        let share = self.shares.of(tenant).acquire_owned().await.map_err(|_| LookUpError::TooSlow)?;
        let thread = self.threads.clone().acquire_owned().await.map_err(|_| LookUpError::TooSlow)?;
        let remembered = self.remembered.clone();
        let done = spawn_blocking(move || -> Result<Vec<IpAddr>, LookUpError> {
            let _permits = (share, thread);
            let found = resolve(&name)?;
            if !found.is_empty() {
                remembered.insert(name, found.iter().copied().take(MOST_ADDRESSES).collect());
            }
            Ok(found)
        });
        done.await?
    }
}

impl Shares {
    fn of(&self, tenant: &TenantId) -> Arc<Semaphore> {
        let mut shares = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Each waiting caller and each thread holds a clone, so a count of 1 means that the semaphore is not used.
        shares.retain(|_, share| Arc::strong_count(share) > 1);
        shares.entry(tenant.clone()).or_insert_with(|| Arc::new(Semaphore::new(THREADS_PER_TENANT))).clone()
    }
}

#[cfg(test)]
mod tests;
