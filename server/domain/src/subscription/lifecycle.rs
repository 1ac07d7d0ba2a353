//! Rules for live subscriptions: drift from the provider, duplicates, overdue payments and scheduled transitions.

mod payment;

use serde::{Deserialize, Serialize};

pub use self::payment::{DetectedPayment, detect_payment};

use crate::{
    catalog::{Catalog, Cycle},
    ids::PlanId,
    money::Money,
    subscription::{
        Entitlements, PendingChange, Provider, ProviderStatus, Subscription, current_subscription, seats::PendingSeats,
        trial,
    },
    time::Timestamp,
};

/// Dues notifies admins of the end of grace this many seconds ahead.
pub const GRACE_NOTICE_SECS: i64 = 2 * 86_400;

/// The maximum time between two subscriptions that count as one order that was paid twice, in seconds.
///
/// A subscription that was paid earlier than this before the other one started has been used: its payment is not
/// refunded.
pub const DUPLICATE_WINDOW_SECS: i64 = 86_400;

/// What a provider reports about the payments of a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReportedPayments {
    pub status: ProviderStatus,
    pub period_start: Timestamp,
    /// When the oldest open payment became due, by the provider's clock, which may be ahead; `None` where unknown.
    pub due_since: Option<Timestamp>,
    /// Whether the subscription ended for a missing payment; `None` where unknown.
    pub ended_unpaid: Option<bool>,
}

impl ReportedPayments {
    /// Returns when the overdue payment became due; `None` if none is overdue. `before` is the stored subscription.
    ///
    /// For a subscription that ended because a payment was missing, returns when that payment became due.
    pub fn past_due_since(&self, before: Option<&Subscription>, now: Timestamp) -> Option<Timestamp> {
        let was_due_since = before.and_then(|before| before.past_due_since);
        match (self.status, self.ended_unpaid) {
            (ProviderStatus::Canceled, Some(false)) => None,
            (ProviderStatus::Canceled, Some(true)) => was_due_since.or(Some(self.period_start)),
            (ProviderStatus::Canceled, None) => {
                was_due_since.filter(|_| before.is_some_and(|before| before.period_start == self.period_start))
            }
            (status, _) => {
                let due_since = self.due_since.filter(|since| *since <= now);
                status.is_due().then(|| due_since.or(was_due_since).unwrap_or(now))
            }
        }
    }
}

/// The terms of a subscription that determine the plan and its price; compared to detect drift.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    pub plan: PlanId,
    pub cycle: Cycle,
    pub status: ProviderStatus,
    pub period_end: Timestamp,
    pub cancel_at_period_end: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<PendingChange>,
    /// The seats that it pays for; `None` for a plan without seats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seats: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending_seats: Option<PendingSeats>,
}

impl From<&Subscription> for Terms {
    fn from(subscription: &Subscription) -> Self {
        Self {
            plan: subscription.plan.clone(),
            cycle: subscription.cycle,
            status: subscription.status,
            period_end: subscription.period_end,
            cancel_at_period_end: subscription.cancel_at_period_end,
            pending: subscription.pending.clone(),
            seats: subscription.details.seats,
            pending_seats: subscription.details.pending_seats,
        }
    }
}

/// What detected that the stored subscription differs from the provider's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DriftSource {
    /// The periodic reconciliation of all subscriptions.
    #[serde(rename = "walk")]
    Reconciliation,
    /// A sync that an admin or an operator requested.
    Sync,
    /// The provider's list of events, for events whose webhook did not arrive.
    Events,
}

crate::all_variants!(DriftSource { Reconciliation, Sync, Events });

/// A difference between the stored subscription and the provider's that was corrected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drift {
    pub provider: Provider,
    pub external_id: String,
    /// The stored terms; `None` if the subscription was not stored.
    pub was: Option<Terms>,
    /// The terms at the provider, which are stored now.
    pub became: Terms,
    pub found_by: DriftSource,
    /// Billing time.
    pub found_at: Timestamp,
}

