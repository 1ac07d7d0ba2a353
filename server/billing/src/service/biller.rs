//! Who may change what a workspace pays.

use domain::{account::Viewer, actor::Actor, ids::TenantId, scope::Scope};

use super::{ServiceError, key::KeyHolder, reconcile::admin};

/// An owner or admin of a workspace, or a key of it with the scope `billing`. Nobody else can be made one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Biller {
    tenant: TenantId,
    by: Actor,
}

impl Biller {
    /// Of the workspace that is open.
    pub fn admin(viewer: &Viewer) -> Result<Self, ServiceError> {
        admin(viewer)?;
        Ok(Self { tenant: viewer.current_membership.tenant_id.clone(), by: Actor::User(viewer.user_id.clone()) })
    }

    /// `None` when the key lacks the scope.
    pub fn key(holder: &KeyHolder) -> Option<Self> {
        let KeyHolder { key, tenant, scopes } = holder;
        scopes.contains(&Scope::Billing).then(|| Self { tenant: tenant.clone(), by: Actor::Key(key.to_string()) })
    }

    pub const fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    pub(super) const fn by(&self) -> &Actor {
        &self.by
    }
}
