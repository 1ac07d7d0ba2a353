//! Objects that were seen at a provider and that the provider no longer knows (`unknown_at_provider`).

use domain::{ids::TenantId, subscription::Provider, time::Timestamp};

use crate::store::{
    Connection, StoreResult, job::operator_work::Owner, on_backend, parse, statements,
    tenant::tenants::page_position::PagePosition,
};

statements! {
    INSERT_UNKNOWN = "INSERT INTO unknown_at_provider (tenant_id, provider, kind, external_id, found_at) \
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (tenant_id, provider, kind, external_id) DO NOTHING";
    DELETE_UNKNOWN = "DELETE FROM unknown_at_provider \
         WHERE tenant_id = $1 AND provider = $2 AND kind = $3 AND external_id = $4";
    LIST_UNKNOWN = "SELECT provider, kind, external_id, found_at FROM unknown_at_provider WHERE tenant_id = $1 \
         ORDER BY found_at, external_id LIMIT 100";
    LIST_ALL_UNKNOWN = "SELECT own.provider, own.kind, own.external_id, own.found_at, own.tenant_id, tenants.name \
         FROM unknown_at_provider AS own JOIN tenants ON tenants.tenant_id = own.tenant_id \
         WHERE (own.found_at, own.external_id) > ($1, $2) ORDER BY own.found_at, own.external_id LIMIT 51";
    COUNT_UNKNOWN = "SELECT count(*) FROM unknown_at_provider WHERE provider = $1";
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectKind {
    Customer,
    Subscription,
    Checkout,
}

impl ObjectKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Subscription => "subscription",
            Self::Checkout => "checkout",
        }
    }
}

domain::all_variants!(ObjectKind { Customer, Subscription, Checkout });

impl std::str::FromStr for ObjectKind {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(())
    }
}

/// An object of a tenant that the provider no longer knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownObject {
    pub provider: Provider,
    pub kind: ObjectKind,
    pub external_id: String,
    /// Wall time.
    pub found_at: Timestamp,
}

/// An unknown object with its tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantUnknownObject {
    pub object: UnknownObject,
    pub tenant: Owner,
}

/// The position after a row.
impl From<&TenantUnknownObject> for PagePosition {
    fn from(listed: &TenantUnknownObject) -> Self {
        Self { at: listed.object.found_at, id: listed.object.external_id.clone() }
    }
}

#[derive(sqlx::FromRow)]
struct UnknownRow {
    provider: String,
    kind: String,
    external_id: String,
    found_at: i64,
}

impl UnknownRow {
    fn read(self) -> StoreResult<UnknownObject> {
        let Self { provider, kind, external_id, found_at } = self;
        Ok(UnknownObject {
            provider: parse(&provider, "unknown_at_provider.provider")?,
            kind: parse(&kind, "unknown_at_provider.kind")?,
            external_id,
            found_at: Timestamp::from_micros(found_at),
        })
    }
}

#[derive(sqlx::FromRow)]
struct OwnedUnknownRow {
    #[sqlx(flatten)]
    object: UnknownRow,
    tenant_id: String,
    name: String,
}

impl Connection<'_> {
    /// Inserts an unknown object. Returns whether it is new.
    pub async fn insert_unknown(&mut self, tenant: &TenantId, object: &UnknownObject) -> StoreResult<bool> {
        let UnknownObject { provider, kind, external_id, found_at } = object;
        let inserted = on_backend!(self, connection => sqlx::query(INSERT_UNKNOWN)
            .bind(tenant.as_str())
            .bind(provider.as_str())
            .bind(kind.as_str())
            .bind(external_id)
            .bind(found_at.as_micros())
            .execute(&mut **connection)
            .await?
            .rows_affected());
        Ok(inserted > 0)
    }

    /// Deletes an object that the provider knows again or reports as deleted.
    pub async fn delete_unknown(
        &mut self,
        tenant: &TenantId,
        provider: Provider,
        kind: ObjectKind,
        external_id: &str,
    ) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(DELETE_UNKNOWN)
            .bind(tenant.as_str())
            .bind(provider.as_str())
            .bind(kind.as_str())
            .bind(external_id)
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    /// Lists a tenant's unknown objects, oldest first, at most 100.
    pub async fn list_unknown(&mut self, tenant: &TenantId) -> StoreResult<Vec<UnknownObject>> {
        let rows: Vec<UnknownRow> = on_backend!(self, connection => sqlx::query_as(LIST_UNKNOWN)
            .bind(tenant.as_str())
            .fetch_all(&mut **connection)
            .await?);
        rows.into_iter().map(UnknownRow::read).collect()
    }

    /// Lists the unknown objects of all tenants with the tenant's name, oldest first: one more than a page.
    pub async fn list_all_unknown(&mut self, after: Option<&PagePosition>) -> StoreResult<Vec<TenantUnknownObject>> {
        let (at, id) = PagePosition::or_first(after);
        let rows: Vec<OwnedUnknownRow> = on_backend!(self, connection => sqlx::query_as(LIST_ALL_UNKNOWN)
            .bind(at)
            .bind(id)
            .fetch_all(&mut **connection)
            .await?);
        let read = |OwnedUnknownRow { object, tenant_id, name }: OwnedUnknownRow| {
            Ok(TenantUnknownObject {
                object: object.read()?,
                tenant: (parse(&tenant_id, "unknown_at_provider.tenant_id")?, name),
            })
        };
        rows.into_iter().map(read).collect()
    }

    pub async fn count_unknown(&mut self, provider: Provider) -> StoreResult<u64> {
        let count: i64 = on_backend!(self, connection => sqlx::query_scalar(COUNT_UNKNOWN)
            .bind(provider.as_str())
            .fetch_one(&mut **connection)
            .await?);
        Ok(count.unsigned_abs())
    }
}
