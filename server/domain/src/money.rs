//! Amounts of money as integers in minor units.

use serde::{Deserialize, Serialize};

/// A currency by its ISO 4217 code, in upper case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

/// Why a text is no currency code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a currency is a code of three letters, as \"USD\"")]
pub struct InvalidCurrency;

impl Currency {
    pub const USD: Self = Self(*b"USD");

    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// How many digits stand behind the point: 2 for dollars, 0 for yen, 3 for Kuwaiti dinars (ISO 4217).
    pub fn minor_digits(self) -> u32 {
        match &self.0 {
            b"BIF" | b"CLP" | b"DJF" | b"GNF" | b"JPY" | b"KMF" | b"KRW" | b"PYG" | b"RWF" | b"UGX" | b"VND" | b"VUV"
            | b"XAF" | b"XOF" | b"XPF" => 0,
            b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => 3,
            _ => 2,
        }
    }

    /// Minor units in one major unit: 100 cents in a dollar.
    pub fn minor_per_major(self) -> i64 {
        10_i64.pow(self.minor_digits())
    }
}

impl std::str::FromStr for Currency {
    type Err = InvalidCurrency;

    fn from_str(text: &str) -> Result<Self, InvalidCurrency> {
        let upper = text.to_ascii_uppercase();
        match <[u8; 3]>::try_from(upper.as_bytes()) {
            Ok(code) if code.iter().all(u8::is_ascii_uppercase) => Ok(Self(code)),
            _ => Err(InvalidCurrency),
        }
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

    /// `$29.00`, `−$16.84`, `EUR 9.00`: charged money always carries its minor digits.
    pub fn exact(self) -> String {
        let per_major = self.currency.minor_per_major().unsigned_abs();
        let amount = self.minor.unsigned_abs();
        let whole = crate::catalog::format::grouped(amount / per_major);
        let digits = self.currency.minor_digits() as usize;
        let figure = if digits == 0 { whole } else { format!("{whole}.{:0digits$}", amount % per_major) };
        self.signed(&figure)
    }

    /// `$29` in a plan's column; falls back to [`Money::exact`] when there are cents.
    pub fn short(self) -> String {
        let per_major = self.currency.minor_per_major();
        if self.minor % per_major == 0 {
            self.signed(&crate::catalog::format::grouped((self.minor / per_major).unsigned_abs()))
        } else {
            self.exact()
        }
    }

    fn signed(self, figure: &str) -> String {
        let sign = if self.minor < 0 { "−" } else { "" };
        if self.currency == Currency::USD {
            format!("{sign}${figure}")
        } else {
            format!("{sign}{} {figure}", self.currency)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_written_with_its_currencys_own_digits() {
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
