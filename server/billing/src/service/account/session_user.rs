//! The account and the viewer of a session.

use domain::{
    account::{Account, Identity, Membership, Role, Viewer},
    ids::TenantId,
    subscription::current_subscription,
};
use tower_sessions::Session;

use crate::{
    identity::session::{self, SignedIn},
    service::{Accounts, ServiceError},
    store::{Connection, account::session_accounts::SessionAccount, tenant::tenants::Tenant},
};

/// The user of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionUser {
    pub account: Account,
    /// The user in the current workspace; `None` without a workspace.
    pub viewer: Option<Viewer>,
    /// Whether the account is an operator's.
    pub is_operator: bool,
}

impl Accounts {
    /// Returns the account of a session. `None` when the account is deleted or has ended the session.
    pub async fn account(&self, signed_in: &SignedIn) -> Result<Option<Account>, ServiceError> {
        let mut reader = self.store().read().await?;
        let found = reader.connection().find_account_of_session(&signed_in.user, signed_in.began_at()).await?;
        Ok(found.map(|(account, _)| account))
    }

    /// Returns the viewer of a session with the current workspace. `None` when the account is deleted, has ended the
    /// session, or has no workspace.
    ///
    /// `wanted` is the workspace that the request names, if any. It overrides the workspace that the session stores.
    /// [`ServiceError::TenantNotFound`] if the user is not a member of it.
    pub async fn viewer(&self, signed_in: &SignedIn, wanted: Option<&str>) -> Result<Option<Viewer>, ServiceError> {
        Ok(self.session_user(signed_in, wanted).await?.and_then(|user| user.viewer))
    }

    /// Returns the user of a session. `None` when the account is deleted or has ended the session. `wanted` is as in
    /// [`Self::viewer`].
    pub async fn session_user(
        &self,
        signed_in: &SignedIn,
        wanted: Option<&str>,
    ) -> Result<Option<SessionUser>, ServiceError> {
        // One connection: every request of a browser runs this.
        let mut reader = self.store().read().await?;
        let mut link = reader.connection();
        let found = link.find_session_account(&signed_in.user, signed_in.began_at()).await?;
        let Some(found) = found else { return Ok(None) };
        Ok(Some(self.read_session_user(&mut link, found, signed_in, wanted).await?))
    }

    /// Returns the signed-in user's session with its user, in one statement. `wanted` is as in [`Self::viewer`]. `None`
    /// without a session, and for one that needs more: [`session::current`] and [`Self::session_user`] then find the
    /// same, or what the session lacks.
    pub async fn open_session_user(
        &self,
        session: &Session,
        wanted: Option<&str>,
    ) -> Result<Option<(SignedIn, SessionUser)>, ServiceError> {
        if session.id().is_none() {
            return Ok(None);
        }
        let mut reader = self.store().read().await?;
        let mut link = reader.connection();
        let (now, lifetime) = (self.wall_now(), self.settings().limits.sessions);
        let found = session::find_with_account(session, &mut link, now, lifetime).await?;
        let Some((signed_in, account)) = found else { return Ok(None) };
        let user = self.read_session_user(&mut link, account, &signed_in, wanted).await?;
        Ok(Some((signed_in, user)))
    }

    async fn read_session_user(
        &self,
        link: &mut Connection<'_>,
        found: SessionAccount,
        signed_in: &SignedIn,
        wanted: Option<&str>,
    ) -> Result<SessionUser, ServiceError> {
        let SessionAccount { account, is_operator, tenants } = found;
        let memberships = self.memberships(link, tenants).await?;
        let viewer = choose_workspace(account.clone(), memberships, wanted, signed_in.tenant.as_ref())?;
        Ok(SessionUser { account, viewer, is_operator })
    }

    /// Returns the memberships of a user with their current plans, in the order of the user's `tenants`.
    pub(super) async fn memberships(
        &self,
        link: &mut Connection<'_>,
        tenants: Vec<(Tenant, Role)>,
    ) -> Result<Vec<Membership>, ServiceError> {
        let mut memberships = Vec::with_capacity(tenants.len());
        for (tenant, role) in tenants {
            let plan = match self.usage().remembered_plan(&tenant.id) {
                Some(plan) => plan,
                None => {
                    self.entitlements(
                        &tenant,
                        current_subscription(self.catalog(), &link.list_subscriptions(&tenant.id).await?),
                    )
                    .plan
                }
            };
            memberships.push(Membership { tenant_id: tenant.id, tenant_name: tenant.name, role, plan });
        }
        Ok(memberships)
    }
}

/// Chooses the current workspace: `wanted` if it is set, else `last` if it is among `memberships`, else the first.
/// [`ServiceError::TenantNotFound`] if `wanted` is not among `memberships`; `None` if there are no memberships.
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
    let identity = Identity::Account(email);
    Ok(Some(Viewer { user_id, identity, current_membership, other_memberships: memberships }))
}
