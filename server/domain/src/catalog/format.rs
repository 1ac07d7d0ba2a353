//! Formatting of numbers, sizes and limits for pages, messages and the platform API.

use super::{Feature, FeatureKind, Limit, Period, Unit};
use crate::money::{Currency, Money};

pub use crate::money::grouped;

const NO_BREAK: char = '\u{a0}';
const MICROS_PER_CENT: u64 = 10_000;
const MICROS_PER_DOLLAR: u64 = 1_000_000;

/// Replaces no-break spaces by ordinary ones, for messages and API answers.
pub fn plain(text: &str) -> String {
    text.replace(NO_BREAK, " ")
}

/// A size in binary units with at most two decimals: `1.5 GB`. The format of the platform API.
pub fn size(bytes: u64) -> String {
    let (hundredths, unit) = size_parts(bytes);
    let (whole, rest) = (hundredths / 100, hundredths % 100);
    let decimals = format!(".{rest:02}");
    format!("{whole}{} {unit}", decimals.trim_end_matches('0').trim_end_matches('.'))
}

/// A size in the largest binary unit that it reaches: hundredths of the unit, rounded half up, and the unit.
pub fn size_parts(bytes: u64) -> (u64, &'static str) {
    let bytes = u128::from(bytes);
    let (mut one, mut hundredths, mut unit) = (1, bytes * 100, "B");
    for larger in ["KB", "MB", "GB", "TB", "PB", "EB"] {
        // A size that rounds to 1,024 of a unit is 1 of the next.
        if hundredths < 102_400 {
            break;
        }
        one *= 1024;
        (hundredths, unit) = ((bytes * 200 / one).div_ceil(2), larger);
    }
    (u64::try_from(hundredths).unwrap_or(u64::MAX), unit)
}

/// An amount of a feature in its unit: `5 GB`, `$31.40`, `318,204`. Spaces are no-break spaces.
pub fn amount(feature: &Feature, value: u64) -> String {
    match feature.unit {
        Unit::Count => grouped(value),
        Unit::Bytes => size(value).replace(' ', NO_BREAK.encode_utf8(&mut [0; 2])),
        Unit::UsdMicros if (1..MICROS_PER_CENT).contains(&value) => "under $0.01".replace(' ', "\u{a0}"),
        Unit::UsdMicros => dollars(value).exact(),
    }
}

/// A limit in short form, for tables: `10 M`, `1,000`, `5 GB`, `$50`, `No limit`, `Yes`, `Not included`. Spaces in
/// numbers are no-break spaces.
pub fn limit(feature: &Feature, limit: Limit) -> String {
    match limit {
        Limit::AtMost(0) => "Not included".to_owned(),
        _ if feature.kind == FeatureKind::Flag => "Yes".to_owned(),
        Limit::Unlimited => "No limit".to_owned(),
        Limit::AtMost(most) => match feature.unit {
            Unit::Count => short_figure(feature, most),
            Unit::Bytes => amount(feature, most),
            Unit::UsdMicros if !most.is_multiple_of(MICROS_PER_CENT) => sub_cent(most),
            Unit::UsdMicros => dollars(most).short(),
        },
    }
}

/// How a count is shortened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShortCount {
    /// All digits.
    Full,
    /// In hundredths of a thousand.
    Thousands { hundredths: u64 },
    /// In hundredths of a million.
    Millions { hundredths: u64 },
}

/// Shortens a count to K or M if at most two decimals express it exactly.
///
/// Counters of a day or longer use K and M from 10 K on, gauges and counters of a minute from 100 K on.
pub fn short_count(feature: &Feature, most: u64) -> ShortCount {
    let has_long_period = matches!(feature.kind, FeatureKind::Counter(Period::Day | Period::Month | Period::Billing));
    let from = if has_long_period { 10_000 } else { 100_000 };
    let one = if most < 1_000_000 { 1_000 } else { 1_000_000 };
    if most < from || !most.is_multiple_of(one / 100) {
        return ShortCount::Full;
    }
    let hundredths = most / (one / 100);
    if one == 1_000 { ShortCount::Thousands { hundredths } } else { ShortCount::Millions { hundredths } }
}

fn short_figure(feature: &Feature, most: u64) -> String {
    let (hundredths, unit) = match short_count(feature, most) {
        ShortCount::Full => return grouped(most),
        ShortCount::Thousands { hundredths } => (hundredths, 'K'),
        ShortCount::Millions { hundredths } => (hundredths, 'M'),
    };
    let decimals = format!(".{:02}", hundredths % 100);
    let decimals = decimals.trim_end_matches('0').trim_end_matches('.');
    format!("{}{decimals}{NO_BREAK}{unit}", grouped(hundredths / 100))
}

/// Micros as money, rounded half up to cents.
fn dollars(micros: u64) -> Money {
    let cents = micros / MICROS_PER_CENT + u64::from(micros % MICROS_PER_CENT * 2 >= MICROS_PER_CENT);
    Money::new(i64::try_from(cents).unwrap_or(i64::MAX), Currency::USD)
}

