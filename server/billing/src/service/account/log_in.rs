//! Login by password: throttled by address, account and device.

use std::time::Duration;

use domain::{account::Email, ids::UserId};

use crate::{
    identity::{
        client::Client,
        device::DeviceKey,
        login_throttle::{Admission, LoginThrottle},
        password::{
            Purpose, QueueClient,
            new_password::{SENT_MAX_BYTES, composed},
        },
    },
    security_event::SecurityEvent,
    service::{Accounts, ServiceError},
    store::account::users::User,
};

impl Accounts {
    /// Authenticates a user by password. Neither response nor timing reveals whether the account exists.
    ///
    /// After too many failures from unknown devices, an attempt from such a device is delayed by some seconds or
    /// refused as [`ServiceError::Throttled`].
    pub async fn log_in(&self, email: &str, password: &str, client: impl Into<Client>) -> Result<UserId, ServiceError> {
        self.ensure_passwords()?;
        // Reject an address that is longer than any account's: the throttle's key must be short.
        let email = Email::for_lookup(email).ok_or(ServiceError::InvalidCredentials)?;
        let user = self.store().read().await?.connection().find_user_by_email(&email).await?;
        self.verify_password(&email, password, user, Purpose::LogIn, &client.into()).await
    }

    /// Verifies the password of `user`. `None`, for an address without an account, takes the same time. Throttled by
    /// address, account and device.
    pub(in crate::service) async fn verify_password(
        &self,
        email: &Email,
        password: &str,
        user: Option<User>,
        purpose: Purpose,
        client: &Client,
    ) -> Result<UserId, ServiceError> {
        if password.len() > SENT_MAX_BYTES {
            return Err(ServiceError::InvalidCredentials);
        }
        let device = match &user {
            Some(user) => self.device_key().await?.known(&client.device_cookie, &user.id, self.wall_now()),
            None => None,
        };
        let device = user.as_ref().map(|user| &user.id).zip(device.as_ref());
        let throttle = LoginThrottle::new(email, client.address, device);
        let admission = self.wait_for_admission(&throttle).await?;
        let asker = match device {
            Some((user, _)) => QueueClient::KnownDevice(user.clone()),
            None => QueueClient::Network(Some(client.address.network())),
        };
        let permit = self.0.passwords.acquire(purpose, asker).await?;
        // Other attempts may have failed while this one waited.
        if let Some(retry_after_secs) = throttle.wait_secs(self.store(), self.wall_now(), admission).await? {
            return Err(ServiceError::Throttled { retry_after_secs });
        }
        let hash = user.as_ref().and_then(|user| user.password_hash.as_deref());
        let as_compared = composed(password);
        // A password that a former version hashed without Unicode composition matches only as it was typed.
        let matches = permit.verify(&as_compared, hash).await?
            || (as_compared != password && permit.verify(password, hash).await?);
        match user {
            Some(user) if matches => Ok(user.id),
            user => {
                let user = user.as_ref().map(|user| &user.id);
                let reason = if user.is_some() { "wrong_password" } else { "unknown_address" };
                SecurityEvent::SignInFailed { user, email: Some(email), reason }.write();
                throttle.count_failure(self.store(), self.wall_now()).await?;
                Err(ServiceError::InvalidCredentials)
            }
        }
    }

    /// Waits for the slot of a login attempt; [`ServiceError::Throttled`] if it is refused. Hold no connection and no
    /// permit across this call.
    pub(in crate::service) async fn wait_for_admission(
        &self,
        throttle: &LoginThrottle,
    ) -> Result<Admission, ServiceError> {
        let admission = throttle.admit(self.store(), self.wall_now()).await?;
        match admission {
            Admission::Free | Admission::Now => {}
            Admission::After { wait_millis } => tokio::time::sleep(Duration::from_millis(wait_millis)).await,
            Admission::Refused { retry_after_secs } => return Err(ServiceError::Throttled { retry_after_secs }),
        }
        Ok(admission)
    }

    /// Returns the cookie of the device on which `user` has just signed in.
    pub async fn device_cookie(&self, user: &UserId, client: &Client) -> Result<String, ServiceError> {
        Ok(self.device_key().await?.renewed(&client.device_cookie, user, self.wall_now()))
    }

    /// Returns the key of device cookies, the same on every node. The first node that needs it creates it.
    pub(in crate::service) async fn device_key(&self) -> Result<&DeviceKey, ServiceError> {
        self.0.device_key.get_or_try_init(|| self.find_device_key()).await
    }

    async fn find_device_key(&self) -> Result<DeviceKey, ServiceError> {
        Ok(DeviceKey::from_bytes(&self.signing_key_bytes("device-cookie").await?))
    }
}
