//! Timestamps, their formats, and clocks.

use std::sync::atomic::{AtomicI64, Ordering};

use serde::{Deserialize, Serialize};
use time::{
    OffsetDateTime, format_description::BorrowedFormatItem, format_description::well_known::Rfc3339,
    macros::format_description,
};

const MICROS_PER_SEC: i64 = 1_000_000;
const SECS_PER_DAY: i64 = 86_400;
const DATE: &[BorrowedFormatItem<'static>] = format_description!("[day padding:none] [month repr:short] [year]");
const ISO_DAY: &[BorrowedFormatItem<'static>] = format_description!("[year]-[month]-[day]");
const TIME_OF_DAY: &[BorrowedFormatItem<'static>] = format_description!("[hour]:[minute]");
const RFC3339_SECS: &[BorrowedFormatItem<'static>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
const RFC3339_MILLIS: &[BorrowedFormatItem<'static>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");

/// An instant in whole microseconds since 1970-01-01 UTC.
///
/// Microseconds are the resolution of `PostgreSQL`, so that both database engines agree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    pub const fn from_secs(secs: i64) -> Self {
        Self(secs.saturating_mul(MICROS_PER_SEC))
    }

    pub const fn as_micros(self) -> i64 {
        self.0
    }

    pub const fn as_secs(self) -> i64 {
        self.0.div_euclid(MICROS_PER_SEC)
    }

    #[must_use]
    pub const fn plus_secs(self, secs: i64) -> Self {
        Self(self.0.saturating_add(secs.saturating_mul(MICROS_PER_SEC)))
    }

    /// Whole seconds from `earlier` to `self`, rounded down; negative if `earlier` is later.
    pub const fn secs_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0).div_euclid(MICROS_PER_SEC)
    }

    /// The number of calendar days from the UTC date of `self` to that of `later`.
    pub fn days_until(self, later: Self) -> i64 {
        later.as_secs().div_euclid(SECS_PER_DAY) - self.as_secs().div_euclid(SECS_PER_DAY)
    }

    /// The instant as a UTC date and time, clamped to the years that [`OffsetDateTime`] can represent.
    pub fn to_utc(self) -> OffsetDateTime {
        let nanos = i128::from(self.0) * 1000;
        OffsetDateTime::from_unix_timestamp_nanos(nanos).unwrap_or_else(|_| {
            if self.0 < 0 {
                time::PrimitiveDateTime::MIN.assume_utc()
            } else {
                time::PrimitiveDateTime::MAX.assume_utc()
            }
        })
    }

    /// RFC 3339 with seconds, `2024-01-01T00:00:00Z`: the format of the platform API and the workspace API.
    pub fn rfc3339_secs(self) -> String {
        self.format(RFC3339_SECS)
    }

    /// RFC 3339 with milliseconds, `2026-04-23T00:00:00.000Z`: the format of the console API.
    pub fn rfc3339_millis(self) -> String {
        self.format(RFC3339_MILLIS)
    }

    /// The UTC date as pages show it: `1 Feb 2026`.
    pub fn date(self) -> String {
        self.format(DATE)
    }

    /// The UTC time as pages show it: `21:40`.
    pub fn time_of_day(self) -> String {
        self.format(TIME_OF_DAY)
    }

    /// The UTC date in ISO 8601, as form fields and URLs have it: `2026-04-23`.
    pub fn iso_day(self) -> String {
        self.format(ISO_DAY)
    }

    /// Parses the format of [`Timestamp::iso_day`] as the start of that UTC day; `None` for any other format.
    pub fn parse_iso_day(text: &str) -> Option<Self> {
        Self::parse_rfc3339(&format!("{text}T00:00:00Z"))
    }

    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        let parsed = OffsetDateTime::parse(text, &Rfc3339).ok()?;
        i64::try_from(parsed.unix_timestamp_nanos().div_euclid(1000)).ok().map(Self)
    }

    fn format(self, format: &[BorrowedFormatItem<'static>]) -> String {
        self.to_utc().format(format).unwrap_or_default()
    }
}

impl From<OffsetDateTime> for Timestamp {
    fn from(at: OffsetDateTime) -> Self {
        Self(i64::try_from(at.unix_timestamp_nanos().div_euclid(1000)).unwrap_or(i64::MAX))
    }
}

/// A source of the current time.
///
/// The server has two clocks: *wall* time for sessions, tokens, signatures and rate limits, and *billing* time for
/// subscription periods, usage periods and grace. The demo can move billing time.
pub trait Clock: Send + Sync {
    fn now(&self) -> Timestamp;
}

/// The system time.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        OffsetDateTime::now_utc().into()
    }
}

