//! Chooses the language of a reader.

use crate::language::{Languages, Locale};

/// Longest `Accept-Language` that is read, and the most languages of it.
const MAX_BYTES: usize = 500;
const MAX_LANGUAGES: usize = 20;

/// Returns the most preferred language of an `Accept-Language` header that is among the languages: with the same tag,
/// else with the same language and another region. `None` if there is none.
pub fn negotiate(languages: &Languages, accepted: &str) -> Option<Locale> {
    if accepted.len() > MAX_BYTES {
        return None;
    }
    let mut tags: Vec<_> = accepted.split(',').take(MAX_LANGUAGES).filter_map(weighted).collect();
    // Stable: of two languages with the same weight, the first is preferred.
    tags.sort_by_key(|(_, weight)| std::cmp::Reverse(*weight));
    tags.into_iter().find_map(|(tag, _)| languages.nearest(tag))
}

/// Reads `de;q=0.8` as the tag and its weight in thousandths. `None` for a weight of zero or none at all.
fn weighted(part: &str) -> Option<(&str, u16)> {
    let (tag, weight) = part.split_once(';').map_or((part, None), |(tag, weight)| (tag, Some(weight)));
    let weight = match weight {
        None => 1000,
        Some(weight) => thousandths(weight.trim().strip_prefix("q=")?)?,
    };
    (weight > 0).then_some((tag.trim(), weight))
}

/// Reads a weight of RFC 9110: from 0 to 1, with at most three decimals.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    if decimals.len() > 3 || !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    match whole {
        "0" => format!("{decimals:0<3}").parse().ok(),
        "1" if decimals.bytes().all(|byte| byte == b'0') => Some(1000),
        _ => None,
    }
}
