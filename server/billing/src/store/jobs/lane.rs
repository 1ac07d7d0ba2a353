//! Lanes: what kind of work a job is, and with which others it waits.

use domain::subscription::Provider;

/// Jobs of one lane never wait for those of another. Calls to tenants' endpoints are no jobs and have lanes of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// What asks Stripe.
    Stripe,
    /// What asks Polar.
    Polar,
    /// What asks the provider that a tenant pays at, whichever it is.
    AnyProvider,
    /// What sends mail.
    Mail,
    /// What only the database is needed for.
    Housekeeping,
}

impl Lane {
    pub const ALL: [Self; 5] = [Self::Stripe, Self::Polar, Self::AnyProvider, Self::Mail, Self::Housekeeping];

    pub(super) const fn of(provider: Provider) -> Self {
        match provider {
            Provider::Stripe => Self::Stripe,
            Provider::Polar => Self::Polar,
        }
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stripe => "stripe",
            Self::Polar => "polar",
            Self::AnyProvider => "provider",
            Self::Mail => "mail",
            Self::Housekeeping => "housekeeping",
        }
    }

    /// How many of its jobs a node does at once.
    pub const fn workers(self) -> usize {
        match self {
            Self::Stripe | Self::Polar | Self::Mail => 4,
            Self::AnyProvider | Self::Housekeeping => 2,
        }
    }
}
