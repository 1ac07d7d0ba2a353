//! The operations that the usage writer commits in groups.

use domain::{
    entitlement::{change::Change, check::Check, refusal::Refusal},
    ids::{FeatureKey, TenantId},
    tenant::audit::NewAuditEntry,
    time::Timestamp,
};

use super::{
    super::{
        ServiceError, Services,
        base::group_commit::{BatchWrite, WriteError},
    },
    batch,
};
use crate::store::usage::usage_events::EventId;

/// One change of usage. All of its parts are counted, or none.
#[derive(Clone, Debug)]
pub(super) struct Operation {
    pub(super) event: EventId,
    /// Whether the caller may repeat the call with the same id.
    pub(super) is_repeatable: bool,
    /// Whether a repeat must have the same parts. Otherwise the id alone identifies it.
    pub(super) is_compared: bool,
    /// When it happened; `None` for now.
    pub(super) event_at: Option<Timestamp>,
    /// Changes, each with its feature's index in the catalog.
    pub(super) parts: Vec<(usize, Change)>,
    /// An entry for the tenant's audit log, written in the same transaction.
    pub(super) audit_entry: Option<NewAuditEntry>,
}

/// The outcome of an operation, part by part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::service) enum Outcome {
    Counted(Vec<Check>),
    /// A repeat, with the first answer.
    Known(Vec<Check>),
    Refused(FeatureKey, Refusal),
    /// The id was used before for other parts.
    KeyReused,
    /// The counter would overflow.
    TooLarge,
    /// The correction is larger than the count.
    BelowZero,
    TenantNotFound,
}

/// The operations of one call. Each is decided for itself.
pub(in crate::service) struct Operations(Vec<Operation>);

impl BatchWrite for Operations {
    type Answer = Vec<Outcome>;

    const NAME: &'static str = "usage";

    fn len(&self) -> usize {
        self.0.len()
    }

    async fn write(services: &Services, calls: Vec<Self>) -> Result<Vec<Self::Answer>, WriteError> {
        let sizes: Vec<_> = calls.iter().map(Self::len).collect();
        let operations: Vec<_> = calls.into_iter().flat_map(|call| call.0).collect();
        let mut outcomes = batch::write(services, &operations).await?.into_iter();
        Ok(sizes.into_iter().map(|size| outcomes.by_ref().take(size).collect()).collect())
    }
}

impl Services {
    /// Commits operations through the group commit. Returns one outcome for each, in order.
    pub(super) async fn write_usage(&self, operations: Vec<Operation>) -> Result<Vec<Outcome>, ServiceError> {
        match self.0.usage_writer.write(&self.0, Operations(operations)).await {
            Ok(outcomes) => Ok(outcomes),
            Err(WriteError::NotWritten) => Err(ServiceError::UsageBusy),
            Err(WriteError::Unknown) => Err(ServiceError::UsageUnknown),
        }
    }
}

impl Operation {
    pub(super) fn tenant(&self) -> &TenantId {
        &self.event.tenant
    }
}
