//! Account settings of a user: password, address, sessions, and re-authentication.

#[cfg(test)]
mod tests;

use domain::{
    account::{Account, Email},
    ids::UserId,
    time::Timestamp,
    wire::FailedDelivery,
};
use locales::installed;

use super::{address_verification::without_smtp_response, language::find_mail_language};
use crate::{
    identity::{
        client::Client,
        factors::{Authenticated, Confirmed},
        link_token::{FreshToken, lookup_hash},
        password::Purpose,
        session::{self, ListedSession},
    },
    mail::{Letter, letters},
    security_event::{FIREBASE, IDENTITY_PROVIDER, SecurityEvent},
    service::{Accounts, LinkError, ServiceError, base::limits::mail_budget::RequestedMail},
    store::{
        StoreError, StoreResult, Tx,
        account::{
            account_mails::{AccountMail, MailKind},
            mailed_links::{LinkPurpose, MailedLink},
            users::User,
        },
        job::jobs::{AccountNotice, Task},
    },
};

const ADDRESS_CHANGE_SECS: i64 = 24 * 3600;

/// A factor that the user shows again to confirm their identity.
#[derive(Clone, Copy)]
pub enum Proof<'a> {
    Password(&'a str),
    /// A code of the authenticator, or a recovery code.
    Code(&'a str),
}

/// The factors with which a user can confirm their identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConfirmationMethods {
    pub has_password: bool,
    pub has_second_factor: bool,
}

/// A requested address change that is not confirmed yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingAddressChange {
    pub email: Email,
    /// When the confirmation link expires.
    pub until: Timestamp,
    /// Why delivery of the link failed; `None` when it was delivered or is queued, or when the address has an account
    /// and gets no link.
    pub undelivered: Option<FailedDelivery>,
}

/// Deletes a pending address change with its links. Idempotent. The caller holds the lock of the user's row.
pub(in crate::service) async fn end_address_change(tx: &mut Tx, user: &UserId) -> StoreResult<()> {
    tx.connection().delete_mailed_links_of(user, LinkPurpose::AddressChange).await?;
    tx.connection().delete_account_mail(user, MailKind::AddressChange).await
}

impl Accounts {
    /// Verifies a factor that the user shows again. The caller then records the confirmation in the session. Throttled
    /// like a login. [`ServiceError::PasswordsOff`] for a password where people sign in only with identity providers.
    pub async fn confirm(&self, account: &Account, proof: Proof<'_>, client: &Client) -> Result<(), ServiceError> {
        if let Proof::Password(_) = proof {
            self.ensure_passwords()?;
        }
        let user = self.known_user(account).await?;
        match proof {
            Proof::Password(_) if user.password_hash.is_none() => Err(ServiceError::NothingToConfirmWith),
            Proof::Password(password) => {
                let email = user.email.clone();
                self.verify_password(&email, password, Some(user), Purpose::LogIn, client).await.map(drop)
            }
            Proof::Code(code) => self.verify_code(&user, code, client).await,
        }
    }

    pub async fn confirmation_methods(&self, account: &Account) -> Result<ConfirmationMethods, ServiceError> {
        let has_password = self.has_passwords() && self.known_user(account).await?.password_hash.is_some();
        Ok(ConfirmationMethods { has_password, has_second_factor: self.has_second_factor(&account.user_id).await? })
    }

    /// Changes the password and ends every session. The caller starts a new session with the result.
    ///
    /// Requires the `current` password. For an account without a password, requires `confirmed` instead.
    pub async fn change_password(
        &self,
        account: &Account,
        current: &str,
        wanted: &str,
        confirmed: Option<&Confirmed>,
        client: &Client,
    ) -> Result<Authenticated, ServiceError> {
        self.ensure_passwords()?;
        let user = self.known_user(account).await?;
        let wanted = self.new_password(wanted, &user.email, "", client.address).await?;
        let id = user.id.clone();
        if user.password_hash.is_some() {
            let email = user.email.clone();
            match self.verify_password(&email, current, Some(user), Purpose::LogIn, client).await {
                Err(ServiceError::InvalidCredentials) => {
                    return Err(ServiceError::field("current", "The current password is wrong."));
                }
                known => known.map(drop)?,
            }
        } else if confirmed.is_none() {
            return Err(ServiceError::ConfirmationRequired);
        }
        let hash = self.hashed_password(&wanted, Some(client.address)).await?;
        let now = self.wall_now();
        let mut tx = self.store().begin().await?;
        tx.connection().update_password(&id, Some(&hash)).await?;
        tx.connection().end_sessions(&id, now).await?;
        tx.connection().delete_mailed_links_of(&id, LinkPurpose::PasswordReset).await?;
        end_address_change(&mut tx, &id).await?;
        self.notify_owner(&mut tx, &id, AccountNotice::PasswordChanged).await?;
        tx.commit().await?;
        self.jobs_written().notify_one();
        self.session_ends().notify(&id);
        SecurityEvent::PasswordChanged { user: &id }.write();
        Ok(Authenticated::new(id, now))
    }

