//! Mails that notify the owner of an account about changes to its sign-in methods.
//!
//! They reveal a change that was made with a stolen password or token. Only a verified address gets these mails: an
//! unverified address may belong to another person.

use domain::{account::Email, ids::UserId, time::Timestamp};

use crate::{
    mail::{Letter, letters},
    service::{Accounts, ServiceError},
    store::{
        StoreResult, Tx,
        job::jobs::{AccountNotice, Task},
    },
};

/// Age at which an undelivered notice is dropped.
const VALID_SECS: i64 = 7 * 86_400;

impl Accounts {
    /// Enqueues a mail to the owner, in the transaction that makes the change. The caller wakes the worker.
    ///
    /// No-op if the installation sends no mail or the address is unverified.
    pub(in crate::service) async fn notify_owner(
        &self,
        tx: &mut Tx,
        user: &UserId,
        notice: AccountNotice,
    ) -> StoreResult<()> {
        if self.mailer().is_none() {
            return Ok(());
        }
        let found = tx.connection().find_user(user).await?.filter(|found| found.has_verified_address);
        let Some(found) = found else { return Ok(()) };
        let now = self.wall_now();
        let task = Task::MailAccountNotice { user: found.id, email: found.email, notice, at: now };
        tx.connection().insert_job(&task, now, now).await.map(drop)
    }

    /// Sends the notice to the address that the account had at the change. No-op when the account is deleted.
    pub(crate) async fn mail_account_notice(
        &self,
        user: &UserId,
        email: &Email,
        notice: AccountNotice,
        at: Timestamp,
    ) -> Result<(), ServiceError> {
        let Some(mailer) = self.mailer() else { return Ok(()) };
        if self.wall_now().secs_since(at) >= VALID_SECS
            || self.store().read().await?.connection().find_user(user).await?.is_none()
        {
            return Ok(());
        }
        let language = self.mail_language(user).await?;
        let content = letters::account_notice(language, email.as_str(), notice, at, &self.page_url("password/forgot"));
        mailer.send(&Letter::new(email, &content)?).await?;
        Ok(())
    }
}
