//! What becomes of a subscription while it is paid: drift that is mended, a second one beside it, a payment that is due.

use serde::{Deserialize, Serialize};

use crate::{
    catalog::Cycle,
    ids::PlanId,
    money::Money,
    subscription::{Entitled, PendingChange, Provider, ProviderStatus, Subscription},
    time::Timestamp,
    trial,
};

/// How long before its end admins are told that grace ends.
pub const GRACE_NOTICE_SECS: i64 = 2 * 86_400;

/// Two payments no further apart are one order that was paid twice: what was paid longer before has been used.
pub const PAID_TWICE_WITHIN_SECS: i64 = 86_400;

/// Of a subscription what decides on a plan and its price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    pub plan: PlanId,
    pub cycle: Cycle,
    pub status: ProviderStatus,
    pub period_end: Timestamp,
    pub cancel_at_period_end: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<PendingChange>,
}

impl From<&Subscription> for Terms {
    fn from(own: &Subscription) -> Self {
        Self {
            plan: own.plan.clone(),
            cycle: own.cycle,
            status: own.status,
            period_end: own.period_end,
            cancel_at_period_end: own.cancel_at_period_end,
            pending: own.pending.clone(),
        }
    }
}

/// Who found that what was stored is not what the provider says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum FoundBy {
    /// The walk over all subscriptions.
    Walk,
    /// Somebody who had the provider asked.
    Sync,
    /// The provider's own list of events, where their webhooks never came.
    Events,
}

/// A difference that was mended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drift {
    pub provider: Provider,
    pub external_id: String,
    /// `None` where nothing was stored.
    pub was: Option<Terms>,
    pub became: Terms,
    pub found_by: FoundBy,
    /// Billing time.
    pub found_at: Timestamp,
}

/// What differs between what was stored and what the provider said of the same subscriptions.
pub fn drift(before: &[Subscription], after: &[Subscription], found_by: FoundBy, now: Timestamp) -> Vec<Drift> {
    let differs = |own: &Subscription| {
        let same = |other: &&Subscription| (other.provider, &other.external_id) == (own.provider, &own.external_id);
        let was = before.iter().find(same).map(Terms::from);
        let became = Terms::from(own);
        (was.as_ref() != Some(&became)).then(|| Drift {
            provider: own.provider,
            external_id: own.external_id.clone(),
            was,
            became,
            found_by,
            found_at: now,
        })
    };
    after.iter().filter_map(differs).collect()
}

/// How far a subscription has come that was paid beside another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DoubledState {
    /// A job is on it.
    Found,
    /// It is being canceled and refunded: there is no way back.
    Canceling,
    /// Canceled, and nothing had been paid for it.
    Canceled,
    /// Canceled, and what was paid for it last went back.
    Refunded,
    /// Canceled, but the provider would not give the money back: somebody has to.
    Flagged,
    /// The other one ended first, so this one stays.
    Dropped,
}

/// A subscription that was paid beside another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doubled {
    pub provider: Provider,
    pub external_id: String,
    pub plan: PlanId,
    /// The provider's id of the one that stays.
    pub kept: String,
    pub state: DoubledState,
    /// What went back.
    pub refunded: Option<Money>,
    /// Why the provider would not.
    pub reason: Option<String>,
    /// Billing time.
    pub found_at: Timestamp,
}

/// Which of a tenant's subscriptions are paid beside the one that stays, and which that is: the one that speaks for the tenant
/// anyway, so that nothing changes for those who use it. One that still waits for its first payment may never get it, and is
/// left alone until it does.
///
/// A tenant has one trial. Of two pages of one order both may be confirmed: the second trial is too many, also when the first has
/// ended by then. One that begins later was given by somebody at the provider.
pub fn doubled(subscriptions: &[Subscription]) -> Option<(&Subscription, Vec<&Subscription>)> {
    let pays = |own: &&Subscription| {
        use ProviderStatus::{Active, PastDue, Trialing, Unpaid};
        matches!(own.status, Active | Trialing | PastDue | Unpaid)
    };
    let speaks = crate::subscription::current(subscriptions).filter(pays)?;
    let first = subscriptions.iter().filter(|own| own.trial_end.is_some()).min_by_key(|own| own.started_at);
    let is_too_many = |first: &&Subscription| {
        speaks.status == ProviderStatus::Trialing
            && *first != speaks
            && speaks.started_at.secs_since(first.started_at) < PAID_TWICE_WITHIN_SECS
    };
    let kept = first.filter(is_too_many).unwrap_or(speaks);
    let beside: Vec<_> = subscriptions.iter().filter(pays).filter(|own| *own != kept).collect();
    (!beside.is_empty()).then_some((kept, beside))
}

