//! Parser of the catalog's TOML file; reports every error with its line and key.
//!
//! `catalog/default.toml` is the built-in catalog and documents every setting.

mod amount;
mod error;
mod feature;
mod plan;
mod price;
mod reader;
mod seats;
mod sold_as;
#[cfg(test)]
mod tests;

use std::fmt;

use toml::de::DeTable;

pub use self::error::CatalogError;
use self::reader::{Reader, Section};
use super::Catalog;
use crate::money::Currency;

/// All errors of a catalog file, sorted by line; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogErrors(Vec<CatalogError>);

impl CatalogErrors {
    pub fn iter(&self) -> impl Iterator<Item = &CatalogError> {
        self.0.iter()
    }

    /// One line per error, with the file name: `catalog.toml:12: feature.websocket_rooms.kind: …`.
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

/// The built-in catalog, used if none is configured. It has every plan that the documentation names.
#[expect(clippy::expect_used, clippy::missing_panics_doc, reason = "the file is compiled in and tests parse it")]
pub fn default_catalog() -> Catalog {
    parse(include_str!("default.toml")).expect("the built-in catalog is valid")
}

/// Parses and validates a catalog file; returns all errors at once.
pub fn parse(text: &str) -> Result<Catalog, CatalogErrors> {
    let (document, syntax) = DeTable::parse_recoverable(text);
    let mut reader = Reader::default();
    for error in &syntax {
        reader.report_syntax(text, error);
    }
    // After a syntax error the rest is not validated: it would only add misleading errors.
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
    let parsed = feature::read_all(&root, reader);
    let plans = plan::read_all(&root, &parsed, currency, reader);
    let features = parsed.into_iter().map(|parsed| parsed.feature).collect::<Option<Vec<_>>>();
    let (plans, free) = plans?;
    Some(Catalog { currency: currency?, features: features?, plans, free })
}
