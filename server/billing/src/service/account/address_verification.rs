//! Verification that the address of an account belongs to its user.
//!
//! An address is verified by a link mailed to it and opened while signed in, by an invitation mailed to it, by a
//! password reset, by an ID token or a trusted identity provider that states it as verified, or by an operator. Each of
//! these verifies only the address that it names.
//!
//! The first verification from outside a session (a reset, a token) hands the account over (`account/hand_over.rs`).

mod normalization;

use domain::{
    account::{Account, Email, Viewer},
    ids::{TenantId, UserId},
    time::Timestamp,
    wire::{FailedDelivery, UnverifiedAddress},
};

use super::mailed_link::{AccountLink, find_valid_link, insert_link};
use crate::{
    identity::ClientAddress,
    mail::{Letter, letters, public_reason},
    security_event::SecurityEvent,
    service::{Accounts, ServiceError, base::limits::mail_budget::RequestedMail},
    store::{
        Connection, Tx,
        account::{account_mails::MailKind, mailed_links::LinkPurpose, users::User},
        job::jobs::Task,
    },
};

const VALID_SECS: i64 = 24 * 3600;

impl Accounts {
    /// Returns whether the address of an account is verified; `false` for an unknown account.
    pub async fn has_verified_address(&self, user: &UserId) -> Result<bool, ServiceError> {
        has_verified_address(&mut self.store().read().await?.connection(), user).await
    }

    /// Returns the view of an unverified address for pages; `None` for a verified one.
    pub async fn unverified_address(&self, account: &Account) -> Result<Option<UnverifiedAddress>, ServiceError> {
        let Account { user_id, email } = account;
        let mut reader = self.store().read().await?;
        if has_verified_address(&mut reader.connection(), user_id).await? {
            return Ok(None);
        }
        let mail = reader.connection().find_account_mail(user_id, MailKind::AddressVerification).await?;
        let undelivered = mail.filter(|mail| mail.email == *email).and_then(|mail| mail.undelivered);
        let undelivered = undelivered.map(without_smtp_response);
        Ok(Some(UnverifiedAddress { email: email.clone(), sends_mail: self.mailer().is_some(), undelivered }))
    }

    /// Mails a link that verifies the account's address. No-op for a verified address. Throttled by recipient and by
    /// client address.
    pub async fn request_address_verification(
        &self,
        account: &Account,
        from: ClientAddress,
    ) -> Result<(), ServiceError> {
        if self.mailer().is_none() {
            return Err(ServiceError::MailNotConfigured);
        }
        if self.has_verified_address(&account.user_id).await? {
            return Ok(());
        }
        self.count_mail(RequestedMail::AddressVerification { to: &account.email, from }).await?;
        let mut tx = self.store().begin().await?;
        self.enqueue_verification_mail(&mut tx, &account.user_id, &account.email).await?;
        tx.commit().await?;
        self.jobs_written().notify_one();
        Ok(())
    }

    /// Creates a verification link for an operator to pass on; `None` when the address has no account.
    pub async fn address_verification_link(&self, email: &str) -> Result<Option<AccountLink>, ServiceError> {
        let Ok(email) = email.parse::<Email>() else { return Ok(None) };
        let user = self.store().read().await?.connection().find_user_by_email(&email).await?;
        let Some(user) = user else { return Ok(None) };
        let link = self.new_verification_link(&user).await?;
        SecurityEvent::AddressVerificationLinkMade { user: &user.id }.write();
        Ok(Some(link))
    }

    /// Returns the account and address of a link. [`ServiceError::InvalidLink`] when the link is invalid.
    pub async fn find_address_verification(&self, token: &str) -> Result<Account, ServiceError> {
        let mut reader = self.store().read().await?;
        let now = self.wall_now();
        let verification =
            find_valid_link(&mut reader.connection(), LinkPurpose::AddressVerification, token, now).await?;
        Ok(Account { user_id: verification.user, email: verification.email })
    }

