use domain::account::Role;
use rstest::rstest;

use super::*;
use crate::{
    identity::{client::Client, factors::Confirmed},
    mail::testing::Received,
    service::{
        account::SignUp,
        base::test_env::{HERE, PASSWORD, TestEnv},
    },
    store::testing::Engine,
};

fn german() -> Locale {
    installed().get("de").unwrap()
}

/// Returns the mail to the address. Fails unless there is exactly one.
fn mail_to(env: &TestEnv, address: &str) -> Received {
    let mut mails: Vec<_> = env.smtp.received().into_iter().filter(|mail| mail.to == [address]).collect();
    assert_eq!(mails.len(), 1, "{mails:#?}");
    mails.remove(0)
}

fn is_in(mail: &Received, tag: &str) -> bool {
    mail.html().contains(&format!("<html lang=\"{tag}\""))
}

#[rstest]
#[tokio::test]
async fn a_mail_is_in_the_language_of_its_account(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let accounts = env.services.accounts();
    let ada = env.stranger("ada@example.com").await;
    env.stranger("bob@example.com").await;
    assert_eq!(accounts.chosen_language(&ada.user_id).await.unwrap(), None);
    accounts.choose_language(&ada.user_id, german()).await.unwrap();
    assert_eq!(accounts.chosen_language(&ada.user_id).await.unwrap(), Some(german()));
    for email in ["ada@example.com", "bob@example.com"] {
        accounts.request_password_reset(email, HERE).await.unwrap();
    }
    env.run_due_jobs().await;
    for (email, tag, sentence) in [
        ("ada@example.com", "de", "Für ada@example.com wurde ein neues Passwort angefordert."),
        ("bob@example.com", "en", "We received a request to reset the password for bob@example.com."),
    ] {
        let mail = mail_to(&env, email);
        assert!(is_in(&mail, tag) && mail.html().contains(sentence), "{}", mail.html());
        assert!(mail.text().starts_with(sentence), "{}", mail.text());
    }
}

#[rstest]
#[tokio::test]
async fn the_owner_of_a_requested_address_reads_their_own_language(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let accounts = env.services.accounts();
    let ada = env.stranger("ada@example.com").await;
    env.stranger("bob@example.com").await;
    accounts.choose_language(&ada.user_id, german()).await.unwrap();
    let confirmed = Confirmed::not_asked();
    accounts.request_address_change(&ada, "bob@example.com", &confirmed, &HERE.into()).await.unwrap();
    env.run_due_jobs().await;
    assert!(is_in(&mail_to(&env, "ada@example.com"), "de"));
    assert!(is_in(&mail_to(&env, "bob@example.com"), "en"));
}

#[rstest]
#[tokio::test]
async fn a_notice_of_an_address_change_is_in_the_language_of_its_account_whoever_has_the_address_by_now(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let accounts = env.services.accounts();
    let ada = env.stranger("ada@example.com").await;
    accounts.choose_language(&ada.user_id, german()).await.unwrap();
    let confirmed = Confirmed::not_asked();
    accounts.request_address_change(&ada, "ada@lovelace.test", &confirmed, &HERE.into()).await.unwrap();
    // The account has the new address, and another account the former one, before the mail is sent.
    let mut tx = env.database.store.begin().await.unwrap();
    tx.connection().update_address(&ada.user_id, &"ada@lovelace.test".parse().unwrap()).await.unwrap();
    tx.commit().await.unwrap();
    let heir = env.stranger("ada@example.com").await;
    accounts.choose_language(&heir.user_id, installed().get("en").unwrap()).await.unwrap();
    env.run_due_jobs().await;
    assert!(is_in(&mail_to(&env, "ada@example.com"), "de"));
}

#[rstest]
#[tokio::test]
async fn an_invitation_is_in_the_language_of_the_invited_account_else_of_the_inviter(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let owner = env.owner("team", "owner@acme.test").await;
    env.services.accounts().choose_language(&owner.user_id, german()).await.unwrap();
    env.stranger("ada@example.com").await;
    for email in ["ada@example.com", "new@example.com"] {
        let invitations = env.services.invitations();
        invitations.invite(&owner, email, Role::Member, Some(&Confirmed::not_asked())).await.unwrap();
    }
    env.run_due_jobs().await;
    assert!(is_in(&mail_to(&env, "ada@example.com"), "en"));
    assert!(is_in(&mail_to(&env, "new@example.com"), "de"));
}

#[rstest]
#[tokio::test]
async fn a_page_decides_the_language_of_mails_until_one_is_chosen(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let accounts = env.services.accounts();
    let ada = env.stranger("ada@example.com").await.user_id;
    accounts.note_language(&ada, german()).await.unwrap();
    assert_eq!(accounts.chosen_language(&ada).await.unwrap(), None, "pages follow the browser");
    assert_eq!(accounts.mail_language(&ada).await.unwrap(), german());
    let english = installed().default();
    accounts.choose_language(&ada, english).await.unwrap();
    accounts.note_language(&ada, german()).await.unwrap();
    assert_eq!(accounts.chosen_language(&ada).await.unwrap(), Some(english));
    assert_eq!(accounts.mail_language(&ada).await.unwrap(), english);
}

#[rstest]
#[tokio::test]
async fn the_first_mail_of_an_account_is_in_the_language_of_its_sign_up(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    for (email, client, tag) in
        [("ada@example.com", Client::from(HERE).reading(german()), "de"), ("bob@example.com", Client::from(HERE), "en")]
    {
        let request = SignUp { email: email.to_owned(), password: PASSWORD.to_owned(), workspace: None };
        env.services.accounts().sign_up(request, client).await.unwrap();
        env.run_due_jobs().await;
        assert!(is_in(&mail_to(&env, email), tag), "{email}");
    }
}
