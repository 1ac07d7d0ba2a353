//! Recent usage in small: a bar per day, and a comparison in words.

use std::{borrow::Cow, cmp::Ordering};

use domain::{
    catalog::{Feature, Unit},
    entitlement::history::{
        projection::Projection,
        trend::{DAYS, Trend, TrendComparison},
    },
};
use locales::text;
use maud::{Markup, Render, html};

use crate::wording::{day, used};

/// Height of the view box. Its width is one unit per day.
const TALL: u64 = 12;
/// Heights of the highest bar, and of the lowest bar of a day with usage, in hundredths of a unit of the view box.
const HIGHEST: u64 = 1100;
const LOWEST: u64 = 80;
/// The days of the two weeks that are compared.
const DAYS_COMPARED: u8 = 14;

/// Renders the two trend cells of a meter's line: bars, which screen readers skip, and a comparison in words.
pub(crate) fn trend(feature: &Feature, trend: &Trend) -> Markup {
    html! {
        svg class="trend" viewBox={ "0 0 " (DAYS) " " (TALL) } preserveAspectRatio="none" aria-hidden="true" {
            path class="axis" d={ "M0 " (TALL) "H" (DAYS) } {}
            path d=(bars(&trend.days)) {}
        }
        span class="lately" {
            (lately(feature, trend.compared))
            @if let Some(found) = trend.projection {
                br;
                (projected(feature, found))
            }
        }
    }
}

/// States the usage at the end of the period: "Projected: 6.81 M on 1 Feb 2026".
fn projected(feature: &Feature, projection: Projection) -> Cow<'static, str> {
    let Projection { until, used: amount, reached_at: _, pace: _ } = projection;
    text!(usage_trend_projected, used = used(feature, amount), day = day(until))
}

/// Returns a path with one vertical line per day.
fn bars(days: &[u64]) -> String {
    let most = days.iter().max().copied().unwrap_or_default().max(1);
    let mut path = String::new();
    for (at, day) in days.iter().enumerate().filter(|(_, day)| **day > 0) {
        let top = TALL * 100 - height(*day, most).max(LOWEST);
        // Not by `write!`, which takes several times as long: a page has hundreds of bars.
        path.push('M');
        at.render_to(&mut path);
        path.push_str(".5 ");
        TALL.render_to(&mut path);
        path.push('V');
        (top / 100).render_to(&mut path);
        path.push_str(if top % 100 < 10 { ".0" } else { "." });
        (top % 100).render_to(&mut path);
    }
    path
}

/// The height of the bar of a day, in hundredths of a unit of the view box. `most` is the amount of the highest.
fn height(day: u64, most: u64) -> u64 {
    match day.checked_mul(HIGHEST) {
        Some(scaled) => scaled / most,
        None => u64::try_from(u128::from(day) * u128::from(HIGHEST) / u128::from(most)).unwrap_or(HIGHEST),
    }
}

/// Describes the trend: "1,204 in the last 7 days, 8% more than the week before".
fn lately(feature: &Feature, compared: TrendComparison) -> Cow<'static, str> {
    match compared {
        TrendComparison::Added { week, before } => compare_weeks(feature, week, before),
        TrendComparison::Level { now, then } => {
            let difference = used(feature, now.abs_diff(then));
            match now.cmp(&then) {
                Ordering::Equal => text!(usage_trend_level_same, days = DAYS),
                Ordering::Greater => text!(usage_trend_level_more, difference = difference, days = DAYS),
                Ordering::Less if feature.unit == Unit::Count => {
                    text!(usage_trend_level_fewer, difference = difference, days = DAYS)
                }
                Ordering::Less => text!(usage_trend_level_less, difference = difference, days = DAYS),
            }
        }
    }
}

/// Compares a week with the one before: in whole percent, or as a multiple if it is ten times as much or more.
fn compare_weeks(feature: &Feature, week: u64, before: u64) -> Cow<'static, str> {
    let amount = used(feature, week);
    match (week, before) {
        (0, 0) => return text!(usage_trend_nothing, days = DAYS_COMPARED),
        (0, before) => return text!(usage_trend_nothing_now, before = used(feature, before)),
        (_, 0) => return text!(usage_trend_new, week = amount),
        _ => {}
    }
    if week / before >= 10 {
        return text!(usage_trend_times, week = amount, times = week / before);
    }
    // Less than 1000, because the week is less than ten times the one before.
    let percent = (u128::from(week.abs_diff(before)) * 200 / u128::from(before)).div_ceil(2);
    match u64::try_from(percent).unwrap_or(u64::MAX) {
        0 => text!(usage_trend_same, week = amount),
        percent if week > before => text!(usage_trend_more, week = amount, percent = percent),
        percent => text!(usage_trend_less, week = amount, percent = percent),
    }
}

#[cfg(test)]
mod tests {
    use domain::entitlement::history::projection::Pace;

    use super::*;
    use crate::fixture::at;

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
            (7, 7, "7 in the last 7 days, the same as the week before"),
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
            ("websocket_rooms", 2, 2, "Same as 30 days ago"),
            ("file_storage_bytes", 0, 1 << 30, "1 GB less than 30 days ago"),
        ] {
            assert_eq!(said(feature, TrendComparison::Level { now, then }), words);
        }
    }

    #[test]
    fn usage_and_cost_at_the_end_of_the_period_are_projected() {
        let catalog = domain::catalog::file::default_catalog();
        for (feature, used, words) in [
            ("ai_tokens", 6_810_000, "Projected: 6.81 M on 1 Feb 2026"),
            ("ai_cost", 12_500_000, "Projected: $12.50 on 1 Feb 2026"),
        ] {
            let until = at("2026-02-01T00:00:00Z");
            let projection = Projection { until, used, reached_at: None, pace: Pace::Days(7) };
            let said = projected(catalog.feature(feature).unwrap(), projection);
            assert_eq!(said.replace('\u{a0}', " "), words);
        }
    }

    #[test]
    fn the_highest_day_reaches_the_top_and_an_empty_day_has_no_bar() {
        assert_eq!(bars(&[0, 10, 1_000_000, 500_000]), "M1.5 12V11.20M2.5 12V1.00M3.5 12V6.50");
        assert_eq!(bars(&[0; DAYS]), "");
        assert_eq!(bars(&[u64::MAX, u64::MAX / 2]), "M0.5 12V1.00M1.5 12V6.51");
    }
}
