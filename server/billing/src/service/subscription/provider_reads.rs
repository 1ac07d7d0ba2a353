//! Limits on the calls to providers that pages and reads cause.
//!
//! Users load pages as often as they like, but a provider counts each call against the whole installation. So answers
//! are cached for a few seconds, a tenant has one read in flight and a budget per minute, and all tenants together have
//! a budget per second. The rest of the provider's limit is left to webhooks and reconciliation. All of it is in memory
//! and per node.

mod budget;

use std::{
    any::Any,
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use domain::ids::TenantId;
use moka::sync::Cache;

use self::budget::{Budget, NodeBudget};
use crate::{
    payment::ProviderError,
    service::{Limits, ServiceError, Services},
};

/// Maximum number of tenants in memory.
const MAX_TENANTS: u64 = 10_000;
/// How long an idle tenant stays in memory. By then its budgets are full again.
const IDLE_TTL: Duration = Duration::from_mins(2);
/// Maximum number of cached answers of one tenant. The oldest is evicted first.
const MAX_ANSWERS: usize = 16;
/// How long a read waits for another read of the same tenant.
const WAIT_TIMEOUT: Duration = Duration::from_secs(5);
/// The cost of each operation in calls to the provider, approximately.
const CALLS_OF_READ: u32 = 1;
const CALLS_OF_COMPARISON: u32 = 2;
const CALLS_OF_CHANGE: u32 = 2;

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
    /// Rises with each invalidation. An answer that was requested before one is not cached.
    generation: u64,
    compared: Option<Compared>,
    reads: Budget,
    changes: Budget,
    has_subscribed: bool,
}

/// The outcome of the last comparison of a tenant's subscriptions for a page.
#[derive(Clone, Copy, Debug)]
struct Compared {
    at: Instant,
    /// The provider that was unavailable.
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

impl Services {
    /// Returns the cached answer to a question, or else that of `ask`, which calls the installation's account at the
    /// provider.
    ///
    /// Fails with [`ServiceError::Throttled`] if the tenant's or the node's budget is spent, or another read of the
    /// tenant takes too long.
    pub(in crate::service) async fn read_provider<T, Asking>(
        &self,
        tenant: &TenantId,
        question: String,
        ask: Asking,
    ) -> Result<T, ServiceError>
    where
        T: Clone + Send + Sync + 'static,
        Asking: Future<Output = Result<T, ServiceError>> + Send,
    {
        self.read(tenant, question, ask, CALLS_OF_READ).await
    }

    /// Returns the cached answer to a question, or else that of `ask`, which calls the tenant's account. Spends nothing
    /// of the node's budget.
    pub(in crate::service) async fn read_merchant<T, Asking>(
        &self,
        tenant: &TenantId,
        question: String,
        ask: Asking,
    ) -> Result<T, ServiceError>
    where
        T: Clone + Send + Sync + 'static,
        Asking: Future<Output = Result<T, ServiceError>> + Send,
    {
        self.read(tenant, question, ask, 0).await
    }

    async fn read<T, Asking>(
        &self,
        tenant: &TenantId,
        question: String,
        ask: Asking,
        calls: u32,
    ) -> Result<T, ServiceError>
    where
        T: Clone + Send + Sync + 'static,
        Asking: Future<Output = Result<T, ServiceError>> + Send,
    {
        let Limits { provider_answers_kept: kept_for, provider_reads_per_minute, .. } = self.settings().limits;
        let reads = self.0.provider_reads.of(tenant);
        if let Some(answer) = reads.answer(&question, kept_for) {
            return Ok(answer);
        }
        let Ok(_reading) = tokio::time::timeout(WAIT_TIMEOUT, reads.reading.lock()).await else {
            return Err(ServiceError::Throttled { retry_after_secs: whole_secs(WAIT_TIMEOUT) });
        };
        if let Some(answer) = reads.answer(&question, kept_for) {
            return Ok(answer);
        }
        let generation = {
            let mut state = reads.state();
            state.reads.spend(provider_reads_per_minute, Instant::now()).map_err(throttled)?;
            state.generation
        };
        self.spend_calls(tenant, &reads, calls).await?;
        let answer = ask.await?;
        reads.state().keep(question, answer.clone(), generation);
        Ok(answer)
    }

    /// Runs `compare` for a page, at most once every few seconds for each tenant. In between it returns the last
    /// outcome. If a budget is spent, it skips `compare` and returns `Ok`: the page shows what is stored.
    pub(in crate::service) async fn compare_for_page<Comparing>(
        &self,
        tenant: &TenantId,
        compare: Comparing,
    ) -> Result<(), ServiceError>
    where
        Comparing: Future<Output = Result<(), ServiceError>> + Send,
    {
        let Limits { provider_answers_kept: kept_for, provider_reads_per_minute, .. } = self.settings().limits;
        let reads = self.0.provider_reads.of(tenant);
        if let Some(compared) = reads.compared_within(kept_for) {
            return compared;
        }
        let Ok(_reading) = tokio::time::timeout(WAIT_TIMEOUT, reads.reading.lock()).await else { return Ok(()) };
        if let Some(compared) = reads.compared_within(kept_for) {
            return compared;
        }
        if reads.state().reads.spend(provider_reads_per_minute, Instant::now()).is_err() {
            return Ok(());
        }
        match self.spend_calls(tenant, &reads, CALLS_OF_COMPARISON).await {
            Err(ServiceError::Throttled { .. }) => return Ok(()),
            spent => spent?,
        }
        let outcome = compare.await;
        let unavailable = match &outcome {
            Err(ServiceError::ProviderUnavailable { provider, .. }) => Some(*provider),
            _ => None,
        };
        reads.state().compared = Some(Compared { at: Instant::now(), unavailable });
        outcome
    }

    /// Spends budget for a change or a sync that a user requested, and drops the tenant's cached answers. Changes have
    /// a budget beside that of reads. Fails with [`ServiceError::Throttled`] if the tenant's or the node's budget is
    /// spent.
    pub(in crate::service) async fn spend_provider_change(&self, tenant: &TenantId) -> Result<(), ServiceError> {
        let reads = self.0.provider_reads.of(tenant);
        {
            let mut state = reads.state();
            state.changes.spend(self.settings().limits.provider_reads_per_minute, Instant::now()).map_err(throttled)?;
            state.invalidate();
            state.compared = None;
        }
        self.spend_calls(tenant, &reads, CALLS_OF_CHANGE).await
    }

    /// Spends calls of the node's budget.
    async fn spend_calls(&self, tenant: &TenantId, reads: &TenantReads, calls: u32) -> Result<(), ServiceError> {
        if calls == 0 {
            return Ok(());
        }
        let mut has_subscribed = reads.state().has_subscribed;
        if !has_subscribed {
            has_subscribed = !self.store().read().await?.connection().list_subscriptions(tenant).await?.is_empty();
            reads.state().has_subscribed = has_subscribed;
        }
        let mut node = self.0.provider_reads.node.lock().unwrap_or_else(PoisonError::into_inner);
        let per_sec = self.settings().limits.provider_calls_per_sec;
        node.spend(calls, per_sec, has_subscribed, Instant::now()).map_err(throttled)
    }
}

const fn throttled(wait: Duration) -> ServiceError {
    ServiceError::Throttled { retry_after_secs: whole_secs(wait) }
}

#[expect(clippy::cast_possible_wrap, reason = "a wait is a few minutes at most")]
const fn whole_secs(wait: Duration) -> i64 {
    wait.as_secs() as i64 + 1
}

#[cfg(test)]
mod tests;
