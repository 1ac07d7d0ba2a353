//! Tenants and their memberships.

pub mod desk_search;
pub mod operator_tenants;
pub mod own_limits;
pub mod page_position;
pub mod profiles;
pub mod revisions;
#[cfg(test)]
mod tests;

use domain::{
    account::{Email, Role},
    entitlement::{
        overrides::{LimitOverride, Overrides, PlanGrant},
        own_limits::OwnLimits,
    },
    ids::{TenantId, UserId},
    tenant::{external_id::ExternalId, metadata::Metadata},
    time::Timestamp,
};

use crate::store::{
    Connection, StoreError, StoreResult,
    dialect::{json_rows, row_statements},
    on_backend, parse, statements,
};

statements! {
    INSERT_TENANT = "INSERT INTO tenants (tenant_id, name, granted_plan, granted_until, limit_overrides, own_limits, \
         created_at, external_id, email, metadata, deleted_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    FIND_TENANT = "SELECT tenant_id, name, granted_plan, granted_until, limit_overrides, own_limits, created_at, external_id, \
         email, metadata, deleted_at FROM tenants WHERE tenant_id = $1 AND tenant_id <> 'installation'";
    FIND_TENANT_BY_EXTERNAL_ID = "SELECT tenant_id FROM tenants WHERE external_id = $1 AND deleted_at IS NULL";
    TOUCH_TENANT = "UPDATE tenants SET revision = revision + 1 WHERE tenant_id = $1";
    UPDATE_OVERRIDES = "UPDATE tenants SET granted_plan = $2, granted_until = $3, limit_overrides = $4 WHERE tenant_id = $1";
    LIST_OVERRIDES_WITHOUT_PLAN = "SELECT tenant_id FROM tenants WHERE limit_overrides <> '[]' \
         AND limit_overrides NOT LIKE '%\"on\":%' AND tenant_id > $1 ORDER BY tenant_id LIMIT $2";
    LOCK_TENANT = "UPDATE tenants SET name = name WHERE tenant_id = $1";
    INSERT_MEMBER = "INSERT INTO memberships (tenant_id, user_id, role, created_at) VALUES ($1, $2, $3, $4)";
    LIST_TENANTS_OF_USER = "SELECT tenants.tenant_id, tenants.name, tenants.granted_plan, tenants.granted_until, \
         tenants.limit_overrides, tenants.own_limits, tenants.created_at, tenants.external_id, tenants.email, tenants.metadata, tenants.deleted_at, \
         memberships.role FROM memberships JOIN tenants ON tenants.tenant_id = memberships.tenant_id \
         WHERE memberships.user_id = $1 AND tenants.deleted_at IS NULL ORDER BY memberships.created_at, tenants.tenant_id";
    COUNT_MEMBERS = "SELECT count(*) FROM memberships WHERE tenant_id = $1";
    FIND_FIRST_OWNER_EMAIL = "SELECT users.email FROM memberships JOIN users ON users.user_id = memberships.user_id \
         WHERE memberships.tenant_id = $1 AND memberships.role = 'owner' \
         ORDER BY memberships.created_at, memberships.user_id LIMIT 1";
}

