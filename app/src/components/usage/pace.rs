//! The projection of usage in words.

use std::borrow::Cow;

use domain::{
    catalog::{Feature, FeatureKind},
    entitlement::history::projection::{Pace, Projection},
    time::Timestamp,
};
use locales::text;

use crate::wording::{day, day_of_year, used};

/// Up to this many days ahead a date is clear without its year.
const DAYS_WITHOUT_YEAR: i64 = 300;

/// Says where usage leads: "At this pace, the limit is reached around 22 Jan."
pub(crate) fn pace_sentence(now: Timestamp, feature: &Feature, projection: &Projection) -> Cow<'static, str> {
    let Projection { until, used: amount, reached_at, pace } = *projection;
    match reached_at {
        Some(at) if is_today(now, at) => return text!(usage_pace_reached_time, time = at.time_of_day()),
        Some(at) => return text!(usage_pace_reached_day, day = date(now, at)),
        None => {}
    }
    let amount = used(feature, amount);
    match (feature.kind, pace) {
        (FeatureKind::Counter(_), Pace::Today) => text!(usage_pace_until_midnight, used = amount),
        (FeatureKind::Counter(_), Pace::Days(_)) => {
            text!(usage_pace_until_reset, used = amount, day = date(now, until))
        }
        _ => text!(usage_pace_until, used = amount, day = date(now, until)),
    }
}

/// Formats an instant ahead, for a chart: `21:40` today, else `22 Jan`.
pub(crate) fn soon(now: Timestamp, at: Timestamp) -> String {
    if is_today(now, at) { at.time_of_day() } else { date(now, at) }
}

fn is_today(now: Timestamp, at: Timestamp) -> bool {
    now.days_until(at) == 0
}

fn date(now: Timestamp, at: Timestamp) -> String {
    if now.days_until(at) > DAYS_WITHOUT_YEAR { day(at) } else { day_of_year(at) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::at;

    const NOW: &str = "2026-01-14T20:40:00Z";

    fn said(feature: &str, until: &str, reached_at: Option<&str>, pace: Pace) -> String {
        let catalog = domain::catalog::file::default_catalog();
        let projection = Projection { until: at(until), used: 6_810_000, reached_at: reached_at.map(at), pace };
        pace_sentence(at(NOW), catalog.feature(feature).unwrap(), &projection).replace('\u{a0}', " ")
    }

    #[test]
    fn a_projection_says_when_the_limit_is_reached_or_how_much_is_used_at_the_end() {
        let (tokens, reset) = ("ai_tokens", "2026-02-01T00:00:00Z");
        for (feature, until, reached_at, pace, words) in [
            (
                tokens,
                reset,
                Some("2026-01-22T09:00:00Z"),
                Pace::Days(7),
                "At this pace, the limit is reached around 22 Jan.",
            ),
            (
                tokens,
                reset,
                Some("2026-01-14T21:40:00Z"),
                Pace::Days(7),
                "At this pace, the limit is reached around 21:40 UTC.",
            ),
            (
                tokens,
                reset,
                None,
                Pace::Days(7),
                "At this pace, usage will be about 6.81 M on 1 Feb, when the counter resets.",
            ),
            (
                tokens,
                "2026-01-15T00:00:00Z",
                None,
                Pace::Today,
                "At this pace, usage will be about 6.81 M at midnight UTC, when the counter resets.",
            ),
            (
                "websocket_rooms",
                "2026-02-13T00:00:00Z",
                None,
                Pace::Days(7),
                "At this pace, usage will be about 6.81 M on 13 Feb.",
            ),
            (
                tokens,
                "2027-01-01T00:00:00Z",
                Some("2026-12-31T09:00:00Z"),
                Pace::Days(7),
                "At this pace, the limit is reached around 31 Dec 2026.",
            ),
        ] {
            assert_eq!(said(feature, until, reached_at, pace), words);
        }
        assert_eq!(soon(at(NOW), at("2026-01-22T09:00:00Z")), "22\u{a0}Jan");
        assert_eq!(soon(at(NOW), at("2026-01-14T23:00:00Z")), "23:00");
    }
}
