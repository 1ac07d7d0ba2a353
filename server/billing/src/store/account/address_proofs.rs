//! Links that verify an account's address, by the hash of their token. Times are wall time.

use domain::{account::Email, ids::UserId, time::Timestamp};

use crate::store::{Connection, StoreResult, on_backend, parse, statements};

statements! {
    INSERT_ADDRESS_PROOF = "INSERT INTO address_proofs (token_hash, user_id, email, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)";
    FIND_ADDRESS_PROOF = "SELECT user_id, email, expires_at FROM address_proofs WHERE token_hash = $1";
    DELETE_ADDRESS_PROOFS_OF = "DELETE FROM address_proofs WHERE user_id = $1";
}

/// What a link verifies: that `email` is the address of `user`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressProof {
    pub user: UserId,
    pub email: Email,
    pub expires_at: Timestamp,
}

impl Connection<'_> {
    pub async fn insert_address_proof(&mut self, hash: &str, proof: &AddressProof, now: Timestamp) -> StoreResult<()> {
        let AddressProof { user, email, expires_at } = proof;
        on_backend!(self, connection => sqlx::query(INSERT_ADDRESS_PROOF)
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

    pub async fn find_address_proof(&mut self, hash: &str) -> StoreResult<Option<AddressProof>> {
        let row: Option<(String, String, i64)> = on_backend!(self, connection => sqlx::query_as(FIND_ADDRESS_PROOF)
            .bind(hash)
            .fetch_optional(&mut **connection)
            .await?);
        row.map(|(user, email, expires_at)| {
            Ok(AddressProof {
                user: parse(&user, "address_proofs.user_id")?,
                email: Email::from_stored(email),
                expires_at: Timestamp::from_micros(expires_at),
            })
        })
        .transpose()
    }

    pub async fn delete_address_proofs_of(&mut self, user: &UserId) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(DELETE_ADDRESS_PROOFS_OF)
            .bind(user.as_str())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }
}
