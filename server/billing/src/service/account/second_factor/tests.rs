use std::net::{IpAddr, Ipv4Addr};

use rstest::rstest;

use super::*;
use crate::{
    identity::{ClientAddress, seal::SealingKey},
    service::base::test_env::{HERE, NOW, TestEnv},
    store::testing::Engine,
};

fn here() -> Client {
    HERE.into()
}

/// Enables a second factor and returns its secret and recovery codes.
async fn set_up(env: &TestEnv, account: &Account) -> (TotpSecret, Vec<String>) {
    let confirmed = Confirmed::not_asked();
    env.services.accounts().begin_second_factor(account, &confirmed).await.unwrap();
    let stored =
        env.database.store.read().await.unwrap().connection().find_second_factor(&account.user_id).await.unwrap();
    let secret = env.services.accounts().open_factor(&account.user_id, &stored.unwrap().secret).unwrap();
    let code = secret.code_at(env.services.wall_now()).unwrap();
    let codes = env.services.accounts().enable_second_factor(account, &confirmed, &code).await.unwrap();
    (secret, codes)
}

#[rstest]
#[tokio::test]
async fn a_code_is_accepted_once_and_wrong_codes_are_rejected(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let (services, ada) = (&env.services, env.stranger("ada@example.com").await);
    let step = async |code: Option<&str>| {
        services.accounts().complete_sign_in(&ada.user_id, services.wall_now(), code, &here()).await
    };
    step(None).await.unwrap();
    let (secret, codes) = set_up(&env, &ada).await;
    assert!(matches!(step(None).await, Err(ServiceError::SecondFactorRequired)));
    let used = secret.code_at(NOW).unwrap();
    assert!(matches!(step(Some(&used)).await, Err(ServiceError::InvalidCode)), "it was shown when it was enabled");
    env.clock.advance(30);
    let next = secret.code_at(services.wall_now()).unwrap();
    step(Some(&next)).await.unwrap();
    assert!(matches!(step(Some(&next)).await, Err(ServiceError::InvalidCode)), "a replay");
    assert_eq!(codes.len(), RECOVERY_CODES);
    step(Some(&codes[0])).await.unwrap();
    assert!(matches!(step(Some(&codes[0])).await, Err(ServiceError::InvalidCode)), "used up");
    let left = services.accounts().second_factor(&ada).await.unwrap();
    assert!(matches!(left, SecondFactorState::On { recovery_codes_left: 9, .. }), "{left:?}");

    let renewed = services.accounts().renew_recovery_codes(&ada, &Confirmed::not_asked()).await.unwrap();
    assert!(matches!(step(Some(&codes[1])).await, Err(ServiceError::InvalidCode)), "replaced");
    step(Some(&renewed[0])).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn guesses_of_codes_are_throttled(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let (services, ada) = (&env.services, env.stranger("ada@example.com").await);
    let (_, codes) = set_up(&env, &ada).await;
    let step = async |code: &str| {
        services.accounts().complete_sign_in(&ada.user_id, services.wall_now(), Some(code), &here()).await
    };
    for _ in 0..5 {
        assert!(matches!(step("000000").await, Err(ServiceError::InvalidCode)));
    }
    assert!(matches!(step(&codes[0]).await, Err(ServiceError::Throttled { .. })));
    env.clock.advance(15 * 60);
    step(&codes[0]).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn resets_of_the_password_bring_no_further_guesses_of_codes(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let (services, ada) = (&env.services, env.stranger("ada@example.com").await);
    let (_, codes) = set_up(&env, &ada).await;
    let known_device = services.accounts().device_cookie(&ada.user_id, &here()).await.unwrap();
    let client = |network: u8, cookie: &str| {
        let address = ClientAddress(IpAddr::V4(Ipv4Addr::new(203, 0, network, 1)));
        Client::new(address, Some(cookie), None)
    };
    let step = async |code: &str, client: &Client| {
        services.accounts().complete_sign_in(&ada.user_id, services.wall_now(), Some(code), client).await
    };
    let mut guesses = 0;
    for network in 1..=10 {
        let cookie = services.accounts().device_cookie_of_reset(&ada.user_id, &here()).await.unwrap();
        let browser = client(network, &cookie);
        for _ in 0..10 {
            let answer = step("000000", &browser).await;
            if matches!(answer, Err(ServiceError::Throttled { .. })) {
                break;
            }
            assert!(matches!(answer, Err(ServiceError::InvalidCode)));
            guesses += 1;
        }
    }
    // Ten guesses without a slot, then one slot for networks without a failure and one slot for the other networks.
    assert!(guesses <= 12, "{guesses}");
    step(&codes[0], &client(1, &known_device))
        .await
        .expect("a device on which the user has signed in is not slowed down");
}

#[rstest]
#[tokio::test]
async fn a_new_password_keeps_the_second_factor_and_an_operator_removes_it(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let (services, ada) = (&env.services, env.stranger("ada@example.com").await);
    set_up(&env, &ada).await;
    let link = services.accounts().password_reset_link("ada@example.com").await.unwrap().unwrap();
    let token = link.url.rsplit('/').next().unwrap();
    services.accounts().set_password(token, "another battery staple", HERE).await.unwrap();
    assert!(services.accounts().has_second_factor(&ada.user_id).await.unwrap());
    assert_eq!(services.accounts().reset_second_factor("ada@example.com").await.unwrap(), Some(true));
    assert!(!services.accounts().has_second_factor(&ada.user_id).await.unwrap());
    assert_eq!(services.accounts().reset_second_factor("unknown@example.com").await.unwrap(), None);
}

#[rstest]
#[tokio::test]
async fn the_database_stores_neither_secret_nor_codes_in_plain_text(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let ada = env.stranger("ada@example.com").await;
    let (secret, codes) = set_up(&env, &ada).await;
    let stored = env.database.store.read().await.unwrap().connection().find_second_factor(&ada.user_id).await.unwrap();
    let stored = stored.unwrap().secret;
    assert!(!stored.contains(&secret.base32().unwrap()) && !stored.contains(&codes[0]));
    let elsewhere = env.sealing_with(SealingKey::from_bytes(&[9; 32]).unwrap()).await;
    assert!(elsewhere.accounts().open_factor(&ada.user_id, &stored).is_err());
}

#[rstest]
#[tokio::test]
async fn a_change_of_the_second_factor_is_mailed_to_the_owner(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let ada = env.stranger("ada@example.com").await;
    set_up(&env, &ada).await;
    env.services.accounts().renew_recovery_codes(&ada, &Confirmed::not_asked()).await.unwrap();
    env.services.accounts().remove_second_factor(&ada, &Confirmed::not_asked()).await.unwrap();
    env.services.accounts().remove_second_factor(&ada, &Confirmed::not_asked()).await.unwrap();
    env.run_due_jobs().await;
    let mut subjects: Vec<_> =
        env.smtp.received().iter().map(|mail| mail.header("Subject").unwrap().to_owned()).collect();
    subjects.sort();
    assert_eq!(
        subjects,
        [
            "Two-factor authentication turned off",
            "Two-factor authentication turned on",
            "Your recovery codes were replaced",
        ]
    );
}
