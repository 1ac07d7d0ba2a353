//! Parses a limit as an operator types it, without floating point.

use billing::service::{ServiceError, operator::overrides::CustomLimitChange};
use domain::{
    catalog::{Feature, Limit, Unit},
    money::Currency,
};

const MICROS_PER_DOLLAR: u64 = 1_000_000;
/// Suffixes of sizes, each with its exponent of two: units are binary, as in the sizes that the catalog prints.
const SIZES: [(&str, u32); 7] = [("kb", 10), ("mb", 20), ("gb", 30), ("tb", 40), ("pb", 50), ("eb", 60), ("b", 0)];

/// Parses a limit: a figure in the feature's unit, `unlimited`, or `plan` to remove the custom limit.
///
/// With `at_most` the figure becomes the maximum on every plan. `feature` is `None` if it is unknown; the service then
/// rejects the change.
pub(super) fn parse_limit(
    text: &str,
    feature: Option<&Feature>,
    at_most: bool,
) -> Result<CustomLimitChange, ServiceError> {
    let text = text.trim().to_lowercase();
    let most = match text.as_str() {
        "plan" => return Ok(CustomLimitChange::Remove),
        "unlimited" | "no limit" if at_most => {
            return Err(ServiceError::field("limit", "Write the figure that no plan is to exceed."));
        }
        "unlimited" | "no limit" => return Ok(CustomLimitChange::Set(Limit::Unlimited)),
        figure => parse_figure(figure, feature.map_or(Unit::Count, |feature| feature.unit)),
    };
    let wrong = || ServiceError::field("limit", "Write a figure in the limit’s unit, or “unlimited”.");
    let change =
        |most| if at_most { CustomLimitChange::AtMost(most) } else { CustomLimitChange::Set(Limit::AtMost(most)) };
    most.map(change).ok_or_else(wrong)
}

/// Parses a figure in a unit; `None` if it is none.
pub(crate) fn parse_figure(text: &str, unit: Unit) -> Option<u64> {
    let text = text.trim().to_lowercase();
    match unit {
        Unit::Count => times(&text, 1),
        Unit::Bytes => size(&text),
        Unit::UsdMicros => times(Currency::USD.stripped(&text), MICROS_PER_DOLLAR),
    }
}

/// Writes a figure for an input, exactly and in the same way in every language, so that [`parse_figure`] reads it back.
pub(crate) fn figure_text(figure: u64, unit: Unit) -> String {
    match unit {
        Unit::Count => figure.to_string(),
        Unit::Bytes => {
            let is_whole = |exponent: u32| exponent > 0 && figure > 0 && figure.trailing_zeros() >= exponent;
            let largest =
                SIZES.iter().filter(|(_, exponent)| is_whole(*exponent)).max_by_key(|(_, exponent)| *exponent);
            largest.map_or_else(
                || figure.to_string(),
                |(unit, exponent)| format!("{} {}", figure >> exponent, unit.to_uppercase()),
            )
        }
        Unit::UsdMicros => {
            let (dollars, micros) = (figure / MICROS_PER_DOLLAR, figure % MICROS_PER_DOLLAR);
            format!("{dollars}.{micros:06}").trim_end_matches('0').trim_end_matches('.').to_owned()
        }
    }
}

/// Parses `10 GB` to bytes; a figure without a unit is bytes.
fn size(text: &str) -> Option<u64> {
    let with_unit = SIZES.iter().find_map(|(unit, exponent)| Some((text.strip_suffix(unit)?.trim(), 1 << exponent)));
    let (figure, one) = with_unit.unwrap_or((text, 1));
    times(figure, one)
}

/// Multiplies a decimal `figure` by `one`; `None` if `figure` is not a number or the product is not a 64-bit integer.
fn times(figure: &str, one: u64) -> Option<u64> {
    let (whole, fraction) = match figure.split_once('.') {
        Some((whole, fraction)) if is_digits(fraction) => (whole, fraction.trim_end_matches('0')),
        Some(_) => return None,
        None => (figure, ""),
    };
    let parts = 10_u128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let all = format!("{}{fraction}", ungrouped(whole)?).parse::<u128>().ok()?.checked_mul(u128::from(one))?;
    if all % parts == 0 { u64::try_from(all / parts).ok() } else { None }
}

