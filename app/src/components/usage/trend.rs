//! Recent usage in small: a bar per day, and a comparison in words.

use std::{cmp::Ordering, fmt::Write as _};

use domain::{
    catalog::{Feature, Unit},
    entitlement::history::trend::{DAYS, Trend, TrendComparison},
};
use leptos::prelude::*;

use crate::wording::used;

/// Height of the view box. Its width is one unit per day.
const TALL: u64 = 12;
/// Heights of the highest bar, and of the lowest bar of a day with usage, in hundredths of a unit of the view box.
const HIGHEST: u64 = 1100;
const LOWEST: u64 = 80;

/// Renders the two trend cells of a meter's line: bars, which screen readers skip, and a comparison in words.
pub(crate) fn trend(feature: &Feature, trend: &Trend) -> AnyView {
    let words = lately(feature, trend.compared);
    view! {
        <svg class="trend" viewBox=format!("0 0 {DAYS} {TALL}") preserveAspectRatio="none" aria-hidden="true">
            <path class="axis" d=format!("M0 {TALL}H{DAYS}")/>
            <path d=bars(&trend.days)/>
        </svg>
        <span class="lately">{words}</span>
    }
    .into_any()
}

/// Returns a path with one vertical line per day.
fn bars(days: &[u64]) -> String {
    let most = days.iter().max().copied().unwrap_or_default().max(1);
    let mut path = String::new();
    for (at, day) in days.iter().enumerate().filter(|(_, day)| **day > 0) {
        let tall = u128::from(*day) * u128::from(HIGHEST) / u128::from(most);
        let top = u128::from(TALL * 100) - tall.max(u128::from(LOWEST));
        // Writing to a `String` does not fail.
        let _ = write!(path, "M{at}.5 {TALL}V{}.{:02}", top / 100, top % 100);
    }
    path
}

/// Builds "1,204 in the last 7 days, 8% more than the week before".
fn lately(feature: &Feature, compared: TrendComparison) -> String {
    match compared {
        TrendComparison::Added { week: 0, before: 0 } => "Nothing in the last 14\u{a0}days".to_owned(),
        TrendComparison::Added { week: 0, before } => {
            format!("Nothing in the last 7\u{a0}days, {} the week before", used(feature, before))
        }
        TrendComparison::Added { week, before } => {
            format!("{} in the last 7\u{a0}days, {}", used(feature, week), compare_weeks(week, before))
        }
        TrendComparison::Level { now, then } => {
            let difference = used(feature, now.abs_diff(then));
            let is_count = feature.unit == Unit::Count;
            match now.cmp(&then) {
                Ordering::Equal => format!("As {} as {DAYS}\u{a0}days ago", if is_count { "many" } else { "much" }),
                Ordering::Greater => format!("{difference} more than {DAYS}\u{a0}days ago"),
                Ordering::Less => {
                    format!("{difference} {} than {DAYS}\u{a0}days ago", if is_count { "fewer" } else { "less" })
                }
            }
        }
    }
}

/// Compares a week with the one before: in whole percent, or as a multiple if it is ten times as much or more.
fn compare_weeks(week: u64, before: u64) -> String {
    if before == 0 {
        return "none the week before".to_owned();
    }
    if week / before >= 10 {
        return format!("{} times the week before", week / before);
    }
    let percent = (u128::from(week.abs_diff(before)) * 200 / u128::from(before)).div_ceil(2);
    match percent {
        0 => "as much as the week before".to_owned(),
        _ if week > before => format!("{percent}% more than the week before"),
        _ => format!("{percent}% less than the week before"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(feature: &str, compared: TrendComparison) -> String {
        let catalog = domain::catalog::file::default_catalog();
        lately(catalog.feature(feature).unwrap(), compared).replace('\u{a0}', " ")
    }

    #[test]
    fn a_week_is_compared_with_the_one_before() {
        for (week, before, words) in [
            (1204, 1115, "1,204 in the last 7 days, 8% more than the week before"),
            (500, 1000, "500 in the last 7 days, 50% less than the week before"),
            (7, 0, "7 in the last 7 days, none the week before"),
            (0, 7, "Nothing in the last 7 days, 7 the week before"),
            (7, 7, "7 in the last 7 days, as much as the week before"),
            (125, 10, "125 in the last 7 days, 12 times the week before"),
            (0, 0, "Nothing in the last 14 days"),
        ] {
            assert_eq!(said("telemetry_events_monthly", TrendComparison::Added { week, before }), words);
        }
    }

    #[test]
    fn a_gauge_is_compared_with_a_month_ago() {
        for (feature, now, then, words) in [
            ("websocket_rooms", 5, 2, "3 more than 30 days ago"),
            ("websocket_rooms", 2, 5, "3 fewer than 30 days ago"),
            ("websocket_rooms", 2, 2, "As many as 30 days ago"),
            ("file_storage_bytes", 0, 1 << 30, "1 GB less than 30 days ago"),
        ] {
            assert_eq!(said(feature, TrendComparison::Level { now, then }), words);
        }
    }

    #[test]
    fn the_highest_day_reaches_the_top_and_an_empty_day_has_no_bar() {
        assert_eq!(bars(&[0, 10, 1_000_000, 500_000]), "M1.5 12V11.20M2.5 12V1.00M3.5 12V6.50");
        assert_eq!(bars(&[0; DAYS]), "");
    }
}
