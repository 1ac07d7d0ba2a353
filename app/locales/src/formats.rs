//! What a language's messages say about dates and amounts.

use crate::{
    template::Template,
    value::{Args, Value},
};

/// What a language's messages say about dates and amounts.
#[derive(Debug)]
pub(crate) struct Formats {
    pub(crate) day: Template,
    pub(crate) day_of_year: Template,
    pub(crate) month: Template,
    pub(crate) minute: Template,
    pub(crate) dollars: Template,
    pub(crate) euros: Template,
    pub(crate) money: Template,
    months: Vec<String>,
}

impl Default for Formats {
    fn default() -> Self {
        Self::read(|_, _| None)
    }
}

impl Formats {
    /// Reads the formats from a language's messages; `format` formats a message.
    pub(crate) fn read(format: impl Fn(&str, Option<&Args<'_>>) -> Option<String>) -> Self {
        let template = |id: &str, arguments: &[&'static str]| {
            let mut args = Args::default();
            for (position, name) in (0..).zip(arguments) {
                args.set(name, Value::from(Template::placeholder(position)));
            }
            Template::read(&format(id, Some(&args)).unwrap_or_default())
        };
        let month = |number: u8| {
            let mut args = Args::default();
            args.set("month", Value::from(number));
            format("format-month-name", Some(&args)).unwrap_or_default()
        };
        Self {
            day: template("format-day", &["day", "month", "year"]),
            day_of_year: template("format-day-of-year", &["day", "month"]),
            month: template("format-month", &["month", "year"]),
            minute: template("format-minute", &["date", "time"]),
            dollars: template("format-dollars", &["sign", "amount"]),
            euros: template("format-euros", &["sign", "amount"]),
            money: template("format-money", &["sign", "amount", "currency"]),
            months: (1..=12).map(month).collect(),
        }
    }

    pub(crate) fn month_name(&self, number: u8) -> &str {
        self.months.get(usize::from(number).saturating_sub(1)).map_or("", String::as_str)
    }
}
