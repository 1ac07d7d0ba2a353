//! Single settings: where they come from and what is said when one is wrong.

use std::{collections::BTreeMap, str::FromStr};

use secrecy::SecretString;

/// One line that names the setting and says what it expects.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SettingError(String);

/// Every setting by name. An empty one counts as not set.
#[derive(Clone, Debug, Default)]
pub(super) struct Settings(BTreeMap<String, String>);

impl Settings {
    pub(super) fn from_env() -> Self {
        Self(std::env::vars().filter(|(_, value)| !value.is_empty()).collect())
    }

    /// With `defaults` for what is not set.
    pub(super) fn over(mut self, defaults: &[(&str, String)]) -> Self {
        for (name, value) in defaults {
            self.0.entry((*name).to_owned()).or_insert_with(|| value.clone());
        }
        self
    }

    /// With `overrides` in place of what is set.
    pub(super) fn under(mut self, overrides: &[(&str, String)]) -> Self {
        self.0.extend(overrides.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        self
    }

    #[cfg(test)]
    pub(super) fn of(pairs: &[(&str, &str)]) -> Self {
        Self(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    pub(super) fn parsed<T: FromStr>(&self, name: &str, fallback: &str, expects: &str) -> Result<T, SettingError> {
        self.get(name).unwrap_or(fallback).parse().map_err(|_| self.wrong(name, expects))
    }

    pub(super) fn optional<T: FromStr>(&self, name: &str, expects: &str) -> Result<Option<T>, SettingError> {
        self.get(name).map(|text| text.parse().map_err(|_| self.wrong(name, expects))).transpose()
    }

    pub(super) fn list<T: FromStr>(&self, name: &str, expects: &str) -> Result<Vec<T>, SettingError> {
        let parts = self.get(name).unwrap_or_default().split(',').map(str::trim).filter(|part| !part.is_empty());
        parts.map(|part| part.parse().map_err(|_| self.wrong(name, expects))).collect()
    }

    /// The first of `words` when the setting is missing.
    pub(super) fn one_of<'a>(&'a self, name: &str, words: &[&'a str]) -> Result<&'a str, SettingError> {
        let word = self.get(name).or_else(|| words.first().copied()).unwrap_or_default();
        if words.contains(&word) { Ok(word) } else { Err(self.wrong(name, &words.join(" or "))) }
    }

    pub(super) fn secrets(&self, name: &str) -> Vec<SecretString> {
        let parts = self.get(name).unwrap_or_default().split(',').map(str::trim).filter(|part| !part.is_empty());
        parts.map(SecretString::from).collect()
    }

    pub(super) fn wrong(&self, name: &str, expects: &str) -> SettingError {
        let state = if self.get(name).is_some() { "is wrong" } else { "is missing" };
        SettingError(format!("{name} {state}: it expects {expects}"))
    }
}

/// What is shown of a secret: whether it is there.
pub(super) fn secrets_or_not_set(is_set: bool) -> String {
    if is_set { "••••••••" } else { "(not set)" }.to_owned()
}

impl SettingError {
    /// For a reason that names the setting itself.
    pub(super) fn because(reason: &impl std::fmt::Display) -> Self {
        Self(reason.to_string())
    }
}
