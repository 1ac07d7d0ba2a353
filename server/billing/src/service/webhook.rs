//! Events from providers: taken in once, and acted on by fetching what they hint at.

mod hints;

use std::collections::HashSet;

use domain::{subscription::Provider, time::Timestamp};
use http::HeaderMap;

pub(super) use self::hints::Hints;
use super::{
    ServiceError, Services,
    group::{Unavailable, Written},
    lifecycle::Cause,
};
use crate::{
    payment::{EventSubject, PaymentProvider, ProviderEvent, WebhookError},
    store::{
        StoreError,
        customers::Customer,
        inbox::EventState,
        jobs::{Task, WantedJob},
    },
};

/// How often a batch begins again when others got in between.
const MOST_TRIES: usize = 8;

/// What one webhook brought.
#[derive(Clone, Debug)]
pub(super) struct Events {
    from: Provider,
    all: Vec<ProviderEvent>,
    /// By whom they were told: the provider's webhooks, or their own list.
    told: Cause,
}

impl Written for Events {
    type Answer = ();

    const NAME: &'static str = "webhooks";

    fn len(&self) -> usize {
        self.all.len()
    }

    async fn write(services: &Services, batch: Vec<Self>) -> Result<Vec<()>, Unavailable> {
        for _ in 0..MOST_TRIES {
            match services.take_in(&batch).await {
                Ok(()) => return Ok(vec![(); batch.len()]),
                Err(error) if error.is_lost_race() => {}
                Err(error) => {
                    tracing::error!(error = &error as &dyn std::error::Error, "webhooks can't be taken in");
                    return Err(Unavailable::Unknown);
                }
            }
        }
        tracing::error!("webhooks were not taken in: others got in between each time");
        Err(Unavailable::NotWritten)
    }
}

impl Services {
    async fn take_in(&self, batch: &[Events]) -> Result<(), StoreError> {
        let now = self.wall_now();
        let state = |event: &ProviderEvent| match event.subject {
            EventSubject::Other => EventState::Ignored,
            EventSubject::Subscription { .. }
            | EventSubject::CheckoutSession { .. }
            | EventSubject::Customer { .. } => EventState::Received,
        };
        let events = batch.iter().flat_map(|Events { from, all, told: _ }| all.iter().map(move |event| (*from, event)));
        // What is listed comes in batches of its own.
        let told = batch.first().map_or(Cause::Webhook, |events| events.told);
        let events: Vec<_> = events.map(|(from, event)| (from, event, state(event))).collect();
        let mut tx = self.store().begin().await?;
        let new = tx.link().take_in_events(&events, now).await?;
        let is_new =
            |from: Provider, event: &ProviderEvent| new.contains(&(from.as_str().to_owned(), event.id.clone()));
        let hints: HashSet<_> = events
            .iter()
            .filter(|(from, event, _)| is_new(*from, event))
            .map(|(from, event, _)| (*from, &event.subject))
            .collect();
        let mut jobs: Vec<_> =
            hints.into_iter().filter_map(|(from, subject)| self.job_of(from, subject, told, now)).collect();
        if !jobs.is_empty() {
            // In one order on every node, so that none waits for another in a circle.
            jobs.sort_unstable_by(|one, other| one.id.cmp(&other.id));
            tx.link().want_jobs(&jobs, now).await?;
        }
        tx.commit().await?;
        if !jobs.is_empty() {
            self.jobs_written().notify_one();
        }
        Ok(())
    }

    /// `None` for what is about nothing to follow.
    fn job_of(&self, from: Provider, subject: &EventSubject, told: Cause, now: Timestamp) -> Option<WantedJob> {
        let id = job_id(from, subject)?;
        let run_at = self.0.hints.due(&id, now);
        let subject = subject.clone();
        let task = match told {
            Cause::Listed => Task::FollowListed { provider: from, subject },
            _ => Task::FollowHints { provider: from, subject },
        };
        Some(WantedJob { id, task, run_at })
    }

    /// Takes in what a provider's own list tells; what a webhook had told before has no second effect.
    pub(super) async fn take_in_listed(&self, from: Provider, events: Vec<ProviderEvent>) -> Result<(), ServiceError> {
        if events.is_empty() {
            return Ok(());
        }
        let batch = vec![Events { from, all: events, told: Cause::Listed }];
        Events::write(self, batch).await.map(drop).map_err(|_| ServiceError::Unavailable)
    }

