//! Identifiers as newtypes, so that a user id can't be passed where a tenant id is meant. Cheap to clone (`Arc<str>`).

use std::sync::{Arc, LazyLock};

use serde::{Deserialize, Serialize};

/// The text is not an identifier.
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
                text.parse()
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let fits = (1..=64).contains(&text.len())
                    && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
                if fits { Ok(Self(text.into())) } else { Err(InvalidId) }
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
    /// A tenant (workspace): the unit that subscribes, consumes and pays.
    TenantId
}

impl TenantId {
    /// The installation itself, as the tenant that owns its keys, endpoints and audit entries.
    ///
    /// It is in no list of tenants, and callers who name it get the same error as for an unknown tenant.
    pub fn installation() -> Self {
        static INSTALLATION: LazyLock<TenantId> = LazyLock::new(|| TenantId("installation".into()));
        INSTALLATION.clone()
    }

    pub fn is_installation(&self) -> bool {
        self.as_str() == "installation"
    }
}

id! {
    /// A user account that can log in.
    UserId
}
id! {
    /// One attempt at a checkout or a plan change.
    ///
    /// Provider calls that create an object derive their idempotency keys from this id.
    CheckoutAttemptId
}
id! {
    /// An invitation to a workspace.
    InvitationId
}
id! {
    /// An import of customers from a payment provider.
    ImportId
}
id! {
    /// The id of a plan in the catalog, such as `pro`.
    PlanId
}
id! {
    /// The key of a feature in the catalog, such as `websocket_connections`.
    FeatureKey
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_installation_has_a_valid_id() {
        assert!(TenantId::installation().is_installation());
        assert_eq!("installation".parse(), Ok(TenantId::installation()));
        assert!(!"acme".parse::<TenantId>().unwrap().is_installation());
    }

    #[test]
    fn identifiers_are_short_and_ascii() {
        assert!("pro".parse::<PlanId>().is_ok());
        for bad in ["", "a b", "../x", "é", &"x".repeat(65)] {
            assert_eq!(bad.parse::<PlanId>(), Err(InvalidId), "{bad:?}");
        }
    }
}
