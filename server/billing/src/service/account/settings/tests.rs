use domain::time::Clock;
use rstest::rstest;

use super::*;
use crate::{
    mail::testing::SmtpFailure,
    service::{
        account::SignUp,
        base::test_env::{HERE, PASSWORD, TestEnv, token},
    },
    store::testing::Engine,
};

const OTHER: &str = "another battery staple";

fn here() -> Client {
    HERE.into()
}

#[rstest]
#[tokio::test]
async fn a_password_change_requires_the_current_password(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let (services, ada) = (&env.services, env.stranger("ada@example.com").await);
    let wrong = services.accounts().change_password(&ada, "not the one", OTHER, None, &here()).await.unwrap_err();
    assert!(matches!(&wrong, ServiceError::Validation { fields, .. } if fields.contains_key("current")), "{wrong:?}");
    let weak = services.accounts().change_password(&ada, PASSWORD, "iloveyou123", None, &here()).await.unwrap_err();
    assert!(matches!(&weak, ServiceError::Validation { fields, .. } if fields.contains_key("password")), "{weak:?}");
    services.accounts().change_password(&ada, PASSWORD, OTHER, None, &here()).await.unwrap();
    services.accounts().log_in("ada@example.com", OTHER, HERE).await.unwrap();
    let old = services.accounts().log_in("ada@example.com", PASSWORD, HERE).await;
    assert!(matches!(old, Err(ServiceError::InvalidCredentials)), "{old:?}");
}

#[rstest]
#[tokio::test]
async fn an_address_changes_when_its_account_opens_the_link(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let (services, ada) = (&env.services, env.stranger("ada@example.com").await);
    let eve = env.stranger("eve@evil.test").await;
    let confirmed = Confirmed::not_asked();
    services.accounts().request_address_change(&ada, "ada@lovelace.test", &confirmed, &here()).await.unwrap();
    env.run_due_jobs().await;
    let letters = env.smtp.received();
    let to = |address: &str| letters.iter().find(|letter| letter.to == [address]).expect("a mail to the address");
    assert!(to("ada@example.com").text().contains("ada@lovelace.test"), "the old address gets a notice");
    let link = to("ada@lovelace.test").link().unwrap();
    let token = link.rsplit('/').next().unwrap();
    services.accounts().log_in("ada@example.com", PASSWORD, HERE).await.unwrap();
    assert!(matches!(services.accounts().change_address(&eve, token).await, Err(ServiceError::OtherAddress)));
    assert_eq!(services.accounts().change_address(&ada, token).await.unwrap().as_str(), "ada@lovelace.test");
    services.accounts().log_in("ada@lovelace.test", PASSWORD, HERE).await.unwrap();
    assert!(services.accounts().log_in("ada@example.com", PASSWORD, HERE).await.is_err());
    assert!(
        matches!(services.accounts().change_address(&ada, token).await, Err(ServiceError::InvalidLink(_))),
        "it works once"
    );
}

#[rstest]
#[tokio::test]
async fn an_address_with_an_account_gets_no_link_and_its_owner_gets_a_mail(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let ada = env.stranger("ada@example.com").await;
    env.stranger("eve@evil.test").await;
    let confirmed = Confirmed::not_asked();
    env.services.accounts().request_address_change(&ada, "eve@evil.test", &confirmed, &here()).await.unwrap();
    env.run_due_jobs().await;
    let letters = env.smtp.received();
    assert!(letters.iter().all(|letter| letter.link().is_none()), "{letters:?}");
    let to = |address: &str| letters.iter().find(|letter| letter.to == [address]).expect("a mail to the address");
    assert!(to("eve@evil.test").text().contains("already belongs to an account"), "its owner is notified");
    // The requesting account sees the same as for any other address.
    assert!(to("ada@example.com").text().contains("eve@evil.test"));
    let waiting = env.services.accounts().pending_address_change(&ada).await.unwrap().unwrap();
    assert_eq!((waiting.email.as_str(), waiting.undelivered), ("eve@evil.test", None));
}

