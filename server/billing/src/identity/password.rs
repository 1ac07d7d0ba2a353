//! Passwords: hashed by argon2id, verified in a time that does not reveal whether the account exists.
//!
//! Logins have one queue, all other hashing (sign-up, invitation, reset) another. Each queue has its own threads and is
//! bounded and fair, so that a login never waits for sign-ups or for tokio's blocking pool. A login on a known device
//! does not wait for logins on unknown devices.

pub mod new_password;
mod threads;

use std::sync::Arc;

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};

use threads::Threads;

use self::new_password::{NewPassword, PasswordMistake, ProposedPassword};
pub use super::fair_queue::QueueClient;
use super::fair_queue::{FairQueue, Permit, QueueLimits};

/// A hash takes about 20 ms of a core and 19 MiB. Two logins at once keep two cores busy; more would slow each of them
/// down. One of the two permits is reserved for known devices, so that a flood of guesses gets only the other.
const LOGINS: QueueLimits =
    QueueLimits { name: "login", at_once: 2, reserved_for_known: 1, waiting: 128, max_waiting_per_client: 64 };
/// One at a time, so that a flood of sign-ups leaves a core to logins.
const OTHERS: QueueLimits =
    QueueLimits { name: "sign-up", at_once: 1, reserved_for_known: 0, waiting: 64, max_waiting_per_client: 48 };
/// After how many seconds a caller that found the queue full may retry.
const RETRY_AFTER_SECS: i64 = 2;
/// The hash that a password is verified against if the account has none, so that both cases take equally long. It is a
/// constant because making it takes as long as a login.
const NO_ACCOUNT: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$P/wzZCeBaYNvLqcyy+lVUQ$Gx6BiA2zIa6sXECA0Rkg5r2k2Q2Hdex4FiHdXWkzFVc";

#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    #[error("the password can't be hashed")]
    Hash(#[from] argon2::password_hash::Error),
    #[error("the hashing threads can't be started")]
    Threads(#[source] std::io::Error),
    #[error("the hashing thread ended early")]
    Ended,
    /// The queue is full.
    #[error("too many passwords wait to be hashed")]
    Busy { retry_after_secs: i64 },
}

/// What a password is hashed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    LogIn,
    /// Sign-up, accepting an invitation, a new password. Includes the check of the password's strength.
    Other,
}

/// Hashes and verifies passwords, a few at a time.
#[derive(Clone, Debug)]
pub struct Passwords {
    logins: HashQueue,
    others: HashQueue,
}

/// A queue and the threads that serve it.
#[derive(Clone, Debug)]
struct HashQueue {
    queue: FairQueue,
    threads: Arc<Threads>,
}

/// A permit to hash. Held while failures are looked up and counted, so that concurrent guesses can't exceed the limit.
#[derive(Debug)]
pub struct HashPermit {
    permit: Arc<Permit>,
    threads: Arc<Threads>,
}

impl Passwords {
    pub fn new() -> Result<Self, PasswordError> {
        Ok(Self { logins: HashQueue::new(LOGINS)?, others: HashQueue::new(OTHERS)? })
    }

    /// Fails if [`Self::acquire`] would fail now. Lets a request be refused before other work is done for it.
    pub fn check_capacity(&self, purpose: Purpose, client: &QueueClient) -> Result<(), PasswordError> {
        let has_place = self.queue(purpose).queue.has_place(client);
        if has_place { Ok(()) } else { Err(PasswordError::Busy { retry_after_secs: RETRY_AFTER_SECS }) }
    }

    /// Waits for a permit, round robin among clients. [`PasswordError::Busy`] if the queue is full.
    pub async fn acquire(&self, purpose: Purpose, client: QueueClient) -> Result<HashPermit, PasswordError> {
        let HashQueue { queue, threads } = self.queue(purpose);
        let permit = queue.permit(client).await.ok_or(PasswordError::Busy { retry_after_secs: RETRY_AFTER_SECS })?;
        Ok(HashPermit { permit: Arc::new(permit), threads: threads.clone() })
    }

    const fn queue(&self, purpose: Purpose) -> &HashQueue {
        match purpose {
            Purpose::LogIn => &self.logins,
            Purpose::Other => &self.others,
        }
    }
}

impl HashQueue {
    fn new(size: QueueLimits) -> Result<Self, PasswordError> {
        let threads = Threads::start(size.name, size.at_once).map_err(PasswordError::Threads)?;
        Ok(Self { queue: FairQueue::new(size), threads: Arc::new(threads) })
    }
}

impl HashPermit {
    /// Checks a password's strength for the owner of `address` in a workspace called `workspace`.
    pub async fn judge(
        &self,
        proposed: ProposedPassword,
        address: &str,
        workspace: &str,
    ) -> Result<Result<NewPassword, PasswordMistake>, PasswordError> {
        let (address, workspace) = (address.to_owned(), workspace.to_owned());
        self.run(move || proposed.judged(&address, &workspace)).await
    }

    /// Returns the password's hash in PHC string format, with a random salt.
    pub async fn hash(&self, password: &NewPassword) -> Result<String, PasswordError> {
        let password = password.clone();
        let hash = self
            .run(move || Argon2::default().hash_password(password.expose().as_bytes()).map(|hash| hash.to_string()));
        Ok(hash.await??)
    }

    /// Whether the password matches `hash`. `None` never matches, and takes equally long.
    pub async fn verify(&self, password: &str, hash: Option<&str>) -> Result<bool, PasswordError> {
        let known = hash.is_some();
        let hash = hash.unwrap_or(NO_ACCOUNT).to_owned();
        let password = password.to_owned();
        let matches = self.run(move || {
            let hash = PasswordHash::new(&hash)?;
            match Argon2::default().verify_password(password.as_bytes(), &hash) {
                Ok(()) => Ok(true),
                Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
                Err(error) => Err(error),
            }
        });
        Ok(matches.await?? && known)
    }

    /// Runs `work` on one of the queue's threads. The permit is held until the thread is free again, even if the caller
    /// has disconnected.
    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, PasswordError> {
        let permit = self.permit.clone();
        let work = move || {
            let made = work();
            drop(permit);
            made
        };
        self.threads.run(work).await.ok_or(PasswordError::Ended)
    }
}

#[cfg(test)]
mod tests;
