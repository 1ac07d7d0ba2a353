//! What goes on between a workspace and its provider, for its admins.

use domain::{
    account::Viewer,
    ids::TenantId,
    lifecycle::{Drift, DuplicateSubscription},
    subscription::{Provider, current_subscription},
    time::Timestamp,
};

use super::{ServiceError, Services, biller::Biller, reconcile::admin, webhook::job_id};
use crate::{
    payment::EventSubject,
    store::{StoreResult, inbox::ReceivedEvent, troubled_jobs::TroubledJob},
};

/// What was received, what fails, and what was mended.
#[derive(Clone, Debug)]
pub struct Activity {
    /// Who is asked: of the subscription, or whoever takes payments now.
    pub provider: Option<Provider>,
    /// When the provider was last asked, by the billing clock; `None` before the first time.
    pub asked_at: Option<Timestamp>,
    /// Newest first.
    pub events: Vec<ReceivedEvent>,
    /// Oldest first.
    pub troubled: Vec<TroubledJob>,
    /// Newest first.
    pub drift: Vec<Drift>,
    pub duplicates: Vec<DuplicateSubscription>,
}

impl Services {
    pub async fn activity(&self, viewer: &Viewer) -> Result<Activity, ServiceError> {
        admin(viewer)?;
        self.activity_of(&viewer.current_membership.tenant_id).await
    }

    /// The same for whoever may see it anyway.
    pub(super) async fn activity_of(&self, tenant: &TenantId) -> Result<Activity, ServiceError> {
        let subjects = self.subjects(tenant).await?;
        let mut reader = self.store().read().await?;
        let mut link = reader.link();
        let all = link.list_subscriptions(tenant).await?;
        let provider = current_subscription(&all).map(|own| own.provider).or(self.provider().name());
        let asked_at = match provider {
            Some(provider) => link.find_customer(tenant, provider).await?.and_then(|customer| customer.fetched_at),
            None => None,
        };
        Ok(Activity {
            provider,
            asked_at,
            events: link.list_events_about(&subjects).await?,
            troubled: link.list_troubled_jobs(tenant, &followers(&subjects)).await?,
            drift: link.list_drift(tenant).await?,
            duplicates: link.list_duplicates(tenant).await?,
        })
    }

    /// Has a job that failed tried again at once.
    pub async fn try_again(&self, biller: &Biller, job: &str) -> Result<(), ServiceError> {
        let tenant = biller.tenant();
        let subjects = self.subjects(tenant).await?;
        let now = self.wall_now();
        let mut tx = self.store().begin().await?;
        // Only one of this workspace's own.
        let troubled = tx.link().list_troubled_jobs(tenant, &followers(&subjects)).await?;
        if !troubled.iter().any(|own| own.id == job) {
            return Err(ServiceError::NotFound("job that waits for another try"));
        }
        tx.link().hasten_job(job, now).await?;
        tx.commit().await?;
        self.jobs_written().notify_one();
        Ok(())
    }

    /// What a tenant has at providers that events are about.
    async fn subjects(&self, tenant: &TenantId) -> StoreResult<Vec<(Provider, EventSubject)>> {
        let mut reader = self.store().read().await?;
        let subscriptions = reader.link().list_subscriptions(tenant).await?;
        let sessions = reader.link().list_latest_sessions(tenant).await?;
        let subscriptions =
            subscriptions.into_iter().map(|own| (own.provider, EventSubject::Subscription { id: own.external_id }));
        let sessions = sessions.into_iter().map(|(provider, id)| (provider, EventSubject::CheckoutSession { id }));
        Ok(subscriptions.chain(sessions).collect())
    }
}

/// The jobs that follow what is told of them.
fn followers(subjects: &[(Provider, EventSubject)]) -> Vec<String> {
    subjects.iter().filter_map(|(provider, subject)| job_id(*provider, subject)).collect()
}