/// Returns a [`Drift`] for each fetched subscription (`after`) that is not stored (`before`) with the same terms.
///
/// Stored subscriptions that were not fetched are ignored.
pub fn drift(before: &[Subscription], after: &[Subscription], found_by: DriftSource, now: Timestamp) -> Vec<Drift> {
    let compare = |fetched: &Subscription| {
        let same =
            |stored: &&Subscription| (stored.provider, &stored.external_id) == (fetched.provider, &fetched.external_id);
        let was = before.iter().find(same).map(Terms::from);
        let became = Terms::from(fetched);
        (was.as_ref() != Some(&became)).then(|| Drift {
            provider: fetched.provider,
            external_id: fetched.external_id.clone(),
            was,
            became,
            found_by,
            found_at: now,
        })
    };
    after.iter().filter_map(compare).collect()
}

/// How far the settlement of a duplicate subscription has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DuplicateState {
    /// Detected; a job will settle it.
    Found,
    /// Cancellation and refund have begun and can't be undone.
    Canceling,
    /// Canceled; nothing was paid for it.
    Canceled,
    /// Canceled, and its last payment refunded.
    Refunded,
    /// Canceled, but the provider refused the refund. An operator has to refund it.
    Flagged,
    /// No longer a duplicate: the other subscription ended first, or no checkout of Dues created this one. It stays.
    Dropped,
}

/// A duplicate subscription: one that was paid beside another of the same tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DuplicateSubscription {
    pub provider: Provider,
    pub external_id: String,
    pub plan: PlanId,
    /// The provider's id of the subscription that stays.
    pub kept_external_id: String,
    pub state: DuplicateState,
    /// The refunded amount.
    pub refunded: Option<Money>,
    /// Why the provider refused the refund.
    pub reason: Option<String>,
    /// Billing time.
    pub found_at: Timestamp,
}

/// Whether the subscription is paid or on trial. One that awaits its first payment is not: the payment may never arrive.
fn is_paid(subscription: &Subscription) -> bool {
    use ProviderStatus::{Active, PastDue, Trialing, Unpaid};
    matches!(subscription.status, Active | Trialing | PastDue | Unpaid)
}

/// The subscription that stays and its duplicates; `None` if the tenant has no duplicates.
///
/// The current subscription stays, so that nothing changes for its users. A subscription that awaits its first payment
/// is not a duplicate. A subscription that no checkout of Dues created is never a duplicate: see [`find_others`].
///
/// A tenant has only one trial. If two checkout pages of the same order are confirmed, the second trial is the
/// duplicate, even if the first has ended by then. A trial that starts [`DUPLICATE_WINDOW_SECS`] or more after the
/// first was granted at the provider and stays.
pub fn find_duplicates<'a>(
    catalog: &Catalog,
    subscriptions: &'a [Subscription],
) -> Option<(&'a Subscription, Vec<&'a Subscription>)> {
    let current = current_subscription(catalog, subscriptions).filter(|current| is_paid(current))?;
    let trials = subscriptions.iter().filter(|subscription| subscription.trial_end.is_some());
    let first_trial = trials.min_by_key(|trial| trial.started_at);
    let is_repeated = |first: &&Subscription| {
        current.status == ProviderStatus::Trialing
            && *first != current
            && current.started_at.secs_since(first.started_at) < DUPLICATE_WINDOW_SECS
    };
    let kept = first_trial.filter(is_repeated).unwrap_or(current);
    let is_duplicate = |other: &&Subscription| is_paid(other) && other.details.begun_by_dues && *other != kept;
    let duplicates: Vec<_> = subscriptions.iter().filter(is_duplicate).collect();
    (!duplicates.is_empty()).then_some((kept, duplicates))
}

/// Another provider than `at` at which a checkout of Dues began a live subscription; `None` if there is none.
///
/// A customer with a live subscription at `at` must not be linked to such a tenant: one of the two subscriptions would
/// be a duplicate, which Dues ends.
pub fn order_beside(at: Provider, subscriptions: &[Subscription]) -> Option<Provider> {
    let is_order =
        |other: &&Subscription| other.provider != at && other.status.is_live() && other.details.begun_by_dues;
    subscriptions.iter().find(is_order).map(|order| order.provider)
}

/// The paid subscriptions beside the current one that no checkout of Dues created. Dues shows and reports them, and
/// neither ends nor refunds them.
pub fn find_others<'a>(catalog: &Catalog, subscriptions: &'a [Subscription]) -> Vec<&'a Subscription> {
    let current = current_subscription(catalog, subscriptions);
    let is_other = |other: &&Subscription| is_paid(other) && !other.details.begun_by_dues && Some(*other) != current;
    subscriptions.iter().filter(is_other).collect()
}

