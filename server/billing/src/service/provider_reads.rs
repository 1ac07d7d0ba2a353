//! What pages and reads ask the provider: rarely, and each tenant within a budget of its own.
//!
//! A page is loaded as often as a person likes; a provider counts each question against the whole installation. So an answer is
//! kept for a few seconds, a tenant asks one question at a time, and so many a minute; and all tenants together have so many calls a
//! second, so that what webhooks and reconciling ask keeps its share of the provider's limit. Counted in memory, each node for itself.

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
use super::{Limits, ServiceError, Services};
use crate::payment::ProviderError;

/// Tenants that are remembered at once; the one that was away longest is forgotten first.
const MOST_TENANTS: u64 = 10_000;
/// By then all of a budget is there again.
const REMEMBERED_FOR: Duration = Duration::from_mins(2);
/// Answers that are kept of one tenant; the oldest goes first.
const MOST_ANSWERS: usize = 16;
/// How long a page waits for the answer to another question of the same tenant.
const PATIENCE: Duration = Duration::from_secs(5);
/// How many calls to the provider each is worth: about as many as it makes.
const CALLS_OF_READ: u32 = 1;
const CALLS_OF_COMPARISON: u32 = 2;
const CALLS_OF_CHANGE: u32 = 2;

/// What is remembered of each tenant.
#[derive(Debug)]
pub(super) struct ProviderReads {
    tenants: Cache<TenantId, Arc<OfTenant>>,
    node: Mutex<NodeBudget>,
}

#[derive(Debug, Default)]
struct OfTenant {
    /// One question at a time: those that wait find its answer.
    asking: tokio::sync::Mutex<()>,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    answers: VecDeque<Answer>,
    /// Rises with every change: an answer to what was asked before it is not kept.
    generation: u64,
    compared: Option<Compared>,
    reads: Budget,
    changes: Budget,
    has_subscribed: bool,
}

/// How it went when a page last had the tenant's subscriptions compared with the provider's.
#[derive(Clone, Copy, Debug)]
struct Compared {
    at: Instant,
    /// The provider that did not answer.
    silent: Option<&'static str>,
}

#[derive(Debug)]
struct Answer {
    question: String,
    given_at: Instant,
    value: Arc<dyn Any + Send + Sync>,
}

impl Default for ProviderReads {
    fn default() -> Self {
        let tenants = Cache::builder().max_capacity(MOST_TENANTS).time_to_idle(REMEMBERED_FOR).build();
        Self { tenants, node: Mutex::default() }
    }
}

impl ProviderReads {
    fn of(&self, tenant: &TenantId) -> Arc<OfTenant> {
        self.tenants.get_with_by_ref(tenant, Arc::default)
    }

    /// What was kept of a tenant's answers holds no longer: something was fetched and written, or changed.
    pub(super) fn invalidate(&self, tenant: &TenantId) {
        if let Some(own) = self.tenants.get(tenant) {
            own.kept().invalidate();
        }
    }
}

impl OfTenant {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer<T: Clone + Send + Sync + 'static>(&self, question: &str, kept_for: Duration) -> Option<T> {
        let kept = self.kept();
        let answer = kept.answers.iter().find(|answer| answer.question == question)?;
        let value = answer.value.downcast_ref::<T>()?;
        (answer.given_at.elapsed() < kept_for).then(|| value.clone())
    }

    /// How a comparison went a moment ago, if there was one.
    fn compared_within(&self, kept_for: Duration) -> Option<Result<(), ServiceError>> {
        let compared = self.kept().compared.filter(|compared| compared.at.elapsed() < kept_for)?;
        Some(match compared.silent {
            Some(provider) => {
                let cause = ProviderError::Unavailable("it did not answer a moment ago".into());
                Err(ServiceError::ProviderUnavailable { provider, cause })
            }
            None => Ok(()),
        })
    }
}

impl Kept {
    fn invalidate(&mut self) {
        self.answers.clear();
        self.generation += 1;
    }

    fn keep<T: Send + Sync + 'static>(&mut self, question: String, value: T, asked_in: u64) {
        if self.generation != asked_in {
            return;
        }
        self.answers.retain(|answer| answer.question != question);
        if self.answers.len() >= MOST_ANSWERS {
            self.answers.pop_front();
        }
        self.answers.push_back(Answer { question, given_at: Instant::now(), value: Arc::new(value) });
    }
}

