//! What a node remembers of the tenants that it is asked about, so that a check asks no database.
//!
//! The node's own writer brings every counter up to date as it commits. What other nodes change is asked for every
//! quarter of a second (`view/refresh.rs`); what could not be asked for in [`FRESH_FOR`] is not believed any more, and read anew by whoever needs it.
//! Nothing here decides whether something is counted: the writer holds the counters themselves.

mod refresh;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use dashmap::DashMap;
use domain::{
    entitlement::{alert::Alert, window},
    ids::{FeatureKey, PlanId, TenantId},
    subscription::{Subscription, current_subscription},
    time::Timestamp,
};

use super::{
    super::{
        ServiceError, Services,
        key::{KeyHolder, KeyNetworks},
        membership::Holding,
    },
    SECRETS, TEAM_MEMBERS,
};
use crate::store::{
    ForeignWrites, Link, StoreResult,
    api_keys::ApiKey,
    tenants::Tenant,
    usage_counters::{CounterKey, Reading},
};

/// The staleness that is promised.
const FRESH_FOR: Duration = Duration::from_secs(1);
/// Who was not asked about for so long is forgotten: to be asked for anew costs more than to be followed.
const REMEMBERED_FOR: Duration = Duration::from_mins(5);
/// As many tenants are remembered after each look; those that were asked about longest ago are forgotten first.
const MOST_REMEMBERED: usize = 50_000;
/// Of a feature, those counted last: the current one, and others for a clock that steps back.
const PERIODS_KEPT: usize = 3;
/// Where nothing was counted yet.
const NOTHING: Reading = Reading { used: 0, version: -1 };

/// Of each feature, the last periods in which it was counted or looked for.
type Readings = HashMap<FeatureKey, Vec<(Option<Timestamp>, Reading)>>;

/// What decides about a tenant, as of a revision.
#[derive(Clone, Debug)]
pub(in crate::service) struct Facts {
    pub(super) revision: i64,
    pub(super) tenant: Tenant,
    pub(super) subscription: Option<Subscription>,
    pub(super) members: u64,
    pub(super) secrets: u64,
}

impl Facts {
    pub(in crate::service) const fn revision(&self) -> i64 {
        self.revision
    }

    /// How many there are of what Dues itself counts.
    pub(super) fn counted_here(&self, feature: &FeatureKey) -> Option<u64> {
        match feature.as_str() {
            TEAM_MEMBERS => Some(self.members),
            SECRETS => Some(self.secrets),
            _ => None,
        }
    }
}

#[derive(Debug, Default)]
pub(in crate::service) struct View {
    facts: RwLock<Option<Arc<Facts>>>,
    counters: Mutex<Readings>,
    /// In milliseconds since the process began, as is the next.
    fresh_until: AtomicU64,
    asked_at: AtomicU64,
    /// How often what was read has been doubted.
    doubts: AtomicU64,
    /// How often something else was learned of a counter.
    changes: AtomicU64,
    of_late: Mutex<Option<(AsOf, Arc<OfLate>)>>,
    /// One reads, the others wait for what it finds.
    reading: tokio::sync::Mutex<()>,
}

/// What happened of late.
#[derive(Debug, Default)]
pub(super) struct OfLate {
    /// What features changed by on days that lie so many days back.
    pub(super) changes: HashMap<FeatureKey, Vec<(usize, i64)>>,
    /// The newest first.
    pub(super) alerts: Vec<Alert>,
}

/// Until when something that was summed up holds: until anything is counted or doubted, or the hour is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct AsOf {
    changes: u64,
    doubts: u64,
    hour_end: Timestamp,
}

/// What a page about a tenant was drawn from: the same for as long as nothing has changed that it shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    revision: i64,
    changes: u64,
    doubts: u64,
    /// Pages tell the time in minutes, and periods begin with them.
    minute: i64,
}

/// An API key that was looked up, as of its tenant's revision.
#[derive(Debug)]
pub(in crate::service) struct KnownKey {
    pub(in crate::service) key: ApiKey,
    pub(in crate::service) holder: KeyHolder,
    revision: i64,
    /// When its use was last noted, in seconds of the wall clock; 0 for never.
    pub(in crate::service) noted_at: AtomicI64,
    pub(in crate::service) networks: KeyNetworks,
}

