//! One transaction of the usage writer: locks the counters, decides each operation in order, writes the ledger and the
//! counters.
//!
//! The number of statements does not depend on the number of operations. On `SQLite` most batches run in one hand-over
//! to the thread of the direct writer ([`direct`]).

mod decide;
mod direct;
mod operation;
mod writer;

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, atomic::Ordering},
};

use domain::{
    catalog::Feature,
    entitlement::{alert::UsageLevel, history::Span, window},
    ids::TenantId,
    subscription::Entitlements,
    tenant::audit::NewAuditEntry,
    time::Timestamp,
};

pub(in crate::service) use self::operation::Operations;
pub(super) use self::operation::{Operation, Outcome};
use super::{
    super::{ServiceError, Usage, base::group_commit::WriteError},
    alerts::{Crossing, crossing},
    view::{Facts, KnownView, View},
};
use crate::store::{
    StoreError,
    usage::{
        usage_batch::UsageBatch,
        usage_counters::{CounterKey, LockedCounter, Reading},
        usage_events::{Entry, EventId, RecordedPart},
    },
};

/// Maximum number of attempts of a batch. An attempt fails if it loses a race or decided by stale facts.
const MAX_TRIES: usize = 8;

/// Why a batch was not committed.
#[derive(Debug)]
enum BatchError {
    /// Another transaction was first, or the facts about these tenants are stale.
    Retry(Vec<TenantId>),
    /// Nothing was written.
    NotWritten(ServiceError),
    /// The commit was sent, and its outcome is unknown.
    Unknown(StoreError),
}

impl From<StoreError> for BatchError {
    fn from(error: StoreError) -> Self {
        if error.is_lost_race() { Self::Retry(Vec::new()) } else { Self::NotWritten(error.into()) }
    }
}

pub(super) async fn write(service: &Usage, operations: &Arc<[Operation]>) -> Result<Vec<Outcome>, WriteError> {
    let mut dedup = DedupCheck::expected(service);
    for _ in 0..MAX_TRIES {
        match try_to_write(service, operations, dedup).await {
            Ok(outcomes) => {
                service.add_by_key(operations, &outcomes);
                return Ok(outcomes);
            }
            Err(BatchError::Retry(changed)) => {
                dedup = DedupCheck::Eager;
                for tenant in changed {
                    service.0.views.invalidate(&tenant);
                }
            }
            Err(BatchError::NotWritten(error)) => {
                tracing::error!(error = &error as &dyn std::error::Error, "failed to write usage: nothing was counted");
                return Err(WriteError::NotWritten);
            }
            Err(BatchError::Unknown(error)) => {
                tracing::error!(error = &error as &dyn std::error::Error, "failed to commit usage: outcome unknown");
                return Err(WriteError::Unknown);
            }
        }
    }
    tracing::error!(tries = MAX_TRIES, "failed to write usage: nothing was counted, conflict on every attempt");
    Err(WriteError::NotWritten)
}

/// When the ledger is searched for repeats of operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum DedupCheck {
    /// Before anything is decided.
    Eager,
    /// Only for operations that would be refused. The ledger's unique index detects other repeats, which are rare.
    Lazy,
}

impl DedupCheck {
    /// Returns `Eager` if the last eager search found repeats: a caller that got no answers repeats all of its calls.
    fn expected(service: &Usage) -> Self {
        if service.0.usage_repeats.load(Ordering::Relaxed) { Self::Eager } else { Self::Lazy }
    }
}

/// The facts about a tenant by which the batch decides.
struct Known {
    view: Arc<View>,
    facts: Arc<Facts>,
    entitlements: Arc<Entitlements>,
}

/// A counter that the batch has locked.
struct Held {
    key: CounterKey,
    feature: usize,
    resets_at: Option<Timestamp>,
    before: Reading,
    used: u64,
    /// The level that is stored with the counter.
    level: UsageLevel,
    /// Whether an entry of this batch changes the counter, even by 0.
    is_written: bool,
}

