//! Mails to the owner of an account about what opens it from now on: a stolen password or token must not change that unseen.
//!
//! Only a proven address gets them: another belongs to whoever its account's maker named.

use domain::{account::Email, ids::UserId, time::Timestamp};

use super::{ServiceError, Services};
use crate::{
    mail::{Letter, letters},
    store::{
        StoreResult, Tx,
        jobs::{AccountNotice, Task},
    },
};

/// A notice that could not be sent for so long is not sent any more.
const VALID_SECS: i64 = 7 * 86_400;

impl Services {
    /// Has the owner told, where mail is sent and the address is proven. Part of the transaction that makes the change; the caller
    /// wakes the worker.
    pub(super) async fn notify_owner(&self, tx: &mut Tx, user: &UserId, notice: AccountNotice) -> StoreResult<()> {
        if self.mailer().is_none() {
            return Ok(());
        }
        let found = tx.link().find_user(user).await?.filter(|found| found.has_proven_address);
        let Some(found) = found else { return Ok(()) };
        let now = self.wall_now();
        let task = Task::MailAccountNotice { user: found.id, email: found.email, notice, at: now };
        tx.link().insert_job(&task, now, now).await.map(drop)
    }

    /// Sends it to the address that the account had then, unless the account is gone.
    pub(crate) async fn mail_account_notice(
        &self,
        user: &UserId,
        email: &Email,
        notice: AccountNotice,
        at: Timestamp,
    ) -> Result<(), ServiceError> {
        let Some(mailer) = self.mailer() else { return Ok(()) };
        if self.wall_now().secs_since(at) >= VALID_SECS
            || self.store().read().await?.link().find_user(user).await?.is_none()
        {
            return Ok(());
        }
        let (subject, text) = letters::account_notice(email.as_str(), notice, at, &self.page("password/forgot"));
        mailer.send(&Letter::new(email, &subject, text)?).await?;
        Ok(())
    }
}
