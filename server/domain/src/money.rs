//! Amounts of money as integers in minor units of ISO 4217: parsing, and formatting for pages.
//!
//! `subscription/provider_amount.rs` converts to and from the units of payment providers.

use serde::{Deserialize, Serialize};

/// A currency of ISO 4217 that has minor units; serialized as its code in upper case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency(iso_currency::Currency);

/// The text is not the code of a supported currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a currency is a code of ISO 4217, as \"USD\"")]
pub struct InvalidCurrency;

impl Currency {
    pub const USD: Self = Self(iso_currency::Currency::USD);

    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// The sign that amounts are written with; `None` where they have the code.
    fn sign(self) -> Option<&'static str> {
        match self.code() {
            "USD" => Some("$"),
            "EUR" => Some("€"),
            _ => None,
        }
    }

    /// Returns the text without this currency's sign or code, which may stand before or after the number: `2500` for
    /// `$2500`, `2500 $` and `2500 usd`. A text with another currency stays as it is.
    pub fn stripped(self, text: &str) -> &str {
        let text = text.trim();
        let without = |name: &str| {
            let (before, after) = (text.get(..name.len()), text.get(text.len().saturating_sub(name.len())..));
            let is_name = |part: Option<&str>| part.is_some_and(|part| part.eq_ignore_ascii_case(name));
            if is_name(before) {
                text.get(name.len()..)
            } else if is_name(after) {
                text.get(..text.len() - name.len())
            } else {
                None
            }
        };
        let number = self.sign().and_then(without).or_else(|| without(self.code()));
        number.map_or(text, str::trim)
    }

    /// The number of decimal places: 2 for dollars, 0 for yen, 3 for Kuwaiti dinars (ISO 4217).
    pub fn minor_digits(self) -> u32 {
        self.0.exponent().map_or(0, u32::from)
    }

    /// The number of minor units in a major unit: 100 cents in a dollar.
    pub fn minor_per_major(self) -> i64 {
        10_i64.pow(self.minor_digits())
    }
}

impl std::str::FromStr for Currency {
    type Err = InvalidCurrency;

    /// Case-insensitive. Codes that are not means of payment, such as gold and test codes, are refused.
    fn from_str(text: &str) -> Result<Self, InvalidCurrency> {
        iso_currency::Currency::from_code(&text.to_ascii_uppercase())
            .filter(|currency| currency.exponent().is_some())
            .map(Self)
            .ok_or(InvalidCurrency)
    }
}

impl TryFrom<String> for Currency {
    type Error = InvalidCurrency;

    fn try_from(text: String) -> Result<Self, InvalidCurrency> {
        text.parse()
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.code().to_owned()
    }
}

impl std::fmt::Display for Currency {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(self.code())
    }
}

/// An amount in minor units of its currency; negative amounts are credits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    pub minor: i64,
    pub currency: Currency,
}

impl Money {
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Parses an amount in major units as users type it: `29`, `29.5`, `1,234.50`, also with the currency's sign or code.
    ///
    /// `None` for anything else, for negative amounts and for fractions of a minor unit. A comma that does not separate
    /// thousands is refused, because it may be a decimal point.
    pub fn parse_typed(text: &str, currency: Currency) -> Option<Self> {
        let text = currency.stripped(text);
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let (first, groups) = whole.split_once(',').map_or((whole, None), |(first, rest)| (first, Some(rest)));
        if groups.is_some_and(|groups| {
            !(1..=3).contains(&first.len()) || first.starts_with('0') || groups.split(',').any(|group| group.len() != 3)
        }) {
            return None;
        }
        let whole = whole.replace(',', "");
        let fraction = fraction.trim_end_matches('0');
        let digits = currency.minor_digits() as usize;
        let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !is_digits(&whole) || !is_digits(fraction) || fraction.len() > digits {
            return None;
        }
        format!("{whole}{fraction:0<digits$}").parse().ok().map(|minor| Self::new(minor, currency))
    }

    /// The amount with all decimal places, for programs: `1234.50`, `-16.84`, `900`.
    pub fn decimal(self) -> String {
        let per_major = self.currency.minor_per_major().unsigned_abs();
        let amount = self.minor.unsigned_abs();
        let (sign, whole) = (if self.minor < 0 { "-" } else { "" }, amount / per_major);
        let digits = self.currency.minor_digits() as usize;
        if digits == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{:0digits$}", amount % per_major) }
    }

