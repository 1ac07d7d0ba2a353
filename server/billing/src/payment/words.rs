//! Error messages of providers: without secrets, and truncated.

use secrecy::{ExposeSecret, SecretString};

/// Longest message that is passed on.
const MOST_CHARS: usize = 300;

/// Returns the message with each occurrence of the key replaced by an ellipsis.
pub(super) fn without_key(words: &str, key: &SecretString) -> String {
    match key.expose_secret() {
        "" => words.to_owned(),
        key => words.replace(key, "…"),
    }
}

/// Returns the message, truncated to [`MOST_CHARS`] characters and an ellipsis.
pub(super) fn shortened(words: &str) -> String {
    match words.char_indices().nth(MOST_CHARS) {
        Some((end, _)) => format!("{}…", words.get(..end).unwrap_or_default().trim_end()),
        None => words.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_left_out_wherever_it_stands() {
        let without = |words, key: &str| without_key(words, &key.into());
        assert_eq!(without("polar_1 is wrong, polar_1!", "polar_1"), "… is wrong, …!");
        assert_eq!(without("Nothing of it.", ""), "Nothing of it.");
    }

    #[test]
    fn what_is_long_is_told_by_its_beginning() {
        let longest = "é".repeat(MOST_CHARS);
        assert_eq!(shortened(&longest), longest);
        assert_eq!(shortened(&format!("{longest} and more")), format!("{longest}…"));
    }
}
