//! Formats dates, figures and counts in the language of the request. Their spaces are no-break spaces.

use std::borrow::Cow;

use domain::{
    catalog::{Catalog, Cycle, Feature, FeatureKind, Limit, Period, Unit},
    entitlement::{FeatureUsage, MeterState},
    money::Money,
    subscription::{BillingInterval, Subscription},
    time::Timestamp,
    wire::FailedDelivery,
};
use locales::{Locale, text};

/// Formats `1 Feb 2026`.
pub(crate) fn day(at: Timestamp) -> String {
    Locale::current().day(at)
}

/// Formats `1 Feb 2026, 21:40`. A line may break before the time.
pub(crate) fn minute(at: Timestamp) -> String {
    Locale::current().minute(at)
}

/// Formats `1 Feb`, for places where the year is obvious.
pub(crate) fn day_of_year(at: Timestamp) -> String {
    Locale::current().day_of_year(at)
}

/// Formats `Feb 2026`.
pub(crate) fn month(at: Timestamp) -> String {
    Locale::current().month(at)
}

/// Formats `in 18 days`, `today`, `3 days ago`. Show this text beside the date, never instead of it.
pub(crate) fn days_away(now: Timestamp, at: Timestamp) -> Cow<'static, str> {
    match now.days_until(at) {
        0 => text!(date_today),
        1 => text!(date_tomorrow),
        -1 => text!(date_yesterday),
        days if days > 0 => text!(date_in_days, days = days),
        days => text!(date_days_ago, days = days.unsigned_abs()),
    }
}

/// Formats `14 days`, `1 day`.
pub(crate) fn days(figure: u16) -> Cow<'static, str> {
    text!(count_days, days = figure)
}

/// Formats a whole number: `1,234`.
pub(crate) fn number(figure: u64) -> String {
    Locale::current().number(figure)
}

/// Formats an amount of money with all decimal places, for charges: `$29.00`, `−$16.84`.
pub(crate) fn exact(money: Money) -> String {
    Locale::current().exact(money)
}

/// Formats an amount of money without decimal places if it is whole, for price tables: `$29`.
pub(crate) fn short(money: Money) -> String {
    Locale::current().short(money)
}

/// Formats a price with its period: `$29.00 a month`.
pub(crate) fn price(money: Money, cycle: Cycle) -> Cow<'static, str> {
    match cycle {
        Cycle::Monthly => text!(price_a_month, price = exact(money)),
        Cycle::Yearly => text!(price_a_year, price = exact(money)),
    }
}

/// Formats how often something is paid: `every 3 months`.
pub(crate) fn interval(every: BillingInterval) -> Cow<'static, str> {
    Locale::current().interval(every)
}

/// Formats a price with its billing interval: `$75.00 every 3 months`.
pub(crate) fn price_every(money: Money, every: BillingInterval) -> Cow<'static, str> {
    text!(price_every, price = exact(money), every = interval(every))
}

/// Formats an amount of a subscription with its period: `$29.00 a month`, `$75.00 every 3 months`.
pub(crate) fn price_of(money: Money, subscription: &Subscription) -> Cow<'static, str> {
    match subscription.details.interval {
        Some(every) => price_every(money, every),
        None => price(money, subscription.cycle),
    }
}

/// Translates a name of the catalog: a plan's, a feature's or a group's.
pub(crate) fn name(name: &str) -> String {
    Locale::current().translate(name).into_owned()
}

/// Formats a mail's delivery error: `not delivered: mailbox full. Next attempt 1 Feb 2026, 14:05.`, to follow the mail's
/// name.
pub(crate) fn not_delivered(undelivered: &FailedDelivery) -> Cow<'static, str> {
    let FailedDelivery { reason, next_try } = undelivered;
    let reason = reason.trim_end_matches('.');
    match next_try {
        Some(next_try) => text!(mail_not_delivered_yet, reason = reason, next = minute(*next_try)),
        None => text!(mail_not_delivered, reason = reason),
    }
}

/// Formats an amount of a feature in its unit: `5 GB`, `$31.40`, `318,204`.
pub(crate) fn amount(feature: &Feature, value: u64) -> String {
    Locale::current().amount(feature, value)
}

