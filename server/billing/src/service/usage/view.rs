//! The in-memory view of tenants by which a node answers checks without the database.
//!
//! This node's usage writer updates the view as it commits. Changes of other nodes are polled every 250 ms
//! (`view/refresh.rs`). A view that was not confirmed within [`FRESH_FOR`] is stale, and the next call reads the store.
//! Enforcement never relies on a view: the writer locks the counters.

mod facts;
mod load;
pub(super) mod open_pages;
mod pages;
mod read;
mod refresh;
mod roll_up;
mod summaries;
#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use dashmap::DashMap;
use domain::{
    ids::{FeatureKey, TenantId},
    tenant::external_id::ExternalId,
    time::Timestamp,
};

pub(in crate::service) use self::facts::Facts;
pub(super) use self::{
    facts::find_facts,
    summaries::{AsOf, RecentChanges},
};
use crate::{
    service::tenant::key::known::KnownKey,
    store::{
        ForeignWrites,
        usage::usage_counters::{CounterKey, Reading},
    },
};

/// How long a view is fresh after it was read or confirmed: the documented bound of staleness.
const FRESH_FOR: Duration = Duration::from_secs(1);
/// How long the view of a tenant without calls is kept. Reading it again costs more than polling it.
const IDLE_TTL: Duration = Duration::from_mins(5);
/// Maximum number of views that a poll leaves in memory. The least recently used are evicted first.
const MAX_TENANTS: usize = 50_000;
/// How many periods of a feature are kept: the current one, and earlier ones for a clock that steps back.
const MAX_PERIODS: usize = 3;

/// A tenant's view with its facts.
pub(super) type KnownView = (Arc<View>, Arc<Facts>);
/// For each feature, the readings of its latest periods.
type Readings = HashMap<FeatureKey, Vec<(Option<Timestamp>, Reading)>>;

/// The cached facts and counters of a tenant.
#[derive(Debug, Default)]
pub(in crate::service) struct View {
    facts: RwLock<Option<Arc<Facts>>>,
    counters: Mutex<Readings>,
    /// When the view becomes stale, in milliseconds since the process started. 0 after an invalidation.
    fresh_until: AtomicU64,
    /// When the view was last used, in milliseconds since the process started.
    used_at: AtomicU64,
    /// Rises with each invalidation.
    generation: AtomicU64,
    /// Rises with each changed reading.
    changes: AtomicU64,
    /// The number of the last batch that counted usage of the tenant, as in [`Views::batches`].
    counted_in: AtomicU64,
    /// The lock is held while the value is read from the store, so that concurrent callers share one read.
    pub(super) recent_changes: tokio::sync::Mutex<Option<(AsOf, Arc<RecentChanges>)>>,
    /// Held while the view is read from the store.
    reading: tokio::sync::Mutex<()>,
}

/// The views of all tenants that were used on this node lately.
#[derive(Debug)]
pub(in crate::service) struct Views {
    began: Instant,
    /// The state of other nodes' writes at the last poll.
    foreign_writes: Mutex<Option<ForeignWrites>>,
    /// The number of polls that have read counters.
    polls: AtomicU64,
    /// When the last of them began, in milliseconds since the process started.
    polled_at: AtomicU64,
    tenants: DashMap<TenantId, Arc<View>>,
    keys: DashMap<String, Arc<KnownKey>>,
    /// Which tenant had an external id when it was last read. Only a hint: the tenant's facts confirm it.
    external_ids: DashMap<ExternalId, TenantId>,
    /// The number of the last batch that this node has counted. Begins at 1: the process before may have left events
    /// that are not rolled up.
    batches: AtomicU64,
    /// The number of the last batch that is known to be rolled up.
    rolled_up: AtomicU64,
    /// Held while events are rolled up.
    rolling_up: tokio::sync::Mutex<()>,
}

