//! One transaction of the writer: holds the counters, decides on each operation in order, writes the ledger and the counters.
//!
//! However many operations there are, the statements are the same few.

mod decide;

use std::{
    collections::HashMap,
    sync::{Arc, atomic::Ordering},
};

use domain::{
    audit::NewAuditEntry,
    catalog::Feature,
    entitlement::{
        alert::{Alert, UsageLevel},
        window,
    },
    history::Span,
    ids::TenantId,
    subscription::Entitlements,
    time::Timestamp,
};

use super::{
    super::{ServiceError, Services, group::Unavailable},
    alerts::crossing,
    view::{Facts, View},
    writer::{Operation, Outcome},
};
use crate::store::{
    StoreError,
    usage_batch::UsageBatch,
    usage_counters::{CounterKey, HeldCounter, Reading},
    usage_events::{Entry, EventId, KnownPart},
};

/// How often a batch begins again when others got in between.
const MOST_TRIES: usize = 8;

/// Why a batch came to nothing.
#[derive(Debug)]
enum Broken {
    /// What was known of these tenants has changed, or somebody else was quicker.
    Again(Vec<TenantId>),
    /// Nothing was written.
    NotWritten(ServiceError),
    /// The commit was sent, and what came of it is not known.
    Unknown(StoreError),
}

impl From<StoreError> for Broken {
    fn from(error: StoreError) -> Self {
        if error.is_lost_race() { Self::Again(Vec::new()) } else { Self::NotWritten(error.into()) }
    }
}

pub(super) async fn write(services: &Services, operations: &[Operation]) -> Result<Vec<Outcome>, Unavailable> {
    let mut looks = Looks::of_late(services);
    for _ in 0..MOST_TRIES {
        match try_to_write(services, operations, looks).await {
            Ok(outcomes) => return Ok(outcomes),
            Err(Broken::Again(changed)) => {
                looks = Looks::First;
                for tenant in changed {
                    services.0.views.doubt(&tenant);
                }
            }
            Err(Broken::NotWritten(error)) => {
                tracing::error!(error = &error as &dyn std::error::Error, "usage can't be written");
                return Err(Unavailable::NotWritten);
            }
            Err(Broken::Unknown(error)) => {
                tracing::error!(error = &error as &dyn std::error::Error, "whether usage was written is not known");
                return Err(Unavailable::Unknown);
            }
        }
    }
    tracing::error!("usage was not written: others got in between each time");
    Err(Unavailable::NotWritten)
}

/// When it is asked which operations were counted before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Looks {
    /// Before anything is decided.
    First,
    /// Of what would be refused, and by the ledger itself, which takes nothing twice: most are no repeats.
    Later,
}

impl Looks {
    /// Repeats come together, as when somebody sends again all that was not answered.
    fn of_late(services: &Services) -> Self {
        if services.0.usage_repeats.load(Ordering::Relaxed) { Self::First } else { Self::Later }
    }
}

/// A tenant as this batch sees it.
struct Known {
    view: Arc<View>,
    facts: Arc<Facts>,
    entitlements: Arc<Entitlements>,
}

/// A counter that the batch holds.
struct Held {
    key: CounterKey,
    feature: usize,
    resets_at: Option<Timestamp>,
    before: Reading,
    used: u64,
    /// As it was last looked at.
    level: UsageLevel,
    /// Whether an entry counts to it, though that may have changed nothing.
    is_written: bool,
}

/// Everything that a batch is about.
struct Batch<'a> {
    services: &'a Services,
    operations: &'a [Operation],
    now: Timestamp,
    /// `None` for a tenant that does not exist.
    tenants: HashMap<&'a TenantId, Option<Known>>,
    held: Vec<Held>,
    places: HashMap<CounterKey, usize>,
    entries: Vec<Entry>,
    hours: HashMap<(usize, Timestamp), Span>,
    /// What audit logs say of what was decided.
    deeds: Vec<(TenantId, NewAuditEntry)>,
    /// What this batch has counted already, by the place of its operation.
    counted: HashMap<&'a EventId, Vec<KnownPart>>,
}

