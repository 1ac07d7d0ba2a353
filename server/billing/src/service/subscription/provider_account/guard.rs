//! The guard around every call to a provider.

mod calls;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::{
    subscription::Provider,
    time::{Clock, Timestamp},
};

use super::{gauges::gauge_account, state::AccountState};
use crate::{
    payment::{
        PaymentProvider, ProviderError,
        account::{CustomerState, ProviderAccount},
    },
    service::subscription::lifecycle::RECONCILE_ALL_JOB,
    store::{Store, StoreError, StoreResult},
};

/// How long a confirmation is valid.
const CONFIRMED_TTL_SECS: i64 = 3600;
/// How long calls fail without another check while the account is wrong.
const REFUSED_TTL_SECS: i64 = 5;

/// A provider that fails every call unless its key opens the right account.
///
/// `Core::new` puts each provider of [`crate::service::Parts`] behind such a guard.
pub(in crate::service) struct GuardedProvider {
    inner: Arc<dyn PaymentProvider>,
    /// `None` for `NoProvider`, which has no account.
    pub(super) name: Option<Provider>,
    store: Store,
    wall: Arc<dyn Clock>,
    checked: Mutex<Checked>,
    /// Held during a check. Concurrent callers share its outcome.
    checking: tokio::sync::Mutex<()>,
}

#[derive(Clone, Debug, Default)]
struct Checked {
    state: AccountState,
    /// When the provider last answered a check, by the wall clock; `None` before the first answer.
    at: Option<Timestamp>,
    /// Rises with each check, including those without an answer.
    count: u64,
}

/// Why a check failed.
#[derive(Debug, thiserror::Error)]
enum CheckError {
    #[error(transparent)]
    Provider(#[from] ProviderError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

#[derive(Debug, thiserror::Error)]
#[error("a concurrent account check got no answer")]
struct NoAnswer;

impl GuardedProvider {
    pub(in crate::service) fn new(inner: Arc<dyn PaymentProvider>, store: Store, wall: Arc<dyn Clock>) -> Self {
        let name = inner.name();
        Self { inner, name, store, wall, checked: Mutex::default(), checking: tokio::sync::Mutex::default() }
    }

    fn checked(&self) -> MutexGuard<'_, Checked> {
        self.checked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(in crate::service) fn state(&self) -> AccountState {
        self.checked().state.clone()
    }

    /// Fails unless the key opens the right account. Calls the provider only if the last check is too old.
    pub(super) async fn confirm(&self) -> Result<(), ProviderError> {
        let Some(name) = self.name else { return Ok(()) };
        let count = {
            let checked = self.checked();
            let age = checked.at.map(|at| self.wall.now().as_micros().saturating_sub(at.as_micros()));
            let holds_for = match checked.state {
                AccountState::Unchecked => 0,
                AccountState::Confirmed => CONFIRMED_TTL_SECS,
                _ => REFUSED_TTL_SECS,
            };
            // If the clock stepped back, the age is negative and the last check does not count.
            if age.is_some_and(|age| (0..holds_for.saturating_mul(1_000_000)).contains(&age)) {
                return checked.state.outcome(name);
            }
            checked.count
        };
        self.check(name, count).await
    }

    pub(super) fn count(&self) -> u64 {
        self.checked().count
    }

    /// Fetches the account that the key opens, unless a concurrent call has done so since the caller read `count`.
    pub(super) async fn check(&self, name: Provider, count: u64) -> Result<(), ProviderError> {
        let _checking = self.checking.lock().await;
        {
            let checked = self.checked();
            if checked.count != count {
                let is_answered = checked.at.is_some() && checked.state != AccountState::Unchecked;
                return if is_answered { checked.state.outcome(name) } else { Err(no_answer()) };
            }
        }
        let found = self.find_state(name).await;
        let (state, before) = {
            let mut checked = self.checked();
            checked.count += 1;
            match found {
                Ok(state) => {
                    checked.at = Some(self.wall.now());
                    let before = std::mem::replace(&mut checked.state, state.clone());
                    (state, before)
                }
                // Keep the last outcome until it is too old.
                Err(CheckError::Provider(error)) => return Err(error),
                Err(CheckError::Store(error)) => return Err(ProviderError::Unavailable(error.into())),
            }
        };
        if state != before {
            self.report(name, &state).await;
        }
        state.outcome(name)
    }

    async fn find_state(&self, name: Provider) -> Result<AccountState, CheckError> {
        let found = match self.inner.fetch_account().await {
            Ok(found) => found,
            Err(ProviderError::Rejected { reason, .. }) => return Ok(AccountState::Refused { reason }),
            Err(error) => return Err(error.into()),
        };
        if let Some(stored) = self.stored_account(name).await? {
            return Ok(compare(stored, found));
        }
        match self.knows_paying_customers(name).await {
            Ok(true) => {}
            Ok(false) => return Ok(AccountState::Unproven { found }),
            Err(CheckError::Provider(ProviderError::Rejected { reason, .. })) => {
                return Ok(AccountState::Refused { reason });
            }
            Err(error) => return Err(error),
        }
        let mut tx = self.store.begin().await?;
        tx.connection().insert_provider_account(name, &found, self.wall.now()).await?;
        tx.commit().await?;
        // Another node may have stored an account first.
        let stored = self.stored_account(name).await?;
        Ok(stored.map_or(AccountState::Unchecked, |stored| compare(stored, found)))
    }

    async fn stored_account(&self, name: Provider) -> StoreResult<Option<ProviderAccount>> {
        self.store.read().await?.connection().find_provider_account(name).await
    }

    /// Returns whether the account knows one of the paying customers; `true` if there are none. Called while no account
    /// is stored: an upgraded installation has customers before it stores one.
    async fn knows_paying_customers(&self, name: Provider) -> Result<bool, CheckError> {
        let paying = self.store.read().await?.connection().list_paying_customers(name).await?;
        for customer in &paying {
            if self.inner.fetch_customer(customer).await? != CustomerState::Unknown {
                return Ok(true);
            }
        }
        Ok(paying.is_empty())
    }

    /// Logs a changed state. After a confirmation, releases the jobs that were held.
    async fn report(&self, name: Provider, state: &AccountState) {
        gauge_account(name, state);
        if let Some(warning) = state.warning(name) {
            tracing::error!(
                provider = name.as_str(),
                warning,
                "provider account is not confirmed: calls to the provider are blocked and its subscriptions are not updated"
            );
            return;
        }
        tracing::info!(provider = name.as_str(), "confirmed the provider account");
        if let Err(error) = self.release_jobs(name).await {
            tracing::error!(
                provider = name.as_str(),
                error = &error as &dyn std::error::Error,
                "failed to release held jobs"
            );
        }
    }

    async fn release_jobs(&self, name: Provider) -> StoreResult<()> {
        loop {
            let now = self.wall.now();
            let mut tx = self.store.begin().await?;
            let released = tx.connection().release_jobs(name, now).await?;
            tx.connection().reschedule_job(RECONCILE_ALL_JOB, now).await?;
            tx.commit().await?;
            if released == 0 {
                return Ok(());
            }
            tracing::info!(provider = name.as_str(), released, "released held jobs");
        }
    }
}

fn compare(stored: ProviderAccount, found: ProviderAccount) -> AccountState {
    if stored == found { AccountState::Confirmed } else { AccountState::Changed { stored, found } }
}

fn no_answer() -> ProviderError {
    ProviderError::Unavailable(NoAnswer.into())
}
