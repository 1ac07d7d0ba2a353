//! What a password must be to become an account's: 10 to 256 characters, compared in NFC, and hard to guess for a person who
//! knows whose it is.

use domain::account::{PASSWORD_MAX_CHARS, PASSWORD_MIN_CHARS};
use secrecy::{ExposeSecret, SecretString};
use unicode_normalization::UnicodeNormalization;
use zxcvbn::{Score, zxcvbn};

/// The estimate takes longer than in proportion to the length; what stands further behind can only make a password stronger.
const ESTIMATED_CHARS: usize = 64;
const MOST_CONTEXT_WORDS: usize = 24;
const CONTEXT_WORD_MIN_CHARS: usize = 3;
/// The product's name, which everybody who guesses tries.
const OUR_NAME: &str = "dues";

/// The longest text that is compared with a password. Passwords that were set under earlier rules have up to 1024 bytes, and a
/// character decomposes to several.
pub const SENT_MAX_BYTES: usize = 8192;

/// A password that may become an account's, in NFC. Only such a one is hashed.
#[derive(Clone, Debug)]
pub struct NewPassword(SecretString);

/// Why a password may not become an account's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordMistake {
    #[error("Password: use at least {PASSWORD_MIN_CHARS} characters.")]
    TooShort,
    #[error("Password: use at most {PASSWORD_MAX_CHARS} characters.")]
    TooLong,
    #[error(
        "Password: this one is easy to guess. Use several words that do not belong together, and leave out your name, address \
         and workspace."
    )]
    Guessable,
}

impl NewPassword {
    /// Checks a password for the owner of `address` in a workspace called `workspace`.
    pub fn choose(password: &str, address: &str, workspace: &str) -> Result<Self, PasswordMistake> {
        if password.len() > SENT_MAX_BYTES {
            return Err(PasswordMistake::TooLong);
        }
        let password = composed(password);
        let chars = password.chars().count();
        if chars < PASSWORD_MIN_CHARS {
            return Err(PasswordMistake::TooShort);
        }
        if chars > PASSWORD_MAX_CHARS {
            return Err(PasswordMistake::TooLong);
        }
        let estimated: String = password.chars().take(ESTIMATED_CHARS).collect();
        let context = context(address, workspace);
        let words: Vec<&str> = context.iter().map(String::as_str).collect();
        if zxcvbn(&estimated, &words).score() < Score::Three {
            return Err(PasswordMistake::Guessable);
        }
        Ok(Self(password.into()))
    }

    pub(crate) fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// A password in the form in which passwords are compared.
pub fn composed(password: &str) -> String {
    password.nfc().collect()
}

/// What a person who knows the account would try first: address, both its sides and the workspace's name, each whole, without
/// what is between its words, and word by word. Whole ones matter, since a password of three words counts as hard to guess
/// whatever the words are.
fn context(address: &str, workspace: &str) -> Vec<String> {
    let (local, host) = address.split_once('@').unwrap_or((address, ""));
    let wholes = [address, local, host, workspace, OUR_NAME];
    let joined = wholes.map(|text| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>());
    let words = [local, host, workspace].into_iter().flat_map(|text| text.split(|c: char| !c.is_alphanumeric()));
    let all = wholes.into_iter().map(ToOwned::to_owned).chain(joined).chain(words.map(ToOwned::to_owned));
    let long_enough = all.filter(|text| text.chars().count() >= CONTEXT_WORD_MIN_CHARS);
    long_enough.map(|text| text.to_lowercase()).take(MOST_CONTEXT_WORDS).collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn judged(password: &str) -> Result<(), PasswordMistake> {
        NewPassword::choose(password, "ada.lovelace@analytical.example", "Difference Engines").map(drop)
    }

    #[rstest]
    #[case("1234567890", PasswordMistake::Guessable)]
    #[case("iloveyou123", PasswordMistake::Guessable)]
    #[case("Password123!", PasswordMistake::Guessable)]
    #[case("aaaaaaaaaaaaaaaaaaaaaaaa", PasswordMistake::Guessable)]
    #[case("qwertyuiop[]", PasswordMistake::Guessable)]
    #[case("ada.lovelace", PasswordMistake::Guessable)]
    #[case("AdaLovelace", PasswordMistake::Guessable)]
    #[case("ada.lovelace@analytical.example", PasswordMistake::Guessable)]
    #[case("Difference Engines", PasswordMistake::Guessable)]
    #[case("lovelace1815", PasswordMistake::Guessable)]
    #[case("analytical.example", PasswordMistake::Guessable)]
    #[case("differenceengines", PasswordMistake::Guessable)]
    #[case("abcabcabcabcabcabcabcabcabcabcabcabc", PasswordMistake::Guessable)]
    #[case("xK9#qLm2v", PasswordMistake::TooShort)]
    #[case("", PasswordMistake::TooShort)]
    // Ten code points, five letters.
    #[case("e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}", PasswordMistake::TooShort)]
    fn what_is_short_or_guessed_is_refused(#[case] password: &str, #[case] mistake: PasswordMistake) {
        assert_eq!(judged(password), Err(mistake), "{password}");
    }

    #[test]
    fn a_sentence_or_ten_random_characters_will_do() {
        for good in ["correct horse battery staple", "another battery staple", "xK9#qLm2vT", "größe käse übel 7 zehn"]
        {
            assert_eq!(judged(good), Ok(()), "{good}");
        }
    }

    #[test]
    fn characters_are_counted_and_not_bytes() {
        let long: String = "wäre übel "
            .chars()
            .cycle()
            .skip(3)
            .zip("xK9#qLm2vT".chars().cycle())
            .flat_map(|(a, b)| [a, b])
            .take(257)
            .collect();
        assert_eq!(judged(&long), Err(PasswordMistake::TooLong));
        assert_eq!(judged(&long.chars().take(256).collect::<String>()), Ok(()));
        assert_eq!(judged(&"x".repeat(SENT_MAX_BYTES + 1)), Err(PasswordMistake::TooLong));
    }

    #[test]
    fn both_ways_to_write_a_letter_are_one_password() {
        let composed = NewPassword::choose("naïve café soufflé", "", "").unwrap();
        let decomposed = NewPassword::choose("nai\u{308}ve cafe\u{301} souffle\u{301}", "", "").unwrap();
        assert_eq!(composed.expose(), decomposed.expose());
    }

    #[test]
    fn judging_costs_little_however_the_password_is_made() {
        let texts =
            ["a".repeat(256), "ab1".repeat(80), "20/11/1999".repeat(25), "p4ssw0rd".repeat(32), "qwerty".repeat(42)];
        let begun = std::time::Instant::now();
        for text in &texts {
            let _ = judged(text);
        }
        // Unoptimised, and beside other work.
        assert!(begun.elapsed() < std::time::Duration::from_secs(20), "{:?}", begun.elapsed());
    }
}