async fn try_to_write(services: &Services, operations: &[Operation], looks: Looks) -> Result<Vec<Outcome>, Broken> {
    if operations.is_empty() {
        return Ok(Vec::new());
    }
    let mut batch = Batch::new(services, operations).await?;
    let mut tx = services.store().begin().await?;
    let outcomes = match batch.run(&mut tx, looks).await {
        Ok(outcomes) => outcomes,
        Err(broken) => {
            tx.rollback().await.ok();
            return Err(broken);
        }
    };
    if batch.entries.is_empty() {
        tx.rollback().await?;
    } else {
        tx.commit().await.map_err(Broken::Unknown)?;
        batch.show();
    }
    Ok(outcomes)
}

impl<'a> Batch<'a> {
    async fn new(services: &'a Services, operations: &'a [Operation]) -> Result<Self, Broken> {
        let mut tenants = HashMap::new();
        for operation in operations {
            let tenant = operation.tenant();
            if tenants.contains_key(tenant) {
                continue;
            }
            let known = match services.last_view(tenant).await {
                Ok((view, facts)) => {
                    let entitlements = services.entitlements(&facts.tenant, facts.subscription.as_ref());
                    Some(Known { view, facts, entitlements: Arc::new(entitlements) })
                }
                Err(ServiceError::TenantNotFound) => None,
                Err(error) => return Err(Broken::NotWritten(error)),
            };
            tenants.insert(tenant, known);
        }
        let mut batch = Self {
            services,
            operations,
            now: services.billing_now(),
            tenants,
            held: Vec::new(),
            places: HashMap::new(),
            entries: Vec::new(),
            hours: HashMap::new(),
            deeds: Vec::new(),
            counted: HashMap::new(),
        };
        batch.name_counters();
        Ok(batch)
    }

