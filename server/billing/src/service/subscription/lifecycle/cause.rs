//! Why a tenant's subscriptions are fetched.

use domain::subscription::lifecycle::DriftSource;

/// Why a tenant's subscriptions are fetched from the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// A webhook announced a change.
    Webhook,
    /// The provider's list of events has an event whose webhook did not arrive.
    Listed,
    /// The periodic reconciliation is due.
    Reconciliation,
    /// An admin or an operator asked for it.
    Sync,
    /// An order, a cancellation or a visit to the portal, so that a change is expected.
    Order,
    /// A period ended, so that a change is expected.
    Transition,
    /// A customer that paid before Dues knew them was linked to a tenant.
    Import,
}

impl Cause {
    /// Whether a caller waits for the outcome and must get an error if the provider does not know the subscription.
    pub(in crate::service) const fn is_on_behalf(self) -> bool {
        matches!(self, Self::Sync | Self::Order)
    }

    /// Whether a payment that the answers show is announced. An imported customer has paid before.
    pub(super) const fn announces_payments(self) -> bool {
        !matches!(self, Self::Import)
    }

    /// Returns the source to record for a difference; `None` if a change is expected.
    pub(super) const fn drift_source(self) -> Option<DriftSource> {
        match self {
            Self::Webhook | Self::Order | Self::Transition | Self::Import => None,
            Self::Listed => Some(DriftSource::Events),
            Self::Reconciliation => Some(DriftSource::Reconciliation),
            Self::Sync => Some(DriftSource::Sync),
        }
    }
}
