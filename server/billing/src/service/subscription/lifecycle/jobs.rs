//! The jobs of the lifecycle, each with a fixed id.

use domain::{ids::TenantId, subscription::Provider, time::Timestamp};

use crate::store::job::jobs::{JobRequest, Task};

/// The id of the job that reconciles all customers.
pub(in crate::service) const RECONCILE_ALL_JOB: &str = "walk over subscriptions";

/// Returns a job that reconciles one tenant. While it fails, the tenant's admins see it with its error.
pub(in crate::service) fn reconcile_job(tenant: &TenantId, provider: Provider, run_at: Timestamp) -> JobRequest {
    let task = Task::Reconcile { tenant: tenant.clone(), provider };
    job_request(format!("{} customer of {tenant}", provider.as_str()), task, run_at)
}

/// Returns a job with a fixed id. If a job with this id is waiting, enqueueing only moves that job to the earlier of
/// both times. If that job is running, it runs again at `run_at`.
pub(super) fn job_request(id: String, task: Task, run_at: Timestamp) -> JobRequest {
    JobRequest { id, task, run_at }
}
