//! Encryption of stored values: AES-256-GCM under the keys of the setting `SECRETS_KEY`.
//!
//! A sealed value begins with the id of its key, so that keys can be rotated while nodes run: the first key of the
//! setting seals new values, and every key opens the values that it sealed.

use std::sync::Arc;

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey},
    digest,
    error::Unspecified,
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD},
};
use rand::Rng;
use secrecy::{ExposeSecret, SecretBox, zeroize::Zeroizing};

const KEY_BYTES: usize = 32;
const ID_BYTES: usize = 8;
/// Separates a key's id from the sealed value; part of neither.
const BEHIND_ID: char = '.';

/// Seals and opens values. Cheap to clone. `Debug` does not print the keys.
#[derive(Clone, Debug)]
pub struct SealingKey(Arc<Keys>);

#[derive(Debug)]
struct Keys {
    /// Seals new values, and opens them.
    first: Key,
    /// Further keys, which only open values.
    others: Vec<Key>,
    is_lasting: bool,
}

#[derive(Debug)]
struct Key {
    id: String,
    key: RandomizedNonceKey,
}

/// A text or bytes that are not valid keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a sealing key must be 32 random bytes in base64")]
pub struct InvalidSealingKey;

/// A plain text too large to seal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the value is too large to seal")]
pub struct SealError;

/// The sealed value can't be opened: it was sealed under another key or for another place, or was altered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the value was not sealed for this place under a known key")]
pub struct OpenError;

impl Key {
    fn of(bytes: &[u8]) -> Result<Self, InvalidSealingKey> {
        let key = RandomizedNonceKey::new(&AES_256_GCM, bytes).map_err(|_| InvalidSealingKey)?;
        // The key has 256 random bits, so a hash reveals nothing.
        let hash = digest::digest(&digest::SHA256, bytes);
        let id = hash.as_ref().get(..ID_BYTES).map(hex::encode).ok_or(InvalidSealingKey)?;
        Ok(Self { id, key })
    }

    fn open(&self, place: &str, sealed: &str) -> Result<Vec<u8>, OpenError> {
        let sealed = STANDARD_NO_PAD.decode(sealed).map_err(|_| OpenError)?;
        let (nonce, text) = sealed.split_at_checked(NONCE_LEN).ok_or(OpenError)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|Unspecified| OpenError)?;
        let mut text = Zeroizing::new(text.to_vec());
        let plain = self.key.open_in_place(nonce, Aad::from(place), &mut text).map_err(|Unspecified| OpenError)?;
        Ok(plain.to_vec())
    }
}

impl SealingKey {
    /// Generates a key that is never stored: after this process ends, nothing can open the values that it sealed.
    pub fn random() -> Result<Self, InvalidSealingKey> {
        Self::new(vec![Key::of(Self::fresh_bytes().expose_secret())?], false)
    }

    /// Generates the bytes of a new key.
    pub fn fresh_bytes() -> SecretBox<[u8; KEY_BYTES]> {
        SecretBox::init_with_mut(|bytes: &mut [u8; KEY_BYTES]| rand::rng().fill(bytes))
    }

    /// Makes a key from its 32 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, InvalidSealingKey> {
        Self::new(vec![Key::of(bytes)?], true)
    }

    fn new(mut keys: Vec<Key>, is_lasting: bool) -> Result<Self, InvalidSealingKey> {
        if keys.is_empty() {
            return Err(InvalidSealingKey);
        }
        let first = keys.remove(0);
        Ok(Self(Arc::new(Keys { first, others: keys, is_lasting })))
    }

    /// Whether another process can open what this key seals.
    pub fn is_lasting(&self) -> bool {
        self.0.is_lasting
    }

    /// Seals `plain` for one `place`, a text that names where the value is stored: [`Self::open`] requires the same
    /// place. Sealing a value twice gives different texts.
    pub fn seal(&self, place: &str, plain: &[u8]) -> Result<String, SealError> {
        let Key { id, key } = &self.0.first;
        let mut text = Zeroizing::new(plain.to_vec());
        let nonce = key.seal_in_place_append_tag(Aad::from(place), &mut *text).map_err(|Unspecified| SealError)?;
        let sealed = STANDARD_NO_PAD.encode([nonce.as_ref().as_slice(), &text].concat());
        Ok(format!("{id}{BEHIND_ID}{sealed}"))
    }

    /// Opens what was sealed for `place` under any of the keys.
    pub fn open(&self, place: &str, sealed: &str) -> Result<Vec<u8>, OpenError> {
        let Keys { first, others, is_lasting: _ } = &*self.0;
        let mut keys = std::iter::once(first).chain(others);
        match sealed.split_once(BEHIND_ID) {
            Some((id, sealed)) => keys.find(|key| key.id == id).ok_or(OpenError)?.open(place, sealed),
            // Sealed before keys had ids.
            None => keys.find_map(|key| key.open(place, sealed).ok()).ok_or(OpenError),
        }
    }

    /// Seals a value again under the first key; `None` if the first key sealed it already.
    pub fn reseal(&self, place: &str, sealed: &str) -> Result<Option<String>, OpenError> {
        let opened = Zeroizing::new(self.open(place, sealed)?);
        if sealed.split_once(BEHIND_ID).is_some_and(|(id, _)| id == self.0.first.id) {
            return Ok(None);
        }
        self.seal(place, &opened).map(Some).map_err(|SealError| OpenError)
    }
}

