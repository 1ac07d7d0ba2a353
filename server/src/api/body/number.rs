//! Whole numbers, however they are written: `1.0` and `1e0` are 1, `1.5` is none.

use domain::entitlement::change::COUNTER_MAX;
use serde_json::Value;

/// A whole number from 0, exact; `None` for what is no number or has a fraction.
pub(in crate::api) fn whole(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| u64::try_from(whole_float(value.as_f64()?)?).ok())
}

/// A whole number, exact.
pub(super) fn whole_signed(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| whole_float(value.as_f64()?))
}

/// A whole number from 0 as a query writes it.
pub(in crate::api) fn whole_text(text: &str) -> Option<u64> {
    let whole = match text.split_once('.') {
        Some((whole, fraction)) if !fraction.is_empty() && fraction.bytes().all(|digit| digit == b'0') => whole,
        Some(_) => return None,
        None => text,
    };
    // A sign is none of a number in a query.
    whole.parse().ok().filter(|_| whole.bytes().all(|digit| digit.is_ascii_digit()))
}

/// Beyond [`COUNTER_MAX`] a float does not tell one whole number from the next.
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
    fn what_is_written_with_a_point_is_whole_all_the_same(#[case] value: Value, #[case] read: Option<u64>) {
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
    fn so_it_is_in_a_query(#[case] text: &str, #[case] read: Option<u64>) {
        assert_eq!(whole_text(text), read);
    }
}
