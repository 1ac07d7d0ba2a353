//! What becomes of a counter that is changed: the rule behind every consume, release, set and event.

use serde::{Deserialize, Serialize};

use super::{
    FeatureUsage,
    check::{Check, FailureReason, check, stands},
    refusal::Refusal,
};
use crate::{
    catalog::{Catalog, Enforcement, Feature, FeatureKind},
    subscription::Entitled,
    time::Timestamp,
};

/// The most that a counter can hold: the largest whole number that no reader of JSON rounds. Sums of a period's counters still
/// fit a column.
pub const MOST: u64 = (1 << 53) - 1;

/// What is to be done to a counter, in the feature's own unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Change {
    /// Takes so much, if there is room.
    Consume(u64),
    /// Gives so much back, down to nothing.
    Release(u64),
    /// Sets it, if the limit admits that much.
    Set(u64),
    /// Counts what has happened already: no limit refuses it.
    Record(u64),
    /// Adds what was counted too little: no limit refuses it.
    CorrectUp(u64),
    /// Takes off what was counted too much, also of a counter; more than was counted is refused.
    CorrectDown(u64),
}

/// What a [`Change`] does, as a word and without its amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChangeKind {
    Consume,
    Release,
    Set,
    Record,
    CorrectUp,
    CorrectDown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a change is a consume, release, set, record, correct_up or correct_down")]
pub struct UnknownChange;

impl ChangeKind {
    const ALL: [Self; 6] = [Self::Consume, Self::Release, Self::Set, Self::Record, Self::CorrectUp, Self::CorrectDown];

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

    /// How much was asked for.
    pub const fn wanted(self) -> u64 {
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

/// What came of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changed {
    /// The counter stands at this now.
    To(u64),
    /// Nothing was changed.
    Refused(Refusal),
    /// More than a counter can hold.
    TooLarge,
    /// A correction of more than was counted.
    BelowZero,
}

/// Decides on a change of a feature, of which `usage` is what stands now.
///
/// A feature that is not counted stays at 0: then only a consume says anything, that it may be used or not.
pub fn change(
    catalog: &Catalog,
    feature: &Feature,
    entitled: &Entitled,
    usage: &FeatureUsage,
    change: Change,
    now: Timestamp,
) -> Changed {
    let used = usage.used;
    let sum = |amount: u64| used.checked_add(amount).filter(|sum| *sum <= MOST);
    match change {
        Change::Consume(amount) => {
            let answer = check(catalog, feature, entitled, usage, amount, now);
            let wanted = if feature.kind == FeatureKind::Max { amount } else { used.saturating_add(amount) };
            match answer.failure {
                Some(reason) => {
                    Changed::Refused(Refusal::because(reason, catalog, feature, entitled, usage.limit, wanted))
                }
                None if !feature.kind.is_counted() => Changed::To(0),
                None => sum(amount).map_or(Changed::TooLarge, Changed::To),
            }
        }
        Change::Release(amount) => Changed::To(used.saturating_sub(amount)),
        Change::Set(value) if value > MOST => Changed::TooLarge,
        Change::Set(value) => {
            let is_refused = feature.enforcement == Enforcement::Hard && !usage.limit.admits(value);
            if is_refused {
                let reason = if usage.limit.is_included() {
                    FailureReason::LimitReached
                } else {
                    FailureReason::FeatureNotIncluded
                };
                Changed::Refused(Refusal::because(reason, catalog, feature, entitled, usage.limit, value))
            } else {
                Changed::To(value)
            }
        }
        Change::Record(amount) | Change::CorrectUp(amount) => sum(amount).map_or(Changed::TooLarge, Changed::To),
        Change::CorrectDown(amount) => used.checked_sub(amount).map_or(Changed::BelowZero, Changed::To),
    }
}

/// What is answered once a change was made: how the feature stands with it.
pub fn after(
    catalog: &Catalog,
    feature: &Feature,
    entitled: &Entitled,
    usage: &FeatureUsage,
    made: Change,
    now: Timestamp,
) -> Check {
    let answer = stands(catalog, feature, entitled, usage, now);
    match made {
        // It was allowed, however full it is now.
        Change::Consume(_) => Check { failure: None, ..answer },
        Change::Release(_) | Change::Set(_) | Change::Record(_) | Change::CorrectUp(_) | Change::CorrectDown(_) => {
            answer
        }
    }
}

#[cfg(test)]
mod tests;
