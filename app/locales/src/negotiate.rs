//! Chooses the language of a reader.

use crate::language::{Languages, Locale};

/// Longest `Accept-Language` that is read.
const MAX_BYTES: usize = 500;

/// Returns the first language of an `Accept-Language` header that is among the languages: with the same tag, else with
/// the same language and another region. `None` if there is none.
pub fn negotiate(languages: &Languages, accepted: &str) -> Option<Locale> {
    if accepted.len() > MAX_BYTES {
        return None;
    }
    let primary = |tag: &str| tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
    accept_language::parse(accepted).iter().find_map(|tag| {
        let same_language = || languages.iter().find(|locale| primary(locale.tag()) == primary(tag));
        languages.get(tag).or_else(same_language)
    })
}
