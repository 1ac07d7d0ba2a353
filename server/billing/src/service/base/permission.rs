//! What a caller may do in a workspace: roles of members, scopes of keys, and the permission to change its billing.

use std::sync::Arc;

use domain::{
    account::{Membership, Role, Viewer, WorkspaceUser, WorkspaceViewer},
    ids::{TenantId, UserId},
    tenant::{
        actor::Actor, audit::AuditActor, external_id::ExternalId, installation_scope::InstallationScope,
        portal::PortalPermission, scope::Scope,
    },
};

use crate::{identity::factors::Confirmed, service::ServiceError, store::Tx};

/// The principal of a key in one tenant: a workspace key, or an installation key that names the tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPrincipal {
    pub key: Arc<str>,
    pub tenant: TenantId,
    /// For an installation key, the scopes of a workspace key that allow the same calls; never `secrets`.
    pub scopes: Arc<[Scope]>,
    pub kind: KeyKind,
}

/// What a key belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyKind {
    Workspace,
    Installation,
}

impl KeyPrincipal {
    pub fn actor(&self) -> Actor {
        match self.kind {
            KeyKind::Workspace => Actor::Key(self.key.to_string()),
            KeyKind::Installation => Actor::InstallationKey(self.key.to_string()),
        }
    }
}

/// The principal of an installation key, whichever tenant it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstallationPrincipal {
    pub key: Arc<str>,
    pub scopes: Arc<[InstallationScope]>,
}

impl InstallationPrincipal {
    /// The actor of audit entries.
    pub fn actor(&self) -> AuditActor {
        AuditActor::InstallationKey(self.key.to_string())
    }
}

/// An installation key as authenticated, before it is known which tenant the request is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstallationHolder {
    pub principal: InstallationPrincipal,
    /// What the key may do in any tenant.
    pub(in crate::service) in_tenants: Arc<[Scope]>,
}

impl InstallationHolder {
    pub(in crate::service) fn new(key: &str, scopes: &[InstallationScope]) -> Self {
        let in_tenants = scopes.iter().filter_map(|scope| scope.in_workspace()).collect();
        Self { principal: InstallationPrincipal { key: key.into(), scopes: scopes.into() }, in_tenants }
    }

    /// Returns the principal of the key in a tenant, which the caller has resolved.
    pub fn in_tenant(&self, tenant: TenantId) -> KeyPrincipal {
        let Self { principal, in_tenants } = self;
        KeyPrincipal { key: principal.key.clone(), tenant, scopes: in_tenants.clone(), kind: KeyKind::Installation }
    }
}

/// The principal of a key that was authenticated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthenticatedKey {
    Workspace(KeyPrincipal),
    Installation(InstallationHolder),
}

/// A permission that the product gives the admin of a portal session besides their role. A value proves that it was
/// checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortalGrant {
    tenant: TenantId,
    user: ExternalId,
    permission: PortalPermission,
}

impl PortalGrant {
    /// Only the portal session calls this, after it has checked its role and the permissions of its link.
    pub(in crate::service) const fn new(tenant: TenantId, user: ExternalId, permission: PortalPermission) -> Self {
        Self { tenant, user, permission }
    }

    /// Returns the tenant if the grant is for this permission; [`ServiceError::AdminRequired`] otherwise.
    pub(in crate::service) fn tenant_for(&self, permission: PortalPermission) -> Result<&TenantId, ServiceError> {
        if self.permission == permission { Ok(&self.tenant) } else { Err(ServiceError::AdminRequired) }
    }

    pub(in crate::service) fn actor(&self) -> Actor {
        Actor::PortalUser(self.user.clone())
    }

    /// The product vouches for the person: a portal session has no factor to confirm with.
    pub fn confirmed(&self) -> Confirmed {
        Confirmed::not_asked()
    }
}

/// A person who pays for a workspace (owner, admin or billing), or a key with the scope `billing`. A value proves the
/// permission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Biller {
    tenant: TenantId,
    by: Actor,
}

