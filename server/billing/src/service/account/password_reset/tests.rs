use futures::future::join_all;
use rstest::rstest;

use super::{PasswordSet, VALID_SECS};
use crate::{
    identity::ClientAddress,
    mail::testing::SmtpFailure,
    service::{
        LinkError, ServiceError,
        base::test_env::{HERE, PASSWORD, TestEnv, token},
    },
    store::testing::Engine,
};

const OTHER: &str = "another battery staple";
const EVERY_TOKEN_AND_JOB: &str = "SELECT token_hash FROM password_resets UNION ALL SELECT task FROM jobs";

fn is_over(outcome: &Result<impl std::fmt::Debug, ServiceError>, end: LinkError) -> bool {
    matches!(outcome, Err(ServiceError::InvalidLink(found)) if *found == end)
}

#[rstest]
#[tokio::test]
async fn a_password_is_reset_by_a_mailed_link(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    env.stranger("ada@example.com").await;
    env.services.accounts().request_password_reset(" Ada@Example.com ", HERE).await.unwrap();
    assert!(env.smtp.received().is_empty(), "the request does not wait for the SMTP server");
    env.run_due_jobs().await;
    let mail = env.smtp.received().pop().unwrap();
    assert_eq!(mail.to, ["ada@example.com"]);
    let link = mail.link().unwrap();
    assert!(link.starts_with("https://dues.test/password/"), "{link}");
    let stored = env.dump(EVERY_TOKEN_AND_JOB).await;
    assert!(!stored.contains(token(&link)), "{stored}");

    let link = token(&link);
    assert_eq!(env.services.accounts().find_password_reset(link).await.unwrap().as_str(), "ada@example.com");
    let weak = env.services.accounts().set_password(link, "short", HERE).await;
    assert!(matches!(weak, Err(ServiceError::Validation { .. })), "{weak:?}");
    let user = env.services.accounts().set_password(link, OTHER, HERE).await.unwrap().user;
    assert_eq!(env.services.accounts().log_in("ada@example.com", OTHER, HERE).await.unwrap(), user);
    let old = env.services.accounts().log_in("ada@example.com", PASSWORD, HERE).await;
    assert!(matches!(old, Err(ServiceError::InvalidCredentials)), "{old:?}");
    let again = env.services.accounts().set_password(link, PASSWORD, HERE).await;
    assert!(is_over(&again, LinkError::Unknown), "{again:?}");
}

#[rstest]
#[tokio::test]
async fn an_address_without_an_account_enqueues_the_same_job_and_gets_no_mail(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    env.stranger("ada@example.com").await;
    for email in ["ada@example.com", "unknown@example.com"] {
        env.services.accounts().request_password_reset(email, HERE).await.unwrap();
        let task = env.dump("SELECT task FROM jobs").await;
        assert_eq!(task.matches(email).count(), 1, "{task}");
        env.run_due_jobs().await;
    }
    let received = env.smtp.received();
    assert_eq!((received.len(), env.jobs().await), (1, 0), "{received:#?}");
}

#[rstest]
#[tokio::test]
async fn a_reset_link_expires_after_an_hour_and_a_reset_deletes_the_others(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::without_mail(engine).await;
    env.stranger("ada@example.com").await;
    env.stranger("bob@example.com").await;
    let link =
        async |email| token(&env.services.accounts().password_reset_link(email).await.unwrap().unwrap().url).to_owned();
    let (first, second, of_bob) =
        (link("ada@example.com").await, link("ada@example.com").await, link("bob@example.com").await);
    assert!(env.services.accounts().password_reset_link("unknown@example.com").await.unwrap().is_none());
    assert!(env.services.accounts().password_reset_link("no address").await.unwrap().is_none());
    env.services.accounts().set_password(&first, OTHER, HERE).await.unwrap();
    let outcome = env.services.accounts().find_password_reset(&second).await;
    assert!(is_over(&outcome, LinkError::Unknown), "{outcome:?}");
    env.clock.advance(VALID_SECS - 1);
    env.services.accounts().find_password_reset(&of_bob).await.unwrap();
    env.clock.advance(1);
    for outcome in [
        env.services.accounts().find_password_reset(&of_bob).await.map(drop),
        env.services.accounts().set_password(&of_bob, OTHER, HERE).await.map(drop),
    ] {
        assert!(is_over(&outcome, LinkError::Expired), "{outcome:?}");
    }
    env.services.accounts().log_in("bob@example.com", PASSWORD, HERE).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn a_reset_link_used_concurrently_sets_one_password(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::without_mail(engine).await;
    env.stranger("ada@example.com").await;
    let made = env.services.accounts().password_reset_link("ada@example.com").await.unwrap().unwrap();
    let passwords: Vec<_> = (0..6).map(|number| format!("battery staple {number}")).collect();
    let tries = passwords.iter().map(|password| env.services.accounts().set_password(token(&made.url), password, HERE));
    let outcomes: Vec<Result<PasswordSet, _>> = join_all(tries).await;
    let winners: Vec<_> = outcomes.iter().zip(&passwords).filter(|(outcome, _)| outcome.is_ok()).collect();
    assert_eq!(winners.len(), 1, "{outcomes:?}");
    env.services.accounts().log_in("ada@example.com", winners[0].1, HERE).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn a_reset_request_undelivered_for_an_hour_is_dropped(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    env.stranger("ada@example.com").await;
    env.smtp.fail_next([SmtpFailure::Busy]);
    env.services.accounts().request_password_reset("ada@example.com", HERE).await.unwrap();
    env.run_due_jobs().await;
    assert_eq!(env.jobs().await, 1);
    env.clock.advance(VALID_SECS);
    env.run_due_jobs().await;
    assert_eq!((env.jobs().await, env.smtp.received().len()), (0, 0));
}

#[rstest]
#[tokio::test]
async fn resets_are_throttled_by_account_and_address_without_affecting_logins(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    env.stranger("ada@example.com").await;
    let from = |last| ClientAddress([192, 0, 2, last].into());
    for number in 0..5 {
        env.services.accounts().request_password_reset("ada@example.com", from(number)).await.unwrap();
    }
    for email in ["ada@example.com", "ADA@example.com"] {
        let outcome = env.services.accounts().request_password_reset(email, from(9)).await;
        assert!(matches!(outcome, Err(ServiceError::Throttled { .. })), "{outcome:?}");
    }
    env.services.accounts().log_in("ada@example.com", PASSWORD, from(9)).await.unwrap();
    for number in 0..30 {
        env.services.accounts().request_password_reset(&format!("{number}@example.com"), from(100)).await.unwrap();
    }
    let outcome = env.services.accounts().request_password_reset("new@example.com", from(100)).await;
    assert!(matches!(outcome, Err(ServiceError::Throttled { .. })), "{outcome:?}");
    env.clock.advance(900);
    env.services.accounts().request_password_reset("ada@example.com", from(100)).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn without_a_mailer_a_reset_request_is_an_error(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::without_mail(engine).await;
    let outcome = env.services.accounts().request_password_reset("ada@example.com", HERE).await;
    assert!(matches!(outcome, Err(ServiceError::MailNotConfigured)), "{outcome:?}");
    assert_eq!(env.jobs().await, 0);
}
