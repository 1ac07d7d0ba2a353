//! Provider webhooks: each event is stored once, and a job fetches the object that it is about.

mod coalescer;
pub mod endpoint;
mod events;

use std::{collections::HashMap, sync::Arc, time::Instant};

use domain::{ids::TenantId, subscription::Provider, time::Timestamp};
use http::HeaderMap;

pub(super) use self::{coalescer::EventCoalescer, events::Events};
use super::{
    Core, ServiceError, Webhooks,
    base::group_commit::{BatchWrite, WriteError},
    subscription::lifecycle::Cause,
};
use crate::{
    payment::{EventSubject, PaymentProvider, ProviderEvent, WebhookError},
    store::{
        StoreError,
        job::jobs::{JobRequest, Lane, Task},
        subscription::customers::Customer,
        webhook::inbox::EventState,
    },
    trace::{self, TraceContext},
};

/// Maximum number of tries to store a batch that loses a race each time.
const MAX_TRIES: usize = 8;

impl BatchWrite for Events {
    type Context = Core;
    type Answer = ();

    const NAME: &'static str = "webhooks";

    fn len(&self) -> usize {
        self.all.len()
    }

    async fn write(core: &Arc<Core>, batch: Vec<Self>) -> Result<Vec<()>, WriteError> {
        let webhooks = core.webhooks();
        let mut check = RepeatCheck::expected(&batch);
        for _ in 0..MAX_TRIES {
            match webhooks.insert_events(&batch, check).await {
                Ok(true) => return Ok(vec![(); batch.len()]),
                Ok(false) => check = RepeatCheck::ByRow,
                Err(error) if error.is_lost_race() => {}
                Err(error) => {
                    tracing::error!(error = &error as &dyn std::error::Error, "failed to store webhook events");
                    return Err(WriteError::Unknown);
                }
            }
        }
        tracing::error!(tries = MAX_TRIES, "failed to store webhook events: conflict on every attempt");
        Err(WriteError::NotWritten)
    }
}

/// How repeats of stored events are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RepeatCheck {
    /// By the number of inserted events. A batch with a repeat stores nothing.
    ByCount,
    /// By the inserted events, which the database returns.
    ByRow,
}

impl RepeatCheck {
    /// Repeats are rare among webhooks: a provider sends an event again if it got no answer. A provider's list names
    /// events that webhooks delivered.
    fn expected(batch: &[Events]) -> Self {
        let is_listed = batch.iter().any(|events| matches!(events.cause, Cause::Listed));
        if is_listed { Self::ByRow } else { Self::ByCount }
    }
}

impl Webhooks {
    /// Stores events and the jobs that fetch their objects. An event whose id is stored already has no effect. `false`
    /// if nothing was stored, because events repeat and `check` does not say which.
    async fn insert_events(&self, batch: &[Events], check: RepeatCheck) -> Result<bool, StoreError> {
        let now = self.wall_now();
        let state = |event: &ProviderEvent| match event.subject {
            EventSubject::Other => EventState::Ignored,
            EventSubject::Subscription { .. }
            | EventSubject::CheckoutSession { .. }
            | EventSubject::Customer { .. } => EventState::Received,
        };
        let events = batch
            .iter()
            .flat_map(|Events { from, all, cause: _, trace: _ }| all.iter().map(move |event| (*from, event)));
        // A batch never mixes listed events and webhooks, so that its first cause holds for all.
        let cause = batch.first().map_or(Cause::Webhook, |events| events.cause);
        let events: Vec<_> = events.map(|(from, event)| (from, event, state(event))).collect();
        let mut tx = self.store().begin().await?;
        let new = match check {
            RepeatCheck::ByRow => Some(tx.connection().insert_and_list_inbox_events(&events, now).await?),
            RepeatCheck::ByCount => {
                let inserted = tx.connection().insert_inbox_events(&events, now).await?;
                if usize::try_from(inserted).is_ok_and(|inserted| inserted < events.len()) {
                    tx.rollback().await?;
                    return Ok(false);
                }
                None
            }
        };
        let is_new = |from: Provider, event: &ProviderEvent| {
            new.as_ref().is_none_or(|new| new.contains(&(from.as_str().to_owned(), event.id.clone())))
        };
        let mut subjects: HashMap<_, Option<&String>> = HashMap::new();
        for (from, event, _) in events.iter().filter(|(from, event, _)| is_new(*from, event)) {
            let customer = subjects.entry((*from, &event.subject)).or_default();
            *customer = customer.or(event.customer.as_ref());
        }
        let traces = traces(batch);
        let mut jobs: Vec<_> = subjects
            .into_iter()
            .filter_map(|((from, subject), customer)| {
                let traceparent = traces.get(&(from, subject)).and_then(|trace| trace.traceparent());
                Some((self.event_job(from, (subject, customer), cause, now)?, traceparent))
            })
            .collect();
        let mut written = 0;
        if !jobs.is_empty() {
            // Every node writes in the same order, so that they can't deadlock.
            jobs.sort_unstable_by(|(one, _), (other, _)| one.id.cmp(&other.id));
            written = tx.connection().upsert_traced_jobs(&jobs, now).await?;
        }
        tx.commit().await?;
        // A worker has been notified of the jobs that waited already.
        if written > 0 {
            let is_in = |lane: &Lane| jobs.iter().any(|(job, _)| job.task.lane() == *lane);
            Lane::ALL.into_iter().filter(is_in).for_each(|lane| self.jobs_written().notify(lane));
        }
        Ok(true)
    }

