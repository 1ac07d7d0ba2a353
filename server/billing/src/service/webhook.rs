//! Events from providers: taken in once, and acted on by fetching what they hint at.

use domain::subscription::Provider;
use http::HeaderMap;

use super::{ServiceError, Services};
use crate::{
    payment::{EventSubject, PaymentProvider, WebhookError},
    store::{customers::Customer, inbox::EventState, jobs::Task},
};

impl Services {
    /// Verifies a webhook over its raw bytes and takes it in together with the job that will handle it.
    ///
    /// Idempotent by the event's id: a repeat is `Ok` and has no second effect. What fails verification stores nothing.
    pub async fn receive_webhook(&self, from: Provider, headers: &HeaderMap, body: &[u8]) -> Result<(), ServiceError> {
        let not_configured = || ServiceError::InvalidSignature(WebhookError::NotConfigured);
        let sender = self.sender(from).ok_or_else(not_configured)?;
        let events = sender.verify_webhook(headers, body, self.wall_now()).map_err(ServiceError::InvalidSignature)?;
        let now = self.wall_now();
        let mut tx = self.store().begin().await?;
        for event in events {
            let is_hint = event.subject != EventSubject::Other;
            let state = if is_hint { EventState::Received } else { EventState::Ignored };
            let is_new = tx.link().insert_event(from, &event, state, now).await?;
            if is_new && is_hint {
                tx.link().insert_job(&Task::ProcessWebhook { provider: from, event: event.id }, now, now).await?;
            }
        }
        tx.commit().await?;
        self.jobs_written().notify_one();
        Ok(())
    }

    /// Fetches what an event hints at and writes what the provider says now. Safe to repeat.
    pub(crate) async fn process_webhook(&self, from: Provider, event: &str) -> Result<(), ServiceError> {
        let found = self.store().read().await?.link().find_event(from, event).await?;
        let Some((subject, EventState::Received)) = found else { return Ok(()) };
        let state = if self.act_on(from, &subject).await? { EventState::Handled } else { EventState::Ignored };
        let mut tx = self.store().begin().await?;
        tx.link().update_event_state(from, event, state, self.wall_now()).await?;
        tx.commit().await?;
        Ok(())
    }

    /// `false` when the provider, or Dues, does not know what the event speaks of.
    async fn act_on(&self, from: Provider, subject: &EventSubject) -> Result<bool, ServiceError> {
        let sender = self.sender(from).ok_or(ServiceError::BillingNotConfigured)?;
        let told = |error| ServiceError::from_provider(from.title(), error);
        let customer = match subject {
            EventSubject::Other => None,
            EventSubject::Subscription { id, .. } => {
                sender.fetch_subscription(id).await.map_err(told)?.map(|subscription| subscription.customer)
            }
            EventSubject::CheckoutSession { id } => return self.act_on_checkout(sender, from, id).await,
        };
        match self.known_customer(from, customer).await? {
            Some(customer) => self.reconcile_customer(from, customer).await.map(|()| true),
            None => Ok(false),
        }
    }

    async fn act_on_checkout(
        &self,
        sender: &dyn PaymentProvider,
        from: Provider,
        session: &str,
    ) -> Result<bool, ServiceError> {
        let state = sender.fetch_checkout(session).await;
        let state = state.map_err(|error| ServiceError::from_provider(from.title(), error))?;
        let Some(state) = state else { return Ok(false) };
        let Some(customer) = self.known_customer(from, state.customer.clone()).await? else { return Ok(false) };
        let attempt = self.store().read().await?.link().find_attempt_by_session(&customer.tenant, session).await?;
        match attempt {
            Some(attempt) => self.note_progress(&customer.tenant, &attempt, &state).await.map(|_| true),
            // Made by hand at the provider: still a customer of ours.
            None => self.reconcile_customer(from, customer).await.map(|()| true),
        }
    }

    async fn known_customer(
        &self,
        from: Provider,
        external_id: Option<String>,
    ) -> Result<Option<Customer>, ServiceError> {
        let Some(external_id) = external_id else { return Ok(None) };
        Ok(self.store().read().await?.link().find_customer_by_external_id(from, &external_id).await?)
    }
}
