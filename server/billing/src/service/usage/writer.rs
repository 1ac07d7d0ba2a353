//! What is counted, and its way to the writer: with whatever else waits, in one transaction.

use domain::{
    audit::NewAuditEntry,
    entitlement::{change::Change, check::Check, refusal::Refusal},
    ids::{FeatureKey, TenantId},
    time::Timestamp,
};

use super::{
    super::{
        ServiceError, Services,
        group::{Unavailable, Written},
    },
    batch,
};
use crate::store::usage_events::EventId;

/// One thing to be counted: all of its parts, or none.
#[derive(Clone, Debug)]
pub(super) struct Operation {
    pub(super) event: EventId,
    /// Whether whoever calls may say the same again.
    pub(super) is_repeatable: bool,
    /// Whether a repeat must be of the same parts, or is known by its id alone.
    pub(super) is_compared: bool,
    /// When it happened; now, unless somebody says.
    pub(super) event_at: Option<Timestamp>,
    /// Features by their place in the catalog.
    pub(super) parts: Vec<(usize, Change)>,
    /// What the tenant's audit log says of it, in the same transaction.
    pub(super) deed: Option<NewAuditEntry>,
}

/// What came of an operation, part by part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::service) enum Outcome {
    Counted(Vec<Check>),
    /// It was counted before, and this is what was answered.
    Known(Vec<Check>),
    Refused(FeatureKey, Refusal),
    /// It was counted before, and was about something else.
    KeyReused,
    /// More than a counter can hold.
    TooLarge,
    /// A correction of more than was counted.
    BelowZero,
    TenantNotFound,
}

/// What one call has counted: each operation for itself.
pub(in crate::service) struct Operations(Vec<Operation>);

impl Written for Operations {
    type Answer = Vec<Outcome>;

    const NAME: &'static str = "usage";

    fn len(&self) -> usize {
        self.0.len()
    }

    async fn write(services: &Services, calls: Vec<Self>) -> Result<Vec<Self::Answer>, Unavailable> {
        let sizes: Vec<_> = calls.iter().map(Self::len).collect();
        let operations: Vec<_> = calls.into_iter().flat_map(|call| call.0).collect();
        let mut outcomes = batch::write(services, &operations).await?.into_iter();
        Ok(sizes.into_iter().map(|size| outcomes.by_ref().take(size).collect()).collect())
    }
}

impl Services {
    /// Has operations counted, in one transaction with whatever else waits.
    pub(super) async fn count(&self, operations: Vec<Operation>) -> Result<Vec<Outcome>, ServiceError> {
        match self.0.usage_writer.write(&self.0, Operations(operations)).await {
            Ok(outcomes) => Ok(outcomes),
            Err(Unavailable::NotWritten) => Err(ServiceError::UsageBusy),
            Err(Unavailable::Unknown) => Err(ServiceError::UsageUnknown),
        }
    }
}

impl Operation {
    pub(super) fn tenant(&self) -> &TenantId {
        &self.event.tenant
    }
}
