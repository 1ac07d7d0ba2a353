//! Firebase ID tokens: sign-up, login, and use as a bearer token.

use domain::{
    account::{Account, Email, Viewer},
    entitlement::overrides::Overrides,
    ids::UserId,
    time::Timestamp,
};
use locales::Locale;

use super::{
    CheckedSignUp, SignUpOutcome, hand_over::HandedOver, second_factor::has_second_factor,
    session_user::choose_workspace, validate_sign_up,
};
pub use crate::store::account::firebase_users::LinkedSignIn;
use crate::{
    identity::{
        ClientAddress,
        client::Client,
        factors::LastConfirmed,
        firebase::{FirebaseVerifier, IdToken, IdTokenError},
        password::new_password::ProposedPassword,
    },
    security_event::{FIREBASE, SecurityEvent},
    service::{Accounts, ServiceError, base::core::new_id},
    store::{Connection, StoreError, Tx, account::users::User, job::jobs::AccountNotice, tenant::tenants::Tenant},
};

/// Maximum attempts of a sign-up that conflicts with concurrent ones. By the last attempt, a concurrent sign-up has
/// created the account.
const MAX_ATTEMPTS: usize = 4;
/// Minimum time between two writes of a linked sign-in's last use.
const USE_WRITTEN_EVERY_SECS: i64 = 3600;
/// Maximum number of linked sign-ins in a list.
const MAX_LISTED: i64 = 50;
/// A request for an account with a new workspace, by ID token.
#[derive(Clone, Debug)]
pub struct TokenSignUp {
    pub id_token: String,
    /// Must equal the token's address.
    pub email: String,
    pub password: Option<String>,
    /// Derived from the address when missing.
    pub workspace: Option<String>,
}

/// Which workspace a bearer token selects when the request names none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DefaultTenant {
    /// No default: the request must name a workspace.
    Refused,
    /// The user's only workspace. If the user has several, the request must name one.
    IfSole,
    /// The user's first workspace. For requests that are not about a workspace.
    First,
}

/// The principal of a bearer token.
#[derive(Clone, Debug)]
pub enum Bearer {
    Viewer(Viewer),
    /// A user without a workspace.
    AccountOnly(Account),
}

/// The user of an ID token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenBearer {
    pub user: UserId,
    /// When the user signed in at Firebase.
    pub signed_in_at: Timestamp,
}

/// The account that a sign-up by token finds.
enum ExistingAccount {
    /// The token's subject is linked to this account.
    Linked(UserId),
    /// This account has the token's address.
    SameAddress(User),
    None,
}

impl Accounts {
    /// Creates user, workspace and ownership in one transaction and links the token's subject to the account.
    ///
    /// Idempotent, also concurrently and on several nodes: an existing account is returned, and gets a workspace only
    /// if it has none. An account with the address but another subject is linked only if Firebase has verified the
    /// address; else [`ServiceError::EmailNotVerified`].
    ///
    /// The sign-up replaces (or removes) an existing account's password and ends its sessions if the token is the first
    /// to verify the address, or if the subject was not linked and the request has a password. Otherwise it sets a
    /// password only where the account has none: a leaked token must not replace a password.
    pub async fn sign_up_by_token(
        &self,
        req: TokenSignUp,
        client: impl Into<Client>,
    ) -> Result<SignUpOutcome, ServiceError> {
        let Client { address: from, language, .. } = client.into();
        let TokenSignUp { id_token, email, password, workspace } = req;
        if password.is_some() {
            self.ensure_passwords()?;
        }
        let checked = validate_sign_up(&email, password.as_deref(), workspace.as_deref())?;
        let CheckedSignUp { email, workspace, password } = checked;
        let verifier = self.firebase()?;
        let token = verifier.verified_token(&id_token).await?;
        if token.address().as_ref() != Some(&email) {
            return Err(ServiceError::field("email", "E-mail: use the address that the ID token is for."));
        }
        let project_id = verifier.project_id();
        let mut attempt =
            Attempt { project_id, token: &token, email, password, workspace, from, language, is_counted: false };
        for _ in 0..MAX_ATTEMPTS {
            match self.try_sign_up(&mut attempt).await {
                // A concurrent sign-up with the same token or address succeeded: try again.
                Err(ServiceError::Store(StoreError::Conflict)) => {}
                settled => return settled,
            }
        }
        Err(ServiceError::Store(StoreError::Conflict))
    }

