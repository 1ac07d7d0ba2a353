//! Checkout attempts: one for each started checkout, with its session at the provider.

use domain::{
    ids::{CheckoutAttemptId, TenantId},
    subscription::{Provider, current_subscription, order::AttemptState},
};
use url::Url;

use crate::{
    payment::{CheckoutProgress, CheckoutState, NewCheckout, ProviderError},
    service::{
        Checkouts, ServiceError,
        subscription::{lifecycle::Cause, provider_account::UnknownCheckout},
        webhook::endpoint::EndpointEvent,
    },
    store::{StoreError, job::jobs::Task, subscription::checkout_attempts::Attempt},
};

/// Delay of the job that expires a superseded session. The request that supersedes it tries first.
const EXPIRE_DELAY_SECS: i64 = 30;
/// Maximum lifetime of a hosted page, at Stripe and at Polar.
const SESSION_TTL_SECS: i64 = 24 * 3600;
/// Maximum number of tries to open an attempt. A try fails if another node opens an attempt in between.
const MAX_TRIES: usize = 5;

impl Checkouts {
    /// Expires the payment page of the attempt `superseded`, which the attempt `newer` replaces. If that page was paid
    /// meanwhile, or its payment is in progress, expires `newer` instead and returns [`ServiceError::Conflict`].
    pub(super) async fn close_superseded(
        &self,
        tenant: &TenantId,
        superseded: &CheckoutAttemptId,
        newer: &CheckoutAttemptId,
    ) -> Result<(), ServiceError> {
        let progress = self.expire_superseded(tenant, superseded).await?;
        let subscriptions = self.store().read().await?.connection().list_subscriptions(tenant).await?;
        let message = if progress == Some(CheckoutProgress::Processing) {
            "The payment of the former checkout is on its way. Wait until it has arrived."
        } else if current_subscription(self.catalog(), &subscriptions).is_some_and(|current| current.status.is_live()) {
            "The former checkout has just been paid. Look at the membership page."
        } else {
            return Ok(());
        };
        let mut tx = self.store().begin().await?;
        tx.connection().update_attempt_state(tenant, newer, AttemptState::Expired).await?;
        if progress == Some(CheckoutProgress::Processing) {
            tx.connection().update_attempt_state(tenant, superseded, AttemptState::Open).await?;
        }
        tx.commit().await?;
        Err(ServiceError::Conflict(message))
    }

    /// Stores a session's progress and its subscription. If the session is paid, reconciles the tenant. Fails if the
    /// session belongs to another customer.
    pub(crate) async fn record_progress(
        &self,
        tenant: &TenantId,
        attempt: &Attempt,
        state: &CheckoutState,
        cause: Cause,
    ) -> Result<CheckoutProgress, ServiceError> {
        let customer = self.store().read().await?.connection().find_customer(tenant, attempt.provider).await?;
        let is_foreign = |of: &String| customer.as_ref().is_some_and(|customer| customer.external_id != *of);
        if let Some(of) = state.customer.as_ref().filter(|of| is_foreign(of)) {
            let (provider, session) = (attempt.provider, &state.session_id);
            tracing::error!(%tenant, provider = provider.as_str(), session, found_customer = of, "found a checkout session of another customer");
            return Err(unknown_checkout(provider));
        }
        self.providers().forget_unknown_checkout(tenant, attempt.provider, &state.session_id).await?;
        if let Some(subscription) = &state.subscription {
            // Before the reconcile below, which decides by it which subscriptions checkouts of Dues created.
            let mut tx = self.store().begin().await?;
            tx.connection().update_attempt_subscription(tenant, &attempt.id, subscription).await?;
            tx.commit().await?;
        }
        match state.progress {
            CheckoutProgress::Paid => {
                self.subscriptions().reconcile_tenant(tenant, attempt.provider, cause).await?;
                self.complete_attempt(tenant, attempt, state.subscription.as_deref()).await?;
            }
            CheckoutProgress::Expired if attempt.state != AttemptState::Paid => {
                self.close_attempt(tenant, &attempt.id, AttemptState::Expired).await?;
            }
            CheckoutProgress::Open | CheckoutProgress::Processing | CheckoutProgress::Expired => {}
        }
        Ok(state.progress)
    }