impl Default for Views {
    fn default() -> Self {
        Self {
            began: Instant::now(),
            foreign_writes: Mutex::default(),
            polls: AtomicU64::new(0),
            polled_at: AtomicU64::new(0),
            tenants: DashMap::new(),
            keys: DashMap::new(),
            external_ids: DashMap::new(),
            batches: AtomicU64::new(1),
            rolled_up: AtomicU64::new(0),
            rolling_up: tokio::sync::Mutex::default(),
        }
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

impl View {
    pub(super) fn facts(&self) -> Option<Arc<Facts>> {
        self.facts.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn facts_revision(&self) -> Option<i64> {
        self.facts.read().unwrap_or_else(PoisonError::into_inner).as_ref().map(|facts| facts.revision)
    }

    /// Stores facts unless newer ones are known.
    fn update_facts(&self, found: Arc<Facts>) {
        let mut facts = self.facts.write().unwrap_or_else(PoisonError::into_inner);
        if facts.as_ref().is_none_or(|known| known.revision <= found.revision) {
            *facts = Some(found);
        }
    }

    fn counters(&self) -> MutexGuard<'_, Readings> {
        self.counters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Marks the view fresh. No-op if it was invalidated since `generation`.
    fn mark_fresh_until(&self, until: u64, generation: u64) {
        self.fresh_until.store(until, Ordering::SeqCst);
        // Check the generation last: an invalidation after the check resets `fresh_until` itself.
        if self.generation.load(Ordering::SeqCst) != generation {
            self.fresh_until.store(0, Ordering::SeqCst);
        }
    }

    /// Extends the freshness of a view that is fresh. No-op for any other: it may be incomplete, or was invalidated.
    fn extend_freshness(&self, as_of: u64, generation: u64) {
        if self.fresh_until.load(Ordering::SeqCst) > as_of {
            self.mark_fresh_until(as_of + millis(FRESH_FOR), generation);
        }
    }

    /// Returns the last known reading of a counter; `None` if it was never read.
    pub(super) fn reading(&self, feature: &FeatureKey, period_start: Option<Timestamp>) -> Option<Reading> {
        let counters = self.counters();
        let (_, reading) = counters.get(feature)?.iter().find(|(start, _)| *start == period_start)?;
        Some(*reading)
    }

    /// Stores a reading unless a newer one is known.
    pub(super) fn update_reading(&self, key: CounterKey, reading: Reading) {
        let CounterKey { tenant: _, feature, period_start } = key;
        let mut counters = self.counters();
        let periods = counters.entry(feature).or_default();
        match periods.iter_mut().find(|(start, _)| *start == period_start) {
            Some((_, known)) if known.version <= reading.version => {
                if *known == reading {
                    return;
                }
                *known = reading;
            }
            Some(_) => return,
            None => {
                periods.insert(0, (period_start, reading));
                periods.truncate(MAX_PERIODS);
            }
        }
        self.changes.fetch_add(1, Ordering::SeqCst);
    }
}

impl Views {
    fn now(&self) -> u64 {
        millis(self.began.elapsed())
    }

    /// Returns the tenant's view, an empty one if there is none yet.
    pub(super) fn of(&self, tenant: &TenantId) -> Arc<View> {
        if let Some(view) = self.tenants.get(tenant) {
            return view.clone();
        }
        let view = self.tenants.entry(tenant.clone()).or_insert_with(|| self.new_view()).clone();
        view.used_at.store(self.now(), Ordering::Relaxed);
        view
    }

    /// An empty view. Usage of its tenant may have been counted before.
    fn new_view(&self) -> Arc<View> {
        let counted_in = AtomicU64::new(self.batches.load(Ordering::SeqCst));
        Arc::new(View { counted_in, ..View::default() })
    }

    /// Returns the tenant's view and facts if they are fresh.
    fn fresh(&self, tenant: &TenantId) -> Option<KnownView> {
        let view = self.tenants.get(tenant)?.clone();
        let facts = self.is_fresh(&view).then(|| view.facts())??;
        Some((view, facts))
    }

    /// Returns the revision of the tenant's facts if they are fresh.
    ///
    /// All calls with an installation key read the revision of one view. Copying the shared pointers of its view and
    /// facts would make processors contend for them.
    fn fresh_revision(&self, tenant: &TenantId) -> Option<i64> {
        let view = self.tenants.get(tenant)?;
        self.is_fresh(&view).then(|| view.facts_revision())?
    }

    /// Whether a view is fresh. Records its use.
    fn is_fresh(&self, view: &View) -> bool {
        let now = self.now();
        // Written once a millisecond, because processors would contend for it if each call wrote to it.
        if view.used_at.load(Ordering::Relaxed) != now {
            view.used_at.store(now, Ordering::Relaxed);
        }
        view.fresh_until.load(Ordering::SeqCst) > now
    }

    /// Returns the tenant's view and facts however old they are, unless they were invalidated or never read.
    fn cached(&self, tenant: &TenantId) -> Option<KnownView> {
        let view = self.tenants.get(tenant)?.clone();
        let facts = view.facts()?;
        (view.fresh_until.load(Ordering::SeqCst) > 0).then_some((view, facts))
    }

    /// Invalidates the tenant's view: the next call reads the store. Call it after the commit that changes a tenant's
    /// facts.
    pub(in crate::service) fn invalidate(&self, tenant: &TenantId) {
        if let Some(view) = self.tenants.get(tenant) {
            view.generation.fetch_add(1, Ordering::SeqCst);
            view.fresh_until.store(0, Ordering::SeqCst);
        }
    }

    /// Returns a cached key if its tenant's facts have not changed since it was read.
    pub(in crate::service) fn key(&self, id: &str) -> Option<Arc<KnownKey>> {
        let known = self.keys.get(id)?.clone();
        (self.fresh_revision(&known.key.tenant)? == known.revision).then_some(known)
    }

    /// Caches a key as of its tenant's revision.
    pub(in crate::service) fn remember_key(&self, key: KnownKey) -> Arc<KnownKey> {
        let known = Arc::new(key);
        self.keys.insert(known.key.id.clone(), known.clone());
        known
    }

    /// Returns the tenant that last had the external id. The caller must confirm it by the tenant's facts.
    pub(in crate::service) fn tenant_hint(&self, external: &str) -> Option<TenantId> {
        Some(self.external_ids.get(external)?.clone())
    }

    /// Returns the tenant with the external id if its fresh facts say so; `None` if they are stale, or for a deleted
    /// tenant. Copies no shared pointer, as every call with an installation key comes here.
    pub(in crate::service) fn fresh_tenant(&self, external: &str) -> Option<TenantId> {
        let hint = self.external_ids.get(external)?;
        let view = self.tenants.get(hint.value()).filter(|view| self.is_fresh(view))?;
        let facts = view.facts.read().unwrap_or_else(PoisonError::into_inner);
        let tenant = &facts.as_ref()?.tenant;
        let is_named = tenant.external_id.as_ref().is_some_and(|current| current.as_str() == external);
        (is_named && tenant.deleted_at.is_none()).then(|| hint.clone())
    }

    /// Caches which tenant has an external id.
    pub(in crate::service) fn remember_external_id(&self, external: ExternalId, tenant: TenantId) {
        self.external_ids.insert(external, tenant);
    }

    /// Evicts the least recently used views until about `max` are left.
    fn evict_oldest(&self, max: usize) {
        let mut used_at: Vec<_> =
            self.tenants.iter().map(|entry| entry.value().used_at.load(Ordering::Relaxed)).collect();
        let Some(surplus) = used_at.len().checked_sub(max).filter(|surplus| *surplus > 0) else { return };
        let (_, newest_to_go, _) = used_at.select_nth_unstable(surplus - 1);
        let newest_to_go = *newest_to_go;
        self.tenants.retain(|_, view| view.used_at.load(Ordering::Relaxed) > newest_to_go);
    }

    /// Evicts idle views and returns the tenants that are left.
    fn evict_idle(&self) -> Vec<TenantId> {
        let oldest = self.now().saturating_sub(millis(IDLE_TTL));
        self.tenants.retain(|_, view| view.used_at.load(Ordering::Relaxed) >= oldest);
        if self.tenants.len() > MAX_TENANTS {
            self.evict_oldest(MAX_TENANTS);
        }
        self.keys.retain(|_, known| self.tenants.contains_key(&known.key.tenant));
        self.external_ids.retain(|_, tenant| self.tenants.contains_key(tenant));
        // More hints than tenants: external ids have changed often. The next calls read those in use again.
        if self.external_ids.len() > MAX_TENANTS {
            self.external_ids.clear();
        }
        self.tenants.iter().map(|entry| entry.key().clone()).collect()
    }
}
