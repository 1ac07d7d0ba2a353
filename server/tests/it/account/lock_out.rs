//! Password guessing: strangers are slowed down and the user is not locked out.

use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{Answer, Browser, Engine, PASSWORD, TestApp, eventually};

const LOG_IN: &str = "/api/v1/auth/login";

async fn tries(browser: &Browser, from: &str, email: &str, password: &str) -> Answer {
    let request = browser.request(reqwest::Method::POST, LOG_IN).header("x-forwarded-for", from);
    browser.send(request.json(&json!({ "email": email, "password": password }))).await
}

/// Tries fifty wrong passwords from five addresses.
async fn guess_passwords(app: &TestApp, email: &str) {
    for address in 1..=5 {
        for _ in 0..10 {
            let from = format!("203.0.113.{address}");
            tries(&app.visitor(), &from, email, "a wrong battery staple").await.refused(401, "invalid_credentials");
        }
    }
}

#[rstest]
#[tokio::test]
async fn password_guessing_does_not_lock_the_owner_out_of_known_or_new_devices(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::on(engine).with("TRUSTED_PROXIES", "127.0.0.1").start().await;
    let owner = app.owner().await;
    owner.submit("/rpc/logout", &[]).await;
    guess_passwords(&app, &owner.email).await;

    // A device that has signed in and out before gets in, even from a guessing address.
    tries(&owner, "203.0.113.1", &owner.email, PASSWORD).await.expect(200);
    let guesser = tries(&app.visitor(), "203.0.113.1", &owner.email, PASSWORD).await;
    guesser.refused(429, "throttled");

    // An unknown device gets in while others go on guessing from new addresses.
    let mut guesses = 0;
    eventually("a new device gets in", async || {
        guesses += 1;
        let from = format!("198.51.100.{guesses}");
        tries(&app.visitor(), &from, &owner.email, "a wrong battery staple").await;
        tries(&app.visitor(), "192.0.2.7", &owner.email, PASSWORD).await.status == 200
    })
    .await;
}

#[rstest]
#[tokio::test]
async fn a_device_known_for_another_account_is_treated_as_unknown(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::on(engine).with("TRUSTED_PROXIES", "127.0.0.1").start().await;
    let (owner, other) = (app.owner().await, app.owner().await);
    guess_passwords(&app, &owner.email).await;
    let by_other = tries(&other, "203.0.113.2", &owner.email, PASSWORD).await;
    by_other.refused(429, "throttled");
    let forged = app.visitor();
    forged.set_cookie("dues_device", "0011223344556677.1800000000.00");
    tries(&forged, "203.0.113.3", &owner.email, PASSWORD).await.refused(429, "throttled");
    let body: Value = tries(&other, "203.0.113.2", &other.email, PASSWORD).await.expect(200);
    assert_eq!(body["email"], other.email.as_str());
}

#[rstest]
#[tokio::test]
async fn a_known_device_may_try_ten_times(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::on(engine).with("TRUSTED_PROXIES", "127.0.0.1").start().await;
    let owner = app.owner().await;
    for number in 0..10 {
        let from = format!("203.0.113.{number}");
        tries(&owner, &from, &owner.email, "a wrong battery staple").await.refused(401, "invalid_credentials");
    }
    tries(&owner, "203.0.113.77", &owner.email, PASSWORD).await.refused(429, "throttled");
    tries(&app.visitor(), "203.0.113.77", &owner.email, PASSWORD).await.expect(200);
}
