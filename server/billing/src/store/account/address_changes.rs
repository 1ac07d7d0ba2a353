//! Links that change an account's address, by the hash of their token. Times are wall time.

use domain::{account::Email, ids::UserId, time::Timestamp};

use crate::store::{Connection, StoreResult, on_backend, parse, statements};

statements! {
    INSERT_ADDRESS_CHANGE = "INSERT INTO address_changes (token_hash, user_id, email, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)";
    FIND_ADDRESS_CHANGE = "SELECT user_id, email, expires_at FROM address_changes WHERE token_hash = $1";
    UPDATE_ADDRESS = "UPDATE users SET email = $2, has_proven_address = TRUE WHERE user_id = $1";
    DELETE_ADDRESS_CHANGES_OF = "DELETE FROM address_changes WHERE user_id = $1";
}

/// The change that a link makes, and when the link expires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressChange {
    pub user: UserId,
    pub email: Email,
    pub expires_at: Timestamp,
}

impl Connection<'_> {
    pub async fn insert_address_change(
        &mut self,
        hash: &str,
        change: &AddressChange,
        now: Timestamp,
    ) -> StoreResult<()> {
        let AddressChange { user, email, expires_at } = change;
        on_backend!(self, connection => sqlx::query(INSERT_ADDRESS_CHANGE)
            .bind(hash)
            .bind(user.as_str())
            .bind(email.as_str())
            .bind(now.as_micros())
            .bind(expires_at.as_micros())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    pub async fn find_address_change(&mut self, hash: &str) -> StoreResult<Option<AddressChange>> {
        let row: Option<(String, String, i64)> = on_backend!(self, connection => sqlx::query_as(FIND_ADDRESS_CHANGE)
            .bind(hash)
            .fetch_optional(&mut **connection)
            .await?);
        row.map(|(user, email, expires_at)| {
            Ok(AddressChange {
                user: parse(&user, "address_changes.user_id")?,
                email: Email::from_stored(email),
                expires_at: Timestamp::from_micros(expires_at),
            })
        })
        .transpose()
    }

    /// Sets an account's address and marks it as verified. Conflict if another account has it.
    pub async fn update_address(&mut self, user: &UserId, email: &Email) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(UPDATE_ADDRESS)
            .bind(user.as_str())
            .bind(email.as_str())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    pub async fn delete_address_changes_of(&mut self, user: &UserId) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(DELETE_ADDRESS_CHANGES_OF)
            .bind(user.as_str())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }
}
