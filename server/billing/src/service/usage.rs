//! What a tenant uses of what it may: asked, and counted exactly.

pub mod alerts;
mod batch;
pub mod correction;
pub mod history;
#[cfg(test)]
mod tests;
pub mod verify;
mod view;
mod writer;

pub use view::Stamp;

use domain::{
    catalog::{Feature, FeatureKind, Limit},
    entitlement::{
        FeatureUsage,
        change::{COUNTER_MAX, Change},
        check::{Check, check},
        window,
    },
    ids::{FeatureKey, PlanId, TenantId},
    time::Timestamp,
};

use self::{
    view::{Facts, View},
    writer::{Operation, Outcome},
};
pub(super) use self::{
    view::{KnownKey, Views},
    writer::Operations,
};
use super::{ServiceError, Services, membership::Holding};
use crate::store::usage_events::EventId;

/// The features that Dues itself counts.
pub(super) const TEAM_MEMBERS: &str = "team_members";
pub(super) const SECRETS: &str = "secrets";
/// In place of a feature where a call is about several.
const SEVERAL: &str = "*";
pub const IDEMPOTENCY_KEY_MAX_CHARS: usize = 255;

/// Every limit of a tenant, with what is used of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usage {
    /// Whose limits hold.
    pub plan: PlanId,
    /// One for every feature of the catalog, in its order.
    pub features: Vec<FeatureUsage>,
}

/// What was sent by an event, once its form was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageEvent {
    pub source: String,
    pub id: String,
    pub feature: String,
    pub amount: u64,
    /// When it happened; now, unless the event says.
    pub at: Option<Timestamp>,
}

/// What became of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recorded {
    Accepted,
    Duplicate,
    Rejected { code: &'static str, message: String },
}

type Window = Option<(Timestamp, Timestamp)>;

impl Services {
    pub async fn usage(&self, tenant: &TenantId) -> Result<Usage, ServiceError> {
        let (view, facts) = self.whole_view(tenant).await?;
        let holding = self.holding_of(&facts);
        let features = self.all_readings(&view, &facts, &holding);
        Ok(Usage { plan: holding.entitlements.plan, features })
    }

    /// Whether the tenant may use `amount` more of a feature. It changes nothing and keeps no place: what is allowed now may be
    /// taken by somebody else a moment later. What other nodes have changed in the last second may be missing.
    pub async fn check(&self, tenant: &TenantId, feature: &str, amount: u64) -> Result<Check, ServiceError> {
        let (_, feature) = self.known_feature(feature)?;
        let (mut view, mut facts) = self.view(tenant).await?;
        let now = self.billing_now();
        if !is_read(&view, &facts, feature, now) {
            (view, facts) = Box::pin(self.whole_view(tenant)).await?;
        }
        let entitlements = self.entitlements(&facts.tenant, facts.subscription.as_ref());
        let usage = reading(&view, &facts, feature, entitlements.limit(self.catalog(), &feature.key), now);
        Ok(check(self.catalog(), feature, &entitlements, &usage, amount, now))
    }

    /// Takes so much of a feature: exact, and durable once it is answered. The same key again gets the same answer and counts
    /// once.
    pub async fn consume(
        &self,
        tenant: &TenantId,
        feature: &str,
        amount: u64,
        idempotency_key: Option<&str>,
    ) -> Result<Check, ServiceError> {
        let (at, feature) = self.known_feature(feature)?;
        is_theirs(feature)?;
        self.change_one(tenant, (at, feature), Change::Consume(amount), idempotency_key).await
    }

    /// The same of each of several features, or of none at all.
    pub async fn consume_several(
        &self,
        tenant: &TenantId,
        wishes: &[(&str, u64)],
        idempotency_key: Option<&str>,
    ) -> Result<Vec<Check>, ServiceError> {
        let mut parts = Vec::with_capacity(wishes.len());
        for (feature, amount) in wishes {
            let (at, feature) = self.known_feature(feature)?;
            is_theirs(feature)?;
            parts.push((at, Change::Consume(*amount)));
        }
        self.change(tenant, SEVERAL, parts, idempotency_key).await
    }

