//! Portal sessions, which a link of the product starts: their permissions, role, first page and link back.

use serde::{Deserialize, Serialize};

/// What a portal session may do beside what its role may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum PortalPermission {
    /// Make and revoke API keys.
    Keys,
    /// Set and delete secrets.
    Secrets,
}

impl PortalPermission {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Keys => "keys",
            Self::Secrets => "secrets",
        }
    }
}

crate::all_variants!(PortalPermission { Keys, Secrets });

/// The text is not the name of a permission of portal sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a portal session may be allowed keys or secrets")]
pub struct UnknownPortalPermission;

impl std::str::FromStr for PortalPermission {
    type Err = UnknownPortalPermission;

    fn from_str(text: &str) -> Result<Self, UnknownPortalPermission> {
        Self::ALL.into_iter().find(|permission| permission.as_str() == text).ok_or(UnknownPortalPermission)
    }
}

/// The role of a portal session. A session is never an owner: owners are accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum PortalRole {
    Admin,
    Billing,
    Member,
}

impl PortalRole {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Billing => "billing",
            Self::Member => "member",
        }
    }
}

crate::all_variants!(PortalRole { Admin, Billing, Member });

/// The text is not the name of a role of portal sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the role of a portal session is admin, billing or member")]
pub struct UnknownPortalRole;

impl std::str::FromStr for PortalRole {
    type Err = UnknownPortalRole;

    fn from_str(text: &str) -> Result<Self, UnknownPortalRole> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or(UnknownPortalRole)
    }
}

impl From<PortalRole> for crate::account::Role {
    fn from(role: PortalRole) -> Self {
        match role {
            PortalRole::Admin => Self::Admin,
            PortalRole::Billing => Self::Billing,
            PortalRole::Member => Self::Member,
        }
    }
}

/// The page on which a portal session begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum PortalPage {
    #[default]
    Membership,
    Usage,
    Invoices,
    Team,
    Checkout,
}

impl PortalPage {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Membership => "membership",
            Self::Usage => "usage",
            Self::Invoices => "invoices",
            Self::Team => "team",
            Self::Checkout => "checkout",
        }
    }
}

crate::all_variants!(PortalPage { Membership, Usage, Invoices, Team, Checkout });

/// The text is not the name of a page of the portal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a page of the portal is membership, usage, invoices, team or checkout")]
pub struct UnknownPortalPage;

impl std::str::FromStr for PortalPage {
    type Err = UnknownPortalPage;

    fn from_str(text: &str) -> Result<Self, UnknownPortalPage> {
        Self::ALL.into_iter().find(|page| page.as_str() == text).ok_or(UnknownPortalPage)
    }
}

/// The link of a portal session back to the product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WayBack {
    /// A validated URL of the product.
    pub url: String,
    /// The product's name for it; `None` for the host.
    pub label: Option<String>,
}

impl WayBack {
    /// What the link leads to: the label, else the host of the URL.
    pub fn product(&self) -> Option<&str> {
        let host = || self.url.split("://").nth(1).and_then(|rest| rest.split(['/', '?', '#']).next());
        self.label.as_deref().or_else(host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_parses_to_its_variant() {
        assert!(PortalPermission::ALL.into_iter().all(|known| known.as_str().parse() == Ok(known)));
        assert!(PortalRole::ALL.into_iter().all(|known| known.as_str().parse() == Ok(known)));
        assert!(PortalPage::ALL.into_iter().all(|known| known.as_str().parse() == Ok(known)));
        assert_eq!("owner".parse::<PortalRole>(), Err(UnknownPortalRole));
    }

    #[test]
    fn the_way_back_is_named_by_its_label_or_its_host() {
        let way = |label: Option<&str>| WayBack {
            url: "https://app.test:8443/billing?x=1".to_owned(),
            label: label.map(ToOwned::to_owned),
        };
        assert_eq!(way(Some("Acme")).product(), Some("Acme"));
        assert_eq!(way(None).product(), Some("app.test:8443"));
    }
}
