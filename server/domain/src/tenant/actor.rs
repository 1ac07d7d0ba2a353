//! The actor behind a change in a workspace: a user, or a service with a key.

use crate::{
    account::token_user::TokenUser,
    ids::{InvalidId, UserId},
    tenant::external_id::ExternalId,
};

const KEY_PREFIX: &str = "key:";
const TOKEN_USER_PREFIX: &str = "token_user:";
const PORTAL_USER_PREFIX: &str = "portal_user:";
const INSTALLATION_KEY_PREFIX: &str = "installation_key:";

/// The actor: a user, with or without an account, or a key.
///
/// The text form of a user is the user's id. Other actors have a prefix before their id: `key:`, `installation_key:`,
/// `portal_user:` or `token_user:`. The forms differ, because the ids of users contain no colon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    User(UserId),
    /// The id of an API key.
    Key(String),
    /// A person without an account, whom an issuer's token names.
    TokenUser(TokenUser),
    /// The product's id of the user of a portal session.
    PortalUser(ExternalId),
    /// The id of an installation key.
    InstallationKey(String),
}

impl std::str::FromStr for Actor {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        if let Some(user) = text.strip_prefix(TOKEN_USER_PREFIX) {
            return user.parse().map(Self::TokenUser).map_err(|_| InvalidId);
        }
        if let Some(user) = text.strip_prefix(PORTAL_USER_PREFIX) {
            return user.parse().map(Self::PortalUser).map_err(|_| InvalidId);
        }
        if let Some(key) = text.strip_prefix(INSTALLATION_KEY_PREFIX) {
            return Ok(Self::InstallationKey(key.to_owned()));
        }
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
            Self::TokenUser(user) => write!(out, "{TOKEN_USER_PREFIX}{user}"),
            Self::PortalUser(user) => write!(out, "{PORTAL_USER_PREFIX}{user}"),
            Self::InstallationKey(key) => write!(out, "{INSTALLATION_KEY_PREFIX}{key}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_user_is_no_user() {
        let ada = Actor::TokenUser("https://id.example.com 0a1b".parse().unwrap());
        assert_eq!(ada.to_string(), "token_user:https://id.example.com 0a1b");
        assert_eq!(ada.to_string().parse(), Ok(ada));
        assert_eq!("token_user:0a1b".parse::<Actor>(), Err(InvalidId));
    }

    #[test]
    fn actors_with_the_same_id_are_distinct() {
        let ada = Actor::User("0a1b".parse().unwrap());
        let key = Actor::Key("0a1b".to_owned());
        let product = Actor::InstallationKey("0a1b".to_owned());
        assert_eq!((ada.to_string().as_str(), key.to_string().as_str()), ("0a1b", "key:0a1b"));
        assert_eq!(product.to_string(), "installation_key:0a1b");
        let visitor = Actor::PortalUser("0a1b: x".parse().unwrap());
        assert_eq!(visitor.to_string(), "portal_user:0a1b: x");
        for actor in [ada, key, product, visitor] {
            assert_eq!(actor.to_string().parse(), Ok(actor));
        }
        assert_eq!("app:0a1b".parse::<Actor>(), Err(InvalidId));
    }
}
