//! The fair order of jobs, on both engines.

use domain::{account::Email, subscription::Provider, time::Timestamp};
use rstest::rstest;

use super::{ClaimedJob, JobRequest, Lane, MOST_AHEAD_SECS, Task};
use crate::{
    payment::EventSubject,
    store::{
        Tx, on_backend,
        testing::{Engine, TestDatabase},
    },
};

const NOW: Timestamp = Timestamp::from_secs(1_768_000_000);
/// The backlog of the busy tenant.
const BACKLOG: usize = 200;

fn mail(tenant: &str, number: usize) -> Task {
    let endpoint = format!("{number:04}");
    Task::MailEndpointDisabled { tenant: tenant.parse().unwrap(), endpoint, to: "ada".parse().unwrap() }
}

fn password_reset() -> Task {
    Task::MailPasswordReset { email: "ada@example.com".parse::<Email>().unwrap(), asked_at: NOW }
}

/// Mails of one tenant, written one by one or in one batch.
async fn write_mails(tx: &mut Tx, tenant: &str, count: usize, is_batch: bool, now: Timestamp) {
    let tasks = (0..count).map(|number| mail(tenant, number));
    if is_batch {
        let wanted = tasks.enumerate().map(|(number, task)| JobRequest {
            // Ids in the reverse order: the order of claims comes from the place in the batch.
            id: format!("{tenant} {:04}", count - number),
            task,
            run_at: now,
        });
        tx.connection().upsert_jobs(&wanted.collect::<Vec<_>>(), now).await.unwrap();
    } else {
        for task in tasks {
            tx.connection().insert_job(&task, now, now).await.unwrap();
        }
    }
}

async fn claim(tx: &mut Tx, now: Timestamp) -> Option<ClaimedJob> {
    tx.connection().claim_job(Lane::Mail, now, now.plus_secs(60)).await.unwrap()
}

/// Claims the next jobs and returns their tasks.
async fn claim_tasks(tx: &mut Tx, count: usize, now: Timestamp) -> Vec<Task> {
    let mut tasks = Vec::with_capacity(count);
    for _ in 0..count {
        tasks.push(claim(tx, now).await.unwrap().task().unwrap());
    }
    tasks
}

/// The longest time by which a job's `fair_at` is after its `run_at`, in microseconds.
async fn last_place(tx: &mut Tx) -> i64 {
    on_backend!(tx.connection(), connection => {
        sqlx::query_scalar("SELECT max(fair_at - run_at) FROM jobs").fetch_one(connection).await.unwrap()
    })
}

#[rstest]
#[tokio::test]
async fn a_job_of_another_tenant_overtakes_a_backlog(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(false, true)] is_batch: bool,
) {
    let database = TestDatabase::new(engine).await;
    let mut tx = database.store.begin().await.unwrap();
    write_mails(&mut tx, "busy", BACKLOG, is_batch, NOW).await;
    write_mails(&mut tx, "quiet", 1, is_batch, NOW).await;
    let first = claim_tasks(&mut tx, 2, NOW).await;
    assert!(first.contains(&mail("quiet", 0)), "{first:?}");
    let rest = claim_tasks(&mut tx, BACKLOG - 1, NOW).await;
    let busy: Vec<_> = first.into_iter().chain(rest).filter(|task| *task != mail("quiet", 0)).collect();
    let expected: Vec<_> = (0..BACKLOG).map(|number| mail("busy", number)).collect();
    assert_eq!(busy, expected, "the backlog is not delayed and keeps its order");
    assert_eq!(claim(&mut tx, NOW).await, None);
}

#[rstest]
#[tokio::test]
async fn a_backlog_is_overtaken_even_if_jobs_are_slow(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values("quiet", "no tenant")] tenant: &str,
) {
    let database = TestDatabase::new(engine).await;
    let mut tx = database.store.begin().await.unwrap();
    write_mails(&mut tx, "busy", BACKLOG, true, NOW).await;
    for _ in 0..5 {
        let done = claim(&mut tx, NOW).await.unwrap();
        tx.connection().complete_job(&done).await.unwrap();
    }
    let later = NOW.plus_secs(100);
    let task = if tenant == "quiet" { mail("quiet", 0) } else { password_reset() };
    tx.connection().insert_job(&task, later, later).await.unwrap();
    let first = claim_tasks(&mut tx, 2, later).await;
    assert!(first.contains(&task), "the lane is 95 seconds behind the clock: {first:?}");

    write_mails(&mut tx, "new", 2, false, later).await;
    let next = claim_tasks(&mut tx, 4, later).await;
    assert!(next.contains(&mail("new", 0)) && next.contains(&mail("new", 1)), "{next:?}");
    assert!(next.contains(&mail("busy", 6)), "the backlog goes on beside them: {next:?}");
}

#[rstest]
#[tokio::test]
async fn a_retried_job_keeps_its_place(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let database = TestDatabase::new(engine).await;
    let mut tx = database.store.begin().await.unwrap();
    write_mails(&mut tx, "busy", BACKLOG, false, NOW).await;
    write_mails(&mut tx, "quiet", 1, false, NOW).await;
    // The mail server is down for a minute.
    let later = NOW.plus_secs(60);
    while let Some(job) = claim(&mut tx, NOW).await {
        assert!(tx.connection().retry_job_at(&job, later, "down").await.unwrap());
    }
    assert_eq!(tx.connection().find_next_run(Lane::Mail).await.unwrap(), Some(later), "a place is no time to wait");
    write_mails(&mut tx, "new", 1, false, later).await;
    let first = claim_tasks(&mut tx, 3, later).await;
    for expected in [mail("busy", 0), mail("quiet", 0), mail("new", 0)] {
        assert!(first.contains(&expected), "{first:?}");
    }
    let rest = claim_tasks(&mut tx, BACKLOG - 1, later).await;
    let expected: Vec<_> = (1..BACKLOG).map(|number| mail("busy", number)).collect();
    assert_eq!(rest, expected);
}

