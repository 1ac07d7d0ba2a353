//! Sign-in with an identity provider: where the browser is sent, and which account its return opens.

use domain::{
    account::{Account, Email},
    entitlement::overrides::Overrides,
    ids::UserId,
    time::Timestamp,
};
use rand::Rng;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

pub use crate::store::account::identities::LinkedIdentity;
use crate::{
    identity::{
        client::Client,
        seal::SealingKey,
        token::provider::{Authorization, ProviderConfig, ProviderError, ProviderIdentity, SignInProvider},
    },
    security_event::{IDENTITY_PROVIDER, SecurityEvent},
    service::{
        Accounts, ServiceError,
        account::{default_name, second_factor::has_second_factor},
        base::core::new_id,
    },
    store::{StoreError, account::users::User, job::jobs::AccountNotice, tenant::tenants::Tenant},
};

/// How long a sign-in at the provider may take.
pub const PENDING_SECS: u32 = 600;
/// Maximum attempts of a first sign-in that conflicts with concurrent ones. By the last attempt, a concurrent sign-in
/// has created the account.
const MAX_ATTEMPTS: usize = 4;
/// Maximum number of linked identities in a list.
const MAX_LISTED: i64 = 50;
/// The name of the key that seals pending sign-ins, and the context that they are sealed for.
const PURPOSE: &str = "provider-sign-in";

/// A provider as the login page offers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferedProvider {
    pub id: String,
    pub name: String,
}

/// A sign-in that has begun.
#[derive(Clone, Debug)]
pub struct StartedSignIn {
    /// Where the browser goes.
    pub url: String,
    /// The sealed state that the browser has to keep until it returns, for at most [`PENDING_SECS`].
    pub pending: String,
}

/// What the browser sends when it returns from the provider.
#[derive(Clone, Debug, Default)]
pub struct ProviderReturn {
    pub code: Option<String>,
    pub state: Option<String>,
    /// The parameter `iss` (RFC 9207); `None` if the provider does not send it.
    pub issuer: Option<String>,
    /// [`StartedSignIn::pending`], which the browser has kept.
    pub pending: Option<String>,
}

/// A completed sign-in. The caller checks the second factor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderSignIn {
    pub user: UserId,
    /// The `next` of [`Accounts::start_provider_sign_in`], not validated.
    pub next: String,
}

/// The state of a sign-in from its start until the browser's return. The browser keeps it, sealed.
#[derive(Debug, Deserialize, Serialize)]
struct PendingSignIn {
    provider: String,
    state: String,
    nonce: String,
    pkce_verifier: String,
    next: String,
    started_at_secs: i64,
}

impl Accounts {
    /// Lists the identity providers that people sign in with.
    pub fn offered_providers(&self) -> Vec<OfferedProvider> {
        let offered =
            |ProviderConfig { id, name, .. }: &ProviderConfig| OfferedProvider { id: id.clone(), name: name.clone() };
        self.0.parts.sign_in_providers.configs().map(offered).collect()
    }

    /// Returns whether people can sign in and sign up with passwords.
    pub fn has_passwords(&self) -> bool {
        self.settings().has_passwords
    }

    /// [`ServiceError::PasswordsOff`] where people sign in only with identity providers.
    pub(in crate::service) fn ensure_passwords(&self) -> Result<(), ServiceError> {
        if self.has_passwords() { Ok(()) } else { Err(ServiceError::PasswordsOff) }
    }

    /// Begins a sign-in with a provider. [`ServiceError::IssuerUnavailable`] if it can't be reached.
    pub async fn start_provider_sign_in(&self, provider: &str, next: &str) -> Result<StartedSignIn, ServiceError> {
        let found = self.provider_named(provider)?;
        let authorized = found.authorize(&self.callback(provider)).await;
        let authorized = authorized.map_err(|error| sign_in_error(provider, error))?;
        let Authorization { url, state, nonce, pkce_verifier } = authorized;
        let pending = PendingSignIn {
            provider: provider.to_owned(),
            state,
            nonce,
            pkce_verifier,
            next: next.to_owned(),
            started_at_secs: self.wall_now().as_secs(),
        };
        let text = serde_json::to_vec(&pending)
            .map_err(|_| ServiceError::Internal("failed to serialize a pending sign-in"))?;
        let sealed = self.sign_in_key().await?.seal(PURPOSE, &text);
        let pending = sealed.map_err(|_| ServiceError::Internal("pending sign-in is too large to seal"))?;
        Ok(StartedSignIn { url: url.into(), pending })
    }