    /// Verifies a webhook over its raw bytes and takes it in together with the job that will follow it.
    ///
    /// Idempotent by the event's id: a repeat is `Ok` and has no second effect. What fails verification, or is no event, stores
    /// nothing.
    pub async fn receive_webhook(&self, from: Provider, headers: &HeaderMap, body: &[u8]) -> Result<(), ServiceError> {
        let not_configured = || ServiceError::InvalidSignature(WebhookError::NotConfigured);
        let sender = self.sender(from).ok_or_else(not_configured)?;
        let events = sender.verify_webhook(headers, body, self.wall_now()).map_err(|error| match error {
            WebhookError::NotAnEvent => ServiceError::NotAnEvent,
            error => ServiceError::InvalidSignature(error),
        })?;
        for event in events.iter().filter(|event| event.subject != EventSubject::Other) {
            // The lines of a job name the job; this one, which request it came of.
            tracing::debug!(job = job_id(from, &event.subject), event = event.id, "an event goes to a job");
        }
        self.0
            .event_writer
            .write(&self.0, Events { from, all: events, told: Cause::Webhook })
            .await
            .map_err(|_| ServiceError::Unavailable)
    }

    /// Fetches what events hint at and writes what the provider says now. Safe to repeat.
    pub(crate) async fn follow_hints(
        &self,
        from: Provider,
        subject: &EventSubject,
        told: Cause,
    ) -> Result<EventState, ServiceError> {
        Ok(if self.act_on(from, subject, told).await? { EventState::Handled } else { EventState::Ignored })
    }

    /// `false` when Dues has never seen what the event speaks of. What it has seen and the provider does not know is noted.
    async fn act_on(&self, from: Provider, subject: &EventSubject, cause: Cause) -> Result<bool, ServiceError> {
        let sender = self.sender(from).ok_or(ServiceError::BillingNotConfigured)?;
        let told = |error| ServiceError::from_provider(from.title(), error);
        let customer = match subject {
            EventSubject::Other => None,
            EventSubject::Customer { id } => Some(id.clone()),
            EventSubject::Subscription { id } => match sender.fetch_subscription(id).await.map_err(told)? {
                Some(answer) => answer.customer().map(str::to_owned),
                None => return self.act_on_unknown(from, subject, cause).await,
            },
            EventSubject::CheckoutSession { id } => return self.act_on_checkout(sender, from, id, cause).await,
        };
        match self.known_customer(from, customer).await? {
            Some(customer) => self.reconcile_customer(from, customer, cause).await.map(|()| true),
            None => Ok(false),
        }
    }

    async fn act_on_checkout(
        &self,
        sender: &dyn PaymentProvider,
        from: Provider,
        session: &str,
        cause: Cause,
    ) -> Result<bool, ServiceError> {
        let state = sender.fetch_checkout(session).await;
        let state = state.map_err(|error| ServiceError::from_provider(from.title(), error))?;
        let Some(state) = state else {
            let subject = EventSubject::CheckoutSession { id: session.to_owned() };
            let owner = self.store().read().await?.link().find_owner(from, &subject).await?;
            let Some(tenant) = owner else { return Ok(false) };
            return self.note_unknown_checkout(&tenant, from, session).await.map(|()| true);
        };
        let Some(customer) = self.known_customer(from, state.customer.clone()).await? else { return Ok(false) };
        let attempt = self.store().read().await?.link().find_attempt_by_session(&customer.tenant, session).await?;
        match attempt {
            Some(attempt) => self.note_progress(&customer.tenant, &attempt, &state, cause).await.map(|_| true),
            // Made by hand at the provider: still a customer of ours.
            None => self.reconcile_customer(from, customer, cause).await.map(|()| true),
        }
    }

    /// Asks about whose subscription it was when Dues saw it; only that answer is believed.
    async fn act_on_unknown(&self, from: Provider, subject: &EventSubject, cause: Cause) -> Result<bool, ServiceError> {
        let owner = self.store().read().await?.link().find_owner(from, subject).await?;
        let Some(tenant) = owner else { return Ok(false) };
        self.reconcile_tenant(&tenant, from, cause).await.map(|()| true)
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

/// The one job that follows all hints at an object.
pub(super) fn job_id(from: Provider, subject: &EventSubject) -> Option<String> {
    match subject {
        EventSubject::Subscription { id } => Some(format!("{} subscription {id}", from.as_str())),
        EventSubject::CheckoutSession { id } => Some(format!("{} checkout {id}", from.as_str())),
        EventSubject::Customer { id } => Some(format!("{} customer {id}", from.as_str())),
        EventSubject::Other => None,
    }
}