/// Formats a limit in short form, for tables: `10 M`, `1,000`, `5 GB`, `$50`, `No limit`, `Yes`, `Not included`.
pub(crate) fn limit(feature: &Feature, limit: Limit) -> String {
    Locale::current().limit(feature, limit)
}

/// Formats used amounts in the feature's unit. Counts from a million on are truncated to hundredths of a million, so
/// that they never round up to a limit that is not reached.
pub(crate) fn used(feature: &Feature, value: u64) -> String {
    figure(feature, value, value / 10_000)
}

/// Formats a remaining amount. Rounds up where [`used`] truncates, so that both amounts add up to the limit.
pub(crate) fn left(feature: &Feature, value: u64) -> String {
    figure(feature, value, value.div_ceil(10_000))
}

fn figure(feature: &Feature, value: u64, hundredths_of_a_million: u64) -> String {
    if feature.unit != Unit::Count || value < 1_000_000 {
        return amount(feature, value);
    }
    Locale::current().millions(hundredths_of_a_million)
}

/// Formats a limit that is shown beside its usage, in the format of [`used`]; `no limit` if it is unlimited.
pub(crate) fn most(feature: &Feature, limit: Limit) -> String {
    match limit {
        Limit::Unlimited => text!(limit_none_within).into_owned(),
        // A limit is not truncated: where M does not express it exactly, it has all its digits, as in the tables.
        Limit::AtMost(most) if feature.unit == Unit::Count && !most.is_multiple_of(10_000) => amount(feature, most),
        Limit::AtMost(most) => used(feature, most),
    }
}

/// Formats a limit that is shown beside full amounts, with all its digits; `no limit` if it is unlimited.
pub(crate) fn full_limit(feature: &Feature, limit: Limit) -> String {
    match limit {
        Limit::Unlimited => text!(limit_none_within).into_owned(),
        Limit::AtMost(most) => Locale::current().full_amount(feature, most),
    }
}

/// Formats the start of a counter's period: `since 1 Jan`; `now` for a gauge.
pub(crate) fn since(feature: &Feature, usage: &FeatureUsage) -> Cow<'static, str> {
    match (feature.kind, usage.since) {
        (FeatureKind::Counter(Period::Minute), _) => text!(since_this_minute),
        (FeatureKind::Counter(Period::Day), _) => text!(since_today),
        (FeatureKind::Counter(_), Some(start)) => text!(since_day, day = day_of_year(start)),
        _ => text!(since_now),
    }
}

/// Returns how many limits are reached or exceeded, and how many are nearly reached.
pub(crate) fn reached_and_near(catalog: &Catalog, usage: &[FeatureUsage]) -> (usize, usize) {
    let mut counts = (0, 0);
    for reading in usage {
        let Some(feature) = catalog.feature(reading.feature.as_str()).filter(|feature| feature.kind.is_counted())
        else {
            continue;
        };
        match reading.state(feature) {
            MeterState::Reached | MeterState::Over => counts.0 += 1,
            MeterState::Near => counts.1 += 1,
            MeterState::Ok => {}
        }
    }
    counts
}

/// Builds "1 limit reached, 2 almost reached."
pub(crate) fn limits_sentence(reached: usize, near: usize) -> Cow<'static, str> {
    match (reached, near) {
        (0, 0) => text!(limits_all_fine),
        (0, near) => text!(limits_near, near = near),
        (reached, 0) => text!(limits_reached, reached = reached),
        (reached, near) => text!(limits_reached_and_near, reached = reached, near = near),
    }
}