/// What admins are told of a payment that is due, or will be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DunningKind {
    PaymentFailed,
    /// Grace ends in [`GRACE_NOTICE_SECS`] or less.
    GraceEnds,
    /// Grace is over.
    Fallen,
    Recovered,
    /// A trial ends in [`trial::NOTICE_SECS`] or less, and is paid from then on.
    TrialEnds,
}

/// What is to be told of a subscription that is due or no longer is, with the instant since which it was; or of a trial, with its
/// end. Each kind is told once for each such instant: telling it again is the caller's to prevent.
///
/// `before` is what was stored of it until now; `entitled` is what holds with it. Where grace is no longer than the notice, the
/// first mail says when it ends, and there is no second.
pub fn dunning(
    before: Option<&Subscription>,
    own: &Subscription,
    entitled: &Entitled,
    grace_secs: i64,
    now: Timestamp,
) -> Option<(Timestamp, DunningKind)> {
    if let Some(end) = own.trial_that_is_paid_next()
        && (end.plus_secs(-trial::NOTICE_SECS)..end).contains(&now)
    {
        return Some((end, DunningKind::TrialEnds));
    }
    let Some(since) = own.past_due_since else {
        let since = before.and_then(|before| before.past_due_since)?;
        let is_paid = matches!(own.status, ProviderStatus::Active | ProviderStatus::Trialing);
        return is_paid.then_some((since, DunningKind::Recovered));
    };
    let until = entitled.grace_until?;
    let kind = if now >= until {
        DunningKind::Fallen
    } else if grace_secs > GRACE_NOTICE_SECS && now >= until.plus_secs(-GRACE_NOTICE_SECS) {
        DunningKind::GraceEnds
    } else {
        DunningKind::PaymentFailed
    };
    Some((since, kind))
}

/// When the billing clock alone next changes what holds, or what is to be told.
pub fn next_turn(own: &Subscription, entitled: &Entitled, now: Timestamp) -> Option<Timestamp> {
    if !own.status.is_live() {
        return None;
    }
    let grace = entitled.grace_until;
    let notice = grace.map(|until| until.plus_secs(-GRACE_NOTICE_SECS));
    let trial = own.trial_that_is_paid_next().map(|end| end.plus_secs(-trial::NOTICE_SECS));
    [Some(own.period_end), own.ends_at(), grace, notice, trial].into_iter().flatten().filter(|at| *at > now).min()
}

macro_rules! words {
    ($($kind:ident { $($variant:ident = $word:literal),+ } $wrong:ident: $says:literal;)+) => {
        $(
            #[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
            #[error($says)]
            pub struct $wrong;

            impl $kind {
                pub const fn as_str(self) -> &'static str {
                    match self {
                        $(Self::$variant => $word,)+
                    }
                }
            }

            impl std::str::FromStr for $kind {
                type Err = $wrong;

                fn from_str(text: &str) -> Result<Self, $wrong> {
                    match text {
                        $($word => Ok(Self::$variant),)+
                        _ => Err($wrong),
                    }
                }
            }
        )+
    };
}

words! {
    FoundBy { Walk = "walk", Sync = "sync", Events = "events" } UnknownFinder: "drift is found by walk, sync or events";
    DoubledState {
        Found = "found", Canceling = "canceling", Canceled = "canceled", Refunded = "refunded", Flagged = "flagged", Dropped = "dropped"
    } UnknownDoubledState: "no such state of a subscription paid beside another";
    DunningKind {
        PaymentFailed = "payment_failed", GraceEnds = "grace_ends", Fallen = "fallen", Recovered = "recovered",
        TrialEnds = "trial_ends"
    } UnknownDunning: "no such kind of what is told of a payment that is due";
}

#[cfg(test)]
mod tests;
