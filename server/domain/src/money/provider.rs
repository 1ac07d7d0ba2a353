//! Amounts in the units that payment providers count in, which are not everywhere those of ISO 4217.
//!
//! Dues counts in the minor units of ISO 4217 everywhere: `price.ISK = { monthly = 2900 }` is 2900 krónur, as is
//! `Money { minor: 2900, ISK }`. An amount is converted where a provider's API begins, and nowhere else.
//!
//! Stripe: "Supported currencies", sections "Zero-decimal currencies", "Three-decimal currencies" and "Special cases". Polar
//! takes payments through Stripe and counts as it does; of Polar's own currencies only JPY is zero-decimal.

use super::{Currency, Money};
use crate::subscription::Provider;

/// Stripe counts these in whole units. ISO 4217 gives MGA two digits.
const ZERO_DECIMAL: [&str; 15] =
    ["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"];
/// Stripe counts these in thousandths, and asks for 0 as the last digit.
const THREE_DECIMAL: [&str; 5] = ["BHD", "JOD", "KWD", "OMR", "TND"];
/// Stripe counts these in hundredths for backward compatibility, and asks for whole units. ISO 4217 gives them no minor unit.
const TWO_DECIMAL_BUT_WHOLE: [&str; 2] = ["ISK", "UGX"];
const TWO_DECIMAL_DIGITS: u32 = 2;

/// An amount that is finer than its provider takes, or larger than it can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} takes amounts in {currency} {}. Change {}.", .provider.title(), places(*.digits), .amount.exact())]
pub struct Unchargeable {
    provider: Provider,
    currency: Currency,
    amount: Money,
    /// How many digits behind the point the provider takes.
    digits: u32,
}

fn places(digits: u32) -> String {
    match digits {
        0 => "without anything behind the point".to_owned(),
        digits => format!("with at most {digits} digits behind the point"),
    }
}

impl Currency {
    /// How many digits behind the point an integer amount of `provider`'s API has.
    pub fn minor_digits_at(self, provider: Provider) -> u32 {
        match provider {
            Provider::Stripe | Provider::Polar if ZERO_DECIMAL.contains(&self.code()) => 0,
            Provider::Stripe | Provider::Polar if THREE_DECIMAL.contains(&self.code()) => 3,
            Provider::Stripe | Provider::Polar => TWO_DECIMAL_DIGITS,
        }
    }

    /// The integer amounts that `provider` charges are multiples of this.
    pub fn charged_step_at(self, provider: Provider) -> i64 {
        match provider {
            Provider::Stripe | Provider::Polar if THREE_DECIMAL.contains(&self.code()) => 10,
            Provider::Stripe | Provider::Polar if TWO_DECIMAL_BUT_WHOLE.contains(&self.code()) => 100,
            Provider::Stripe | Provider::Polar => 1,
        }
    }
}

impl Money {
    /// The integer that `provider`'s API takes for this amount; [`Unchargeable`] for an amount that it can't charge. Never
    /// rounds: a price is charged as it is shown.
    pub fn at_provider(self, provider: Provider) -> Result<i64, Unchargeable> {
        let Self { minor, currency } = self;
        let (ours, theirs) = (currency.minor_digits(), currency.minor_digits_at(provider));
        let step = currency.charged_step_at(provider);
        let amount = if theirs >= ours {
            minor.checked_mul(power(theirs - ours))
        } else {
            Some(minor).filter(|minor| minor % power(ours - theirs) == 0).map(|minor| minor / power(ours - theirs))
        };
        let digits = theirs - step.unsigned_abs().ilog10();
        amount.filter(|amount| amount % step == 0).ok_or(Unchargeable { provider, currency, amount: self, digits })
    }

    /// An amount as `provider`'s API says it. What is finer than the currency's own minor unit, as fractions of a króna in
    /// invoices from before 2023, is rounded to the nearest.
    pub fn from_provider(amount: i64, currency: Currency, provider: Provider) -> Self {
        let (ours, theirs) = (currency.minor_digits(), currency.minor_digits_at(provider));
        let minor = if ours >= theirs {
            amount.saturating_mul(power(ours - theirs))
        } else {
            let per = power(theirs - ours);
            let half = if amount < 0 { -per / 2 } else { per / 2 };
            amount.saturating_add(half) / per
        };
        Self::new(minor, currency)
    }
}

const fn power(digits: u32) -> i64 {
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

    /// One row a currency of Stripe's three lists, and some of the rest: what a catalog says, what Stripe gets, what a page says.
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
    fn an_amount_is_the_same_money_here_at_stripe_and_on_a_page(
        #[case] code: &str,
        #[case] written: &str,
        #[case] at_stripe: i64,
        #[case] shown: &str,
    ) {
        let money = Money::written(written, currency(code)).unwrap();
        assert_eq!(money.at_provider(STRIPE), Ok(at_stripe));
        assert_eq!(Money::from_provider(at_stripe, money.currency, STRIPE), money);
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
    fn polar_counts_its_currencies_as_dues_does(#[case] code: &str, #[case] minor: i64, #[case] at_polar: i64) {
        let money = Money::new(minor, currency(code));
        assert_eq!(money.at_provider(POLAR), Ok(at_polar));
        assert_eq!(Money::from_provider(at_polar, money.currency, POLAR), money);
    }

    #[rstest]
    #[case("MGA", 29_050, "Stripe takes amounts in MGA without anything behind the point. Change MGA 290.50.")]
    #[case("KWD", 5124, "Stripe takes amounts in KWD with at most 2 digits behind the point. Change KWD 5.124.")]
    fn what_is_finer_than_stripe_charges_is_refused_and_not_rounded(
        #[case] code: &str,
        #[case] minor: i64,
        #[case] said: &str,
    ) {
        assert_eq!(Money::new(minor, currency(code)).at_provider(STRIPE).unwrap_err().to_string(), said);
    }

    #[test]
    fn what_no_integer_holds_is_refused() {
        assert!(Money::new(i64::MAX, currency("ISK")).at_provider(STRIPE).is_err());
        assert_eq!(Money::from_provider(i64::MAX, currency("MGA"), STRIPE).minor, i64::MAX);
    }

    #[rstest]
    #[case(4010, 40)]
    #[case(4050, 41)]
    #[case(-4010, -40)]
    #[case(-4050, -41)]
    fn a_fraction_of_a_krona_is_rounded_to_the_nearest(#[case] at_stripe: i64, #[case] minor: i64) {
        assert_eq!(Money::from_provider(at_stripe, currency("ISK"), STRIPE).minor, minor);
    }

    proptest! {
        #[test]
        fn what_a_provider_takes_comes_back_as_it_was(
            minor in -1_000_000_000_i64..1_000_000_000,
            code in prop::sample::select(vec!["USD", "ISK", "UGX", "MGA", "JPY", "KWD", "TND", "HUF", "TWD", "CLF", "IQD"]),
            provider in prop::sample::select(vec![STRIPE, POLAR]),
        ) {
            let money = Money::new(minor, currency(code));
            if let Ok(amount) = money.at_provider(provider) {
                prop_assert_eq!(amount % money.currency.charged_step_at(provider), 0);
                prop_assert_eq!(Money::from_provider(amount, money.currency, provider), money);
            }
        }
    }
}
