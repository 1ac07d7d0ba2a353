//! Identifiers as types of their own, so that a user can't be passed where a tenant is meant. Cheap to clone: each is in many
//! places at once.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Why a text is no identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an identifier has 1 to 64 letters, digits, '-' or '_'")]
pub struct InvalidId;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(text: String) -> Result<Self, InvalidId> {
                let fits = (1..=64).contains(&text.len())
                    && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
                if fits { Ok(Self(text.into())) } else { Err(InvalidId) }
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                text.to_owned().try_into()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0.as_ref().to_owned()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.write_str(&self.0)
            }
        }
    };
}

id! {
    /// A workspace: the unit that subscribes, uses and pays.
    TenantId
}
id! {
    /// A person who can log in.
    UserId
}
id! {
    /// One click on the way to a payment; every call to a provider that creates something takes its idempotency key from it.
    AttemptId
}
id! {
    /// One invitation into a workspace.
    InvitationId
}
id! {
    /// A plan's name in the catalog, as `pro`.
    PlanId
}
id! {
    /// A feature's name in the catalog, as `websocket_connections`.
    FeatureKey
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_short_names_are_identifiers() {
        assert!("pro".parse::<PlanId>().is_ok());
        for bad in ["", "a b", "../x", "é", &"x".repeat(65)] {
            assert_eq!(bad.parse::<PlanId>(), Err(InvalidId), "{bad:?}");
        }
    }
}