#[derive(Debug)]
pub(in crate::service) struct Views {
    began: Instant,
    /// As of when all was last asked for.
    foreign_writes: Mutex<Option<ForeignWrites>>,
    tenants: DashMap<TenantId, Arc<View>>,
    keys: DashMap<String, Arc<KnownKey>>,
}

impl Default for Views {
    fn default() -> Self {
        Self { began: Instant::now(), foreign_writes: Mutex::default(), tenants: DashMap::new(), keys: DashMap::new() }
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

impl View {
    pub(super) fn facts(&self) -> Option<Arc<Facts>> {
        self.facts.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn learn(&self, found: Arc<Facts>) {
        let mut facts = self.facts.write().unwrap_or_else(PoisonError::into_inner);
        if facts.as_ref().is_none_or(|known| known.revision <= found.revision) {
            *facts = Some(found);
        }
    }

    fn counters(&self) -> MutexGuard<'_, Readings> {
        self.counters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Unless doubts have come since there were `doubts`.
    fn believe_until(&self, until: u64, doubts: u64) {
        self.fresh_until.store(until, Ordering::SeqCst);
        // Only now: whoever doubts afterwards takes it back herself.
        if self.doubts.load(Ordering::SeqCst) != doubts {
            self.fresh_until.store(0, Ordering::SeqCst);
        }
    }

    /// Only who was fresh stays so: what else there is was never read whole, or is doubted.
    fn stays_fresh(&self, as_of: u64, doubts: u64) {
        if self.fresh_until.load(Ordering::SeqCst) > as_of {
            self.believe_until(as_of + millis(FRESH_FOR), doubts);
        }
    }

    /// What a counter was last seen at; `None` for one that nobody has looked for.
    pub(super) fn reading(&self, feature: &FeatureKey, period_start: Option<Timestamp>) -> Option<Reading> {
        let counters = self.counters();
        let (_, reading) = counters.get(feature)?.iter().find(|(start, _)| *start == period_start)?;
        Some(*reading)
    }

    /// Takes in what was read or written; what is older than what is known says nothing.
    pub(super) fn count(&self, key: CounterKey, reading: Reading) {
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
                periods.truncate(PERIODS_KEPT);
            }
        }
        self.changes.fetch_add(1, Ordering::SeqCst);
    }

    pub(super) fn as_of(&self, hour_end: Timestamp) -> AsOf {
        let (changes, doubts) = (self.changes.load(Ordering::SeqCst), self.doubts.load(Ordering::SeqCst));
        AsOf { changes, doubts, hour_end }
    }

    /// What was summed up before, if it still holds.
    pub(super) fn of_late(&self, as_of: AsOf) -> Option<Arc<OfLate>> {
        let of_late = self.of_late.lock().unwrap_or_else(PoisonError::into_inner);
        of_late.as_ref().filter(|(known, _)| *known == as_of).map(|(_, of_late)| of_late.clone())
    }

    /// `as_of` is from before it was read.
    pub(super) fn keep_of_late(&self, as_of: AsOf, of_late: Arc<OfLate>) {
        *self.of_late.lock().unwrap_or_else(PoisonError::into_inner) = Some((as_of, of_late));
    }
}

impl Views {
    fn now(&self) -> u64 {
        millis(self.began.elapsed())
    }

    /// The place where a tenant's readings are kept, also before anything is known.
    pub(super) fn of(&self, tenant: &TenantId) -> Arc<View> {
        if let Some(view) = self.tenants.get(tenant) {
            return view.clone();
        }
        let view = self.tenants.entry(tenant.clone()).or_default().clone();
        view.asked_at.store(self.now(), Ordering::Relaxed);
        view
    }

    /// What is known of a tenant, if it can be believed.
    fn fresh(&self, tenant: &TenantId) -> Option<(Arc<View>, Arc<Facts>)> {
        let view = self.tenants.get(tenant)?.clone();
        let now = self.now();
        view.asked_at.store(now, Ordering::Relaxed);
        if view.fresh_until.load(Ordering::SeqCst) <= now {
            return None;
        }
        let facts = view.facts()?;
        Some((view, facts))
    }

