//! One error of a catalog file, with its place.

use std::fmt;

/// One error in a catalog file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogError {
    /// The line number, from 1.
    pub line: usize,
    /// The path of the setting, such as `plan.pro.limits.websocket_rooms`; empty for a syntax error.
    pub key: String,
    /// What is wrong and what to write instead.
    pub message: String,
}

impl fmt::Display for CatalogError {
    /// `12: feature.websocket_rooms.kind: …`. With a file name and a colon before it, editors and terminals link to the
    /// line.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.key.is_empty() {
            write!(out, "{}: {}", self.line, self.message)
        } else {
            write!(out, "{}: {}: {}", self.line, self.key, self.message)
        }
    }
}
