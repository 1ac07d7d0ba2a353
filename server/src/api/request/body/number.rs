//! Whole numbers in any notation: `1.0` and `1e0` are read as 1, and `1.5` is not a whole number.

use domain::entitlement::change::COUNTER_MAX;
use serde_json::Value;

/// Reads a whole number of 0 or more, without rounding; `None` for other values.
pub(in crate::api) fn whole(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| u64::try_from(whole_float(value.as_f64()?)?).ok())
}

/// Reads a signed whole number, without rounding; `None` for other values.
pub(super) fn whole_signed(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| whole_float(value.as_f64()?))
}

/// Reads a whole number of 0 or more from a query; `None` for other texts.
pub(in crate::api) fn whole_text(text: &str) -> Option<u64> {
    let whole = match text.split_once('.') {
        Some((whole, fraction)) if !fraction.is_empty() && fraction.bytes().all(|digit| digit == b'0') => whole,
        Some(_) => return None,
        None => text,
    };
    // `parse` alone would accept a leading `+`.
    whole.parse().ok().filter(|_| whole.bytes().all(|digit| digit.is_ascii_digit()))
}

/// Converts a float to an integer; `None` if it has a fraction or exceeds [`COUNTER_MAX`], where floats lose precision.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "checked: it is whole, and small enough"
)]
fn whole_float(number: f64) -> Option<i64> {
    (number.fract() == 0.0 && number.abs() <= COUNTER_MAX as f64).then_some(number as i64)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[rstest]
    #[case(json!(1), Some(1))]
    #[case(json!(1.0), Some(1))]
    #[case(json!(1e3), Some(1000))]
    #[case(json!(-0.0), Some(0))]
    #[case(json!(9_007_199_254_740_991.0), Some(9_007_199_254_740_991))]
    #[case(json!(9_007_199_254_740_993_u64), Some(9_007_199_254_740_993))]
    #[case(json!(1e16), None)]
    #[case(json!(1.5), None)]
    #[case(json!(-1.0), None)]
    #[case(json!("1"), None)]
    #[case(json!(null), None)]
    fn numbers_without_a_fraction_are_whole_in_any_notation(#[case] value: Value, #[case] read: Option<u64>) {
        assert_eq!(whole(&value), read, "{value}");
    }

    #[rstest]
    #[case("7", Some(7))]
    #[case("7.0", Some(7))]
    #[case("7.00", Some(7))]
    #[case("7.", None)]
    #[case("7.5", None)]
    #[case(".0", None)]
    #[case("-7.0", None)]
    #[case("+7", None)]
    #[case("", None)]
    fn whole_numbers_are_read_from_a_query(#[case] text: &str, #[case] read: Option<u64>) {
        assert_eq!(whole_text(text), read);
    }
}