    /// Gives so much of a gauge back.
    pub async fn release(
        &self,
        tenant: &TenantId,
        feature: &str,
        amount: u64,
        idempotency_key: Option<&str>,
    ) -> Result<Check, ServiceError> {
        self.change_gauge(tenant, feature, Change::Release(amount), idempotency_key).await
    }

    /// Sets a gauge.
    pub async fn set_usage(
        &self,
        tenant: &TenantId,
        feature: &str,
        value: u64,
        idempotency_key: Option<&str>,
    ) -> Result<Check, ServiceError> {
        self.change_gauge(tenant, feature, Change::Set(value), idempotency_key).await
    }

    /// Counts what has happened, once a source and id: each event for itself, and none is refused for a limit.
    pub async fn record(&self, tenant: &TenantId, events: Vec<UsageEvent>) -> Result<Vec<Recorded>, ServiceError> {
        let mut recorded = Vec::with_capacity(events.len());
        let mut operations = Vec::with_capacity(events.len());
        for event in events {
            match self.operation(tenant, event) {
                Ok(operation) => {
                    operations.push(operation);
                    recorded.push(None);
                }
                Err(error) => {
                    recorded.push(Some(Recorded::Rejected { code: error.code(), message: error.to_string() }));
                }
            }
        }
        let mut outcomes = self.count(operations).await?.into_iter();
        recorded
            .into_iter()
            .map(|rejected| match rejected.map_or_else(|| outcomes.next().map(Err), |rejected| Some(Ok(rejected))) {
                Some(Ok(rejected)) => Ok(rejected),
                Some(Err(Outcome::Counted(_))) => Ok(Recorded::Accepted),
                Some(Err(Outcome::Known(_) | Outcome::KeyReused)) => Ok(Recorded::Duplicate),
                Some(Err(Outcome::TooLarge)) => {
                    let error = too_large();
                    Ok(Recorded::Rejected { code: error.code(), message: error.to_string() })
                }
                Some(Err(Outcome::TenantNotFound)) => Err(ServiceError::TenantNotFound),
                Some(Err(Outcome::Refused(..) | Outcome::BelowZero)) | None => {
                    Err(ServiceError::Internal("an event is never refused"))
                }
            })
            .collect()
    }

    fn operation(&self, tenant: &TenantId, event: UsageEvent) -> Result<Operation, ServiceError> {
        let UsageEvent { source, id, feature, amount, at } = event;
        let (place, feature) = self.known_feature(&feature)?;
        is_theirs(feature)?;
        if !feature.kind.is_counted() {
            let message = format!("{} is not counted: send no events of it.", feature.key);
            return Err(ServiceError::field("type", message));
        }
        Ok(Operation {
            event: EventId { tenant: tenant.clone(), source, id },
            is_repeatable: true,
            is_compared: false,
            event_at: at,
            parts: vec![(place, Change::Record(amount))],
            deed: None,
        })
    }

    async fn change_gauge(
        &self,
        tenant: &TenantId,
        feature: &str,
        change: Change,
        idempotency_key: Option<&str>,
    ) -> Result<Check, ServiceError> {
        let (at, feature) = self.known_feature(feature)?;
        is_theirs(feature)?;
        if feature.kind != FeatureKind::Gauge {
            return Err(ServiceError::NotAGauge(feature.key.to_string()));
        }
        self.change_one(tenant, (at, feature), change, idempotency_key).await
    }

    async fn change_one(
        &self,
        tenant: &TenantId,
        (at, feature): (usize, &Feature),
        change: Change,
        idempotency_key: Option<&str>,
    ) -> Result<Check, ServiceError> {
        let answers = self.change(tenant, feature.key.as_str(), vec![(at, change)], idempotency_key).await?;
        answers.into_iter().next().ok_or(ServiceError::Internal("one change has one answer"))
    }

