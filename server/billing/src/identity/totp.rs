//! The second factor: time-based codes (RFC 6238) and recovery codes.

use aws_lc_rs::digest;
use domain::{ids::UserId, time::Timestamp};
use rand::Rng;
use secrecy::{ExposeSecret, SecretBox};
use totp_rs::{Builder, Totp};

const SECRET_BYTES: usize = 20;
const CODE_DIGITS: usize = 6;
/// How many recovery codes are generated at once.
pub const RECOVERY_CODES: usize = 10;
const RECOVERY_CHARS: usize = 16;
const RECOVERY_GROUP: usize = 4;
/// Letters and digits without look-alikes.
const ALPHABET: &[u8; 31] = b"abcdefghjkmnpqrstuvwxyz23456789";

/// The shared secret that codes are computed from.
pub struct TotpSecret(SecretBox<[u8; SECRET_BYTES]>);

/// A code as a user types it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypedCode {
    /// From the authenticator.
    Time(String),
    Recovery(String),
}

impl TypedCode {
    /// Parses a code. Blanks and dashes are ignored; `None` if it can't be a code.
    pub fn read(text: &str) -> Option<Self> {
        if text.len() > 64 {
            return None;
        }
        let plain: String = text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
        let plain = plain.to_lowercase();
        if plain.len() == CODE_DIGITS && plain.bytes().all(|byte| byte.is_ascii_digit()) {
            return Some(Self::Time(plain));
        }
        let is_recovery = plain.len() == RECOVERY_CHARS && plain.bytes().all(|byte| ALPHABET.contains(&byte));
        is_recovery.then_some(Self::Recovery(plain))
    }
}

impl TotpSecret {
    pub fn random() -> Self {
        Self(SecretBox::init_with_mut(|bytes: &mut [u8; SECRET_BYTES]| rand::rng().fill(bytes)))
    }

    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let bytes: [u8; SECRET_BYTES] = bytes.try_into().ok()?;
        Some(Self(SecretBox::new(Box::new(bytes))))
    }

    pub fn expose(&self) -> &[u8] {
        self.0.expose_secret()
    }

    fn totp(&self, issuer: Option<&str>, account: &str) -> Option<Totp> {
        // A colon would end the issuer's name in the URL.
        let without_colon = |name: &str| name.replace(':', "_");
        let builder = Builder::new().with_issuer(issuer.map(without_colon)).with_account_name(without_colon(account));
        builder.with_secret(self.expose().to_vec()).build().ok()
    }

    /// Returns the time step of a valid code: the current step or a neighbouring one; `None` for any other code.
    /// Compares in constant time.
    pub fn step_of(&self, code: &str, now: Timestamp) -> Option<i64> {
        let secs = u64::try_from(now.as_secs()).ok()?;
        i64::try_from(self.totp(None, "")?.check(code, secs)?).ok()
    }

    /// Returns the code at a given time.
    #[cfg(test)]
    pub(crate) fn code_at(&self, at: Timestamp) -> Option<String> {
        Some(self.totp(None, "")?.generate(u64::try_from(at.as_secs()).ok()?).to_string())
    }

    /// The secret as a user types it into an authenticator.
    pub fn base32(&self) -> Option<String> {
        Some(self.totp(None, "")?.secret().to_base32())
    }

    /// The URL in the QR code. Authenticators show the issuer and the account beside the code.
    pub fn url(&self, issuer: &str, account: &str) -> Option<String> {
        self.totp(Some(issuer), account)?.to_url().ok()
    }
}

/// A new recovery code in plain text: shown once, never stored.
pub struct FreshRecoveryCode {
    pub code: String,
    pub hash: String,
}

impl FreshRecoveryCode {
    pub fn new(user: &UserId) -> Self {
        let mut rng = rand::rng();
        let chars: Vec<char> = (0..RECOVERY_CHARS)
            .map(|_| ALPHABET.get(rng.random_range(0..ALPHABET.len())).map_or('a', |byte| char::from(*byte)))
            .collect();
        let groups: Vec<String> = chars.chunks(RECOVERY_GROUP).map(|group| group.iter().collect()).collect();
        Self { hash: recovery_hash(user, &chars.iter().collect::<String>()), code: groups.join("-") }
    }
}

/// Returns the hash that a recovery code is stored under. The code has some 80 random bits, so one round is enough.
pub fn recovery_hash(user: &UserId, code: &str) -> String {
    hex::encode(digest::digest(&digest::SHA256, format!("{user} {code}").as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_valid_in_its_step_and_the_neighbouring_ones() {
        let secret = TotpSecret::random();
        let now = Timestamp::from_secs(1_800_000_015);
        let code = secret.code_at(now).unwrap();
        let step = secret.step_of(&code, now).unwrap();
        assert_eq!(step, 1_800_000_015 / 30);
        assert_eq!(secret.step_of(&code, now.plus_secs(30)), Some(step));
        assert_eq!(secret.step_of(&code, now.plus_secs(90)), None);
        assert_eq!(TotpSecret::random().step_of("12345", now), None);
        let kept = TotpSecret::from_bytes(secret.expose()).unwrap();
        assert_eq!(kept.code_at(now).unwrap(), code);
        assert!(TotpSecret::from_bytes(b"short").is_none());
    }

    #[test]
    fn the_published_test_vector_holds() {
        // RFC 6238, appendix B, SHA-1, the last six of eight digits.
        let secret = TotpSecret::from_bytes(b"12345678901234567890").unwrap();
        assert_eq!(secret.code_at(Timestamp::from_secs(1_111_111_109)).unwrap(), "081804");
        assert_eq!(secret.code_at(Timestamp::from_secs(2_000_000_000)).unwrap(), "279037");
        let url = secret.url("Acme: Billing", "ada:x@example.com").unwrap();
        assert!(url.starts_with("otpauth://totp/Acme_%20Billing:ada_x%40example.com?secret=GEZDGNBVGY3TQOJQ"), "{url}");
    }

    #[test]
    fn typed_codes_are_parsed_with_blanks_and_dashes() {
        assert_eq!(TypedCode::read(" 081 804 "), Some(TypedCode::Time("081804".to_owned())));
        let user: UserId = "ada".parse().unwrap();
        let FreshRecoveryCode { code, hash } = FreshRecoveryCode::new(&user);
        assert_eq!(code.len(), 19);
        for typed in [code.clone(), code.to_uppercase(), code.replace('-', " ")] {
            let Some(TypedCode::Recovery(plain)) = TypedCode::read(&typed) else { panic!("{typed}") };
            assert_eq!(recovery_hash(&user, &plain), hash);
        }
        for bad in ["", "12345", "1234567", "abcdef", &"a".repeat(200), "０８１８０４"] {
            assert_eq!(TypedCode::read(bad), None, "{bad}");
        }
    }
}
