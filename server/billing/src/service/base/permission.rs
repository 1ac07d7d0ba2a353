//! What a caller may do in a workspace: roles of members, scopes of keys, and the permission to change its billing.

use std::sync::Arc;

use domain::{
    account::{Role, Viewer},
    ids::TenantId,
    tenant::{actor::Actor, scope::Scope},
};

use crate::{service::ServiceError, store::Tx};

/// The principal of an API key: its tenant and scopes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPrincipal {
    pub key: Arc<str>,
    pub tenant: TenantId,
    pub scopes: Arc<[Scope]>,
}

/// An admin or owner of a workspace, or an API key of it with the scope `billing`. A value proves the permission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Biller {
    tenant: TenantId,
    by: Actor,
}

impl Biller {
    /// Returns the permission for the viewer's open workspace. Fails unless they are an admin or owner.
    pub fn admin(viewer: &Viewer) -> Result<Self, ServiceError> {
        require_admin(viewer)?;
        Ok(Self { tenant: viewer.current_membership.tenant_id.clone(), by: Actor::User(viewer.user_id.clone()) })
    }

    /// Returns the permission of an API key; `None` if it lacks the scope.
    pub fn key(holder: &KeyPrincipal) -> Option<Self> {
        let KeyPrincipal { key, tenant, scopes } = holder;
        scopes.contains(&Scope::Billing).then(|| Self { tenant: tenant.clone(), by: Actor::Key(key.to_string()) })
    }

    pub const fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    pub(in crate::service) const fn by(&self) -> &Actor {
        &self.by
    }
}

/// Fails unless the viewer is an admin or an owner of the open workspace.
pub(in crate::service) fn require_admin(viewer: &Viewer) -> Result<(), ServiceError> {
    if viewer.current_membership.role.is_admin() { Ok(()) } else { Err(ServiceError::AdminRequired) }
}

/// Locks the tenant's row and returns the viewer's current role, which may have changed since authentication.
pub(in crate::service) async fn lock_viewer_role(tx: &mut Tx, viewer: &Viewer) -> Result<Role, ServiceError> {
    let tenant = &viewer.current_membership.tenant_id;
    tx.connection().lock_tenant(tenant).await?;
    let member = tx.connection().find_member(tenant, &viewer.user_id).await?;
    member.map(|member| member.role).ok_or(ServiceError::TenantNotFound)
}
