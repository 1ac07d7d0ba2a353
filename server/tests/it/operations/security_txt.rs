//! `security.txt`: the contact for reports of vulnerabilities.

use rstest::rstest;

use crate::harness::{Engine, TestApp};

const PATH: &str = "/.well-known/security.txt";

#[rstest]
#[tokio::test]
async fn security_txt_names_the_contact(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::on(engine)
        .with("APP_URL", "https://dues.test")
        .with("SECURITY_CONTACT", "security@example.com")
        .start()
        .await;
    let answer = app.visitor().get(PATH).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/plain; charset=utf-8")));
    let fields: Vec<_> = answer.text.lines().map(|line| line.split_once(": ").unwrap()).collect();
    assert!(fields.contains(&("Contact", "mailto:security@example.com")), "{fields:?}");
    assert!(fields.contains(&("Canonical", "https://dues.test/.well-known/security.txt")), "{fields:?}");
    assert!(fields.contains(&("Preferred-Languages", "en")), "{fields:?}");
    assert_eq!(fields.iter().filter(|(name, _)| *name == "Expires").count(), 1, "{fields:?}");
}

#[tokio::test]
async fn without_a_contact_there_is_no_security_txt() {
    let app = TestApp::start(Engine::Sqlite).await;
    assert_eq!(app.visitor().get(PATH).await.status, 404);
}
