//! Changes of a counter: the decision behind every consume, release, set, usage event and correction.

use serde::{Deserialize, Serialize};

use super::{
    FeatureUsage,
    check::{Check, FailureReason, check, check_current},
    refusal::Refusal,
};
use crate::{
    catalog::{Catalog, Enforcement, Feature, FeatureKind},
    subscription::Entitlements,
    time::Timestamp,
};

/// The largest value of a counter, 2^53 - 1: the largest integer that every JSON parser reads exactly.
///
/// Sums over the counters of a period still fit a database column.
pub const COUNTER_MAX: u64 = (1 << 53) - 1;

/// A requested change of a counter, with an amount in the feature's unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Change {
    /// Adds the amount, if the limit allows it.
    Consume(u64),
    /// Subtracts the amount, down to 0.
    Release(u64),
    /// Sets the value, if the limit allows it.
    Set(u64),
    /// Adds usage that has already happened; never refused by a limit.
    Record(u64),
    /// Corrects a counter by usage that was missed; never refused by a limit.
    CorrectUp(u64),
    /// Subtracts usage that was counted in error, from a gauge or a counter. Refused if the amount exceeds the usage.
    CorrectDown(u64),
}

/// The kind of a [`Change`], without its amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChangeKind {
    Consume,
    Release,
    Set,
    Record,
    CorrectUp,
    CorrectDown,
}

/// The text is not the name of a kind of change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a change is a consume, release, set, record, correct_up or correct_down")]
pub struct UnknownChange;

crate::all_variants!(ChangeKind { Consume, Release, Set, Record, CorrectUp, CorrectDown });

impl ChangeKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Consume => "consume",
            Self::Release => "release",
            Self::Set => "set",
            Self::Record => "record",
            Self::CorrectUp => "correct_up",
            Self::CorrectDown => "correct_down",
        }
    }

    /// The change of this kind by `amount`.
    pub const fn of(self, amount: u64) -> Change {
        match self {
            Self::Consume => Change::Consume(amount),
            Self::Release => Change::Release(amount),
            Self::Set => Change::Set(amount),
            Self::Record => Change::Record(amount),
            Self::CorrectUp => Change::CorrectUp(amount),
            Self::CorrectDown => Change::CorrectDown(amount),
        }
    }
}

impl std::str::FromStr for ChangeKind {
    type Err = UnknownChange;

    fn from_str(text: &str) -> Result<Self, UnknownChange> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(UnknownChange)
    }
}

impl Change {
    pub const fn kind(self) -> ChangeKind {
        match self {
            Self::Consume(_) => ChangeKind::Consume,
            Self::Release(_) => ChangeKind::Release,
            Self::Set(_) => ChangeKind::Set,
            Self::Record(_) => ChangeKind::Record,
            Self::CorrectUp(_) => ChangeKind::CorrectUp,
            Self::CorrectDown(_) => ChangeKind::CorrectDown,
        }
    }

    /// The requested amount or value.
    pub const fn amount(self) -> u64 {
        match self {
            Self::Consume(amount)
            | Self::Release(amount)
            | Self::Set(amount)
            | Self::Record(amount)
            | Self::CorrectUp(amount)
            | Self::CorrectDown(amount) => amount,
        }
    }
}

/// The outcome of a requested change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeOutcome {
    /// Allowed: the new value of the counter.
    To(u64),
    /// Refused by the limit or the subscription; the counter is unchanged.
    Refused(Refusal),
    /// Refused: the new value would exceed [`COUNTER_MAX`].
    TooLarge,
    /// Refused: a correction by more than the usage.
    BelowZero,
}

/// Decides whether a change of a feature is allowed, and computes the new value. `usage` is the current usage.
///
/// A feature that is not counted stays at 0: [`Change::Consume`] then only checks whether the feature may be used.
pub fn decide_change(
    catalog: &Catalog,
    feature: &Feature,
    entitlements: &Entitlements,
    usage: &FeatureUsage,
    change: Change,
    now: Timestamp,
) -> ChangeOutcome {
    let used = usage.used;
    let sum = |amount: u64| used.checked_add(amount).filter(|sum| *sum <= COUNTER_MAX);
    match change {
        Change::Consume(amount) => {
            let answer = check(catalog, feature, entitlements, usage, amount, now);
            let wanted = if feature.kind == FeatureKind::Max { amount } else { used.saturating_add(amount) };
            match answer.failure {
                Some(reason) => ChangeOutcome::Refused(Refusal::because(
                    reason,
                    catalog,
                    feature,
                    entitlements,
                    usage.limit,
                    wanted,
                )),
                None if !feature.kind.is_counted() => ChangeOutcome::To(0),
                None => sum(amount).map_or(ChangeOutcome::TooLarge, ChangeOutcome::To),
            }
        }
        Change::Release(amount) => ChangeOutcome::To(used.saturating_sub(amount)),
        Change::Set(value) if value > COUNTER_MAX => ChangeOutcome::TooLarge,
        Change::Set(value) => {
            let is_hard = feature.enforcement == Enforcement::Hard || entitlements.cap(catalog, &feature.key).is_some();
            let is_refused = is_hard && !usage.limit.allows(value);
            if is_refused {
                let reason = if usage.limit.is_included() {
                    FailureReason::LimitReached
                } else {
                    FailureReason::FeatureNotIncluded
                };
                ChangeOutcome::Refused(Refusal::because(reason, catalog, feature, entitlements, usage.limit, value))
            } else {
                ChangeOutcome::To(value)
            }
        }
        Change::Record(amount) | Change::CorrectUp(amount) => {
            sum(amount).map_or(ChangeOutcome::TooLarge, ChangeOutcome::To)
        }
        Change::CorrectDown(amount) => used.checked_sub(amount).map_or(ChangeOutcome::BelowZero, ChangeOutcome::To),
    }
}

/// The check to answer with after the change `made`. `usage` is the usage after the change.
pub fn state_after(
    catalog: &Catalog,
    feature: &Feature,
    entitlements: &Entitlements,
    usage: &FeatureUsage,
    made: Change,
    now: Timestamp,
) -> Check {
    let answer = check_current(catalog, feature, entitlements, usage, now);
    match made {
        // The consume was allowed, even if the limit is reached now.
        Change::Consume(_) => Check { failure: None, ..answer },
        Change::Release(_) | Change::Set(_) | Change::Record(_) | Change::CorrectUp(_) | Change::CorrectDown(_) => {
            answer
        }
    }
}

#[cfg(test)]
mod tests;
