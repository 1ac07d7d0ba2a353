//! Passwords: hashed by argon2id, verified in a time that does not tell whether there is an account.
//!
//! Logins have a lane of their own, and everything else that hashes (sign-up, invitation, reset) another. Each lane has its own
//! threads and a bounded, fair queue, so that a login never waits for sign-ups, nor for work of tokio's blocking pool. A login on
//! a device that the account knows does not wait for those of strangers.

mod threads;

use std::sync::Arc;

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};

use threads::Threads;

pub use super::lane::Asker;
use super::{
    lane::{Lane, LaneSize, Permit},
    new_password::{NewPassword, PasswordMistake, ProposedPassword},
};

/// Hashing takes a core for some 20 ms and 19 MiB. Two logins at once keep two cores busy: more would slow each of them down.
/// A flood of guesses takes one of them.
const LOGINS: LaneSize = LaneSize { name: "login", at_once: 2, kept_for_known: 1, waiting: 128, waiting_each: 64 };
/// One at a time: a flood of sign-ups leaves a core to the logins.
const OTHERS: LaneSize = LaneSize { name: "sign-up", at_once: 1, kept_for_known: 0, waiting: 64, waiting_each: 48 };
/// How long to wait before the next try when a lane is full.
const RETRY_AFTER_SECS: i64 = 2;

#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    #[error("the password can't be hashed")]
    Hash(#[from] argon2::password_hash::Error),
    #[error("the hashing threads can't be started")]
    Threads(#[source] std::io::Error),
    #[error("the hashing thread ended early")]
    Ended,
    /// As many callers wait as may.
    #[error("too many passwords wait to be hashed")]
    Busy { retry_after_secs: i64 },
}

/// What a password is looked at for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    LogIn,
    /// Signing up, accepting an invitation, setting a new password: also judging how hard it is to guess.
    Other,
}

/// Hashes and verifies passwords, a few at a time.
#[derive(Clone, Debug)]
pub struct Passwords {
    logins: Line,
    others: Line,
    /// What a password is verified against where there is no account.
    no_account: Arc<str>,
}

/// A lane with the threads that it leads to.
#[derive(Clone, Debug)]
struct Line {
    lane: Lane,
    threads: Arc<Threads>,
}

/// A permit to hash. Held over looking up failures and counting one, so that many guesses at once can't slip past the count.
#[derive(Debug)]
pub struct Turn {
    permit: Arc<Permit>,
    threads: Arc<Threads>,
    no_account: Arc<str>,
}

impl Passwords {
    pub fn new() -> Result<Self, PasswordError> {
        let no_account = Argon2::default().hash_password(b"no account has this password")?.to_string();
        Ok(Self { logins: Line::new(LOGINS)?, others: Line::new(OTHERS)?, no_account: no_account.into() })
    }

    /// Refuses what [`Self::turn`] would refuse now, before anything else is done for it.
    pub fn place(&self, purpose: Purpose, asker: &Asker) -> Result<(), PasswordError> {
        let has_place = self.line(purpose).lane.has_place(asker);
        if has_place { Ok(()) } else { Err(PasswordError::Busy { retry_after_secs: RETRY_AFTER_SECS }) }
    }

    /// Waits for a permit. Askers take turns: one that sends many waits for itself. [`PasswordError::Busy`] when the lane is full.
    pub async fn turn(&self, purpose: Purpose, asker: Asker) -> Result<Turn, PasswordError> {
        let Line { lane, threads } = self.line(purpose);
        let permit = lane.permit(asker).await.ok_or(PasswordError::Busy { retry_after_secs: RETRY_AFTER_SECS })?;
        Ok(Turn { permit: Arc::new(permit), threads: threads.clone(), no_account: self.no_account.clone() })
    }

    const fn line(&self, purpose: Purpose) -> &Line {
        match purpose {
            Purpose::LogIn => &self.logins,
            Purpose::Other => &self.others,
        }
    }
}

impl Line {
    fn new(size: LaneSize) -> Result<Self, PasswordError> {
        let threads = Threads::start(size.name, size.at_once).map_err(PasswordError::Threads)?;
        Ok(Self { lane: Lane::new(size), threads: Arc::new(threads) })
    }
}

impl Turn {
    /// Judges how hard a password is to guess, for the owner of `address` in a workspace called `workspace`.
    pub async fn judge(
        &self,
        proposed: ProposedPassword,
        address: &str,
        workspace: &str,
    ) -> Result<Result<NewPassword, PasswordMistake>, PasswordError> {
        let (address, workspace) = (address.to_owned(), workspace.to_owned());
        self.run(move || proposed.judged(&address, &workspace)).await
    }

    /// The password's hash in PHC string format, with a random salt.
    pub async fn hash(&self, password: &NewPassword) -> Result<String, PasswordError> {
        let password = password.clone();
        let hash = self
            .run(move || Argon2::default().hash_password(password.expose().as_bytes()).map(|hash| hash.to_string()));
        Ok(hash.await??)
    }

    /// Whether the password is the one of `hash`. Takes as long when there is none.
    pub async fn verify(&self, password: &str, hash: Option<&str>) -> Result<bool, PasswordError> {
        let known = hash.is_some();
        let hash: Arc<str> = hash.map_or_else(|| self.no_account.clone(), Arc::from);
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

    /// Runs on one of the lane's threads. The permit is held until the thread is free again, even if the caller has left.
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
