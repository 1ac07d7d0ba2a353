//! Dunning notices to admins: each kind once for each time that a payment becomes due.

use domain::{
    ids::TenantId,
    subscription::{Provider, lifecycle::DunningKind},
    time::Timestamp,
};

use crate::store::{Connection, StoreResult, on_backend, statements};

statements! {
    INSERT_NOTICE = "INSERT INTO dunning_notices (tenant_id, provider, external_id, since, kind, told_at) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (tenant_id, provider, external_id, since, kind) DO NOTHING";
}

impl Connection<'_> {
    /// Inserts a notice. `false` if it exists already.
    pub async fn insert_dunning_notice(
        &mut self,
        tenant: &TenantId,
        (provider, external_id): (Provider, &str),
        (since, kind): (Timestamp, DunningKind),
        now: Timestamp,
    ) -> StoreResult<bool> {
        let rows = on_backend!(self, connection => sqlx::query(INSERT_NOTICE)
            .bind(tenant.as_str())
            .bind(provider.as_str())
            .bind(external_id)
            .bind(since.as_micros())
            .bind(kind.as_str())
            .bind(now.as_micros())
            .execute(&mut **connection)
            .await?
            .rows_affected());
        Ok(rows == 1)
    }
}
