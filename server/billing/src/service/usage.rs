//! Usage of features: checked from memory, counted exactly.

pub mod alerts;
mod batch;
pub mod by_key;
pub mod correction;
pub mod history;
pub(super) mod limit_check;
mod monthly_report;
pub mod own_limits;
pub(super) mod reading;
#[cfg(test)]
mod tests;
pub mod verify;
mod view;

pub use by_key::{KeyUsage, UsageReporter};
pub use reading::{check_many::CheckRequest, entitlements::TenantEntitlements};
pub use view::open_pages::{CurrentUsage, PageChanges, SessionWatch};

use std::sync::Arc;

use domain::{
    catalog::{Feature, FeatureKind},
    entitlement::{
        FeatureUsage,
        change::{COUNTER_MAX, Change},
        check::{Check, check},
    },
    error_code::ErrorCode,
    ids::{PlanId, TenantId},
    tenant::external_id::TenantRef,
    time::Timestamp,
};

pub(super) use self::{
    batch::Operations,
    by_key::sums::KeySums,
    view::{Views, open_pages::OpenPages},
};
use self::{
    batch::{Operation, Outcome},
    reading::{is_read, reading},
    view::{Facts, View},
};
use super::{ServiceError, Usage, base::internal_features::is_counted_by_dues, subscription::membership::TenantPlan};
use crate::store::usage::usage_events::EventId;

/// Stands in the ledger's `source` in place of the feature if a call changes several features.
const SEVERAL: &str = "*";
pub const IDEMPOTENCY_KEY_MAX_CHARS: usize = 255;

/// All limits of a tenant with their usage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantUsage {
    /// The plan whose limits apply.
    pub plan: PlanId,
    /// One entry for each feature of the catalog, in its order.
    pub features: Vec<FeatureUsage>,
}

/// A usage event whose fields have a valid form. The feature may be unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageEvent {
    pub source: String,
    pub id: String,
    pub feature: String,
    pub amount: u64,
    /// When it happened; `None` for now.
    pub at: Option<Timestamp>,
}

/// The outcome of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordOutcome {
    Accepted,
    Duplicate,
    Rejected { code: ErrorCode, message: String },
}

impl RecordOutcome {
    fn rejected(error: &ServiceError) -> Self {
        Self::Rejected { code: error.code(), message: error.to_string() }
    }

    fn is_of_unknown_tenant(&self) -> bool {
        matches!(self, Self::Rejected { code: ErrorCode::TenantNotFound, .. })
    }
}

impl Usage {
    /// Returns all limits of a tenant with their usage.
    pub async fn all_features(&self, tenant: &TenantId) -> Result<TenantUsage, ServiceError> {
        let (view, facts) = self.complete_view(tenant).await?;
        let tenant_plan = self.tenant_plan_of(&facts);
        let features = self.all_readings(&view, &facts, &tenant_plan);
        Ok(TenantUsage { plan: tenant_plan.entitlements.plan, features })
    }

    /// Returns whether the tenant may use `amount` more of a feature. Reserves nothing: a later `consume` may still be
    /// refused. Changes that other nodes made in the last second may be missing.
    pub async fn check(&self, tenant: &TenantId, feature: &str, amount: u64) -> Result<Check, ServiceError> {
        let (_, feature) = self.known_feature(feature)?;
        let (mut view, mut facts) = self.view(tenant).await?;
        let now = self.billing_now();
        if !is_read(&view, &facts, feature, now) {
            (view, facts) = Box::pin(self.complete_view(tenant)).await?;
        }
        let entitlements = self.entitlements(&facts.tenant, facts.subscription.as_ref());
        let usage = reading(&view, &facts, feature, entitlements.limit(self.catalog(), &feature.key), now);
        Ok(check(self.catalog(), feature, &entitlements, &usage, amount, now))
    }

