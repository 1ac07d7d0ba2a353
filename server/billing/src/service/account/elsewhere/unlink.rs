//! Removal of a linked sign-in. The last sign-in that opens an account can't be removed.

use domain::{account::Account, ids::UserId};

use crate::{
    identity::factors::Confirmed,
    security_event::{FIREBASE, IDENTITY_PROVIDER, SecurityEvent},
    service::{Accounts, ServiceError},
    store::Tx,
};

/// Maximum number of linked sign-ins of each kind that are read.
const MAX_READ: i64 = 50;

/// A linked sign-in.
enum Linked<'a> {
    Firebase { project_id: &'a str, subject: &'a str },
    Identity { issuer: &'a str, subject: &'a str },
}

impl Accounts {
    /// Unlinks a sign-in of a Firebase project. Idempotent. [`ServiceError::LastSignIn`] if nothing else opens the
    /// account.
    pub async fn remove_linked_sign_in(
        &self,
        account: &Account,
        _: &Confirmed,
        project_id: &str,
        subject: &str,
    ) -> Result<(), ServiceError> {
        self.unlink(&account.user_id, Linked::Firebase { project_id, subject }).await
    }

    /// Unlinks a sign-in with an identity provider. Idempotent. [`ServiceError::LastSignIn`] if nothing else opens the
    /// account.
    pub async fn remove_linked_identity(
        &self,
        account: &Account,
        _: &Confirmed,
        issuer: &str,
        subject: &str,
    ) -> Result<(), ServiceError> {
        self.unlink(&account.user_id, Linked::Identity { issuer, subject }).await
    }

    async fn unlink(&self, user: &UserId, linked: Linked<'_>) -> Result<(), ServiceError> {
        let mut tx = self.store().begin().await?;
        // Two concurrent removals would otherwise each find the sign-in that the other one removes.
        tx.connection().lock_user(user).await?;
        let could_sign_in = self.can_sign_in(&mut tx, user).await?;
        let (was_there, issuer) = match linked {
            Linked::Firebase { project_id, subject } => {
                (tx.connection().delete_firebase_user(user, project_id, subject).await?, FIREBASE)
            }
            Linked::Identity { issuer, subject } => {
                (tx.connection().delete_identity(user, issuer, subject).await?, IDENTITY_PROVIDER)
            }
        };
        // A sign-in whose issuer is no longer configured does not open the account, so it can always be removed.
        if was_there && could_sign_in && !self.can_sign_in(&mut tx, user).await? {
            return Err(ServiceError::LastSignIn);
        }
        tx.commit().await?;
        if was_there {
            SecurityEvent::AccountUnlinked { user, issuer }.write();
        }
        Ok(())
    }

    /// Returns whether the account has a password, or a linked sign-in of a configured issuer.
    async fn can_sign_in(&self, tx: &mut Tx, user: &UserId) -> Result<bool, ServiceError> {
        let found = tx.connection().find_user(user).await?;
        if self.has_passwords() && found.is_some_and(|found| found.password_hash.is_some()) {
            return Ok(true);
        }
        let is_provider = |issuer: &str| self.0.parts.sign_in_providers.configs().any(|known| known.issuer == issuer);
        let identities = tx.connection().list_identities_of(user, MAX_READ).await?;
        if identities.iter().any(|identity| is_provider(&identity.issuer)) {
            return Ok(true);
        }
        let is_project = |id: &str| self.0.parts.firebase.as_ref().is_some_and(|known| known.project_id() == id);
        let sign_ins = tx.connection().list_firebase_users_of(user, MAX_READ).await?;
        Ok(sign_ins.iter().any(|sign_in| is_project(&sign_in.project_id)))
    }
}
