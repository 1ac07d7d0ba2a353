//! The erasure of a tenant's people, one at a time (members who belong to no other tenant, and invited addresses), and
//! of an account that its user deletes.

use domain::{
    account::Email,
    ids::{TenantId, UserId},
};

use crate::{
    identity::throttle::Throttle,
    store::{Connection, StoreError, StoreResult, account::login_failures::kept_as, on_backend, parse, statements},
};

/// A statement that deletes at most `$2` rows of the user `$1`.
macro_rules! delete_of_user {
    ($table:literal, $key:literal) => {
        concat!(
            "DELETE FROM ",
            $table,
            " WHERE (",
            $key,
            ") IN (SELECT ",
            $key,
            " FROM ",
            $table,
            " WHERE user_id = $1 LIMIT $2)"
        )
    };
}

statements! {
    // The second column is 1 if the account stays: its user belongs to another tenant or is an operator.
    FIND_MEMBER_TO_ERASE = "SELECT memberships.user_id, CAST(CASE WHEN EXISTS (SELECT 1 FROM memberships AS other \
         WHERE other.user_id = memberships.user_id AND other.tenant_id <> memberships.tenant_id) \
         OR EXISTS (SELECT 1 FROM operators WHERE operators.user_id = memberships.user_id) THEN 1 ELSE 0 END AS BIGINT) \
         FROM memberships WHERE memberships.tenant_id = $1 ORDER BY memberships.user_id LIMIT 1";
    FIND_INVITATION_TO_ERASE = "SELECT invitation_id, email FROM invitations WHERE tenant_id = $1 \
         ORDER BY invitation_id LIMIT 1";
    LIST_ADDRESSES = "SELECT email FROM users WHERE user_id = $1 \
         UNION SELECT email FROM address_changes WHERE user_id = $1 \
         UNION SELECT email FROM address_proofs WHERE user_id = $1 \
         UNION SELECT email FROM password_resets WHERE user_id = $1 AND email <> '' \
         UNION SELECT email FROM account_mails WHERE user_id = $1";
    DELETE_MEMBERSHIP = "DELETE FROM memberships WHERE tenant_id = $1 AND user_id = $2";
    DELETE_INVITATION_TOKENS = "DELETE FROM invitation_tokens WHERE tenant_id = $1 AND invitation_id = $2";
    DELETE_INVITATION = "DELETE FROM invitations WHERE tenant_id = $1 AND invitation_id = $2";
    // Of deleted tenants alone: an invitation may be accepted meanwhile. The membership then keeps the account.
    DELETE_MEMBERSHIPS = "DELETE FROM memberships WHERE (tenant_id, user_id) IN (SELECT memberships.tenant_id, \
         memberships.user_id FROM memberships JOIN tenants ON tenants.tenant_id = memberships.tenant_id \
         WHERE memberships.user_id = $1 AND tenants.deleted_at IS NOT NULL LIMIT $2)";
    DELETE_USER = delete_of_user!("users", "user_id");
    DELETE_FAILURES = "DELETE FROM login_failures WHERE subject = $1";
    DELETE_SLOTS = "DELETE FROM login_slots WHERE subject = $1";
    // Tasks are JSON: $1 is a value in quotes. The queues of mails are short enough for a scan.
    DELETE_MAILS_NAMING = "DELETE FROM jobs WHERE job_id IN (SELECT job_id FROM jobs \
         WHERE lane IN ('mail', 'slow_mail') AND replace(task, $1, '') <> task LIMIT $2)";
    // Both statements change entries of every tenant, not only of the erased one.
    STRIP_ACTOR = "UPDATE audit_log SET actor_name = NULL WHERE (tenant_id, entry_id) IN \
         (SELECT tenant_id, entry_id FROM audit_log WHERE actor_id = $1 AND actor_name IS NOT NULL LIMIT $2)";
    STRIP_TARGET = "UPDATE audit_log SET target = '' WHERE (tenant_id, entry_id) IN \
         (SELECT tenant_id, entry_id FROM audit_log WHERE target = $1 AND target <> '' LIMIT $2)";
    DELETE_SESSIONS = delete_of_user!("sessions", "session_hash");
    DELETE_FIREBASE_USERS = delete_of_user!("firebase_users", "project_id, subject");
    DELETE_IDENTITIES = delete_of_user!("identities", "issuer, subject");
    DELETE_RESETS = delete_of_user!("password_resets", "token_hash");
    DELETE_PROOFS = delete_of_user!("address_proofs", "token_hash");
    DELETE_CHANGES = delete_of_user!("address_changes", "token_hash");
    DELETE_FACTORS = delete_of_user!("second_factors", "user_id");
    DELETE_CODES = delete_of_user!("recovery_codes", "user_id, code_hash");
    DELETE_ACCOUNT_MAILS = delete_of_user!("account_mails", "user_id, kind");
    DELETE_REQUESTS_OF_USER = delete_of_user!("enterprise_requests", "request_id");
}

/// The statements that erase a user's rows. They run after the user's addresses are erased, because `LIST_ADDRESSES`
/// reads some of these rows.
const DELETIONS: &[&str] = &[
    DELETE_SESSIONS,
    DELETE_FIREBASE_USERS,
    DELETE_IDENTITIES,
    DELETE_FACTORS,
    DELETE_CODES,
    DELETE_REQUESTS_OF_USER,
    STRIP_ACTOR,
    DELETE_RESETS,
    DELETE_PROOFS,
    DELETE_CHANGES,
    DELETE_ACCOUNT_MAILS,
];

