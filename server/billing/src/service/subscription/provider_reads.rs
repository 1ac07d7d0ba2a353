//! Limits on the calls to providers that pages and reads cause.
//!
//! Users load pages as often as they like, but a provider counts each call against the whole installation. So answers
//! are cached for a few seconds, a tenant has one read in flight and a budget per minute, and all tenants together have
//! a budget per second. The rest of the provider's limit is left to webhooks and reconciliation. Cache and budgets are
//! in memory, and each node has its own.

mod budget;
mod read;

use std::{
    any::Any,
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use domain::ids::TenantId;
use moka::sync::Cache;

use self::budget::{Budget, NodeBudget};
use crate::{payment::ProviderError, service::ServiceError};

/// Maximum number of tenants in memory.
const MAX_TENANTS: u64 = 10_000;
/// How long an idle tenant stays in memory. By then its budgets are full again.
const IDLE_TTL: Duration = Duration::from_mins(2);
/// Maximum number of cached answers of one tenant. The oldest is evicted first.
const MAX_ANSWERS: usize = 16;

/// The cached answers and budgets of tenants, and the node's budget.
#[derive(Debug)]
pub(in crate::service) struct ProviderReads {
    tenants: Cache<TenantId, Arc<TenantReads>>,
    node: Mutex<NodeBudget>,
}

#[derive(Debug, Default)]
struct TenantReads {
    /// Held during a read. Waiting reads find its answer in the cache.
    reading: tokio::sync::Mutex<()>,
    state: Mutex<TenantState>,
}

#[derive(Debug, Default)]
struct TenantState {
    answers: VecDeque<Answer>,
    /// Rises with each invalidation. An answer that was requested before an invalidation is not cached.
    generation: u64,
    compared: Option<Compared>,
    reads: Budget,
    changes: Budget,
    has_subscribed: bool,
}

/// The outcome of the last comparison of a tenant's subscriptions with the provider, made for a page.
#[derive(Clone, Copy, Debug)]
struct Compared {
    at: Instant,
    /// The provider that was unavailable; `None` for any other outcome.
    unavailable: Option<&'static str>,
}

#[derive(Debug)]
struct Answer {
    question: String,
    given_at: Instant,
    value: Arc<dyn Any + Send + Sync>,
}

impl Default for ProviderReads {
    fn default() -> Self {
        let tenants = Cache::builder().max_capacity(MAX_TENANTS).time_to_idle(IDLE_TTL).build();
        Self { tenants, node: Mutex::default() }
    }
}

impl ProviderReads {
    fn of(&self, tenant: &TenantId) -> Arc<TenantReads> {
        self.tenants.get_with_by_ref(tenant, Arc::default)
    }

    /// Drops a tenant's cached answers. Call it after a change of its data at the provider.
    pub(in crate::service) fn invalidate(&self, tenant: &TenantId) {
        if let Some(reads) = self.tenants.get(tenant) {
            reads.state().invalidate();
        }
    }
}

impl TenantReads {
    fn state(&self) -> MutexGuard<'_, TenantState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the cached answer if it is younger than `kept_for`.
    fn answer<T: Clone + Send + Sync + 'static>(&self, question: &str, kept_for: Duration) -> Option<T> {
        let state = self.state();
        let answer = state.answers.iter().find(|answer| answer.question == question)?;
        let value = answer.value.downcast_ref::<T>()?;
        (answer.given_at.elapsed() < kept_for).then(|| value.clone())
    }

    /// Returns the outcome of the last comparison if it is younger than `kept_for`.
    fn compared_within(&self, kept_for: Duration) -> Option<Result<(), ServiceError>> {
        let compared = self.state().compared.filter(|compared| compared.at.elapsed() < kept_for)?;
        Some(match compared.unavailable {
            Some(provider) => {
                let cause = ProviderError::Unavailable("it did not answer a moment ago".into());
                Err(ServiceError::ProviderUnavailable { provider, cause })
            }
            None => Ok(()),
        })
    }
}

impl TenantState {
    fn invalidate(&mut self) {
        self.answers.clear();
        self.generation += 1;
    }

    /// Caches an answer. No-op if the state was invalidated since `generation`.
    fn keep<T: Send + Sync + 'static>(&mut self, question: String, value: T, generation: u64) {
        if self.generation != generation {
            return;
        }
        self.answers.retain(|answer| answer.question != question);
        if self.answers.len() >= MAX_ANSWERS {
            self.answers.pop_front();
        }
        self.answers.push_back(Answer { question, given_at: Instant::now(), value: Arc::new(value) });
    }
}

#[cfg(test)]
mod tests;
