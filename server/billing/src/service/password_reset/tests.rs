use futures::future::join_all;
use rstest::rstest;

use super::{PasswordSet, VALID_SECS};
use crate::{
    identity::ClientAddress,
    mail::testing::Mood,
    service::{
        LinkEnd, ServiceError,
        stage::{HERE, PASSWORD, Stage, token},
    },
    store::testing::Engine,
};

const OTHER: &str = "another battery staple";
const EVERY_TOKEN_AND_JOB: &str = "SELECT token_hash FROM password_resets UNION ALL SELECT task FROM jobs";

fn is_over(outcome: &Result<impl std::fmt::Debug, ServiceError>, end: LinkEnd) -> bool {
    matches!(outcome, Err(ServiceError::LinkOver(found)) if *found == end)
}

#[rstest]
#[tokio::test]
async fn a_password_is_reset_by_a_mailed_link(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let stage = Stage::new(engine).await;
    stage.stranger("ada@example.com").await;
    stage.services.ask_for_new_password(" Ada@Example.com ", HERE).await.unwrap();
    assert!(stage.smtp.received().is_empty(), "the request does not wait for the SMTP server");
    stage.work().await;
    let mail = stage.smtp.received().pop().unwrap();
    assert_eq!(mail.to, ["ada@example.com"]);
    let link = mail.link().unwrap();
    assert!(link.starts_with("https://dues.test/password/"), "{link}");
    let stored = stage.dump(EVERY_TOKEN_AND_JOB).await;
    assert!(!stored.contains(token(&link)), "{stored}");

    let link = token(&link);
    assert_eq!(stage.services.find_password_reset(link).await.unwrap().as_str(), "ada@example.com");
    let weak = stage.services.set_password(link, "short", HERE).await;
    assert!(matches!(weak, Err(ServiceError::Validation { .. })), "{weak:?}");
    let user = stage.services.set_password(link, OTHER, HERE).await.unwrap().user;
    assert_eq!(stage.services.log_in("ada@example.com", OTHER, HERE).await.unwrap(), user);
    let old = stage.services.log_in("ada@example.com", PASSWORD, HERE).await;
    assert!(matches!(old, Err(ServiceError::InvalidCredentials)), "{old:?}");
    let again = stage.services.set_password(link, PASSWORD, HERE).await;
    assert!(is_over(&again, LinkEnd::Unknown), "{again:?}");
}

#[rstest]
#[tokio::test]
async fn an_address_without_an_account_enqueues_the_same_job_and_gets_no_mail(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stage = Stage::new(engine).await;
    stage.stranger("ada@example.com").await;
    for email in ["ada@example.com", "unknown@example.com"] {
        stage.services.ask_for_new_password(email, HERE).await.unwrap();
        let task = stage.dump("SELECT task FROM jobs").await;
        assert_eq!(task.matches(email).count(), 1, "{task}");
        stage.work().await;
    }
    let received = stage.smtp.received();
    assert_eq!((received.len(), stage.jobs().await), (1, 0), "{received:#?}");
}

#[rstest]
#[tokio::test]
async fn a_reset_link_expires_after_an_hour_and_a_reset_deletes_the_others(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stage = Stage::without_mail(engine).await;
    stage.stranger("ada@example.com").await;
    stage.stranger("bob@example.com").await;
    let link = async |email| token(&stage.services.password_reset_link(email).await.unwrap().unwrap().url).to_owned();
    let (first, second, of_bob) =
        (link("ada@example.com").await, link("ada@example.com").await, link("bob@example.com").await);
    assert!(stage.services.password_reset_link("unknown@example.com").await.unwrap().is_none());
    assert!(stage.services.password_reset_link("no address").await.unwrap().is_none());
    stage.services.set_password(&first, OTHER, HERE).await.unwrap();
    let outcome = stage.services.find_password_reset(&second).await;
    assert!(is_over(&outcome, LinkEnd::Unknown), "{outcome:?}");
    stage.clock.advance(VALID_SECS - 1);
    stage.services.find_password_reset(&of_bob).await.unwrap();
    stage.clock.advance(1);
    for outcome in [
        stage.services.find_password_reset(&of_bob).await.map(drop),
        stage.services.set_password(&of_bob, OTHER, HERE).await.map(drop),
    ] {
        assert!(is_over(&outcome, LinkEnd::Expired), "{outcome:?}");
    }
    stage.services.log_in("bob@example.com", PASSWORD, HERE).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn a_reset_link_used_concurrently_sets_one_password(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let stage = Stage::without_mail(engine).await;
    stage.stranger("ada@example.com").await;
    let made = stage.services.password_reset_link("ada@example.com").await.unwrap().unwrap();
    let passwords: Vec<_> = (0..6).map(|number| format!("battery staple {number}")).collect();
    let tries = passwords.iter().map(|password| stage.services.set_password(token(&made.url), password, HERE));
    let outcomes: Vec<Result<PasswordSet, _>> = join_all(tries).await;
    let winners: Vec<_> = outcomes.iter().zip(&passwords).filter(|(outcome, _)| outcome.is_ok()).collect();
    assert_eq!(winners.len(), 1, "{outcomes:?}");
    stage.services.log_in("ada@example.com", winners[0].1, HERE).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn a_reset_request_undelivered_for_an_hour_is_dropped(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stage = Stage::new(engine).await;
    stage.stranger("ada@example.com").await;
    stage.smtp.will_be([Mood::Busy]);
    stage.services.ask_for_new_password("ada@example.com", HERE).await.unwrap();
    stage.work().await;
    assert_eq!(stage.jobs().await, 1);
    stage.clock.advance(VALID_SECS);
    stage.work().await;
    assert_eq!((stage.jobs().await, stage.smtp.received().len()), (0, 0));
}

#[rstest]
#[tokio::test]
async fn resets_are_throttled_by_account_and_address_without_affecting_logins(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stage = Stage::new(engine).await;
    stage.stranger("ada@example.com").await;
    let from = |last| ClientAddress([192, 0, 2, last].into());
    for number in 0..5 {
        stage.services.ask_for_new_password("ada@example.com", from(number)).await.unwrap();
    }
    for email in ["ada@example.com", "ADA@example.com"] {
        let outcome = stage.services.ask_for_new_password(email, from(9)).await;
        assert!(matches!(outcome, Err(ServiceError::Throttled { .. })), "{outcome:?}");
    }
    stage.services.log_in("ada@example.com", PASSWORD, from(9)).await.unwrap();
    for number in 0..30 {
        stage.services.ask_for_new_password(&format!("{number}@example.com"), from(100)).await.unwrap();
    }
    let outcome = stage.services.ask_for_new_password("new@example.com", from(100)).await;
    assert!(matches!(outcome, Err(ServiceError::Throttled { .. })), "{outcome:?}");
    stage.clock.advance(900);
    stage.services.ask_for_new_password("ada@example.com", from(100)).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn without_a_mailer_a_reset_request_is_an_error(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let stage = Stage::without_mail(engine).await;
    let outcome = stage.services.ask_for_new_password("ada@example.com", HERE).await;
    assert!(matches!(outcome, Err(ServiceError::MailNotConfigured)), "{outcome:?}");
    assert_eq!(stage.jobs().await, 0);
}