/// The system time plus an offset: billing time in the demo and the sandbox.
#[derive(Debug, Default)]
pub struct ShiftedClock {
    offset_secs: AtomicI64,
}

impl ShiftedClock {
    pub const fn new(offset_secs: i64) -> Self {
        Self { offset_secs: AtomicI64::new(offset_secs) }
    }

    pub fn offset_secs(&self) -> i64 {
        self.offset_secs.load(Ordering::SeqCst)
    }

    pub fn set_offset_secs(&self, secs: i64) {
        self.offset_secs.store(secs, Ordering::SeqCst);
    }

    /// Moves the clock by `secs` and returns the new offset in seconds.
    pub fn advance(&self, secs: i64) -> i64 {
        self.offset_secs.fetch_add(secs, Ordering::SeqCst) + secs
    }
}

impl Clock for ShiftedClock {
    fn now(&self) -> Timestamp {
        SystemClock.now().plus_secs(self.offset_secs())
    }
}

/// A clock that only moves when it is set or advanced. For tests.
#[derive(Debug, Default)]
pub struct ManualClock {
    micros: AtomicI64,
}

impl ManualClock {
    pub const fn at(start: Timestamp) -> Self {
        Self { micros: AtomicI64::new(start.0) }
    }

    pub fn advance(&self, secs: i64) {
        self.micros.fetch_add(secs * MICROS_PER_SEC, Ordering::SeqCst);
    }

    /// Sets the time, also to an earlier one.
    pub fn set(&self, now: Timestamp) {
        self.micros.store(now.0, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.micros.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_is_formatted_as_each_api_documents_it() {
        let at = Timestamp::from_micros(1_777_000_000_123_456);
        assert_eq!(at.rfc3339_secs(), "2026-04-24T03:06:40Z");
        assert_eq!(at.rfc3339_millis(), "2026-04-24T03:06:40.123Z");
        assert_eq!(at.date(), "24 Apr 2026");
        assert_eq!(at.time_of_day(), "03:06");
        assert_eq!(at.iso_day(), "2026-04-24");
        assert_eq!(Timestamp::parse_iso_day("2026-04-24").map(Timestamp::iso_day), Some(at.iso_day()));
        for other in ["24/04/2026", "2026-4-24", "2026-02-30", "2026-04-24T00:00:00Z", ""] {
            assert_eq!(Timestamp::parse_iso_day(other), None, "{other}");
        }
        assert_eq!(Timestamp::parse_rfc3339("2026-04-24T05:06:40.123456+02:00"), Some(at));
    }

    #[test]
    fn days_until_counts_calendar_dates() {
        let evening = Timestamp::parse_rfc3339("2026-01-14T23:59:00Z").unwrap();
        let next_morning = Timestamp::parse_rfc3339("2026-01-15T00:01:00Z").unwrap();
        assert_eq!(evening.days_until(next_morning), 1);
        assert_eq!(evening.days_until(evening), 0);
    }

    #[test]
    fn out_of_range_timestamps_do_not_panic() {
        assert!(Timestamp::from_micros(i64::MAX).rfc3339_secs().ends_with('Z'));
        assert!(Timestamp::from_micros(i64::MIN).rfc3339_secs().ends_with('Z'));
    }
}
