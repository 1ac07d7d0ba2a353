//! Parser of amounts in the catalog file: `10_000`, `"1.5 GB"`, `"$0.25"`. Exact: no value passes through a float.

use toml::de::DeValue;

use super::reader::describe;
use crate::catalog::{FeatureKind, Limit, Unit};

/// The word for a limit without a maximum.
const UNLIMITED: &str = "unlimited";
const MICROS_PER_DOLLAR: u64 = 1_000_000;
/// The largest amount: the database and most clients store signed 64-bit integers.
const MAX_AMOUNT: u64 = i64::MAX as u64;

/// Why an amount is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum AmountError {
    #[error("a figure can't be negative{}", if *.of_limit { "; write \"unlimited\" for no limit" } else { "" })]
    Negative { of_limit: bool },
    #[error("this is too large; {MAX_AMOUNT} is the most")]
    TooLarge,
    #[error("this has more decimal places than its unit")]
    TooFine,
    #[error("write {wanted}, not {found}")]
    Unexpected { wanted: &'static str, found: String },
}

/// Parses a limit of a plan: `"unlimited"`, a boolean for a flag, else an amount in the feature's unit.
pub(super) fn limit(value: &DeValue<'_>, kind: FeatureKind, unit: Unit) -> Result<Limit, AmountError> {
    if kind == FeatureKind::Flag {
        return match (value, whole(value)) {
            (DeValue::Boolean(included), _) => Ok(Limit::AtMost(u64::from(*included))),
            (_, Some(Ok(bit @ 0..=1))) => Ok(Limit::AtMost(bit)),
            _ => Err(unexpected("true or false", value)),
        };
    }
    match value {
        DeValue::String(text) if text == UNLIMITED => Ok(Limit::Unlimited),
        _ => amount(value, unit).map(Limit::AtMost).map_err(|error| match error {
            AmountError::Negative { .. } => AmountError::Negative { of_limit: true },
            other => other,
        }),
    }
}

/// Parses an amount of `unit`: a plain number, a size with its unit, or dollars.
pub(super) fn amount(value: &DeValue<'_>, unit: Unit) -> Result<u64, AmountError> {
    match (unit, value) {
        (Unit::Count, _) => whole(value).unwrap_or_else(|| Err(unexpected("a whole number, as 10_000", value))),
        (Unit::Bytes, DeValue::String(text)) => size(text).unwrap_or_else(|| Err(unexpected(SIZE, value))),
        (Unit::Bytes, _) => whole(value).unwrap_or_else(|| Err(unexpected(SIZE, value))),
        (Unit::UsdMicros, DeValue::String(text)) => text
            .strip_prefix('$')
            .and_then(|figure| scaled(figure, MICROS_PER_DOLLAR))
            .unwrap_or_else(|| Err(unexpected(DOLLARS, value))),
        // A bare number is ambiguous (dollars or millionths), except for 0.
        (Unit::UsdMicros, _) => match whole(value) {
            Some(Ok(0)) => Ok(0),
            Some(Err(error)) => Err(error),
            _ => Err(unexpected(DOLLARS, value)),
        },
    }
}

const SIZE: &str = "a size, as \"200 MB\" or \"1.5 GB\" (1 MB is 1,024 KB)";
const DOLLARS: &str = "dollars, as \"$5\" or \"$0.25\"";

/// Parses a number and multiplies it by `factor`, exactly: 29.50 dollars are 2950 cents.
pub(super) fn number(value: &DeValue<'_>, factor: u64, wanted: &'static str) -> Result<u64, AmountError> {
    let read = match value {
        DeValue::Integer(_) => whole(value).map(|whole| {
            whole?.checked_mul(factor).filter(|amount| *amount <= MAX_AMOUNT).ok_or(AmountError::TooLarge)
        }),
        DeValue::Float(float) => scaled(&float.as_str().replace('_', ""), factor),
        _ => None,
    };
    read.unwrap_or_else(|| Err(unexpected(wanted, value)))
}

fn unexpected(wanted: &'static str, value: &DeValue<'_>) -> AmountError {
    AmountError::Unexpected { wanted, found: describe(value) }
}

/// Parses a non-negative integer; `None` if the value is not an integer.
fn whole(value: &DeValue<'_>) -> Option<Result<u64, AmountError>> {
    let DeValue::Integer(integer) = value else { return None };
    Some(match i128::from_str_radix(&integer.as_str().replace('_', ""), integer.radix()) {
        Ok(..0) => Err(AmountError::Negative { of_limit: false }),
        Ok(figure) => u64::try_from(figure).ok().filter(|figure| *figure <= MAX_AMOUNT).ok_or(AmountError::TooLarge),
        Err(_) => Err(AmountError::TooLarge),
    })
}

fn size(text: &str) -> Option<Result<u64, AmountError>> {
    let (figure, unit) = text.split_once(' ')?;
    let exponent = match unit {
        "B" => 0,
        "KB" => 10,
        "MB" => 20,
        "GB" => 30,
        "TB" => 40,
        "PB" => 50,
        _ => return None,
    };
    scaled(figure, 1 << exponent)
}