    /// The amount with all decimal places, for charges: `$29.00`, `−$16.84`, `EUR 9.00`.
    pub fn exact(self) -> String {
        let per_major = self.currency.minor_per_major().unsigned_abs();
        let amount = self.minor.unsigned_abs();
        let whole = grouped(amount / per_major);
        let digits = self.currency.minor_digits() as usize;
        let number = if digits == 0 { whole } else { format!("{whole}.{:0digits$}", amount % per_major) };
        self.with_symbol(&number)
    }

    /// The amount without decimal places if it is whole, for price tables: `$29`; else as [`Money::exact`].
    pub fn short(self) -> String {
        let per_major = self.currency.minor_per_major();
        if self.minor % per_major == 0 {
            self.with_symbol(&grouped((self.minor / per_major).unsigned_abs()))
        } else {
            self.exact()
        }
    }

    /// Puts the sign and the currency in front of an unsigned number.
    fn with_symbol(self, number: &str) -> String {
        let sign = if self.minor < 0 { "−" } else { "" };
        if self.currency == Currency::USD {
            format!("{sign}${number}")
        } else {
            format!("{sign}{} {number}", self.currency)
        }
    }
}

/// A number with its thousands separated: `1,234,567`.
pub fn grouped(figure: u64) -> String {
    let digits = figure.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_for_programs_have_all_decimal_places() {
        let decimal = |minor, currency: &str| Money::new(minor, currency.parse().unwrap()).decimal();
        let amounts = [(123_450, "usd"), (-1684, "usd"), (-5, "eur"), (900, "jpy"), (1_005, "kwd")];
        let read = amounts.map(|(minor, currency)| decimal(minor, currency));
        assert_eq!(read, ["1234.50", "-16.84", "-0.05", "900", "1.005"]);
    }

    #[test]
    fn typed_amounts_are_parsed_exactly_or_refused() {
        let read = |text: &str, code: &str| Money::parse_typed(text, code.parse().unwrap()).map(|money| money.minor);
        for (text, minor) in
            [("29", 2900), (" 29.5 ", 2950), ("1,234.50", 123_450), ("0", 0), ("0.05", 5), ("29.500", 2950)]
        {
            assert_eq!(read(text, "usd"), Some(minor), "{text:?}");
        }
        for text in ["$29", " $ 29.00", "29 $", "29.00\u{a0}$", "USD 29", "29 usd", "usd29"] {
            assert_eq!(read(text, "usd"), Some(2900), "{text:?}");
        }
        assert_eq!(
            (read("29\u{a0}€", "eur"), read("EUR 29", "eur"), read("29 JPY", "jpy")),
            (Some(2900), Some(2900), Some(29))
        );
        assert_eq!((read("500", "jpy"), read("500.5", "jpy"), read("1.234", "kwd")), (Some(500), None, Some(1234)));
        for text in [
            "",
            ".",
            ".5",
            "-1",
            "29.505",
            "29,50",
            "1,2345",
            "1234,500",
            ",500",
            "0,500",
            "29 dollars",
            "$29 $",
            "$-29",
            "29 €",
            "EUR 29",
            "$",
            "USD",
            "1e3",
            "99999999999999999999",
        ] {
            assert_eq!(read(text, "usd"), None, "{text:?}");
        }
    }

    #[test]
    fn codes_that_are_no_means_of_payment_are_refused() {
        let euro: Currency = serde_json::from_str("\"eur\"").unwrap();
        assert_eq!(serde_json::to_string(&euro).unwrap(), "\"EUR\"");
        for bad in ["", "US", "DOLLAR", "ABC", "XAU", "XXX", "€€€", "US$"] {
            assert_eq!(bad.parse::<Currency>(), Err(InvalidCurrency), "{bad:?}");
        }
    }

    #[test]
    fn money_is_formatted_with_the_decimal_places_of_its_currency() {
        let yen: Currency = "jpy".parse().unwrap();
        let dinar: Currency = "KWD".parse().unwrap();
        assert_eq!(Money::new(2900, Currency::USD).exact(), "$29.00");
        assert_eq!(Money::new(-1684, Currency::USD).exact(), "−$16.84");
        assert_eq!(Money::new(199_000, Currency::USD).short(), "$1,990");
        assert_eq!(Money::new(1950, Currency::USD).short(), "$19.50");
        assert_eq!(Money::new(1200, yen).exact(), "JPY 1,200");
        assert_eq!(Money::new(1_005, dinar).exact(), "KWD 1.005");
    }
}
