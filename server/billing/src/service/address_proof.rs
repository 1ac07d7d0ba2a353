//! Proof that the address of an account belongs to the person who uses the account.
//!
//! An address is proven by a link that was mailed to it and is opened by the person who is signed in, by an invitation that
//! was mailed to it, by a password reset, by an ID token that says so of this very address, or by the person who runs the
//! installation. Each proves the one address that it is for.
//!
//! The first proof that comes from outside of a session (a reset, a token) hands the account over (`hand_over.rs`).

mod hand_over;

pub(super) use hand_over::HandedOver;

use domain::{
    account::{Account, Email},
    ids::{TenantId, UserId},
    time::Timestamp,
    wire::UnverifiedAddress,
};

use super::{LinkEnd, ServiceError, Services, mail_budget::CausedMail};
use crate::{
    identity::{
        ClientAddress,
        link_token::{FreshToken, sought},
    },
    mail::{Letter, letters},
    store::{Link, Tx, account_mails::MailKind, address_proofs::AddressProof, jobs::Task, users::User},
};

const VALID_SECS: i64 = 24 * 3600;

/// A link that proves an address, shown this once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProofLink {
    pub url: String,
    pub expires_at: Timestamp,
}

impl Services {
    /// Whether the address of an account is proven; `false` for an account that is gone.
    pub async fn has_proven_address(&self, user: &UserId) -> Result<bool, ServiceError> {
        has_proven_address(&mut self.store().read().await?.link(), user).await
    }

    /// What pages say of an account whose address is not proven; `None` where it is.
    pub async fn unproven_address(&self, account: &Account) -> Result<Option<UnverifiedAddress>, ServiceError> {
        let Account { user_id, email } = account;
        let mut reader = self.store().read().await?;
        if has_proven_address(&mut reader.link(), user_id).await? {
            return Ok(None);
        }
        let mail = reader.link().find_account_mail(user_id, MailKind::AddressProof).await?;
        let undelivered = mail.filter(|mail| mail.email == *email).and_then(|mail| mail.undelivered);
        Ok(Some(UnverifiedAddress { email: email.clone(), sends_mail: self.mailer().is_some(), undelivered }))
    }

    /// Mails a link that proves the account's address. Does nothing for an address that is proven. Throttled by account and by
    /// client address.
    pub async fn ask_for_address_proof(&self, account: &Account, from: ClientAddress) -> Result<(), ServiceError> {
        if self.mailer().is_none() {
            return Err(ServiceError::MailNotConfigured);
        }
        if self.has_proven_address(&account.user_id).await? {
            return Ok(());
        }
        self.count_mail(CausedMail::AddressProof { to: &account.email, from }).await?;
        let mut tx = self.store().begin().await?;
        self.want_proof_mail(&mut tx, &account.user_id, &account.email).await?;
        tx.commit().await?;
        self.jobs_written().notify_one();
        Ok(())
    }

    /// A link for an operator to hand over; `None` when the address has no account.
    pub async fn address_proof_link(&self, email: &str) -> Result<Option<ProofLink>, ServiceError> {
        let Ok(email) = email.parse::<Email>() else { return Ok(None) };
        let user = self.store().read().await?.link().find_user_by_email(&email).await?;
        match user {
            Some(user) => self.new_proof_link(&user).await.map(Some),
            None => Ok(None),
        }
    }

    /// The account and the address that a link is for; [`ServiceError::LinkOver`] when it proves nothing.
    pub async fn find_address_proof(&self, token: &str) -> Result<Account, ServiceError> {
        let mut reader = self.store().read().await?;
        let AddressProof { user, email, .. } = valid_proof(&mut reader.link(), token, self.wall_now()).await?;
        Ok(Account { user_id: user, email })
    }

