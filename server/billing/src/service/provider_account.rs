//! Which account at each provider is the right one, and the guard before every call.
//!
//! A key of another account, of the other mode or without rights answers 404 and 403 for everything that this installation has
//! seen. Believed, these answers would end every subscription. So the account that the key opens is kept at the first contact
//! and compared at the start, hourly, and whenever an answer is unexpected. While it differs, no other call is made.

mod adopt;
mod guard;
mod unknown;
mod watch;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::{
    subscription::Provider,
    time::{Clock, Timestamp},
};

pub use self::adopt::{Adopted, FoundAccount};
pub(super) use self::{unknown::UnknownCheckout, watch::describe};
use super::Services;
use crate::{
    payment::{
        PaymentProvider, ProviderError,
        account::{CustomerState, ProviderAccount},
    },
    store::{Store, StoreError, StoreResult},
};

/// How long a confirmed account is believed without asking again.
const CONFIRMED_SECS: i64 = 3600;
/// How long a call is refused without asking again, while the account is not the right one.
const REFUSED_SECS: i64 = 5;

/// What is known of the account that a provider's key opens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AccountStanding {
    /// The provider has not answered since the start.
    #[default]
    Unasked,
    Confirmed,
    /// The key opens another account than the one that is kept.
    Changed {
        kept: ProviderAccount,
        found: ProviderAccount,
    },
    /// None is kept yet, and the one that the key opens knows none of the customers who pay.
    Unproven {
        found: ProviderAccount,
    },
    /// The provider does not say which account the key opens, in its own words.
    Refused {
        reason: String,
    },
}

impl AccountStanding {
    /// What is wrong and what to do, for operators; `None` where nothing is, or nothing is known.
    pub fn warning(&self, provider: Provider) -> Option<String> {
        let (name, command) = (provider.title(), provider.as_str());
        match self {
            Self::Unasked | Self::Confirmed => None,
            Self::Changed { kept, found } => Some(format!(
                "The key for {name} opens the account {found}, and this installation's customers are in {kept}. \
                 Set the right key, or accept the new account with `server {command} adopt {}`.",
                found.id
            )),
            Self::Unproven { found } => Some(format!(
                "The key for {name} opens the account {found}, which knows none of the customers who pay here. \
                 Set the right key, or accept the account with `server {command} adopt {}`.",
                found.id
            )),
            Self::Refused { reason } => Some(format!(
                "{name} does not tell which account the key opens: {reason} Set a key that may read its own account."
            )),
        }
    }

    /// The same as a failed call. `Unasked` is none.
    fn outcome(&self, provider: Provider) -> Result<(), ProviderError> {
        self.warning(provider).map_or(Ok(()), |reason| Err(ProviderError::AccountChanged { provider, reason }))
    }
}

/// A provider that answers only while its key opens the right account.
///
/// The services hold no other: a provider that comes in with [`super::Parts`] is put behind this guard before anything can call it.
pub(super) struct GuardedProvider {
    inner: Arc<dyn PaymentProvider>,
    /// `None` for no provider at all, which has no account.
    name: Option<Provider>,
    store: Store,
    wall: Arc<dyn Clock>,
    checked: Mutex<Checked>,
    /// One check at a time: who waits for it takes its outcome.
    checking: tokio::sync::Mutex<()>,
}

#[derive(Clone, Debug, Default)]
struct Checked {
    standing: AccountStanding,
    /// When it was last asked, and answered. Wall time.
    at: Option<Timestamp>,
    /// Grows with each check, also with one that got no answer.
    count: u64,
}

