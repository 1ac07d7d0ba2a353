//! Who did something in a workspace: a person, or a service with a key.

use crate::ids::{InvalidId, UserId};

const KEY: &str = "key:";

/// Written as the person's id, or as `key:` and the key's: no identifier has a colon in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    User(UserId),
    /// An API key, by its id.
    Key(String),
}

impl std::str::FromStr for Actor {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        match text.strip_prefix(KEY) {
            Some(key) => Ok(Self::Key(key.to_owned())),
            None => text.parse().map(Self::User),
        }
    }
}

impl std::fmt::Display for Actor {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::User(user) => user.fmt(out),
            Self::Key(key) => write!(out, "{KEY}{key}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_and_a_key_of_the_same_name_are_not_taken_for_each_other() {
        let ada = Actor::User("0a1b".parse().unwrap());
        let key = Actor::Key("0a1b".to_owned());
        assert_eq!((ada.to_string().as_str(), key.to_string().as_str()), ("0a1b", "key:0a1b"));
        for actor in [ada, key] {
            assert_eq!(actor.to_string().parse(), Ok(actor));
        }
        assert_eq!("app:0a1b".parse::<Actor>(), Err(InvalidId));
    }
}
