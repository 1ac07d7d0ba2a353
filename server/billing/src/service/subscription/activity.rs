//! Activity between a tenant and its provider, for those who pay: events, failing jobs, drift.

use domain::{
    ids::TenantId,
    subscription::{
        Provider, current_subscription,
        lifecycle::{Drift, DuplicateSubscription},
    },
    time::Timestamp,
};

pub use crate::store::webhook::inbox::{EventState, ReceivedEvent};
use crate::{
    payment::EventSubject,
    service::{ServiceError, Subscriptions, base::permission::Biller, webhook::job_id},
    store::{
        StoreResult,
        job::{failed_jobs::FailedJob, jobs::Task},
    },
};

/// Events received, jobs that fail, and drift that was corrected.
#[derive(Clone, Debug)]
pub struct Activity {
    /// The provider of the current subscription, else the configured provider.
    pub provider: Option<Provider>,
    /// When the tenant's data was last fetched from the provider, in billing time; `None` before the first fetch.
    pub asked_at: Option<Timestamp>,
    /// Newest first.
    pub events: Vec<ReceivedEvent>,
    /// Oldest first.
    pub troubled: Vec<FailingJob>,
    /// Newest first.
    pub drift: Vec<Drift>,
    pub duplicates: Vec<DuplicateSubscription>,
}

/// A failed job, without its task's data, which may name other people. The job is retried unless Dues gave it up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailingJob {
    pub id: String,
    /// `None` for a task that this version does not know.
    pub kind: Option<JobKind>,
    /// How often the job has failed in a row.
    pub attempts: i64,
    /// When the job is retried, in wall time; `None` if Dues gave it up: then it is retried only on request.
    pub next_try: Option<Timestamp>,
    pub error: String,
    pub created_at: Timestamp,
}

/// What a job does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobKind {
    /// Fetches the object that an event is about. The event came by webhook or from the provider's list.
    FetchEventObject(Provider),
    /// Reconciles one tenant.
    Reconcile(Provider),
    BackfillEvents(Provider),
    ReconcileAll,
    SettleDuplicate(Provider),
    ExpireCheckout,
    ApplyScheduledTransition,
    CheckLimits,
    /// Sends or enqueues mails that say that a limit is near or reached.
    MailAlert,
    MailInvitation,
    MailEndpointDisabled,
    MailDunning,
    MailMonthlyReport,
    MailEnterpriseRequest,
    /// Sends or enqueues mails that say that a secret changed.
    MailSecretChanged,
    MailAddressVerification,
    MailAddressChange,
    MailAddressChangeNotice,
    MailAccountNotice,
    MailSample,
    MailPasswordReset,
    /// Imports customers of the provider.
    RunImport(Provider),
}

impl From<FailedJob> for FailingJob {
    fn from(job: FailedJob) -> Self {
        let is_given_up = job.is_given_up();
        let FailedJob { id, task, attempts, next_try, error, created_at } = job;
        let (kind, next_try) = (task.as_ref().map(JobKind::from), (!is_given_up).then_some(next_try));
        Self { id, kind, attempts, next_try, error, created_at }
    }
}