impl Services {
    /// The provider's answer to a tenant's question: one that was given a moment ago, or that of `ask`.
    ///
    /// [`ServiceError::Throttled`] when the tenant's budget or that of all is spent, or another question of the same tenant takes too
    /// long.
    pub(super) async fn read_provider<T, Asking>(
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

    /// The same of the account that is the tenant's own: it takes nothing of what the installation may ask.
    pub(super) async fn read_merchant<T, Asking>(
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
        let own = self.0.provider_reads.of(tenant);
        if let Some(answer) = own.answer(&question, kept_for) {
            return Ok(answer);
        }
        let Ok(_asking) = tokio::time::timeout(PATIENCE, own.asking.lock()).await else {
            return Err(ServiceError::Throttled { retry_after_secs: whole_secs(PATIENCE) });
        };
        if let Some(answer) = own.answer(&question, kept_for) {
            return Ok(answer);
        }
        let generation = {
            let mut kept = own.kept();
            kept.reads.spend(provider_reads_per_minute, Instant::now()).map_err(throttled)?;
            kept.generation
        };
        self.spend_calls(tenant, &own, calls).await?;
        let answer = ask.await?;
        own.kept().keep(question, answer.clone(), generation);
        Ok(answer)
    }

    /// Has a tenant's subscriptions compared with the provider's for a page, at most once every few seconds. In between, the
    /// outcome is that of the last; when a budget is spent, nothing is asked, and the page shows what is stored.
    pub(super) async fn compare_for_page<Comparing>(
        &self,
        tenant: &TenantId,
        compare: Comparing,
    ) -> Result<(), ServiceError>
    where
        Comparing: Future<Output = Result<(), ServiceError>> + Send,
    {
        let Limits { provider_answers_kept: kept_for, provider_reads_per_minute, .. } = self.settings().limits;
        let own = self.0.provider_reads.of(tenant);
        if let Some(compared) = own.compared_within(kept_for) {
            return compared;
        }
        let Ok(_asking) = tokio::time::timeout(PATIENCE, own.asking.lock()).await else { return Ok(()) };
        if let Some(compared) = own.compared_within(kept_for) {
            return compared;
        }
        if own.kept().reads.spend(provider_reads_per_minute, Instant::now()).is_err() {
            return Ok(());
        }
        match self.spend_calls(tenant, &own, CALLS_OF_COMPARISON).await {
            Err(ServiceError::Throttled { .. }) => return Ok(()),
            spent => spent?,
        }
        let outcome = compare.await;
        let silent = match &outcome {
            Err(ServiceError::ProviderUnavailable { provider, .. }) => Some(*provider),
            _ => None,
        };
        own.kept().compared = Some(Compared { at: Instant::now(), silent });
        outcome
    }

    /// Counts what a person does by hand and the provider is asked for: a change, or a look that was asked for. It has a budget beside
    /// that of reads. What is known of the tenant is asked
    /// anew by the next page. [`ServiceError::Throttled`] when the tenant's budget or that of all is spent.
    pub(super) async fn spend_provider_change(&self, tenant: &TenantId) -> Result<(), ServiceError> {
        let own = self.0.provider_reads.of(tenant);
        {
            let mut kept = own.kept();
            kept.changes.spend(self.settings().limits.provider_reads_per_minute, Instant::now()).map_err(throttled)?;
            kept.invalidate();
            kept.compared = None;
        }
        self.spend_calls(tenant, &own, CALLS_OF_CHANGE).await
    }

    /// Counts calls against what all tenants together may have the provider asked.
    async fn spend_calls(&self, tenant: &TenantId, own: &OfTenant, calls: u32) -> Result<(), ServiceError> {
        if calls == 0 {
            return Ok(());
        }
        let mut has_subscribed = own.kept().has_subscribed;
        if !has_subscribed {
            has_subscribed = !self.store().read().await?.link().list_subscriptions(tenant).await?.is_empty();
            own.kept().has_subscribed = has_subscribed;
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