    async fn change(
        &self,
        tenant: &TenantId,
        about: &str,
        parts: Vec<(usize, Change)>,
        idempotency_key: Option<&str>,
    ) -> Result<Vec<Check>, ServiceError> {
        let Some((_, first)) = parts.first() else { return Ok(Vec::new()) };
        // With a blank, which no event's source has.
        let source = [first.kind().as_str(), about].join(" ");
        let is_repeatable = idempotency_key.is_some();
        let id = idempotency_key.map_or_else(|| uuid::Uuid::now_v7().to_string(), str::to_owned);
        let event = EventId { tenant: tenant.clone(), source, id };
        let operation = Operation { event, is_repeatable, is_compared: true, event_at: None, parts, deed: None };
        self.settle_one(operation).await
    }

    /// Has one operation counted, and answers it part by part.
    async fn settle_one(&self, operation: Operation) -> Result<Vec<Check>, ServiceError> {
        match self.count(vec![operation]).await?.into_iter().next() {
            Some(Outcome::Counted(answers) | Outcome::Known(answers)) => Ok(answers),
            Some(Outcome::Refused(_, refusal)) => Err(ServiceError::LimitReached(Box::new(refusal))),
            Some(Outcome::KeyReused) => Err(ServiceError::IdempotencyKeyReused),
            Some(Outcome::TooLarge) => Err(too_large()),
            Some(Outcome::BelowZero) => Err(ServiceError::CorrectionBelowZero),
            Some(Outcome::TenantNotFound) => Err(ServiceError::TenantNotFound),
            None => Err(ServiceError::Internal("each operation has an outcome")),
        }
    }

    fn known_feature(&self, key: &str) -> Result<(usize, &Feature), ServiceError> {
        let mut features = self.catalog().features.iter().enumerate();
        let unknown = || ServiceError::UnknownFeature(key.chars().take(64).collect());
        features.find(|(_, feature)| feature.key.as_str() == key).ok_or_else(unknown)
    }

    pub(super) async fn readings(&self, tenant: &TenantId) -> Result<(Holding, Vec<FeatureUsage>), ServiceError> {
        let (view, facts) = self.whole_view(tenant).await?;
        let holding = self.holding_of(&facts);
        let readings = self.all_readings(&view, &facts, &holding);
        Ok((holding, readings))
    }

    fn all_readings(&self, view: &View, facts: &Facts, holding: &Holding) -> Vec<FeatureUsage> {
        let now = self.billing_now();
        let limit = |feature: &Feature| holding.entitlements.limit(self.catalog(), &feature.key);
        self.catalog().features.iter().map(|feature| reading(view, facts, feature, limit(feature), now)).collect()
    }
}

fn reading(view: &View, facts: &Facts, feature: &Feature, limit: Limit, now: Timestamp) -> FeatureUsage {
    let window = window(feature.kind, facts.subscription.as_ref(), now);
    let used = match facts.counted_here(&feature.key) {
        Some(used) => used,
        None if feature.kind.is_counted() => {
            view.reading(&feature.key, window.map(|(start, _)| start)).map_or(0, |reading| reading.used)
        }
        None => 0,
    };
    told(feature, limit, window, used)
}

/// Whether the counter that runs now was looked for.
fn is_read(view: &View, facts: &Facts, feature: &Feature, now: Timestamp) -> bool {
    let start = window(feature.kind, facts.subscription.as_ref(), now).map(|(start, _)| start);
    !feature.kind.is_counted() || view.reading(&feature.key, start).is_some()
}

fn is_counted_here(feature: &FeatureKey) -> bool {
    [TEAM_MEMBERS, SECRETS].contains(&feature.as_str())
}

fn is_theirs(feature: &Feature) -> Result<(), ServiceError> {
    if is_counted_here(&feature.key) { Err(ServiceError::CountedHere(feature.key.to_string())) } else { Ok(()) }
}

fn too_large() -> ServiceError {
    ServiceError::field("amount", format!("amount is too large: a counter holds at most {COUNTER_MAX}."))
}

pub(super) fn told(feature: &Feature, limit: Limit, window: Window, used: u64) -> FeatureUsage {
    FeatureUsage {
        feature: feature.key.clone(),
        used,
        limit,
        since: window.map(|(start, _)| start),
        resets_at: window.map(|(_, end)| end),
    }
}
