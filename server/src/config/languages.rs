//! The languages of pages and mails, and what they call the product.

use std::path::PathBuf;

use billing::service::Brand;
use locales::{LanguageError, Languages};

use super::{SettingError, Settings};

const APP_NAME: &str = "APP_NAME";
const LANGUAGES: &str = "LANGUAGES";
const LOCALES_DIR: &str = "LOCALES_DIR";
const MAX_NAME_CHARS: usize = 40;
const MAX_LANGUAGES: usize = 50;

/// Settings of messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LanguageConfig {
    /// What pages and mails call the product.
    pub app_name: String,
    /// Tags of the languages to offer, the default first.
    pub tags: Vec<String>,
    /// Folder with languages that the installation adds, and messages that it overrides.
    pub folder: Option<PathBuf>,
}

impl LanguageConfig {
    /// Loads the messages of all languages.
    pub fn load(&self) -> Result<Languages, SettingError> {
        let tags: Vec<_> = self.tags.iter().map(String::as_str).collect();
        Languages::load(&tags, self.folder.as_deref(), &self.app_name).map_err(|error| {
            let name = match error {
                LanguageError::Tag(_) | LanguageError::Unknown(_) => LANGUAGES,
                LanguageError::Read { .. }
                | LanguageError::TooLarge { .. }
                | LanguageError::TooMany { .. }
                | LanguageError::Messages(_) => LOCALES_DIR,
            };
            SettingError::because(&format!("{name} is wrong: {error}"))
        })
    }
}

pub(super) fn read(settings: &Settings) -> Result<LanguageConfig, SettingError> {
    let app_name = settings.get(APP_NAME).unwrap_or(Brand::DEFAULT_NAME).trim();
    let is_name = !app_name.is_empty()
        && app_name.chars().count() <= MAX_NAME_CHARS
        && !app_name.chars().any(|c| c.is_control() || matches!(c, '<' | '>' | '{' | '}'));
    if !is_name {
        return Err(settings.wrong(APP_NAME, "a name of 1 to 40 characters, without < > { }"));
    }
    let tags = match settings.list::<String>(LANGUAGES, "language tags")? {
        tags if tags.is_empty() => vec!["en".to_owned(), "de".to_owned()],
        tags => tags,
    };
    if tags.len() > MAX_LANGUAGES {
        return Err(settings.wrong(LANGUAGES, "at most 50 language tags"));
    }
    Ok(LanguageConfig { app_name: app_name.to_owned(), tags, folder: settings.get(LOCALES_DIR).map(PathBuf::from) })
}

pub(super) fn lines(config: &LanguageConfig) -> Vec<(&'static str, String)> {
    let LanguageConfig { app_name, tags, folder } = config;
    vec![
        (APP_NAME, app_name.clone()),
        (LANGUAGES, tags.join(",")),
        (LOCALES_DIR, folder.as_ref().map_or_else(|| "(not set)".to_owned(), |folder| folder.display().to_string())),
    ]
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn english_and_german_are_offered_by_default() {
        let config = read(&Settings::of(&[])).unwrap();
        assert_eq!((config.app_name.as_str(), config.tags.join(",")), ("Dues", "en,de".to_owned()));
        let languages = config.load().unwrap();
        assert_eq!(languages.iter().map(locales::Locale::name).collect::<Vec<_>>(), ["English", "Deutsch"]);
    }

    #[rstest]
    #[case(APP_NAME, "<b>")]
    #[case(APP_NAME, "a name that is longer than forty characters")]
    fn a_wrong_name_is_refused(#[case] name: &str, #[case] value: &str) {
        let error = read(&Settings::of(&[(name, value)])).unwrap_err().to_string();
        assert!(error.starts_with(&format!("{name} is wrong: ")), "{error}");
    }

    #[rstest]
    #[case("fr", "LANGUAGES is wrong: there are no messages in the language fr")]
    #[case("not a tag", "LANGUAGES is wrong: \"not a tag\" is no language tag")]
    fn a_language_without_messages_is_refused(#[case] tags: &str, #[case] expected: &str) {
        let error = read(&Settings::of(&[(LANGUAGES, tags)])).unwrap().load().unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }

    #[test]
    fn a_wrong_file_of_messages_is_named() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("en")).unwrap();
        std::fs::write(folder.path().join("en/mine.ftl"), "frame-skip = <b>Skip\n").unwrap();
        let path = folder.path().display().to_string();
        let error = read(&Settings::of(&[(LOCALES_DIR, &path)])).unwrap().load().unwrap_err().to_string();
        assert!(error.starts_with("LOCALES_DIR is wrong: ") && error.ends_with("<b> is not closed"), "{error}");
    }
}
