//! Formats dates, figures and counts, with non-breaking spaces.

use domain::{
    catalog::{Catalog, Feature, FeatureKind, Limit, Period, Unit, format},
    entitlement::{FeatureUsage, MeterState},
    money::Money,
    time::Timestamp,
    wire::FailedDelivery,
};
use leptos::prelude::*;

/// A non-breaking space.
const NBSP: &str = "\u{a0}";

/// Formats `1 Feb 2026`.
pub(crate) fn day(at: Timestamp) -> String {
    at.date().replace(' ', NBSP)
}

/// Formats `1 Feb 2026, 21:40`. A line may break before the time.
pub(crate) fn minute(at: Timestamp) -> String {
    format!("{}, {}", day(at), at.time_of_day())
}

/// Formats `1 Feb`, for places where the year is obvious.
pub(crate) fn day_of_year(at: Timestamp) -> String {
    at.date().split(' ').take(2).collect::<Vec<_>>().join(NBSP)
}

/// Formats `in 18 days`, `today`, `3 days ago`. Show this text beside the date, never instead of it.
pub(crate) fn days_away(now: Timestamp, at: Timestamp) -> String {
    match now.days_until(at) {
        0 => "today".to_owned(),
        1 => "tomorrow".to_owned(),
        -1 => "yesterday".to_owned(),
        days if days > 0 => format!("in {days} days"),
        days => format!("{} days ago", days.unsigned_abs()),
    }
}

/// Formats `14 days`, `1 day`.
pub(crate) fn days(figure: u16) -> String {
    format!("{figure}{NBSP}{}", if figure == 1 { "day" } else { "days" })
}

/// Formats `one`, `eighteen`, `21`.
pub(crate) fn count(figure: usize) -> String {
    domain::catalog::compare::spell_out(figure)
}

/// Capitalizes the first letter.
pub(crate) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Formats `could not be delivered: mailbox full. Tried again at 1 Feb 2026, 14:05.`, to follow the mail's name.
pub(crate) fn not_delivered(undelivered: &FailedDelivery) -> String {
    let FailedDelivery { reason, next_try } = undelivered;
    let reason = reason.trim_end_matches('.');
    match next_try {
        Some(next_try) => format!("could not be delivered: {reason}. Tried again at {}.", minute(*next_try)),
        None => format!("could not be delivered: {reason}. It is not tried again."),
    }
}

/// Formats `1 limit`, `9 limits`.
pub(crate) fn limits(figure: usize) -> String {
    format!("{figure}{NBSP}{}", if figure == 1 { "limit" } else { "limits" })
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
        return format::amount(feature, value);
    }
    let hundredths = format!("{:02}", hundredths_of_a_million % 100);
    let fraction = hundredths.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{}{point}{fraction}{NBSP}M", format::grouped(hundredths_of_a_million / 100))
}

/// Formats a limit that is shown beside its usage, in the format of [`used`]; `no limit` if it is unlimited.
pub(crate) fn most(feature: &Feature, limit: Limit) -> String {
    match limit {
        Limit::Unlimited => "no limit".to_owned(),
        Limit::AtMost(most) => used(feature, most),
    }
}

