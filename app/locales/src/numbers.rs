//! Numbers as a language writes them.

use std::borrow::Cow;

use domain::money::grouped;
use fixed_decimal::{Decimal, Sign};
use fluent_bundle::{
    FluentValue,
    types::{FluentNumber, FluentType},
};
use icu_decimal::{DecimalFormatter, options::DecimalFormatterOptions};
use icu_locale_core::Locale;
use intl_memoizer::{Memoizable, concurrent::IntlLangMemoizer};
use unic_langid::LanguageIdentifier;

/// The number format of a language.
#[derive(Debug)]
pub(crate) struct NumberFormat {
    formatter: Option<DecimalFormatter>,
    /// Whether the language's digits are those of ASCII, so that numbers below a thousand are written as in Rust.
    has_ascii_digits: bool,
}

impl NumberFormat {
    /// Returns the format of a language; that of English if the language's is not known.
    pub(crate) fn new(tag: &str) -> Self {
        let locale = Locale::try_from_str(tag).ok();
        let format = |locale: Locale| DecimalFormatter::try_new(locale.into(), DecimalFormatterOptions::default()).ok();
        let formatter = locale.and_then(format);
        let digits =
            formatter.as_ref().map(|formatter| formatter.format(&Decimal::from(1_023_456_789_u64)).to_string());
        let has_ascii_digits =
            digits.is_none_or(|digits| digits.chars().all(|c| c.is_ascii_digit() || !c.is_numeric()));
        Self { formatter, has_ascii_digits }
    }

    /// Formats a whole number: `1,234`.
    pub(crate) fn whole(&self, number: u64) -> String {
        match &self.formatter {
            _ if number < 1_000 && self.has_ascii_digits => number.to_string(),
            Some(format) => format.format(&Decimal::from(number)).to_string(),
            None => grouped(number),
        }
    }

    /// Formats a number of `10^-digits`, all of which are shown: `12.50` for 1250 and 2.
    pub(crate) fn fraction(&self, number: u64, digits: u32) -> String {
        let mut decimal = Decimal::from(number);
        let digits = i16::try_from(digits).unwrap_or(0);
        decimal.multiply_pow10(-digits);
        decimal.pad_end(-digits);
        match &self.formatter {
            Some(format) => format.format(&decimal).to_string(),
            None => decimal.to_string(),
        }
    }

    /// Formats a number of `10^-digits` without zeros at its end: `12.5` for 1250 and 2.
    pub(crate) fn trimmed(&self, number: u64, digits: u32) -> String {
        let (mut number, mut digits) = (number, digits);
        while digits > 0 && number.is_multiple_of(10) {
            (number, digits) = (number / 10, digits - 1);
        }
        self.fraction(number, digits)
    }

    /// The characters that separate groups of digits and that begin the decimals.
    pub(crate) fn separators(&self) -> (char, char) {
        let sample = self.fraction(100_000_001, 1);
        let mut signs = sample.chars().filter(|c| !c.is_ascii_digit());
        let group = signs.next().unwrap_or(',');
        (group, signs.next_back().unwrap_or('.'))
    }

    fn signed(&self, is_negative: bool, magnitude: u64) -> Option<String> {
        if !is_negative {
            return Some(self.whole(magnitude));
        }
        let mut decimal = Decimal::from(magnitude);
        decimal.set_sign(Sign::Negative);
        self.formatter.as_ref().map(|formatter| formatter.format(&decimal).to_string())
    }
}

impl NumberFormat {
    /// Writes an argument of a message as a text. `None` for a [`LargeNumber`], which only the message itself writes.
    pub(crate) fn argument<'a>(&self, value: &'a FluentValue<'_>) -> Option<Cow<'a, str>> {
        match value {
            FluentValue::String(text) => Some(Cow::Borrowed(text)),
            FluentValue::Number(number) => {
                let (is_negative, magnitude) = whole_parts(number);
                self.signed(is_negative, magnitude).map(Cow::Owned)
            }
            FluentValue::Custom(_) | FluentValue::None | FluentValue::Error => None,
        }
    }
}

impl Memoizable for NumberFormat {
    type Args = ();
    type Error = ();

    fn construct(lang: LanguageIdentifier, (): Self::Args) -> Result<Self, Self::Error> {
        Ok(Self::new(&lang.to_string()))
    }
}

/// Writes the numbers among a message's arguments.
pub(crate) fn format_value(value: &FluentValue<'_>, memoizer: &IntlLangMemoizer) -> Option<String> {
    let FluentValue::Number(number) = value else { return None };
    let (is_negative, magnitude) = whole_parts(number);
    written(is_negative, magnitude, memoizer)
}

fn whole_parts(number: &FluentNumber) -> (bool, u64) {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "arguments of messages are whole, and larger ones are a `LargeNumber`"
    )]
    let magnitude = number.value.abs() as u64;
    (number.value < 0.0, magnitude)
}

fn written(is_negative: bool, magnitude: u64, memoizer: &IntlLangMemoizer) -> Option<String> {
    let signed = |formatter: &NumberFormat| formatter.signed(is_negative, magnitude);
    memoizer.with_try_get::<NumberFormat, _, _>((), signed).ok().flatten()
}

/// A whole number that Fluent's float would round. A message inflects by it as by any large number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LargeNumber {
    is_negative: bool,
    magnitude: u64,
}

impl LargeNumber {
    /// Returns the number as an argument.
    pub(crate) fn value(is_negative: bool, magnitude: u64) -> FluentValue<'static> {
        FluentValue::Custom(Box::new(Self { is_negative, magnitude }))
    }

    fn plain(self) -> String {
        format!("{}{}", if self.is_negative { "-" } else { "" }, self.magnitude)
    }
}

impl FluentType for LargeNumber {
    fn duplicate(&self) -> Box<dyn FluentType + Send> {
        Box::new(*self)
    }

    fn as_string(&self, _: &intl_memoizer::IntlLangMemoizer) -> Cow<'static, str> {
        self.plain().into()
    }

    fn as_string_threadsafe(&self, memoizer: &IntlLangMemoizer) -> Cow<'static, str> {
        written(self.is_negative, self.magnitude, memoizer).unwrap_or_else(|| self.plain()).into()
    }
}
