//! When the passing of time alone changes a tenant's entitlements. Times are billing time.

use domain::{ids::TenantId, time::Timestamp};

use crate::store::{
    Connection, StoreResult,
    dialect::{json_rows, row_statements},
    on_backend, parse, statements,
};

statements! {
    UPSERT_TRANSITION = "INSERT INTO billing_turns (tenant_id, due_at) VALUES ($1, $2) \
         ON CONFLICT (tenant_id) DO UPDATE SET due_at = excluded.due_at WHERE billing_turns.due_at > $3";
    DELETE_TRANSITION = "DELETE FROM billing_turns WHERE tenant_id = $1 AND due_at > $2";
    LIST_DUE_TRANSITIONS = "SELECT tenant_id FROM billing_turns WHERE due_at <= $1 ORDER BY due_at, tenant_id LIMIT 200";
}

row_statements! {
    DELETE_DUE_TRANSITIONS = "DELETE FROM billing_turns WHERE due_at <= $2 AND tenant_id IN (SELECT sent.value ->> 0 FROM " ROWS ")";
}

impl Connection<'_> {
    /// Schedules the tenant's next transition in place of the former one; `None` removes the former one. A transition
    /// that is due stays until [`Self::delete_due_transitions`], so that a concurrent write does not lose it.
    pub async fn upsert_scheduled_transition(
        &mut self,
        tenant: &TenantId,
        due_at: Option<Timestamp>,
        now: Timestamp,
    ) -> StoreResult<()> {
        match due_at {
            Some(at) => on_backend!(self, connection => sqlx::query(UPSERT_TRANSITION)
                .bind(tenant.as_str())
                .bind(at.as_micros())
                .bind(now.as_micros())
                .execute(&mut **connection)
                .await
                .map(drop)?),
            None => on_backend!(self, connection => sqlx::query(DELETE_TRANSITION)
                .bind(tenant.as_str())
                .bind(now.as_micros())
                .execute(&mut **connection)
                .await
                .map(drop)?),
        }
        Ok(())
    }

    /// Deletes the transitions of these tenants that are due.
    pub async fn delete_due_transitions(&mut self, tenants: &[TenantId], now: Timestamp) -> StoreResult<()> {
        let statement = self.row_statement(DELETE_DUE_TRANSITIONS);
        on_backend!(self, connection => sqlx::query(statement)
            .bind(json_rows(tenants.iter().map(|tenant| (tenant.as_str(),)))?)
            .bind(now.as_micros())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    /// Lists tenants whose transition is due, the longest overdue first, at most 200.
    pub async fn list_due_transitions(&mut self, now: Timestamp) -> StoreResult<Vec<TenantId>> {
        let tenants: Vec<String> = on_backend!(self, connection => sqlx::query_scalar(LIST_DUE_TRANSITIONS)
            .bind(now.as_micros())
            .fetch_all(&mut **connection)
            .await?);
        tenants.iter().map(|tenant| parse(tenant, "billing_turns.tenant_id")).collect()
    }
}
