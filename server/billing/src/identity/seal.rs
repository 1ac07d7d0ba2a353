//! Sealing what is stored but must not be read from the database: AES-256-GCM under the key of the setting `SECRETS_KEY`.

use std::sync::Arc;

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey},
    error::Unspecified,
};
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use rand::Rng;

const KEY_BYTES: usize = 32;

/// What seals and opens. Cheap to clone; does not show its key.
#[derive(Clone, Debug)]
pub struct SealingKey(Arc<RandomizedNonceKey>);

/// A text that is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a sealing key is 32 random bytes in base64")]
pub struct InvalidSealingKey;

/// A plain text that can't be sealed, for one as long as no machine's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this can't be sealed")]
pub struct SealError;

/// A sealed text that does not open: sealed under another key or for another place, or altered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this was not sealed here, for this place, under this key")]
pub struct OpenError;

impl SealingKey {
    /// A key that ends with this process, and what it sealed with it.
    pub fn random() -> Result<Self, InvalidSealingKey> {
        Self::of(&rand::rng().random::<[u8; KEY_BYTES]>())
    }

    fn of(bytes: &[u8]) -> Result<Self, InvalidSealingKey> {
        RandomizedNonceKey::new(&AES_256_GCM, bytes).map(|key| Self(Arc::new(key))).map_err(|_| InvalidSealingKey)
    }

    /// Seals `plain` for one `place`: it opens nowhere else. The same text never looks the same twice.
    pub fn seal(&self, place: &str, plain: &[u8]) -> Result<String, SealError> {
        let mut text = plain.to_vec();
        let nonce = self.0.seal_in_place_append_tag(Aad::from(place), &mut text).map_err(|Unspecified| SealError)?;
        Ok(STANDARD_NO_PAD.encode([nonce.as_ref().as_slice(), &text].concat()))
    }

    /// What was sealed for `place` under this very key.
    pub fn open(&self, place: &str, sealed: &str) -> Result<Vec<u8>, OpenError> {
        let sealed = STANDARD_NO_PAD.decode(sealed).map_err(|_| OpenError)?;
        let (nonce, text) = sealed.split_at_checked(NONCE_LEN).ok_or(OpenError)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|Unspecified| OpenError)?;
        let mut text = text.to_vec();
        let plain = self.0.open_in_place(nonce, Aad::from(place), &mut text).map_err(|Unspecified| OpenError)?;
        Ok(plain.to_vec())
    }
}

impl std::str::FromStr for SealingKey {
    type Err = InvalidSealingKey;

    fn from_str(text: &str) -> Result<Self, InvalidSealingKey> {
        use base64::engine::general_purpose::STANDARD;
        Self::of(&STANDARD.decode(text).map_err(|_| InvalidSealingKey)?)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const PLACE: &str = "idempotency_keys.answer ab12";

    #[test]
    fn what_is_sealed_opens_for_its_place_under_its_key_and_nowhere_else() {
        let (key, other) = (SealingKey::random().unwrap(), SealingKey::random().unwrap());
        for plain in [&b""[..], b"dues_1_secret", &[0xff; 5000]] {
            let sealed = key.seal(PLACE, plain).unwrap();
            assert_eq!(key.open(PLACE, &sealed).unwrap(), plain);
            assert_eq!(key.clone().open(PLACE, &sealed).unwrap(), plain);
            assert_eq!(key.open("idempotency_keys.answer ab13", &sealed), Err(OpenError));
            assert_eq!(other.open(PLACE, &sealed), Err(OpenError));
        }
    }

    #[test]
    fn the_same_text_is_never_sealed_alike_and_shows_nothing_of_itself() {
        let key = SealingKey::random().unwrap();
        let (one, two) = (key.seal(PLACE, b"dues_1_secret").unwrap(), key.seal(PLACE, b"dues_1_secret").unwrap());
        assert_ne!(one, two);
        assert_ne!(one[..16], two[..16], "the nonce is another");
        let bytes = STANDARD_NO_PAD.decode(one).unwrap();
        assert!(!bytes.windows(6).any(|window| window == b"secret"));
    }

    #[test]
    fn an_altered_text_does_not_open_whichever_bit_it_is() {
        let key = SealingKey::random().unwrap();
        let sealed = STANDARD_NO_PAD.decode(key.seal(PLACE, b"plain").unwrap()).unwrap();
        for bit in 0..sealed.len() * 8 {
            let mut altered = sealed.clone();
            altered[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(key.open(PLACE, &STANDARD_NO_PAD.encode(altered)), Err(OpenError), "bit {bit}");
        }
        for length in 0..sealed.len() {
            assert_eq!(key.open(PLACE, &STANDARD_NO_PAD.encode(&sealed[..length])), Err(OpenError), "{length} bytes");
        }
        for text in ["", "é", "%%%", "AAAA"] {
            assert_eq!(key.open(PLACE, text), Err(OpenError), "{text}");
        }
    }

    #[test]
    fn a_key_read_twice_opens_what_it_sealed_and_does_not_show_itself() {
        const TEXT: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
        let key: SealingKey = TEXT.parse().unwrap();
        let sealed = key.seal(PLACE, b"plain").unwrap();
        assert_eq!(TEXT.parse::<SealingKey>().unwrap().open(PLACE, &sealed).unwrap(), b"plain");
        let shown = format!("{key:?}");
        assert!(!shown.contains("AAEC") && !shown.contains("0, 1, 2"), "{shown}");
    }

    #[rstest]
    #[case("")]
    #[case("c2hvcnQ=")]
    #[case("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIj")]
    #[case("not base64, however long it may be!")]
    fn what_is_no_key_of_32_bytes_is_refused(#[case] text: &str) {
        assert_eq!(text.parse::<SealingKey>().unwrap_err(), InvalidSealingKey);
    }
}