    /// Consumes `amount` of a feature. Exact on every node, and durable when it returns. A repeat with the same key
    /// gets the first answer and counts once.
    pub async fn consume<'a>(
        &self,
        by: impl Into<UsageReporter<'a>>,
        feature: &str,
        amount: u64,
        idempotency_key: Option<&str>,
    ) -> Result<Check, ServiceError> {
        let (at, feature) = self.known_feature(feature)?;
        require_reported(feature)?;
        self.change_one(by.into(), (at, feature), Change::Consume(amount), idempotency_key).await
    }

    /// Consumes amounts of several features, or of none if one is refused. Idempotent by key as [`Self::consume`].
    pub async fn consume_several<'a>(
        &self,
        by: impl Into<UsageReporter<'a>>,
        amounts: &[(&str, u64)],
        idempotency_key: Option<&str>,
    ) -> Result<Vec<Check>, ServiceError> {
        let mut parts = Vec::with_capacity(amounts.len());
        for (feature, amount) in amounts {
            let (at, feature) = self.known_feature(feature)?;
            require_reported(feature)?;
            parts.push((at, Change::Consume(*amount)));
        }
        self.change(by.into(), SEVERAL, parts, idempotency_key).await
    }

    /// Releases `amount` of a gauge. Idempotent by key as [`Self::consume`].
    pub async fn release(
        &self,
        tenant: &TenantId,
        feature: &str,
        amount: u64,
        idempotency_key: Option<&str>,
    ) -> Result<Check, ServiceError> {
        self.change_gauge(tenant, feature, Change::Release(amount), idempotency_key).await
    }

    /// Sets a gauge to `value`. Idempotent by key as [`Self::consume`].
    pub async fn set_usage(
        &self,
        tenant: &TenantId,
        feature: &str,
        value: u64,
        idempotency_key: Option<&str>,
    ) -> Result<Check, ServiceError> {
        self.change_gauge(tenant, feature, Change::Set(value), idempotency_key).await
    }

    /// Records usage events, each once by source and id. No limit rejects an event. Returns one outcome for each, in
    /// order.
    pub async fn record<'a>(
        &self,
        by: impl Into<UsageReporter<'a>>,
        events: Vec<UsageEvent>,
    ) -> Result<Vec<RecordOutcome>, ServiceError> {
        let UsageReporter { tenant, key } = by.into();
        let events = events.into_iter().map(|event| (Some(tenant.clone()), event)).collect();
        let recorded = self.record_resolved(events, key).await?;
        if recorded.iter().any(RecordOutcome::is_of_unknown_tenant) {
            return Err(ServiceError::TenantNotFound);
        }
        Ok(recorded)
    }

    /// Records usage events of many tenants in one commit, as [`Self::record`]. An event of an unknown tenant is
    /// rejected. `key` is the id of the key that they came with.
    pub async fn record_of_many(
        &self,
        events: Vec<(TenantRef, UsageEvent)>,
        key: Option<&Arc<str>>,
    ) -> Result<Vec<RecordOutcome>, ServiceError> {
        let (names, events): (Vec<_>, Vec<_>) = events.into_iter().unzip();
        let tenants = self.tenants().resolve_many(&names).await?;
        self.record_resolved(tenants.into_iter().zip(events).collect(), key).await
    }

    /// Records events, each with its tenant; `None` for an unknown tenant.
    async fn record_resolved(
        &self,
        events: Vec<(Option<TenantId>, UsageEvent)>,
        key: Option<&Arc<str>>,
    ) -> Result<Vec<RecordOutcome>, ServiceError> {
        let mut recorded = Vec::with_capacity(events.len());
        let mut operations = Vec::with_capacity(events.len());
        for (tenant, event) in events {
            let tenant = tenant.ok_or(ServiceError::TenantNotFound);
            match tenant.and_then(|tenant| self.operation(UsageReporter { tenant: &tenant, key }, event)) {
                Ok(operation) => {
                    operations.push(operation);
                    recorded.push(None);
                }
                Err(error) => recorded.push(Some(RecordOutcome::rejected(&error))),
            }
        }
        let mut outcomes = self.write_usage(operations).await?.into_iter();
        recorded
            .into_iter()
            .map(|rejected| match rejected.map_or_else(|| outcomes.next().map(Err), |rejected| Some(Ok(rejected))) {
                Some(Ok(rejected)) => Ok(rejected),
                Some(Err(Outcome::Counted(_))) => Ok(RecordOutcome::Accepted),
                Some(Err(Outcome::Known(_) | Outcome::KeyReused)) => Ok(RecordOutcome::Duplicate),
                Some(Err(Outcome::TooLarge)) => Ok(RecordOutcome::rejected(&too_large())),
                Some(Err(Outcome::TenantNotFound)) => Ok(RecordOutcome::rejected(&ServiceError::TenantNotFound)),
                Some(Err(Outcome::Refused(..) | Outcome::BelowZero)) | None => {
                    Err(ServiceError::Internal("usage event was refused by a limit or has no outcome"))
                }
            })
            .collect()
    }

    fn operation(&self, by: UsageReporter<'_>, event: UsageEvent) -> Result<Operation, ServiceError> {
        let UsageReporter { tenant, key } = by;
        let UsageEvent { source, id, feature, amount, at } = event;
        let (place, feature) = self.known_feature(&feature)?;
        require_reported(feature)?;
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
            key: key.cloned(),
            audit_entry: None,
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
        require_reported(feature)?;
        if feature.kind != FeatureKind::Gauge {
            return Err(ServiceError::NotAGauge(feature.key.to_string()));
        }
        self.change_one(tenant.into(), (at, feature), change, idempotency_key).await
    }

    async fn change_one(
        &self,
        by: UsageReporter<'_>,
        (at, feature): (usize, &Feature),
        change: Change,
        idempotency_key: Option<&str>,
    ) -> Result<Check, ServiceError> {
        let answers = self.change(by, feature.key.as_str(), vec![(at, change)], idempotency_key).await?;
        answers.into_iter().next().ok_or(ServiceError::Internal("usage writer returned no answer for a change"))
    }

    async fn change(
        &self,
        by: UsageReporter<'_>,
        about: &str,
        parts: Vec<(usize, Change)>,
        idempotency_key: Option<&str>,
    ) -> Result<Vec<Check>, ServiceError> {
        let UsageReporter { tenant, key } = by;
        let Some((_, first)) = parts.first() else { return Ok(Vec::new()) };
        // The blank distinguishes this source from the sources of events, which contain no blank.
        let source = [first.kind().as_str(), about].join(" ");
        let is_repeatable = idempotency_key.is_some();
        let id = idempotency_key.map_or_else(|| uuid::Uuid::now_v7().to_string(), str::to_owned);
        let event = EventId { tenant: tenant.clone(), source, id };
        let key = key.cloned();
        let operation =
            Operation { event, is_repeatable, is_compared: true, event_at: None, parts, key, audit_entry: None };
        self.write_operation(operation).await
    }

    /// Commits one operation and returns its answers, part by part.
    async fn write_operation(&self, operation: Operation) -> Result<Vec<Check>, ServiceError> {
        match self.write_usage(vec![operation]).await?.into_iter().next() {
            Some(Outcome::Counted(answers) | Outcome::Known(answers)) => Ok(answers),
            Some(Outcome::Refused(_, refusal)) => Err(ServiceError::LimitReached(Box::new(refusal))),
            Some(Outcome::KeyReused) => Err(ServiceError::IdempotencyKeyReused),
            Some(Outcome::TooLarge) => Err(too_large()),
            Some(Outcome::BelowZero) => Err(ServiceError::CorrectionBelowZero),
            Some(Outcome::TenantNotFound) => Err(ServiceError::TenantNotFound),
            None => Err(ServiceError::Internal("usage writer returned no outcome for an operation")),
        }
    }

    /// Returns a feature of the catalog with its index.
    fn known_feature(&self, key: &str) -> Result<(usize, &Feature), ServiceError> {
        let mut features = self.catalog().features.iter().enumerate();
        let unknown = || ServiceError::UnknownFeature(key.chars().take(64).collect());
        features.find(|(_, feature)| feature.key.as_str() == key).ok_or_else(unknown)
    }

    /// Returns a tenant's entitlements with the usage of all features.
    pub(super) async fn readings(&self, tenant: &TenantId) -> Result<(TenantPlan, Vec<FeatureUsage>), ServiceError> {
        let (view, facts) = self.complete_view(tenant).await?;
        let tenant_plan = self.tenant_plan_of(&facts);
        let readings = self.all_readings(&view, &facts, &tenant_plan);
        Ok((tenant_plan, readings))
    }

    fn all_readings(&self, view: &View, facts: &Facts, tenant_plan: &TenantPlan) -> Vec<FeatureUsage> {
        let now = self.billing_now();
        let limit = |feature: &Feature| tenant_plan.entitlements.limit(self.catalog(), &feature.key);
        self.catalog().features.iter().map(|feature| reading(view, facts, feature, limit(feature), now)).collect()
    }
}

/// Whether usage of a feature is counted as products report it.
fn is_reported(feature: &Feature) -> bool {
    feature.kind.is_counted() && !is_counted_by_dues(&feature.key)
}

/// Fails for a feature that Dues counts itself.
fn require_reported(feature: &Feature) -> Result<(), ServiceError> {
    if is_counted_by_dues(&feature.key) {
        Err(ServiceError::CountedInternally(feature.key.to_string()))
    } else {
        Ok(())
    }
}

fn too_large() -> ServiceError {
    ServiceError::field("amount", format!("amount is too large: a counter holds at most {COUNTER_MAX}."))
}
