//! Messages with tags: bold parts, code, names and links.

use std::borrow::Cow;

use crate::value::{Href, LESS_THAN};

/// A part of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    Text(String),
    Bold(String),
    /// A name in a direction of its own.
    Name(String),
    Code(String),
    Link {
        href: String,
        text: String,
    },
}

/// A message with tags, as a sequence of parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rich(pub Vec<Part>);

impl Rich {
    /// Reads the tags of a formatted message. `links` are the targets by tag. A tag that is not among them is read as
    /// text, so that a wrong message of an installation shows its words.
    pub(crate) fn parse(message: &str, links: &[(&str, Href<'_>)]) -> Self {
        let mut parts = Vec::new();
        let mut rest = message;
        while let Some((before, tag, inner, after)) = next_tag(rest) {
            if !before.is_empty() {
                parts.push(Part::Text(restored(before)));
            }
            let text = restored(inner);
            parts.push(match tag {
                "b" => Part::Bold(text),
                "bdi" => Part::Name(text),
                "code" => Part::Code(text),
                link => match links.iter().find(|(name, _)| *name == link) {
                    Some((_, href)) => Part::Link { href: href.0.clone().into_owned(), text },
                    None => Part::Text(text),
                },
            });
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(restored(rest)));
        }
        Self(parts)
    }

    /// Appends a plain text.
    #[must_use]
    pub fn then(mut self, text: impl Into<String>) -> Self {
        let text = text.into();
        if !text.is_empty() {
            self.0.push(Part::Text(text));
        }
        self
    }

    /// Appends another message.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// The words without tags.
    pub fn plain(&self) -> String {
        let text = |part: &Part| match part {
            Part::Text(text) | Part::Bold(text) | Part::Name(text) | Part::Code(text) | Part::Link { text, .. } => {
                text.clone()
            }
        };
        self.0.iter().map(text).collect()
    }
}

impl From<Cow<'static, str>> for Rich {
    fn from(text: Cow<'static, str>) -> Self {
        Self(vec![Part::Text(text.into_owned())])
    }
}

/// Splits at the first tag: what is before it, its name, its content, and what follows.
fn next_tag(text: &str) -> Option<(&str, &str, &str, &str)> {
    let (before, after) = text.split_once('<')?;
    let (tag, after) = after.split_once('>')?;
    let (inner, after) = after.split_once("</")?;
    let (closed, after) = after.split_once('>')?;
    (tag == closed).then_some((before, tag, inner, after))
}

/// Puts back what arguments had in place of `<`.
pub(crate) fn restored<'a>(text: impl Into<Cow<'a, str>>) -> String {
    let text = text.into();
    if text.contains(LESS_THAN) { text.replace(LESS_THAN, "<") } else { text.into_owned() }
}
