//! The job that takes an import further.

use domain::{subscription::Provider, tenant::import::ImportId, time::Timestamp};

use crate::store::job::jobs::{JobRequest, Task};

/// Returns the job of an import. Its id is fixed, so that one worker at a time runs it.
pub(super) fn import_job(id: &ImportId, provider: Provider, run_at: Timestamp) -> JobRequest {
    JobRequest { id: format!("import {id}"), task: Task::RunImport { import: id.clone(), provider }, run_at }
}
