//! The way back from the provider: what became of the order.

use domain::{
    account::Viewer,
    ids::TenantId,
    subscription::current_subscription,
    wire::{CheckoutOutcome, CheckoutReturnView},
};

use super::attempt::unknown_checkout;
use crate::{
    payment::CheckoutProgress,
    service::{ServiceError, Services, lifecycle::Cause},
    store::checkout_attempts::{Attempt, AttemptState},
};

impl Services {
    /// What the return page says. It does not wait for a webhook: it asks the provider, about `session_id` where the address
    /// carries one, else about the latest attempt.
    pub async fn settle_return(
        &self,
        viewer: &Viewer,
        session_id: Option<&str>,
    ) -> Result<CheckoutReturnView, ServiceError> {
        let tenant = &viewer.current_membership.tenant_id;
        let mut reader = self.store().read().await?;
        let attempt = match session_id {
            Some(session) if !is_session_id(session) => None,
            Some(session) => reader.link().find_attempt_by_session(tenant, session).await?,
            None => reader.link().find_latest_attempt(tenant).await?,
        };
        drop(reader);
        let outcome = match (attempt, session_id) {
            (Some(attempt), _) => self.settle_attempt(tenant, attempt).await,
            // What stands in an address may be made up: a session that is none of the tenant's own has no provider asked.
            (None, Some(_)) => self.what_holds(tenant).await,
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
        Ok(CheckoutReturnView { membership: self.membership(viewer).await?, outcome })
    }

    async fn settle_attempt(&self, tenant: &TenantId, attempt: Attempt) -> Result<CheckoutOutcome, ServiceError> {
        let plan = attempt.plan.clone();
        let Some(session) = &attempt.session_id else { return Ok(CheckoutOutcome::NotPaid { plan }) };
        let provider = self.sender(attempt.provider).ok_or(ServiceError::BillingNotConfigured)?;
        if attempt.state == AttemptState::Paid {
            let reconcile = self.reconcile_tenant(tenant, attempt.provider, Cause::Order);
            self.compare_for_page(tenant, reconcile).await?;
            return self.what_holds(tenant).await;
        }
        let fetch = async {
            let state = provider.fetch_checkout(session).await;
            state.map_err(|error| ServiceError::from_provider(attempt.provider.title(), error))
        };
        let state = self.read_provider(tenant, format!("checkout {session}"), fetch).await?;
        let Some(state) = state else {
            self.note_unknown_checkout(tenant, attempt.provider, session).await?;
            return Err(unknown_checkout(attempt.provider));
        };
        match self.note_progress(tenant, &attempt, &state, Cause::Order).await? {
            // The order may be old, and a change made on the portal since: what holds now is what to say.
            CheckoutProgress::Paid => self.what_holds(tenant).await,
            CheckoutProgress::Processing => Ok(CheckoutOutcome::Processing { plan }),
            CheckoutProgress::Open | CheckoutProgress::Expired => Ok(CheckoutOutcome::NotPaid { plan }),
        }
    }

    /// Coming back from the portal leaves no attempt: then what the provider says of the subscription speaks.
    async fn without_attempt(&self, tenant: &TenantId) -> Result<CheckoutOutcome, ServiceError> {
        self.compare_for_page(tenant, self.ask_all_providers(tenant, Cause::Order)).await?;
        self.what_holds(tenant).await
    }

    /// The subscription that speaks for the tenant, as it is stored.
    async fn what_holds(&self, tenant: &TenantId) -> Result<CheckoutOutcome, ServiceError> {
        let subscriptions = self.store().read().await?.link().list_subscriptions(tenant).await?;
        Ok(match current_subscription(&subscriptions).filter(|own| own.status.is_live()) {
            Some(own) => CheckoutOutcome::Paid { plan: own.plan.clone(), cycle: own.cycle },
            None => CheckoutOutcome::NoOrder,
        })
    }
}

/// What comes in an address may be anything; only what a provider could have given is looked up.
fn is_session_id(text: &str) -> bool {
    (1..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}
