//! Proof that the address of an account belongs to the person who uses the account.
//!
//! An address is proven by a link that was mailed to it and is opened by the person who is signed in, by an invitation that
//! was mailed to it, by a password reset, by an ID token that says so of this very address, or by the person who runs the
//! installation. Each proves the one address that it is for.
//!
//! The first proof that comes from outside of a session (a reset, a token) ends what was made before it: until then the
//! account may have been made by a stranger who only knew the address.

use domain::{
    account::{Account, Email, Role},
    audit::{Action, By},
    ids::{TenantId, UserId},
    time::Timestamp,
    wire::UnprovenAddress,
};

use super::{LinkEnd, ServiceError, Services, audit::of_member, key::key_revoked};
use crate::{
    identity::{
        ClientAddress,
        link_token::{FreshToken, sought},
        throttle::Throttle,
    },
    mail::{Letter, letters},
    store::{Link, Tx, address_proofs::AddressProof, jobs::Task, users::User},
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
    pub async fn unproven_address(&self, account: &Account) -> Result<Option<UnprovenAddress>, ServiceError> {
        if self.has_proven_address(&account.user_id).await? {
            return Ok(None);
        }
        Ok(Some(UnprovenAddress { email: account.email.clone(), sends_mail: self.mailer().is_some() }))
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
        let now = self.wall_now();
        if let Some(retry_after_secs) = Throttle::of_proofs(&account.email, from).take_turn(self.store(), now).await? {
            return Err(ServiceError::Throttled { retry_after_secs });
        }
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
            tx.link().insert_job(&task, now, now).await?;
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

    /// Gives an account to the person who has just proven its address from outside, with the password given or without one.
    /// Ends every session and every link for a new password. The first proof also ends what was made before it: ID tokens that
    /// were let in, API keys, open invitations.
    ///
    /// Answers the tenants that lost a key: the caller passes them to [`Services::forget`] once the transaction is committed.
    pub(super) async fn hand_over(
        &self,
        tx: &mut Tx,
        user: &UserId,
        password_hash: Option<&str>,
    ) -> Result<Vec<TenantId>, ServiceError> {
        let now = self.wall_now();
        let mut changed = Vec::new();
        tx.link().lock_user(user).await?;
        let found = tx.link().find_user(user).await?;
        if found.is_some_and(|found| !found.has_proven_address) {
            tx.link().delete_firebase_users_of(user).await?;
            for (tenant, _) in tx.link().list_tenants_of_user(user).await? {
                for (id, name) in tx.link().revoke_keys_made_by(&tenant.id, user, now).await? {
                    self.write_down(tx, &tenant.id, key_revoked(By::Dues, id, &name)).await?;
                }
                for role in [Role::Owner, Role::Admin, Role::Member] {
                    for email in tx.link().withdraw_invitations_by(&tenant.id, user, role).await? {
                        let deed = of_member(By::Dues, Action::InvitationWithdrawn, &email, role);
                        self.write_down(tx, &tenant.id, deed).await?;
                    }
                }
                changed.push(tenant.id);
            }
            tx.link().update_proven_address(user).await?;
        }
        tx.link().update_password(user, password_hash).await?;
        tx.link().end_sessions(user, now).await?;
        tx.link().delete_password_resets_of(user).await?;
        tx.link().delete_address_proofs_of(user).await?;
        Ok(changed)
    }

    /// Has this node read anew what it remembers of tenants. Other nodes see it by the tenants' revision.
    pub(super) fn forget(&self, tenants: &[TenantId]) {
        for tenant in tenants {
            self.0.views.doubt(tenant);
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
