//! Password reset by a mailed link, or by a link that an operator passes on.

use domain::{account::Email, ids::UserId, time::Timestamp};

use super::mailed_link::{AccountLink, ensure_valid, find_valid_link, insert_link};
use crate::{
    identity::{ClientAddress, client::Client, link_token::lookup_hash},
    mail::{Letter, letters},
    security_event::SecurityEvent,
    service::{Accounts, LinkError, ServiceError, base::limits::mail_budget::RequestedMail},
    store::{
        account::{mailed_links::LinkPurpose, users::User},
        job::jobs::{AccountNotice, Task},
    },
};

const VALID_SECS: i64 = 3600;

/// Outcome of setting a password by a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasswordSet {
    pub user: UserId,
    /// Whether this was the first verification of the address, which revokes what was created with the account before.
    pub was_first_verification: bool,
}

impl Accounts {
    /// Enqueues a mail to `email` with a reset link. The worker checks whether the address has an account, so that
    /// neither response nor timing of this call reveals it.
    pub async fn request_password_reset(&self, email: &str, from: ClientAddress) -> Result<(), ServiceError> {
        self.ensure_passwords()?;
        if self.mailer().is_none() {
            return Err(ServiceError::MailNotConfigured);
        }
        let email: Email = email.parse().map_err(|error| ServiceError::field("email", format!("E-mail: {error}.")))?;
        let _permit = self.anonymous_writes.permit(from).await?;
        self.count_mail(RequestedMail::PasswordReset { to: &email, from }).await?;
        let now = self.wall_now();
        let mut tx = self.store().begin().await?;
        tx.connection().insert_job(&Task::MailPasswordReset { email, asked_at: now }, now, now).await?;
        tx.commit().await?;
        self.jobs_written().notify_one();
        Ok(())
    }

    /// Creates a link for an operator to pass on; `None` when the address has no account.
    /// [`ServiceError::PasswordsOff`] where people sign in only with identity providers.
    pub async fn password_reset_link(&self, email: &str) -> Result<Option<AccountLink>, ServiceError> {
        self.ensure_passwords()?;
        let Ok(email) = email.parse::<Email>() else { return Ok(None) };
        let user = self.store().read().await?.connection().find_user_by_email(&email).await?;
        let Some(user) = user else { return Ok(None) };
        let link = self.new_reset_link(&user).await?;
        SecurityEvent::PasswordResetLinkMade { user: &user.id }.write();
        Ok(Some(link))
    }

    /// Returns the address of the account whose password a link resets. [`ServiceError::InvalidLink`] when the link is
    /// invalid.
    pub async fn find_password_reset(&self, token: &str) -> Result<Email, ServiceError> {
        let mut reader = self.store().read().await?;
        let now = self.wall_now();
        let reset = find_valid_link(&mut reader.connection(), LinkPurpose::PasswordReset, token, now).await?;
        Ok(reset.email)
    }

    /// Sets a new password, deletes every reset link of the user, and ends all sessions and linked sign-ins.
    ///
    /// The first verification of the address also revokes what was created before it.
    pub async fn set_password(
        &self,
        token: &str,
        password: &str,
        from: ClientAddress,
    ) -> Result<PasswordSet, ServiceError> {
        self.ensure_passwords()?;
        let email = self.find_password_reset(token).await?;
        let hash = lookup_hash(token).ok_or(LinkError::Unknown)?;
        let password = self.new_password(password, &email, "", from).await?;
        let permit = self.acquire_hash_permit(Some(from)).await?;
        let password_hash = permit.hash(&password).await?;
        let now = self.wall_now();
        let mut tx = self.store().begin().await?;
        let reset = tx.connection().take_password_reset(&hash).await?.ok_or(LinkError::Used)?;
        ensure_valid(&mut tx.connection(), &reset, now).await?;
        let handed = self.hand_over(&mut tx, &reset.user, Some(&password_hash)).await?;
        if !handed.was_first_verification {
            self.notify_owner(&mut tx, &reset.user, AccountNotice::PasswordReset).await?;
        }
        tx.commit().await?;
        drop(permit);
        SecurityEvent::PasswordReset { user: &reset.user }.write();
        self.finish_hand_over(&reset.user, &handed);
        Ok(PasswordSet { user: reset.user, was_first_verification: handed.was_first_verification })
    }

    /// Returns the cookie of the device on which `user` has just reset the password. The throttle of second-factor
    /// codes treats the device as unknown until the user completes a sign-in on it.
    pub async fn device_cookie_of_reset(&self, user: &UserId, client: &Client) -> Result<String, ServiceError> {
        Ok(self.device_key().await?.renewed_by_reset(&client.device_cookie, user, self.wall_now()))
    }

    /// Sends the link. No-op when the address has no account or the request is older than a link's lifetime.
    pub(crate) async fn mail_password_reset(&self, email: &Email, asked_at: Timestamp) -> Result<(), ServiceError> {
        let Some(mailer) = self.mailer() else { return Ok(()) };
        if self.wall_now().secs_since(asked_at) >= VALID_SECS {
            return Ok(());
        }
        let user = self.store().read().await?.connection().find_user_by_email(email).await?;
        let Some(user) = user else { return Ok(()) };
        let AccountLink { url, expires_at } = self.new_reset_link(&user).await?;
        let language = self.mail_language(&user.id).await?;
        let content = letters::password_reset(language, email.as_str(), &url, expires_at);
        mailer.send(&Letter::new(email, &content)?).await?;
        Ok(())
    }

    async fn new_reset_link(&self, user: &User) -> Result<AccountLink, ServiceError> {
        let now = self.wall_now();
        let expires_at = now.plus_secs(VALID_SECS);
        let token = insert_link(self.store(), LinkPurpose::PasswordReset, user, expires_at, now).await?;
        Ok(AccountLink { url: self.page_url(&format!("password/{token}")), expires_at })
    }
}

#[cfg(test)]
mod tests;