impl std::str::FromStr for SealingKey {
    type Err = InvalidSealingKey;

    /// Parses keys, separated by commas. The first seals new values; each opens the values that it sealed.
    fn from_str(text: &str) -> Result<Self, InvalidSealingKey> {
        let keys = text.split(',').map(|key| {
            let bytes = Zeroizing::new(STANDARD.decode(key.trim()).map_err(|_| InvalidSealingKey)?);
            Key::of(&bytes)
        });
        Self::new(keys.collect::<Result<_, _>>()?, true)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const PLACE: &str = "idempotency_keys.answer ab12";

    #[test]
    fn a_sealed_value_opens_only_for_its_place_under_its_key() {
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
    fn sealing_twice_differs_and_reveals_nothing() {
        let key = SealingKey::random().unwrap();
        let (one, two) = (key.seal(PLACE, b"dues_1_secret").unwrap(), key.seal(PLACE, b"dues_1_secret").unwrap());
        assert_ne!(one, two);
        let (one, two) = (one.split_once('.').unwrap().1, two.split_once('.').unwrap().1);
        assert_ne!(one[..16], two[..16], "the nonce is another");
        let bytes = STANDARD_NO_PAD.decode(one).unwrap();
        assert!(!bytes.windows(6).any(|window| window == b"secret"));
    }

    #[test]
    fn a_value_with_any_flipped_bit_does_not_open() {
        let key = SealingKey::random().unwrap();
        let text = key.seal(PLACE, b"plain").unwrap();
        let (id, sealed) = text.split_once('.').unwrap();
        let sealed = STANDARD_NO_PAD.decode(sealed).unwrap();
        let as_text = |bytes: &[u8]| format!("{id}.{}", STANDARD_NO_PAD.encode(bytes));
        for bit in 0..sealed.len() * 8 {
            let mut altered = sealed.clone();
            altered[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(key.open(PLACE, &as_text(&altered)), Err(OpenError), "bit {bit}");
        }
        for length in 0..sealed.len() {
            assert_eq!(key.open(PLACE, &as_text(&sealed[..length])), Err(OpenError), "{length} bytes");
        }
        // The id of a random key may begin with `00`.
        let other = if text.starts_with("00") { "11" } else { "00" };
        for text in ["", ".", "é", "%%%", "AAAA", &format!("{id}."), &format!("{other}{}", &text[2..])] {
            assert_eq!(key.open(PLACE, text), Err(OpenError), "{text}");
        }
    }

    #[test]
    fn a_key_parsed_twice_opens_its_values_and_is_not_shown() {
        const TEXT: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
        let key: SealingKey = TEXT.parse().unwrap();
        let sealed = key.seal(PLACE, b"plain").unwrap();
        assert_eq!(TEXT.parse::<SealingKey>().unwrap().open(PLACE, &sealed).unwrap(), b"plain");
        let shown = format!("{key:?}");
        assert!(!shown.contains("AAEC") && !shown.contains("0, 1, 2"), "{shown}");
    }

    #[test]
    fn the_first_key_seals_and_all_keys_open() {
        let (old, new) = (STANDARD.encode([1; KEY_BYTES]), STANDARD.encode([2; KEY_BYTES]));
        let key = |text: &str| text.parse::<SealingKey>().unwrap();
        let (before, during, after) = (key(&old), key(&format!("{new}, {old}")), key(&new));
        let sealed = before.seal(PLACE, b"plain").unwrap();
        assert_eq!(after.open(PLACE, &sealed), Err(OpenError));
        assert_eq!(after.reseal(PLACE, &sealed), Err(OpenError));
        assert_eq!(during.open(PLACE, &sealed).unwrap(), b"plain");
        let anew = during.reseal(PLACE, &sealed).unwrap().unwrap();
        assert_eq!(during.reseal(PLACE, &anew), Ok(None), "once is enough");
        assert_eq!(after.open(PLACE, &anew).unwrap(), b"plain");
        assert_eq!(before.open(PLACE, &anew), Err(OpenError));
        let of_old = sealed.split_once('.').unwrap().1;
        assert_eq!(during.open(PLACE, of_old).unwrap(), b"plain", "from before keys had ids");
        assert!(during.reseal(PLACE, of_old).unwrap().is_some());
    }

    #[rstest]
    #[case("")]
    #[case(",")]
    #[case("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=,")]
    #[case("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=,c2hvcnQ=")]
    #[case("c2hvcnQ=")]
    #[case("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIj")]
    #[case("not base64, however long it may be!")]
    fn what_is_no_key_of_32_bytes_is_refused(#[case] text: &str) {
        assert_eq!(text.parse::<SealingKey>().unwrap_err(), InvalidSealingKey);
    }
}