    /// Authenticates the user of a linked ID token. The caller checks the second factor.
    pub async fn log_in_by_token(&self, id_token: &str) -> Result<TokenBearer, ServiceError> {
        let (user, signed_in_at) = self.authenticate_token(id_token).await?;
        Ok(TokenBearer { user: user.id, signed_in_at })
    }

    /// Returns the account of a linked ID token that is not revoked, and when its user signed in at Firebase.
    async fn authenticate_token(&self, id_token: &str) -> Result<(User, Timestamp), ServiceError> {
        let verifier = self.firebase()?;
        let token = verifier.verified_token(id_token).await?;
        let mut reader = self.store().read().await?;
        let known = reader.connection().find_firebase_user(verifier.project_id(), &token.subject).await?;
        let (user, used_at) = known.ok_or(ServiceError::NotSignedUp)?;
        let user = find_token_user(&mut reader.connection(), &user, &token).await?;
        drop(reader);
        self.record_use(verifier.project_id(), &token.subject, used_at).await;
        Ok((user, token.signed_in_at))
    }

    /// Records the use of a linked sign-in, about once an hour. A failure is only logged.
    async fn record_use(&self, project_id: &str, subject: &str, used_at: Option<Timestamp>) {
        let now = self.wall_now();
        if used_at.is_some_and(|used_at| now.secs_since(used_at) < USE_WRITTEN_EVERY_SECS) {
            return;
        }
        let write = async {
            let mut tx = self.store().begin().await?;
            tx.connection().update_firebase_use(project_id, subject, now).await?;
            tx.commit().await
        };
        if let Err(error) = write.await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "failed to update the last use of a linked sign-in"
            );
        }
    }

    /// Lists the linked sign-ins of an account, the oldest first.
    pub async fn linked_sign_ins(&self, account: &Account) -> Result<Vec<LinkedSignIn>, ServiceError> {
        Ok(self.store().read().await?.connection().list_firebase_users_of(&account.user_id, MAX_LISTED).await?)
    }

    /// Returns the principal of a bearer token in the workspace `wanted`, or in the workspace that `unnamed` selects if
    /// `wanted` is `None`. Returns `None` if Firebase is not configured: the caller then treats the token as unknown.
    ///
    /// [`ServiceError::TokenLacksSecondFactor`] for an account with a second factor.
    pub async fn bearer(
        &self,
        id_token: &str,
        wanted: Option<&str>,
        unnamed: DefaultTenant,
    ) -> Result<Option<(Bearer, LastConfirmed)>, ServiceError> {
        let (user, signed_in_at) = match self.authenticate_token(id_token).await {
            Err(ServiceError::FirebaseNotConfigured) => return Ok(None),
            user => user?,
        };
        let mut reader = self.store().read().await?;
        let mut link = reader.connection();
        let User { id, email, password_hash: _, has_verified_address: _ } = user;
        if has_second_factor(&mut link, &id).await? {
            return Err(ServiceError::TokenLacksSecondFactor);
        }
        let tenants = link.list_tenants_of_user(&id).await?;
        let memberships = self.memberships(&mut link, tenants).await?;
        let account = Account { user_id: id, email };
        let must_be_named = match unnamed {
            DefaultTenant::Refused => true,
            DefaultTenant::IfSole => memberships.len() > 1,
            DefaultTenant::First => false,
        };
        if wanted.is_none() && must_be_named {
            return Err(ServiceError::TenantRequired);
        }
        let viewer = choose_workspace(account.clone(), memberships, wanted, None)?;
        Ok(Some((viewer.map_or(Bearer::AccountOnly(account), Bearer::Viewer), LastConfirmed(signed_in_at))))
    }

    fn firebase(&self) -> Result<&FirebaseVerifier, ServiceError> {
        self.0.parts.firebase.as_ref().ok_or(ServiceError::FirebaseNotConfigured)
    }

    /// One attempt of a sign-up. [`StoreError::Conflict`] when the account was created concurrently.
    async fn try_sign_up(&self, attempt: &mut Attempt<'_>) -> Result<SignUpOutcome, ServiceError> {
        match self.find_existing(attempt).await? {
            ExistingAccount::Linked(user) => {
                self.apply_token(&user, attempt).await?;
                self.open_first_workspace(&user, &attempt.workspace).await?;
                Ok(SignUpOutcome { user, created: false, confirmed_at: Some(attempt.token.signed_in_at) })
            }
            ExistingAccount::SameAddress(_) if !attempt.token.email_verified => Err(ServiceError::EmailNotVerified),
            ExistingAccount::SameAddress(User { id, email: _, password_hash: _, has_verified_address }) => {
                if has_verified_address {
                    self.ensure_token_allowed(&id, attempt.token).await?;
                }
                let password = self.hash_new_password(attempt).await?;
                let mut tx = self.store().begin().await?;
                // The creator of an account with an unverified address may be another person: their password must go,
                // too.
                let handed = if password.is_some() || !has_verified_address {
                    self.hand_over_by_token(&mut tx, &id, password.as_deref(), attempt.token).await?
                } else {
                    HandedOver::default()
                };
                attempt.link(&mut tx, &id, self.wall_now()).await?;
                if !handed.was_first_verification {
                    self.notify_owner(&mut tx, &id, AccountNotice::SignInLinked).await?;
                    if password.is_some() {
                        self.notify_owner(&mut tx, &id, AccountNotice::PasswordSetByToken).await?;
                    }
                }
                tx.commit().await?;
                self.finish_hand_over(&id, &handed);
                SecurityEvent::AccountLinked { user: &id, issuer: FIREBASE }.write();
                self.open_first_workspace(&id, &attempt.workspace).await?;
                Ok(SignUpOutcome { user: id, created: false, confirmed_at: Some(attempt.token.signed_in_at) })
            }
            ExistingAccount::None => {
                self.count_attempt(attempt).await?;
                let password_hash = self.hash_new_password(attempt).await?;
                let has_verified_address = attempt.token.email_verified;
                let user = User { id: new_id()?, email: attempt.email.clone(), password_hash, has_verified_address };
                let now = self.billing_now();
                let name = attempt.workspace.clone();
                let tenant = Tenant::new(new_id()?, name, Overrides::default(), now);
                let mut tx = self.store().begin().await?;
                self.insert_account(&mut tx, &user, attempt.language).await?;
                self.insert_workspace(&mut tx, &tenant, &user.id, &attempt.email).await?;
                attempt.link(&mut tx, &user.id, self.wall_now()).await?;
                if !has_verified_address {
                    self.enqueue_verification_mail(&mut tx, &user.id, &user.email).await?;
                }
                tx.commit().await?;
                self.jobs_written().notify_one();
                SecurityEvent::AccountLinked { user: &user.id, issuer: FIREBASE }.write();
                Ok(SignUpOutcome { user: user.id, created: true, confirmed_at: Some(attempt.token.signed_in_at) })
            }
        }
    }

    async fn find_existing(&self, attempt: &Attempt<'_>) -> Result<ExistingAccount, ServiceError> {
        let mut reader = self.store().read().await?;
        // Read the address first. Account and subject are written together, so a reader that sees the account also
        // finds the subject.
        let by_address = reader.connection().find_user_by_email(&attempt.email).await?;
        let by_subject = reader.connection().find_firebase_user(attempt.project_id, &attempt.token.subject).await?;
        Ok(match (by_subject, by_address) {
            (Some((user, _)), _) => ExistingAccount::Linked(user),
            (None, Some(user)) => ExistingAccount::SameAddress(user),
            (None, None) => ExistingAccount::None,
        })
    }

    /// Applies a token of a linked subject to the account. Changes nothing if the token has another address.
    ///
    /// The first token that states the account's address as verified hands the account over: another person may have
    /// created the subject before the owner of the address verified it. Other tokens must pass
    /// [`Accounts::ensure_token_allowed`].
    async fn apply_token(&self, user: &UserId, attempt: &mut Attempt<'_>) -> Result<(), ServiceError> {
        // A separate statement, so that the connection is released before the wait for a hashing permit.
        let found = self.store().read().await?.connection().find_user(user).await?;
        let found = found.ok_or(ServiceError::NotSignedUp)?;
        let is_its_address = found.email == attempt.email;
        if is_its_address && attempt.token.email_verified && !found.has_verified_address {
            let password = self.hash_new_password(attempt).await?;
            let mut tx = self.store().begin().await?;
            let handed = self.hand_over_by_token(&mut tx, user, password.as_deref(), attempt.token).await?;
            attempt.link(&mut tx, user, self.wall_now()).await?;
            tx.commit().await?;
            self.finish_hand_over(user, &handed);
            SecurityEvent::AccountLinked { user, issuer: FIREBASE }.write();
            return Ok(());
        }
        self.ensure_token_allowed(user, attempt.token).await?;
        if is_its_address
            && found.password_hash.is_none()
            && let Some(hash) = self.hash_new_password(attempt).await?
        {
            let mut tx = self.store().begin().await?;
            if tx.connection().update_first_password(user, &hash).await? {
                self.notify_owner(&mut tx, user, AccountNotice::PasswordSetByToken).await?;
            }
            tx.commit().await?;
            self.jobs_written().notify_one();
        }
        Ok(())
    }

    /// Rejects a revoked token, and any token for an account with a second factor. Call this before any write.
    async fn ensure_token_allowed(&self, user: &UserId, token: &IdToken) -> Result<(), ServiceError> {
        let mut reader = self.store().read().await?;
        if has_second_factor(&mut reader.connection(), user).await? {
            return Err(ServiceError::TokenLacksSecondFactor);
        }
        find_token_user(&mut reader.connection(), user, token).await.map(drop)
    }

    /// Hands an account over by a token. Revokes the tokens of earlier sign-ins; `token` stays valid.
    async fn hand_over_by_token(
        &self,
        tx: &mut Tx,
        user: &UserId,
        password_hash: Option<&str>,
        token: &IdToken,
    ) -> Result<HandedOver, ServiceError> {
        let handed = self.hand_over(tx, user, password_hash).await?;
        tx.connection().update_tokens_since(user, token.signed_in_at).await?;
        Ok(handed)
    }

    async fn hash_new_password(&self, attempt: &mut Attempt<'_>) -> Result<Option<String>, ServiceError> {
        let Some(proposed) = attempt.password.clone() else { return Ok(None) };
        self.count_attempt(attempt).await?;
        let Attempt { email, workspace, from, .. } = &*attempt;
        let password = self.judged_password(proposed, email, workspace, *from).await?;
        self.hashed_password(&password, Some(*from)).await.map(Some)
    }

    /// Counts a request that creates an account or hashes a password, once. Logins are not counted.
    async fn count_attempt(&self, attempt: &mut Attempt<'_>) -> Result<(), ServiceError> {
        if !attempt.is_counted {
            self.count_sign_up(attempt.from).await?;
            attempt.is_counted = true;
        }
        Ok(())
    }
}

