//! Attempts: one click each, with the hosted page that it opened at the provider.

use domain::{
    ids::{CheckoutAttemptId, TenantId},
    subscription::{Provider, current_subscription},
};
use url::Url;

use crate::{
    payment::{CheckoutProgress, CheckoutState, NewCheckout, ProviderError},
    service::{ServiceError, Services, lifecycle::Cause, provider_account::UnknownCheckout},
    store::{
        StoreError,
        checkout_attempts::{Attempt, AttemptState},
        jobs::Task,
    },
};

/// The job that expires a superseded session waits this long, since the request itself is at it.
const EXPIRE_LATER_SECS: i64 = 30;
/// After this long no hosted page is open any more, at Stripe and at Polar.
const OPEN_SECS: i64 = 24 * 3600;
/// How often an attempt may lose its place to one of another node before it gives up.
const TRIES: usize = 5;

impl Services {
    /// Closes the page of the attempt that `newer` has superseded. If somebody has paid there meanwhile, the newer one gives way.
    pub(super) async fn make_way(
        &self,
        tenant: &TenantId,
        former: &CheckoutAttemptId,
        newer: &CheckoutAttemptId,
    ) -> Result<(), ServiceError> {
        let progress = self.expire_superseded(tenant, former).await?;
        let subscriptions = self.store().read().await?.link().list_subscriptions(tenant).await?;
        let message = if progress == Some(CheckoutProgress::Processing) {
            "The payment of the former checkout is on its way. Wait until it has arrived."
        } else if current_subscription(&subscriptions).is_some_and(|own| own.status.is_live()) {
            "The former checkout has just been paid. Look at the membership page."
        } else {
            return Ok(());
        };
        let mut tx = self.store().begin().await?;
        tx.link().update_attempt_state(tenant, newer, AttemptState::Expired).await?;
        if progress == Some(CheckoutProgress::Processing) {
            tx.link().update_attempt_state(tenant, former, AttemptState::Open).await?;
        }
        tx.commit().await?;
        Err(ServiceError::Conflict(message))
    }

    /// Writes down how far a session has come, and fetches the subscription that it made.
    pub(crate) async fn note_progress(
        &self,
        tenant: &TenantId,
        attempt: &Attempt,
        state: &CheckoutState,
        cause: Cause,
    ) -> Result<CheckoutProgress, ServiceError> {
        let customer = self.store().read().await?.link().find_customer(tenant, attempt.provider).await?;
        let is_foreign = |of: &String| customer.as_ref().is_some_and(|own| own.external_id != *of);
        if let Some(of) = state.customer.as_ref().filter(|of| is_foreign(of)) {
            let (provider, session) = (attempt.provider, &state.session_id);
            tracing::error!(%tenant, provider = provider.as_str(), session, of, "checkout session of another customer");
            return Err(unknown_checkout(provider));
        }
        self.forget_unknown_checkout(tenant, attempt.provider, &state.session_id).await?;
        match state.progress {
            CheckoutProgress::Paid => {
                self.reconcile_tenant(tenant, attempt.provider, cause).await?;
                self.close_attempt(tenant, &attempt.id, AttemptState::Paid).await?;
            }
            CheckoutProgress::Expired if attempt.state != AttemptState::Paid => {
                self.close_attempt(tenant, &attempt.id, AttemptState::Expired).await?;
            }
            CheckoutProgress::Open | CheckoutProgress::Processing | CheckoutProgress::Expired => {}
        }
        Ok(state.progress)
    }

