//! The last mail of each kind that an account asked for, and whether it was delivered. Times are wall time.

use domain::{account::Email, ids::UserId, time::Timestamp, wire::FailedDelivery};

use crate::store::{
    Connection, StoreResult,
    job::jobs::{NEVER, Task},
    on_backend, statements,
};

statements! {
    UPSERT_ACCOUNT_MAIL = "INSERT INTO account_mails (user_id, kind, email, job_id, asked_at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (user_id, kind) DO UPDATE SET email = excluded.email, job_id = excluded.job_id, \
         asked_at = excluded.asked_at";
    FIND_ACCOUNT_MAIL = "SELECT account_mails.email, account_mails.asked_at, jobs.last_error, jobs.run_at \
         FROM account_mails LEFT JOIN jobs ON jobs.job_id = account_mails.job_id \
         WHERE account_mails.user_id = $1 AND account_mails.kind = $2";
    DELETE_ACCOUNT_MAIL = "DELETE FROM account_mails WHERE user_id = $1 AND kind = $2";
}

/// The purpose of a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailKind {
    AddressVerification,
    AddressChange,
}

impl MailKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::AddressVerification => "address_proof",
            Self::AddressChange => "address_change",
        }
    }
}

/// A mail that an account asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountMail {
    pub email: Email,
    pub asked_at: Timestamp,
    /// `None` if it was delivered or not tried yet.
    pub undelivered: Option<FailedDelivery>,
}

#[derive(sqlx::FromRow)]
struct AccountMailRow {
    email: String,
    asked_at: i64,
    last_error: Option<String>,
    run_at: Option<i64>,
}

impl AccountMailRow {
    fn read(self) -> AccountMail {
        let Self { email, asked_at, last_error, run_at } = self;
        let next_try = run_at.map(Timestamp::from_micros).filter(|next_try| *next_try != NEVER);
        AccountMail {
            email: Email::from_stored(email),
            asked_at: Timestamp::from_micros(asked_at),
            undelivered: last_error.map(|reason| FailedDelivery { reason, next_try }),
        }
    }
}

impl Connection<'_> {
    /// Enqueues `task`, which mails to `email`, and replaces the account's last mail of this kind.
    pub async fn insert_account_mail(
        &mut self,
        user: &UserId,
        kind: MailKind,
        email: &Email,
        task: &Task,
        now: Timestamp,
    ) -> StoreResult<()> {
        let job = self.insert_job(task, now, now).await?;
        on_backend!(self, connection => sqlx::query(UPSERT_ACCOUNT_MAIL)
            .bind(user.as_str())
            .bind(kind.as_str())
            .bind(email.as_str())
            .bind(&job)
            .bind(now.as_micros())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    pub async fn find_account_mail(&mut self, user: &UserId, kind: MailKind) -> StoreResult<Option<AccountMail>> {
        let row: Option<AccountMailRow> = on_backend!(self, connection => sqlx::query_as(FIND_ACCOUNT_MAIL)
            .bind(user.as_str())
            .bind(kind.as_str())
            .fetch_optional(&mut **connection)
            .await?);
        Ok(row.map(AccountMailRow::read))
    }

    pub async fn delete_account_mail(&mut self, user: &UserId, kind: MailKind) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(DELETE_ACCOUNT_MAIL)
            .bind(user.as_str())
            .bind(kind.as_str())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }
}
