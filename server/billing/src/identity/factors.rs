//! The factors that a user has passed. A session requires every factor of the account. A sensitive action requires one
//! of them again if the last confirmation is too long ago.

use domain::{ids::UserId, time::Timestamp};

/// How long a confirmation lasts.
const CONFIRMED_FOR_SECS: i64 = 15 * 60;

/// A user who has passed every factor that their account requires. A session requires this value, and only the service
/// that checks second factors creates it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authenticated {
    user: UserId,
    at: Timestamp,
    confirmed_at: Timestamp,
}

impl Authenticated {
    pub(crate) const fn new(user: UserId, at: Timestamp) -> Self {
        Self { user, at, confirmed_at: at }
    }

    /// Like [`Self::new`], for a user whose last factor was passed earlier, at `confirmed_at`.
    pub(crate) const fn confirmed_before(user: UserId, at: Timestamp, confirmed_at: Timestamp) -> Self {
        Self { user, at, confirmed_at }
    }

    pub const fn user(&self) -> &UserId {
        &self.user
    }

    /// When the sign-in began; also the start of the session. Taken before the password is verified, so that replacing
    /// the password during the sign-in ends this session, too.
    pub const fn at(&self) -> Timestamp {
        self.at
    }

    /// When the user last passed a factor. For an ID token, when its bearer signed in at the issuer.
    pub const fn confirmed_at(&self) -> Timestamp {
        self.confirmed_at
    }
}

/// When a user last passed a password or second factor check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastConfirmed(pub Timestamp);

/// Proof that the caller confirmed their identity recently or is never asked to confirm it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmed(());

/// The last confirmation is too long ago.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the last confirmation is too long ago")]
pub struct NotConfirmed;

impl LastConfirmed {
    /// Returns the proof if the confirmation is recent enough at `now`.
    pub fn at(self, now: Timestamp) -> Result<Confirmed, NotConfirmed> {
        if now.secs_since(self.0) < CONFIRMED_FOR_SECS { Ok(Confirmed(())) } else { Err(NotConfirmed) }
    }
}

impl Confirmed {
    /// Returns the proof for callers that are never asked to confirm: API keys, installation keys, portal sessions and
    /// the command line.
    pub const fn not_asked() -> Self {
        Self(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_confirmation_lasts_a_quarter_of_an_hour() {
        let at = Timestamp::from_secs(1_800_000_000);
        assert!(LastConfirmed(at).at(at).is_ok());
        assert!(LastConfirmed(at).at(at.plus_secs(899)).is_ok());
        assert_eq!(LastConfirmed(at).at(at.plus_secs(900)), Err(NotConfirmed));
    }
}
