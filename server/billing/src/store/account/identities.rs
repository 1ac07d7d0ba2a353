//! Accounts linked to users of identity providers. Global: a link belongs to no tenant.

use domain::{ids::UserId, time::Timestamp};

use crate::store::{Connection, StoreResult, on_backend, parse, statements};

statements! {
    INSERT_IDENTITY = "INSERT INTO identities (issuer, subject, user_id, created_at) VALUES ($1, $2, $3, $4)";
    DELETE_IDENTITIES_OF = "DELETE FROM identities WHERE user_id = $1";
    DELETE_IDENTITY = "DELETE FROM identities WHERE user_id = $1 AND issuer = $2 AND subject = $3";
    FIND_IDENTITY = "SELECT user_id FROM identities WHERE issuer = $1 AND subject = $2";
    LIST_IDENTITIES_OF = "SELECT issuer, subject, created_at, last_used_at FROM identities \
         WHERE user_id = $1 ORDER BY created_at, issuer, subject LIMIT $2";
    UPDATE_IDENTITY_USE = "UPDATE identities SET last_used_at = $3 WHERE issuer = $1 AND subject = $2";
}

/// A user of an identity provider who is linked to an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkedIdentity {
    pub issuer: String,
    /// The user's id at the issuer.
    pub subject: String,
    pub since: Timestamp,
    /// When the user last signed in; `None` if they have not signed in since they were linked.
    pub last_used_at: Option<Timestamp>,
}

impl Connection<'_> {
    /// Links a user of a provider. Conflict if they are linked already.
    pub async fn insert_identity(
        &mut self,
        issuer: &str,
        subject: &str,
        user: &UserId,
        now: Timestamp,
    ) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(INSERT_IDENTITY)
            .bind(issuer)
            .bind(subject)
            .bind(user.as_str())
            .bind(now.as_micros())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    /// Deletes every identity of an account. Returns whether there was one.
    pub async fn delete_identities_of(&mut self, user: &UserId) -> StoreResult<bool> {
        let rows = on_backend!(self, connection => sqlx::query(DELETE_IDENTITIES_OF)
            .bind(user.as_str())
            .execute(&mut **connection)
            .await?
            .rows_affected());
        Ok(rows > 0)
    }

    /// Deletes an identity of an account. Returns whether there was one.
    pub async fn delete_identity(&mut self, user: &UserId, issuer: &str, subject: &str) -> StoreResult<bool> {
        let rows = on_backend!(self, connection => sqlx::query(DELETE_IDENTITY)
            .bind(user.as_str())
            .bind(issuer)
            .bind(subject)
            .execute(&mut **connection)
            .await?
            .rows_affected());
        Ok(rows > 0)
    }

    /// Finds the account that a user of a provider is linked to.
    pub async fn find_identity(&mut self, issuer: &str, subject: &str) -> StoreResult<Option<UserId>> {
        let row: Option<(String,)> = on_backend!(self, connection => sqlx::query_as(FIND_IDENTITY)
            .bind(issuer)
            .bind(subject)
            .fetch_optional(&mut **connection)
            .await?);
        row.map(|(user,)| parse(&user, "identities.user_id")).transpose()
    }

    /// Lists an account's identities, the oldest first, at most `most`.
    pub async fn list_identities_of(&mut self, user: &UserId, most: i64) -> StoreResult<Vec<LinkedIdentity>> {
        let rows: Vec<(String, String, i64, Option<i64>)> = on_backend!(self, connection => sqlx::query_as(LIST_IDENTITIES_OF)
                .bind(user.as_str())
                .bind(most)
                .fetch_all(&mut **connection)
                .await?);
        let read = |(issuer, subject, since, used): (String, String, i64, Option<i64>)| LinkedIdentity {
            issuer,
            subject,
            since: Timestamp::from_micros(since),
            last_used_at: used.map(Timestamp::from_micros),
        };
        Ok(rows.into_iter().map(read).collect())
    }

    pub async fn update_identity_use(&mut self, issuer: &str, subject: &str, now: Timestamp) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(UPDATE_IDENTITY_USE)
            .bind(issuer)
            .bind(subject)
            .bind(now.as_micros())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }
}
