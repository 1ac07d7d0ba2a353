//! The actor behind a change in a workspace: a user, or a service with an API key.

use crate::ids::{InvalidId, UserId};

const KEY_PREFIX: &str = "key:";

/// A user or an API key.
///
/// The text form is the user's id, or `key:` and the key's id: unambiguous, because identifiers contain no colon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    User(UserId),
    /// The id of an API key.
    Key(String),
}

impl std::str::FromStr for Actor {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        match text.strip_prefix(KEY_PREFIX) {
            Some(key) => Ok(Self::Key(key.to_owned())),
            None => text.parse().map(Self::User),
        }
    }
}

impl std::fmt::Display for Actor {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::User(user) => user.fmt(out),
            Self::Key(key) => write!(out, "{KEY_PREFIX}{key}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_and_a_key_with_the_same_id_are_distinct() {
        let ada = Actor::User("0a1b".parse().unwrap());
        let key = Actor::Key("0a1b".to_owned());
        assert_eq!((ada.to_string().as_str(), key.to_string().as_str()), ("0a1b", "key:0a1b"));
        for actor in [ada, key] {
            assert_eq!(actor.to_string().parse(), Ok(actor));
        }
        assert_eq!("app:0a1b".parse::<Actor>(), Err(InvalidId));
    }
}
