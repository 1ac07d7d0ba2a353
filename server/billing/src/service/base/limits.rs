//! Limits that are settings of the installation, with their defaults, and the limits of queues, locks and mails.

pub(in crate::service) mod anonymous_writes;
pub(in crate::service) mod mail_budget;
pub(in crate::service) mod tenant_locks;

use std::{num::NonZeroU32, time::Duration};

use crate::identity::throttle::SignUpLimits;

/// Provider calls a minute that pages and reads of one tenant may cause.
const PROVIDER_READS_PER_MINUTE: u32 = 60;
/// Provider calls a second that pages, reads and changes of all tenants may cause on one node. Providers accept some
/// hundred a second per account.
const PROVIDER_CALLS_PER_SEC: u32 = 40;
/// Must be shorter than the 4 s after which the page that waits for a payment reloads.
const PROVIDER_ANSWERS_KEPT: Duration = Duration::from_secs(3);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Limits of sign-ups.
    pub sign_ups: SignUpLimits,
    /// Provider calls a minute that pages and reads of one tenant may cause; `None` for no limit.
    pub provider_reads_per_minute: Option<NonZeroU32>,
    /// Provider calls a second that all tenants together may cause on one node; `None` for no limit.
    ///
    /// Tenants that never had a subscription share half of it. Calls by webhooks and reconciliation are not counted.
    pub provider_calls_per_sec: Option<NonZeroU32>,
    /// How long a provider's response for a page is cached.
    pub provider_answers_kept: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            sign_ups: SignUpLimits::default(),
            provider_reads_per_minute: NonZeroU32::new(PROVIDER_READS_PER_MINUTE),
            provider_calls_per_sec: NonZeroU32::new(PROVIDER_CALLS_PER_SEC),
            provider_answers_kept: PROVIDER_ANSWERS_KEPT,
        }
    }
}
