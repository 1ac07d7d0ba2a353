//! Limits that are settings of the installation, with their defaults, and the limits of queues, locks and mails.

pub(in crate::service) mod anonymous_writes;
pub(in crate::service) mod mail_budget;
pub(in crate::service) mod tenant_locks;

use std::{num::NonZeroU32, time::Duration};

use domain::time::Timestamp;

use crate::{
    identity::{session::SessionLifetime, throttle::SignUpLimits},
    store::{job::jobs::Lane, webhook::webhook_endpoints::Pace},
};

/// Maximum provider calls a minute that pages and reads of one tenant may cause.
const PROVIDER_READS_PER_MINUTE: u32 = 60;
/// Maximum provider calls a second that pages, reads and changes of all tenants may cause on one node. Providers accept
/// about a hundred a second per account.
const PROVIDER_CALLS_PER_SEC: u32 = 40;
/// How long a provider's response for a page is cached. Shorter than the 4 s after which the page that waits for a
/// payment reloads.
const PROVIDER_ANSWERS_KEPT: Duration = Duration::from_secs(3);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Limits of sign-ups.
    pub sign_ups: SignUpLimits,
    pub sessions: SessionLifetime,
    /// Maximum provider calls a minute that pages and reads of one tenant may cause; `None` for no limit.
    pub provider_reads_per_minute: Option<NonZeroU32>,
    /// Maximum provider calls a second that all tenants together may cause on one node; `None` for no limit.
    ///
    /// Tenants that never had a subscription share half of this maximum. Calls by webhooks and reconciliation are not
    /// counted.
    pub provider_calls_per_sec: Option<NonZeroU32>,
    /// How long a provider's response for a page is cached.
    pub provider_answers_kept: Duration,
    /// The customers a second that an import reads at most; `None` for the default of the provider.
    pub imported_per_sec: Option<NonZeroU32>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            sign_ups: SignUpLimits::default(),
            sessions: SessionLifetime::default(),
            provider_reads_per_minute: NonZeroU32::new(PROVIDER_READS_PER_MINUTE),
            provider_calls_per_sec: NonZeroU32::new(PROVIDER_CALLS_PER_SEC),
            provider_answers_kept: PROVIDER_ANSWERS_KEPT,
            imported_per_sec: None,
        }
    }
}

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// The settings of the worker.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkerSettings {
    pub retention: Retention,
    pub webhook_retries: RetrySchedule,
    pub lanes: Lanes,
}

/// How long old rows are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Hourly roll-ups of usage, in days. Older usage is kept by day.
    pub usage_hours_days: i64,
    /// Ended links, ended invitations and requested mails, in days. While a link is kept, its page says how the link
    /// ended.
    pub ended_links_days: i64,
    /// Jobs that failed for good, in days.
    pub given_up_jobs_days: i64,
    /// The log of webhook deliveries, in days.
    pub webhook_messages_days: i64,
    /// Events of providers, in days. A repeat within this time has no effect. Stripe repeats events for 3 days and
    /// lists them for 30.
    pub inbox_events_days: i64,
    /// Idempotency keys of API calls with their responses, in hours.
    pub idempotency_keys_hours: i64,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            usage_hours_days: 400,
            ended_links_days: 30,
            given_up_jobs_days: 30,
            webhook_messages_days: 30,
            inbox_events_days: 90,
            idempotency_keys_hours: 24,
        }
    }
}

impl Retention {
    /// Returns the start of the day before which hourly roll-ups are folded into days. `now` is billing time; the other
    /// methods take wall time.
    pub fn usage_hours_before(&self, now: Timestamp) -> Timestamp {
        Timestamp::from_secs((now.as_secs().div_euclid(DAY) - self.usage_hours_days) * DAY)
    }

    pub fn ended_links_before(&self, now: Timestamp) -> Timestamp {
        now.plus_secs(-self.ended_links_days * DAY)
    }

    pub fn given_up_jobs_before(&self, now: Timestamp) -> Timestamp {
        now.plus_secs(-self.given_up_jobs_days * DAY)
    }

    pub fn webhook_messages_before(&self, now: Timestamp) -> Timestamp {
        now.plus_secs(-self.webhook_messages_days * DAY)
    }

    pub fn inbox_events_before(&self, now: Timestamp) -> Timestamp {
        now.plus_secs(-self.inbox_events_days * DAY)
    }

    pub fn idempotency_keys_before(&self, now: Timestamp) -> Timestamp {
        now.plus_secs(-self.idempotency_keys_hours * HOUR)
    }
}

/// When a webhook message is sent again after a failed try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetrySchedule {
    /// The delay after each failed try, in seconds. When the try after the last delay fails, the message is given up.
    pub delays_secs: Vec<i64>,
    /// An endpoint is disabled when a message is given up and no delivery succeeded for this many seconds.
    pub disabled_after_secs: i64,
}

impl Default for RetrySchedule {
    fn default() -> Self {
        let delays_secs = vec![5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 10 * HOUR];
        Self { delays_secs, disabled_after_secs: 5 * DAY }
    }
}

/// Maximum concurrent jobs of each lane and calls to webhook endpoints of each pace, per node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lanes {
    stripe: usize,
    polar: usize,
    any_provider: usize,
    mail: usize,
    slow_mail: usize,
    database: usize,
    prompt_calls: usize,
    new_calls: usize,
    slow_calls: usize,
}

impl Default for Lanes {
    fn default() -> Self {
        Self {
            stripe: 4,
            polar: 4,
            any_provider: 2,
            mail: 4,
            slow_mail: 2,
            database: 2,
            // A call mostly waits for the response. Each endpoint gets at most one call at a time.
            prompt_calls: 128,
            new_calls: 64,
            slow_calls: 32,
        }
    }
}

impl Lanes {
    /// Returns the maximum number of concurrent jobs of this lane, per node.
    pub const fn workers(&self, lane: Lane) -> usize {
        match lane {
            Lane::Stripe => self.stripe,
            Lane::Polar => self.polar,
            Lane::AnyProvider => self.any_provider,
            Lane::Mail => self.mail,
            Lane::SlowMail => self.slow_mail,
            Lane::Database => self.database,
        }
    }

    pub fn set_workers(&mut self, lane: Lane, count: usize) {
        let workers = match lane {
            Lane::Stripe => &mut self.stripe,
            Lane::Polar => &mut self.polar,
            Lane::AnyProvider => &mut self.any_provider,
            Lane::Mail => &mut self.mail,
            Lane::SlowMail => &mut self.slow_mail,
            Lane::Database => &mut self.database,
        };
        *workers = count;
    }

    /// Returns the maximum number of concurrent calls to webhook endpoints of this pace, per node. Calls that continue
    /// outside their lane do not count.
    pub const fn calls(&self, pace: Pace) -> usize {
        match pace {
            Pace::Prompt => self.prompt_calls,
            Pace::New => self.new_calls,
            Pace::Slow => self.slow_calls,
        }
    }

    pub fn set_calls(&mut self, pace: Pace, count: usize) {
        let calls = match pace {
            Pace::Prompt => &mut self.prompt_calls,
            Pace::New => &mut self.new_calls,
            Pace::Slow => &mut self.slow_calls,
        };
        *calls = count;
    }
}
