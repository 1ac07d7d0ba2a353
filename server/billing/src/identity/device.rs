//! Known devices: browsers in which a user has signed in before. Each has a signed cookie and its own allowance of
//! failed attempts, so that other clients' failures do not slow it down.
//!
//! A browser in which the user has only reset the password by a mailed link counts as known for passwords, but not for
//! codes of a second factor. Otherwise each link would allow further guesses of codes.
//!
//! The cookie grants no access; it only affects throttling. It holds signatures for a few accounts, so that a browser
//! can be shared, and contains no user id.

use aws_lc_rs::hmac;
use domain::{ids::UserId, time::Timestamp};
use rand::Rng;

/// The cookie's name over http.
pub const COOKIE: &str = "dues_device";
/// How long browsers keep the cookie.
pub const KEPT_SECS: u32 = 400 * 86_400;
const MOST_ACCOUNTS: usize = 4;
const BETWEEN_ENTRIES: char = '~';
const ID_BYTES: usize = 8;
/// Prefix of the ids of devices on which only a password was reset.
const RESET_PREFIX: &str = "reset-";
const MAX_BYTES: usize = 1024;

/// The installation's key that signs the cookies.
#[derive(Clone, Debug)]
pub struct DeviceKey(hmac::Key);

/// A device's id, by which its failures are counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceId(String);

/// Returns the cookie's name. Over https it has the prefix `__Host-`: browsers send it only to this host over https.
pub fn cookie_name(is_https: bool) -> String {
    if is_https { format!("__Host-{COOKIE}") } else { COOKIE.to_owned() }
}

impl DeviceId {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the user has completed a sign-in on the device, with the second factor if they had one.
    pub fn has_signed_in(&self) -> bool {
        !self.0.starts_with(RESET_PREFIX)
    }
}

impl DeviceKey {
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, bytes))
    }

    /// Returns the id of the device that sent `cookie`, if `user` has signed in or reset the password on it.
    pub fn known(&self, cookie: &str, user: &UserId, now: Timestamp) -> Option<DeviceId> {
        entries(cookie).find_map(|entry| self.read(entry, user, now))
    }

    /// Returns the cookie of a device on which `user` signs in at `now`. Entries of other users are kept.
    pub fn renewed(&self, cookie: &str, user: &UserId, now: Timestamp) -> String {
        let known = self.known(cookie, user, now).filter(DeviceId::has_signed_in);
        self.with_entry(cookie, user, &known.unwrap_or_else(|| fresh_id("")), now)
    }

    /// Returns the cookie of a device on which `user` has reset the password at `now`, but has not passed a second
    /// factor. If the user has signed in on the device before, [`DeviceId::has_signed_in`] stays true.
    pub fn renewed_by_reset(&self, cookie: &str, user: &UserId, now: Timestamp) -> String {
        let known = self.known(cookie, user, now);
        self.with_entry(cookie, user, &known.unwrap_or_else(|| fresh_id(RESET_PREFIX)), now)
    }

    fn with_entry(&self, cookie: &str, user: &UserId, id: &DeviceId, now: Timestamp) -> String {
        let others = entries(cookie).filter(|entry| self.read(entry, user, now).is_none());
        let since = now.as_secs();
        let signature = hex::encode(hmac::sign(&self.0, &signed(user, &id.0, since)));
        let mine = format!("{}.{since}.{signature}", id.0);
        let all: Vec<String> = std::iter::once(mine).chain(others.map(ToOwned::to_owned)).take(MOST_ACCOUNTS).collect();
        all.join(&BETWEEN_ENTRIES.to_string())
    }

    fn read(&self, entry: &str, user: &UserId, now: Timestamp) -> Option<DeviceId> {
        let mut parts = entry.splitn(3, '.');
        let (id, since, signature) = (parts.next()?, parts.next()?.parse::<i64>().ok()?, parts.next()?);
        let signature = hex::decode(signature).ok()?;
        hmac::verify(&self.0, &signed(user, id, since), &signature).ok()?;
        let age_secs = now.as_secs().saturating_sub(since);
        (age_secs < i64::from(KEPT_SECS)).then(|| DeviceId(id.to_owned()))
    }
}

