//! The second factor of an account: setup, verification, recovery codes, removal.
//!
//! A session requires an [`Authenticated`], which a login gets only from [`Accounts::complete_sign_in`].

use domain::{
    account::{Account, Email},
    ids::UserId,
    time::Timestamp,
};

use crate::{
    identity::{
        client::Client,
        device::DeviceId,
        factors::{Authenticated, Confirmed},
        login_throttle::LoginThrottle,
        totp::{FreshRecoveryCode, RECOVERY_CODES, TotpSecret, TypedCode, recovery_hash},
    },
    security_event::{SecondFactor, SecurityEvent},
    service::{Accounts, ServiceError},
    store::{
        Connection, StoreResult, Tx,
        account::{second_factors::StoredFactor, users::User},
        job::jobs::AccountNotice,
        tenant::sealed::SealedColumn,
    },
};

/// How long after its start a setup can be completed.
const SETUP_SECS: i64 = 3600;

/// State of an account's second factor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecondFactorState {
    Off,
    /// Setup has begun.
    Pending(SecondFactorSetup),
    On {
        since: Timestamp,
        recovery_codes_left: i64,
    },
}

/// What an authenticator app needs to generate codes.
#[derive(Clone, PartialEq, Eq)]
pub struct SecondFactorSetup {
    /// The `otpauth:` URL for a QR code.
    pub url: String,
    /// The secret in Base32, for manual entry.
    pub secret: String,
}

impl std::fmt::Debug for SecondFactorSetup {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("SecondFactorSetup").finish_non_exhaustive()
    }
}

impl Accounts {
    /// Completes the sign-in of a user who has shown the first factor at `at`.
    ///
    /// [`ServiceError::SecondFactorRequired`] when the account has a second factor and `code` is missing;
    /// [`ServiceError::InvalidCode`] when the code is wrong.
    pub async fn complete_sign_in(
        &self,
        user: &UserId,
        at: Timestamp,
        code: Option<&str>,
        client: &Client,
    ) -> Result<Authenticated, ServiceError> {
        self.complete_sign_in_at(user, (at, at), code, client).await
    }

    /// Completes the sign-in of the user of an ID token. `signed_in_at` is when they signed in at the issuer. It is the
    /// time of their last confirmation unless the account has a second factor.
    pub async fn complete_sign_in_by_token(
        &self,
        user: &UserId,
        at: Timestamp,
        signed_in_at: Timestamp,
        code: Option<&str>,
        client: &Client,
    ) -> Result<Authenticated, ServiceError> {
        self.complete_sign_in_at(user, (at, signed_in_at), code, client).await
    }

    async fn complete_sign_in_at(
        &self,
        user: &UserId,
        (at, shown_at): (Timestamp, Timestamp),
        code: Option<&str>,
        client: &Client,
    ) -> Result<Authenticated, ServiceError> {
        // A password change since `at` invalidates the first factor.
        let known = self.store().read().await?.connection().find_user_of_session(user, at).await?;
        let user = known.ok_or(ServiceError::InvalidCredentials)?;
        if self.has_second_factor(&user.id).await? {
            let code = code.ok_or(ServiceError::SecondFactorRequired)?;
            self.verify_code(&user, code, client).await?;
            return Ok(Authenticated::new(user.id, at));
        }
        Ok(Authenticated::confirmed_before(user.id, at, shown_at))
    }

    /// Returns whether the account has an enabled second factor.
    pub async fn has_second_factor(&self, user: &UserId) -> Result<bool, ServiceError> {
        Ok(has_second_factor(&mut self.store().read().await?.connection(), user).await?)
    }

    /// Returns the state of the account's second factor. An expired setup counts as off.
    pub async fn second_factor(&self, account: &Account) -> Result<SecondFactorState, ServiceError> {
        let mut reader = self.store().read().await?;
        let Some(factor) = reader.connection().find_second_factor(&account.user_id).await? else {
            return Ok(SecondFactorState::Off);
        };
        let StoredFactor { secret, created_at, enabled_at } = factor;
        if let Some(since) = enabled_at {
            let recovery_codes_left = reader.connection().count_recovery_codes(&account.user_id).await?;
            return Ok(SecondFactorState::On { since, recovery_codes_left });
        }
        if self.wall_now().secs_since(created_at) >= SETUP_SECS {
            return Ok(SecondFactorState::Off);
        }
        let secret = self.open_factor(&account.user_id, &secret)?;
        let url = secret.url(&self.settings().brand.app_name, account.email.as_str());
        let (Some(url), Some(secret)) = (url, secret.base32()) else {
            return Err(ServiceError::Internal("failed to encode a TOTP secret"));
        };
        Ok(SecondFactorState::Pending(SecondFactorSetup { url, secret }))
    }

