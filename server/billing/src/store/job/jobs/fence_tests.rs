//! Fencing: a worker whose claim was taken over changes nothing.

use domain::{subscription::Provider, time::Timestamp};
use rstest::rstest;

use super::{ClaimedJob, JobRequest, Lane, Task};
use crate::{
    payment::EventSubject,
    store::{
        Tx, on_backend,
        testing::{Engine, TestDatabase},
        tests::NOW,
    },
};

const LANE: Lane = Lane::Stripe;

/// Each write of a worker about its job.
#[derive(Clone, Copy, Debug)]
enum Write {
    Renew,
    Complete,
    Retry,
    GiveUp,
    Hold,
    Move,
}

impl Write {
    /// Returns whether the worker still held the claim.
    async fn run(self, tx: &mut Tx, job: &ClaimedJob) -> bool {
        let at = NOW.plus_secs(500);
        match self {
            Self::Renew => tx.connection().renew_job(job, at).await.unwrap(),
            Self::Complete => tx.connection().complete_job(job).await.unwrap(),
            Self::Retry => tx.connection().retry_job_at(job, at, "down").await.unwrap(),
            Self::GiveUp => tx.connection().give_up_job(job, "wrong").await.unwrap(),
            Self::Hold => tx.connection().hold_job(job, Provider::Stripe, at).await.unwrap(),
            Self::Move => tx.connection().move_job(job, Lane::Database).await.unwrap(),
        }
    }
}

fn request(run_at: Timestamp) -> JobRequest {
    let subject = EventSubject::Subscription { id: "sub_1".to_owned() };
    let task = Task::FetchWebhookObject { provider: Provider::Stripe, subject, customer: None };
    JobRequest { id: "stripe subscription sub_1".to_owned(), task, run_at }
}

async fn claim(tx: &mut Tx, now: Timestamp) -> Option<ClaimedJob> {
    tx.connection().claim_job(LANE, now, now.plus_secs(10)).await.unwrap()
}

/// A job's id, lane, `run_at`, `fair_at`, attempts, `locked_until`, last error, and the provider that it is held for.
type StoredJob = (String, String, i64, i64, i64, i64, Option<String>, Option<String>);

/// Every stored job.
async fn stored(tx: &mut Tx) -> Vec<StoredJob> {
    on_backend!(tx.connection(), connection => {
        sqlx::query_as(
            "SELECT job_id, lane, run_at, fair_at, attempts, locked_until, last_error, held_for FROM jobs ORDER BY job_id",
        )
        .fetch_all(connection)
        .await
        .unwrap()
    })
}

#[rstest]
#[tokio::test]
async fn a_worker_whose_claim_was_taken_over_changes_nothing(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(Write::Renew, Write::Complete, Write::Retry, Write::GiveUp, Write::Hold, Write::Move)] write: Write,
    #[values(false, true)] is_requested_again: bool,
) {
    let database = TestDatabase::new(engine).await;
    let mut tx = database.store.begin().await.unwrap();
    tx.connection().upsert_jobs(&[request(NOW)], NOW).await.unwrap();
    let lapsed = claim(&mut tx, NOW).await.unwrap();
    if is_requested_again {
        tx.connection().upsert_jobs(&[request(NOW)], NOW).await.unwrap();
    }
    let holder = claim(&mut tx, NOW.plus_secs(10)).await.unwrap();
    let before = stored(&mut tx).await;
    assert!(!write.run(&mut tx, &lapsed).await, "the claim is lost");
    assert_eq!(stored(&mut tx).await, before);
    assert!(write.run(&mut tx, &holder).await, "the holder's write counts");
    assert_ne!(stored(&mut tx).await, before);
}

#[rstest]
#[tokio::test]
async fn a_claim_of_a_finished_job_is_void_for_the_next_job_with_its_id(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(Write::Renew, Write::Complete, Write::Retry, Write::GiveUp, Write::Hold, Write::Move)] write: Write,
) {
    let database = TestDatabase::new(engine).await;
    let mut tx = database.store.begin().await.unwrap();
    tx.connection().upsert_jobs(&[request(NOW)], NOW).await.unwrap();
    let lapsed = claim(&mut tx, NOW).await.unwrap();
    let holder = claim(&mut tx, NOW.plus_secs(10)).await.unwrap();
    assert!(tx.connection().complete_job(&holder).await.unwrap());
    tx.connection().upsert_jobs(&[request(NOW)], NOW.plus_secs(10)).await.unwrap();
    let next = claim(&mut tx, NOW.plus_secs(10)).await.unwrap();
    assert_eq!(next.attempts, lapsed.attempts, "the number of attempts does not tell them apart");
    let before = stored(&mut tx).await;
    assert!(!write.run(&mut tx, &lapsed).await);
    assert_eq!(stored(&mut tx).await, before);
}

#[rstest]
#[tokio::test]
async fn a_job_is_released_once(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let database = TestDatabase::new(engine).await;
    let mut tx = database.store.begin().await.unwrap();
    tx.connection().upsert_jobs(&[request(NOW)], NOW).await.unwrap();
    let job = claim(&mut tx, NOW).await.unwrap();
    assert!(tx.connection().retry_job_at(&job, NOW.plus_secs(60), "down").await.unwrap());
    assert!(!tx.connection().retry_job_at(&job, NOW.plus_secs(90), "down").await.unwrap());
    assert!(!tx.connection().complete_job(&job).await.unwrap());
    assert_eq!(tx.connection().find_next_run(LANE).await.unwrap(), Some(NOW.plus_secs(60)));
}
