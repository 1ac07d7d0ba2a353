//! The messages that people read on pages and in mails, in every language. API errors and logs are not among them.
//!
//! The English messages in `en/` are the reference: [`ids`] has a type for each, whose fields are the message's
//! arguments and links, so that a wrong id or a missing argument does not compile. [`text!`] formats a message,
//! [`rich!`] one with tags. Both use the language of the request ([`Locale::current`]).

mod amounts;
mod catalog;
pub mod check;
mod folder;
mod format;
mod formats;
pub mod ids;
mod language;
mod language_error;
mod markup;
mod message;
mod names;
mod negotiate;
mod numbers;
pub mod pseudo;
mod render;
mod shape;
mod template;
mod value;

use self::catalog::BUILT_IN;
pub use self::{
    language::{Direction, Languages, Locale, are_installed, install, installed},
    language_error::LanguageError,
    markup::{Part, Rich},
    message::{Message, PlainMessage, RichMessage},
    negotiate::negotiate,
    render::{plain, rich},
    value::{Args, Href, Value},
};

/// Returns the files of a built-in language: name and text.
pub fn built_in(language: &str) -> Option<&'static [(&'static str, &'static str)]> {
    BUILT_IN.iter().find(|(tag, _)| *tag == language).map(|(_, files)| *files)
}

/// `text!(id)`, `text!(id, name = value, …)`: the message in the language of the request, as `Cow<'static, str>`.
/// `text!(locale => id, …)`: the message in that language.
#[macro_export]
macro_rules! text {
    ($locale:expr => $id:ident $(, $name:ident = $value:expr)* $(,)?) => {
        $crate::plain($locale, $crate::ids::$id { $($name: ::core::convert::Into::into($value)),* })
    };
    ($id:ident $(, $name:ident = $value:expr)* $(,)?) => {
        $crate::text!($crate::Locale::current() => $id $(, $name = $value)*)
    };
}

/// Like [`text!`], for a message with tags, as [`Rich`]. The target of a link is given under the tag's name.
#[macro_export]
macro_rules! rich {
    ($locale:expr => $id:ident $(, $name:ident = $value:expr)* $(,)?) => {
        $crate::rich($locale, $crate::ids::$id { $($name: ::core::convert::Into::into($value)),* })
    };
    ($id:ident $(, $name:ident = $value:expr)* $(,)?) => {
        $crate::rich!($crate::Locale::current() => $id $(, $name = $value)*)
    };
}

#[cfg(test)]
mod tests;