    /// Returns the job that fetches an event's subject; `None` for a subject that Dues ignores.
    fn event_job(
        &self,
        from: Provider,
        (subject, customer): (&EventSubject, Option<&String>),
        cause: Cause,
        now: Timestamp,
    ) -> Option<JobRequest> {
        let id = job_id(from, subject)?;
        let run_at = self.0.event_coalescer.due(&id, now);
        let (subject, customer) = (subject.clone(), customer.cloned());
        let task = match cause {
            Cause::Listed => Task::FetchListedObject { provider: from, subject, customer },
            _ => Task::FetchWebhookObject { provider: from, subject, customer },
        };
        Some(JobRequest { id, task, run_at })
    }

    /// Stores events from a provider's list of events. An event that a webhook delivered before has no second effect.
    pub(super) async fn insert_listed_events(
        &self,
        from: Provider,
        events: Vec<ProviderEvent>,
    ) -> Result<(), ServiceError> {
        if events.is_empty() {
            return Ok(());
        }
        let batch = vec![Events { from, all: events, cause: Cause::Listed, trace: trace::current() }];
        Events::write(&self.0, batch).await.map(drop).map_err(|_| ServiceError::Unavailable)
    }

    /// Verifies a webhook over its raw bytes and stores its events together with the jobs that fetch their objects.
    ///
    /// Idempotent by the event's id: a repeat is `Ok` and has no second effect. A body that fails verification, or is
    /// not an event, stores nothing.
    pub async fn receive_webhook(&self, from: Provider, headers: &HeaderMap, body: &[u8]) -> Result<(), ServiceError> {
        let not_configured = || ServiceError::InvalidSignature(WebhookError::NotConfigured);
        let sender = self.sender(from).ok_or_else(not_configured)?;
        let events = sender.verify_webhook(headers, body, self.wall_now()).map_err(|error| match error {
            WebhookError::NotAnEvent => ServiceError::NotAnEvent,
            error => ServiceError::InvalidSignature(error),
        })?;
        for event in events.iter().filter(|event| event.subject != EventSubject::Other) {
            // A job's log lines name the job. This line links the job to the request.
            tracing::debug!(job = job_id(from, &event.subject), event = event.id, "received a webhook event");
        }
        self.0
            .event_writer
            .write(&self.0, Events { from, all: events, cause: Cause::Webhook, trace: trace::current() })
            .await
            .map_err(|_| ServiceError::Unavailable)
    }

    /// Fetches the subject of events and stores its current state. `named` is the customer that the events name. Safe
    /// to repeat.
    pub(crate) async fn reconcile_webhook_object(
        &self,
        from: Provider,
        (subject, named): (&EventSubject, Option<&str>),
        cause: Cause,
    ) -> Result<EventState, ServiceError> {
        let is_known = self.reconcile_subject(from, (subject, named), cause).await?;
        Ok(if is_known { EventState::Handled } else { EventState::Ignored })
    }

