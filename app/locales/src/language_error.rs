//! Why the languages of an installation are refused.

use crate::check::Finding;

/// Most languages, and most files of a language.
pub(crate) const MAX_ENTRIES: usize = 100;

/// Why languages can't be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LanguageError {
    #[error("{path}: {source}")]
    Read { path: String, source: std::io::Error },
    #[error("{path}: a file of messages has at most 1 MiB")]
    TooLarge { path: String },
    #[error("{path}: a folder of messages has at most {MAX_ENTRIES} entries")]
    TooMany { path: String },
    #[error("{0:?} is no language tag, such as \"fr\" or \"pt-BR\"")]
    Tag(String),
    #[error("{0}")]
    Messages(Finding),
    #[error("there are no messages in the language {0}")]
    Unknown(String),
}