    /// Mails a confirmation link to a new address. Replaces a pending change.
    ///
    /// The old address stays in force until the link is opened, and gets a notice. The response does not reveal whether
    /// the new address has an account.
    pub async fn request_address_change(
        &self,
        account: &Account,
        wanted: &str,
        _: &Confirmed,
        client: &Client,
    ) -> Result<(), ServiceError> {
        if self.mailer().is_none() {
            return Err(ServiceError::MailNotConfigured);
        }
        let email: Email = wanted.parse().map_err(|error| ServiceError::field("email", format!("E-mail: {error}.")))?;
        if email == account.email {
            return Err(ServiceError::field("email", "This is the account's address already."));
        }
        let mail = RequestedMail::AddressChange { user: &account.user_id, to: &email, from: client.address };
        self.count_mail(mail).await?;
        let now = self.wall_now();
        let mut tx = self.store().begin().await?;
        let user = &account.user_id;
        let task = Task::MailAddressChange { user: user.clone(), email: email.clone(), asked_at: now };
        tx.connection().insert_account_mail(user, MailKind::AddressChange, &email, &task, now).await?;
        // An unverified address gets no notice: it may belong to another person.
        let known = tx.connection().find_user(user).await?.filter(|known| known.has_verified_address);
        if let Some(known) = known {
            // A separate job: the notice's delivery does not affect the delivery status of the link.
            let notice =
                Task::MailAddressChangeNotice { user: Some(known.id), old: known.email, new: email, asked_at: now };
            tx.connection().insert_job(&notice, now, now).await?;
        }
        tx.commit().await?;
        self.jobs_written().notify_one();
        Ok(())
    }

    /// Returns the pending address change. An expired change is returned only if delivery of its link failed.
    ///
    /// The result is the same whether or not the address has an account.
    pub async fn pending_address_change(
        &self,
        account: &Account,
    ) -> Result<Option<PendingAddressChange>, ServiceError> {
        let mut reader = self.store().read().await?;
        let mail = reader.connection().find_account_mail(&account.user_id, MailKind::AddressChange).await?;
        let is_verified =
            reader.connection().find_user(&account.user_id).await?.is_some_and(|user| user.has_verified_address);
        let waiting = mail.map(|AccountMail { email, asked_at, undelivered }| PendingAddressChange {
            email,
            until: asked_at.plus_secs(ADDRESS_CHANGE_SECS),
            undelivered: if is_verified { undelivered } else { undelivered.map(without_smtp_response) },
        });
        let now = self.wall_now();
        Ok(waiting.filter(|waiting| waiting.until > now || waiting.undelivered.is_some()))
    }