/// Parses decimal digits with at most one point and multiplies them by `factor`; `None` if the text is not of this
/// form.
fn scaled(text: &str, factor: u64) -> Option<Result<u64, AmountError>> {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let fraction_given = digits.len() > whole.len();
    let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !plain(whole) || !plain(fraction) || (fraction_given && fraction.is_empty()) {
        return None;
    }
    if negative {
        return Some(Err(AmountError::Negative { of_limit: false }));
    }
    let fraction = fraction.trim_end_matches('0');
    let Some(parts) = u32::try_from(fraction.len()).ok().and_then(|places| 10_u128.checked_pow(places)) else {
        return Some(Err(AmountError::TooFine));
    };
    let product = format!("{whole}{fraction}").parse::<u128>().ok().and_then(|all| all.checked_mul(u128::from(factor)));
    Some(match product {
        None => Err(AmountError::TooLarge),
        Some(product) if product % parts != 0 => Err(AmountError::TooFine),
        Some(product) => {
            u64::try_from(product / parts).ok().filter(|amount| *amount <= MAX_AMOUNT).ok_or(AmountError::TooLarge)
        }
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn value(text: &str) -> DeValue<'_> {
        DeValue::parse(text).unwrap().into_inner()
    }

    #[rstest]
    #[case("10_000", Unit::Count, Some(10_000))]
    #[case("0xff", Unit::Count, Some(255))]
    #[case("+7", Unit::Count, Some(7))]
    #[case("9_223_372_036_854_775_807", Unit::Count, Some(MAX_AMOUNT))]
    #[case("9_223_372_036_854_775_808", Unit::Count, None)]
    #[case("99999999999999999999999999999999999999999999", Unit::Count, None)]
    #[case("-1", Unit::Count, None)]
    #[case("1.0", Unit::Count, None)]
    #[case("'10'", Unit::Count, None)]
    #[case("'200 MB'", Unit::Bytes, Some(209_715_200))]
    #[case("'1.5 GB'", Unit::Bytes, Some(1_610_612_736))]
    #[case("'0 B'", Unit::Bytes, Some(0))]
    #[case("4096", Unit::Bytes, Some(4096))]
    #[case("'0.1 KB'", Unit::Bytes, None)]
    #[case("'5GB'", Unit::Bytes, None)]
    #[case("'5 gb'", Unit::Bytes, None)]
    #[case("'5 GiB'", Unit::Bytes, None)]
    #[case("'-5 GB'", Unit::Bytes, None)]
    #[case("'1e3 GB'", Unit::Bytes, None)]
    #[case("'9000 PB'", Unit::Bytes, None)]
    #[case("'8191 PB'", Unit::Bytes, Some(8191 << 50))]
    #[case("'$5'", Unit::UsdMicros, Some(5_000_000))]
    #[case("'$0.000001'", Unit::UsdMicros, Some(1))]
    #[case("'$0.0000001'", Unit::UsdMicros, None)]
    #[case("'$5.'", Unit::UsdMicros, None)]
    #[case("'$.5'", Unit::UsdMicros, None)]
    #[case("0", Unit::UsdMicros, Some(0))]
    #[case("5", Unit::UsdMicros, None)]
    fn amounts_are_parsed_in_their_unit(#[case] text: &str, #[case] unit: Unit, #[case] expected: Option<u64>) {
        assert_eq!(amount(&value(text), unit).ok(), expected);
    }

    #[rstest]
    #[case("29", Ok(2900))]
    #[case("29.5", Ok(2950))]
    #[case("1_000.50", Ok(100_050))]
    #[case("29.500", Ok(2950))]
    #[case("29.505", Err(AmountError::TooFine))]
    #[case("-29", Err(AmountError::Negative { of_limit: false }))]
    #[case("-0.5", Err(AmountError::Negative { of_limit: false }))]
    #[case("92233720368547758.08", Err(AmountError::TooLarge))]
    #[case("9223372036854775807", Err(AmountError::TooLarge))]
    fn prices_are_parsed_exactly(#[case] text: &str, #[case] expected: Result<u64, AmountError>) {
        assert_eq!(number(&value(text), 100, "a price"), expected);
    }

    #[rstest]
    #[case("1e2")]
    #[case("inf")]
    #[case("nan")]
    #[case("'29'")]
    #[case("true")]
    fn values_that_are_not_a_price_are_refused(#[case] text: &str) {
        assert!(matches!(number(&value(text), 100, "a price"), Err(AmountError::Unexpected { .. })), "{text}");
    }

    #[rstest]
    #[case("true", Some(1))]
    #[case("false", Some(0))]
    #[case("1", Some(1))]
    #[case("2", None)]
    #[case("-1", None)]
    #[case("'unlimited'", None)]
    fn a_flag_accepts_booleans_and_0_or_1(#[case] text: &str, #[case] expected: Option<u64>) {
        let read = limit(&value(text), FeatureKind::Flag, Unit::Count);
        assert_eq!(read.ok(), expected.map(Limit::AtMost));
    }
}
