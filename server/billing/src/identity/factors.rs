//! What a person has shown of themselves: both factors before a session begins, one of them again before what can do harm.

use domain::{ids::UserId, time::Timestamp};

/// How long a confirmation lasts.
const CONFIRMED_FOR_SECS: i64 = 15 * 60;

/// A person who has shown everything that their account asks for. Only such a person gets a session; only the service that
/// looks at second factors makes one.
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

    /// The same for a person who showed a factor to another issuer, at `confirmed_at`.
    pub(crate) const fn confirmed_before(user: UserId, at: Timestamp, confirmed_at: Timestamp) -> Self {
        Self { user, at, confirmed_at }
    }

    pub const fn user(&self) -> &UserId {
        &self.user
    }

    /// Read before the password was, so that one that was replaced meanwhile has ended the session, too.
    pub const fn at(&self) -> Timestamp {
        self.at
    }

    /// When the person last showed a factor: of an ID token, when its bearer signed in at its issuer.
    pub const fn confirmed_at(&self) -> Timestamp {
        self.confirmed_at
    }
}

/// When a person last showed their password or second factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastConfirmed(pub Timestamp);

/// Proof that the caller confirmed who they are a short while ago, or is no person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmed(());

/// The last confirmation is too long ago.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the last confirmation is too long ago")]
pub struct NotConfirmed;

impl LastConfirmed {
    /// Whether it holds at `now`.
    pub fn at(self, now: Timestamp) -> Result<Confirmed, NotConfirmed> {
        if now.secs_since(self.0) < CONFIRMED_FOR_SECS { Ok(Confirmed(())) } else { Err(NotConfirmed) }
    }
}

impl Confirmed {
    /// For an API key, or the person at the installation's command line: neither is asked.
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
