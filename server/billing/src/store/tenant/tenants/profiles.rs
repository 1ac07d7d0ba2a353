//! Profiles of tenants: what the product knows about them, their deletion, and the list of them.

use std::collections::HashMap;

use domain::{
    account::Email,
    ids::{PlanId, TenantId},
    subscription::{Provider, SubscriptionStatus},
    tenant::external_id::ExternalId,
    time::Timestamp,
};

use super::{Tenant, TenantRow, encode_metadata, page_position::PagePosition};
use crate::store::{
    Connection, StoreResult,
    dialect::{json_rows, row_statements},
    on_backend, parse, statements,
};

/// The columns of [`TenantRow`].
macro_rules! columns {
    () => {
        "tenant_id, name, granted_plan, granted_until, limit_overrides, own_limits, created_at, external_id, email, metadata, \
         deleted_at"
    };
}

statements! {
    // Only the external id can conflict: another transaction has inserted the tenant.
    INSERT_TENANT_ONCE = "INSERT INTO tenants (tenant_id, name, created_at, external_id, email, metadata) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
    FIND_ANY_BY_EXTERNAL_ID = concat!("SELECT ", columns!(), " FROM tenants WHERE external_id = $1");
    UPDATE_PROFILE = "UPDATE tenants SET name = $2, external_id = $3, email = $4, metadata = $5, revision = revision + 1 \
         WHERE tenant_id = $1";
    UPDATE_DELETED_AT = "UPDATE tenants SET deleted_at = $2, revision = revision + 1 \
         WHERE tenant_id = $1 AND erased_at IS NULL";
    // Reads the index from the newest tenant. Each filter is off if its parameter is empty. The filters by plan and
    // status only preselect: time alone can change the effective plan and status.
    LIST_TENANTS = concat!(
        "SELECT ",
        columns!(),
        " FROM tenants WHERE (created_at, tenant_id) < ($1, $2) AND deleted_at IS NULL AND tenant_id <> 'installation' \
         AND ($3 = '' OR lower(name) LIKE $3 ESCAPE '\\' OR name LIKE $4 ESCAPE '\\' OR tenant_id = $5 \
         OR external_id = $5 OR email = lower($5)) \
         AND ($6 = '' OR tenant_id IN (SELECT customers.tenant_id FROM customers \
         WHERE customers.provider IN ('stripe', 'polar') AND customers.external_id = $6)) \
         AND ($7 = '' OR tenant_id IN (SELECT subscriptions.tenant_id FROM subscriptions \
         WHERE subscriptions.status IN ('active', 'trialing', 'past_due', 'unpaid') AND subscriptions.plan = $7) \
         OR granted_plan = $7 OR $8 = $7) \
         AND ($9 = '' OR ($9 = 'canceled' AND tenant_id IN (SELECT subscriptions.tenant_id FROM subscriptions \
         WHERE subscriptions.status IN ('canceled', 'incomplete_expired', 'paused'))) \
         OR ($9 = 'past_due' AND tenant_id IN (SELECT subscriptions.tenant_id FROM subscriptions \
         WHERE subscriptions.status IN ('past_due', 'unpaid', 'incomplete')))) \
         ORDER BY created_at DESC, tenant_id DESC LIMIT $10"
    );
}

row_statements! {
    LIST_CUSTOMERS_OF_MANY = "SELECT customers.tenant_id, customers.provider, customers.external_id FROM "
        ROWS " JOIN customers ON customers.tenant_id = sent.value ->> 0";
}

/// Which tenants to list; deleted tenants are never listed. The caller checks plan and status again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProfileFilter {
    /// Part of a name, or an id, external id or address; empty for all.
    pub search: String,
    /// A provider's id of a customer; empty for all.
    pub customer: String,
    pub plan: Option<PlanId>,
    pub status: Option<SubscriptionStatus>,
}

/// Returns the `LIKE` pattern that matches the text anywhere; empty for an empty text.
pub(super) fn anywhere(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let mut pattern = String::from("%");
    for letter in text.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

const fn status_filter(status: Option<SubscriptionStatus>) -> &'static str {
    match status {
        // No preselection: tenants without a subscription have the status `Active`, too.
        None | Some(SubscriptionStatus::Active) => "",
        Some(SubscriptionStatus::PastDue) => "past_due",
        Some(SubscriptionStatus::Canceled) => "canceled",
    }
}

