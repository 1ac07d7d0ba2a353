//! API keys: `dues_<id>_<secret>`. Only a hash of the secret is stored.

use aws_lc_rs::digest;
use rand::Rng;
use subtle::ConstantTimeEq;

/// The prefix of every key.
pub const PREFIX: &str = "dues_";
const ID_BYTES: usize = 8;
const SECRET_BYTES: usize = 32;
/// The text to compare with if there is no hash. It is as long as a hash, so that both comparisons take equally long.
const NO_HASH: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The two parts of a presented key.
#[derive(Clone, Copy, Debug)]
pub struct PresentedKey<'a> {
    pub id: &'a str,
    secret: &'a str,
}

impl<'a> PresentedKey<'a> {
    /// Splits a token into its parts; `None` if it can't be a key.
    pub fn parse(token: &'a str) -> Option<Self> {
        let (id, secret) = token.strip_prefix(PREFIX)?.split_once('_')?;
        (is_key_id(id) && is_hex(secret, SECRET_BYTES)).then_some(Self { id, secret })
    }

    /// Whether the secret matches the hash, compared in constant time. `None` never matches, and takes equally long.
    pub fn matches(&self, secret_hash: Option<&str>) -> bool {
        let is_same = hash(self.secret).as_bytes().ct_eq(secret_hash.unwrap_or(NO_HASH).as_bytes());
        bool::from(is_same) && secret_hash.is_some()
    }
}

/// Whether a text has the form of a key's id.
pub fn is_key_id(text: &str) -> bool {
    is_hex(text, ID_BYTES)
}

fn is_hex(text: &str, bytes: usize) -> bool {
    text.len() == 2 * bytes && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A new key in plain text: shown once, never stored.
pub struct FreshKey {
    pub id: String,
    pub secret_hash: String,
    pub key: String,
}

impl FreshKey {
    pub fn new() -> Self {
        let mut rng = rand::rng();
        let (id, secret): ([u8; ID_BYTES], [u8; SECRET_BYTES]) = (rng.random(), rng.random());
        let (id, secret) = (hex::encode(id), hex::encode(secret));
        Self { secret_hash: hash(&secret), key: format!("{PREFIX}{id}_{secret}"), id }
    }
}

impl Default for FreshKey {
    fn default() -> Self {
        Self::new()
    }
}

/// Returns the SHA-256 of a secret, in hex. The secret has 256 random bits, so one round of hashing is enough.
fn hash(secret: &str) -> String {
    hex::encode(digest::digest(&digest::SHA256, secret.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_matches_only_its_hash() {
        let (fresh, other) = (FreshKey::new(), FreshKey::new());
        let sent = PresentedKey::parse(&fresh.key).unwrap();
        assert_eq!(sent.id, fresh.id);
        assert!(sent.matches(Some(&fresh.secret_hash)));
        assert!(!sent.matches(Some(&other.secret_hash)));
        assert!(!sent.matches(None));
        assert_eq!(fresh.secret_hash.len(), NO_HASH.len());
        assert!(!fresh.secret_hash.contains(sent.secret));
    }

    #[test]
    fn a_malformed_key_is_not_looked_up() {
        for text in
            ["", "dues_", "dues_a_b", "dues__", "sk_test_x", &format!("dues_{}_{}", "é".repeat(8), "0".repeat(64))]
        {
            assert!(PresentedKey::parse(text).is_none(), "{text}");
        }
    }
}