/// Formats a waiting time for a sentence: `30 seconds`, `1 minute`, `15 minutes`. `None` counts as 60 seconds; a time
/// of more than a day counts as a day.
pub(crate) fn minutes(wait_secs: Option<i64>) -> Cow<'static, str> {
    if let Some(secs @ 2..=45) = wait_secs {
        return text!(count_seconds, seconds = secs);
    }
    text!(count_minutes, minutes = wait_secs.unwrap_or(60).clamp(1, 86_400).unsigned_abs().div_ceil(60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_do_not_break() {
        let at = Timestamp::from_secs(1_769_904_000);
        assert_eq!(day(at), "1\u{a0}Feb\u{a0}2026");
        assert_eq!(day_of_year(at), "1\u{a0}Feb");
    }

    #[test]
    fn an_undelivered_mail_states_reason_and_retry() {
        let at = Timestamp::from_secs(1_769_904_000);
        let text = |next_try| not_delivered(&FailedDelivery { reason: "the server is busy.".to_owned(), next_try });
        let again = "wasn’t delivered: the server is busy. Next attempt: 1\u{a0}Feb\u{a0}2026, 00:00.";
        assert_eq!(text(Some(at)), again);
        assert_eq!(text(None), "wasn’t delivered: the server is busy. We won’t try again.");
    }

    #[test]
    fn days_are_counted_from_today() {
        let now = Timestamp::from_secs(1_768_400_000);
        for (days, said) in [(0, "today"), (1, "tomorrow"), (18, "in 18 days"), (-1, "yesterday"), (-3, "3 days ago")] {
            assert_eq!(days_away(now, now.plus_secs(days * 86_400)), said);
        }
    }

    #[test]
    fn reached_and_near_limits_are_counted() {
        assert_eq!(limits_sentence(0, 0), "Usage is within all limits.");
        assert_eq!(limits_sentence(1, 2), "1 limit reached, 2 almost reached.");
        assert_eq!(limits_sentence(2, 0), "2 limits reached.");
        assert_eq!(limits_sentence(0, 1), "1 limit almost reached.");
        assert_eq!(limits_sentence(2, 1), "2 limits reached, 1 almost reached.");
    }

    #[test]
    fn millions_are_truncated_not_rounded() {
        let catalog = domain::catalog::file::default_catalog();
        let tokens = catalog.feature("ai_tokens").unwrap();
        assert_eq!(used(tokens, 9_999_999), "9.99\u{a0}M");
        assert_eq!(used(tokens, 10_000_000), "10\u{a0}M");
        assert_eq!(used(tokens, 6_210_000), "6.21\u{a0}M");
        assert_eq!(used(tokens, 999_999), "999,999");
        assert_eq!(
            (used(tokens, 6_214_903), left(tokens, 3_785_097)),
            ("6.21\u{a0}M".to_owned(), "3.79\u{a0}M".to_owned())
        );
    }

    #[test]
    fn a_limit_is_written_in_the_same_way_beside_usage_and_in_tables() {
        let catalog = domain::catalog::file::default_catalog();
        for key in ["ai_tokens", "telemetry_events_monthly", "websocket_connections", "file_storage_bytes"] {
            let feature = catalog.feature(key).unwrap();
            let plans = catalog.plans.iter().map(|plan| plan.limit(&feature.key));
            let custom = [9_999, 10_000, 45_210, 100_000, 999_999, 1_000_000, 1_234_567, 7_500_000].map(Limit::AtMost);
            for bound in plans.chain(custom).filter(|bound| matches!(bound, Limit::AtMost(1..))) {
                assert_eq!(most(feature, bound), limit(feature, bound), "{key}");
            }
        }
        let tokens = catalog.feature("ai_tokens").unwrap();
        assert_eq!(
            (used(tokens, 50_000), most(tokens, Limit::AtMost(50_000))),
            ("50,000".to_owned(), "50,000".to_owned())
        );
        assert_eq!(full_limit(tokens, Limit::AtMost(10_000_000)), "10,000,000");
        assert_eq!(most(tokens, Limit::AtMost(1_234_567)), "1,234,567");
    }

    #[test]
    fn a_wait_is_rounded_up_to_minutes() {
        let waits = [None, Some(0), Some(30), Some(60), Some(61), Some(900), Some(901), Some(i64::MAX)];
        let expected = [
            "1 minute",
            "1 minute",
            "30 seconds",
            "1 minute",
            "2 minutes",
            "15 minutes",
            "16 minutes",
            "1,440 minutes",
        ]
        .map(|text| text.replace(' ', "\u{a0}"));
        assert_eq!(waits.map(minutes), expected);
    }
}
