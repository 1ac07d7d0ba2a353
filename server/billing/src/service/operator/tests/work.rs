//! Events and jobs that the desk lists.

use domain::subscription::{Provider, ProviderStatus};
use rstest::rstest;

use super::{DAY, operator, paying, subscription};
use crate::{
    payment::{EventSubject, ProviderEvent},
    service::{
        base::test_env::{NOW, TestEnv},
        operator::Place,
        tenant::audit::AuditFilter,
    },
    store::{job::jobs::Task, testing::Engine, webhook::inbox::EventState},
};

#[rstest]
#[tokio::test]
async fn unprocessed_events_are_listed_oldest_first(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let operator = operator(&env).await;
    env
        .run(
            "INSERT INTO inbox (provider, event_id, kind, subject, state, received_at) \
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 120) \
             SELECT 'stripe', 'evt_' || i, 'invoice.paid', '{}', CASE i % 2 WHEN 0 THEN 'received' ELSE 'handled' END, i / 7 FROM n",
        )
        .await;
    let mut seen = Vec::new();
    let mut after: Option<Place> = None;
    loop {
        let work = env.services.operator_work(&operator, None, after.as_ref(), None).await.unwrap();
        assert_eq!(work.counts.waiting, 60);
        assert!(work.waiting.iter().all(|waiting| waiting.tenant.is_none()), "about nothing that is known");
        seen.extend(work.waiting.into_iter().map(|waiting| (waiting.event.received_at, waiting.event.id)));
        after = work.next_waiting;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), 60);
    assert!(seen.windows(2).all(|pair| pair[0] < pair[1]), "{seen:?}");
}

#[rstest]
#[tokio::test]
async fn a_job_belongs_to_the_tenant_of_its_event(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let operator = operator(&env).await;
    let services = &env.services;
    let acme = paying(&env, "ada@acme.test", &subscription("sub_1", "pro", ProviderStatus::Active)).await;
    let other = paying(&env, "bob@acme.test", &subscription("sub_2", "pro", ProviderStatus::Active)).await;
    let subscription = |id: &str| EventSubject::Subscription { id: id.to_owned() };
    let session = EventSubject::CheckoutSession { id: "cs_1".to_owned() };
    let customer = EventSubject::Customer { id: "cus_2".to_owned() };
    env
        .run(
            "INSERT INTO checkout_attempts (tenant_id, attempt_id, provider, plan, cycle, state, success_url, cancel_url, \
             session_id, created_by, created_at) SELECT tenant_id, 'a1', 'stripe', 'pro', 'monthly', 'paid', '', '', 'cs_1', \
             'ada', 0 FROM customers WHERE external_id = 'cus_1'",
        )
        .await;
    let about = [
        (Provider::Stripe, subscription("sub_1"), Some(&acme)),
        (Provider::Stripe, session, Some(&acme)),
        (Provider::Stripe, customer, Some(&other)),
        (Provider::Stripe, subscription("sub_9"), None),
        (Provider::Polar, subscription("sub_1"), None),
    ];
    let mut tx = env.database.store.begin().await.unwrap();
    for (at, (provider, subject, _)) in about.iter().enumerate() {
        let event = ProviderEvent { id: format!("evt_{at}"), kind: "updated".to_owned(), subject: subject.clone() };
        tx.connection().take_in_events(&[(*provider, &event, EventState::Received)], NOW).await.unwrap();
        let task = Task::FetchWebhookObject { provider: *provider, subject: subject.clone() };
        let created_at = NOW.plus_secs(i64::try_from(at).unwrap());
        tx.connection().insert_job(&task, NOW.plus_secs(DAY), created_at).await.unwrap();
    }
    tx.commit().await.unwrap();
    env.run("UPDATE jobs SET last_error = 'down' WHERE task LIKE '%follow_hints%'").await;

    let whose: Vec<_> =
        about.iter().map(|(.., whose)| whose.map(|id| (id.clone(), "Acme Robotics".to_owned()))).collect();
    let work = services.operator_work(&operator, None, None, None).await.unwrap();
    assert_eq!(work.failing.iter().map(|listed| listed.tenant.clone()).collect::<Vec<_>>(), whose);
    assert_eq!(work.waiting.iter().map(|listed| listed.tenant.clone()).collect::<Vec<_>>(), whose);
    // The retry is in the audit log of the job's tenant.
    services.retry_job_of_any_tenant(&operator, &work.failing[0].job.id).await.unwrap();
    let log = services.audit(&acme, &AuditFilter::default(), None, 50).await.unwrap().entries;
    assert!(log.iter().any(|entry| entry.action == "job.hastened"), "{log:?}");
}
