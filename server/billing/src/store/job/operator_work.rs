//! Failed jobs and unhandled events of all tenants, for operators. Times are wall time.

use std::collections::HashMap;

use domain::{ids::TenantId, subscription::Provider};

use super::{
    failed_jobs::{FailedJob, FailedJobRow},
    jobs::Task,
};
use crate::{
    payment::EventSubject,
    store::{
        Connection, StoreError, StoreResult,
        dialect::{json_rows, row_statements},
        on_backend, parse, statements,
        tenant::tenants::page_position::PagePosition,
        webhook::inbox::{ReceivedEvent, ReceivedEventRow},
    },
};

statements! {
    LIST_FAILING = "SELECT jobs.job_id, jobs.task, jobs.attempts, jobs.run_at, jobs.last_error, jobs.created_at, \
         jobs.tenant_id, tenants.name AS tenant_name FROM jobs LEFT JOIN tenants ON tenants.tenant_id = jobs.tenant_id \
         WHERE jobs.last_error IS NOT NULL AND (jobs.created_at, jobs.job_id) > ($1, $2) \
         ORDER BY jobs.created_at, jobs.job_id LIMIT 51";
    FIND_FAILING = "SELECT jobs.job_id, jobs.task, jobs.attempts, jobs.run_at, jobs.last_error, jobs.created_at, \
         jobs.tenant_id, tenants.name AS tenant_name FROM jobs LEFT JOIN tenants ON tenants.tenant_id = jobs.tenant_id \
         WHERE jobs.last_error IS NOT NULL AND jobs.job_id = $1";
    LIST_WAITING = "SELECT provider, event_id, kind, state, received_at, handled_at, subject FROM inbox \
         WHERE state = 'received' AND (received_at, event_id) > ($1, $2) ORDER BY received_at, event_id LIMIT 51";
    COUNT_WORK = "SELECT (SELECT count(*) FROM jobs), (SELECT count(*) FROM jobs WHERE last_error IS NOT NULL), \
         (SELECT count(*) FROM inbox WHERE state = 'received')";
}

row_statements! {
    // A row holds its index, the provider, and the id of a subscription, checkout or customer there.
    FIND_OBJECT_TENANTS = "SELECT owned.place, tenants.tenant_id, tenants.name FROM \
         (SELECT CAST(sent.value ->> 0 AS BIGINT) AS place, own.tenant_id FROM "
        ROWS " JOIN subscriptions AS own ON own.external_id = sent.value ->> 2 AND own.provider = sent.value ->> 1 \
         UNION ALL SELECT CAST(sent.value ->> 0 AS BIGINT), own.tenant_id FROM sent \
         JOIN checkout_attempts AS own ON own.session_id = sent.value ->> 3 AND own.provider = sent.value ->> 1 \
         UNION ALL SELECT CAST(sent.value ->> 0 AS BIGINT), own.tenant_id FROM sent \
         JOIN customers AS own ON own.external_id = sent.value ->> 4 AND own.provider = sent.value ->> 1) AS owned \
         JOIN tenants ON tenants.tenant_id = owned.tenant_id";
}

/// The tenant that something belongs to, with its name.
pub type Owner = (TenantId, String);

/// A failed job and its tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantFailedJob {
    pub job: FailedJob,
    /// `None` if the job belongs to no tenant.
    pub tenant: Option<Owner>,
}

/// An event that was received but not handled, and its tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnhandledEvent {
    pub event: ReceivedEvent,
    /// `None` if the event's object belongs to no tenant.
    pub tenant: Option<Owner>,
}

/// The numbers of pending jobs and events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PendingCounts {
    /// All jobs, including those scheduled for later.
    pub jobs: u64,
    /// Jobs whose last attempt failed, including those that were given up.
    pub failing: u64,
    /// Events that were received but not handled.
    pub waiting: u64,
}

#[derive(sqlx::FromRow)]
struct FailingJobRow {
    #[sqlx(flatten)]
    job: FailedJobRow,
    tenant_id: Option<String>,
    tenant_name: Option<String>,
}

impl FailingJobRow {
    fn read(self) -> StoreResult<TenantFailedJob> {
        let Self { job, tenant_id, tenant_name } = self;
        let tenant = match tenant_id {
            Some(id) => Some((parse(&id, "jobs.tenant_id")?, tenant_name.unwrap_or(id))),
            None => None,
        };
        Ok(TenantFailedJob { job: job.read(), tenant })
    }
}

#[derive(sqlx::FromRow)]
struct WaitingEventRow {
    #[sqlx(flatten)]
    event: ReceivedEventRow,
    subject: String,
}

/// The object of an event.
type Subject = (Provider, EventSubject);

/// The object that a job fetches.
fn event_object(job: &FailedJob) -> Option<Subject> {
    match job.task.as_ref()? {
        Task::FetchWebhookObject { provider, subject, .. } | Task::FetchListedObject { provider, subject, .. } => {
            Some((*provider, subject.clone()))
        }
        _ => None,
    }
}