    /// Closes the hosted page of an attempt that a later one has superseded; finds out about its payment if it was quicker.
    /// Safe to repeat.
    /// Answers how far it had come; `None` when there was nothing to close.
    pub(crate) async fn expire_superseded(
        &self,
        tenant: &TenantId,
        id: &CheckoutAttemptId,
    ) -> Result<Option<CheckoutProgress>, ServiceError> {
        let attempt = self.store().read().await?.link().find_attempt(tenant, id).await?;
        let Some(attempt) = attempt.filter(|attempt| attempt.state == AttemptState::Superseded) else {
            return Ok(None);
        };
        let provider = self.sender(attempt.provider).ok_or(ServiceError::BillingNotConfigured)?;
        let told = |error| ServiceError::from_provider(attempt.provider.title(), error);
        let session = if let Some(session) = &attempt.session_id {
            session.clone()
        } else {
            // The answer never reached us, so a page may or may not be open: asked once more by the same key, it is the same page.
            let customer = self.ensure_customer(tenant, attempt.provider).await?;
            match self.hosted_page(tenant, &attempt, customer).await {
                Ok((session, _)) => session,
                // What was refused was never made, and must not stand in the way of what comes after it.
                Err(ServiceError::ProviderRejected { .. } | ServiceError::CustomerGone { .. }) => {
                    self.close_attempt(tenant, id, AttemptState::Expired).await?;
                    return Ok(None);
                }
                Err(error) => return Err(error),
            }
        };
        let state = match provider.expire_checkout(&session).await {
            // Only time closes it there: how far it has come is all that can be known, and a payment on it is still taken in.
            Err(ProviderError::Unsupported) => provider.fetch_checkout(&session).await,
            answer => answer,
        };
        let is_over = attempt.created_at.plus_secs(OPEN_SECS) <= self.wall_now();
        let progress = match state.map_err(told)? {
            Some(state) => self.note_progress(tenant, &attempt, &state, Cause::Order).await.map(Some),
            None if is_over => Ok(None),
            None => {
                self.note_unknown_checkout(tenant, attempt.provider, &session).await?;
                Err(unknown_checkout(attempt.provider))
            }
        };
        match progress {
            // That the provider does not know it closes nothing before its time: it may still be paid in the account where it was
            // made. The same holds for one of a customer that was replaced since.
            Ok(None) | Err(ServiceError::UnknownAtProvider { what: "checkout", .. }) if is_over => {
                self.forget_unknown_checkout(tenant, attempt.provider, &session).await?;
                self.close_attempt(tenant, id, AttemptState::Expired).await.map(|()| None)
            }
            progress => progress,
        }
    }

    /// Opens an attempt and answers the one that it superseded; a job makes sure that its page is closed.
    pub(super) async fn open_attempt(
        &self,
        tenant: &TenantId,
        attempt: &Attempt,
    ) -> Result<Option<CheckoutAttemptId>, ServiceError> {
        for _ in 0..TRIES {
            let now = self.wall_now();
            let mut tx = self.store().begin().await?;
            let former = tx.link().supersede_open_attempt(tenant).await?;
            if let Some(former) = &former {
                let task = Task::ExpireCheckout { tenant: tenant.clone(), attempt: former.clone() };
                tx.link().insert_job(&task, now.plus_secs(EXPIRE_LATER_SECS), now).await?;
            }
            match tx.link().insert_attempt(tenant, attempt).await {
                Ok(()) => {
                    tx.commit().await?;
                    self.jobs_written().notify_one();
                    return Ok(former);
                }
                // Another node opened one in between: that one is superseded next.
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(ServiceError::Conflict("Another checkout is being started for this workspace. Try again in a moment."))
    }

    pub(super) async fn close_attempt(
        &self,
        tenant: &TenantId,
        id: &CheckoutAttemptId,
        state: AttemptState,
    ) -> Result<(), ServiceError> {
        let mut tx = self.store().begin().await?;
        tx.link().update_attempt_state(tenant, id, state).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The same attempt asked twice is the same page.
    pub(super) async fn hosted_page(
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
            success_url: attempt.success_url.clone(),
            cancel_url: attempt.cancel_url.clone(),
            trial_days: attempt.trial_days,
        };
        let checkout = match provider.create_checkout(&new).await {
            Ok(checkout) => checkout,
            Err(error) => return Err(self.failed_call(tenant, attempt.provider, error).await),
        };
        Ok((checkout.session_id, checkout.url))
    }
}

pub(super) fn unknown_checkout(provider: Provider) -> ServiceError {
    let cause = ProviderError::Rejected { reason: UnknownCheckout.to_string(), cause: UnknownCheckout.into() };
    ServiceError::UnknownAtProvider { provider: provider.title(), what: "checkout", cause }
}