    /// Whoever asks next reads anew: something that decides has just been changed here.
    pub(in crate::service) fn doubt(&self, tenant: &TenantId) {
        if let Some(view) = self.tenants.get(tenant) {
            view.doubts.fetch_add(1, Ordering::SeqCst);
            view.fresh_until.store(0, Ordering::SeqCst);
        }
    }

    /// A key that was looked up before, if nothing has changed since that could have ended it.
    pub(in crate::service) fn key(&self, id: &str) -> Option<Arc<KnownKey>> {
        let known = self.keys.get(id)?.clone();
        let (_, facts) = self.fresh(&known.key.tenant)?;
        (facts.revision == known.revision).then_some(known)
    }

    pub(in crate::service) fn remember_key(&self, key: ApiKey, revision: i64, networks: KeyNetworks) -> Arc<KnownKey> {
        let ApiKey { id, tenant, scopes, .. } = &key;
        let holder = KeyHolder { key: id.as_str().into(), tenant: tenant.clone(), scopes: scopes.as_slice().into() };
        let known = Arc::new(KnownKey { key, holder, revision, noted_at: AtomicI64::new(0), networks });
        self.keys.insert(known.key.id.clone(), known.clone());
        known
    }

    /// Keeps about `most` tenants: those that were asked about last.
    fn forget_oldest(&self, most: usize) {
        let mut asked: Vec<_> =
            self.tenants.iter().map(|entry| entry.value().asked_at.load(Ordering::Relaxed)).collect();
        let Some(surplus) = asked.len().checked_sub(most).filter(|surplus| *surplus > 0) else { return };
        let (_, newest_to_go, _) = asked.select_nth_unstable(surplus - 1);
        let newest_to_go = *newest_to_go;
        self.tenants.retain(|_, view| view.asked_at.load(Ordering::Relaxed) > newest_to_go);
    }

    /// Forgets who was not asked about of late, and answers who was.
    fn asked_about(&self) -> Vec<TenantId> {
        let oldest = self.now().saturating_sub(millis(REMEMBERED_FOR));
        self.tenants.retain(|_, view| view.asked_at.load(Ordering::Relaxed) >= oldest);
        if self.tenants.len() > MOST_REMEMBERED {
            self.forget_oldest(MOST_REMEMBERED);
        }
        self.keys.retain(|_, known| self.tenants.contains_key(&known.key.tenant));
        self.tenants.iter().map(|entry| entry.key().clone()).collect()
    }
}

impl Services {
    /// What decides about a tenant as it was last seen, however long ago: for whoever compares revisions afterwards.
    pub(super) async fn last_view(&self, tenant: &TenantId) -> Result<(Arc<View>, Arc<Facts>), ServiceError> {
        let known = self.0.views.tenants.get(tenant).map(|view| view.clone());
        let known = known.and_then(|view| view.facts().map(|facts| (view, facts)));
        match known {
            Some((view, facts)) if view.fresh_until.load(Ordering::SeqCst) > 0 => Ok((view, facts)),
            _ => Box::pin(self.view(tenant)).await,
        }
    }

    /// The plan that holds for a tenant, where that is known well enough without asking the database.
    pub(in crate::service) fn remembered_plan(&self, tenant: &TenantId) -> Option<PlanId> {
        let (_, facts) = self.0.views.fresh(tenant)?;
        Some(self.entitlements(&facts.tenant, facts.subscription.as_ref()).plan)
    }

    /// What decides about a tenant, and its counters, no older than [`FRESH_FOR`].
    pub(in crate::service) async fn view(&self, tenant: &TenantId) -> Result<(Arc<View>, Arc<Facts>), ServiceError> {
        let views = &self.0.views;
        if let Some(found) = views.fresh(tenant) {
            return Ok(found);
        }
        let view = views.of(tenant);
        let _turn = view.reading.lock().await;
        if let Some(found) = views.fresh(tenant) {
            return Ok(found);
        }
        let (began, doubts) = (views.now(), view.doubts.load(Ordering::SeqCst));
        let read = Box::pin(self.read_view(tenant, &view)).await;
        let Some(facts) = read? else {
            views.tenants.remove(tenant);
            return Err(ServiceError::TenantNotFound);
        };
        view.believe_until(began + millis(FRESH_FOR), doubts);
        Ok((view.clone(), facts))
    }