/// The state of one batch.
struct Batch<'a> {
    service: &'a Usage,
    operations: &'a [Operation],
    now: Timestamp,
    /// The facts about each tenant; `None` for one that does not exist.
    tenants: HashMap<&'a TenantId, Option<Known>>,
    held: Vec<Held>,
    places: HashMap<CounterKey, usize>,
    entries: Vec<Entry>,
    hours: HashMap<(usize, Timestamp), Span>,
    /// Entries for the tenants' audit logs.
    audit_entries: Vec<(TenantId, NewAuditEntry)>,
    /// What this batch has counted so far, by event id.
    counted: HashMap<&'a EventId, Vec<RecordedPart>>,
}

/// Reads the views of the tenants of a batch.
async fn views_of(service: &Usage, operations: &[Operation]) -> Result<HashMap<TenantId, KnownView>, BatchError> {
    let named: HashSet<_> = operations.iter().map(Operation::tenant).collect();
    service.cached_views(&named).await.map_err(|error| BatchError::NotWritten(error.into()))
}

async fn try_to_write(
    service: &Usage,
    operations: &Arc<[Operation]>,
    dedup: DedupCheck,
) -> Result<Vec<Outcome>, BatchError> {
    if operations.is_empty() {
        return Ok(Vec::new());
    }
    if let Some(outcomes) = direct::try_to_write(service, operations, dedup).await? {
        return Ok(outcomes);
    }
    let mut batch = Batch::new(service, operations).await?;
    let mut tx = service.store().begin().await?;
    let outcomes = match batch.run(&mut tx, dedup).await {
        Ok(outcomes) => outcomes,
        Err(error) => {
            tx.rollback().await.ok();
            return Err(error);
        }
    };
    if batch.entries.is_empty() {
        tx.rollback().await?;
    } else {
        tx.commit().await.map_err(BatchError::Unknown)?;
        batch.publish();
    }
    Ok(outcomes)
}

impl<'a> Batch<'a> {
    async fn new(service: &'a Usage, operations: &'a [Operation]) -> Result<Self, BatchError> {
        Ok(Self::of(service, operations, views_of(service, operations).await?))
    }

    /// A batch that decides by the views in `found`. A tenant without one does not exist.
    fn of(service: &'a Usage, operations: &'a [Operation], mut found: HashMap<TenantId, KnownView>) -> Self {
        let named: HashSet<_> = operations.iter().map(Operation::tenant).collect();
        let tenants = named.into_iter().map(|tenant| {
            let found = found.remove(tenant).filter(|(_, facts)| facts.tenant.deleted_at.is_none());
            let known = found.map(|(view, facts)| {
                let entitlements = service.entitlements(&facts.tenant, facts.subscription.as_ref());
                Known { view, facts, entitlements: Arc::new(entitlements) }
            });
            (tenant, known)
        });
        let tenants = tenants.collect();
        let mut batch = Self {
            service,
            operations,
            now: service.billing_now(),
            tenants,
            held: Vec::new(),
            places: HashMap::new(),
            entries: Vec::new(),
            hours: HashMap::new(),
            audit_entries: Vec::new(),
            counted: HashMap::new(),
        };
        batch.index_counters();
        batch
    }