/// Returns the account of a token. [`ServiceError::IdTokenRevoked`] when the account has revoked the token.
async fn find_token_user(link: &mut Connection<'_>, user: &UserId, token: &IdToken) -> Result<User, ServiceError> {
    let found = link.find_user_of_token(user, token.signed_in_at).await?;
    found.ok_or_else(|| {
        SecurityEvent::SignInFailed { user: Some(user), email: None, reason: "id_token_ended" }.write();
        ServiceError::IdTokenRevoked
    })
}

/// A sign-up with a verified token.
struct Attempt<'a> {
    project_id: &'a str,
    token: &'a IdToken,
    email: Email,
    password: Option<ProposedPassword>,
    workspace: String,
    from: ClientAddress,
    language: Option<Locale>,
    /// Whether the request was counted as a sign-up.
    is_counted: bool,
}

impl Attempt<'_> {
    async fn link(&self, tx: &mut Tx, user: &UserId, now: Timestamp) -> Result<(), StoreError> {
        tx.connection().insert_firebase_user(self.project_id, &self.token.subject, user, now).await
    }
}

impl FirebaseVerifier {
    /// Verifies a token. If it is rejected, logs the reason.
    async fn verified_token(&self, token: &str) -> Result<IdToken, ServiceError> {
        self.verify(token).await.map_err(|error| match error {
            IdTokenError::Refused(refusal) => {
                tracing::info!(error = &refusal as &dyn std::error::Error, "rejected a Firebase ID token");
                SecurityEvent::SignInFailed { user: None, email: None, reason: "id_token_refused" }.write();
                ServiceError::IdTokenRefused
            }
            IdTokenError::Unavailable => ServiceError::FirebaseUnavailable,
        })
    }
}

#[cfg(test)]
mod tests;