    /// Completes a sign-in: finds the account, links it, or creates it with a workspace.
    ///
    /// An account that is linked already is found by the provider's id of the user. An account with the same address is
    /// linked only if the provider has verified the address and is trusted to do so, and the address is verified in
    /// Dues, too: the creator of an account with an unverified address may be another person.
    /// [`ServiceError::AddressTaken`] otherwise.
    ///
    /// [`ServiceError::ProviderSignInFailed`] if the return does not belong to a sign-in that this browser has begun,
    /// or the provider refuses it.
    pub async fn finish_provider_sign_in(
        &self,
        provider: &str,
        returned: ProviderReturn,
        client: impl Into<Client>,
    ) -> Result<ProviderSignIn, ServiceError> {
        let client: Client = client.into();
        let found = self.provider_named(provider)?;
        let ProviderReturn { code, state, issuer, pending } = returned;
        let pending = self.open_pending(pending.as_deref()).await?;
        let is_same_state = state.is_some_and(|state| state.as_bytes().ct_eq(pending.state.as_bytes()).into());
        if pending.provider != provider || !is_same_state {
            return Err(failed("state"));
        }
        // Each provider has its own callback, so a return without an issuer can't be for another provider.
        if issuer.is_some_and(|issuer| issuer != found.config().issuer) {
            return Err(failed("another_issuer"));
        }
        // A return that reports an error of the provider has no code.
        let code = code.filter(|code| !code.is_empty()).ok_or_else(|| failed("no_code"))?;
        let PendingSignIn { nonce, pkce_verifier, next, .. } = pending;
        let completed = found.complete(&self.callback(provider), code, nonce, pkce_verifier).await;
        let identity = completed.map_err(|error| sign_in_error(provider, error))?;
        for _ in 0..MAX_ATTEMPTS {
            match self.open_account(found.config(), &identity, &client).await {
                // A concurrent sign-in created the account or its link: try again.
                Err(ServiceError::Store(StoreError::Conflict)) => {}
                opened => return opened.map(|user| ProviderSignIn { user, next }),
            }
        }
        Err(ServiceError::Store(StoreError::Conflict))
    }

    /// Lists the identities that open an account, the oldest first.
    pub async fn linked_identities(&self, account: &Account) -> Result<Vec<LinkedIdentity>, ServiceError> {
        Ok(self.store().read().await?.connection().list_identities_of(&account.user_id, MAX_LISTED).await?)
    }

    fn provider_named(&self, id: &str) -> Result<&SignInProvider, ServiceError> {
        self.0.parts.sign_in_providers.find(id).ok_or(ServiceError::NotFound("identity provider"))
    }

    fn callback(&self, provider: &str) -> String {
        self.page_url(&format!("login/oidc/{provider}/callback"))
    }

    /// The key of pending sign-ins, the same on every node.
    async fn sign_in_key(&self) -> Result<&SealingKey, ServiceError> {
        let key = async {
            let bytes = self.signing_key_bytes(PURPOSE).await?;
            SealingKey::from_bytes(&bytes).map_err(|_| ServiceError::Internal("sign-in key has the wrong length"))
        };
        self.0.sign_in_key.get_or_try_init(|| key).await
    }

    async fn open_pending(&self, sealed: Option<&str>) -> Result<PendingSignIn, ServiceError> {
        let opened = self.sign_in_key().await?.open(PURPOSE, sealed.ok_or_else(|| failed("not_started"))?);
        let pending: Option<PendingSignIn> = opened.ok().and_then(|text| serde_json::from_slice(&text).ok());
        let age = |pending: &PendingSignIn| self.wall_now().secs_since(Timestamp::from_secs(pending.started_at_secs));
        pending.filter(|pending| (0..i64::from(PENDING_SECS)).contains(&age(pending))).ok_or_else(|| failed("too_late"))
    }

    /// One attempt to find, link or create the account of an identity. [`StoreError::Conflict`] when another request
    /// created it concurrently.
    async fn open_account(
        &self,
        provider: &ProviderConfig,
        identity: &ProviderIdentity,
        client: &Client,
    ) -> Result<UserId, ServiceError> {
        let ProviderIdentity { subject, email, email_verified } = identity;
        let mut reader = self.store().read().await?;
        // Read the address first: if a concurrent sign-in creates the account in between, its identity is found.
        let by_address = match email {
            Some(email) => reader.connection().find_user_by_email(email).await?,
            None => None,
        };
        let by_identity = reader.connection().find_identity(&provider.issuer, subject).await?;
        drop(reader);
        if let Some(user) = by_identity {
            self.record_identity_use(&provider.issuer, subject).await;
            return Ok(user);
        }
        let email = email.as_ref().ok_or(ServiceError::ProviderWithoutAddress)?;
        let is_proven = *email_verified && provider.trusts_email;
        match by_address {
            Some(User { id, has_verified_address: true, .. }) if is_proven => {
                // Not linked before the second factor is verified. The next sign-in finds the account by its address.
                if !self.has_second_factor(&id).await? {
                    self.link_identity((&id, email), &provider.issuer, subject).await?;
                }
                Ok(id)
            }
            Some(User { id, .. }) => {
                SecurityEvent::SignInFailed { user: Some(&id), email: None, reason: "address_taken" }.write();
                Err(ServiceError::AddressTaken)
            }
            None => self.create_account(&provider.issuer, subject, (email, is_proven), client).await,
        }
    }

