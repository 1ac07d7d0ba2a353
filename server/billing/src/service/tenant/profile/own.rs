//! The settings of a workspace that its own people change: its name, and its deletion.

use domain::account::{Role, Viewer};

use super::{
    delete::{ErasureTime, is_billed},
    input::{ProfileChange, validate},
};
use crate::{
    identity::factors::Confirmed,
    service::{
        ServiceError, Tenants,
        base::permission::{lock_viewer_role, require_admin},
        tenant::audit::by,
    },
    store::{Tx, tenant::tenants::Tenant},
};

impl Tenants {
    /// Renames the viewer's current workspace. Admins only. Announced as a change by an installation key is. No-op for
    /// the current name.
    pub async fn rename_workspace(&self, viewer: &Viewer, name: &str) -> Result<(), ServiceError> {
        require_admin(viewer)?;
        let change = validate(ProfileChange { name: Some(name.to_owned()), ..ProfileChange::default() })?;
        let mut tx = self.store().begin().await?;
        if !lock_viewer_role(&mut tx, viewer).await?.is_admin() {
            return Err(ServiceError::AdminRequired);
        }
        let tenant = current_workspace(&mut tx, viewer).await?;
        let renamed = change.apply(&tenant)?;
        self.write_change(&mut tx, by(viewer), &tenant, &renamed).await?;
        tx.commit().await?;
        self.0.views.invalidate(&tenant.id);
        Ok(())
    }

    /// Whether a provider bills the viewer's current workspace, which then can't be deleted.
    pub async fn is_workspace_billed(&self, viewer: &Viewer) -> Result<bool, ServiceError> {
        let mut reader = self.store().read().await?;
        Ok(is_billed(&mut reader.connection(), &viewer.current_membership.tenant_id).await?)
    }

    /// Deletes the viewer's current workspace, as [`Self::delete_tenant`] does: it can be restored for 30 days. Owners
    /// only. `typed` is the workspace's name, which the owner repeats.
    pub async fn delete_workspace(&self, viewer: &Viewer, typed: &str, _: &Confirmed) -> Result<(), ServiceError> {
        let mut tx = self.store().begin().await?;
        if lock_viewer_role(&mut tx, viewer).await? != Role::Owner {
            return Err(ServiceError::OwnerRequired);
        }
        let tenant = current_workspace(&mut tx, viewer).await?;
        if typed.trim() != tenant.name {
            return Err(ServiceError::field("workspace", "Write the name of the workspace as it is."));
        }
        self.mark_deleted(&mut tx, by(viewer), &tenant, ErasureTime::Later).await?;
        tx.commit().await?;
        self.0.views.invalidate(&tenant.id);
        Ok(())
    }
}

/// Returns the viewer's current workspace, whose row the transaction has locked.
async fn current_workspace(tx: &mut Tx, viewer: &Viewer) -> Result<Tenant, ServiceError> {
    let found = tx.connection().find_tenant(&viewer.current_membership.tenant_id).await?;
    found.filter(|tenant| tenant.deleted_at.is_none()).ok_or(ServiceError::TenantNotFound)
}