impl From<&Task> for JobKind {
    fn from(task: &Task) -> Self {
        match task {
            Task::FetchWebhookObject { provider, .. } | Task::FetchListedObject { provider, .. } => {
                Self::FetchEventObject(*provider)
            }
            Task::Reconcile { provider, .. } => Self::Reconcile(*provider),
            Task::BackfillEvents { provider } => Self::BackfillEvents(*provider),
            Task::ReconcileAll => Self::ReconcileAll,
            Task::SettleDuplicate { provider, .. } => Self::SettleDuplicate(*provider),
            Task::ExpireCheckout { .. } => Self::ExpireCheckout,
            Task::ApplyScheduledTransition { .. } => Self::ApplyScheduledTransition,
            Task::CheckLimits { .. } => Self::CheckLimits,
            Task::AlertAdmins { .. } | Task::MailAlert { .. } => Self::MailAlert,
            Task::MailInvitation { .. } => Self::MailInvitation,
            Task::MailEndpointDisabled { .. } => Self::MailEndpointDisabled,
            Task::MailDunning { .. } => Self::MailDunning,
            Task::MailMonthlyReport { .. } => Self::MailMonthlyReport,
            Task::MailEnterpriseRequest { .. } => Self::MailEnterpriseRequest,
            Task::NotifySecretChanged { .. } | Task::MailSecretChanged { .. } => Self::MailSecretChanged,
            Task::MailAddressVerification { .. } => Self::MailAddressVerification,
            Task::MailAddressChange { .. } => Self::MailAddressChange,
            Task::MailAddressChangeNotice { .. } => Self::MailAddressChangeNotice,
            Task::MailAccountNotice { .. } => Self::MailAccountNotice,
            Task::MailSample { .. } => Self::MailSample,
            Task::MailPasswordReset { .. } => Self::MailPasswordReset,
            Task::RunImport { provider, .. } => Self::RunImport(*provider),
        }
    }
}

impl Subscriptions {
    /// Returns the activity of the workspace.
    pub async fn activity(&self, biller: &Biller) -> Result<Activity, ServiceError> {
        self.activity_of(biller.tenant()).await
    }

    /// Returns the activity of a tenant. The caller checks the permission.
    pub(in crate::service) async fn activity_of(&self, tenant: &TenantId) -> Result<Activity, ServiceError> {
        let subjects = self.subjects(tenant).await?;
        let mut reader = self.store().read().await?;
        let mut link = reader.connection();
        let all = link.list_subscriptions(tenant).await?;
        let provider =
            current_subscription(self.catalog(), &all).map(|current| current.provider).or(self.provider().name());
        let asked_at = match provider {
            Some(provider) => link.find_customer(tenant, provider).await?.and_then(|customer| customer.fetched_at),
            None => None,
        };
        let troubled = link.list_failed_jobs(tenant, &event_job_ids(&subjects)).await?;
        Ok(Activity {
            provider,
            asked_at,
            events: link.list_events_about(&subjects).await?,
            troubled: troubled.into_iter().map(FailingJob::from).collect(),
            drift: link.list_drift(tenant).await?,
            duplicates: link.list_duplicates(tenant).await?,
        })
    }

    /// Schedules an immediate retry of a failing job of the tenant.
    pub async fn retry_job(&self, biller: &Biller, job: &str) -> Result<(), ServiceError> {
        let tenant = biller.tenant();
        let subjects = self.subjects(tenant).await?;
        let now = self.wall_now();
        let mut tx = self.store().begin().await?;
        // A job of another tenant counts as not found.
        let troubled = tx.connection().list_failed_jobs(tenant, &event_job_ids(&subjects)).await?;
        if !troubled.iter().any(|listed| listed.id == job) {
            return Err(ServiceError::NotFound("job that waits for another try"));
        }
        tx.connection().reschedule_job(job, now).await?;
        tx.commit().await?;
        self.jobs_written().notify_one();
        Ok(())
    }

    /// Lists the objects that events about the tenant refer to: its subscriptions and latest checkout sessions.
    pub(in crate::service) async fn subjects(&self, tenant: &TenantId) -> StoreResult<Vec<(Provider, EventSubject)>> {
        let mut reader = self.store().read().await?;
        let subscriptions = reader.connection().list_subscriptions(tenant).await?;
        let sessions = reader.connection().list_latest_sessions(tenant).await?;
        let subscriptions = subscriptions
            .into_iter()
            .map(|subscription| (subscription.provider, EventSubject::Subscription { id: subscription.external_id }));
        let sessions = sessions.into_iter().map(|(provider, id)| (provider, EventSubject::CheckoutSession { id }));
        Ok(subscriptions.chain(sessions).collect())
    }
}

/// Returns the ids of the jobs that process events about `subjects`.
fn event_job_ids(subjects: &[(Provider, EventSubject)]) -> Vec<String> {
    subjects.iter().filter_map(|(provider, subject)| job_id(*provider, subject)).collect()
}