    /// Reconciles the tenant that the subject belongs to; `false` if it belongs to none. If the provider does not know
    /// a tenant's subject, records that.
    async fn reconcile_subject(
        &self,
        from: Provider,
        (subject, named): (&EventSubject, Option<&str>),
        cause: Cause,
    ) -> Result<bool, ServiceError> {
        // A fetch that begins from here on covers all events about the subject that were received before.
        let since = Instant::now();
        if let (EventSubject::Subscription { id }, Some(named)) = (subject, named)
            && let Some(customer) = self.known_customer(from, Some(named.to_owned())).await?
        {
            let tenant = customer.tenant.clone();
            // Fetches all subscriptions of the named customer, so that no call is needed to find the customer.
            self.subscriptions().reconcile_customer(from, customer, cause, since).await?;
            // A subscription that is not stored now is another customer's, or the provider does not know it.
            if self.is_subscription_stored(&tenant, from, id).await? {
                return Ok(true);
            }
        }
        // A reconciliation above did not find the subscription, so it does not cover these events.
        let since = Instant::now();
        let sender = self.sender(from).ok_or(ServiceError::BillingNotConfigured)?;
        let failed = |error| ServiceError::from_provider(from.title(), error);
        let customer = match subject {
            EventSubject::Other => None,
            EventSubject::Customer { id } => Some(id.clone()),
            EventSubject::Subscription { id } => match sender.fetch_subscription(id).await.map_err(failed)? {
                Some(answer) => answer.customer().map(str::to_owned),
                None => return self.reconcile_recorded_owner(from, subject, cause).await,
            },
            EventSubject::CheckoutSession { id } => return self.reconcile_checkout(sender, from, id, cause).await,
        };
        match self.known_customer(from, customer).await? {
            Some(customer) => {
                self.subscriptions().reconcile_customer(from, customer, cause, since).await.map(|()| true)
            }
            None => Ok(false),
        }
    }

    async fn reconcile_checkout(
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
            let owner = self.store().read().await?.connection().find_owner(from, &subject).await?;
            let Some(tenant) = owner else { return Ok(false) };
            return self.providers().note_unknown_checkout(&tenant, from, session).await.map(|()| true);
        };
        let Some(customer) = self.known_customer(from, state.customer.clone()).await? else { return Ok(false) };
        let attempt =
            self.store().read().await?.connection().find_attempt_by_session(&customer.tenant, session).await?;
        match attempt {
            Some(attempt) => {
                self.checkouts().record_progress(&customer.tenant, &attempt, &state, cause).await.map(|_| true)
            }
            // The session was not created by Dues, but its customer is known.
            None => self.subscriptions().reconcile_customer(from, customer, cause, Instant::now()).await.map(|()| true),
        }
    }

    /// Reconciles the tenant that owned the subscription when Dues last saw it. The event alone changes nothing.
    async fn reconcile_recorded_owner(
        &self,
        from: Provider,
        subject: &EventSubject,
        cause: Cause,
    ) -> Result<bool, ServiceError> {
        let owner = self.store().read().await?.connection().find_owner(from, subject).await?;
        let Some(tenant) = owner else { return Ok(false) };
        self.subscriptions().reconcile_tenant(&tenant, from, cause).await.map(|()| true)
    }

    /// Whether the subscription is stored for the tenant, as a managed or an unmanaged one.
    async fn is_subscription_stored(&self, tenant: &TenantId, from: Provider, id: &str) -> Result<bool, ServiceError> {
        let mut reader = self.store().read().await?;
        let mut link = reader.connection();
        let stored = link.list_subscriptions(tenant).await?;
        if stored.iter().any(|subscription| (subscription.provider, subscription.external_id.as_str()) == (from, id)) {
            return Ok(true);
        }
        Ok(link.list_unmanaged(tenant).await?.iter().any(|unmanaged| unmanaged.matches(from, id)))
    }

    async fn known_customer(
        &self,
        from: Provider,
        external_id: Option<String>,
    ) -> Result<Option<Customer>, ServiceError> {
        let Some(external_id) = external_id else { return Ok(None) };
        Ok(self.store().read().await?.connection().find_customer_by_external_id(from, &external_id).await?)
    }
}

/// Returns the trace of the first request about each subject; empty while tracing is off.
fn traces(batch: &[Events]) -> HashMap<(Provider, &EventSubject), &TraceContext> {
    let mut traces = HashMap::new();
    for Events { from, all, cause: _, trace } in batch.iter().filter(|events| events.trace.is_some()) {
        for event in all {
            traces.entry((*from, &event.subject)).or_insert(trace);
        }
    }
    traces
}

/// Returns the id of the job that fetches a subject, the same for all events about it; `None` for a subject that Dues
/// ignores.
pub(super) fn job_id(from: Provider, subject: &EventSubject) -> Option<String> {
    match subject {
        EventSubject::Subscription { id } => Some(format!("{} subscription {id}", from.as_str())),
        EventSubject::CheckoutSession { id } => Some(format!("{} checkout {id}", from.as_str())),
        EventSubject::Customer { id } => Some(format!("{} customer {id}", from.as_str())),
        EventSubject::Other => None,
    }
}
