//! Erasing a deleted tenant, in slices: by housekeeping when it is due, or at once.

use std::error::Error;

use domain::ids::TenantId;
use tracing::Instrument;

use crate::{
    service::{Housekeeping, ServiceError, Tenants},
    store::{Connection, StoreResult},
};

/// Number of rows that one slice erases when a caller waits for the erasure.
const SLICE_ROWS: i64 = 100;
/// Maximum number of retries in one erasure. A slice is retried if it loses a race with another transaction.
const MAX_RETRIES: usize = 10;

impl Housekeeping {
    /// Erases about `most` rows of the tenant that is due first. Returns the number of erased rows; 0 if none is due.
    pub(crate) async fn erase_due(&self, link: &mut Connection<'_>, most: i64) -> StoreResult<u64> {
        match link.find_tenant_to_erase(self.erased_until()).await? {
            Some(tenant) => {
                self.store().note_erasure();
                link.erase_slice(&tenant, most, self.wall_now()).await
            }
            None => Ok(0),
        }
    }
}

impl Tenants {
    /// Erases a deleted tenant, and returns once its rows are gone. Continues if the caller disconnects.
    pub(super) async fn erase(&self, tenant: &TenantId) -> Result<(), ServiceError> {
        let (tenants, tenant) = (self.clone(), tenant.clone());
        let erasing = tokio::spawn(async move { tenants.erase_slices(&tenant).await }.in_current_span());
        Ok(erasing.await.map_err(|_| ServiceError::Internal("failed to erase a tenant: the task panicked"))??)
    }

    async fn erase_slices(&self, tenant: &TenantId) -> StoreResult<()> {
        let mut races = 0;
        loop {
            self.store().note_erasure();
            match self.erase_one_slice(tenant).await {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) if error.is_lost_race() && races < MAX_RETRIES => races += 1,
                Err(error) => return Err(error),
            }
        }
        self.0.views.invalidate(tenant);
        // The worker truncates the log later if a reader still uses it.
        if let Err(error) = self.store().truncate_erased_log().await {
            tracing::warn!(
                error = &error as &dyn Error,
                "failed to truncate SQLite's write-ahead log after an erasure"
            );
        }
        Ok(())
    }

    async fn erase_one_slice(&self, tenant: &TenantId) -> StoreResult<u64> {
        let mut tx = self.store().begin().await?;
        let rows = tx.connection().erase_slice(tenant, SLICE_ROWS, self.wall_now()).await?;
        tx.commit().await?;
        Ok(rows)
    }
}
