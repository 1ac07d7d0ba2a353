//! The workers of a lane. One at a time looks for the next job; the others run jobs, or wait to look. So a job that
//! becomes due wakes one worker, and a claim competes only with the claims of other nodes.

use std::{error::Error, sync::Arc, time::Duration};

use domain::time::Timestamp;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use super::{
    POLL_INTERVAL,
    claimed_job::{CLAIM_SECS, run_job},
    completions::Completions,
};
use crate::{
    service::Services,
    store::{
        StoreError,
        job::jobs::{ClaimedJob, Lane},
    },
};

/// How long to wait after a worker of another node claimed what was due.
const CONTENDED_DELAY: Duration = Duration::from_millis(20);

/// A worker of a lane.
pub(super) struct LaneWorker {
    services: Services,
    lane: Lane,
    /// Held by the lane's worker that looks for a job.
    lookout: Arc<Mutex<()>>,
    completions: Completions,
    stop: CancellationToken,
}

/// The next job of a lane.
pub(super) enum NextJob {
    /// The job and the time of its claim.
    Claimed(ClaimedJob, Timestamp),
    /// None is due. Holds how long to wait.
    In(Duration),
}

impl LaneWorker {
    /// Returns the workers of every lane.
    pub(super) fn of_all_lanes(services: &Services, completions: &Completions, stop: &CancellationToken) -> Vec<Self> {
        let counts = services.settings().worker.lanes;
        let mut workers = Vec::new();
        for lane in Lane::ALL {
            let lookout = Arc::new(Mutex::new(()));
            workers.extend((0..counts.workers(lane)).map(|_| Self {
                services: services.clone(),
                lane,
                lookout: lookout.clone(),
                completions: completions.clone(),
                stop: stop.clone(),
            }));
        }
        workers
    }

    /// Runs jobs of the lane until it is told to stop. A job in progress is finished first.
    pub(super) async fn run(self) {
        while let Some(claimed) = self.next_job().await {
            if let Err(error) = run_job(&self.services, self.lane, claimed, Some(&self.completions)).await {
                tracing::error!(
                    lane = self.lane.as_str(),
                    error = &error as &dyn Error,
                    "failed to store the outcome of a job"
                );
                tokio::select! {
                    () = self.stop.cancelled() => {}
                    () = tokio::time::sleep(POLL_INTERVAL) => {}
                }
            }
        }
    }

    /// Waits for a due job and claims it. `None` once the worker is to stop.
    async fn next_job(&self) -> Option<(ClaimedJob, Timestamp)> {
        let _lookout = self.lookout.lock().await;
        while !self.stop.is_cancelled() {
            let max_wait = match claim_next_job(&self.services, self.lane).await {
                Ok(NextJob::Claimed(job, claimed_at)) => return Some((job, claimed_at)),
                Ok(NextJob::In(wait)) => wait,
                Err(error) => {
                    tracing::error!(lane = self.lane.as_str(), error = &error as &dyn Error, "failed to claim a job");
                    POLL_INTERVAL
                }
            };
            tokio::select! {
                () = self.stop.cancelled() => {}
                () = self.services.jobs_written().notified(self.lane) => {}
                () = tokio::time::sleep(max_wait) => {}
            }
        }
        None
    }
}

/// Runs one due job of any lane. Returns `None` if it ran one, else how long to wait.
#[cfg(feature = "testing")]
pub async fn run_due_job(services: &Services) -> Result<Option<Duration>, StoreError> {
    let mut max_wait = POLL_INTERVAL;
    for lane in Lane::ALL {
        match claim_next_job(services, lane).await? {
            NextJob::Claimed(job, claimed_at) => {
                run_job(services, lane, (job, claimed_at), None).await?;
                return Ok(None);
            }
            NextJob::In(wait) => max_wait = max_wait.min(wait),
        }
    }
    Ok(Some(max_wait))
}

/// Claims the next job of a lane if it is due.
pub(super) async fn claim_next_job(services: &Services, lane: Lane) -> Result<NextJob, StoreError> {
    let now = services.wall_now();
    // Reading takes no write lock; only a claim does.
    let next = services.store().read().await?.connection().find_next_run(lane).await?;
    let Some(next) = next else { return Ok(NextJob::In(POLL_INTERVAL)) };
    if next > now {
        let wait = Duration::from_micros(next.as_micros().abs_diff(now.as_micros()));
        return Ok(NextJob::In(wait.min(POLL_INTERVAL)));
    }
    // `None` means that another worker claimed the job first. More jobs may be due.
    let claimed = claim_due_job(services, lane).await?;
    Ok(claimed.map_or(NextJob::In(CONTENDED_DELAY), |(job, claimed_at)| NextJob::Claimed(job, claimed_at)))
}

/// Claims the next due job of a lane. Returns it with the time of the claim.
async fn claim_due_job(services: &Services, lane: Lane) -> Result<Option<(ClaimedJob, Timestamp)>, StoreError> {
    let mut tx = services.store().begin().await?;
    // Read the clock after the wait for the writer: a claim that begins earlier could lapse before its first renewal.
    let now = services.wall_now();
    let claimed = tx.connection().claim_job(lane, now, now.plus_secs(CLAIM_SECS)).await?;
    tx.commit().await?;
    Ok(claimed.map(|job| (job, now)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        service::base::test_env::{NOW, TestEnv},
        store::{job::jobs::Task, testing::Engine},
    };

    #[tokio::test]
    async fn a_claim_lasts_from_the_end_of_the_wait_for_the_writer() {
        let env = TestEnv::new(Engine::Sqlite).await;
        let mut writing = env.database.store.begin().await.unwrap();
        let task = Task::MailEnterpriseRequest { request: "1".to_owned() };
        writing.connection().insert_job(&task, NOW, NOW).await.unwrap();
        let services = env.services.clone();
        let claiming = tokio::spawn(async move { claim_due_job(&services, Lane::Mail).await.unwrap() });
        tokio::time::sleep(Duration::from_millis(50)).await;
        env.clock.advance(CLAIM_SECS);
        writing.commit().await.unwrap();
        let (_, claimed_at) = claiming.await.unwrap().unwrap();
        assert_eq!(claimed_at, NOW.plus_secs(CLAIM_SECS));
        let locked_until = env.dump("SELECT CAST(locked_until AS TEXT) FROM jobs").await;
        assert_eq!(locked_until, format!("{}\n", claimed_at.plus_secs(CLAIM_SECS).as_micros()));
    }
}
