//! Tokens in links that turn one kind of mail off for one person: signed, not stored, and without an end. They allow
//! nothing else.

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    account::OptionalMail,
    ids::{TenantId, UserId},
};

/// Separates the parts of the signed text; part of none of them.
const BETWEEN_PARTS: char = '\n';
const SIGNATURE_BYTES: usize = 32;
/// Longer texts are no tokens.
const MAX_CHARS: usize = 1024;

/// The installation's key that signs the tokens.
#[derive(Clone, Debug)]
pub struct UnsubscribeKey(hmac::Key);

/// The one mail that a link turns off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailSubscription {
    pub tenant: TenantId,
    pub user: UserId,
    pub mail: OptionalMail,
}

impl UnsubscribeKey {
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, bytes))
    }

    /// Returns the token for a mail: the same each time, in characters that a URL may contain.
    pub fn token(&self, subscription: &MailSubscription) -> String {
        let MailSubscription { tenant, user, mail } = subscription;
        let text = [mail.as_str(), tenant.as_str(), user.as_str()].join(&BETWEEN_PARTS.to_string());
        let signature = hmac::sign(&self.0, text.as_bytes());
        URL_SAFE_NO_PAD.encode([signature.as_ref(), text.as_bytes()].concat())
    }

    /// Returns what a token turns off; `None` for a text that this key has not signed. Compares in constant time.
    pub fn read(&self, token: &str) -> Option<MailSubscription> {
        if token.len() > MAX_CHARS {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (signature, text) = bytes.split_at_checked(SIGNATURE_BYTES)?;
        hmac::verify(&self.0, text, signature).ok()?;
        let mut parts = str::from_utf8(text).ok()?.splitn(3, BETWEEN_PARTS);
        let (mail, tenant, user) = (parts.next()?, parts.next()?, parts.next()?);
        Some(MailSubscription { tenant: tenant.parse().ok()?, user: user.parse().ok()?, mail: mail.parse().ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subscription(mail: OptionalMail) -> MailSubscription {
        MailSubscription { tenant: "acme".parse().unwrap(), user: "ada".parse().unwrap(), mail }
    }

    #[test]
    fn a_token_names_one_mail_of_one_person_in_one_tenant() {
        let (key, other) = (UnsubscribeKey::from_bytes(&[1; 32]), UnsubscribeKey::from_bytes(&[2; 32]));
        for mail in OptionalMail::ALL {
            let token = key.token(&subscription(mail));
            assert_eq!(key.read(&token), Some(subscription(mail)));
            assert_eq!(other.read(&token), None);
            assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{token}");
        }
    }

    #[test]
    fn a_token_with_any_flipped_bit_is_refused() {
        let key = UnsubscribeKey::from_bytes(&[1; 32]);
        let bytes = URL_SAFE_NO_PAD.decode(key.token(&subscription(OptionalMail::Payments))).unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut altered = bytes.clone();
            altered[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(key.read(&URL_SAFE_NO_PAD.encode(altered)), None, "bit {bit}");
        }
        for length in 0..bytes.len() {
            assert_eq!(key.read(&URL_SAFE_NO_PAD.encode(&bytes[..length])), None, "{length} bytes");
        }
        for text in ["", ".", "é", "a", &"A".repeat(MAX_CHARS + 1)] {
            assert_eq!(key.read(text), None, "{text}");
        }
    }
}