fn fresh_id(prefix: &str) -> DeviceId {
    let id: [u8; ID_BYTES] = rand::rng().random();
    DeviceId(format!("{prefix}{}", hex::encode(id)))
}

fn entries(cookie: &str) -> impl Iterator<Item = &str> {
    let cookie = if cookie.len() > MAX_BYTES { "" } else { cookie };
    cookie.split(BETWEEN_ENTRIES).filter(|entry| !entry.is_empty()).take(MOST_ACCOUNTS)
}

/// Returns the text that the signature covers. Its parts contain no space, so it is unambiguous.
fn signed(user: &UserId, id: &str, since: i64) -> Vec<u8> {
    format!("device {user} {id} {since}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_known_only_for_users_who_signed_in_on_it() {
        let key = DeviceKey::from_bytes(&[7; 32]);
        let now = Timestamp::from_secs(1_800_000_000);
        let [ada, bea, cid] = ["user_ada", "user_bea", "user_cid"].map(|id| id.parse::<UserId>().unwrap());
        let cookie = key.renewed("junk~a.b.c", &ada, now);
        let shared = key.renewed(&cookie, &bea, now);
        let id = key.known(&shared, &ada, now).expect("known");
        assert!(key.known(&shared, &bea, now).is_some());
        assert_eq!(key.known(&shared, &cid, now), None);
        assert_eq!(DeviceKey::from_bytes(&[8; 32]).known(&shared, &ada, now), None, "another installation's");
        assert_eq!(key.known(&shared, &ada, now.plus_secs(i64::from(KEPT_SECS))), None);
        let again = key.renewed(&shared, &ada, now.plus_secs(60));
        assert_eq!(key.known(&again, &ada, now), Some(id), "it stays the same device");
        assert!(!again.contains("user"), "{again}");
        let other_time = cookie.replacen("1800000000", "1900000000", 1);
        assert_eq!(key.known(&other_time, &ada, now), None);
    }

    #[test]
    fn a_reset_does_not_make_a_device_on_which_the_user_has_signed_in() {
        let key = DeviceKey::from_bytes(&[7; 32]);
        let now = Timestamp::from_secs(1_800_000_000);
        let ada: UserId = "ada".parse().unwrap();
        let reset = key.renewed_by_reset("", &ada, now);
        let id = key.known(&reset, &ada, now).expect("known");
        assert!(!id.has_signed_in());
        let without_prefix = reset.replacen(RESET_PREFIX, "", 1);
        assert_eq!(key.known(&without_prefix, &ada, now), None, "the signature covers the id");
        assert_eq!(
            key.known(&key.renewed_by_reset(&reset, &ada, now), &ada, now),
            Some(id.clone()),
            "it stays the same"
        );

        let signed_in = key.renewed(&reset, &ada, now);
        let known_device = key.known(&signed_in, &ada, now).expect("known");
        assert!(known_device.has_signed_in() && known_device != id);
        assert_eq!(signed_in.split(BETWEEN_ENTRIES).count(), 1, "the former entry goes");
        assert_eq!(key.known(&key.renewed_by_reset(&signed_in, &ada, now), &ada, now), Some(known_device));
    }

    #[test]
    fn a_cookie_does_not_grow_without_bound() {
        let key = DeviceKey::from_bytes(&[7; 32]);
        let now = Timestamp::from_secs(1_800_000_000);
        let people: Vec<UserId> = (0..9).map(|n| format!("user{n}").parse().unwrap()).collect();
        let cookie = people.iter().fold(String::new(), |cookie, user| key.renewed(&cookie, user, now));
        assert_eq!(cookie.split('~').count(), MOST_ACCOUNTS);
        assert!(cookie.len() < MAX_BYTES);
        assert!(key.known(&cookie, &people[8], now).is_some() && key.known(&cookie, &people[0], now).is_none());
        assert_eq!(key.known(&"x".repeat(100_000), &people[0], now), None);
    }
}
