//! Billing intervals, as both providers name them.

use serde::{Deserialize, Serialize};

/// A billing interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Recurring {
    pub(crate) interval: Interval,
    pub(crate) count: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Interval {
    Day,
    Week,
    Month,
    Year,
}

choices!(Interval { Day = "day", Week = "week", Month = "month", Year = "year" });

impl Interval {
    fn as_str(self) -> &'static str {
        Self::CHOICES.iter().find(|(_, interval)| *interval == self).map_or("", |(word, _)| word)
    }
}

impl Recurring {
    /// Describes how often payments recur: `monthly`, `every 3 months`.
    pub(crate) fn adverb(self) -> String {
        match (self.count, self.interval) {
            (1, Interval::Day) => "daily".to_owned(),
            (1, Interval::Week) => "weekly".to_owned(),
            (1, Interval::Month) => "monthly".to_owned(),
            (1, Interval::Year) => "yearly".to_owned(),
            _ => self.words(),
        }
    }

    /// Describes the interval: `a month`, `every 3 months`.
    pub(crate) fn words(self) -> String {
        let word = self.interval.as_str();
        if self.count == 1 { format!("a {word}") } else { format!("every {} {word}s", self.count) }
    }
}