impl Connection<'_> {
    /// Erases the tenant's next invitation. If there is none, erases its next member or a part of that member's rows,
    /// at most `most` by each statement. Returns a number of erased rows; 0 if no invitation and no member is left.
    pub(super) async fn erase_people(&mut self, tenant: &TenantId, most: i64) -> StoreResult<u64> {
        let invitation: Option<(String, String)> = on_backend!(&mut *self, connection => sqlx::query_as(FIND_INVITATION_TO_ERASE)
                .bind(tenant.as_str())
                .fetch_optional(&mut **connection)
                .await?);
        if let Some((invitation, email)) = invitation {
            // The address is read from this row, which is therefore deleted last.
            let rows = self.erase_address(&email, Some(tenant), most).await?;
            if rows > 0 {
                return Ok(rows);
            }
            self.write_pair(DELETE_INVITATION_TOKENS, tenant.as_str(), &invitation).await?;
            return self.write_pair(DELETE_INVITATION, tenant.as_str(), &invitation).await;
        }
        let member: Option<(String, i64)> = on_backend!(&mut *self, connection => sqlx::query_as(FIND_MEMBER_TO_ERASE)
            .bind(tenant.as_str())
            .fetch_optional(&mut **connection)
            .await?);
        let Some((user, outlives)) = member else { return Ok(0) };
        if outlives == 0 {
            let rows = self.erase_user(&parse(&user, "memberships.user_id")?, Some(tenant), most).await?;
            if rows > 0 {
                return Ok(rows);
            }
        }
        let rows = self.write_pair(DELETE_MEMBERSHIP, tenant.as_str(), &user).await?;
        if outlives == 0 {
            self.write_some(DELETE_USER, &user, most).await?;
        }
        Ok(rows)
    }

    /// Erases rows of a user who belongs to no tenant but deleted ones, at most `most` by each statement; the row in
    /// `users` last. Returns how many; 0 once the account is gone.
    pub async fn erase_account(&mut self, user: &UserId, most: i64) -> StoreResult<u64> {
        let rows = self.erase_user(user, None, most).await?;
        if rows > 0 {
            return Ok(rows);
        }
        let memberships = self.write_some(DELETE_MEMBERSHIPS, user.as_str(), most).await?;
        if memberships > 0 {
            return Ok(memberships);
        }
        self.write_some(DELETE_USER, user.as_str(), most).await
    }

    /// Erases rows of a user, at most `most` by each statement, but not the row in `users`. Returns how many; 0 if none
    /// is left.
    async fn erase_user(&mut self, user: &UserId, tenant: Option<&TenantId>, most: i64) -> StoreResult<u64> {
        let addresses: Vec<String> = on_backend!(&mut *self, connection => sqlx::query_scalar(LIST_ADDRESSES)
            .bind(user.as_str())
            .fetch_all(&mut **connection)
            .await?);
        let mut rows = 0;
        for address in &addresses {
            rows += self.erase_address(address, tenant, most).await?;
        }
        self.delete_counts(&Throttle::subjects_of_user(user)).await?;
        rows += self.write_some(DELETE_MAILS_NAMING, &quoted(user.as_str())?, most).await?;
        if rows > 0 {
            return Ok(rows);
        }
        // These run last, because the addresses above are read from these rows.
        for statement in DELETIONS {
            rows += self.write_some(statement, user.as_str(), most).await?;
        }
        Ok(rows)
    }

    /// Deletes the counters of attempts for an address, queued mails that name it, and its mentions in audit logs: at
    /// most `most` mails and `most` mentions. Returns how many of these.
    async fn erase_address(&mut self, address: &str, tenant: Option<&TenantId>, most: i64) -> StoreResult<u64> {
        self.delete_counts(&Throttle::subjects_of_address(&Email::from_stored(address.to_owned()), tenant)).await?;
        let mails = self.write_some(DELETE_MAILS_NAMING, &quoted(address)?, most).await?;
        Ok(mails + self.write_some(STRIP_TARGET, address, most).await?)
    }

    /// Deletes the login failures and login slots that are stored for subjects of throttling.
    pub(super) async fn delete_counts(&mut self, subjects: &[String]) -> StoreResult<()> {
        for subject in subjects.iter().map(|subject| kept_as(subject)) {
            for statement in [DELETE_FAILURES, DELETE_SLOTS] {
                on_backend!(&mut *self, connection => sqlx::query(statement)
                    .bind(&subject)
                    .execute(&mut **connection)
                    .await
                    .map(drop)?);
            }
        }
        Ok(())
    }

    async fn write_pair(&mut self, statement: &'static str, first: &str, second: &str) -> StoreResult<u64> {
        Ok(on_backend!(self, connection => sqlx::query(statement)
            .bind(first)
            .bind(second)
            .execute(&mut **connection)
            .await?
            .rows_affected()))
    }
}

/// Encodes a text as a JSON string, in quotes, as a task's JSON contains it.
fn quoted(text: &str) -> StoreResult<String> {
    serde_json::to_string(text).map_err(|_| StoreError::Corrupt("an address"))
}