/// Formats the start of a counter's period: `since 1 Jan`; `now` for a gauge.
pub(crate) fn since(feature: &Feature, usage: &FeatureUsage) -> String {
    match (feature.kind, usage.since) {
        (FeatureKind::Counter(Period::Minute), _) => "this minute".to_owned(),
        (FeatureKind::Counter(Period::Day), _) => "today".to_owned(),
        (FeatureKind::Counter(_), Some(start)) => format!("since {}", day_of_year(start)),
        _ => "now".to_owned(),
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

/// Builds "One limit is reached, two are near."
pub(crate) fn limits_sentence(reached: usize, near: usize) -> String {
    let verb = |figure: usize| if figure == 1 { "is" } else { "are" };
    let noun = |figure: usize| if figure == 1 { "limit" } else { "limits" };
    match (reached, near) {
        (0, 0) => "No limit is near.".to_owned(),
        (0, near) => format!("{} {} {} near.", capital(&count(near)), noun(near), verb(near)),
        (reached, 0) => format!("{} {} {} reached.", capital(&count(reached)), noun(reached), verb(reached)),
        (reached, near) => format!(
            "{} {} {} reached, {} {} near.",
            capital(&count(reached)),
            noun(reached),
            verb(reached),
            count(near),
            verb(near)
        ),
    }
}

/// Builds "$10.00 less than today": compares a price with the current price, which the text calls `than`.
pub(crate) fn price_difference(price: Money, current: Money, than: &str) -> String {
    let difference = Money::new(price.minor.saturating_sub(current.minor), price.currency);
    let size = Money::new(difference.minor.saturating_abs(), price.currency).exact();
    match difference.minor {
        0 => format!("As much as {than}"),
        minor if minor < 0 => format!("{size} less than {than}"),
        _ => format!("{size} more than {than}"),
    }
}

/// A sentence with bold parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sentence(Vec<(bool, String)>);

impl Sentence {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(vec![(false, text.into())])
    }

    pub(crate) fn bold(mut self, text: impl Into<String>) -> Self {
        self.0.push((true, text.into()));
        self
    }

    pub(crate) fn then(mut self, text: impl Into<String>) -> Self {
        self.0.push((false, text.into()));
        self
    }

    pub(crate) fn view(self) -> impl IntoView + use<> {
        self.0
            .into_iter()
            .map(|(bold, text)| if bold { view! { <b>{text}</b> }.into_any() } else { text.into_any() })
            .collect_view()
    }

    #[cfg(test)]
    pub(crate) fn plain(&self) -> String {
        self.0.iter().map(|(_, text)| text.as_str()).collect::<String>().replace(NBSP, " ")
    }
}

/// Formats a waiting time for a sentence: `30 seconds`, `a minute`, `15 minutes`. `None` counts as 60 seconds; a time
/// of more than a day counts as a day.
pub(crate) fn minutes(wait_secs: Option<i64>) -> String {
    if let Some(secs @ 2..=45) = wait_secs {
        return format!("{secs} seconds");
    }
    match wait_secs.unwrap_or(60).clamp(1, 86_400).unsigned_abs().div_ceil(60) {
        1 => "a minute".to_owned(),
        minutes => format!("{minutes} minutes"),
    }
}

#[cfg(test)]
mod tests {
    use domain::money::Currency;

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
        let again = "could not be delivered: the server is busy. Tried again at 1\u{a0}Feb\u{a0}2026, 00:00.";
        assert_eq!(text(Some(at)), again);
        assert_eq!(text(None), "could not be delivered: the server is busy. It is not tried again.");
    }

    #[test]
    fn days_are_counted_from_today() {
        let now = Timestamp::from_secs(1_768_400_000);
        for (days, said) in [(0, "today"), (1, "tomorrow"), (18, "in 18 days"), (-1, "yesterday"), (-3, "3 days ago")] {
            assert_eq!(days_away(now, now.plus_secs(days * 86_400)), said);
        }
    }

    #[test]
    fn limits_are_counted_in_words() {
        assert_eq!(limits_sentence(0, 0), "No limit is near.");
        assert_eq!(limits_sentence(1, 2), "One limit is reached, two are near.");
        assert_eq!(limits_sentence(2, 0), "Two limits are reached.");
        assert_eq!(limits_sentence(0, 1), "One limit is near.");
        assert_eq!(limits_sentence(2, 1), "Two limits are reached, one is near.");
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
    fn a_wait_is_rounded_up_to_minutes() {
        let waits = [None, Some(0), Some(30), Some(60), Some(61), Some(900), Some(901), Some(i64::MAX)];
        let expected =
            ["a minute", "a minute", "30 seconds", "a minute", "2 minutes", "15 minutes", "16 minutes", "1440 minutes"];
        assert_eq!(waits.map(minutes), expected);
    }

    #[test]
    fn a_price_is_compared_with_the_current_one() {
        let usd = |minor| Money::new(minor, Currency::USD);
        assert_eq!(price_difference(usd(1900), usd(2900), "today"), "$10.00 less than today");
        assert_eq!(price_difference(usd(9900), usd(2900), "today"), "$70.00 more than today");
        assert_eq!(price_difference(usd(2900), usd(2900), "today"), "As much as today");
    }
}
