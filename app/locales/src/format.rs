//! Dates, amounts of money and sizes as a language writes them. Their spaces are no-break spaces.

use domain::{
    money::{Currency, Money},
    time::Timestamp,
};

use crate::{formats::Formats, language::Locale};

impl Locale {
    fn formats(self) -> &'static Formats {
        &self.language().formats
    }

    /// Formats a date in UTC: `1 Feb 2026`.
    pub fn day(self, at: Timestamp) -> String {
        let at = at.to_utc();
        let formats = self.formats();
        let month = formats.month_name(u8::from(at.month()));
        formats.day.fill(&[&at.day().to_string(), month, &at.year().to_string()])
    }

    /// Formats a date whose year is obvious: `1 Feb`.
    pub fn day_of_year(self, at: Timestamp) -> String {
        let at = at.to_utc();
        let formats = self.formats();
        formats.day_of_year.fill(&[&at.day().to_string(), formats.month_name(u8::from(at.month()))])
    }

    /// Formats a month in UTC: `Feb 2026`.
    pub fn month(self, at: Timestamp) -> String {
        let at = at.to_utc();
        let formats = self.formats();
        formats.month.fill(&[formats.month_name(u8::from(at.month())), &at.year().to_string()])
    }

    /// Formats date and time in UTC: `1 Feb 2026, 21:40`. A line may break before the time.
    pub fn minute(self, at: Timestamp) -> String {
        self.formats().minute.fill(&[&self.day(at), &at.time_of_day()])
    }

    /// Formats a whole number: `1,234`.
    pub fn number(self, number: u64) -> String {
        self.language().numbers.whole(number)
    }

    /// Formats a number of `10^-digits` without zeros at its end: `1.5` for 150 and 2.
    pub fn decimal(self, number: u64, digits: u32) -> String {
        self.language().numbers.trimmed(number, digits)
    }

    /// Converts the numbers of a text from the language's notation to the English one: `1.234,50` to `1234.50`. A number
    /// that is not written in the language's notation stays as it is.
    pub fn typed(self, text: &str) -> String {
        let (group, decimal) = self.language().numbers.separators();
        if decimal == '.' {
            return text.to_owned();
        }
        let is_part = |c: char| c.is_ascii_digit() || c == group || c == decimal;
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
            let (before, number) = rest.split_at(start);
            let (number, after) = number.split_at(number.find(|c| !is_part(c)).unwrap_or(number.len()));
            out.push_str(before);
            out.push_str(&english_number(number, group, decimal).unwrap_or_else(|| number.to_owned()));
            rest = after;
        }
        out + rest
    }

    /// Formats an amount of money with all decimal places, for charges: `$29.00`, `−$16.84`.
    pub fn exact(self, money: Money) -> String {
        let number = self.language().numbers.fraction(money.minor.unsigned_abs(), money.currency.minor_digits());
        self.with_currency(money, &number)
    }

    /// Formats an amount of money without decimal places if it is whole, for price tables: `$29`; else like
    /// [`Locale::exact`].
    pub fn short(self, money: Money) -> String {
        let per_major = money.currency.minor_per_major();
        if money.minor % per_major == 0 {
            self.with_currency(money, &self.number((money.minor / per_major).unsigned_abs()))
        } else {
            self.exact(money)
        }
    }

    fn with_currency(self, money: Money, number: &str) -> String {
        let sign = if money.minor < 0 { "−" } else { "" };
        let formats = self.formats();
        match money.currency.code() {
            "USD" => formats.dollars.fill(&[sign, number]),
            "EUR" => formats.euros.fill(&[sign, number]),
            code => formats.money.fill(&[sign, number, code]),
        }
    }

    /// Formats an amount of a millionth of a dollar, without zeros at its end: `$0.0005`.
    pub fn dollar_micros(self, micros: u64) -> String {
        self.with_currency(Money::new(0, Currency::USD), &self.decimal(micros, 6))
    }
}

/// Converts a number to the English notation, without grouping. `None` if its groups are not of three digits.
fn english_number(number: &str, group: char, decimal: char) -> Option<String> {
    let (whole, fraction) = number.split_once(decimal).map_or((number, None), |(whole, rest)| (whole, Some(rest)));
    let (first, groups) = whole.split_once(group).map_or((whole, None), |(first, rest)| (first, Some(rest)));
    let is_grouped = groups.is_none_or(|groups| {
        (1..=3).contains(&first.len()) && !first.starts_with('0') && groups.split(group).all(|group| group.len() == 3)
    });
    if !is_grouped || fraction.is_some_and(|fraction| !fraction.bytes().all(|byte| byte.is_ascii_digit())) {
        return None;
    }
    let whole = whole.replace(group, "");
    Some(fraction.map_or_else(|| whole.clone(), |fraction| format!("{whole}.{fraction}")))
}
