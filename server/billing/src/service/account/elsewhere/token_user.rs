//! The viewer of a person without an account.

use aws_lc_rs::digest;
use domain::{
    account::{Email, Identity, Membership, Role, Viewer, token_user::TokenUser},
    ids::{TenantId, UserId},
};

use crate::service::{Accounts, ServiceError};

/// Prefix of derived ids, which no account has: ids of accounts are UUIDs.
const DERIVED: &str = "token-";
/// How many bytes of the hash a derived id holds.
const DERIVED_BYTES: usize = 20;

impl Accounts {
    /// Returns the viewer for a person whose token names this tenant and role.
    /// [`ServiceError::TenantNotFound`] for an unknown tenant. Reads the tenant's cached view.
    pub async fn token_viewer(
        &self,
        user: TokenUser,
        email: Option<Email>,
        tenant: &TenantId,
        role: Role,
    ) -> Result<Viewer, ServiceError> {
        let (tenant_name, plan) = self.usage().name_and_plan(tenant).await?;
        let current_membership = Membership { tenant_id: tenant.clone(), tenant_name, role, plan };
        let user_id = derived_id(&user)?;
        let identity = Identity::Token { user, email };
        Ok(Viewer { user_id, identity, current_membership, other_memberships: Vec::new() })
    }
}

/// Returns the user id of a person without an account. It is derived from issuer and subject, so that it never changes.
fn derived_id(user: &TokenUser) -> Result<UserId, ServiceError> {
    let hash = digest::digest(&digest::SHA256, user.to_string().as_bytes());
    let short = hash.as_ref().iter().take(DERIVED_BYTES).copied().collect::<Vec<_>>();
    let id = format!("{DERIVED}{}", hex::encode(short));
    id.try_into().map_err(|_| ServiceError::Internal("derived id of a token's user is not valid"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_of_different_issuers_have_different_ids() {
        let id = |text: &str| derived_id(&text.parse().unwrap()).unwrap();
        let ids = ["https://a.example ada", "https://b.example ada", "https://b.example eve"].map(id);
        for (at, one) in ids.iter().enumerate() {
            assert!(ids.iter().skip(at + 1).all(|other| other != one));
        }
        assert_eq!(id("https://a.example ada"), id("https://a.example ada"));
        assert_eq!(id("https://a.example ada").as_str().len(), DERIVED.len() + 2 * DERIVED_BYTES);
    }
}
