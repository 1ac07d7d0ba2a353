//! The revision of a tenant, which grows with each change that other nodes or the product must see.

use domain::ids::TenantId;

use crate::store::{Connection, StoreResult, on_backend, statements};

statements! {
    RAISE_REVISION = "UPDATE tenants SET revision = revision + 1 WHERE tenant_id = $1 RETURNING revision, external_id";
}

/// A tenant's revision, with the id that the product uses for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    pub number: i64,
    pub external_id: Option<String>,
}

impl Connection<'_> {
    /// Raises the revision by one and locks the tenant until the transaction ends, so that revisions are in the order
    /// of commits. `None` if there is no such tenant.
    pub async fn raise_revision(&mut self, tenant: &TenantId) -> StoreResult<Option<Revision>> {
        let row: Option<(i64, Option<String>)> = on_backend!(self, connection => sqlx::query_as(RAISE_REVISION)
            .bind(tenant.as_str())
            .fetch_optional(&mut **connection)
            .await?);
        Ok(row.map(|(number, external_id)| Revision { number, external_id }))
    }
}
