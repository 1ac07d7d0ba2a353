//! Stores that jobs are done, in groups. The jobs of a burst finish within moments of each other, and the events that
//! they handled lie on the same pages of the database: one transaction writes each page once.

use std::{error::Error, time::Duration};

use tokio::{
    sync::mpsc,
    time::{Instant, timeout_at},
};

use crate::{
    service::Services,
    store::{StoreError, job::jobs::ClaimedJob, webhook::inbox::HandledEvents},
};

/// How long the first job of a group waits for others. Far less than a claim lasts.
const LINGER: Duration = Duration::from_millis(100);
/// Maximum number of jobs that wait, and of jobs of a group. With more, the workers wait.
const MAX_WAITING: usize = 128;
/// Maximum number of attempts at a group that loses a race each time.
const MAX_TRIES: usize = 8;

/// A job that was performed and is still claimed.
pub(super) struct CompletedJob {
    pub(super) job: ClaimedJob,
    /// The outcome of the events that it handled; `None` if it handles no events.
    pub(super) handled: Option<HandledEvents>,
}

/// A handle to the task that stores completed jobs.
#[derive(Clone)]
pub(super) struct Completions(mpsc::Sender<CompletedJob>);

/// Returns a handle, and the task that stores what is added to it. The task ends once all clones of the handle are
/// dropped.
pub(super) fn completions(services: Services) -> (Completions, impl Future<Output = ()>) {
    let (handle, completed) = mpsc::channel(MAX_WAITING);
    (Completions(handle), store_in_groups(services, completed))
}

impl Completions {
    /// Adds a job, whose completion is stored soon. If that fails, its claim lapses, and the job runs again.
    pub(super) async fn add(&self, completed: CompletedJob) {
        if let Err(unsent) = self.0.send(completed).await {
            tracing::warn!(job = unsent.0.job.id, "failed to store the completion of a job: the worker has stopped");
        }
    }
}

async fn store_in_groups(services: Services, mut completed: mpsc::Receiver<CompletedJob>) {
    while let Some(first) = completed.recv().await {
        let mut group = vec![first];
        let deadline = Instant::now() + LINGER;
        while group.len() < MAX_WAITING {
            let Ok(Some(next)) = timeout_at(deadline, completed.recv()).await else { break };
            group.push(next);
        }
        if let Err(error) = store_completed(&services, &group).await {
            tracing::error!(jobs = group.len(), error = &error as &dyn Error, "failed to store the outcome of jobs");
        }
    }
}

/// Stores completed jobs and the outcomes of their events in one transaction.
pub(super) async fn store_completed(services: &Services, group: &[CompletedJob]) -> Result<(), StoreError> {
    let mut tries = 1;
    loop {
        match try_to_store(services, group).await {
            Err(error) if error.is_lost_race() && tries < MAX_TRIES => tries += 1,
            outcome => return outcome,
        }
    }
}

async fn try_to_store(services: &Services, group: &[CompletedJob]) -> Result<(), StoreError> {
    let mut tx = services.store().begin().await?;
    let jobs: Vec<_> = group.iter().map(|completed| &completed.job).collect();
    let held = tx.connection().complete_jobs(&jobs).await?;
    let mut all_handled = Vec::new();
    for (place, CompletedJob { job, handled }) in group.iter().enumerate() {
        if held.contains(&place) {
            all_handled.extend(handled.clone());
        } else {
            // The other worker stores its own outcome.
            tracing::warn!(?job, "lost the claim of a job, dropping its outcome");
        }
    }
    if !all_handled.is_empty() {
        tx.connection().update_events_state(&all_handled, services.wall_now()).await?;
    }
    tx.commit().await
}

#[cfg(test)]
mod tests {
    use domain::{subscription::Provider, time::Timestamp};
    use rstest::rstest;

    use super::*;
    use crate::{
        payment::{EventSubject, ProviderEvent},
        service::base::test_env::{NOW, TestEnv},
        store::{
            job::jobs::{Lane, Task},
            testing::Engine,
            webhook::inbox::EventState,
        },
    };

    const STATES: &str = "SELECT event_id || ' ' || state FROM inbox ORDER BY event_id";
    const JOBS: &str = "SELECT CAST(count(*) AS TEXT) FROM jobs";

    fn subject(number: i64) -> EventSubject {
        EventSubject::Subscription { id: format!("sub_{number}") }
    }

    /// Stores an event and a job about each of two subscriptions.
    async fn receive_events(env: &TestEnv) {
        let mut tx = env.database.store.begin().await.unwrap();
        for number in 0..2 {
            let (id, kind) = (format!("evt_{number}"), "customer.subscription.updated".to_owned());
            let event = ProviderEvent { id, kind, subject: subject(number), customer: None };
            let received = [(Provider::Stripe, &event, EventState::Received)];
            tx.connection().insert_inbox_events(&received, NOW).await.unwrap();
            let task =
                Task::FetchWebhookObject { provider: Provider::Stripe, subject: subject(number), customer: None };
            tx.connection().insert_job(&task, NOW.plus_secs(number), NOW).await.unwrap();
        }
        tx.commit().await.unwrap();
    }

    async fn claim(env: &TestEnv, now: Timestamp, locked_until: Timestamp) -> ClaimedJob {
        let mut tx = env.database.store.begin().await.unwrap();
        let job = tx.connection().claim_job(Lane::Stripe, now, locked_until).await.unwrap().unwrap();
        tx.commit().await.unwrap();
        job
    }

    fn completed(job: ClaimedJob, number: i64) -> CompletedJob {
        let as_of = NOW.plus_secs(1);
        let state = EventState::Handled;
        let handled = HandledEvents { provider: Provider::Stripe, subject: subject(number), as_of, state };
        CompletedJob { job, handled: Some(handled) }
    }

    #[rstest]
    #[tokio::test]
    async fn a_job_whose_claim_is_lost_does_not_hold_back_the_others_of_its_group(
        #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    ) {
        let env = TestEnv::new(engine).await;
        receive_events(&env).await;
        let (now, later) = (NOW.plus_secs(1), NOW.plus_secs(100));
        let held = claim(&env, now, later).await;
        let lost = claim(&env, now, NOW.plus_secs(11)).await;
        claim(&env, NOW.plus_secs(20), later).await;
        store_completed(&env.services, &[completed(lost, 1), completed(held, 0)]).await.unwrap();
        assert_eq!(env.dump(STATES).await, "evt_0 handled\nevt_1 received\n");
        assert_eq!(env.dump(JOBS).await, "1\n");
    }

    #[rstest]
    #[tokio::test]
    async fn what_was_added_is_stored_before_the_task_ends(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
        let env = TestEnv::new(engine).await;
        receive_events(&env).await;
        let (now, later) = (NOW.plus_secs(1), NOW.plus_secs(100));
        let (completions, task) = completions(env.services.clone());
        for number in 0..2 {
            completions.clone().add(completed(claim(&env, now, later).await, number)).await;
        }
        drop(completions);
        task.await;
        assert_eq!(env.dump(STATES).await, "evt_0 handled\nevt_1 handled\n");
        assert_eq!(env.dump(JOBS).await, "0\n");
    }
}
