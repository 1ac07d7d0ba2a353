//! The operations that a batch commits, and their outcomes.

use std::sync::Arc;

use domain::{
    entitlement::{change::Change, check::Check, refusal::Refusal},
    ids::{FeatureKey, TenantId},
    tenant::audit::NewAuditEntry,
    time::Timestamp,
};

use crate::store::usage::usage_events::EventId;

/// The operations of one call. Each is decided independently of the others.
pub(in crate::service) struct Operations(pub(in crate::service::usage) Vec<Operation>);

/// One change of usage. All of its parts are counted, or none.
#[derive(Clone, Debug)]
pub(in crate::service::usage) struct Operation {
    pub(in crate::service::usage) event: EventId,
    /// Whether the caller may repeat the call with the same id.
    pub(in crate::service::usage) is_repeatable: bool,
    /// Whether a repeat must have the same parts. If `false`, the id alone identifies a repeat.
    pub(in crate::service::usage) is_compared: bool,
    /// When it happened; `None` for now.
    pub(in crate::service::usage) event_at: Option<Timestamp>,
    /// Changes, each with its feature's index in the catalog.
    pub(in crate::service::usage) parts: Vec<(usize, Change)>,
    /// The id of the key that the call came with; `None` for calls without a key.
    pub(in crate::service::usage) key: Option<Arc<str>>,
    /// An entry for the tenant's audit log, written in the same transaction.
    pub(in crate::service::usage) audit_entry: Option<NewAuditEntry>,
}

/// The outcome of an operation, part by part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::service) enum Outcome {
    Counted(Vec<Check>),
    /// A repeat, with the first answer.
    Known(Vec<Check>),
    Refused(FeatureKey, Refusal),
    /// The event's id was used before with other changes.
    KeyReused,
    /// The counter would overflow.
    TooLarge,
    /// The correction is larger than the count.
    BelowZero,
    TenantNotFound,
}

impl Operation {
    pub(in crate::service::usage) fn tenant(&self) -> &TenantId {
        &self.event.tenant
    }
}

impl Outcome {
    /// Whether nothing was counted because of the counter or the limit, so that a repeat could have another outcome.
    pub(in crate::service::usage) fn is_turned_down(&self) -> bool {
        matches!(self, Self::Refused(..) | Self::TooLarge | Self::BelowZero)
    }
}
