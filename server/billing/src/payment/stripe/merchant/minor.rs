//! Amounts in the units that Stripe counts in, which are not everywhere those of ISO 4217.

/// Stripe: "Special cases". ISO has no minor unit for the first two and two digits for the third: so many of Stripe's units
/// are so many of ISO's.
const SPECIAL: [(&str, i64, i64); 3] = [("isk", 100, 1), ("ugx", 100, 1), ("mga", 1, 100)];

fn ratio(currency: &str) -> (i64, i64) {
    let special = SPECIAL.iter().find(|(code, ..)| currency.eq_ignore_ascii_case(code));
    special.map_or((1, 1), |(_, stripes, isos)| (*stripes, *isos))
}

/// `None` for an amount that is finer than Stripe can say.
pub(super) fn to_stripe(minor: i64, currency: &str) -> Option<i64> {
    let (stripes, isos) = ratio(currency);
    (minor % isos == 0).then(|| (minor / isos).saturating_mul(stripes))
}

pub(super) fn from_stripe(amount: i64, currency: &str) -> i64 {
    let (stripes, isos) = ratio(currency);
    amount.saturating_mul(isos) / stripes
}

#[cfg(test)]
mod tests {
    use domain::money::Currency;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("usd", 2, 2950, Some(2950))]
    #[case("JPY", 0, 500, Some(500))]
    #[case("kwd", 3, 1230, Some(1230))]
    #[case("isk", 0, 500, Some(50_000))]
    #[case("UGX", 0, 500, Some(50_000))]
    #[case("mga", 2, 50_000, Some(500))]
    #[case("mga", 2, 50_050, None)]
    fn an_amount_is_the_same_money_at_stripe(
        #[case] currency: &str,
        #[case] digits: u32,
        #[case] minor: i64,
        #[case] at_stripe: Option<i64>,
    ) {
        assert_eq!(currency.parse::<Currency>().unwrap().minor_digits(), digits);
        assert_eq!(to_stripe(minor, currency), at_stripe);
        if let Some(amount) = at_stripe {
            assert_eq!(from_stripe(amount, currency), minor);
        }
    }
}