#[rstest]
#[tokio::test]
async fn an_address_change_is_pending_until_confirmed_withdrawn_replaced_or_expired(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let (services, ada) = (&env.services, env.stranger("ada@example.com").await);
    let confirmed = Confirmed::not_asked();
    let ask =
        async |email: &str| services.accounts().request_address_change(&ada, email, &confirmed, &here()).await.unwrap();
    let waiting = async || services.accounts().pending_address_change(&ada).await.unwrap();
    let links = |email: &str| {
        let mails = env.smtp.received().into_iter().filter(|mail| mail.to == [email]);
        mails.filter_map(|mail| mail.link()).collect::<Vec<_>>()
    };
    assert_eq!(waiting().await, None);
    ask("first@lovelace.test").await;
    let until = env.clock.now().plus_secs(ADDRESS_CHANGE_SECS);
    let first = PendingAddressChange { email: "first@lovelace.test".parse().unwrap(), until, undelivered: None };
    assert_eq!(waiting().await, Some(first.clone()), "before its mail is sent");
    env.run_due_jobs().await;
    assert_eq!(waiting().await, Some(first), "and after");
    services.accounts().withdraw_address_change(&ada).await.unwrap();
    services.accounts().withdraw_address_change(&ada).await.unwrap();
    assert_eq!(waiting().await, None);
    let outcome = services.accounts().change_address(&ada, token(&links("first@lovelace.test")[0])).await;
    assert!(matches!(outcome, Err(ServiceError::InvalidLink(_))), "{outcome:?}");

    // A change that was withdrawn or replaced before its mail was sent is not mailed.
    ask("withdrawn@lovelace.test").await;
    services.accounts().withdraw_address_change(&ada).await.unwrap();
    env.run_due_jobs().await;
    ask("replaced@lovelace.test").await;
    ask("second@lovelace.test").await;
    env.run_due_jobs().await;
    assert_eq!((links("withdrawn@lovelace.test").len(), links("replaced@lovelace.test").len()), (0, 0));
    assert_eq!(waiting().await.unwrap().email.as_str(), "second@lovelace.test");
    services.accounts().change_address(&ada, token(&links("second@lovelace.test")[0])).await.unwrap();
    assert_eq!(waiting().await, None);

    ask("late@lovelace.test").await;
    env.run_due_jobs().await;
    env.clock.advance(ADDRESS_CHANGE_SECS);
    assert_eq!(waiting().await, None);
}

#[rstest]
#[tokio::test]
async fn failed_mails_of_an_account_show_a_reason_until_another_is_requested(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let services = &env.services;
    env.smtp.fail_next([SmtpFailure::Unknown]);
    let email = "ada@example.com";
    let request = SignUp { email: email.to_owned(), password: PASSWORD.to_owned(), workspace: None };
    let user_id = services.accounts().sign_up(request, HERE).await.unwrap().user;
    let ada = Account { user_id, email: email.parse().unwrap() };
    let proof = async || {
        env.run_due_jobs().await;
        services.accounts().unverified_address(&ada).await.unwrap().unwrap().undelivered
    };
    let refused = proof().await.unwrap();
    assert_eq!((refused.reason.as_str(), refused.next_try), ("the address was refused", None));
    services.accounts().request_address_verification(&ada, HERE).await.unwrap();
    let unverified = services.accounts().unverified_address(&ada).await.unwrap().unwrap();
    assert_eq!(unverified.undelivered, None, "another is on its way");
    assert_eq!((proof().await, env.smtp.received().len()), (None, 1));

    let confirmed = Confirmed::not_asked();
    let change = async || {
        env.run_due_jobs().await;
        services.accounts().pending_address_change(&ada).await.unwrap().unwrap().undelivered
    };
    env.smtp.fail_next([SmtpFailure::Busy, SmtpFailure::Unknown]);
    services.accounts().request_address_change(&ada, "typo@lovelace.test", &confirmed, &here()).await.unwrap();
    let busy = change().await.unwrap();
    assert!(busy.next_try.is_some() && busy.reason == "the mail was not taken yet", "{busy:?}");
    env.clock.advance(3600);
    let refused = change().await.unwrap();
    assert_eq!((refused.reason.as_str(), refused.next_try), ("the address was refused", None));
    env.clock.advance(ADDRESS_CHANGE_SECS);
    assert_eq!(change().await, Some(refused), "also when a link would be too late");
    assert_eq!(proof().await, None, "the one says nothing of the other");
    let mut tx = env.database.store.begin().await.unwrap();
    tx.connection().update_verified_address(&ada.user_id).await.unwrap();
    tx.commit().await.unwrap();
    let refused = change().await.unwrap();
    assert!(
        refused.reason.contains("no such user here"),
        "the server's response is for verified addresses: {refused:?}"
    );
    services.accounts().request_address_change(&ada, "ada@lovelace.test", &confirmed, &here()).await.unwrap();
    assert_eq!(change().await, None);
}