/// A limit with fractions of a cent, unrounded: `$0.0005`.
fn sub_cent(micros: u64) -> String {
    let decimals = format!("{:06}", micros % MICROS_PER_DOLLAR);
    format!("${}.{}", grouped(micros / MICROS_PER_DOLLAR), decimals.trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;
    use crate::catalog::file::default_catalog;

    fn feature(key: &str) -> Feature {
        default_catalog().feature(key).unwrap().clone()
    }

    #[rstest]
    #[case(0, "0")]
    #[case(999, "999")]
    #[case(1_000, "1,000")]
    #[case(1_234_567, "1,234,567")]
    #[case(u64::MAX, "18,446,744,073,709,551,615")]
    fn numbers_are_grouped_by_thousands(#[case] figure: u64, #[case] expected: &str) {
        assert_eq!(grouped(figure), expected);
    }

    #[rstest]
    #[case(0, "0 B")]
    #[case(1, "1 B")]
    #[case(1023, "1023 B")]
    #[case(1024, "1 KB")]
    #[case(1_073_741_824, "1 GB")]
    #[case(1_610_612_736, "1.5 GB")]
    #[case(5_368_709_120, "5 GB")]
    #[case(209_715_200, "200 MB")]
    #[case(1_288_490_189, "1.2 GB")]
    #[case(1_073_741_823, "1 GB")]
    #[case(1_084_227_584, "1.01 GB")]
    #[case(1_048_576_000, "1000 MB")]
    #[case(u64::MAX, "16 EB")]
    fn sizes_have_binary_units_and_no_trailing_zeros(#[case] bytes: u64, #[case] expected: &str) {
        assert_eq!(size(bytes), expected);
    }

    #[rstest]
    #[case("file_storage_bytes", 5_368_709_120, "5\u{a0}GB")]
    #[case("ai_cost", 0, "$0.00")]
    #[case("ai_cost", 1, "under\u{a0}$0.01")]
    #[case("ai_cost", 31_400_000, "$31.40")]
    #[case("ai_cost", 31_404_999, "$31.40")]
    #[case("ai_cost", 31_405_000, "$31.41")]
    #[case("ai_cost", u64::MAX, "$18,446,744,073,709.55")]
    #[case("telemetry_events_monthly", 318_204, "318,204")]
    fn amounts_have_the_unit_of_their_feature(#[case] key: &str, #[case] value: u64, #[case] expected: &str) {
        assert_eq!(amount(&feature(key), value), expected);
    }

    #[rstest]
    #[case("ai_tokens", 10_000_000, "10\u{a0}M")]
    #[case("ai_tokens", 100_000, "100\u{a0}K")]
    #[case("ai_tokens", 10_000, "10\u{a0}K")]
    #[case("ai_tokens", 9_000, "9,000")]
    #[case("ai_tokens", 12_345, "12,345")]
    #[case("ai_tokens", 12_340, "12.34\u{a0}K")]
    #[case("ai_tokens", 1_500_000, "1.5\u{a0}M")]
    #[case("ai_tokens", 1_000_000_000, "1,000\u{a0}M")]
    #[case("websocket_connections", 10_000, "10,000")]
    #[case("websocket_connections", 1_000_000, "1\u{a0}M")]
    #[case("api_requests", 1_000, "1,000")]
    #[case("file_storage_bytes", 209_715_200, "200\u{a0}MB")]
    #[case("ai_cost", 50_000_000, "$50")]
    #[case("ai_cost", 500_000, "$0.50")]
    #[case("ai_cost", 500, "$0.0005")]
    #[case("ai_runtime", 1, "Yes")]
    #[case("ai_runtime", 0, "Not included")]
    #[case("game_projects", 0, "Not included")]
    fn limits_have_a_short_form(#[case] key: &str, #[case] most: u64, #[case] expected: &str) {
        assert_eq!(limit(&feature(key), Limit::AtMost(most)), expected);
    }

    #[test]
    fn an_unlimited_feature_has_no_number() {
        assert_eq!(limit(&feature("file_storage_bytes"), Limit::Unlimited), "No limit");
        assert_eq!(limit(&feature("ai_runtime"), Limit::Unlimited), "Yes");
    }

    proptest! {
        #[test]
        fn a_size_is_rounded_by_at_most_half_a_hundredth(bytes: u64) {
            let shown = size(bytes);
            let (figure, unit) = shown.split_once(' ').unwrap();
            let exponent = ["B", "KB", "MB", "GB", "TB", "PB", "EB"].iter().position(|known| *known == unit).unwrap();
            let one = 1_u128 << (10 * exponent);
            let (whole, rest) = figure.split_once('.').unwrap_or((figure, ""));
            let hundredths: u128 = format!("{whole}{rest:0<2}").parse().unwrap();
            prop_assert!((u128::from(bytes) * 100).abs_diff(hundredths * one) * 2 <= one);
            prop_assert!(exponent == 0 || (100..102_400).contains(&hundredths));
        }

        #[test]
        fn a_short_count_is_exact(most in 1_u64..) {
            let shown = limit(&feature("ai_tokens"), Limit::AtMost(most)).replace([',', '\u{a0}'], "");
            let (figure, zeros) = match shown.strip_suffix(['K', 'M']) {
                Some(figure) => (figure, if shown.ends_with('K') { 3 } else { 6 }),
                None => (shown.as_str(), 0),
            };
            let (whole, rest) = figure.split_once('.').unwrap_or((figure, ""));
            prop_assert_eq!(format!("{whole}{rest:0<zeros$}").parse::<u64>().unwrap(), most);
        }
    }
}
