//! Users and their password hashes. Global: a user may be a member of several tenants.

use domain::{
    account::{Account, Email},
    ids::UserId,
    time::Timestamp,
};

use crate::store::{Connection, StoreResult, on_backend, parse, statements};

statements! {
    INSERT_USER = "INSERT INTO users (user_id, email, password_hash, created_at, has_proven_address) VALUES ($1, $2, $3, $4, $5)";
    FIND_USER_BY_EMAIL = "SELECT user_id, email, password_hash, has_proven_address FROM users WHERE email = $1";
    FIND_USER = "SELECT user_id, email, password_hash, has_proven_address FROM users WHERE user_id = $1";
    FIND_ACCOUNT_OF_SESSION = "SELECT email, CAST((SELECT count(*) FROM operators WHERE operators.user_id = users.user_id) AS BIGINT) AS operators \
         FROM users WHERE user_id = $1 AND sessions_since <= $2";
    FIND_USER_OF_SESSION = "SELECT user_id, email, password_hash, has_proven_address FROM users WHERE user_id = $1 AND sessions_since <= $2";
    FIND_USER_AGE = "SELECT created_at FROM users WHERE user_id = $1";
    // Addresses stored by former versions that may not be in the canonical form. The others are ASCII without punycode.
    LIST_UNICODE_ADDRESSES = "SELECT user_id, email, password_hash, has_proven_address FROM users \
         WHERE user_id > $1 AND (octet_length(email) <> length(email) OR email LIKE '%xn--%') ORDER BY user_id LIMIT $2";
    UPDATE_ADDRESS_FORM = "UPDATE users SET email = $2 WHERE user_id = $1";
    LOCK_USER = "UPDATE users SET email = email WHERE user_id = $1";
    UPDATE_PASSWORD = "UPDATE users SET password_hash = $2 WHERE user_id = $1";
    UPDATE_FIRST_PASSWORD = "UPDATE users SET password_hash = $2 WHERE user_id = $1 AND password_hash = ''";
    UPDATE_ADDRESS = "UPDATE users SET email = $2, has_proven_address = TRUE WHERE user_id = $1";
    UPDATE_VERIFIED_ADDRESS = "UPDATE users SET has_proven_address = TRUE WHERE user_id = $1";
    FIND_USER_OF_TOKEN = "SELECT user_id, email, password_hash, has_proven_address FROM users WHERE user_id = $1 AND tokens_since <= $2";
    END_SESSIONS = "UPDATE users SET sessions_since = $2, tokens_since = $2 WHERE user_id = $1";
    FIND_USER_LANGUAGE = "SELECT language FROM users WHERE user_id = $1";
    FIND_CHOSEN_LANGUAGE = "SELECT language FROM users WHERE user_id = $1 AND has_chosen_language";
    UPDATE_CHOSEN_LANGUAGE = "UPDATE users SET language = $2, has_chosen_language = TRUE WHERE user_id = $1";
    UPDATE_SEEN_LANGUAGE = "UPDATE users SET language = $2 WHERE user_id = $1 AND NOT has_chosen_language \
         AND (language IS NULL OR language <> $2)";
    CLEAR_USER_LANGUAGE = "UPDATE users SET language = NULL, has_chosen_language = FALSE WHERE user_id = $1";
    UPDATE_TOKENS_SINCE = "UPDATE users SET tokens_since = $2 WHERE user_id = $1";
}

#[derive(Clone, Debug)]
pub struct User {
    pub id: UserId,
    pub email: Email,
    /// In PHC string format; `None` for a user without a password, stored as an empty text.
    pub password_hash: Option<String>,
    /// Whether a user has verified the address.
    pub has_verified_address: bool,
}

#[derive(sqlx::FromRow)]
struct UserRow {
    user_id: String,
    email: String,
    password_hash: String,
    #[sqlx(rename = "has_proven_address")]
    has_verified_address: bool,
}

