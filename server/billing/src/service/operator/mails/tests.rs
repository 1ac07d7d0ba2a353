use domain::account::Account;
use rstest::rstest;

use super::*;
use crate::{
    identity::factors::Confirmed,
    service::{
        base::test_env::{HERE, NOW, TestEnv},
        operator::AccountName,
        tenant::audit::AuditFilter,
    },
    store::testing::Engine,
};

const A_DAY_SECS: i64 = 86_400;

async fn operator(env: &TestEnv) -> ConfirmedOperator {
    let account = env.stranger("root@dues.test").await;
    env.services.operators().add_operator(AccountName::Email("root@dues.test")).await.unwrap();
    let mut tx = env.database.store.begin().await.unwrap();
    tx.connection().upsert_pending_factor(&account.user_id, "sealed", NOW).await.unwrap();
    assert!(tx.connection().enable_second_factor(&account.user_id, NOW, 1).await.unwrap());
    tx.commit().await.unwrap();
    proven(env, &account).await
}

async fn proven(env: &TestEnv, account: &Account) -> ConfirmedOperator {
    env.services.operators().operator(account).await.unwrap().unwrap().confirmed(&Confirmed::not_asked())
}

fn german() -> Locale {
    installed().get("de").unwrap()
}

#[rstest]
#[tokio::test]
async fn a_sample_is_sent_to_the_operator_as_it_is_shown(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let operator = operator(&env).await;
    let operators = env.services.operators();
    for kind in LetterKind::ALL {
        operators.send_sample(&operator, kind, german(), HERE).await.unwrap();
        env.clock.advance(60);
    }
    env.run_due_jobs().await;
    let received = env.smtp.received();
    assert_eq!(received.len(), LetterKind::ALL.len());
    assert!(received.iter().all(|mail| mail.to == ["root@dues.test"]), "{received:#?}");
    let shown = operators.preview_mail(&operator, LetterKind::AddressTaken, german()).unwrap();
    assert_eq!(shown.from.as_deref(), Some("Dues <no-reply@dues.test>"));
    let is_it = |text: String| text.replace("\r\n", "\n").trim_end() == shown.text.trim_end();
    assert!(received.iter().any(|mail| is_it(mail.text())), "{}", shown.text);

    let log = env.services.tenants().audit(&TenantId::installation(), &AuditFilter::default(), None, 50).await;
    let log = log.unwrap().entries;
    let sent: Vec<_> = log.iter().filter(|entry| entry.action == "mail_sample.sent").collect();
    assert_eq!(sent.len(), LetterKind::ALL.len());
    let by_operator = |id: Option<&str>| id == Some(operator.user().as_str());
    assert!(sent.iter().all(|entry| by_operator(entry.actor_id.as_deref())), "{sent:?}");
    assert!(sent.iter().any(|entry| entry.target == "payment_failed" && entry.details["language"] == "de"), "{sent:?}");
}

#[rstest]
#[tokio::test]
async fn samples_are_limited_and_need_a_mail_server(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let operator = operator(&env).await;
    let send = async || env.services.operators().send_sample(&operator, LetterKind::Invitation, german(), HERE).await;
    for _ in 0..20 {
        send().await.unwrap();
    }
    assert_eq!(send().await.unwrap_err().code(), "throttled");
    env.clock.advance(A_DAY_SECS);
    send().await.unwrap();

    let env = TestEnv::without_mail(engine).await;
    let operator = self::operator(&env).await;
    let refused = env.services.operators().send_sample(&operator, LetterKind::Invitation, german(), HERE).await;
    assert_eq!(refused.unwrap_err().code(), "mail_not_configured");
    let shown = env.services.operators().preview_mail(&operator, LetterKind::Invitation, german()).unwrap();
    assert_eq!(shown.from, None);
}

#[rstest]
#[tokio::test]
async fn a_sample_is_dropped_after_a_day_and_for_a_former_operator(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let operator = operator(&env).await;
    let operators = env.services.operators();
    operators.send_sample(&operator, LetterKind::Invitation, german(), HERE).await.unwrap();
    env.clock.advance(A_DAY_SECS);
    env.run_due_jobs().await;
    operators.send_sample(&operator, LetterKind::Invitation, german(), HERE).await.unwrap();
    operators.remove_operator(AccountName::Email("root@dues.test")).await.unwrap();
    env.run_due_jobs().await;
    assert!(env.smtp.received().is_empty(), "{:#?}", env.smtp.received());
}