#[rstest]
#[tokio::test]
async fn every_change_of_run_at_keeps_a_jobs_place(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let database = TestDatabase::new(engine).await;
    let mut tx = database.store.begin().await.unwrap();
    write_mails(&mut tx, "busy", 3, true, NOW).await;
    let mut claimed = Vec::new();
    while let Some(job) = claim(&mut tx, NOW).await {
        claimed.push(job);
    }
    let last = claimed.pop().unwrap();
    for done in &claimed {
        assert!(tx.connection().complete_job(done).await.unwrap());
    }
    assert!(tx.connection().retry_job_at(&last, NOW.plus_secs(60), "down").await.unwrap());
    assert_eq!(last_place(&mut tx).await, 2_000_000);
    let last = claim(&mut tx, NOW.plus_secs(60)).await.unwrap();
    assert!(tx.connection().hold_job(&last, Provider::Stripe, NOW.plus_secs(300)).await.unwrap());
    assert_eq!(last_place(&mut tx).await, 2_000_000);
    assert_eq!(tx.connection().release_jobs(Provider::Stripe, NOW.plus_secs(100)).await.unwrap(), 1);
    assert_eq!(last_place(&mut tx).await, 2_000_000);
    let last = claim(&mut tx, NOW.plus_secs(100)).await.unwrap();
    assert!(tx.connection().give_up_job(&last, "wrong").await.unwrap());
    tx.connection().reschedule_job(&last.id, NOW.plus_secs(110)).await.unwrap();
    assert_eq!(last_place(&mut tx).await, 2_000_000);
    assert_eq!(claim(&mut tx, NOW.plus_secs(110)).await.map(|job| job.id), Some(last.id));
}

#[rstest]
#[tokio::test]
async fn a_place_is_never_so_far_ahead_that_a_due_job_is_not_claimed(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let database = TestDatabase::new(engine).await;
    let mut tx = database.store.begin().await.unwrap();
    for batch in ["0", "1", "2"] {
        let jobs = (0..1_000).map(|number| JobRequest {
            id: format!("{batch} {number}"),
            task: mail("busy", number),
            run_at: NOW,
        });
        tx.connection().upsert_jobs(&jobs.collect::<Vec<_>>(), NOW).await.unwrap();
    }
    let most = last_place(&mut tx).await;
    assert!(most > 0 && most <= MOST_AHEAD_SECS * 1_000_000, "{most}");
}

#[rstest]
#[tokio::test]
async fn a_moved_job_is_claimed_in_its_new_lane_alone(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let database = TestDatabase::new(engine).await;
    let mut tx = database.store.begin().await.unwrap();
    write_mails(&mut tx, "busy", 2, false, NOW).await;
    let slow = claim(&mut tx, NOW).await.unwrap();
    assert!(tx.connection().move_job(&slow, Lane::SlowMail).await.unwrap());
    let later = NOW.plus_secs(60);
    assert!(tx.connection().retry_job_at(&slow, later, "slow").await.unwrap());
    assert_eq!(tx.connection().find_next_run(Lane::SlowMail).await.unwrap(), Some(later));
    assert_eq!(claim_tasks(&mut tx, 1, later).await, [mail("busy", 1)]);
    assert_eq!(claim(&mut tx, later).await, None);
    let retried = tx.connection().claim_job(Lane::SlowMail, later, later.plus_secs(60)).await.unwrap();
    assert_eq!(retried.map(|job| job.id), Some(slow.id));
}

#[rstest]
#[tokio::test]
async fn a_request_for_a_waiting_job_writes_only_what_it_changes(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let database = TestDatabase::new(engine).await;
    let mut tx = database.store.begin().await.unwrap();
    let request = |run_at| {
        let subject = EventSubject::Subscription { id: "sub_1".to_owned() };
        let task = Task::FetchWebhookObject { provider: Provider::Stripe, subject, customer: None };
        [(JobRequest { id: "stripe subscription sub_1".to_owned(), task, run_at }, None::<String>)]
    };
    let (earlier, later) = (NOW.plus_secs(-5), NOW.plus_secs(5));
    assert_eq!(tx.connection().upsert_traced_jobs(&request(NOW), NOW).await.unwrap(), 1);
    assert_eq!(tx.connection().upsert_traced_jobs(&request(later), NOW).await.unwrap(), 0, "it is due before");
    assert_eq!(tx.connection().upsert_traced_jobs(&request(earlier), NOW).await.unwrap(), 1, "it is due after");
    assert_eq!(tx.connection().find_next_run(Lane::Stripe).await.unwrap(), Some(earlier));

    let job = tx.connection().claim_job(Lane::Stripe, NOW, NOW.plus_secs(10)).await.unwrap().unwrap();
    assert_eq!(tx.connection().upsert_traced_jobs(&request(later), NOW).await.unwrap(), 1, "it runs");
    assert_eq!(tx.connection().upsert_traced_jobs(&request(later), NOW).await.unwrap(), 0, "it will run again");
    assert!(tx.connection().complete_job(&job).await.unwrap());
    let again = tx.connection().claim_job(Lane::Stripe, later, later.plus_secs(10)).await.unwrap().unwrap();
    let lapsed = NOW.plus_secs(60);
    assert_eq!(tx.connection().upsert_traced_jobs(&request(lapsed), lapsed).await.unwrap(), 1, "its worker may go on");
    assert!(tx.connection().complete_job(&again).await.unwrap());
    assert_eq!(tx.connection().count_jobs().await.unwrap(), 1, "it runs once more");
}