impl UserRow {
    fn read(self) -> StoreResult<User> {
        let Self { user_id, email, password_hash, has_verified_address } = self;
        Ok(User {
            id: parse(&user_id, "users.user_id")?,
            email: Email::from_stored(email),
            password_hash: Some(password_hash).filter(|hash| !hash.is_empty()),
            has_verified_address,
        })
    }
}

impl Connection<'_> {
    /// Lists accounts with an address that is not ASCII or has a Punycode label, by id, from the one after `after`.
    pub async fn list_unicode_addresses(&mut self, after: &str, most: i64) -> StoreResult<Vec<User>> {
        let rows: Vec<UserRow> = on_backend!(self, connection => sqlx::query_as(LIST_UNICODE_ADDRESSES)
            .bind(after)
            .bind(most)
            .fetch_all(&mut **connection)
            .await?);
        rows.into_iter().map(UserRow::read).collect()
    }

    /// Stores an account's address in another form. [`StoreError::Conflict`](crate::store::StoreError::Conflict) if
    /// another account has that form.
    pub async fn update_address_form(&mut self, user: &UserId, email: &Email) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(UPDATE_ADDRESS_FORM)
            .bind(user.as_str())
            .bind(email.as_str())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    /// Inserts a user. Conflict if the address has an account.
    pub async fn insert_user(&mut self, user: &User, now: Timestamp) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(INSERT_USER)
            .bind(user.id.as_str())
            .bind(user.email.as_str())
            .bind(user.password_hash.as_deref().unwrap_or_default())
            .bind(now.as_micros())
            .bind(user.has_verified_address)
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
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

    /// Marks the address as verified: the account belongs to the address's owner from now on.
    pub async fn update_verified_address(&mut self, user: &UserId) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(UPDATE_VERIFIED_ADDRESS)
            .bind(user.as_str())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    pub async fn find_user_by_email(&mut self, email: &Email) -> StoreResult<Option<User>> {
        let row: Option<UserRow> = on_backend!(self, connection => sqlx::query_as(FIND_USER_BY_EMAIL)
            .bind(email.as_str())
            .fetch_optional(&mut **connection)
            .await?);
        row.map(UserRow::read).transpose()
    }

    pub async fn find_user(&mut self, id: &UserId) -> StoreResult<Option<User>> {
        let row: Option<UserRow> = on_backend!(self, connection => sqlx::query_as(FIND_USER)
            .bind(id.as_str())
            .fetch_optional(&mut **connection)
            .await?);
        row.map(UserRow::read).transpose()
    }

    /// Finds the user of a session that began at `began_at`; `None` if the account is deleted or has ended its sessions
    /// since.
    pub async fn find_user_of_session(&mut self, id: &UserId, began_at: Timestamp) -> StoreResult<Option<User>> {
        let row: Option<UserRow> = on_backend!(self, connection => sqlx::query_as(FIND_USER_OF_SESSION)
            .bind(id.as_str())
            .bind(began_at.as_micros())
            .fetch_optional(&mut **connection)
            .await?);
        row.map(UserRow::read).transpose()
    }

    /// Finds the account of a session, as [`Self::find_user_of_session`], and whether it is an operator's.
    pub async fn find_account_of_session(
        &mut self,
        id: &UserId,
        began_at: Timestamp,
    ) -> StoreResult<Option<(Account, bool)>> {
        let row: Option<(String, i64)> = on_backend!(self, connection => sqlx::query_as(FIND_ACCOUNT_OF_SESSION)
            .bind(id.as_str())
            .bind(began_at.as_micros())
            .fetch_optional(&mut **connection)
            .await?);
        row.map(|(email, operators)| {
            Ok((Account { user_id: id.clone(), email: Email::from_stored(email) }, operators > 0))
        })
        .transpose()
    }

    /// Finds the tag of the account's language; `None` if it has none yet.
    pub async fn find_user_language(&mut self, id: &UserId) -> StoreResult<Option<String>> {
        self.user_language(FIND_USER_LANGUAGE, id).await
    }

    /// Finds the tag of the language that the user chose; `None` if they chose none.
    pub async fn find_chosen_language(&mut self, id: &UserId) -> StoreResult<Option<String>> {
        self.user_language(FIND_CHOSEN_LANGUAGE, id).await
    }

    async fn user_language(&mut self, statement: &'static str, id: &UserId) -> StoreResult<Option<String>> {
        let language: Option<Option<String>> = on_backend!(self, connection => sqlx::query_scalar(statement)
            .bind(id.as_str())
            .fetch_optional(&mut **connection)
            .await?);
        Ok(language.flatten())
    }

    /// Sets the tag of the language that the user chose.
    pub async fn update_chosen_language(&mut self, id: &UserId, language: &str) -> StoreResult<()> {
        self.set_user_language(UPDATE_CHOSEN_LANGUAGE, id, language).await
    }

    /// Sets the tag of the account's language, unless the user chose one.
    pub async fn update_seen_language(&mut self, id: &UserId, language: &str) -> StoreResult<()> {
        self.set_user_language(UPDATE_SEEN_LANGUAGE, id, language).await
    }

    /// Forgets the account's language.
    pub async fn clear_user_language(&mut self, id: &UserId) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(CLEAR_USER_LANGUAGE)
            .bind(id.as_str())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    async fn set_user_language(&mut self, statement: &'static str, id: &UserId, language: &str) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(statement)
            .bind(id.as_str())
            .bind(language)
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    /// Finds when the account was created, on the billing clock.
    pub async fn find_user_created_at(&mut self, id: &UserId) -> StoreResult<Option<Timestamp>> {
        let at: Option<i64> = on_backend!(self, connection => sqlx::query_scalar(FIND_USER_AGE)
            .bind(id.as_str())
            .fetch_optional(&mut **connection)
            .await?);
        Ok(at.map(Timestamp::from_micros))
    }

    /// Locks the user's row until the transaction ends.
    pub async fn lock_user(&mut self, user: &UserId) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(LOCK_USER)
            .bind(user.as_str())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    /// Sets or replaces the password hash; `None` removes it.
    pub async fn update_password(&mut self, user: &UserId, hash: Option<&str>) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(UPDATE_PASSWORD)
            .bind(user.as_str())
            .bind(hash.unwrap_or_default())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    /// Sets the password hash unless there is one. Returns whether it was set.
    pub async fn update_first_password(&mut self, user: &UserId, hash: &str) -> StoreResult<bool> {
        let rows = on_backend!(self, connection => sqlx::query(UPDATE_FIRST_PASSWORD)
            .bind(user.as_str())
            .bind(hash)
            .execute(&mut **connection)
            .await?
            .rows_affected());
        Ok(rows > 0)
    }

    /// Finds the user of an ID token whose bearer signed in at the issuer at `signed_in_at`. `None` if the account is
    /// deleted, or has ended the tokens of this sign-in since.
    pub async fn find_user_of_token(&mut self, id: &UserId, signed_in_at: Timestamp) -> StoreResult<Option<User>> {
        let row: Option<UserRow> = on_backend!(self, connection => sqlx::query_as(FIND_USER_OF_TOKEN)
            .bind(id.as_str())
            .bind(signed_in_at.as_micros())
            .fetch_optional(&mut **connection)
            .await?);
        row.map(UserRow::read).transpose()
    }

    /// Ends every ID token of a sign-in before `since`, and none of a later one.
    pub async fn update_tokens_since(&mut self, user: &UserId, since: Timestamp) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(UPDATE_TOKENS_SINCE)
            .bind(user.as_str())
            .bind(since.as_micros())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    /// Ends every session that began before `now`, and every ID token of a sign-in before it, on every node.
    pub async fn end_sessions(&mut self, user: &UserId, now: Timestamp) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(END_SESSIONS)
            .bind(user.as_str())
            .bind(now.as_micros())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }
}