    /// Links an identity to the account with its address. [`StoreError::Conflict`] if the account has changed since it
    /// was read.
    async fn link_identity(
        &self,
        (user, email): (&UserId, &Email),
        issuer: &str,
        subject: &str,
    ) -> Result<(), ServiceError> {
        let mut tx = self.store().begin().await?;
        tx.connection().lock_user(user).await?;
        let found = tx.connection().find_user(user).await?;
        let has_address = found.is_some_and(|found| found.email == *email && found.has_verified_address);
        if !has_address || has_second_factor(&mut tx.connection(), user).await? {
            return Err(StoreError::Conflict.into());
        }
        tx.connection().insert_identity(issuer, subject, user, self.wall_now()).await?;
        self.notify_owner(&mut tx, user, AccountNotice::SignInLinked).await?;
        tx.commit().await?;
        self.jobs_written().notify_one();
        SecurityEvent::AccountLinked { user, issuer: IDENTITY_PROVIDER }.write();
        Ok(())
    }

    /// Creates an account without a password, and a workspace that it owns.
    async fn create_account(
        &self,
        issuer: &str,
        subject: &str,
        (email, has_verified_address): (&Email, bool),
        client: &Client,
    ) -> Result<UserId, ServiceError> {
        self.count_sign_up(client.address).await?;
        let user = User { id: new_id()?, email: email.clone(), password_hash: None, has_verified_address };
        let now = self.billing_now();
        let name = default_name(email.as_str());
        let tenant = Tenant::new(new_id()?, name, Overrides::default(), now);
        let mut tx = self.store().begin().await?;
        self.insert_account(&mut tx, &user, client.language).await?;
        self.insert_workspace(&mut tx, &tenant, &user.id, email).await?;
        tx.connection().insert_identity(issuer, subject, &user.id, self.wall_now()).await?;
        if !has_verified_address {
            self.enqueue_verification_mail(&mut tx, &user.id, email).await?;
        }
        tx.commit().await?;
        self.jobs_written().notify_one();
        SecurityEvent::AccountLinked { user: &user.id, issuer: IDENTITY_PROVIDER }.write();
        Ok(user.id)
    }

    /// Records when an identity was last used. A failure is only logged.
    async fn record_identity_use(&self, issuer: &str, subject: &str) {
        let write = async {
            let mut tx = self.store().begin().await?;
            tx.connection().update_identity_use(issuer, subject, self.wall_now()).await?;
            tx.commit().await
        };
        if let Err(error) = write.await {
            tracing::warn!(
                issuer,
                error = &error as &dyn std::error::Error,
                "failed to update the last use of an identity"
            );
        }
    }

    /// Returns the key for a purpose, the same on every node. The first node that needs it creates it.
    pub(in crate::service) async fn signing_key_bytes(&self, purpose: &str) -> Result<Vec<u8>, ServiceError> {
        let known = self.store().read().await?.connection().find_signing_key(purpose).await?;
        let key = if let Some(key) = known {
            key
        } else {
            let fresh: [u8; 32] = rand::rng().random();
            let mut tx = self.store().begin().await?;
            tx.connection().insert_signing_key(purpose, &hex::encode(fresh), self.wall_now()).await?;
            let key = tx.connection().find_signing_key(purpose).await?;
            tx.commit().await?;
            key.ok_or(ServiceError::Internal("signing key missing after insert"))?
        };
        hex::decode(key).map_err(|_| ServiceError::Internal("signing key is not hexadecimal"))
    }
}

fn failed(reason: &'static str) -> ServiceError {
    SecurityEvent::SignInFailed { user: None, email: None, reason }.write();
    ServiceError::ProviderSignInFailed
}

fn sign_in_error(provider: &str, error: ProviderError) -> ServiceError {
    match error {
        ProviderError::Unavailable => ServiceError::IssuerUnavailable,
        ProviderError::Refused(error) => {
            let error: &(dyn std::error::Error + 'static) = &*error;
            tracing::info!(provider, error, "rejected a sign-in with an identity provider");
            failed("provider_refused")
        }
    }
}