row_statements! {
    pub(in crate::store) FIND_STALE = "SELECT CAST(sent.value ->> 2 AS BIGINT) AS place FROM "
        ROWS " JOIN tenants ON tenants.tenant_id = sent.value ->> 0 WHERE tenants.revision <> CAST(sent.value ->> 1 AS BIGINT)";
    LIST_REVISIONS = "SELECT CAST(sent.value ->> 1 AS BIGINT) AS place, tenants.revision FROM "
        ROWS " JOIN tenants ON tenants.tenant_id = sent.value ->> 0";
    LIST_TENANTS_BY_EXTERNAL_IDS = "SELECT CAST(sent.value ->> 1 AS BIGINT) AS place, tenants.tenant_id FROM "
        ROWS " JOIN tenants ON tenants.external_id = sent.value ->> 0 WHERE tenants.deleted_at IS NULL";
    LIST_COUNTED_TENANTS = "SELECT tenants.tenant_id, tenants.name, tenants.granted_plan, tenants.granted_until, \
         tenants.limit_overrides, tenants.own_limits, tenants.created_at, tenants.external_id, tenants.email, tenants.metadata, tenants.deleted_at, \
         tenants.revision, \
         (SELECT count(*) FROM memberships WHERE memberships.tenant_id = tenants.tenant_id) AS members, \
         (SELECT count(*) FROM secrets WHERE secrets.tenant_id = tenants.tenant_id) AS secrets, \
         (SELECT count(*) FROM aside_subscriptions WHERE aside_subscriptions.tenant_id = tenants.tenant_id) AS unmanaged, \
         (SELECT count(*) FROM doubled_subscriptions WHERE doubled_subscriptions.tenant_id = tenants.tenant_id) AS duplicates FROM "
        ROWS " JOIN tenants ON tenants.tenant_id = sent.value ->> 0";
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenant {
    pub id: TenantId,
    pub name: String,
    pub overrides: Overrides,
    /// What its admins set for its limits.
    pub own_limits: OwnLimits,
    pub created_at: Timestamp,
    /// The id that the product uses.
    pub external_id: Option<ExternalId>,
    /// The address that the product has set, besides those of members.
    pub email: Option<Email>,
    pub metadata: Metadata,
    /// `None` unless the tenant is deleted. A deleted tenant is unknown to callers. Its row stays,
    /// even after the erasure.
    pub deleted_at: Option<Timestamp>,
}

impl Tenant {
    /// A tenant without the fields that the product sets.
    pub const fn new(id: TenantId, name: String, overrides: Overrides, created_at: Timestamp) -> Self {
        Self {
            id,
            name,
            overrides,
            own_limits: OwnLimits::none(),
            created_at,
            external_id: None,
            email: None,
            metadata: Metadata::new(),
            deleted_at: None,
        }
    }
}

/// A tenant with its revision and the number of its members, secrets, and stored unmanaged and duplicate subscriptions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountedTenant {
    pub tenant: Tenant,
    pub revision: i64,
    pub members: u64,
    pub secrets: u64,
    /// Includes those that are not shown.
    pub unmanaged: u64,
    /// Includes those that are settled.
    pub duplicates: u64,
}

#[derive(sqlx::FromRow)]
pub(in crate::store) struct TenantRow {
    tenant_id: String,
    name: String,
    granted_plan: Option<String>,
    granted_until: Option<i64>,
    limit_overrides: String,
    own_limits: String,
    created_at: i64,
    external_id: Option<String>,
    email: Option<String>,
    metadata: String,
    deleted_at: Option<i64>,
}

#[derive(sqlx::FromRow)]
struct CountedTenantRow {
    #[sqlx(flatten)]
    tenant: TenantRow,
    revision: i64,
    members: i64,
    secrets: i64,
    unmanaged: i64,
    duplicates: i64,
}

impl CountedTenantRow {
    fn read(self) -> StoreResult<CountedTenant> {
        let Self { tenant, revision, members, secrets, unmanaged, duplicates } = self;
        let counts = [members, secrets, unmanaged, duplicates].map(i64::unsigned_abs);
        let [members, secrets, unmanaged, duplicates] = counts;
        Ok(CountedTenant { tenant: tenant.read()?, revision, members, secrets, unmanaged, duplicates })
    }
}

#[derive(sqlx::FromRow)]
struct TenantOfUserRow {
    #[sqlx(flatten)]
    tenant: TenantRow,
    role: String,
}

impl TenantRow {
    pub(in crate::store) fn read(self) -> StoreResult<Tenant> {
        let Self {
            tenant_id,
            name,
            granted_plan,
            granted_until,
            limit_overrides,
            own_limits,
            created_at,
            external_id,
            email,
            metadata,
            deleted_at,
        } = self;
        let until = granted_until.map(Timestamp::from_micros);
        let granted = granted_plan.map(|plan| parse(&plan, "tenants.granted_plan")).transpose()?;
        Ok(Tenant {
            id: parse(&tenant_id, "tenants.tenant_id")?,
            name,
            overrides: Overrides {
                plan: granted.map(|plan| PlanGrant { plan, until }),
                limits: read_limits(&limit_overrides)?,
            },
            own_limits: own_limits::read(&own_limits)?,
            created_at: Timestamp::from_micros(created_at),
            external_id: external_id.map(|id| parse(&id, "tenants.external_id")).transpose()?,
            email: email.map(Email::from_stored),
            metadata: read_metadata(&metadata)?,
            deleted_at: deleted_at.map(Timestamp::from_micros),
        })
    }
}

const NO_METADATA: &str = "{}";

fn read_metadata(text: &str) -> StoreResult<Metadata> {
    if text == NO_METADATA {
        return Ok(Metadata::new());
    }
    serde_json::from_str(text).map_err(|_| StoreError::Corrupt("tenants.metadata"))
}

