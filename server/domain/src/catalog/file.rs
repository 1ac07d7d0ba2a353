//! The catalog as a TOML file: read, checked, and every mistake told with its line and key.
//!
//! `default.toml`, beside this file's folder, is the catalog that is compiled in and shows every setting there is.

mod amount;
mod feature;
mod plan;
mod reader;
#[cfg(test)]
mod tests;

use std::fmt;

use toml::de::DeTable;

use self::reader::{Reader, Section};
use super::Catalog;
use crate::money::Currency;

/// One mistake in a catalog file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogError {
    /// From 1.
    pub line: usize,
    /// The way to the setting, as `plan.pro.limits.websocket_rooms`; empty where the file is no TOML.
    pub key: String,
    /// What is wrong and what to write.
    pub message: String,
}

impl fmt::Display for CatalogError {
    /// `12: feature.websocket_rooms.kind: …`, so that a file's name and a colon before it make it clickable.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.key.is_empty() {
            write!(out, "{}: {}", self.line, self.message)
        } else {
            write!(out, "{}: {}: {}", self.line, self.key, self.message)
        }
    }
}

/// Every mistake of a catalog file, by line; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogErrors(Vec<CatalogError>);

impl CatalogErrors {
    pub fn iter(&self) -> impl Iterator<Item = &CatalogError> {
        self.0.iter()
    }

    /// A line for each mistake: `catalog.toml:12: feature.websocket_rooms.kind: …`.
    pub fn in_file(&self, name: &str) -> String {
        self.iter().map(|error| format!("{name}:{error}")).collect::<Vec<_>>().join("\n")
    }
}

impl fmt::Display for CatalogErrors {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, error) in self.iter().enumerate() {
            write!(out, "{}line {error}", if at == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

impl std::error::Error for CatalogErrors {}

/// The catalog that holds where none is configured: every plan that the documents name.
#[expect(clippy::expect_used, clippy::missing_panics_doc, reason = "the file is compiled in and a test reads it")]
pub fn default_catalog() -> Catalog {
    parse(include_str!("default.toml")).expect("the default catalog is in order")
}

/// Reads and checks a catalog file; all mistakes are told at once.
pub fn parse(text: &str) -> Result<Catalog, CatalogErrors> {
    let (document, syntax) = DeTable::parse_recoverable(text);
    let mut reader = Reader::default();
    for error in &syntax {
        reader.report_syntax(text, error);
    }
    // What was read around a broken line would only add mistakes that nobody made.
    let catalog = if syntax.is_empty() { read(document.get_ref(), &mut reader) } else { None };
    match (catalog, reader.into_errors(text)) {
        (Some(catalog), errors) if errors.is_empty() => Ok(catalog),
        (_, errors) => Err(CatalogErrors(errors)),
    }
}

fn read(document: &DeTable<'_>, reader: &mut Reader) -> Option<Catalog> {
    let root = Section::root(document);
    reader.refuse_unknown(&root, &["currency", "feature", "plan"]);
    let currency = match root.entry("currency") {
        Some(entry) => reader.parsed::<Currency>(&entry),
        None => Some(Currency::USD),
    };
    let known = feature::read_all(&root, reader);
    let plans = plan::read_all(&root, &known, currency, reader);
    let features = known.into_iter().map(|known| known.feature).collect::<Option<Vec<_>>>();
    let (plans, free) = plans?;
    Some(Catalog { currency: currency?, features: features?, plans, free })
}