/// Why a check came to nothing.
#[derive(Debug, thiserror::Error)]
enum CheckError {
    #[error(transparent)]
    Provider(#[from] ProviderError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

#[derive(Debug, thiserror::Error)]
#[error("another call got no answer about the account")]
struct NoAnswer;

impl GuardedProvider {
    pub(super) fn new(inner: Arc<dyn PaymentProvider>, store: Store, wall: Arc<dyn Clock>) -> Self {
        let name = inner.name();
        Self { inner, name, store, wall, checked: Mutex::default(), checking: tokio::sync::Mutex::default() }
    }

    fn checked(&self) -> MutexGuard<'_, Checked> {
        self.checked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn standing(&self) -> AccountStanding {
        self.checked().standing.clone()
    }

    /// Fails unless the key is known to open the right account. Asks the provider only where the last answer is too old.
    async fn confirm(&self) -> Result<(), ProviderError> {
        let Some(name) = self.name else { return Ok(()) };
        let count = {
            let checked = self.checked();
            let age = checked.at.map(|at| self.wall.now().as_micros().saturating_sub(at.as_micros()));
            let holds_for = match checked.standing {
                AccountStanding::Unasked => 0,
                AccountStanding::Confirmed => CONFIRMED_SECS,
                _ => REFUSED_SECS,
            };
            // A clock that stepped back is no reason to believe an old answer.
            if age.is_some_and(|age| (0..holds_for.saturating_mul(1_000_000)).contains(&age)) {
                return checked.standing.outcome(name);
            }
            checked.count
        };
        self.check(name, count).await
    }

    fn count(&self) -> u64 {
        self.checked().count
    }

    /// Asks which account the key opens, unless another call has since `count`.
    async fn check(&self, name: Provider, count: u64) -> Result<(), ProviderError> {
        let _checking = self.checking.lock().await;
        {
            let checked = self.checked();
            if checked.count != count {
                let is_answered = checked.at.is_some() && checked.standing != AccountStanding::Unasked;
                return if is_answered { checked.standing.outcome(name) } else { Err(no_answer()) };
            }
        }
        let found = self.find_standing(name).await;
        let (standing, before) = {
            let mut checked = self.checked();
            checked.count += 1;
            match found {
                Ok(standing) => {
                    checked.at = Some(self.wall.now());
                    let before = std::mem::replace(&mut checked.standing, standing.clone());
                    (standing, before)
                }
                // What was confirmed once is not believed for longer than it holds.
                Err(CheckError::Provider(error)) => return Err(error),
                Err(CheckError::Store(error)) => return Err(ProviderError::Unavailable(error.into())),
            }
        };
        if standing != before {
            self.report(name, &standing).await;
        }
        standing.outcome(name)
    }

    async fn find_standing(&self, name: Provider) -> Result<AccountStanding, CheckError> {
        let found = match self.inner.fetch_account().await {
            Ok(found) => found,
            Err(ProviderError::Rejected { reason, .. }) => return Ok(AccountStanding::Refused { reason }),
            Err(error) => return Err(error.into()),
        };
        if let Some(kept) = self.kept(name).await? {
            return Ok(compare(kept, found));
        }
        match self.knows_who_pays(name).await {
            Ok(true) => {}
            Ok(false) => return Ok(AccountStanding::Unproven { found }),
            Err(CheckError::Provider(ProviderError::Rejected { reason, .. })) => {
                return Ok(AccountStanding::Refused { reason });
            }
            Err(error) => return Err(error),
        }
        let mut tx = self.store.begin().await?;
        tx.link().insert_provider_account(name, &found, self.wall.now()).await?;
        tx.commit().await?;
        // Another node may have been first.
        let kept = self.kept(name).await?;
        Ok(kept.map_or(AccountStanding::Unasked, |kept| compare(kept, found)))
    }

    async fn kept(&self, name: Provider) -> StoreResult<Option<ProviderAccount>> {
        self.store.read().await?.link().find_provider_account(name).await
    }

    /// Before the first contact: whether the account knows one of the customers who pay, as an installation that was upgraded has
    /// them. True where there are none.
    async fn knows_who_pays(&self, name: Provider) -> Result<bool, CheckError> {
        let paying = self.store.read().await?.link().list_paying_customers(name).await?;
        for customer in &paying {
            if self.inner.fetch_customer(customer).await? != CustomerState::Unknown {
                return Ok(true);
            }
        }
        Ok(paying.is_empty())
    }

    /// Says in the log what has changed, and has the jobs done that waited for it.
    async fn report(&self, name: Provider, standing: &AccountStanding) {
        watch::gauge_account(name, standing);
        if let Some(warning) = standing.warning(name) {
            tracing::error!(provider = name.as_str(), warning, "provider account changed: nothing is asked or written");
            return;
        }
        tracing::info!(provider = name.as_str(), "provider account confirmed");
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
            let released = tx.link().release_jobs(name, now).await?;
            tx.link().hasten_job(super::lifecycle::WALK_JOB, now).await?;
            tx.commit().await?;
            if released == 0 {
                return Ok(());
            }
            tracing::info!(provider = name.as_str(), released, "released held jobs");
        }
    }
}

fn compare(kept: ProviderAccount, found: ProviderAccount) -> AccountStanding {
    if kept == found { AccountStanding::Confirmed } else { AccountStanding::Changed { kept, found } }
}

fn no_answer() -> ProviderError {
    ProviderError::Unavailable(NoAnswer.into())
}

/// A provider whose account is not the right one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountWarning {
    pub provider: Provider,
    /// What is wrong and what to do.
    pub text: String,
}

impl Services {
    /// Asks again which account the provider's key opens, after an answer that only another account would explain.
    pub(super) async fn check_account(&self, name: Provider) -> Result<(), ProviderError> {
        match self.0.guards.iter().find(|guard| guard.name == Some(name)) {
            Some(guard) => guard.check(name, guard.count()).await,
            None => Ok(()),
        }
    }

    /// What is wrong with the accounts at the providers, as of the last check. Asks nothing.
    pub fn account_warnings(&self) -> Vec<AccountWarning> {
        let warned = |guard: &Arc<GuardedProvider>| {
            let provider = guard.name?;
            Some(AccountWarning { provider, text: guard.standing().warning(provider)? })
        };
        self.0.guards.iter().filter_map(warned).collect()
    }
}