    fn feature(&self, at: usize) -> Option<&'a Feature> {
        self.services.catalog().features.get(at)
    }

    /// Every counter that an operation is about gets its place.
    fn name_counters(&mut self) {
        for operation in self.operations {
            let Some(Some(known)) = self.tenants.get(operation.tenant()) else { continue };
            for (at, _) in &operation.parts {
                let Some(feature) = self.services.catalog().features.get(*at) else { continue };
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

    async fn run(&mut self, tx: &mut crate::store::Tx, looks: Looks) -> Result<Vec<Outcome>, Broken> {
        self.hold(tx).await?;
        // Of several parts, the ledger may know others than those that this one would enter.
        let looked_up = |operation: &Operation| looks == Looks::First || operation.parts.len() > 1;
        let known = self.find_known(tx, |_, operation| looked_up(operation)).await?;
        if looks == Looks::First {
            self.services.0.usage_repeats.store(!known.is_empty(), Ordering::Relaxed);
        }
        let outcomes: Vec<_> =
            self.operations.iter().enumerate().map(|(at, operation)| self.decide(operation, known.get(&at))).collect();
        // A repeat is answered as it was the first time, also where there is no room by now.
        let is_turned_down =
            |at: usize| matches!(outcomes.get(at), Some(Outcome::Refused(..) | Outcome::TooLarge | Outcome::BelowZero));
        if !self.find_known(tx, |at, operation| !looked_up(operation) && is_turned_down(at)).await?.is_empty() {
            return Err(Broken::Again(Vec::new()));
        }
        if self.entries.is_empty() {
            // What was refused must not rest on what no longer holds.
            let seen: Vec<_> = self.seen().collect();
            let tenants: Vec<_> = seen.iter().map(|(tenant, _)| tenant.clone()).collect();
            let found = tx.link().list_revisions(&tenants).await?;
            let is_other = |(at, revision): &(usize, i64)| seen.get(*at).is_some_and(|(_, seen)| seen != revision);
            self.is_sound(found.iter().filter(|found| is_other(found)).map(|(at, _)| *at))?;
        } else {
            self.write_down(tx).await?;
        }
        Ok(outcomes)
    }

    /// How a counter stands now.
    fn level(&self, held: &Held) -> UsageLevel {
        let known = self.tenants.get(&held.key.tenant).and_then(Option::as_ref);
        let Some((known, feature)) = known.zip(self.feature(held.feature)) else { return held.level };
        let place = self.places.get(&held.key).copied();
        UsageLevel::of(feature, &self.usage(feature, &known.entitlements, place, held.used))
    }

    fn crossing(&self, held: &Held, level: UsageLevel) -> Option<(TenantId, Alert)> {
        let known = self.tenants.get(&held.key.tenant)?.as_ref()?;
        let feature = self.feature(held.feature)?;
        let limit = known.entitlements.limit(self.services.catalog(), &feature.key);
        crossing(feature, limit, (&held.key, held.used), (held.level, level), self.now)
    }

    fn written(&self) -> impl Iterator<Item = &Held> {
        self.held.iter().filter(|held| held.is_written)
    }

    async fn hold(&mut self, tx: &mut crate::store::Tx) -> Result<(), Broken> {
        if self.held.is_empty() {
            return Ok(());
        }
        let keys: Vec<_> = self.held.iter().map(|held| held.key.clone()).collect();
        let is_there = |key: &CounterKey| {
            let known = self.tenants.get(&key.tenant).and_then(Option::as_ref);
            known.and_then(|known| known.view.reading(&key.feature, key.period_start)).is_some_and(Reading::is_there)
        };
        if !keys.iter().all(is_there) {
            tx.link().make_counters(&keys, self.services.wall_now()).await?;
        }
        let found = tx.link().hold_counters(&keys).await?;
        let all_found = found.len() == self.held.len();
        for HeldCounter { place, reading, level } in found {
            if let Some(held) = self.held.get_mut(place) {
                held.before = reading;
                held.used = reading.used;
                held.level = level;
            }
        }
        // One that was there is gone: what is remembered of its tenant is out of date.
        if all_found {
            Ok(())
        } else {
            Err(Broken::Again(self.tenants.keys().map(|tenant| (*tenant).clone()).collect()))
        }
    }

    /// The tenants at the revisions that were decided by.
    fn seen(&self) -> impl Iterator<Item = (TenantId, i64)> {
        let known = self.tenants.values().flatten();
        known.map(|known| (known.facts.tenant.id.clone(), known.facts.revision))
    }

    /// What was decided by must be what holds, now that the counters are held. `stale` are places among what was seen.
    fn is_sound(&self, stale: impl Iterator<Item = usize>) -> Result<(), Broken> {
        let seen: Vec<_> = self.seen().collect();
        let stale: Vec<_> = stale.filter_map(|at| seen.get(at)).map(|(tenant, _)| tenant.clone()).collect();
        if stale.is_empty() { Ok(()) } else { Err(Broken::Again(stale)) }
    }

    /// Writes what was decided.
    async fn write_down(&self, tx: &mut crate::store::Tx) -> Result<(), Broken> {
        let levels: Vec<_> = self.written().map(|held| (held, self.level(held))).collect();
        let counters: Vec<_> = levels.iter().map(|(held, level)| (held.key.clone(), held.used, *level)).collect();
        let hours = self.hours.iter().filter_map(|((place, _), span)| Some((&self.held.get(*place)?.key, *span)));
        let (hours, seen) = (hours.collect::<Vec<_>>(), self.seen().collect::<Vec<_>>());
        let batch = UsageBatch { entries: &self.entries, counters: &counters, hours: &hours, seen: &seen };
        let stale = tx.link().enter_usage(&batch, self.services.wall_now()).await?;
        self.is_sound(stale.into_iter())?;
        for (tenant, deed) in &self.deeds {
            self.services.write_down(tx, tenant, deed.clone()).await?;
        }
        let crossings: Vec<_> = levels.iter().filter_map(|(held, level)| self.crossing(held, *level)).collect();
        Ok(self.services.tell(tx, &crossings).await?)
    }

    /// What was counted before of operations that may be repeats and are looked up, by the operation's place.
    async fn find_known(
        &self,
        tx: &mut crate::store::Tx,
        is_looked_up: impl Fn(usize, &Operation) -> bool,
    ) -> Result<HashMap<usize, Vec<KnownPart>>, Broken> {
        let operations = self.operations.iter().enumerate();
        let repeatable = operations.filter(|(at, operation)| operation.is_repeatable && is_looked_up(*at, operation));
        let (places, ids): (Vec<_>, Vec<_>) = repeatable.map(|(at, operation)| (at, &operation.event)).unzip();
        let mut known: HashMap<usize, Vec<KnownPart>> = HashMap::new();
        if ids.is_empty() {
            return Ok(known);
        }
        for (place, part) in tx.link().find_events(&ids).await? {
            if let Some(at) = places.get(place) {
                known.entry(*at).or_default().push(part);
            }
        }
        Ok(known)
    }

    /// Brings what this node remembers up to date.
    fn show(&self) {
        for held in self.written() {
            if let Some(Some(known)) = self.tenants.get(&held.key.tenant) {
                let reading = Reading { used: held.used, version: held.before.version + 1 };
                known.view.count(held.key.clone(), reading);
            }
        }
    }
}