    /// Begins a setup with a new secret. [`ServiceError::Conflict`] when a second factor is enabled.
    pub async fn begin_second_factor(&self, account: &Account, _: &Confirmed) -> Result<(), ServiceError> {
        self.secrets().ensure_can_store_secrets()?;
        let secret = TotpSecret::random();
        let sealed = self.sealing_key().seal(&seal_context(&account.user_id), secret.expose());
        let sealed = sealed.map_err(|_| ServiceError::Internal("failed to seal a TOTP secret"))?;
        let mut tx = self.store().begin().await?;
        if !tx.connection().upsert_pending_factor(&account.user_id, &sealed, self.wall_now()).await? {
            return Err(ServiceError::Conflict("A second factor is on already. Remove it first."));
        }
        Ok(tx.commit().await?)
    }

    /// Completes a setup with a code of the new secret. Returns the recovery codes, which are shown only once.
    pub async fn enable_second_factor(
        &self,
        account: &Account,
        _: &Confirmed,
        code: &str,
    ) -> Result<Vec<String>, ServiceError> {
        let user = &account.user_id;
        let now = self.wall_now();
        let pending = self.store().read().await?.connection().find_second_factor(user).await?;
        let pending =
            pending.filter(|factor| factor.enabled_at.is_none() && now.secs_since(factor.created_at) < SETUP_SECS);
        let pending = pending.ok_or(ServiceError::Conflict("No second factor is being set up. Start again."))?;
        let Some(TypedCode::Time(code)) = TypedCode::read(code) else { return Err(ServiceError::InvalidCode) };
        let step = self.open_factor(user, &pending.secret)?.step_of(&code, now).ok_or(ServiceError::InvalidCode)?;
        let mut tx = self.store().begin().await?;
        if !tx.connection().enable_second_factor(user, now, step).await? {
            return Err(ServiceError::Conflict("A second factor is on already. Remove it first."));
        }
        let codes = fresh_recovery_codes(&mut tx, user).await?;
        self.notify_owner(&mut tx, user, AccountNotice::SecondFactorEnabled).await?;
        tx.commit().await?;
        self.jobs_written().notify_one();
        SecurityEvent::SecondFactorEnabled { user }.write();
        Ok(codes)
    }

    /// Removes the second factor and its recovery codes. Idempotent.
    pub async fn remove_second_factor(&self, account: &Account, _: &Confirmed) -> Result<(), ServiceError> {
        let mut tx = self.store().begin().await?;
        // Ending an unfinished setup is no security event.
        let was_on = has_second_factor(&mut tx.connection(), &account.user_id).await?;
        tx.connection().delete_second_factor(&account.user_id).await?;
        if was_on {
            self.notify_owner(&mut tx, &account.user_id, AccountNotice::SecondFactorRemoved).await?;
        }
        tx.commit().await?;
        self.jobs_written().notify_one();
        if was_on {
            SecurityEvent::SecondFactorDisabled { user: &account.user_id }.write();
        }
        Ok(())
    }

    /// Replaces all recovery codes and returns the new ones. [`ServiceError::Conflict`] without a second factor.
    pub async fn renew_recovery_codes(&self, account: &Account, _: &Confirmed) -> Result<Vec<String>, ServiceError> {
        let user = &account.user_id;
        let mut tx = self.store().begin().await?;
        tx.connection().lock_user(user).await?;
        let factor = tx.connection().find_second_factor(user).await?;
        if factor.is_none_or(|factor| factor.enabled_at.is_none()) {
            return Err(ServiceError::Conflict("There is no second factor. Set one up first."));
        }
        tx.connection().delete_recovery_codes(user).await?;
        let codes = fresh_recovery_codes(&mut tx, user).await?;
        self.notify_owner(&mut tx, user, AccountNotice::RecoveryCodesRenewed).await?;
        tx.commit().await?;
        self.jobs_written().notify_one();
        tracing::info!(%user, "renewed recovery codes");
        Ok(codes)
    }