    /// Withdraws a pending address change; its link stops working. Idempotent.
    pub async fn withdraw_address_change(&self, account: &Account) -> Result<(), ServiceError> {
        let mut tx = self.store().begin().await?;
        tx.connection().lock_user(&account.user_id).await?;
        end_address_change(&mut tx, &account.user_id).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Sends the confirmation link to the new address. No-op when the change was withdrawn or replaced, or its link
    /// would have expired.
    ///
    /// If another account has the address, the mail says so and contains no link.
    pub(crate) async fn mail_address_change(
        &self,
        user: &UserId,
        email: &Email,
        asked_at: Timestamp,
    ) -> Result<(), ServiceError> {
        let Some(mailer) = self.mailer() else { return Ok(()) };
        let (now, until) = (self.wall_now(), asked_at.plus_secs(ADDRESS_CHANGE_SECS));
        if now >= until {
            return Ok(());
        }
        let mut tx = self.store().begin().await?;
        tx.connection().lock_user(user).await?;
        let mail = tx.connection().find_account_mail(user, MailKind::AddressChange).await?;
        let is_wanted = mail.is_some_and(|mail| mail.email == *email && mail.asked_at == asked_at);
        let known = tx.connection().find_user(user).await?;
        let Some(known) = known.filter(|known| is_wanted && known.email != *email) else { return Ok(()) };
        tx.connection().delete_mailed_links_of(user, LinkPurpose::AddressChange).await?;
        let owner = tx.connection().find_user_by_email(email).await?;
        // The owner of the address reads the mail, and must not learn the language of the requesting account.
        let addressee = owner.as_ref().map_or(user, |owner| &owner.id);
        let language = find_mail_language(&mut tx.connection(), addressee).await?;
        let content = if owner.is_some() {
            letters::address_taken(language, email.as_str())
        } else {
            let FreshToken { token, hash } = FreshToken::new();
            let change = MailedLink { user: user.clone(), email: email.clone(), expires_at: until };
            tx.connection().insert_mailed_link(LinkPurpose::AddressChange, &hash, &change, now).await?;
            let url = self.page_url(&format!("account/address/{token}"));
            // The mail does not name an unverified old address: it may belong to another person.
            let old = known.has_verified_address.then(|| known.email.as_str());
            letters::address_change(language, old, email.as_str(), &url, until)
        };
        tx.commit().await?;
        mailer.send(&Letter::new(email, &content)?).await?;
        Ok(())
    }

    /// Notifies the address that the account had when `new` was requested, in the language of the account, which may
    /// have the new address by now. No-op for an address that can't receive mail.
    ///
    /// `user` is `None` for a job of an earlier version: the notice is then in the default language.
    pub(crate) async fn mail_address_change_notice(
        &self,
        user: Option<&UserId>,
        (old, new): (&Email, &Email),
        asked_at: Timestamp,
    ) -> Result<(), ServiceError> {
        let Some(mailer) = self.mailer() else { return Ok(()) };
        if self.wall_now().secs_since(asked_at) >= ADDRESS_CHANGE_SECS {
            return Ok(());
        }
        let language = match user {
            Some(user) => self.mail_language(user).await?,
            None => installed().default(),
        };
        let content = letters::address_change_notice(language, old.as_str(), new.as_str());
        if let Ok(notice) = Letter::new(old, &content) {
            mailer.send(&notice).await?;
        }
        Ok(())
    }

    /// Returns the user and the new address of a link. [`ServiceError::InvalidLink`] when the link is invalid.
    pub async fn find_address_change(&self, token: &str) -> Result<(UserId, Email), ServiceError> {
        let hash = lookup_hash(token).ok_or(LinkError::Unknown)?;
        let mut reader = self.store().read().await?;
        let found = reader.connection().find_mailed_link(LinkPurpose::AddressChange, &hash).await?;
        let MailedLink { user, email, expires_at } = found.ok_or(LinkError::Unknown)?;
        if expires_at > self.wall_now() { Ok((user, email)) } else { Err(LinkError::Expired.into()) }
    }

    /// Changes the address of the signed-in account, which must be the one that requested the link. The address is
    /// verified from then on.
    ///
    /// Deletes the links mailed to the old address, and the linked sign-ins, which may be for the old address. Where
    /// people sign in only with identity providers, their identities stay linked: nothing else would open the account.
    pub async fn change_address(&self, account: &Account, token: &str) -> Result<Email, ServiceError> {
        let (user, email) = self.find_address_change(token).await?;
        if user != account.user_id {
            return Err(ServiceError::OtherAddress);
        }
        let mut tx = self.store().begin().await?;
        match tx.connection().update_address(&user, &email).await {
            Err(StoreError::Conflict) => return Err(ServiceError::Conflict("The address has an account already.")),
            updated => updated?,
        }
        end_address_change(&mut tx, &user).await?;
        let was_linked = tx.connection().delete_firebase_users_of(&user).await?;
        let had_identity = self.has_passwords() && tx.connection().delete_identities_of(&user).await?;
        // These links were mailed to the old address.
        tx.connection().delete_mailed_links_of(&user, LinkPurpose::PasswordReset).await?;
        tx.connection().delete_mailed_links_of(&user, LinkPurpose::AddressVerification).await?;
        tx.commit().await?;
        SecurityEvent::AddressChanged { user: &user }.write();
        if was_linked {
            SecurityEvent::AccountUnlinked { user: &user, issuer: FIREBASE }.write();
        }
        if had_identity {
            SecurityEvent::AccountUnlinked { user: &user, issuer: IDENTITY_PROVIDER }.write();
        }
        Ok(email)
    }

    /// Lists the sessions of a user, the most recently used first.
    pub async fn sessions(&self, account: &Account) -> Result<Vec<ListedSession>, ServiceError> {
        let (now, lifetime) = (self.wall_now(), self.settings().limits.sessions);
        let stored = self.store().read().await?.connection().list_sessions_of(&account.user_id, now).await?;
        let listed =
            |(handle, data, since): (String, String, _)| session::listed(handle, (data.as_str(), since), now, lifetime);
        let mut listed: Vec<_> = stored.into_iter().filter_map(listed).collect();
        listed.sort_by_key(|session| std::cmp::Reverse(session.seen_at));
        Ok(listed)
    }

    /// Ends one session of the user. Idempotent. No-op for a session of another user.
    pub async fn end_session(&self, account: &Account, handle: &str) -> Result<(), ServiceError> {
        let mut tx = self.store().begin().await?;
        tx.connection().delete_session_of(&account.user_id, handle).await?;
        tx.commit().await?;
        self.session_ends().notify(&account.user_id);
        SecurityEvent::SessionsEnded { user: &account.user_id }.write();
        Ok(())
    }

    /// Ends every session of the user.
    pub async fn end_every_session(&self, account: &Account) -> Result<(), ServiceError> {
        let mut tx = self.store().begin().await?;
        tx.connection().end_sessions(&account.user_id, self.wall_now()).await?;
        tx.commit().await?;
        self.session_ends().notify(&account.user_id);
        SecurityEvent::SessionsEnded { user: &account.user_id }.write();
        Ok(())
    }

    async fn known_user(&self, account: &Account) -> Result<User, ServiceError> {
        let found = self.store().read().await?.connection().find_user(&account.user_id).await?;
        found.ok_or(ServiceError::InvalidCredentials)
    }
}
