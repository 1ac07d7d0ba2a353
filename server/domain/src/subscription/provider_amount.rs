//! Conversion of amounts to and from the units of payment providers.
//!
//! Providers differ from ISO 4217 for some currencies. Dues uses the minor units of ISO 4217 everywhere:
//! `price.ISK = { monthly = 2900 }` is 2900 krónur, as is `Money { minor: 2900, ISK }`. Amounts are converted only at
//! the boundary to a provider's API.
//!
//! Sources: Stripe, "Supported currencies", sections "Zero-decimal currencies", "Three-decimal currencies" and "Special
//! cases". Polar takes payments through Stripe and uses its units; of Polar's currencies only JPY is zero-decimal.

use super::provider::Provider;
use crate::money::{Currency, Money};

/// Stripe takes amounts of these currencies in major units. ISO 4217 gives MGA two decimal places.
const ZERO_DECIMAL: [&str; 15] =
    ["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"];
/// Stripe takes amounts of these currencies in thousandths and requires 0 as the last digit.
const THREE_DECIMAL: [&str; 5] = ["BHD", "JOD", "KWD", "OMR", "TND"];
/// Stripe takes amounts of these currencies in hundredths for backward compatibility, and requires 00 as the last
/// digits.
///
/// In ISO 4217 these currencies have no minor unit.
const TWO_DECIMAL_BUT_WHOLE: [&str; 2] = ["ISK", "UGX"];
const TWO_DECIMAL_DIGITS: u32 = 2;

/// An amount that the provider can't charge: it has too many decimal places, or is out of range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} takes amounts in {currency} {}. Change {}.", .provider.title(), decimal_places(*.digits), .amount.exact())]
pub struct Unchargeable {
    provider: Provider,
    currency: Currency,
    amount: Money,
    /// The number of decimal places that the provider accepts.
    digits: u32,
}

fn decimal_places(digits: u32) -> String {
    match digits {
        0 => "without anything behind the point".to_owned(),
        digits => format!("with at most {digits} digits behind the point"),
    }
}

impl Currency {
    /// The number of decimal places of an integer amount in the API of `provider`.
    fn minor_digits_at(self, provider: Provider) -> u32 {
        match provider {
            Provider::Stripe | Provider::Polar if ZERO_DECIMAL.contains(&self.code()) => 0,
            Provider::Stripe | Provider::Polar if THREE_DECIMAL.contains(&self.code()) => 3,
            Provider::Stripe | Provider::Polar => TWO_DECIMAL_DIGITS,
        }
    }

    /// The step of chargeable amounts: integer amounts in the API of `provider` must be multiples of it.
    pub fn charge_step_at(self, provider: Provider) -> i64 {
        match provider {
            Provider::Stripe | Provider::Polar if THREE_DECIMAL.contains(&self.code()) => 10,
            Provider::Stripe | Provider::Polar if TWO_DECIMAL_BUT_WHOLE.contains(&self.code()) => 100,
            Provider::Stripe | Provider::Polar => 1,
        }
    }
}

impl Money {
    /// The amount as an integer of the API of `provider`; [`Unchargeable`] if the provider can't charge it.
    ///
    /// Never rounds: a price is charged as it is shown.
    pub fn to_provider_amount(self, provider: Provider) -> Result<i64, Unchargeable> {
        let Self { minor, currency } = self;
        let (ours, theirs) = (currency.minor_digits(), currency.minor_digits_at(provider));
        let step = currency.charge_step_at(provider);
        let amount = if theirs >= ours {
            minor.checked_mul(pow10(theirs - ours))
        } else {
            Some(minor).filter(|minor| minor % pow10(ours - theirs) == 0).map(|minor| minor / pow10(ours - theirs))
        };
        let digits = theirs - step.unsigned_abs().ilog10();
        amount.filter(|amount| amount % step == 0).ok_or(Unchargeable { provider, currency, amount: self, digits })
    }

    /// Converts an integer amount of the API of `provider`.
    ///
    /// Rounds to the nearest minor unit: invoices from before 2023 may have fractions of a króna.
    pub fn from_provider_amount(amount: i64, currency: Currency, provider: Provider) -> Self {
        let (ours, theirs) = (currency.minor_digits(), currency.minor_digits_at(provider));
        let minor = if ours >= theirs {
            amount.saturating_mul(pow10(ours - theirs))
        } else {
            let per = pow10(theirs - ours);
            let half = if amount < 0 { -per / 2 } else { per / 2 };
            amount.saturating_add(half) / per
        };
        Self::new(minor, currency)
    }
}

