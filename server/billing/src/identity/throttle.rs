//! Failed logins are counted per account and per address; successful ones are not.

use domain::{account::Email, time::Timestamp};

use super::ClientAddress;
use crate::store::{Store, StoreResult};

const WINDOW_SECS: i64 = 15 * 60;
/// For one account from one address.
const MOST_PER_GUESSER: i64 = 10;
/// Higher, since anybody who fails on purpose would else lock its owner out.
const MOST_PER_ACCOUNT: i64 = 50;
/// Higher, since a whole office may share an address.
const MOST_PER_ADDRESS: i64 = 100;

/// What a login is counted against.
#[derive(Clone, Debug)]
pub struct Throttle {
    subjects: [(String, i64); 3],
}

impl Throttle {
    pub fn new(email: &Email, from: ClientAddress) -> Self {
        let network = from.network();
        Self {
            subjects: [
                (format!("guesser:{network} {email}"), MOST_PER_GUESSER),
                (format!("account:{email}"), MOST_PER_ACCOUNT),
                (format!("address:{network}"), MOST_PER_ADDRESS),
            ],
        }
    }

    /// For how many seconds no login is looked at; `None` when it may be tried.
    pub async fn wait_secs(&self, store: &Store, now: Timestamp) -> StoreResult<Option<i64>> {
        let mut reader = store.read().await?;
        let mut wait = None;
        for (subject, most) in &self.subjects {
            if let Some((failures, since)) = reader.link().find_failures(subject).await? {
                let left = since.plus_secs(WINDOW_SECS).secs_since(now);
                if failures >= *most && left > 0 {
                    wait = wait.max(Some(left));
                }
            }
        }
        Ok(wait)
    }

    pub async fn count_failure(&self, store: &Store, now: Timestamp) -> StoreResult<()> {
        let mut tx = store.begin().await?;
        for (subject, _) in &self.subjects {
            tx.link().count_failure(subject, now, stale(now)).await?;
        }
        tx.commit().await
    }
}

/// Windows that began then or earlier are over.
pub fn stale(now: Timestamp) -> Timestamp {
    now.plus_secs(-WINDOW_SECS)
}