/// Returns the digits of an integer without its thousands separators; `None` for any other text.
///
/// A comma that does not separate thousands is rejected, because it may be a decimal point.
fn ungrouped(text: &str) -> Option<String> {
    let groups: Vec<_> = text.split([',', ' ', '_', '\u{a0}']).collect();
    let (first, others) = groups.split_first()?;
    let by_threes = others.is_empty()
        || (first.len() <= 3 && !first.starts_with('0') && others.iter().all(|group| group.len() == 3));
    (by_threes && groups.iter().all(|group| is_digits(group))).then(|| groups.concat())
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use domain::catalog::file::default_catalog;

    use super::*;

    fn read(key: &str, text: &str) -> Option<CustomLimitChange> {
        parse_limit(text, default_catalog().feature(key), false).ok()
    }

    const fn most(figure: u64) -> CustomLimitChange {
        CustomLimitChange::Set(Limit::AtMost(figure))
    }

    #[test]
    fn common_notations_of_a_limit_are_parsed() {
        for (key, text, change) in [
            ("projects", "1,000", most(1000)),
            ("projects", " 1 000 ", most(1000)),
            ("projects", "0", most(0)),
            ("projects", "2500000000", most(2_500_000_000)),
            ("projects", "Unlimited", CustomLimitChange::Set(Limit::Unlimited)),
            ("ai_cost", "no limit", CustomLimitChange::Set(Limit::Unlimited)),
            ("file_storage_bytes", "plan", CustomLimitChange::Remove),
            ("nobody_knows", "5", most(5)),
            ("ai_cost", "$2,500", most(2_500_000_000)),
            ("ai_cost", "2500.50", most(2_500_500_000)),
            ("ai_cost", "$ 0.000001", most(1)),
            ("ai_cost", "2500\u{a0}$", most(2_500_000_000)),
            ("ai_cost", "2500 USD", most(2_500_000_000)),
            ("ai_cost", "0", most(0)),
            ("file_storage_bytes", "10 GB", most(10 << 30)),
            ("file_storage_bytes", "512 mb", most(512 << 20)),
            ("file_storage_bytes", "1.5GB", most(3 << 29)),
            ("file_storage_bytes", "4,096", most(4096)),
            ("file_storage_bytes", "12 B", most(12)),
        ] {
            assert_eq!(read(key, text), Some(change), "{key}: {text}");
        }
    }

    #[test]
    fn inexact_and_negative_limits_are_rejected() {
        let refused = |key: &str, texts: &[&str]| {
            for text in texts {
                assert_eq!(read(key, text), None, "{key}: {text}");
            }
        };
        refused("projects", &["", "-1", "many", "1.5", "1,0", "1,,000", "$5", "5 GB", "99999999999999999999999"]);
        refused("ai_cost", &["", "$", "-$5", "$-5", "5.", ".5", "0.0000001", "2,50", "1e3", "5 EUR", "99999999999999"]);
        refused("file_storage_bytes", &["", "GB", "-5 GB", "1,5 GB", "0.1 KB", "1.5", "5 GiB", "1 GB 2", "99999 EB"]);
    }

    #[test]
    fn a_maximum_requires_a_figure() {
        let catalog = default_catalog();
        let read = |text: &str| parse_limit(text, catalog.feature("projects"), true).ok();
        assert_eq!((read("7"), read("0")), (Some(CustomLimitChange::AtMost(7)), Some(CustomLimitChange::AtMost(0))));
        assert_eq!((read("unlimited"), read("plan")), (None, Some(CustomLimitChange::Remove)));
    }

    #[test]
    fn a_figure_in_an_input_parses_to_itself() {
        for (unit, figure, text) in [
            (Unit::Count, 1_234_567, "1234567"),
            (Unit::Bytes, 10 << 30, "10 GB"),
            (Unit::Bytes, 1536 << 20, "1536 MB"),
            (Unit::Bytes, 1025, "1025"),
            (Unit::Bytes, 0, "0"),
            (Unit::UsdMicros, 50_000_000, "50"),
            (Unit::UsdMicros, 1, "0.000001"),
            (Unit::UsdMicros, 2_500_000, "2.5"),
        ] {
            assert_eq!(figure_text(figure, unit), text);
            assert_eq!(parse_figure(text, unit), Some(figure), "{text}");
        }
    }

    #[test]
    fn a_printed_limit_parses_to_itself() {
        for (key, figure) in [("ai_cost", 50_000_000), ("ai_cost", 500), ("file_storage_bytes", 200 << 20)] {
            let printed = crate::wording::limit(default_catalog().feature(key).unwrap(), Limit::AtMost(figure));
            assert_eq!(read(key, &printed), Some(most(figure)), "{printed}");
        }
    }
}