const fn pow10(digits: u32) -> i64 {
    10_i64.pow(digits)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    const STRIPE: Provider = Provider::Stripe;
    const POLAR: Provider = Provider::Polar;

    fn currency(code: &str) -> Currency {
        code.parse().unwrap()
    }

    /// Every currency of Stripe's three lists and some others: the amount in a catalog, at Stripe and on a page.
    #[rstest]
    #[case("USD", "29.50", 2950, "$29.50")]
    #[case("EUR", "9", 900, "EUR 9.00")]
    #[case("HUF", "2990.50", 299_050, "HUF 2,990.50")]
    #[case("TWD", "300.50", 30_050, "TWD 300.50")]
    #[case("ISK", "2900", 290_000, "ISK 2,900")]
    #[case("UGX", "2900", 290_000, "UGX 2,900")]
    #[case("MGA", "290", 290, "MGA 290.00")]
    #[case("BIF", "2900", 2900, "BIF 2,900")]
    #[case("CLP", "2900", 2900, "CLP 2,900")]
    #[case("DJF", "2900", 2900, "DJF 2,900")]
    #[case("GNF", "2900", 2900, "GNF 2,900")]
    #[case("JPY", "500", 500, "JPY 500")]
    #[case("KMF", "2900", 2900, "KMF 2,900")]
    #[case("KRW", "2900", 2900, "KRW 2,900")]
    #[case("PYG", "2900", 2900, "PYG 2,900")]
    #[case("RWF", "2900", 2900, "RWF 2,900")]
    #[case("VND", "2900", 2900, "VND 2,900")]
    #[case("VUV", "2900", 2900, "VUV 2,900")]
    #[case("XAF", "2900", 2900, "XAF 2,900")]
    #[case("XOF", "2900", 2900, "XOF 2,900")]
    #[case("XPF", "2900", 2900, "XPF 2,900")]
    #[case("BHD", "5.12", 5120, "BHD 5.120")]
    #[case("JOD", "5.12", 5120, "JOD 5.120")]
    #[case("KWD", "5.12", 5120, "KWD 5.120")]
    #[case("OMR", "5.12", 5120, "OMR 5.120")]
    #[case("TND", "5.12", 5120, "TND 5.120")]
    fn amounts_are_converted_to_and_from_stripe(
        #[case] code: &str,
        #[case] written: &str,
        #[case] at_stripe: i64,
        #[case] shown: &str,
    ) {
        let money = Money::parse_typed(written, currency(code)).unwrap();
        assert_eq!(money.to_provider_amount(STRIPE), Ok(at_stripe));
        assert_eq!(Money::from_provider_amount(at_stripe, money.currency, STRIPE), money);
        assert_eq!(money.exact(), shown);
    }

    /// Every currency that Polar documents.
    #[rstest]
    #[case("AUD", 2900, 2900)]
    #[case("BRL", 2900, 2900)]
    #[case("CAD", 2900, 2900)]
    #[case("CHF", 2900, 2900)]
    #[case("EUR", 2900, 2900)]
    #[case("GBP", 2900, 2900)]
    #[case("INR", 2900, 2900)]
    #[case("JPY", 500, 500)]
    #[case("SEK", 2900, 2900)]
    #[case("USD", 2900, 2900)]
    fn polar_uses_the_minor_units_of_iso_4217(#[case] code: &str, #[case] minor: i64, #[case] at_polar: i64) {
        let money = Money::new(minor, currency(code));
        assert_eq!(money.to_provider_amount(POLAR), Ok(at_polar));
        assert_eq!(Money::from_provider_amount(at_polar, money.currency, POLAR), money);
    }

    #[rstest]
    #[case("MGA", 29_050, "Stripe takes amounts in MGA without anything behind the point. Change MGA 290.50.")]
    #[case("KWD", 5124, "Stripe takes amounts in KWD with at most 2 digits behind the point. Change KWD 5.124.")]
    fn amounts_with_too_many_decimal_places_are_refused(#[case] code: &str, #[case] minor: i64, #[case] message: &str) {
        assert_eq!(Money::new(minor, currency(code)).to_provider_amount(STRIPE).unwrap_err().to_string(), message);
    }

    #[test]
    fn amounts_out_of_range_are_refused_or_saturate() {
        assert!(Money::new(i64::MAX, currency("ISK")).to_provider_amount(STRIPE).is_err());
        assert_eq!(Money::from_provider_amount(i64::MAX, currency("MGA"), STRIPE).minor, i64::MAX);
    }

    #[rstest]
    #[case(4010, 40)]
    #[case(4050, 41)]
    #[case(-4010, -40)]
    #[case(-4050, -41)]
    fn a_fraction_of_a_krona_is_rounded_to_the_nearest(#[case] at_stripe: i64, #[case] minor: i64) {
        assert_eq!(Money::from_provider_amount(at_stripe, currency("ISK"), STRIPE).minor, minor);
    }

    proptest! {
        #[test]
        fn conversion_to_a_provider_is_reversible(
            minor in -1_000_000_000_i64..1_000_000_000,
            code in prop::sample::select(vec!["USD", "ISK", "UGX", "MGA", "JPY", "KWD", "TND", "HUF", "TWD", "CLF", "IQD"]),
            provider in prop::sample::select(vec![STRIPE, POLAR]),
        ) {
            let money = Money::new(minor, currency(code));
            if let Ok(amount) = money.to_provider_amount(provider) {
                prop_assert_eq!(amount % money.currency.charge_step_at(provider), 0);
                prop_assert_eq!(Money::from_provider_amount(amount, money.currency, provider), money);
            }
        }
    }
}