#[rstest]
#[tokio::test]
async fn mails_of_an_account_are_limited_without_blocking_other_accounts(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let services = &env.services;
    let sign_up = |email: &str| SignUp { email: email.to_owned(), password: PASSWORD.to_owned(), workspace: None };
    let link_like =
        services.accounts().sign_up(sign_up("www.evil-bank.example/act-now@x.test"), HERE).await.unwrap_err();
    assert_eq!(link_like.code(), "validation_error");
    let email = "www.evil-bank.example-act-now@x.test";
    let eve = Account {
        user_id: services.accounts().sign_up(sign_up(email), HERE).await.unwrap().user,
        email: email.parse().unwrap(),
    };
    env.run_due_jobs().await;
    let before = env.smtp.received().len();
    let confirmed = Confirmed::not_asked();
    let ask = async |to: String| services.accounts().request_address_change(&eve, &to, &confirmed, &here()).await;
    for number in 0..5 {
        ask(format!("stranger{number}@corp.test")).await.unwrap();
        env.run_due_jobs().await;
    }
    env.clock.advance(16 * 60);
    let sixth = ask("stranger6@corp.test".to_owned()).await;
    assert!(matches!(sixth, Err(ServiceError::Throttled { .. })), "five a day: {sixth:?}");
    env.run_due_jobs().await;
    let mails = env.smtp.received().split_off(before);
    assert_eq!(mails.len(), 5, "and no notice to an address that is not verified: {mails:?}");
    for mail in &mails {
        assert!(!mail.text().contains("evil-bank"), "{}", mail.text());
    }

    // Address changes of one account do not throttle password resets of another.
    let ada = env.stranger("ada@example.com").await;
    for number in 0..5 {
        let other = env.stranger(&format!("other{number}@evil.test")).await;
        services.accounts().request_address_change(&other, "ada@example.com", &confirmed, &here()).await.unwrap();
    }
    services.accounts().request_password_reset(ada.email.as_str(), HERE).await.unwrap();
    env.clock.advance(86_400);
    ask("stranger7@corp.test".to_owned()).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn a_new_password_ends_address_links_and_notifies_the_owner(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let (services, ada) = (&env.services, env.stranger("ada@example.com").await);
    let confirmed = Confirmed::not_asked();
    let changing = async || {
        services.accounts().request_address_change(&ada, "eve@evil.test", &confirmed, &here()).await.unwrap();
        env.run_due_jobs().await;
        let mails = env.smtp.received();
        let link = mails.iter().rev().find(|mail| mail.to == ["eve@evil.test"]).unwrap().link().unwrap();
        link.rsplit('/').next().unwrap().to_owned()
    };
    let first = changing().await;
    services.accounts().change_password(&ada, PASSWORD, OTHER, None, &here()).await.unwrap();
    assert!(matches!(services.accounts().change_address(&ada, &first).await, Err(ServiceError::InvalidLink(_))));
    env.run_due_jobs().await;
    let notice = env.smtp.received().pop().unwrap();
    assert_eq!(notice.to, ["ada@example.com"]);
    assert_eq!(notice.header("Subject"), Some("Your Dues password was changed"));
    let second = changing().await;
    let reset = services.accounts().password_reset_link("ada@example.com").await.unwrap().unwrap();
    let token = reset.url.rsplit('/').next().unwrap();
    let set = services.accounts().set_password(token, PASSWORD, HERE).await.unwrap();
    assert!(!set.was_first_verification);
    assert!(matches!(services.accounts().change_address(&ada, &second).await, Err(ServiceError::InvalidLink(_))));
    env.run_due_jobs().await;
    assert_eq!(env.smtp.received().pop().unwrap().header("Subject"), Some("Your Dues password was changed"));
}