    fn feature(&self, at: usize) -> Option<&'a Feature> {
        self.service.catalog().features.get(at)
    }

    /// Assigns an index in `held` to each counter that an operation changes.
    fn index_counters(&mut self) {
        for operation in self.operations {
            let Some(Some(known)) = self.tenants.get(operation.tenant()) else { continue };
            for (at, _) in &operation.parts {
                let Some(feature) = self.service.catalog().features.get(*at) else { continue };
                if !feature.kind.is_counted() {
                    continue;
                }
                let window = window(feature.kind, known.facts.subscription.as_ref(), self.now);
                let key = CounterKey {
                    tenant: operation.tenant().clone(),
                    feature: feature.key.clone(),
                    period_start: window.map(|(start, _)| start),
                };
                if !self.places.contains_key(&key) {
                    self.places.insert(key.clone(), self.held.len());
                    let resets_at = window.map(|(_, end)| end);
                    let (before, level) = (Reading::default(), UsageLevel::default());
                    self.held.push(Held { key, feature: *at, resets_at, before, used: 0, level, is_written: false });
                }
            }
        }
    }

    async fn run(&mut self, tx: &mut crate::store::Tx, dedup: DedupCheck) -> Result<Vec<Outcome>, BatchError> {
        self.hold(tx).await?;
        // The ledger's unique index is by part. It can't detect every repeat of an operation of several parts.
        let looked_up = |operation: &Operation| dedup == DedupCheck::Eager || operation.parts.len() > 1;
        let known = self.find_known(tx, |_, operation| looked_up(operation)).await?;
        if dedup == DedupCheck::Eager {
            self.service.0.usage_repeats.store(!known.is_empty(), Ordering::Relaxed);
        }
        let outcomes: Vec<_> =
            self.operations.iter().enumerate().map(|(at, operation)| self.decide(operation, known.get(&at))).collect();
        // A repeat gets the first answer, even if the limit is reached by now.
        let is_turned_down = |at: usize| outcomes.get(at).is_some_and(Outcome::is_turned_down);
        if !self.find_known(tx, |at, operation| !looked_up(operation) && is_turned_down(at)).await?.is_empty() {
            return Err(BatchError::Retry(Vec::new()));
        }
        if self.entries.is_empty() {
            // A refusal must rest on current facts, too.
            let seen: Vec<_> = self.seen().collect();
            let tenants: Vec<_> = seen.iter().map(|(tenant, _)| tenant.clone()).collect();
            let found = tx.connection().list_revisions(&tenants).await?;
            let is_other = |(at, revision): &(usize, i64)| seen.get(*at).is_some_and(|(_, seen)| seen != revision);
            self.require_current(found.iter().filter(|found| is_other(found)).map(|(at, _)| *at))?;
        } else {
            self.write_decided(tx).await?;
        }
        Ok(outcomes)
    }

    /// Returns a counter's level after the batch.
    fn level(&self, held: &Held) -> UsageLevel {
        let known = self.tenants.get(&held.key.tenant).and_then(Option::as_ref);
        let Some((known, feature)) = known.zip(self.feature(held.feature)) else { return held.level };
        let place = self.places.get(&held.key).copied();
        let usage = self.usage(feature, &known.entitlements, place, held.used);
        UsageLevel::of(&usage, known.entitlements.thresholds(feature))
    }

    fn crossing(&self, held: &Held, level: UsageLevel) -> Option<Crossing> {
        let known = self.tenants.get(&held.key.tenant)?.as_ref()?;
        let feature = self.feature(held.feature)?;
        let limit = known.entitlements.limit(self.service.catalog(), &feature.key);
        let thresholds = known.entitlements.thresholds(feature);
        crossing((feature, thresholds), limit, (&held.key, held.used), (held.level, level), self.now)
    }

    fn written(&self) -> impl Iterator<Item = &Held> {
        self.held.iter().filter(|held| held.is_written)
    }

    async fn hold(&mut self, tx: &mut crate::store::Tx) -> Result<(), BatchError> {
        if self.held.is_empty() {
            return Ok(());
        }
        let keys: Vec<_> = self.held.iter().map(|held| held.key.clone()).collect();
        let is_there = |key: &CounterKey| {
            let known = self.tenants.get(&key.tenant).and_then(Option::as_ref);
            known.and_then(|known| known.view.reading(&key.feature, key.period_start)).is_some_and(Reading::is_there)
        };
        if !keys.iter().all(is_there) {
            tx.connection().insert_and_lock_counters(&keys, self.service.wall_now()).await?;
        }
        let found = tx.connection().lock_counters(&keys).await?;
        let all_found = found.len() == self.held.len();
        for LockedCounter { place, reading, level } in found {
            if let Some(held) = self.held.get_mut(place) {
                held.before = reading;
                held.used = reading.used;
                held.level = level;
            }
        }
        // If a counter was deleted, the cached views are stale.
        if all_found {
            Ok(())
        } else {
            Err(BatchError::Retry(self.tenants.keys().map(|tenant| (*tenant).clone()).collect()))
        }
    }

    /// Returns the tenants with the revisions by which the batch decided.
    fn seen(&self) -> impl Iterator<Item = (TenantId, i64)> {
        let known = self.tenants.values().flatten();
        known.map(|known| (known.facts.tenant.id.clone(), known.facts.revision))
    }

    /// Fails if the facts about some tenants are stale. `stale` are indexes into [`Self::seen`].
    fn require_current(&self, stale: impl Iterator<Item = usize>) -> Result<(), BatchError> {
        let seen: Vec<_> = self.seen().collect();
        let stale: Vec<_> = stale.filter_map(|at| seen.get(at)).map(|(tenant, _)| tenant.clone()).collect();
        if stale.is_empty() { Ok(()) } else { Err(BatchError::Retry(stale)) }
    }

    /// Writes the ledger, counters, hours, audit entries and alerts.
    async fn write_decided(&self, tx: &mut crate::store::Tx) -> Result<(), BatchError> {
        let levels: Vec<_> = self.written().map(|held| (held, self.level(held))).collect();
        let counters: Vec<_> = levels.iter().map(|(held, level)| (held.key.clone(), held.used, *level)).collect();
        let hours = self.hours.iter().filter_map(|((place, _), span)| Some((&self.held.get(*place)?.key, *span)));
        let (hours, seen) = (hours.collect::<Vec<_>>(), self.seen().collect::<Vec<_>>());
        let batch = UsageBatch { entries: &self.entries, counters: &counters, hours: &hours, seen: &seen };
        let stale = tx.connection().write_usage_batch(&batch, self.service.wall_now()).await?;
        self.require_current(stale.into_iter())?;
        for (tenant, entry) in &self.audit_entries {
            self.service.record_audit(tx, tenant, entry.clone()).await?;
        }
        let crossings: Vec<_> = levels.iter().filter_map(|(held, level)| self.crossing(held, *level)).collect();
        Ok(self.service.record_alerts(tx, &crossings).await?)
    }

    /// Searches the ledger for the operations that `is_looked_up` selects. Returns the recorded parts of those found,
    /// by the operation's index.
    async fn find_known(
        &self,
        tx: &mut crate::store::Tx,
        is_looked_up: impl Fn(usize, &Operation) -> bool,
    ) -> Result<HashMap<usize, Vec<RecordedPart>>, BatchError> {
        let operations = self.operations.iter().enumerate();
        let repeatable = operations.filter(|(at, operation)| operation.is_repeatable && is_looked_up(*at, operation));
        let (places, ids): (Vec<_>, Vec<_>) = repeatable.map(|(at, operation)| (at, &operation.event)).unzip();
        let mut known: HashMap<usize, Vec<RecordedPart>> = HashMap::new();
        if ids.is_empty() {
            return Ok(known);
        }
        for (place, part) in tx.connection().find_events(&ids).await? {
            if let Some(at) = places.get(place) {
                known.entry(*at).or_default().push(part);
            }
        }
        Ok(known)
    }

    /// The changed counters, each with the view that holds its reading.
    fn readings(&self) -> impl Iterator<Item = (Arc<View>, CounterKey, Reading)> {
        self.written().filter_map(|held| {
            let known = self.tenants.get(&held.key.tenant)?.as_ref()?;
            let reading = Reading { used: held.used, version: held.before.version + 1 };
            Some((known.view.clone(), held.key.clone(), reading))
        })
    }

    /// Updates this node's cached views after the commit.
    fn publish(&self) {
        self.service.0.views.publish(self.readings());
    }
}
