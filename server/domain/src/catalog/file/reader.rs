//! Access to the tables of a TOML document that collects errors with their positions.

use std::str::FromStr;

use toml::de::{DeTable, DeValue};

use super::error::CatalogError;

/// Collects the errors of a file while it is parsed.
#[derive(Default)]
pub(super) struct Reader {
    /// Byte offset, path and message of each error.
    errors: Vec<(usize, String, String)>,
}

/// A table and its path.
pub(super) struct Section<'a> {
    pub(super) path: String,
    /// The byte offset of its name.
    pub(super) at: usize,
    table: &'a DeTable<'a>,
}

/// A value and its path.
pub(super) struct Entry<'a> {
    /// The last part of the path.
    pub(super) key: &'a str,
    pub(super) path: String,
    pub(super) at: usize,
    pub(super) value: &'a DeValue<'a>,
}

impl<'a> Section<'a> {
    pub(super) const fn root(document: &'a DeTable<'a>) -> Self {
        Self { path: String::new(), at: 0, table: document }
    }

    pub(super) fn entry(&self, key: &str) -> Option<Entry<'a>> {
        self.table.get_key_value(key).map(|(key, value)| self.reach(key.as_ref(), key.span().start, value.as_ref()))
    }

    /// All entries, in the order of the file.
    pub(super) fn entries(&self) -> Vec<Entry<'a>> {
        let mut entries: Vec<_> =
            self.table.iter().map(|(key, value)| self.reach(key.as_ref(), key.span().start, value.as_ref())).collect();
        entries.sort_by_key(|entry| entry.at);
        entries
    }

    /// The path of a setting, whether or not it exists.
    pub(super) fn path_to(&self, key: &str) -> String {
        // A quoted key may contain anything: escape it, so that the message stays on one line.
        let shown: String = key.chars().take(64).flat_map(char::escape_debug).collect();
        if self.path.is_empty() { shown } else { format!("{}.{shown}", self.path) }
    }

    fn reach(&self, key: &'a str, at: usize, value: &'a DeValue<'a>) -> Entry<'a> {
        Entry { key, path: self.path_to(key), at, value }
    }
}

impl Reader {
    pub(super) fn report(&mut self, at: usize, path: &str, message: impl Into<String>) {
        self.errors.push((at, path.to_owned(), message.into()));
    }

    pub(super) fn report_syntax(&mut self, text: &str, error: &toml::de::Error) {
        let span = error.span().unwrap_or(text.len()..text.len());
        let found = text.get(span.clone()).and_then(|found| found.lines().next()).unwrap_or_default();
        let shown: String = found.chars().take(40).flat_map(char::escape_debug).collect();
        let at = if shown.is_empty() { String::new() } else { format!(" at `{shown}`") };
        self.report(span.start, "", format!("this is no valid TOML: {}{at}", error.message()));
    }

    /// The errors sorted by position, with byte offsets converted to line numbers.
    pub(super) fn into_errors(mut self, text: &str) -> Vec<CatalogError> {
        self.errors.sort_by_key(|(at, ..)| *at);
        let mut errors = Vec::with_capacity(self.errors.len());
        let (mut line, mut counted) = (1, 0);
        for (at, key, message) in self.errors {
            let upto = at.min(text.len());
            let passed = text.as_bytes().get(counted..upto).unwrap_or_default();
            line += passed.split(|byte| *byte == b'\n').count() - 1;
            counted = upto;
            errors.push(CatalogError { line, key, message });
        }
        errors
    }

    pub(super) fn section<'a>(&mut self, entry: &Entry<'a>) -> Option<Section<'a>> {
        let table = entry.value.as_table();
        if table.is_none() {
            self.report(entry.at, &entry.path, format!("write a table here, not {}", describe(entry.value)));
        }
        table.map(|table| Section { path: entry.path.clone(), at: entry.at, table })
    }

    pub(super) fn refuse_unknown(&mut self, section: &Section<'_>, known: &[&str]) {
        for entry in section.entries().iter().filter(|entry| !known.contains(&entry.key)) {
            self.report(entry.at, &entry.path, format!("there is no such setting; known are {}", known.join(", ")));
        }
    }

    pub(super) fn required<'a>(&mut self, section: &Section<'a>, key: &str) -> Option<Entry<'a>> {
        let entry = section.entry(key);
        if entry.is_none() {
            self.report(section.at, &section.path_to(key), "this is missing");
        }
        entry
    }

    pub(super) fn string<'a>(&mut self, entry: &Entry<'a>) -> Option<&'a str> {
        let DeValue::String(text) = entry.value else {
            self.report(entry.at, &entry.path, format!("write a text in quotes, not {}", describe(entry.value)));
            return None;
        };
        Some(text)
    }

    /// A text to display: one line of 1 to `max` characters.
    pub(super) fn display_text(&mut self, entry: &Entry<'_>, max: usize) -> Option<String> {
        let text = self.string(entry)?;
        let mistake = if text.trim().is_empty() {
            "this is empty".to_owned()
        } else if text.chars().count() > max {
            format!("this is too long; {max} characters are the most")
        } else if text.chars().any(char::is_control) {
            "this has a line break or another control character in it".to_owned()
        } else {
            return Some(text.trim().to_owned());
        };
        self.report(entry.at, &entry.path, mistake);
        None
    }

    /// A string parsed as a `T`, such as a currency.
    pub(super) fn parsed<T: FromStr<Err: std::fmt::Display>>(&mut self, entry: &Entry<'_>) -> Option<T> {
        let text = self.string(entry)?;
        self.ok(entry, text.parse())
    }

    /// The value in `choices` for the word of the entry. Reports any other word and returns `None`.
    pub(super) fn choice<T: Copy>(&mut self, entry: &Entry<'_>, choices: &[(&str, T)]) -> Option<T> {
        let text = self.string(entry)?;
        let chosen = choices.iter().find(|(word, _)| *word == text).map(|(_, choice)| *choice);
        if chosen.is_none() {
            let words: Vec<_> = choices.iter().map(|(word, _)| format!("\"{word}\"")).collect();
            self.report(entry.at, &entry.path, format!("write one of {}", words.join(", ")));
        }
        chosen
    }

    /// A boolean, or `default` if the setting is absent.
    pub(super) fn bool_or(&mut self, section: &Section<'_>, key: &str, default: bool) -> Option<bool> {
        let Some(entry) = section.entry(key) else { return Some(default) };
        let value = entry.value.as_bool();
        if value.is_none() {
            self.report(entry.at, &entry.path, format!("write true or false, not {}", describe(entry.value)));
        }
        value
    }

    /// The value of `result`; `None` after an error, which is reported at `entry`.
    pub(super) fn ok<T, E: std::fmt::Display>(&mut self, entry: &Entry<'_>, result: Result<T, E>) -> Option<T> {
        result.map_err(|error| self.report(entry.at, &entry.path, error.to_string())).ok()
    }
}

/// A short description of a value, for messages such as "write this, not that".
pub(super) fn describe(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("{:?}", text.chars().take(40).collect::<String>()),
        DeValue::Integer(integer) => integer.to_string().chars().take(40).collect(),
        DeValue::Float(float) => float.to_string().chars().take(40).collect(),
        DeValue::Boolean(value) => value.to_string(),
        DeValue::Datetime(_) => "a date".to_owned(),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}
