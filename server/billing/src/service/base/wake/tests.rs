use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use domain::{catalog::file::default_catalog, subscription::Provider};
use rstest::rstest;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{
    mail::testing::SmtpFailure,
    payment::{
        EventSubject,
        price_map::PriceMap,
        stripe::{Stripe, StripeConfig},
    },
    service::base::test_env::{HERE, TestEnv},
    store::{job::jobs::Task, testing::Engine},
    worker,
};

/// The number of calls to Stripe that are queued: more than its lane has workers.
const QUESTIONS: usize = 12;
/// The time within which the mail must be sent. Long, as other tests run at the same time, but shorter than a call to a
/// provider that does not answer, which takes at least half a minute.
const SOON: Duration = Duration::from_secs(8);

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mail_is_sent_while_the_provider_does_not_answer(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/", listener.local_addr().unwrap());
    let (asked, mut questions) = tokio::sync::mpsc::channel(QUESTIONS * 4);
    let silent = tokio::spawn(async move {
        loop {
            let (connection, _) = listener.accept().await.unwrap();
            if asked.send(connection).await.is_err() {
                return;
            }
        }
    });
    let config = StripeConfig {
        secret_key: "sk_test_silent".into(),
        webhook_secrets: Vec::new(),
        prices: PriceMap::default(),
        api_base: Some(base.parse().unwrap()),
        portal_configuration: None,
    };
    let stripe = Stripe::new(config, Arc::new(default_catalog())).unwrap();
    let env = TestEnv::new(engine).await;
    env.owner("free", "ada@example.com").await;
    let services = env.paying_at(Arc::new(stripe)).await;
    let mut tx = env.database.store.begin().await.unwrap();
    for number in 0..QUESTIONS {
        let subject = EventSubject::Subscription { id: format!("sub_{number}") };
        let task = Task::FetchWebhookObject { provider: Provider::Stripe, subject, customer: None };
        tx.connection().insert_job(&task, services.wall_now(), services.wall_now()).await.unwrap();
    }
    tx.commit().await.unwrap();
    let working = tokio::spawn(worker::run(services.clone(), CancellationToken::new()));
    let mut held = Vec::new();
    while held.len() < 4 {
        held.push(questions.recv().await.unwrap());
    }
    let begun = Instant::now();
    services.accounts().request_password_reset("ada@example.com", HERE).await.unwrap();
    while env.smtp.received().is_empty() {
        assert!(begun.elapsed() < SOON, "no mail is sent");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    working.abort();
    silent.abort();
}

#[rstest]
#[tokio::test]
async fn a_mail_that_makes_the_server_wait_is_retried_apart_from_other_mails(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let services = env.mailing_with(env.smtp.mailer_with_timeout(Duration::from_secs(1))).await;
    let lanes = async || env.dump("SELECT lane FROM jobs").await;
    let send = async |email: &str| {
        env.owner("free", email).await;
        services.accounts().request_password_reset(email, HERE).await.unwrap();
        while worker::run_due_job(&services).await.unwrap().is_none() {}
    };
    env.smtp.fail_next([SmtpFailure::HangsAtRecipient]);
    send("slow@example.com").await;
    assert!(lanes().await.contains("slow_mail"));
    send("ada@example.com").await;
    assert_eq!(env.smtp.received().len(), 1, "the server does not rest");
    env.clock.advance(60);
    while worker::run_due_job(&services).await.unwrap().is_none() {}
    assert_eq!(env.smtp.received().len(), 2);

    // A mail that the server rejects for now stays in its lane.
    env.smtp.fail_next([SmtpFailure::Busy]);
    send("busy@example.com").await;
    let lanes = lanes().await;
    assert!(lanes.contains("mail") && !lanes.contains("slow_mail"), "{lanes}");
}
