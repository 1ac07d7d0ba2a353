//! The return from the provider: the outcome of a checkout.

use domain::{
    account::WorkspaceViewer,
    ids::TenantId,
    subscription::{current_subscription, order::AttemptState},
    wire::{CheckoutOutcome, CheckoutReturnView},
};

use super::attempt::unknown_checkout;
use crate::{
    payment::CheckoutProgress,
    service::{Checkouts, ServiceError, subscription::lifecycle::Cause},
    store::subscription::checkout_attempts::Attempt,
};

impl Checkouts {
    /// Returns the outcome of a checkout for the return page. Does not wait for a webhook: fetches the session
    /// `session_id` from the provider or, if `session_id` is `None`, the session of the latest attempt.
    pub async fn settle_return(
        &self,
        viewer: impl Into<WorkspaceViewer>,
        session_id: Option<&str>,
    ) -> Result<CheckoutReturnView, ServiceError> {
        let viewer = &viewer.into();
        let tenant = &viewer.current_membership.tenant_id;
        let mut reader = self.store().read().await?;
        let attempt = match session_id {
            Some(session) if !is_session_id(session) => None,
            Some(session) => reader.connection().find_attempt_by_session(tenant, session).await?,
            None => reader.connection().find_latest_attempt(tenant).await?,
        };
        drop(reader);
        let outcome = match (attempt, session_id) {
            (Some(attempt), _) => self.settle_attempt(tenant, attempt).await,
            // The id comes from the URL. A session that is not stored for this tenant is not fetched.
            (None, Some(_)) => self.stored_outcome(tenant).await,
            (None, None) => self.without_attempt(tenant).await,
        };
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(ServiceError::ProviderUnavailable { .. } | ServiceError::UnknownAtProvider { .. }) => {
                CheckoutOutcome::ProviderUnavailable
            }
            Err(ServiceError::Throttled { .. }) => CheckoutOutcome::Throttled,
            Err(error) => return Err(error),
        };
        Ok(CheckoutReturnView { membership: self.subscriptions().membership(viewer).await?, outcome })
    }

    async fn settle_attempt(&self, tenant: &TenantId, attempt: Attempt) -> Result<CheckoutOutcome, ServiceError> {
        let plan = attempt.plan.clone();
        let Some(session) = &attempt.session_id else { return Ok(CheckoutOutcome::NotPaid { plan }) };
        let provider = self.sender(attempt.provider).ok_or(ServiceError::BillingNotConfigured)?;
        if attempt.state == AttemptState::Paid {
            let subscriptions = self.subscriptions();
            let reconcile = Box::pin(subscriptions.reconcile_tenant(tenant, attempt.provider, Cause::Order));
            self.providers().compare_for_page(tenant, reconcile).await?;
            return self.stored_outcome(tenant).await;
        }
        let fetch = async {
            let state = provider.fetch_checkout(session).await;
            state.map_err(|error| ServiceError::from_provider(attempt.provider.title(), error))
        };
        let state = self.providers().read_provider(tenant, (format!("checkout {session}"), 1), Box::pin(fetch)).await?;
        let Some(state) = state else {
            self.providers().note_unknown_checkout(tenant, attempt.provider, session).await?;
            return Err(unknown_checkout(attempt.provider));
        };
        match self.record_progress(tenant, &attempt, &state, Cause::Order).await? {
            // The plan may have been changed since the payment: show the current one.
            CheckoutProgress::Paid => self.stored_outcome(tenant).await,
            CheckoutProgress::Processing => Ok(CheckoutOutcome::Processing { plan }),
            CheckoutProgress::Open | CheckoutProgress::Expired => Ok(CheckoutOutcome::NotPaid { plan }),
        }
    }

    /// Returns the outcome for a tenant without a checkout attempt. Reconciles the tenant first, at most once every few
    /// seconds.
    async fn without_attempt(&self, tenant: &TenantId) -> Result<CheckoutOutcome, ServiceError> {
        let subscriptions = self.subscriptions();
        let reconcile = Box::pin(subscriptions.reconcile_all_providers(tenant, Cause::Order));
        self.providers().compare_for_page(tenant, reconcile).await?;
        self.stored_outcome(tenant).await
    }

    /// Returns the outcome that the stored current subscription shows.
    async fn stored_outcome(&self, tenant: &TenantId) -> Result<CheckoutOutcome, ServiceError> {
        let subscriptions = self.store().read().await?.connection().list_subscriptions(tenant).await?;
        Ok(match current_subscription(self.catalog(), &subscriptions).filter(|current| current.status.is_live()) {
            Some(current) => CheckoutOutcome::Paid { plan: current.plan.clone(), cycle: current.cycle },
            None => CheckoutOutcome::NoOrder,
        })
    }
}

/// Returns whether the text can be a session id of a provider.
fn is_session_id(text: &str) -> bool {
    (1..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}