impl Connection<'_> {
    /// Inserts a tenant without overrides. `false` if its external id is taken, also by a tenant that another
    /// transaction has just inserted: this waits for that transaction to end.
    pub async fn insert_tenant_once(&mut self, tenant: &Tenant) -> StoreResult<bool> {
        let rows = on_backend!(self, connection => sqlx::query(INSERT_TENANT_ONCE)
            .bind(tenant.id.as_str())
            .bind(&tenant.name)
            .bind(tenant.created_at.as_micros())
            .bind(tenant.external_id.as_ref().map(ExternalId::as_str))
            .bind(tenant.email.as_ref().map(Email::as_str))
            .bind(encode_metadata(&tenant.metadata)?)
            .execute(&mut **connection)
            .await?
            .rows_affected());
        Ok(rows > 0)
    }

    /// Finds the tenant that has an external id, also a deleted one.
    pub async fn find_any_by_external_id(&mut self, external: &ExternalId) -> StoreResult<Option<Tenant>> {
        let row: Option<TenantRow> = on_backend!(self, connection => sqlx::query_as(FIND_ANY_BY_EXTERNAL_ID)
            .bind(external.as_str())
            .fetch_optional(&mut **connection)
            .await?);
        row.map(TenantRow::read).transpose()
    }

    /// Updates name, external id, address and metadata. Conflict if another tenant has the external id.
    pub async fn update_profile(&mut self, tenant: &Tenant) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(UPDATE_PROFILE)
            .bind(tenant.id.as_str())
            .bind(&tenant.name)
            .bind(tenant.external_id.as_ref().map(ExternalId::as_str))
            .bind(tenant.email.as_ref().map(Email::as_str))
            .bind(encode_metadata(&tenant.metadata)?)
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    /// Marks a tenant as deleted at `at`, or as not deleted. No-op for one that is erased.
    pub async fn update_deleted_at(&mut self, tenant: &TenantId, at: Option<Timestamp>) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(UPDATE_DELETED_AT)
            .bind(tenant.as_str())
            .bind(at.map(Timestamp::as_micros))
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    /// Lists at most `most` tenants, newest first. `free` is the plan of tenants without a subscription.
    pub async fn list_profiles(
        &mut self,
        filter: &ProfileFilter,
        free: &PlanId,
        after: Option<&PagePosition>,
        most: i64,
    ) -> StoreResult<Vec<Tenant>> {
        let ProfileFilter { search, customer, plan, status } = filter;
        let (at, id) = PagePosition::or_last(after);
        let rows: Vec<TenantRow> = on_backend!(self, connection => sqlx::query_as(LIST_TENANTS)
            .bind(at)
            .bind(id)
            .bind(anywhere(&search.to_lowercase()))
            .bind(anywhere(search))
            .bind(search)
            .bind(customer)
            .bind(plan.as_ref().map_or("", PlanId::as_str))
            .bind(free.as_str())
            .bind(status_filter(*status))
            .bind(most)
            .fetch_all(&mut **connection)
            .await?);
        rows.into_iter().map(TenantRow::read).collect()
    }

    /// Lists the ids of tenants' customers, each with its provider. Tenants without one are left out.
    pub async fn list_customers_of_many(
        &mut self,
        tenants: &[TenantId],
    ) -> StoreResult<HashMap<TenantId, Vec<(Provider, String)>>> {
        let sent = json_rows(tenants.iter().map(|tenant| (tenant.as_str(),)))?;
        let statement = self.row_statement(LIST_CUSTOMERS_OF_MANY);
        let rows: Vec<(String, String, String)> = on_backend!(self, connection => sqlx::query_as(statement)
            .bind(sent)
            .fetch_all(&mut **connection)
            .await?);
        let mut customers = HashMap::<TenantId, Vec<(Provider, String)>>::new();
        for (tenant, provider, external_id) in rows {
            let provider = parse(&provider, "customers.provider")?;
            customers.entry(parse(&tenant, "customers.tenant_id")?).or_default().push((provider, external_id));
        }
        Ok(customers)
    }
}
