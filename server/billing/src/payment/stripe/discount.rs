//! Decodes the discounts of a subscription.

use domain::{
    money::Currency,
    subscription::{Discount, MAX_DISCOUNTS, Off, one_line},
    time::Timestamp,
};
use serde_json::Value;

use super::{is_valid_time, money};

/// Returns the discounts that can be read. One of which only the id is known is left out.
pub(super) fn discounts(listed: &[Value]) -> Vec<Discount> {
    listed.iter().filter_map(discount).take(MAX_DISCOUNTS).collect()
}

fn discount(answer: &Value) -> Option<Discount> {
    // Set by API versions before 2025-09-30. Later versions set it in `source`.
    let coupon = answer.pointer("/source/coupon").or_else(|| answer.get("coupon"))?;
    let text = |value: &Value, pointer: &str| {
        let text = one_line(value.pointer(pointer)?.as_str()?);
        (!text.is_empty()).then_some(text)
    };
    let until = answer.get("end").and_then(Value::as_i64).filter(|end| is_valid_time(*end));
    Some(Discount {
        name: text(answer, "/promotion_code/code").or_else(|| text(coupon, "/name")),
        off: off(coupon)?,
        until: until.map(Timestamp::from_secs),
    })
}

fn off(coupon: &Value) -> Option<Off> {
    if let Some(percent) = coupon.get("percent_off").filter(|percent| percent.is_number()) {
        return hundredths(&percent.to_string()).map(Off::Percent);
    }
    let amount = coupon.get("amount_off")?.as_i64().filter(|amount| *amount > 0)?;
    let currency: Currency = coupon.get("currency")?.as_str()?.parse().ok()?;
    Some(Off::Amount(money(amount, currency)))
}

/// Parses a percentage as hundredths of a percent; further decimal places are cut off. Reads digits, because a float
/// would not be exact.
fn hundredths(percent: &str) -> Option<u32> {
    let (whole, part) = percent.split_once('.').unwrap_or((percent, ""));
    let part: String = part.chars().chain("00".chars()).take(2).collect();
    let hundredths = whole.parse::<u32>().ok()?.checked_mul(100)?.checked_add(part.parse().ok()?)?;
    (hundredths <= 10_000).then_some(hundredths)
}

#[cfg(test)]
mod tests {
    use domain::money::Money;
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[rstest]
    #[case("20", Some(2000))]
    #[case("20.0", Some(2000))]
    #[case("25.5", Some(2550))]
    #[case("33.333", Some(3333))]
    #[case("100", Some(10_000))]
    #[case("100.01", None)]
    #[case("-5", None)]
    #[case("1e2", None)]
    fn percentages_are_read_exactly(#[case] percent: &str, #[case] expected: Option<u32>) {
        assert_eq!(hundredths(percent), expected);
    }

    #[test]
    fn a_discount_has_the_name_of_its_promotion_code_or_coupon() {
        let coupon = json!({ "id": "Z4OV52SU", "name": "Summer sale", "percent_off": 25.5, "amount_off": null });
        let by_code = json!({
            "id": "di_1", "end": 1_800_000_000, "source": { "type": "coupon", "coupon": coupon },
            "promotion_code": { "id": "promo_1", "code": "SUMMER" },
        });
        let earlier = json!({ "id": "di_2", "end": null, "coupon": coupon, "promotion_code": null });
        assert_eq!(
            discounts(&[by_code, earlier]),
            [
                Discount {
                    name: Some("SUMMER".to_owned()),
                    off: Off::Percent(2550),
                    until: Some(Timestamp::from_secs(1_800_000_000)),
                },
                Discount { name: Some("Summer sale".to_owned()), off: Off::Percent(2550), until: None },
            ]
        );
    }

    #[test]
    fn an_amount_is_in_the_currency_of_the_coupon() {
        let yen = json!({ "coupon": { "amount_off": 500, "currency": "jpy", "percent_off": null, "name": null } });
        let off = Off::Amount(Money::new(500, "JPY".parse().unwrap()));
        assert_eq!(discounts(&[yen]), [Discount { name: None, off, until: None }]);
    }

    #[test]
    fn discounts_that_can_not_be_read_are_left_out_and_the_rest_is_bounded() {
        let negative = json!({ "coupon": { "amount_off": -500, "currency": "usd" } });
        let of_id = json!({ "source": { "coupon": "Z4OV52SU" } });
        let unreadable = [json!("di_1"), json!(null), of_id, json!({ "coupon": {} }), negative];
        assert!(discounts(&unreadable).is_empty());
        let many = vec![json!({ "coupon": { "percent_off": 5 } }); 20];
        assert_eq!(discounts(&many).len(), MAX_DISCOUNTS);
    }
}
