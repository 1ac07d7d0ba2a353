//! Tokens in links that authorize their bearer: an invitation, a password reset. Only a hash is stored.

use aws_lc_rs::digest;
use rand::Rng;

const BYTES: usize = 32;

/// A new token in plain text: part of a link, never stored.
pub struct FreshToken {
    pub token: String,
    pub hash: String,
}

impl FreshToken {
    pub fn new() -> Self {
        let bytes: [u8; BYTES] = rand::rng().random();
        let token = hex::encode(bytes);
        Self { hash: hash(&token), token }
    }
}

impl Default for FreshToken {
    fn default() -> Self {
        Self::new()
    }
}

/// Returns the hash to look a presented token up by; `None` if it can't be a token. Hashes are compared, so timing
/// reveals nothing of a stored token.
pub fn lookup_hash(token: &str) -> Option<String> {
    let is_token = token.len() == 2 * BYTES && token.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    is_token.then(|| hash(token))
}

/// Returns the SHA-256 of a token, in hex. The token has 256 random bits, so one round of hashing is enough.
fn hash(token: &str) -> String {
    hex::encode(digest::digest(&digest::SHA256, token.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_found_by_its_hash_and_the_hash_does_not_show_it() {
        let (fresh, other) = (FreshToken::new(), FreshToken::new());
        assert_eq!(lookup_hash(&fresh.token), Some(fresh.hash.clone()));
        assert_ne!(fresh.hash, other.hash);
        assert_ne!(fresh.hash, fresh.token);
        assert_eq!(lookup_hash(&fresh.hash).filter(|hash| *hash == fresh.hash), None, "the hash is no token");
    }

    #[test]
    fn a_malformed_token_is_not_looked_up() {
        for text in ["", "abc", &"g".repeat(64), &"A".repeat(64), &"a".repeat(65), &"é".repeat(32)] {
            assert_eq!(lookup_hash(text), None, "{text}");
        }
    }
}