impl Connection<'_> {
    /// Lists failed jobs of all tenants, oldest first: one more than a page, so that the caller sees whether another
    /// follows.
    pub async fn list_failed_jobs_of_all(&mut self, after: Option<&PagePosition>) -> StoreResult<Vec<TenantFailedJob>> {
        let (at, id) = PagePosition::or_first(after);
        let rows: Vec<FailingJobRow> = on_backend!(self, connection => sqlx::query_as(LIST_FAILING)
            .bind(at)
            .bind(id)
            .fetch_all(&mut **connection)
            .await?);
        let mut jobs = rows.into_iter().map(FailingJobRow::read).collect::<StoreResult<Vec<_>>>()?;
        self.set_tenants(&mut jobs).await?;
        Ok(jobs)
    }

    /// Finds a failed job; `None` if it is done or has not failed.
    pub async fn find_failed_job(&mut self, id: &str) -> StoreResult<Option<TenantFailedJob>> {
        let row: Option<FailingJobRow> = on_backend!(self, connection => sqlx::query_as(FIND_FAILING)
            .bind(id)
            .fetch_optional(&mut **connection)
            .await?);
        let mut job = row.map(FailingJobRow::read).transpose()?;
        self.set_tenants(job.as_mut_slice()).await?;
        Ok(job)
    }

    /// Sets the tenant of jobs that handle events: an event names no tenant, so the event's object is looked up.
    async fn set_tenants(&mut self, jobs: &mut [TenantFailedJob]) -> StoreResult<()> {
        let subjects: Vec<_> = jobs.iter().map(|failing| event_object(&failing.job)).collect();
        for (place, owner) in self.find_owners(&subjects).await? {
            if let Some(failing) = jobs.get_mut(place) {
                failing.tenant = Some(owner);
            }
        }
        Ok(())
    }

    /// Finds the tenants of objects, by index in `subjects`. Objects of no tenant are left out.
    async fn find_owners(&mut self, subjects: &[Option<Subject>]) -> StoreResult<HashMap<usize, Owner>> {
        let rows = subjects.iter().enumerate().filter_map(|(place, subject)| {
            let (provider, subject) = subject.as_ref()?;
            let (subscription, session, customer) = match subject {
                EventSubject::Subscription { id } => (Some(id), None, None),
                EventSubject::CheckoutSession { id } => (None, Some(id), None),
                EventSubject::Customer { id } => (None, None, Some(id)),
                EventSubject::Other => return None,
            };
            Some((place, provider.as_str(), subscription, session, customer))
        });
        let statement = self.row_statement(FIND_OBJECT_TENANTS);
        let found: Vec<(i64, String, String)> = on_backend!(self, connection => sqlx::query_as(statement)
            .bind(json_rows(rows)?)
            .fetch_all(&mut **connection)
            .await?);
        let read = |(place, tenant, name): (i64, String, String)| {
            let place = usize::try_from(place).map_err(|_| StoreError::Corrupt("a row's index"))?;
            Ok((place, (parse(&tenant, "tenants.tenant_id")?, name)))
        };
        found.into_iter().map(read).collect()
    }

    /// Finds the tenant of an object at the provider; `None` if no tenant has the object.
    pub async fn find_owner(&mut self, provider: Provider, subject: &EventSubject) -> StoreResult<Option<TenantId>> {
        let found = self.find_owners(&[Some((provider, subject.clone()))]).await?;
        Ok(found.into_values().next().map(|(tenant, _)| tenant))
    }

    /// Lists events that were received but not handled, oldest first: one more than a page.
    pub async fn list_unhandled_events(&mut self, after: Option<&PagePosition>) -> StoreResult<Vec<UnhandledEvent>> {
        let (at, id) = PagePosition::or_first(after);
        let rows: Vec<WaitingEventRow> = on_backend!(self, connection => sqlx::query_as(LIST_WAITING)
            .bind(at)
            .bind(id)
            .fetch_all(&mut **connection)
            .await?);
        // Another version may have received events about kinds of objects that this one does not know.
        let subject =
            |row: &WaitingEventRow| Some((row.event.provider.parse().ok()?, serde_json::from_str(&row.subject).ok()?));
        let subjects: Vec<_> = rows.iter().map(subject).collect();
        let mut owners = self.find_owners(&subjects).await?;
        let read = |(place, row): (usize, WaitingEventRow)| {
            Ok(UnhandledEvent { event: row.event.read()?, tenant: owners.remove(&place) })
        };
        rows.into_iter().enumerate().map(read).collect()
    }

    pub async fn count_pending(&mut self) -> StoreResult<PendingCounts> {
        let (jobs, failing, waiting): (i64, i64, i64) =
            on_backend!(self, connection => sqlx::query_as(COUNT_WORK).fetch_one(&mut **connection).await?);
        Ok(PendingCounts {
            jobs: jobs.unsigned_abs(),
            failing: failing.unsigned_abs(),
            waiting: waiting.unsigned_abs(),
        })
    }
}

/// The position after a row.
impl From<&TenantFailedJob> for PagePosition {
    fn from(failing: &TenantFailedJob) -> Self {
        Self { at: failing.job.created_at, id: failing.job.id.clone() }
    }
}

impl From<&UnhandledEvent> for PagePosition {
    fn from(waiting: &UnhandledEvent) -> Self {
        Self { at: waiting.event.received_at, id: waiting.event.id.clone() }
    }
}
