//! Links that are mailed to an account, by the hash of their token: a table for each purpose. Times are wall time.

use domain::{account::Email, ids::UserId, time::Timestamp};

use crate::store::{Connection, StoreResult, on_backend, parse, statements};

macro_rules! insert_link {
    ($table:literal) => {
        concat!(
            "INSERT INTO ",
            $table,
            " (token_hash, user_id, email, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)"
        )
    };
}

macro_rules! find_link {
    ($table:literal) => {
        concat!("SELECT user_id, email, expires_at FROM ", $table, " WHERE token_hash = $1")
    };
}

macro_rules! delete_links_of {
    ($table:literal) => {
        concat!("DELETE FROM ", $table, " WHERE user_id = $1")
    };
}

statements! {
    INSERT_ADDRESS_CHANGE = insert_link!("address_changes");
    FIND_ADDRESS_CHANGE = find_link!("address_changes");
    DELETE_ADDRESS_CHANGES_OF = delete_links_of!("address_changes");
    INSERT_ADDRESS_VERIFICATION = insert_link!("address_proofs");
    FIND_ADDRESS_VERIFICATION = find_link!("address_proofs");
    DELETE_ADDRESS_VERIFICATIONS_OF = delete_links_of!("address_proofs");
    INSERT_PASSWORD_RESET = insert_link!("password_resets");
    FIND_PASSWORD_RESET = find_link!("password_resets");
    DELETE_PASSWORD_RESETS_OF = delete_links_of!("password_resets");
    TAKE_PASSWORD_RESET = "DELETE FROM password_resets WHERE token_hash = $1 RETURNING user_id, email, expires_at";
}

/// What a link does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkPurpose {
    /// Changes the account's address to the link's.
    AddressChange,
    /// Verifies the account's address.
    AddressVerification,
    /// Sets a new password, and verifies the account's address.
    PasswordReset,
}

/// The user column and the statements of a purpose's table.
struct LinkTable {
    user_column: &'static str,
    insert: &'static str,
    find: &'static str,
    delete_of: &'static str,
}

impl LinkPurpose {
    const fn table(self) -> LinkTable {
        match self {
            Self::AddressChange => LinkTable {
                user_column: "address_changes.user_id",
                insert: INSERT_ADDRESS_CHANGE,
                find: FIND_ADDRESS_CHANGE,
                delete_of: DELETE_ADDRESS_CHANGES_OF,
            },
            Self::AddressVerification => LinkTable {
                user_column: "address_proofs.user_id",
                insert: INSERT_ADDRESS_VERIFICATION,
                find: FIND_ADDRESS_VERIFICATION,
                delete_of: DELETE_ADDRESS_VERIFICATIONS_OF,
            },
            Self::PasswordReset => LinkTable {
                user_column: "password_resets.user_id",
                insert: INSERT_PASSWORD_RESET,
                find: FIND_PASSWORD_RESET,
                delete_of: DELETE_PASSWORD_RESETS_OF,
            },
        }
    }
}

/// The account of a link, and when the link expires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailedLink {
    pub user: UserId,
    /// The address that the link is for: a new one for [`LinkPurpose::AddressChange`], else the account's address when
    /// the link was made.
    pub email: Email,
    pub expires_at: Timestamp,
}

impl Connection<'_> {
    pub async fn insert_mailed_link(
        &mut self,
        purpose: LinkPurpose,
        hash: &str,
        link: &MailedLink,
        now: Timestamp,
    ) -> StoreResult<()> {
        let MailedLink { user, email, expires_at } = link;
        on_backend!(self, connection => sqlx::query(purpose.table().insert)
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

    pub async fn find_mailed_link(&mut self, purpose: LinkPurpose, hash: &str) -> StoreResult<Option<MailedLink>> {
        self.one_mailed_link(purpose, purpose.table().find, hash).await
    }

    /// Deletes and returns a link that resets a password, so that only one of two concurrent uses succeeds.
    pub async fn take_password_reset(&mut self, hash: &str) -> StoreResult<Option<MailedLink>> {
        self.one_mailed_link(LinkPurpose::PasswordReset, TAKE_PASSWORD_RESET, hash).await
    }

    async fn one_mailed_link(
        &mut self,
        purpose: LinkPurpose,
        statement: &'static str,
        hash: &str,
    ) -> StoreResult<Option<MailedLink>> {
        let row: Option<(String, String, i64)> = on_backend!(self, connection => sqlx::query_as(statement)
            .bind(hash)
            .fetch_optional(&mut **connection)
            .await?);
        row.map(|(user, email, expires_at)| {
            Ok(MailedLink {
                user: parse(&user, purpose.table().user_column)?,
                email: Email::from_stored(email),
                expires_at: Timestamp::from_micros(expires_at),
            })
        })
        .transpose()
    }

    pub async fn delete_mailed_links_of(&mut self, user: &UserId, purpose: LinkPurpose) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(purpose.table().delete_of)
            .bind(user.as_str())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }
}
