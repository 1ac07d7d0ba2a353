//! The headers by which a mail program offers to turn a mail off: `List-Unsubscribe` (RFC 2369) and, for one click,
//! `List-Unsubscribe-Post` (RFC 8058).

use std::error::Error;

use lettre::message::{
    MessageBuilder,
    header::{Header, HeaderName, HeaderValue},
};

/// The address that turns the mail off.
#[derive(Clone, Debug, PartialEq, Eq)]
struct ListUnsubscribe(String);

impl Header for ListUnsubscribe {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("List-Unsubscribe")
    }

    fn parse(text: &str) -> Result<Self, Box<dyn Error + Send + Sync>> {
        Ok(Self(text.trim_start_matches('<').trim_end_matches('>').to_owned()))
    }

    fn display(&self) -> HeaderValue {
        let value = format!("<{}>", self.0);
        // A URL is ASCII without blanks. Encoded or folded, receivers could not read it.
        HeaderValue::dangerous_new_pre_encoded(Self::name(), value.clone(), value)
    }
}

/// Says that a POST to the address of [`ListUnsubscribe`] turns the mail off at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct OneClick;

impl OneClick {
    const VALUE: &str = "List-Unsubscribe=One-Click";
}

impl Header for OneClick {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("List-Unsubscribe-Post")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::dangerous_new_pre_encoded(Self::name(), Self::VALUE.to_owned(), Self::VALUE.to_owned())
    }
}

/// Adds the headers for the address that turns the mail off. One click requires https. Adds none for a text that is no
/// URL.
pub(super) fn with_headers(message: MessageBuilder, url: &str) -> MessageBuilder {
    if !url.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>".contains(&byte)) {
        return message;
    }
    let message = message.header(ListUnsubscribe(url.to_owned()));
    if url.starts_with("https://") { message.header(OneClick) } else { message }
}
