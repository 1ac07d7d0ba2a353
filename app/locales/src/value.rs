//! Arguments of messages.

use std::borrow::Cow;

use fluent_bundle::{FluentArgs, FluentValue};

use crate::numbers::LargeNumber;

/// Stands for `<` in an argument, so that a name can't become a tag.
pub(crate) const LESS_THAN: char = '\u{e000}';
const FIRST_STRONG_ISOLATE: char = '\u{2068}';
const POP_ISOLATE: char = '\u{2069}';

/// An argument: a text, or a number, which a message can inflect by and which is written as the language writes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Value<'a>(FluentValue<'a>);

/// The target of a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Href<'a>(pub(crate) Cow<'a, str>);

/// The arguments of a message.
#[derive(Debug, Default)]
pub struct Args<'a>(FluentArgs<'a>);

impl<'a> Args<'a> {
    pub(crate) fn set(&mut self, name: &'static str, value: Value<'a>) {
        self.0.set(name, value.0);
    }

    pub(crate) const fn fluent(&self) -> &FluentArgs<'a> {
        &self.0
    }
}

/// Isolates a text that is written from right to left, so that it does not reorder the sentence around it.
fn isolated(text: Cow<'_, str>) -> Cow<'_, str> {
    let is_rtl = |c: char| matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}' | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}');
    if text.is_ascii() && !text.contains('<') {
        return text;
    }
    let text =
        if text.contains('<') { Cow::Owned(text.replace('<', LESS_THAN.encode_utf8(&mut [0; 4]))) } else { text };
    if text.contains(is_rtl) { Cow::Owned(format!("{FIRST_STRONG_ISOLATE}{text}{POP_ISOLATE}")) } else { text }
}

impl<'a> From<Cow<'a, str>> for Value<'a> {
    fn from(text: Cow<'a, str>) -> Self {
        Self(FluentValue::String(isolated(text)))
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Cow::Borrowed(text).into()
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(text: &'a String) -> Self {
        text.as_str().into()
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Cow::<str>::Owned(text).into()
    }
}

macro_rules! numbers {
    ($($number:ty)*) => { $(
        impl From<$number> for Value<'_> {
            fn from(number: $number) -> Self {
                Self(number.into())
            }
        }
    )* };
}

numbers!(u8 u16 u32 i32);

/// The largest whole number up to which Fluent, which counts in floats, holds each one.
const MAX_EXACT: u64 = 1 << 53;

impl From<u64> for Value<'_> {
    fn from(number: u64) -> Self {
        Self(if number <= MAX_EXACT { number.into() } else { LargeNumber::value(false, number) })
    }
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        let magnitude = number.unsigned_abs();
        Self(if magnitude <= MAX_EXACT { number.into() } else { LargeNumber::value(number < 0, magnitude) })
    }
}

impl From<usize> for Value<'_> {
    fn from(number: usize) -> Self {
        u64::try_from(number).unwrap_or(u64::MAX).into()
    }
}

impl<'a> From<&'a str> for Href<'a> {
    fn from(href: &'a str) -> Self {
        Self(Cow::Borrowed(href))
    }
}

impl<'a> From<&'a String> for Href<'a> {
    fn from(href: &'a String) -> Self {
        Self(Cow::Borrowed(href))
    }
}

impl From<String> for Href<'_> {
    fn from(href: String) -> Self {
        Self(Cow::Owned(href))
    }
}