    /// Proves the address of the account that is signed in, which must be the one that the link is for: the mail may have
    /// reached a person who did not make the account, and the account's maker may not read the mail. Uses up every link of the
    /// account.
    pub async fn prove_address(&self, account: &Account, token: &str) -> Result<(), ServiceError> {
        let mut tx = self.store().begin().await?;
        tx.link().lock_user(&account.user_id).await?;
        let proof = valid_proof(&mut tx.link(), token, self.wall_now()).await?;
        if proof.user != account.user_id {
            return Err(ServiceError::OtherAddress);
        }
        tx.link().update_proven_address(&proof.user).await?;
        tx.link().delete_address_proofs_of(&proof.user).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Refuses a person whose address is not proven.
    pub(super) async fn must_have_proven_address(&self, user: &UserId) -> Result<(), ServiceError> {
        if self.has_proven_address(user).await? { Ok(()) } else { Err(ServiceError::AddressNotProven) }
    }

    /// Has a new account's address proven, where mail is sent. Part of the transaction that makes the account; the caller wakes
    /// the worker.
    pub(super) async fn want_proof_mail(&self, tx: &mut Tx, user: &UserId, email: &Email) -> Result<(), ServiceError> {
        if self.mailer().is_some() {
            let now = self.wall_now();
            let task = Task::MailAddressProof { user: user.clone(), email: email.clone(), asked_at: now };
            tx.link().insert_account_mail(user, MailKind::AddressProof, email, &task, now).await?;
        }
        Ok(())
    }

    /// Sends the link, unless the address was proven or changed meanwhile, or the request is as old as a link lives.
    pub(crate) async fn mail_address_proof(
        &self,
        user: &UserId,
        email: &Email,
        asked_at: Timestamp,
    ) -> Result<(), ServiceError> {
        let Some(mailer) = self.mailer() else { return Ok(()) };
        if self.wall_now().secs_since(asked_at) >= VALID_SECS {
            return Ok(());
        }
        let user = self.store().read().await?.link().find_user(user).await?;
        let Some(user) = user.filter(|user| user.email == *email && !user.has_proven_address) else { return Ok(()) };
        let ProofLink { url, expires_at } = self.new_proof_link(&user).await?;
        let (subject, text) = letters::address_proof(email.as_str(), &url, expires_at);
        mailer.send(&Letter::new(email, &subject, text)?).await?;
        Ok(())
    }

    async fn new_proof_link(&self, user: &User) -> Result<ProofLink, ServiceError> {
        let FreshToken { token, hash } = FreshToken::new();
        let now = self.wall_now();
        let proof =
            AddressProof { user: user.id.clone(), email: user.email.clone(), expires_at: now.plus_secs(VALID_SECS) };
        let mut tx = self.store().begin().await?;
        tx.link().insert_address_proof(&hash, &proof, now).await?;
        tx.commit().await?;
        Ok(ProofLink { url: self.page(&format!("account/prove/{token}")), expires_at: proof.expires_at })
    }

    /// Has this node read anew what it remembers of tenants. Other nodes see it by the tenants' revision.
    fn forget(&self, tenants: &[TenantId]) {
        for tenant in tenants {
            self.0.views.doubt(tenant);
            self.0.provider_reads.invalidate(tenant);
        }
    }
}

async fn has_proven_address(link: &mut Link<'_>, user: &UserId) -> Result<bool, ServiceError> {
    Ok(link.find_user(user).await?.is_some_and(|user| user.has_proven_address))
}

/// A link that holds: it has not expired, and the account still has the address that it was sent to.
async fn valid_proof(link: &mut Link<'_>, token: &str, now: Timestamp) -> Result<AddressProof, ServiceError> {
    let hash = sought(token).ok_or(LinkEnd::Unknown)?;
    let proof = link.find_address_proof(&hash).await?.ok_or(LinkEnd::Unknown)?;
    let user = link.find_user(&proof.user).await?.ok_or(LinkEnd::Unknown)?;
    if proof.expires_at <= now || user.email != proof.email {
        return Err(LinkEnd::Expired.into());
    }
    Ok(proof)
}

#[cfg(test)]
mod tests;
