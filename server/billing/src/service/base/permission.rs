//! The permission to change a workspace's billing.

use domain::{
    account::Viewer,
    ids::TenantId,
    tenant::{actor::Actor, scope::Scope},
};

use crate::service::{ServiceError, subscription::reconcile::require_admin, tenant::key::KeyPrincipal};

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
