//! Formats messages by their types.

use std::borrow::Cow;

use crate::{
    catalog::MESSAGES,
    language::Locale,
    markup::Rich,
    message::{Message, PlainMessage, RichMessage},
};

/// Formats a message in a language.
pub fn plain<'a, M: Message<'a> + PlainMessage>(locale: Locale, message: M) -> Cow<'static, str> {
    let (args, _) = message.parts();
    locale.text(M::INDEX, &args)
}

/// Formats a message with tags in a language.
pub fn rich<'a, M: Message<'a> + RichMessage>(locale: Locale, message: M) -> Rich {
    let (args, links) = message.parts();
    let spec = MESSAGES.get(M::INDEX);
    let links = spec.map_or(&[][..], |spec| spec.links).iter().copied().zip(links);
    Rich::parse(&locale.raw_text(M::INDEX, &args), &links.collect::<Vec<_>>())
}