/// Returns the stored form of a tenant's metadata.
pub(in crate::store) fn encode_metadata(metadata: &Metadata) -> StoreResult<String> {
    serde_json::to_string(metadata).map_err(|_| StoreError::Corrupt("tenants.metadata"))
}

const NO_OVERRIDES: &str = "[]";

fn read_limits(text: &str) -> StoreResult<Vec<LimitOverride>> {
    if text == NO_OVERRIDES {
        return Ok(Vec::new());
    }
    serde_json::from_str(text).map_err(|_| StoreError::Corrupt("tenants.limit_overrides"))
}

fn encode(limits: &[LimitOverride]) -> StoreResult<String> {
    serde_json::to_string(limits).map_err(|_| StoreError::Corrupt("tenants.limit_overrides"))
}

impl Connection<'_> {
    pub async fn insert_tenant(&mut self, tenant: &Tenant) -> StoreResult<()> {
        let Tenant { id, name, overrides, own_limits, created_at, external_id, email, metadata, deleted_at } = tenant;
        on_backend!(self, connection => sqlx::query(INSERT_TENANT)
            .bind(id.as_str())
            .bind(name)
            .bind(overrides.plan.as_ref().map(|grant| grant.plan.as_str()))
            .bind(overrides.plan.as_ref().and_then(|grant| grant.until).map(Timestamp::as_micros))
            .bind(encode(&overrides.limits)?)
            .bind(own_limits::encode(own_limits)?)
            .bind(created_at.as_micros())
            .bind(external_id.as_ref().map(ExternalId::as_str))
            .bind(email.as_ref().map(Email::as_str))
            .bind(encode_metadata(metadata)?)
            .bind(deleted_at.map(Timestamp::as_micros))
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    /// Finds a tenant, also a deleted one; `None` for the installation.
    pub async fn find_tenant(&mut self, tenant: &TenantId) -> StoreResult<Option<Tenant>> {
        let row: Option<TenantRow> = on_backend!(self, connection => sqlx::query_as(FIND_TENANT)
            .bind(tenant.as_str())
            .fetch_optional(&mut **connection)
            .await?);
        row.map(TenantRow::read).transpose()
    }

    /// Finds the tenant that has an external id, unless it is deleted.
    pub async fn find_tenant_by_external_id(&mut self, external: &ExternalId) -> StoreResult<Option<TenantId>> {
        let id: Option<String> = on_backend!(self, connection => sqlx::query_scalar(FIND_TENANT_BY_EXTERNAL_ID)
            .bind(external.as_str())
            .fetch_optional(&mut **connection)
            .await?);
        id.map(|id| parse(&id, "tenants.tenant_id")).transpose()
    }

    /// Lists the tenants that have external ids, each with its index in `externals`. Deleted tenants are left out.
    pub async fn list_tenants_by_external_ids(
        &mut self,
        externals: &[&ExternalId],
    ) -> StoreResult<Vec<(usize, TenantId)>> {
        let rows = json_rows(externals.iter().enumerate().map(|(place, external)| (external.as_str(), place)))?;
        let statement = self.row_statement(LIST_TENANTS_BY_EXTERNAL_IDS);
        let rows: Vec<(i64, String)> = on_backend!(self, connection => sqlx::query_as(statement)
            .bind(rows)
            .fetch_all(&mut **connection)
            .await?);
        let place = |place| usize::try_from(place).map_err(|_| StoreError::Corrupt("a row's index"));
        rows.into_iter().map(|(at, id)| Ok((place(at)?, parse(&id, "tenants.tenant_id")?))).collect()
    }

    /// Increments the tenant's revision after a change to its entitlements or members, so that every node reloads them.
    pub(in crate::store) async fn touch_tenant(&mut self, tenant: &TenantId) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(TOUCH_TENANT)
            .bind(tenant.as_str())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    /// Lists tenants with custom limits from a former version, which did not store their plan: at most `most`, by id,
    /// after `after`.
    pub async fn list_overrides_without_plan(
        &mut self,
        after: Option<&TenantId>,
        most: i64,
    ) -> StoreResult<Vec<TenantId>> {
        let ids: Vec<String> = on_backend!(self, connection => sqlx::query_scalar(LIST_OVERRIDES_WITHOUT_PLAN)
            .bind(after.map_or("", TenantId::as_str))
            .bind(most)
            .fetch_all(&mut **connection)
            .await?);
        ids.iter().map(|id| parse(id, "tenants.tenant_id")).collect()
    }

    pub async fn update_overrides(&mut self, tenant: &TenantId, overrides: &Overrides) -> StoreResult<()> {
        let Overrides { plan, limits } = overrides;
        let limits = encode(limits)?;
        on_backend!(self, connection => sqlx::query(UPDATE_OVERRIDES)
            .bind(tenant.as_str())
            .bind(plan.as_ref().map(|grant| grant.plan.as_str()))
            .bind(plan.as_ref().and_then(|grant| grant.until).map(Timestamp::as_micros))
            .bind(limits)
            .execute(&mut **connection)
            .await
            .map(drop)?);
        self.touch_tenant(tenant).await
    }

    /// Finds the revisions of many tenants, each with its index in `tenants`. A revision grows with every change to a
    /// tenant's entitlements or members. Unknown tenants are left out.
    pub async fn list_revisions(&mut self, tenants: &[TenantId]) -> StoreResult<Vec<(usize, i64)>> {
        let tenants = json_rows(tenants.iter().enumerate().map(|(place, tenant)| (tenant.as_str(), place)))?;
        let statement = self.row_statement(LIST_REVISIONS);
        let rows: Vec<(i64, i64)> = on_backend!(self, connection => sqlx::query_as(statement)
            .bind(tenants)
            .fetch_all(&mut **connection)
            .await?);
        let place = |place| usize::try_from(place).map_err(|_| StoreError::Corrupt("a row's index"));
        rows.into_iter().map(|(at, revision)| Ok((place(at)?, revision))).collect()
    }

    /// Locks the tenant's row until the transaction ends, so that transactions that count the tenant's rows run one
    /// after the other. `false` if there is no such tenant.
    pub async fn lock_tenant(&mut self, tenant: &TenantId) -> StoreResult<bool> {
        let rows = on_backend!(self, connection => sqlx::query(LOCK_TENANT)
            .bind(tenant.as_str())
            .execute(&mut **connection)
            .await?
            .rows_affected());
        Ok(rows > 0)
    }

    /// Inserts a membership. Conflict if the user is a member already.
    pub async fn insert_member(
        &mut self,
        tenant: &TenantId,
        user: &UserId,
        role: Role,
        now: Timestamp,
    ) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(INSERT_MEMBER)
            .bind(tenant.as_str())
            .bind(user.as_str())
            .bind(role.as_str())
            .bind(now.as_micros())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        self.touch_tenant(tenant).await
    }

    /// Lists a user's tenants with the user's roles, oldest membership first. Deleted tenants are left out.
    pub async fn list_tenants_of_user(&mut self, user: &UserId) -> StoreResult<Vec<(Tenant, Role)>> {
        let rows: Vec<TenantOfUserRow> = on_backend!(self, connection => sqlx::query_as(LIST_TENANTS_OF_USER)
            .bind(user.as_str())
            .fetch_all(&mut **connection)
            .await?);
        rows.into_iter().map(|row| Ok((row.tenant.read()?, parse(&row.role, "memberships.role")?))).collect()
    }

    pub async fn count_members(&mut self, tenant: &TenantId) -> StoreResult<u64> {
        let count: i64 = on_backend!(self, connection => sqlx::query_scalar(COUNT_MEMBERS)
            .bind(tenant.as_str())
            .fetch_one(&mut **connection)
            .await?);
        Ok(count.unsigned_abs())
    }

    /// Lists many tenants with their counts, as of one moment, also deleted ones and the installation. Unknown tenants
    /// are left out.
    pub async fn list_counted_tenants(&mut self, tenants: &[TenantId]) -> StoreResult<Vec<CountedTenant>> {
        let tenants = json_rows(tenants.iter().map(|tenant| (tenant.as_str(),)))?;
        let statement = self.row_statement(LIST_COUNTED_TENANTS);
        let rows: Vec<CountedTenantRow> = on_backend!(self, connection => sqlx::query_as(statement)
            .bind(tenants)
            .fetch_all(&mut **connection)
            .await?);
        rows.into_iter().map(CountedTenantRow::read).collect()
    }

    /// Finds the address of the tenant's first owner, with which a provider's customer is created. A stable choice,
    /// since a retry must send the same request.
    pub async fn find_first_owner_email(&mut self, tenant: &TenantId) -> StoreResult<Option<Email>> {
        let email: Option<String> = on_backend!(self, connection => sqlx::query_scalar(FIND_FIRST_OWNER_EMAIL)
            .bind(tenant.as_str())
            .fetch_optional(&mut **connection)
            .await?);
        Ok(email.map(Email::from_stored))
    }
}
