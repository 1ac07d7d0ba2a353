//! Removes keys from providers' error messages, and truncates the messages.

use secrecy::{ExposeSecret, SecretString};

/// Longest message that is passed on.
const MAX_CHARS: usize = 300;

/// Returns the message with each occurrence of the key replaced by an ellipsis.
pub(super) fn redact_key(message: &str, key: &SecretString) -> String {
    match key.expose_secret() {
        "" => message.to_owned(),
        key => message.replace(key, "…"),
    }
}

/// Returns the message. A longer message than [`MAX_CHARS`] is cut there and ends with an ellipsis.
pub(super) fn truncated(message: &str) -> String {
    match message.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => format!("{}…", message.get(..end).unwrap_or_default().trim_end()),
        None => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_redacted_at_each_occurrence() {
        let without = |message, key: &str| redact_key(message, &key.into());
        assert_eq!(without("polar_1 is wrong, polar_1!", "polar_1"), "… is wrong, …!");
        assert_eq!(without("Nothing of it.", ""), "Nothing of it.");
    }

    #[test]
    fn a_long_message_is_truncated() {
        let longest = "é".repeat(MAX_CHARS);
        assert_eq!(truncated(&longest), longest);
        assert_eq!(truncated(&format!("{longest} and more")), format!("{longest}…"));
    }
}
