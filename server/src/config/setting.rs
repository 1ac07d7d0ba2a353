//! Reads single settings, and formats their errors.

use std::{collections::BTreeMap, str::FromStr};

use secrecy::SecretString;

/// One line that names the setting and what it expects.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SettingError(String);

/// All settings by name. Empty ones count as not set.
#[derive(Clone, Debug, Default)]
pub(super) struct Settings(BTreeMap<String, String>);

impl Settings {
    pub(super) fn from_env() -> Self {
        Self::non_empty(std::env::vars())
    }

    pub(super) fn from_pairs(pairs: &[(&str, String)]) -> Self {
        Self::non_empty(pairs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())))
    }

    fn non_empty(pairs: impl Iterator<Item = (String, String)>) -> Self {
        Self(pairs.filter(|(_, value)| !value.is_empty()).collect())
    }

    /// Adds `defaults` for settings that are not set.
    pub(super) fn with_defaults(mut self, defaults: &[(&str, String)]) -> Self {
        for (name, value) in defaults {
            self.0.entry((*name).to_owned()).or_insert_with(|| value.clone());
        }
        self
    }

    /// Replaces settings with `overrides`.
    pub(super) fn with_overrides(mut self, overrides: &[(&str, String)]) -> Self {
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

    /// Returns the setting, or the first of `words` when it is missing. Fails if it is none of `words`.
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

/// Masks a secret: shows only whether it is set.
pub(super) fn secrets_or_not_set(is_set: bool) -> String {
    if is_set { "••••••••" } else { "(not set)" }.to_owned()
}

impl SettingError {
    /// Builds the error from a reason that names the setting.
    pub(super) fn because(reason: &impl std::fmt::Display) -> Self {
        Self(reason.to_string())
    }
}
