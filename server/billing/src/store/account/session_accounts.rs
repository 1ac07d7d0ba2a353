//! The account of a session with its tenants. Every request of a browser reads it.

use domain::{
    account::{Account, Email, Role},
    ids::UserId,
    time::Timestamp,
};

use crate::store::{
    Connection, StoreResult, on_backend, parse, statements,
    tenant::tenants::{Tenant, TenantRow},
};

statements! {
    LIST_TENANTS_OF_ACCOUNT = "SELECT users.email AS account_email, \
         CAST((SELECT count(*) FROM operators WHERE operators.user_id = users.user_id) AS BIGINT) AS operators, \
         tenants.tenant_id, tenants.name, tenants.granted_plan, tenants.granted_until, tenants.limit_overrides, \
         tenants.own_limits, tenants.created_at, tenants.external_id, tenants.email, tenants.metadata, tenants.deleted_at, \
         memberships.role FROM users JOIN memberships ON memberships.user_id = users.user_id \
         JOIN tenants ON tenants.tenant_id = memberships.tenant_id WHERE users.user_id = $1 AND users.sessions_since <= $2 \
         AND tenants.deleted_at IS NULL ORDER BY memberships.created_at, tenants.tenant_id";
    LIST_TENANTS_OF_SESSION = "SELECT sessions.data, users.sessions_since, users.user_id, users.email AS account_email, \
         CAST((SELECT count(*) FROM operators WHERE operators.user_id = users.user_id) AS BIGINT) AS operators, \
         tenants.tenant_id, tenants.name, tenants.granted_plan, tenants.granted_until, tenants.limit_overrides, \
         tenants.own_limits, tenants.created_at, tenants.external_id, tenants.email, tenants.metadata, tenants.deleted_at, \
         memberships.role FROM sessions JOIN users ON users.user_id = sessions.user_id \
         JOIN memberships ON memberships.user_id = users.user_id \
         JOIN tenants ON tenants.tenant_id = memberships.tenant_id \
         WHERE sessions.session_hash = $1 AND sessions.expires_at > $2 AND tenants.deleted_at IS NULL \
         ORDER BY memberships.created_at, tenants.tenant_id";
}

/// The account of a session with its tenants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionAccount {
    pub account: Account,
    pub is_operator: bool,
    /// The oldest membership first. Deleted tenants are left out.
    pub tenants: Vec<(Tenant, Role)>,
}

/// A session that has not expired, with the account of its user. The caller checks `sessions_since`: the session may
/// have been ended early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSession {
    pub data: String,
    /// Sessions of the user from before this instant are void.
    pub sessions_since: Timestamp,
    pub account: SessionAccount,
}

#[derive(sqlx::FromRow)]
struct AccountRow {
    account_email: String,
    operators: i64,
    #[sqlx(flatten)]
    tenant: TenantRow,
    role: String,
}

#[derive(sqlx::FromRow)]
struct SessionRow {
    data: String,
    sessions_since: i64,
    user_id: String,
    #[sqlx(flatten)]
    account: AccountRow,
}

/// Joins the rows of an account, one for each of its tenants; `None` without rows.
fn read_account(user: &UserId, rows: impl IntoIterator<Item = AccountRow>) -> StoreResult<Option<SessionAccount>> {
    let mut joined: Option<SessionAccount> = None;
    for AccountRow { account_email, operators, tenant, role } in rows {
        let found = joined.get_or_insert_with(|| SessionAccount {
            account: Account { user_id: user.clone(), email: Email::from_stored(account_email) },
            is_operator: operators > 0,
            tenants: Vec::new(),
        });
        found.tenants.push((tenant.read()?, parse(&role, "memberships.role")?));
    }
    Ok(joined)
}

impl Connection<'_> {
    /// Finds the account of a session that began at `began_at`. `None` if the account is deleted or has ended the session.
    /// Runs one statement unless the account has no tenant.
    pub async fn find_session_account(
        &mut self,
        user: &UserId,
        began_at: Timestamp,
    ) -> StoreResult<Option<SessionAccount>> {
        let rows: Vec<AccountRow> = on_backend!(self, connection => sqlx::query_as(LIST_TENANTS_OF_ACCOUNT)
            .bind(user.as_str())
            .bind(began_at.as_micros())
            .fetch_all(&mut **connection)
            .await?);
        if let Some(found) = read_account(user, rows)? {
            return Ok(Some(found));
        }
        let found = self.find_account_of_session(user, began_at).await?;
        Ok(found.map(|(account, is_operator)| SessionAccount { account, is_operator, tenants: Vec::new() }))
    }

    /// Finds a session with its account in one statement; `None` if it has expired, or its account has no tenant.
    pub async fn find_stored_session(&mut self, hash: &str, now: Timestamp) -> StoreResult<Option<StoredSession>> {
        let rows: Vec<SessionRow> = on_backend!(self, connection => sqlx::query_as(LIST_TENANTS_OF_SESSION)
            .bind(hash)
            .bind(now.as_micros())
            .fetch_all(&mut **connection)
            .await?);
        let mut session = None;
        let mut accounts = Vec::with_capacity(rows.len());
        for SessionRow { data, sessions_since, user_id, account } in rows {
            // The same in each row.
            session = Some((data, sessions_since, user_id));
            accounts.push(account);
        }
        let Some((data, sessions_since, user)) = session else { return Ok(None) };
        let account = read_account(&parse(&user, "users.user_id")?, accounts)?;
        let sessions_since = Timestamp::from_micros(sessions_since);
        Ok(account.map(|account| StoredSession { data, sessions_since, account }))
    }
}