    /// Closes the hosted page of a superseded attempt. If the page was paid first, records the payment. Safe to repeat.
    ///
    /// Returns the session's progress; `None` if there was nothing to close.
    pub(crate) async fn expire_superseded(
        &self,
        tenant: &TenantId,
        id: &CheckoutAttemptId,
    ) -> Result<Option<CheckoutProgress>, ServiceError> {
        let attempt = self.store().read().await?.connection().find_attempt(tenant, id).await?;
        let Some(attempt) = attempt.filter(|attempt| attempt.state == AttemptState::Superseded) else {
            return Ok(None);
        };
        let provider = self.sender(attempt.provider).ok_or(ServiceError::BillingNotConfigured)?;
        let failed = |error| ServiceError::from_provider(attempt.provider.title(), error);
        let session = if let Some(session) = &attempt.session_id {
            session.clone()
        } else {
            // The provider's answer was lost. A repeat with the same key returns the page that may exist.
            let customer = self.subscriptions().ensure_customer(tenant, attempt.provider).await?;
            match self.open_hosted_page(tenant, &attempt, customer).await {
                Ok((session, _)) => session,
                // A rejected session does not exist, so that there is nothing to close.
                Err(error) if is_rejection(&error) => {
                    self.close_attempt(tenant, id, AttemptState::Expired).await?;
                    return Ok(None);
                }
                Err(error) => return Err(error),
            }
        };
        let state = match provider.expire_checkout(&session).await {
            // The provider can't close a session before it expires. A payment on it is still recorded.
            Err(ProviderError::Unsupported) => provider.fetch_checkout(&session).await,
            answer => answer,
        };
        let is_over = attempt.created_at.plus_secs(SESSION_TTL_SECS) <= self.wall_now();
        let progress = match state.map_err(failed)? {
            Some(state) => self.record_progress(tenant, &attempt, &state, Cause::Order).await.map(Some),
            None if is_over => Ok(None),
            None => {
                self.providers().note_unknown_checkout(tenant, attempt.provider, &session).await?;
                Err(unknown_checkout(attempt.provider))
            }
        };
        match progress {
            // An unknown session, or one of a replaced customer, counts as closed only after its lifetime: until then
            // it may be paid in the account in which it was created.
            Ok(None) | Err(ServiceError::UnknownAtProvider { what: "checkout", .. }) if is_over => {
                self.providers().forget_unknown_checkout(tenant, attempt.provider, &session).await?;
                self.close_attempt(tenant, id, AttemptState::Expired).await.map(|()| None)
            }
            progress => progress,
        }
    }

    /// Stores an open attempt and returns the one that it supersedes. Enqueues a job that closes the superseded page.
    pub(super) async fn open_attempt(
        &self,
        tenant: &TenantId,
        attempt: &Attempt,
    ) -> Result<Option<CheckoutAttemptId>, ServiceError> {
        for _ in 0..MAX_TRIES {
            let now = self.wall_now();
            let mut tx = self.store().begin().await?;
            let superseded = tx.connection().supersede_open_attempt(tenant).await?;
            if let Some(superseded) = &superseded {
                let task = Task::ExpireCheckout { tenant: tenant.clone(), attempt: superseded.clone() };
                tx.connection().insert_job(&task, now.plus_secs(EXPIRE_DELAY_SECS), now).await?;
            }
            match tx.connection().insert_attempt(tenant, attempt).await {
                Ok(()) => {
                    tx.commit().await?;
                    self.jobs_written().notify_one();
                    return Ok(superseded);
                }
                // Another node opened an attempt in between. The next try supersedes that attempt.
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(ServiceError::Conflict("Another checkout is being started for this workspace. Try again in a moment."))
    }

    /// Stores that an attempt is paid, and announces it once with the subscription that it created. Safe to repeat.
    async fn complete_attempt(
        &self,
        tenant: &TenantId,
        attempt: &Attempt,
        subscription: Option<&str>,
    ) -> Result<(), ServiceError> {
        let mut tx = self.store().begin().await?;
        if tx.connection().update_attempt_state(tenant, &attempt.id, AttemptState::Paid).await? {
            let subscriptions = tx.connection().list_subscriptions(tenant).await?;
            let created = subscriptions.iter().find(|stored| {
                stored.provider == attempt.provider && Some(stored.external_id.as_str()) == subscription
            });
            let event = EndpointEvent::checkout(tenant, attempt, created, self.billing_now());
            self.endpoints().announce(&mut tx, &[event]).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Stores the final state of an attempt that is not paid.
    pub(super) async fn close_attempt(
        &self,
        tenant: &TenantId,
        id: &CheckoutAttemptId,
        state: AttemptState,
    ) -> Result<(), ServiceError> {
        let mut tx = self.store().begin().await?;
        tx.connection().update_attempt_state(tenant, id, state).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Creates the session of an attempt at the provider. Returns the session's id and URL. Idempotent by the attempt's
    /// id.
    pub(super) async fn open_hosted_page(
        &self,
        tenant: &TenantId,
        attempt: &Attempt,
        customer: String,
    ) -> Result<(String, Url), ServiceError> {
        let provider = self.sender(attempt.provider).ok_or(ServiceError::BillingNotConfigured)?;
        let new = NewCheckout {
            attempt: attempt.id.clone(),
            tenant: tenant.clone(),
            customer,
            plan: attempt.plan.clone(),
            cycle: attempt.cycle,
            seats: attempt.seats,
            success_url: attempt.success_url.clone(),
            cancel_url: attempt.cancel_url.clone(),
            trial_days: attempt.trial_days,
            locale: attempt.locale.clone(),
            options: attempt.options.clone(),
        };
        let checkout = match provider.create_checkout(&new).await {
            Ok(checkout) => checkout,
            Err(error) => return Err(self.providers().failed_call(tenant, attempt.provider, error).await),
        };
        Ok((checkout.session_id, checkout.url))
    }
}

/// Whether the provider rejected a session, so that it does not exist.
pub(super) const fn is_rejection(error: &ServiceError) -> bool {
    matches!(
        error,
        ServiceError::ProviderRejected { .. } | ServiceError::CustomerGone { .. } | ServiceError::Validation { .. }
    )
}

/// Returns the error for a session that the provider does not know.
pub(super) fn unknown_checkout(provider: Provider) -> ServiceError {
    let cause = ProviderError::Rejected { reason: UnknownCheckout.to_string(), cause: UnknownCheckout.into() };
    ServiceError::UnknownAtProvider { provider: provider.title(), what: "checkout", cause }
}
