//! Activity between a tenant and its provider, for its admins: events, failing jobs, drift.

use domain::{
    account::Viewer,
    ids::TenantId,
    subscription::{
        Provider, current_subscription,
        lifecycle::{Drift, DuplicateSubscription},
    },
    time::Timestamp,
};

use crate::{
    payment::EventSubject,
    service::{
        ServiceError, Subscriptions,
        base::permission::{Biller, require_admin},
        webhook::job_id,
    },
    store::{StoreResult, job::failed_jobs::FailedJob, webhook::inbox::ReceivedEvent},
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
    pub troubled: Vec<FailedJob>,
    /// Newest first.
    pub drift: Vec<Drift>,
    pub duplicates: Vec<DuplicateSubscription>,
}

impl Subscriptions {
    /// Returns the activity of the viewer's current workspace. Admins only.
    pub async fn activity(&self, viewer: &Viewer) -> Result<Activity, ServiceError> {
        require_admin(viewer)?;
        self.activity_of(&viewer.current_membership.tenant_id).await
    }

    /// Returns the activity of a tenant. The caller checks the permission.
    pub(in crate::service) async fn activity_of(&self, tenant: &TenantId) -> Result<Activity, ServiceError> {
        let subjects = self.subjects(tenant).await?;
        let mut reader = self.store().read().await?;
        let mut link = reader.connection();
        let all = link.list_subscriptions(tenant).await?;
        let provider = current_subscription(&all).map(|current| current.provider).or(self.provider().name());
        let asked_at = match provider {
            Some(provider) => link.find_customer(tenant, provider).await?.and_then(|customer| customer.fetched_at),
            None => None,
        };
        Ok(Activity {
            provider,
            asked_at,
            events: link.list_events_about(&subjects).await?,
            troubled: link.list_failed_jobs(tenant, &event_job_ids(&subjects)).await?,
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
        // Only jobs of this tenant.
        let troubled = tx.connection().list_failed_jobs(tenant, &event_job_ids(&subjects)).await?;
        if !troubled.iter().any(|listed| listed.id == job) {
            return Err(ServiceError::NotFound("job that waits for another try"));
        }
        tx.connection().reschedule_job(job, now).await?;
        tx.commit().await?;
        self.jobs_written().notify_one();
        Ok(())
    }

    /// Lists the tenant's subscriptions and checkout sessions at providers, which events refer to.
    async fn subjects(&self, tenant: &TenantId) -> StoreResult<Vec<(Provider, EventSubject)>> {
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
