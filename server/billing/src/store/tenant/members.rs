//! Members of tenants and their roles. A change that depends on the number of members or owners first calls
//! [`Connection::lock_tenant`].

use domain::{
    account::{Email, Role},
    ids::{TenantId, UserId},
    time::Timestamp,
    wire::Member,
};

use crate::store::{Connection, StoreResult, on_backend, parse, statements};

statements! {
    LIST_MEMBERS = "SELECT memberships.user_id, users.email, memberships.role, memberships.created_at \
         FROM memberships JOIN users ON users.user_id = memberships.user_id \
         WHERE memberships.tenant_id = $1 ORDER BY memberships.created_at, memberships.user_id";
    FIND_MEMBER = "SELECT memberships.user_id, users.email, memberships.role, memberships.created_at \
         FROM memberships JOIN users ON users.user_id = memberships.user_id \
         WHERE memberships.tenant_id = $1 AND memberships.user_id = $2";
    FIND_MEMBER_BY_EMAIL = "SELECT memberships.user_id, users.email, memberships.role, memberships.created_at \
         FROM memberships JOIN users ON users.user_id = memberships.user_id \
         WHERE memberships.tenant_id = $1 AND users.email = $2";
    // The names of the roles sort owners first.
    LIST_ADMIN_EMAILS = "SELECT users.email FROM memberships JOIN users ON users.user_id = memberships.user_id \
         WHERE memberships.tenant_id = $1 AND memberships.role IN ('owner', 'admin') \
         ORDER BY memberships.role DESC, memberships.created_at, memberships.user_id LIMIT 3";
    FIND_TENANT_LANGUAGE = "SELECT users.language FROM memberships JOIN users ON users.user_id = memberships.user_id \
         WHERE memberships.tenant_id = $1 AND memberships.role = 'owner' AND users.language IS NOT NULL \
         ORDER BY memberships.created_at, memberships.user_id LIMIT 1";
    COUNT_OWNERS = "SELECT count(*) FROM memberships WHERE tenant_id = $1 AND role = 'owner'";
    UPDATE_ROLE = "UPDATE memberships SET role = $3 WHERE tenant_id = $1 AND user_id = $2";
    DELETE_MEMBER = "DELETE FROM memberships WHERE tenant_id = $1 AND user_id = $2";
}

#[derive(sqlx::FromRow)]
struct MemberRow {
    user_id: String,
    email: String,
    role: String,
    created_at: i64,
}

impl MemberRow {
    fn read(self) -> StoreResult<Member> {
        let Self { user_id, email, role, created_at } = self;
        Ok(Member {
            user_id: parse(&user_id, "memberships.user_id")?,
            email: Email::from_stored(email),
            role: parse(&role, "memberships.role")?,
            joined_at: Timestamp::from_micros(created_at),
        })
    }
}

impl Connection<'_> {
    /// Lists a tenant's members, oldest membership first.
    pub async fn list_members(&mut self, tenant: &TenantId) -> StoreResult<Vec<Member>> {
        let rows: Vec<MemberRow> = on_backend!(self, connection => sqlx::query_as(LIST_MEMBERS)
            .bind(tenant.as_str())
            .fetch_all(&mut **connection)
            .await?);
        rows.into_iter().map(MemberRow::read).collect()
    }

    /// Lists the addresses of at most three owners and admins, owners first.
    pub async fn list_admin_emails(&mut self, tenant: &TenantId) -> StoreResult<Vec<Email>> {
        let emails: Vec<String> = on_backend!(self, connection => sqlx::query_scalar(LIST_ADMIN_EMAILS)
            .bind(tenant.as_str())
            .fetch_all(&mut **connection)
            .await?);
        Ok(emails.into_iter().map(Email::from_stored).collect())
    }

    /// Finds the tag of the tenant's language, which is that of its first owner; `None` if it has none yet.
    pub async fn find_tenant_language(&mut self, tenant: &TenantId) -> StoreResult<Option<String>> {
        Ok(on_backend!(self, connection => sqlx::query_scalar(FIND_TENANT_LANGUAGE)
            .bind(tenant.as_str())
            .fetch_optional(&mut **connection)
            .await?))
    }

    pub async fn find_member(&mut self, tenant: &TenantId, user: &UserId) -> StoreResult<Option<Member>> {
        self.one_member(FIND_MEMBER, tenant, user.as_str()).await
    }

    pub async fn find_member_by_email(&mut self, tenant: &TenantId, email: &Email) -> StoreResult<Option<Member>> {
        self.one_member(FIND_MEMBER_BY_EMAIL, tenant, email.as_str()).await
    }

    async fn one_member(
        &mut self,
        statement: &'static str,
        tenant: &TenantId,
        who: &str,
    ) -> StoreResult<Option<Member>> {
        let row: Option<MemberRow> = on_backend!(self, connection => sqlx::query_as(statement)
            .bind(tenant.as_str())
            .bind(who)
            .fetch_optional(&mut **connection)
            .await?);
        row.map(MemberRow::read).transpose()
    }

    pub async fn count_owners(&mut self, tenant: &TenantId) -> StoreResult<u64> {
        let count: i64 = on_backend!(self, connection => sqlx::query_scalar(COUNT_OWNERS)
            .bind(tenant.as_str())
            .fetch_one(&mut **connection)
            .await?);
        Ok(count.unsigned_abs())
    }

    pub async fn update_role(&mut self, tenant: &TenantId, user: &UserId, role: Role) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(UPDATE_ROLE)
            .bind(tenant.as_str())
            .bind(user.as_str())
            .bind(role.as_str())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    pub async fn delete_member(&mut self, tenant: &TenantId, user: &UserId) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(DELETE_MEMBER)
            .bind(tenant.as_str())
            .bind(user.as_str())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        self.touch_tenant(tenant).await
    }
}
