//! The rules for a new password: 10 to 256 characters, compared in NFC, and hard to guess for an attacker who knows the
//! account.

use domain::account::{PASSWORD_MAX_CHARS, PASSWORD_MIN_CHARS};
use secrecy::{ExposeSecret, SecretString};
use unicode_normalization::UnicodeNormalization;
use zxcvbn::{Score, zxcvbn};

/// The strength of a password is estimated from this many characters, as the cost of an estimate grows faster than the
/// length. Further characters only make a password stronger.
const ESTIMATED_CHARS: usize = 48;
/// How many readings of a password an estimate may try: a digit or sign may stand for a letter (`0` for `o`), and each
/// combination is a reading. With more than [`FEW_READINGS`], only [`ESTIMATED_CHARS_OF_MANY_READINGS`] characters are
/// estimated.
const MOST_READINGS: usize = 32;
const FEW_READINGS: usize = 2;
const ESTIMATED_CHARS_OF_MANY_READINGS: usize = 32;
/// The letters that `zxcvbn` reads for a character. Digits come first: with too many readings they are the last to be
/// replaced, so that dates and sequences of digits are still recognized.
const LETTERS_OF: [(char, &[u8]); 20] = [
    ('0', b"o"),
    ('1', b"il"),
    ('2', b"z"),
    ('3', b"e"),
    ('4', b"a"),
    ('5', b"s"),
    ('6', b"g"),
    ('7', b"lt"),
    ('8', b"b"),
    ('9', b"g"),
    ('@', b"a"),
    ('$', b"s"),
    ('!', b"i"),
    ('|', b"il"),
    ('+', b"t"),
    ('(', b"c"),
    ('{', b"c"),
    ('[', b"c"),
    ('<', b"c"),
    ('%', b"x"),
];
/// The first replacement character. Replacements take the place of digits and signs that an estimate must not read as
/// letters; they occur in no word, sequence or keyboard pattern.
const UNREAD: u32 = 0x3400;
/// The distance between two replacement characters.
const UNREAD_APART: u32 = 64;
const MOST_CONTEXT_WORDS: usize = 24;
const CONTEXT_WORD_MIN_CHARS: usize = 3;
/// The product's name, which every attacker tries.
const OUR_NAME: &str = "dues";

/// The longest text that is compared with a password. Passwords set under earlier rules have up to 1024 bytes, and a
/// client may send each of their characters decomposed into several.
pub const SENT_MAX_BYTES: usize = 8192;

/// A password that meets the rules, in NFC. Only such a password is hashed.
#[derive(Clone, Debug)]
pub struct NewPassword(SecretString);

/// Why a password does not meet the rules.
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

/// A password of an allowed length, in NFC. Its strength is still to be checked.
#[derive(Clone, Debug)]
pub struct ProposedPassword(SecretString);

impl ProposedPassword {
    /// Checks the length, and converts the password to NFC. Takes little CPU time.
    pub fn read(password: &str) -> Result<Self, PasswordMistake> {
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
        Ok(Self(password.into()))
    }

    /// Checks the strength for the owner of `address` in a workspace called `workspace`. Takes milliseconds of CPU
    /// time: for input from clients, throttle them first and call this on a hashing thread.
    pub fn judged(self, address: &str, workspace: &str) -> Result<NewPassword, PasswordMistake> {
        let context = context(address, workspace);
        let words: Vec<&str> = context.iter().map(String::as_str).collect();
        if zxcvbn(&estimated(self.0.expose_secret()), &words).score() < Score::Three {
            return Err(PasswordMistake::Guessable);
        }
        Ok(NewPassword(self.0))
    }
}

impl NewPassword {
    /// Checks length and strength for the owner of `address` in a workspace called `workspace`.
    pub fn choose(password: &str, address: &str, workspace: &str) -> Result<Self, PasswordMistake> {
        ProposedPassword::read(password)?.judged(address, workspace)
    }

