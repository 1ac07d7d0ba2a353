//! What the admins of a tenant set for its limits: a column of the tenant's row.

use domain::{entitlement::own_limits::OwnLimits, ids::TenantId};

use crate::store::{Connection, StoreError, StoreResult, on_backend, statements};

statements! {
    UPDATE_OWN_LIMITS = "UPDATE tenants SET own_limits = $2 WHERE tenant_id = $1";
}

const NOTHING: &str = "[]";

pub(super) fn read(text: &str) -> StoreResult<OwnLimits> {
    if text == NOTHING {
        return Ok(OwnLimits::default());
    }
    serde_json::from_str(text).map_err(|_| StoreError::Corrupt("tenants.own_limits"))
}

pub(super) fn encode(limits: &OwnLimits) -> StoreResult<String> {
    serde_json::to_string(limits).map_err(|_| StoreError::Corrupt("tenants.own_limits"))
}

impl Connection<'_> {
    /// Replaces what the tenant's admins set for its limits, and raises the tenant's revision.
    pub async fn update_own_limits(&mut self, tenant: &TenantId, limits: &OwnLimits) -> StoreResult<()> {
        let limits = encode(limits)?;
        on_backend!(self, connection => sqlx::query(UPDATE_OWN_LIMITS)
            .bind(tenant.as_str())
            .bind(limits)
            .execute(&mut **connection)
            .await
            .map(drop)?);
        self.touch_tenant(tenant).await
    }
}
