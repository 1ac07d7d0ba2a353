//! What the types of messages implement.

use crate::value::{Args, Href};

/// A message with its arguments.
pub trait Message<'a> {
    /// Position in the catalog.
    const INDEX: usize;

    /// Returns the arguments, and the targets of links in the order of their names.
    fn parts(self) -> (Args<'a>, Vec<Href<'a>>);
}

/// A message without tags.
pub trait PlainMessage {}

/// A message with tags.
pub trait RichMessage {}