/// The kind of a notice to admins about an overdue payment or the end of a trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DunningKind {
    /// A payment failed; grace runs.
    PaymentFailed,
    /// Grace ends in [`GRACE_NOTICE_SECS`] or less.
    GraceEnds,
    /// Grace is over, and the plan is suspended.
    #[serde(rename = "fallen")]
    PlanSuspended,
    /// The overdue payment arrived.
    Recovered,
    /// A trial ends in [`trial::NOTICE_SECS`] or less, and the first payment follows.
    TrialEnds,
}

crate::all_variants!(DunningKind { PaymentFailed, GraceEnds, PlanSuspended, Recovered, TrialEnds });

/// The notice to send to admins about a subscription, with a timestamp; `None` if there is none.
///
/// The timestamp is when the payment became due, or when the trial ends. The caller sends each kind once per timestamp.
///
/// `before` is the previously stored subscription; `entitlements` are those that follow from `subscription`. If grace
/// is not longer than [`GRACE_NOTICE_SECS`], there is no [`DunningKind::GraceEnds`]: the mail about the failed payment
/// says when grace ends.
pub fn dunning(
    before: Option<&Subscription>,
    subscription: &Subscription,
    entitlements: &Entitlements,
    grace_secs: i64,
    now: Timestamp,
) -> Option<(Timestamp, DunningKind)> {
    if let Some(end) = subscription.trial_converts_at()
        && (end.plus_secs(-trial::NOTICE_SECS)..end).contains(&now)
    {
        return Some((end, DunningKind::TrialEnds));
    }
    let Some(since) = subscription.past_due_since else {
        let since = before.and_then(|before| before.past_due_since)?;
        let is_paid = matches!(subscription.status, ProviderStatus::Active | ProviderStatus::Trialing);
        return is_paid.then_some((since, DunningKind::Recovered));
    };
    let until = entitlements.grace_until?;
    let kind = if now >= until {
        DunningKind::PlanSuspended
    } else if grace_secs > GRACE_NOTICE_SECS && now >= until.plus_secs(-GRACE_NOTICE_SECS) {
        DunningKind::GraceEnds
    } else {
        DunningKind::PaymentFailed
    };
    Some((since, kind))
}

/// The next instant after `now` at which the entitlements or the notices change by time alone; `None` if there is none.
pub fn next_transition_at(
    subscription: &Subscription,
    entitlements: &Entitlements,
    now: Timestamp,
) -> Option<Timestamp> {
    if !subscription.status.is_live() {
        return None;
    }
    let grace = entitlements.grace_until;
    let notice = grace.map(|until| until.plus_secs(-GRACE_NOTICE_SECS));
    let trial = subscription.trial_converts_at().map(|end| end.plus_secs(-trial::NOTICE_SECS));
    [Some(subscription.period_end), subscription.ends_at(), grace, notice, trial]
        .into_iter()
        .flatten()
        .filter(|at| *at > now)
        .min()
}

macro_rules! stored_names {
    ($($kind:ident { $($variant:ident = $name:literal),+ } $error:ident: $message:literal;)+) => {
        $(
            /// The text is not one of the stored names.
            #[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
            #[error($message)]
            pub struct $error;

            impl $kind {
                /// The name in the database.
                pub const fn as_str(self) -> &'static str {
                    match self {
                        $(Self::$variant => $name,)+
                    }
                }
            }

            impl std::str::FromStr for $kind {
                type Err = $error;

                fn from_str(text: &str) -> Result<Self, $error> {
                    match text {
                        $($name => Ok(Self::$variant),)+
                        _ => Err($error),
                    }
                }
            }
        )+
    };
}

stored_names! {
    DriftSource { Reconciliation = "walk", Sync = "sync", Events = "events" } UnknownDriftSource: "a source of drift is walk, sync or events";
    DuplicateState {
        Found = "found", Canceling = "canceling", Canceled = "canceled", Refunded = "refunded", Flagged = "flagged", Dropped = "dropped"
    } UnknownDuplicateState: "unknown state of a duplicate subscription";
    DunningKind {
        PaymentFailed = "payment_failed", GraceEnds = "grace_ends", PlanSuspended = "fallen", Recovered = "recovered",
        TrialEnds = "trial_ends"
    } UnknownDunningKind: "unknown kind of a payment notice";
}

#[cfg(test)]
mod tests;