    /// Removes a lost second factor and ends every session, for an operator at the command line. Returns `None` when
    /// the address has no account, `Some(false)` when the account had no second factor.
    pub async fn reset_second_factor(&self, email: &str) -> Result<Option<bool>, ServiceError> {
        let Ok(email) = email.parse::<Email>() else { return Ok(None) };
        let Some(user) = self.store().read().await?.connection().find_user_by_email(&email).await? else {
            return Ok(None);
        };
        let mut tx = self.store().begin().await?;
        let was_on = has_second_factor(&mut tx.connection(), &user.id).await?;
        tx.connection().delete_second_factor(&user.id).await?;
        // Another person may have signed in with the lost factor.
        tx.connection().end_sessions(&user.id, self.wall_now()).await?;
        if was_on {
            self.notify_owner(&mut tx, &user.id, AccountNotice::SecondFactorRemoved).await?;
        }
        tx.commit().await?;
        self.jobs_written().notify_one();
        if was_on {
            SecurityEvent::SecondFactorDisabled { user: &user.id }.write();
        }
        self.session_ends().notify(&user.id);
        SecurityEvent::SessionsEnded { user: &user.id }.write();
        Ok(Some(was_on))
    }

    /// Verifies a code and marks it as used. [`ServiceError::InvalidCode`] when it is wrong or was used before.
    pub(in crate::service) async fn verify_code(
        &self,
        user: &User,
        code: &str,
        client: &Client,
    ) -> Result<(), ServiceError> {
        let device = self.device_key().await?.known(&client.device_cookie, &user.id, self.wall_now());
        // A device that only reset the password has not shown the second factor: treat it as unknown.
        let device = device.filter(DeviceId::has_signed_in);
        let throttle = LoginThrottle::of_codes(&user.id, client.address, device.as_ref());
        let admission = self.wait_for_admission(&throttle).await?;
        // Serialized per user, so that concurrent guesses can't bypass the count of failures.
        let mut tx = self.store().begin().await?;
        tx.connection().lock_user(&user.id).await?;
        let now = self.wall_now();
        if let Some(retry_after_secs) = throttle.wait_secs_in(&mut tx.connection(), now, admission).await? {
            return Err(ServiceError::Throttled { retry_after_secs });
        }
        if let Some(factor) = self.accept_code(&mut tx, &user.id, code, now).await? {
            tx.commit().await?;
            SecurityEvent::SecondFactorPassed { user: &user.id, factor }.write();
            return Ok(());
        }
        throttle.count_failure_in(&mut tx.connection(), now).await?;
        tx.commit().await?;
        SecurityEvent::SecondFactorFailed { user: &user.id, reason: "invalid_code" }.write();
        Err(ServiceError::InvalidCode)
    }

    /// Marks a valid code as used and returns its kind; `None` for a code that is wrong or was used before.
    async fn accept_code(
        &self,
        tx: &mut Tx,
        user: &UserId,
        code: &str,
        now: Timestamp,
    ) -> Result<Option<SecondFactor>, ServiceError> {
        match TypedCode::read(code) {
            Some(TypedCode::Time(code)) => {
                let factor =
                    tx.connection().find_second_factor(user).await?.filter(|factor| factor.enabled_at.is_some());
                let Some(factor) = factor else { return Ok(None) };
                let Some(step) = self.open_factor(user, &factor.secret)?.step_of(&code, now) else { return Ok(None) };
                Ok(tx.connection().take_factor_step(user, step).await?.then_some(SecondFactor::Totp))
            }
            Some(TypedCode::Recovery(code)) => {
                let is_taken = tx.connection().take_recovery_code(user, &recovery_hash(user, &code), now).await?;
                Ok(is_taken.then_some(SecondFactor::RecoveryCode))
            }
            None => Ok(None),
        }
    }

    fn open_factor(&self, user: &UserId, sealed: &str) -> Result<TotpSecret, ServiceError> {
        let opened = self.sealing_key().open(&seal_context(user), sealed).map_err(|_| ServiceError::SecretsKeyLost)?;
        TotpSecret::from_bytes(&opened).ok_or(ServiceError::SecretsKeyLost)
    }
}

/// Returns whether the user has an enabled second factor.
pub(in crate::service) async fn has_second_factor(link: &mut Connection<'_>, user: &UserId) -> StoreResult<bool> {
    Ok(link.find_second_factor(user).await?.is_some_and(|factor| factor.enabled_at.is_some()))
}

async fn fresh_recovery_codes(tx: &mut Tx, user: &UserId) -> Result<Vec<String>, ServiceError> {
    let mut codes = Vec::with_capacity(RECOVERY_CODES);
    for _ in 0..RECOVERY_CODES {
        let FreshRecoveryCode { code, hash } = FreshRecoveryCode::new(user);
        tx.connection().insert_recovery_code(user, &hash).await?;
        codes.push(code);
    }
    Ok(codes)
}

fn seal_context(user: &UserId) -> String {
    SealedColumn::SECOND_FACTORS.place(user.as_str())
}

#[cfg(test)]
mod tests;
