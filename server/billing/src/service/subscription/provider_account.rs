//! The account at each provider, and the guard around every call to it.
//!
//! With a key of another account, of the other mode or without rights, the provider answers 404 or 403 for everything
//! that this installation has stored. If Dues trusted these answers, it would end every subscription. So at first
//! contact Dues stores the account that the key opens. It compares the account at start, hourly, and after each
//! unexpected answer. While the accounts differ, it makes no other call.

mod adopt;
mod gauges;
mod guard;
mod state;
mod unknown;
mod watch;

use std::sync::Arc;

use domain::subscription::Provider;

pub use self::{
    adopt::{AdoptOutcome, FoundAccount},
    state::AccountState,
};
pub(in crate::service) use self::{gauges::describe, guard::GuardedProvider, unknown::UnknownCheckout};
use crate::{payment::ProviderError, service::Providers};

/// A provider whose key opens the wrong account, for operators.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountWarning {
    pub provider: Provider,
    /// What is wrong; neither unchecked nor confirmed.
    pub state: AccountState,
}

impl Providers {
    /// Checks the provider's account again, after an answer that only another account would explain.
    pub(in crate::service) async fn check_account(&self, name: Provider) -> Result<(), ProviderError> {
        match self.0.guards.iter().find(|guard| guard.name == Some(name)) {
            Some(guard) => guard.check(name, guard.count()).await,
            None => Ok(()),
        }
    }

    /// Returns the providers whose keys are set.
    pub fn configured(&self) -> Vec<Provider> {
        let is_set = |provider: &Provider| self.0.guards.iter().any(|guard| guard.name == Some(*provider));
        Provider::ALL.into_iter().filter(is_set).collect()
    }

    /// Returns the warnings of all providers, as of the last check. Makes no call.
    pub fn account_warnings(&self) -> Vec<AccountWarning> {
        let warned = |guard: &Arc<GuardedProvider>| {
            let provider = guard.name?;
            let state = guard.state();
            state.warning(provider).map(|_| AccountWarning { provider, state })
        };
        self.0.guards.iter().filter_map(warned).collect()
    }
}