    /// Marks the address of the signed-in account as verified and deletes the account's verification links.
    ///
    /// The link must be for this account, else [`ServiceError::OtherAddress`]: verification requires that one person
    /// both reads the mail and is signed in to the account.
    pub async fn verify_address(&self, account: &Account, token: &str) -> Result<(), ServiceError> {
        let mut tx = self.store().begin().await?;
        tx.connection().lock_user(&account.user_id).await?;
        let now = self.wall_now();
        let verification = find_valid_link(&mut tx.connection(), LinkPurpose::AddressVerification, token, now).await?;
        if verification.user != account.user_id {
            return Err(ServiceError::OtherAddress);
        }
        tx.connection().update_verified_address(&verification.user).await?;
        tx.connection().delete_mailed_links_of(&verification.user, LinkPurpose::AddressVerification).await?;
        tx.commit().await?;
        Ok(())
    }

    /// [`ServiceError::AddressNotVerified`] for an account whose address is not verified. The address of a user without
    /// an account is not checked: the issuer of their token vouches for it.
    pub(in crate::service) async fn ensure_may_act(&self, viewer: &Viewer) -> Result<(), ServiceError> {
        if viewer.token_user().is_some() { Ok(()) } else { self.ensure_verified_address(&viewer.user_id).await }
    }

    /// [`ServiceError::AddressNotVerified`] for a user whose address is not verified.
    async fn ensure_verified_address(&self, user: &UserId) -> Result<(), ServiceError> {
        if self.has_verified_address(user).await? { Ok(()) } else { Err(ServiceError::AddressNotVerified) }
    }

    /// Enqueues the mail that verifies a new account's address, in the transaction that creates the account. The caller
    /// wakes the worker. No-op if the installation sends no mail.
    pub(in crate::service) async fn enqueue_verification_mail(
        &self,
        tx: &mut Tx,
        user: &UserId,
        email: &Email,
    ) -> Result<(), ServiceError> {
        if self.mailer().is_some() {
            let now = self.wall_now();
            let task = Task::MailAddressVerification { user: user.clone(), email: email.clone(), asked_at: now };
            tx.connection().insert_account_mail(user, MailKind::AddressVerification, email, &task, now).await?;
        }
        Ok(())
    }

    /// Sends the link. No-op when the address was verified or changed since, or the request is older than a link's
    /// lifetime.
    pub(crate) async fn mail_address_verification(
        &self,
        user: &UserId,
        email: &Email,
        asked_at: Timestamp,
    ) -> Result<(), ServiceError> {
        let Some(mailer) = self.mailer() else { return Ok(()) };
        if self.wall_now().secs_since(asked_at) >= VALID_SECS {
            return Ok(());
        }
        let user = self.store().read().await?.connection().find_user(user).await?;
        let Some(user) = user.filter(|user| user.email == *email && !user.has_verified_address) else { return Ok(()) };
        let AccountLink { url, expires_at } = self.new_verification_link(&user).await?;
        let language = self.mail_language(&user.id).await?;
        let content = letters::address_verification(language, email.as_str(), &url, expires_at);
        mailer.send(&Letter::new(email, &content)?).await?;
        Ok(())
    }

    async fn new_verification_link(&self, user: &User) -> Result<AccountLink, ServiceError> {
        let now = self.wall_now();
        let expires_at = now.plus_secs(VALID_SECS);
        let token = insert_link(self.store(), LinkPurpose::AddressVerification, user, expires_at, now).await?;
        Ok(AccountLink { url: self.page_url(&format!("account/prove/{token}")), expires_at })
    }

    /// Invalidates this node's caches of `tenants`. Other nodes detect the change by the tenants' revision.
    pub(super) fn invalidate_caches(&self, tenants: &[TenantId]) {
        for tenant in tenants {
            self.0.views.invalidate(tenant);
            self.0.provider_reads.invalidate(tenant);
        }
    }
}

/// Removes the SMTP server's response, which only users with a verified address may see.
pub(in crate::service) fn without_smtp_response(undelivered: FailedDelivery) -> FailedDelivery {
    let FailedDelivery { reason, next_try } = undelivered;
    FailedDelivery { reason: public_reason(&reason, next_try.is_none()).to_owned(), next_try }
}

async fn has_verified_address(link: &mut Connection<'_>, user: &UserId) -> Result<bool, ServiceError> {
    Ok(link.find_user(user).await?.is_some_and(|user| user.has_verified_address))
}

#[cfg(test)]
mod tests;
