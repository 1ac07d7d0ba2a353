//! The operator's search over tenants and people.

use domain::{
    account::{Email, Role},
    ids::TenantId,
};

use super::profiles::anywhere;
use crate::store::{Connection, StoreResult, on_backend, parse, statements};

statements! {
    // Every look-up is one on an index.
    FIND_NAMED_TENANTS = "SELECT tenant_id FROM tenants WHERE tenant_id <> 'installation' AND erased_at IS NULL \
         AND tenant_id IN (SELECT CAST($1 AS TEXT) UNION ALL SELECT tenant_id FROM tenants WHERE external_id = $1 \
         UNION ALL SELECT tenant_id FROM customers WHERE provider IN ('stripe', 'polar') AND external_id = $1 \
         UNION ALL SELECT tenant_id FROM subscriptions WHERE external_id = $1 \
         UNION ALL SELECT memberships.tenant_id FROM users JOIN memberships ON memberships.user_id = users.user_id \
         WHERE users.email = lower($1)) LIMIT 2";
    // Scans the addresses of all accounts, which are stored in lower case.
    LIST_PEOPLE = "SELECT users.email, memberships.role, tenants.tenant_id, tenants.name FROM users \
         LEFT JOIN memberships ON memberships.user_id = users.user_id \
         LEFT JOIN tenants ON tenants.tenant_id = memberships.tenant_id \
         WHERE users.email LIKE $1 ESCAPE '\\' ORDER BY users.email, tenants.tenant_id LIMIT 51";
}

/// A membership of a person that the search found, or an account without one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundPerson {
    pub email: Email,
    pub workspace: Option<FoundMembership>,
}

/// A workspace of a person that the search found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundMembership {
    pub tenant: TenantId,
    pub name: String,
    pub role: Role,
}

impl Connection<'_> {
    /// Finds tenants whose id, external id, customer, subscription or member's address equals `name`, at most two.
    pub async fn find_named_tenants(&mut self, name: &str) -> StoreResult<Vec<TenantId>> {
        let ids: Vec<String> = on_backend!(self, connection => sqlx::query_scalar(FIND_NAMED_TENANTS)
            .bind(name)
            .fetch_all(&mut **connection)
            .await?);
        ids.into_iter().map(|id| parse(&id, "tenants.tenant_id")).collect()
    }

    /// Lists people whose address contains `part`, in any letter case, with each of their workspaces, by address. At
    /// most one more than a page of the desk.
    pub async fn list_people(&mut self, part: &str) -> StoreResult<Vec<FoundPerson>> {
        type Row = (String, Option<String>, Option<String>, Option<String>);
        let rows: Vec<Row> = on_backend!(self, connection => sqlx::query_as(LIST_PEOPLE)
            .bind(anywhere(&part.to_lowercase()))
            .fetch_all(&mut **connection)
            .await?);
        let read = |(email, role, tenant, name): Row| {
            let workspace = match (role, tenant, name) {
                (Some(role), Some(tenant), Some(name)) => Some(FoundMembership {
                    tenant: parse(&tenant, "memberships.tenant_id")?,
                    name,
                    role: parse(&role, "memberships.role")?,
                }),
                _ => None,
            };
            Ok(FoundPerson { email: parse(&email, "users.email")?, workspace })
        };
        rows.into_iter().map(read).collect()
    }
}
