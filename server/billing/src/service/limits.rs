//! How much is a matter of the installation: each limit is a setting, and its default stands here.

use std::{num::NonZeroU32, time::Duration};

use crate::identity::throttle::SignUpLimits;

/// Questions to the provider a minute that the pages and reads of one tenant may cause.
const PROVIDER_READS_PER_MINUTE: u32 = 60;
/// Calls a second to the provider that pages, reads and changes of all tenants may cause on one node. Providers take some hundred a
/// second of an account.
const PROVIDER_CALLS_PER_SEC: u32 = 40;
/// Shorter than the four seconds after which the page that waits for a payment looks again.
const PROVIDER_ANSWERS_KEPT: Duration = Duration::from_secs(3);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many accounts may be asked for.
    pub sign_ups: SignUpLimits,
    /// How often the pages and reads of one tenant may ask the provider, a minute; `None` for no limit.
    pub provider_reads_per_minute: Option<NonZeroU32>,
    /// How many calls a second to the provider all tenants together may cause on one node, of which those that never had a
    /// subscription share half; `None` for no limit. What webhooks and reconciling ask is not counted.
    pub provider_calls_per_sec: Option<NonZeroU32>,
    /// How long an answer of the provider to a page is kept.
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