impl Biller {
    /// Returns the permission for the viewer's current workspace. Fails unless the viewer's role may bill.
    pub fn person(viewer: impl Into<WorkspaceViewer>) -> Result<Self, ServiceError> {
        let WorkspaceViewer { user, current_membership } = viewer.into();
        if !current_membership.role.may_bill() {
            return Err(ServiceError::BillerRequired);
        }
        Ok(Self { tenant: current_membership.tenant_id, by: actor(user) })
    }

    /// Returns the permission of a key; `None` if it lacks the scope.
    pub fn key(holder: &KeyPrincipal) -> Option<Self> {
        let may_bill = holder.scopes.contains(&Scope::Billing);
        may_bill.then(|| Self { tenant: holder.tenant.clone(), by: holder.actor() })
    }

    /// Returns the permission to read a tenant's invoices for an operator, whom the caller has recognized.
    pub(in crate::service) const fn of_operator(operator: UserId, tenant: TenantId) -> Self {
        Self { tenant, by: Actor::User(operator) }
    }

    pub const fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    pub(in crate::service) const fn by(&self) -> &Actor {
        &self.by
    }
}

/// An admin or owner of a workspace, or a key with the scope `billing`, who works on the workspace's own provider
/// account. A value proves the permission. The role billing does not give it: it opens what the workspace pays, and not
/// the workspace's customers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merchant(Biller);

impl Merchant {
    /// Returns the permission for the viewer's current workspace. Fails unless the viewer is an admin or owner.
    pub fn admin(viewer: impl Into<WorkspaceViewer>) -> Result<Self, ServiceError> {
        let WorkspaceViewer { user, current_membership } = viewer.into();
        require_admin_role(&current_membership)?;
        Ok(Self(Biller { tenant: current_membership.tenant_id, by: actor(user) }))
    }

    /// Returns the permission of a key; `None` if it lacks the scope.
    pub fn key(holder: &KeyPrincipal) -> Option<Self> {
        Biller::key(holder).map(Self)
    }

    pub const fn tenant(&self) -> &TenantId {
        self.0.tenant()
    }

    pub(in crate::service) const fn by(&self) -> &Actor {
        self.0.by()
    }
}

fn actor(user: WorkspaceUser) -> Actor {
    match user {
        WorkspaceUser::Account { account, other_memberships: _ } => Actor::User(account.user_id),
        WorkspaceUser::Portal(user) => Actor::PortalUser(user.external_id),
        WorkspaceUser::Token { user, .. } => Actor::TokenUser(user),
    }
}

/// Fails unless the viewer is an admin or an owner of the current workspace.
pub(in crate::service) fn require_admin(viewer: &Viewer) -> Result<(), ServiceError> {
    require_admin_role(&viewer.current_membership)
}

/// Fails unless the membership is that of an admin or an owner.
pub(in crate::service) fn require_admin_role(membership: &Membership) -> Result<(), ServiceError> {
    if membership.role.is_admin() { Ok(()) } else { Err(ServiceError::AdminRequired) }
}

/// Locks the tenant's row and returns the viewer's current role, which may have changed since authentication. A token's
/// user has no membership row: the role is the one that the token states.
pub(in crate::service) async fn lock_viewer_role(tx: &mut Tx, viewer: &Viewer) -> Result<Role, ServiceError> {
    let tenant = &viewer.current_membership.tenant_id;
    let is_there = tx.connection().lock_tenant(tenant).await?;
    if viewer.token_user().is_some() {
        return is_there.then_some(viewer.current_membership.role).ok_or(ServiceError::TenantNotFound);
    }
    let member = tx.connection().find_member(tenant, &viewer.user_id).await?;
    member.map(|member| member.role).ok_or(ServiceError::TenantNotFound)
}

/// Like [`lock_viewer_role`], also for the user of a portal session, whose role is that of the session.
pub(in crate::service) async fn lock_workspace_role(
    tx: &mut Tx,
    viewer: &WorkspaceViewer,
) -> Result<Role, ServiceError> {
    if let Some(viewer) = viewer.account_viewer() {
        return lock_viewer_role(tx, &viewer).await;
    }
    let is_there = tx.connection().lock_tenant(&viewer.current_membership.tenant_id).await?;
    is_there.then_some(viewer.current_membership.role).ok_or(ServiceError::TenantNotFound)
}
