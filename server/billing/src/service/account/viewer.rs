//! The account and the viewer of a session.

use domain::{
    account::{Account, Membership, Viewer},
    ids::{TenantId, UserId},
    subscription::current_subscription,
};

use crate::{
    identity::session::SignedIn,
    service::{ServiceError, Services},
    store::{Connection, account::users::User},
};

impl Services {
    /// Returns the account of a session. `None` when the account is deleted or has ended the session.
    pub async fn account(&self, signed_in: &SignedIn) -> Result<Option<Account>, ServiceError> {
        account(&mut self.store().read().await?.connection(), signed_in).await
    }

    /// Returns the viewer of a session with the current workspace. `None` when the account or its last workspace is
    /// gone.
    ///
    /// `wanted` (the `X-Tenant-ID` header) overrides the workspace that the session chose. It must be one of the user's,
    /// else [`ServiceError::TenantNotFound`].
    pub async fn viewer(&self, signed_in: &SignedIn, wanted: Option<&str>) -> Result<Option<Viewer>, ServiceError> {
        // One connection: every request of a browser runs this.
        let mut reader = self.store().read().await?;
        let mut link = reader.connection();
        let Some(account) = account(&mut link, signed_in).await? else { return Ok(None) };
        let memberships = self.memberships(&mut link, &account.user_id).await?;
        choose_workspace(account, memberships, wanted, signed_in.tenant.as_ref())
    }

    /// Lists the memberships of a user, the oldest first.
    pub(in crate::service) async fn memberships(
        &self,
        link: &mut Connection<'_>,
        user: &UserId,
    ) -> Result<Vec<Membership>, ServiceError> {
        let mut memberships = Vec::new();
        for (tenant, role) in link.list_tenants_of_user(user).await? {
            let plan = match self.remembered_plan(&tenant.id) {
                Some(plan) => plan,
                None => {
                    self.entitlements(&tenant, current_subscription(&link.list_subscriptions(&tenant.id).await?)).plan
                }
            };
            memberships.push(Membership { tenant_id: tenant.id, tenant_name: tenant.name, role, plan });
        }
        Ok(memberships)
    }
}

async fn account(link: &mut Connection<'_>, signed_in: &SignedIn) -> Result<Option<Account>, ServiceError> {
    let user = link.find_user_of_session(&signed_in.user, signed_in.began_at()).await?;
    Ok(user.map(|User { id, email, password_hash: _, has_proven_address: _ }| Account { user_id: id, email }))
}

/// Chooses the current workspace: `wanted`, which must be among `memberships`, else `last`, else the first. `None`
/// without memberships.
pub(super) fn choose_workspace(
    account: Account,
    mut memberships: Vec<Membership>,
    wanted: Option<&str>,
    last: Option<&TenantId>,
) -> Result<Option<Viewer>, ServiceError> {
    let open = match wanted {
        Some(wanted) => memberships
            .iter()
            .position(|membership| membership.tenant_id.as_str() == wanted)
            .ok_or(ServiceError::TenantNotFound)?,
        None => memberships.iter().position(|membership| Some(&membership.tenant_id) == last).unwrap_or_default(),
    };
    if memberships.is_empty() {
        return Ok(None);
    }
    let current_membership = memberships.swap_remove(open);
    memberships.sort_by(|a, b| a.tenant_name.cmp(&b.tenant_name));
    let Account { user_id, email } = account;
    Ok(Some(Viewer { user_id, email, current_membership, other_memberships: memberships }))
}
