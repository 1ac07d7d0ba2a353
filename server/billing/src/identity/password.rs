//! Passwords: hashed by argon2id, verified in a time that does not tell whether there is an account.

use std::sync::Arc;

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};

/// Hashing takes a core for some 20 ms and 19 MiB: more at once would only slow everybody down.
const HASHES_AT_ONCE: usize = 2;

#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    #[error("the password can't be hashed")]
    Hash(#[from] argon2::password_hash::Error),
    #[error("the hashing thread ended early")]
    Join(#[from] tokio::task::JoinError),
    #[error("the server is stopping")]
    Stopping(#[from] AcquireError),
}

/// Hashes and verifies passwords, a few at a time.
#[derive(Clone, Debug)]
pub struct Passwords {
    turns: Arc<Semaphore>,
    /// What a password is verified against where there is no account.
    nobody: Arc<str>,
}

/// A turn at hashing. Held over looking up failures and counting one, so that many guesses at once can't slip past the count.
#[derive(Debug)]
pub struct Turn {
    _permit: OwnedSemaphorePermit,
    nobody: Arc<str>,
}

impl Passwords {
    pub fn new() -> Result<Self, PasswordError> {
        let nobody = Argon2::default().hash_password(b"nobody has this account")?.to_string();
        Ok(Self { turns: Arc::new(Semaphore::new(HASHES_AT_ONCE)), nobody: nobody.into() })
    }

    pub async fn turn(&self) -> Result<Turn, PasswordError> {
        Ok(Turn { _permit: self.turns.clone().acquire_owned().await?, nobody: self.nobody.clone() })
    }
}

impl Turn {
    /// The password's hash in PHC string format, with a random salt.
    pub async fn hash(&self, password: &str) -> Result<String, PasswordError> {
        let password = password.to_owned();
        let hash = tokio::task::spawn_blocking(move || {
            Argon2::default().hash_password(password.as_bytes()).map(|hash| hash.to_string())
        });
        Ok(hash.await??)
    }

    /// Whether the password is the one of `hash`. Takes as long when there is none.
    pub async fn verify(&self, password: &str, hash: Option<&str>) -> Result<bool, PasswordError> {
        let known = hash.is_some();
        let hash: Arc<str> = hash.map_or_else(|| self.nobody.clone(), Arc::from);
        let password = password.to_owned();
        let matches = tokio::task::spawn_blocking(move || {
            let hash = PasswordHash::new(&hash)?;
            match Argon2::default().verify_password(password.as_bytes(), &hash) {
                Ok(()) => Ok(true),
                Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
                Err(error) => Err(error),
            }
        });
        Ok(matches.await?? && known)
    }
}