    /// What a page would be drawn from now. Costs a look at what is remembered.
    pub async fn stamp(&self, tenant: &TenantId) -> Result<Stamp, ServiceError> {
        let (view, facts) = self.view(tenant).await?;
        Ok(Stamp {
            revision: facts.revision,
            changes: view.changes.load(Ordering::SeqCst),
            doubts: view.doubts.load(Ordering::SeqCst),
            minute: self.billing_now().as_secs().div_euclid(60),
        })
    }

    async fn read_view(&self, tenant: &TenantId, view: &View) -> StoreResult<Option<Arc<Facts>>> {
        let mut reader = self.store().read().await?;
        let mut link = reader.link();
        let Some(facts) = read_facts(&mut link, tenant).await? else { return Ok(None) };
        let keys = self.current_counters(&facts);
        let mut found = vec![NOTHING; keys.len()];
        for (place, reading) in link.find_counters(&keys).await? {
            if let Some(found) = found.get_mut(place) {
                *found = reading;
            }
        }
        for (key, reading) in keys.into_iter().zip(found) {
            view.count(key, reading);
        }
        view.learn(facts.clone());
        Ok(Some(facts))
    }

    /// The same with every counter of the periods that run now: a new one may just have begun.
    pub(super) async fn whole_view(&self, tenant: &TenantId) -> Result<(Arc<View>, Arc<Facts>), ServiceError> {
        let (view, facts) = self.view(tenant).await?;
        let is_known = |key: &CounterKey| view.reading(&key.feature, key.period_start).is_some();
        if self.current_counters(&facts).iter().all(is_known) {
            return Ok((view, facts));
        }
        self.0.views.doubt(tenant);
        self.view(tenant).await
    }

    /// Every counter of the periods that run now.
    pub(super) fn current_counters(&self, facts: &Facts) -> Vec<CounterKey> {
        let now = self.billing_now();
        let counted = self.catalog().features.iter().filter(|feature| feature.kind.is_counted());
        counted
            .map(|feature| CounterKey {
                tenant: facts.tenant.id.clone(),
                feature: feature.key.clone(),
                period_start: window(feature.kind, facts.subscription.as_ref(), now).map(|(start, _)| start),
            })
            .collect()
    }

    pub(super) fn holding_of(&self, facts: &Facts) -> Holding {
        let entitlements = self.entitlements(&facts.tenant, facts.subscription.as_ref());
        Holding { tenant: facts.tenant.clone(), subscription: facts.subscription.clone(), entitlements }
    }
}

pub(super) async fn read_facts(link: &mut Link<'_>, tenant: &TenantId) -> StoreResult<Option<Arc<Facts>>> {
    // Before the rest: what changes in between makes this revision an old one.
    let Some(revision) = link.find_revision(tenant).await? else { return Ok(None) };
    let Some(tenant) = link.find_tenant(tenant).await? else { return Ok(None) };
    let subscription = current_subscription(&link.list_subscriptions(&tenant.id).await?).cloned();
    let (members, secrets) = link.count_members_and_secrets(&tenant.id).await?;
    Ok(Some(Arc::new(Facts { revision, tenant, subscription, members, secrets })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_more_tenants_than_are_remembered_those_asked_about_longest_ago_are_forgotten() {
        let views = Views::default();
        for number in 0..10_u64 {
            let tenant: TenantId = format!("tenant-{number}").parse().unwrap();
            views.of(&tenant).asked_at.store(number, Ordering::Relaxed);
        }
        views.forget_oldest(20);
        assert_eq!(views.tenants.len(), 10);
        views.forget_oldest(4);
        let mut kept: Vec<_> = views.tenants.iter().map(|entry| entry.key().to_string()).collect();
        kept.sort();
        assert_eq!(kept, ["tenant-6", "tenant-7", "tenant-8", "tenant-9"]);
    }
}
