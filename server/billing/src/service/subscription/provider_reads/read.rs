//! Reads and changes at providers, within the budgets of the tenant and of the node.

use std::{
    sync::PoisonError,
    time::{Duration, Instant},
};

use domain::ids::TenantId;

use super::{Compared, TenantReads};
use crate::service::{Limits, Providers, ServiceError};

/// How long a read waits for another read of the same tenant.
const WAIT_TIMEOUT: Duration = Duration::from_secs(5);
/// The cost of each operation in calls to the provider, approximately.
const CALLS_OF_COMPARISON: u32 = 2;
const CALLS_OF_CHANGE: u32 = 2;

impl Providers {
    /// Returns the cached answer to a question, or else that of `ask`, which makes at most this number of calls to the
    /// installation's account at the provider.
    ///
    /// Fails with [`ServiceError::Throttled`] if the tenant's or the node's budget is spent, or another read of the
    /// tenant takes too long.
    pub(in crate::service) async fn read_provider<T, Asking>(
        &self,
        tenant: &TenantId,
        (question, calls): (String, u32),
        ask: Asking,
    ) -> Result<T, ServiceError>
    where
        T: Clone + Send + Sync + 'static,
        Asking: Future<Output = Result<T, ServiceError>> + Send,
    {
        self.read(tenant, question, ask, calls).await
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

    /// Spends budget for a change or a sync that a user requested, and drops the tenant's cached answers. Changes and
    /// reads have separate budgets. Fails with [`ServiceError::Throttled`] if the budget of the tenant or the node is
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