    pub(crate) fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// Returns the part of a password whose strength is estimated, at bounded cost.
///
/// With more than [`MOST_READINGS`] readings, some characters are replaced by ones that occur in no word, so that fewer
/// readings are left. The replacement never makes a password count as weaker.
fn estimated(password: &str) -> String {
    let mut estimated: String = password.chars().take(ESTIMATED_CHARS).collect();
    let (mut read, mut unread) = (Vec::new(), Vec::new());
    for (sign, _) in LETTERS_OF.iter().filter(|(sign, _)| estimated.contains(*sign)) {
        read.push(*sign);
        if readings(&read) > MOST_READINGS {
            read.pop();
            unread.push(*sign);
        }
    }
    if readings(&read) > FEW_READINGS {
        estimated = estimated.chars().take(ESTIMATED_CHARS_OF_MANY_READINGS).collect();
    }
    if unread.is_empty() {
        return estimated;
    }
    let other = |c: char| {
        let at = unread.iter().position(|sign| *sign == c).and_then(|at| u32::try_from(at).ok());
        at.and_then(|at| char::from_u32(UNREAD + at * UNREAD_APART)).unwrap_or(c)
    };
    estimated.chars().map(other).collect()
}

/// Returns an upper bound for the number of readings of `signs` as letters. An estimate tries each sign that may stand
/// for a letter, and tries a sign that may stand for two letters as each of them.
fn readings(signs: &[char]) -> usize {
    let mut of_letter = [0_usize; 26];
    for (_, letters) in LETTERS_OF.iter().filter(|(sign, _)| signs.contains(sign)) {
        for letter in *letters {
            if let Some(ways) = of_letter.get_mut(usize::from(letter.wrapping_sub(b'a'))) {
                *ways += letters.len();
            }
        }
    }
    of_letter.iter().filter(|ways| **ways > 0).product()
}

/// Converts a password to the form in which passwords are compared (NFC).
pub fn composed(password: &str) -> String {
    password.nfc().collect()
}

/// Returns the words that an attacker who knows the account tries first: the address, its parts and the workspace's
/// name, each undivided, without separators, and word by word. The undivided texts are needed because `zxcvbn` rates
/// any three words in a row as hard to guess.
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
    fn composed_and_decomposed_letters_are_one_password() {
        let composed = NewPassword::choose("naïve café soufflé", "", "").unwrap();
        let decomposed = NewPassword::choose("nai\u{308}ve cafe\u{301} souffle\u{301}", "", "").unwrap();
        assert_eq!(composed.expose(), decomposed.expose());
    }

    /// Returns the CPU time of this thread, without the time that it waited.
    fn processor_nanos() -> u64 {
        // The kernel updates the figure when it schedules.
        std::thread::yield_now();
        let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
        stat.split(' ').next().unwrap().parse().unwrap()
    }

    #[test]
    fn the_strength_check_has_bounded_cost() {
        const SIGNS: &str = "4@8({[<369&#!1/|0$5+7%2";
        let ordinary = "correct horse battery staple";
        let signs_between: String = SIGNS.chars().flat_map(|sign| ['a', sign]).collect();
        let signs_twice: String = SIGNS.chars().flat_map(|sign| [sign, sign]).collect();
        let texts = [
            "a".repeat(256),
            "ab1".repeat(80),
            "20/11/1999".repeat(25),
            "1/1/".repeat(16),
            "aA".repeat(32),
            "p4ssw0rd".repeat(32),
            "qwerty".repeat(42),
            "abcdefghijklmnopqrstuvwxyz0123456789".repeat(2),
            SIGNS.repeat(4),
            signs_between,
            signs_twice,
            format!("p4$$w0rd{SIGNS}4dm1n!$tr@t0r"),
            "1|7!l0$5@4 ".repeat(8),
        ];
        let address = "aaa.bbb.ccc.ddd.eee.fff.ggg@l0v.p4s.5ec.adm.qwe.asd.example";
        let cost = |text: &str| {
            let once = || {
                let begun = processor_nanos();
                let _ = NewPassword::choose(text, address, "Difference Engines");
                processor_nanos() - begun
            };
            // The minimum of several runs: other work shares the caches.
            (0..5).map(|_| once()).min().unwrap()
        };
        // The first use builds the word lists.
        cost(ordinary);
        let usual = cost(ordinary);
        assert!(usual > 0, "the kernel counts");
        for text in &texts {
            let cost = cost(text);
            assert!(cost < usual * 20, "{text}: {cost} ns, where {usual} ns are usual");
        }
    }

    #[test]
    fn signs_for_letters_do_not_make_a_word_strong() {
        for weak in ["p4$$w0rd", "P@55w0rd!1", "4dm1n1$tr4t0r", "1234567890", "20/11/1999", "i10v3y0u123"] {
            let weak = format!("{weak:a<10}");
            assert_eq!(judged(&weak), Err(PasswordMistake::Guessable), "{weak}");
        }
        assert_eq!(estimated("p4$$w0rd 1234567890"), "p4$$w0rd 1234567890".replace('$', "\u{3400}"));
        assert!(readings(&LETTERS_OF.map(|(sign, _)| sign)) > MOST_READINGS);
    }
}
