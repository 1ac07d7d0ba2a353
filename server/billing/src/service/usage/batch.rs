//! One transaction of the writer: holds the counters, decides on each operation in order, writes the ledger and the counters.
//!
//! However many operations there are, the statements are the same few.

use std::{collections::HashMap, sync::Arc};

use domain::{
    catalog::Feature,
    entitlement::{
        FeatureUsage,
        alert::{Alert, Level},
        change::{Change, Changed, after, change},
        check::Check,
        window,
    },
    history::{Span, Step},
    ids::TenantId,
    subscription::Entitled,
    time::Timestamp,
};

use super::{
    super::{ServiceError, Services, group::Unavailable, membership::Holding},
    alerts::crossing,
    told,
    view::{Facts, View},
    writer::{Operation, Outcome},
};
use crate::store::{
    StoreError,
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
    for _ in 0..MOST_TRIES {
        match try_to_write(services, operations).await {
            Ok(outcomes) => return Ok(outcomes),
            Err(Broken::Again(changed)) => {
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

/// A tenant as this batch sees it.
struct Known {
    view: Arc<View>,
    facts: Arc<Facts>,
    holding: Holding,
}

/// A counter that the batch holds.
struct Held {
    key: CounterKey,
    feature: usize,
    resets_at: Option<Timestamp>,
    before: Reading,
    used: u64,
    /// As it was last looked at.
    level: Level,
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
    /// What this batch has counted already, by the place of its operation.
    counted: HashMap<&'a EventId, Vec<KnownPart>>,
}

async fn try_to_write(services: &Services, operations: &[Operation]) -> Result<Vec<Outcome>, Broken> {
    if operations.is_empty() {
        return Ok(Vec::new());
    }
    let mut batch = Batch::new(services, operations).await?;
    let mut tx = services.store().begin().await?;
    let outcomes = match batch.run(&mut tx).await {
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
                    let holding = services.holding_of(&facts);
                    Some(Known { view, facts, holding })
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
                    let (before, level) = (Reading::default(), Level::default());
                    self.held.push(Held { key, feature: *at, resets_at, before, used: 0, level, is_written: false });
                }
            }
        }
    }

    async fn run(&mut self, tx: &mut crate::store::Tx) -> Result<Vec<Outcome>, Broken> {
        self.hold(tx).await?;
        self.check_revisions(tx).await?;
        let known = self.find_known(tx).await?;
        let outcomes: Vec<_> =
            self.operations.iter().enumerate().map(|(at, operation)| self.decide(operation, known.get(&at))).collect();
        if !self.entries.is_empty() {
            let wall = self.services.wall_now();
            tx.link().insert_events(&self.entries, wall).await?;
            let levels: Vec<_> = self.written().map(|held| (held, self.level(held))).collect();
            let changed: Vec<_> = levels.iter().map(|(held, level)| (held.key.clone(), held.used, *level)).collect();
            tx.link().update_counters(&changed, wall).await?;
            let crossings: Vec<_> = levels.iter().filter_map(|(held, level)| self.crossing(held, *level)).collect();
            self.services.tell(tx, &crossings).await?;
            let hours = self.hours.iter().filter_map(|((place, _), span)| Some((&self.held.get(*place)?.key, *span)));
            tx.link().add_to_hours(&hours.collect::<Vec<_>>()).await?;
        }
        Ok(outcomes)
    }

    /// How a counter stands now.
    fn level(&self, held: &Held) -> Level {
        let known = self.tenants.get(&held.key.tenant).and_then(Option::as_ref);
        let Some((known, feature)) = known.zip(self.feature(held.feature)) else { return held.level };
        let place = self.places.get(&held.key).copied();
        Level::of(feature, &self.usage(feature, &known.holding.entitled, place, held.used))
    }

    fn crossing(&self, held: &Held, level: Level) -> Option<(TenantId, Alert)> {
        let known = self.tenants.get(&held.key.tenant)?.as_ref()?;
        let feature = self.feature(held.feature)?;
        let plan = self.services.catalog().plan(known.holding.entitled.plan.as_str());
        crossing(feature, plan, (&held.key, held.used), (held.level, level), self.now)
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

    /// What is remembered of the tenants must be what holds, now that their counters are held.
    async fn check_revisions(&self, tx: &mut crate::store::Tx) -> Result<(), Broken> {
        let known: Vec<_> = self.tenants.values().flatten().collect();
        let ids: Vec<_> = known.iter().map(|known| known.facts.tenant.id.clone()).collect();
        let found = tx.link().list_revisions(&ids).await?;
        let stale = |(place, revision): &(usize, i64)| {
            let known = known.get(*place)?;
            (known.facts.revision != *revision).then(|| known.facts.tenant.id.clone())
        };
        let stale: Vec<_> = found.iter().filter_map(stale).collect();
        if stale.is_empty() { Ok(()) } else { Err(Broken::Again(stale)) }
    }

    /// What was counted before of operations that may be repeats, by the operation's place.
    async fn find_known(&self, tx: &mut crate::store::Tx) -> Result<HashMap<usize, Vec<KnownPart>>, Broken> {
        let repeatable = self.operations.iter().enumerate().filter(|(_, operation)| operation.is_repeatable);
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

    fn decide(&mut self, operation: &'a Operation, known: Option<&Vec<KnownPart>>) -> Outcome {
        if let Some(parts) = known.or_else(|| self.counted.get(&operation.event)) {
            return self.repeated(operation, parts);
        }
        let Some(Some(known)) = self.tenants.get(operation.tenant()) else { return Outcome::TenantNotFound };
        let (entitled, subscription) = (known.holding.entitled.clone(), known.facts.subscription.clone());
        let event_at = operation.event_at.unwrap_or(self.now).min(self.now);
        let mut made: Vec<Made<'a>> = Vec::with_capacity(operation.parts.len());
        for (feature, wish) in &operation.parts {
            let Some(feature) = self.feature(*feature) else { return Outcome::TenantNotFound };
            let place = self.place(operation.tenant(), feature, subscription.as_ref());
            // An earlier part of the same operation may have changed the same counter.
            let earlier = made.iter().rev().find(|made| made.place == place && place.is_some()).map(|made| made.used);
            let used = earlier.or_else(|| Some(self.held.get(place?)?.used)).unwrap_or_default();
            let usage = self.usage(feature, &entitled, place, used);
            match change(self.services.catalog(), feature, &entitled, &usage, *wish, self.now) {
                Changed::To(now_used) => {
                    made.push(Made { feature, wish: *wish, place, before: used, used: now_used });
                }
                Changed::Refused(refusal) => return Outcome::Refused(feature.key.clone(), refusal),
                Changed::TooLarge => return Outcome::TooLarge,
            }
        }
        Outcome::Counted(self.enter(operation, &entitled, event_at, &made))
    }

    fn place(
        &self,
        tenant: &TenantId,
        feature: &Feature,
        subscription: Option<&domain::subscription::Subscription>,
    ) -> Option<usize> {
        let period_start = window(feature.kind, subscription, self.now).map(|(start, _)| start);
        let key = CounterKey { tenant: tenant.clone(), feature: feature.key.clone(), period_start };
        self.places.get(&key).copied()
    }

    fn usage(&self, feature: &Feature, entitled: &Entitled, place: Option<usize>, used: u64) -> FeatureUsage {
        let held = place.and_then(|place| self.held.get(place));
        let window = held.and_then(|held| Some((held.key.period_start?, held.resets_at?)));
        told(feature, self.services.catalog().plan(entitled.plan.as_str()), window, used)
    }

    /// Puts an operation that was decided on into the ledger and the counters.
    fn enter(
        &mut self,
        operation: &'a Operation,
        entitled: &Entitled,
        event_at: Timestamp,
        made: &[Made<'a>],
    ) -> Vec<Check> {
        let mut answers = Vec::with_capacity(made.len());
        let mut known = Vec::with_capacity(made.len());
        for (part, Made { feature, wish, place, before, used }) in made.iter().enumerate() {
            let usage = self.usage(feature, entitled, *place, *used);
            let answer = after(self.services.catalog(), feature, entitled, &usage, *wish, self.now);
            known.push(KnownPart {
                feature: feature.key.clone(),
                change: *wish,
                used: answer.used,
                limit: answer.limit,
                failure: answer.failure,
                warning: answer.warning.clone(),
            });
            if let Some((place, held)) = place.and_then(|place| Some((place, self.held.get_mut(place)?))) {
                held.used = *used;
                held.is_written = true;
                // What came after its period had ended counts now, and the two instants say so; a gauge always stands as of now.
                let is_in_time = held.key.period_start.is_some_and(|start| event_at >= start);
                let counted_at = if is_in_time { event_at } else { self.now };
                let amount = signed(*used) - signed(*before);
                let hour = Step::Hour.floor(counted_at);
                let span = self.hours.entry((place, hour));
                let span = span.or_insert(Span { starts_at: hour, amount: 0, peak: 0, closing: 0 });
                span.amount += amount;
                span.peak = span.peak.max(*used);
                span.closing = *used;
                self.entries.push(Entry {
                    event: operation.event.clone(),
                    part,
                    counter: held.key.clone(),
                    change: *wish,
                    amount,
                    event_at,
                    counted_at,
                    answer: answer.clone(),
                });
            }
            answers.push(answer);
        }
        if operation.is_repeatable {
            self.counted.insert(&operation.event, known);
        }
        answers
    }

    fn repeated(&self, operation: &Operation, parts: &[KnownPart]) -> Outcome {
        let asked = operation.parts.iter().filter_map(|(feature, wish)| Some((&self.feature(*feature)?.key, *wish)));
        if operation.is_compared && !asked.eq(parts.iter().map(|part| (&part.feature, part.change))) {
            return Outcome::KeyReused;
        }
        let answer = |KnownPart { feature, change: _, used, limit, failure, warning }: &KnownPart| {
            let usage =
                FeatureUsage { feature: feature.clone(), used: *used, limit: *limit, since: None, resets_at: None };
            Check {
                failure: *failure,
                warning: warning.clone(),
                used: *used,
                limit: *limit,
                permille: usage.permille(),
            }
        };
        Outcome::Known(parts.iter().map(answer).collect())
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

/// A part that was decided on.
struct Made<'a> {
    feature: &'a Feature,
    wish: Change,
    /// `None` for what is not counted.
    place: Option<usize>,
    before: u64,
    used: u64,
}

/// No counter holds more than what has a sign, too.
fn signed(used: u64) -> i64 {
    i64::try_from(used).unwrap_or(i64::MAX)
}
