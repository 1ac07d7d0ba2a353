use domain::account::{Role, Viewer};
use rstest::rstest;

use super::*;
use crate::{
    mail::testing::{Received, SmtpFailure},
    service::{Services, base::test_env::TestEnv},
    store::testing::Engine,
};

const TOKENS: &str = "ai_tokens";
const DAY_SECS: i64 = 86_400;

async fn turn_on(env: &TestEnv, person: &Viewer) {
    env.services.accounts().change_mail_preferences(person, &[OptionalMail::MonthlyReport]).await.unwrap();
}

/// Returns the reports among the received mails.
fn reports(env: &TestEnv) -> Vec<Received> {
    let is_report = |mail: &Received| mail.text().contains("the monthly report of");
    env.smtp.received().into_iter().filter(is_report).collect()
}

/// Moves the clock to the second day of the next month.
fn to_next_month(env: &TestEnv) {
    env.clock.set(calendar_month(env.services.billing_now()).1.plus_secs(DAY_SECS));
}

async fn pass(env: &TestEnv, nodes: &[&Services]) {
    for node in nodes {
        node.usage().enqueue_due_reports().await.unwrap();
    }
    env.run_due_jobs().await;
}

#[rstest]
#[tokio::test]
async fn a_report_is_sent_once_a_month_to_those_who_turned_it_on(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let other = env.another_node().await;
    let ada = env.owner("pro", "ada@reports.test").await;
    let bob = env.colleague(&ada, "bob@reports.test", Role::Admin).await;
    env.colleague(&ada, "eve@reports.test", Role::Admin).await;
    env.owner("pro", "zoe@reports.test").await;
    for person in [&ada, &bob] {
        turn_on(&env, person).await;
    }
    let tenant = &ada.current_membership.tenant_id;
    env.services.usage().consume(tenant, TOKENS, 1234, None).await.unwrap();
    pass(&env, &[&env.services, &other]).await;
    assert_eq!(reports(&env).len(), 0, "not in the month in which it was turned on");

    to_next_month(&env);
    env.services.usage().consume(tenant, TOKENS, 99, None).await.unwrap();
    let (first, second) = tokio::join!(env.services.usage().enqueue_due_reports(), other.usage().enqueue_due_reports());
    first.unwrap();
    second.unwrap();
    pass(&env, &[&other, &env.services]).await;
    let sent = reports(&env);
    let mut to: Vec<_> = sent.iter().flat_map(|mail| mail.to.clone()).collect();
    to.sort();
    assert_eq!(to, ["ada@reports.test", "bob@reports.test"]);
    let text = sent[0].text().replace('\u{a0}', " ");
    for part in ["in January 2026:", "Plan: Pro", "1,234 of", "https://dues.test/usage"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(sent[0].header("Subject"), Some("Acme Robotics: usage in January 2026"));
    assert_eq!(sent[0].header("List-Unsubscribe-Post"), Some("List-Unsubscribe=One-Click"));

    env.services.accounts().change_mail_preferences(&bob, &[]).await.unwrap();
    to_next_month(&env);
    pass(&env, &[&env.services, &other]).await;
    let sent = reports(&env);
    assert_eq!((sent.len(), sent[2].to.join(" ")), (3, "ada@reports.test".to_owned()));
    assert!(sent[2].text().replace('\u{a0}', " ").contains("in February 2026:"));
}

#[rstest]
#[tokio::test]
async fn a_refused_report_is_retried_and_one_that_a_dead_worker_sent_is_not(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let ada = env.owner("pro", "ada@reports.test").await;
    turn_on(&env, &ada).await;
    let (tenant, month) = (&ada.current_membership.tenant_id, calendar_month(env.services.billing_now()).0);
    to_next_month(&env);
    env.smtp.fail_next([SmtpFailure::Busy]);
    pass(&env, &[&env.services]).await;
    assert_eq!(reports(&env).len(), 0);
    env.clock.advance(60);
    env.run_due_jobs().await;
    assert_eq!(reports(&env).len(), 1);
    // A worker died after it had sent the mail: another one claims the job again.
    env.services.usage().mail_monthly_report(tenant, month, &ada.user_id).await.unwrap();
    assert_eq!(reports(&env).len(), 1);
}

#[rstest]
#[tokio::test]
async fn a_deleted_workspace_and_a_person_without_the_role_get_no_report(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let ada = env.owner("pro", "ada@reports.test").await;
    let bob = env.colleague(&ada, "bob@reports.test", Role::Admin).await;
    let zoe = env.owner("pro", "zoe@reports.test").await;
    for person in [&ada, &bob, &zoe] {
        turn_on(&env, person).await;
    }
    env.run("UPDATE memberships SET role = 'member' WHERE role = 'admin'").await;
    env.run(
        "UPDATE tenants SET deleted_at = 1 WHERE tenant_id IN (SELECT tenant_id FROM memberships \
         JOIN users ON users.user_id = memberships.user_id WHERE users.email = 'zoe@reports.test')",
    )
    .await;
    to_next_month(&env);
    pass(&env, &[&env.services]).await;
    let to: Vec<_> = reports(&env).into_iter().flat_map(|mail| mail.to).collect();
    assert_eq!(to, ["ada@reports.test"]);
    assert_eq!(env.jobs().await, 0, "nothing is retried");
}
