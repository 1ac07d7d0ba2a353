//! Returns that are forged, belong to another provider or fail at the provider, and where a sign-in leads.

use rstest::rstest;
use serde_json::json;

use super::{
    ADA, COOKIE, is_signed_out, me,
    stand_in::{SECRET, StandIn, back, begin, dues_with, sign_in},
};
use crate::harness::{Browser, Engine, TestApp};

/// Starts a server with the providers `acme` and `globex`.
async fn dues_with_two(engine: Engine) -> (TestApp, StandIn, StandIn) {
    let (acme, globex) = (StandIn::start().await, StandIn::start().await);
    let setting = json!([acme.entry("acme", true), globex.entry("globex", true)]).to_string();
    (TestApp::on(engine).with("OIDC_PROVIDERS", &setting).start().await, acme, globex)
}

/// Signs in with `globex`.
async fn sign_in_at_globex(browser: &Browser, globex: &StandIn, subject: &str, email: &str) {
    let to: url::Url = browser.get("/login/oidc/globex").await.leads_to().parse().unwrap();
    let parameter = |name: &str| to.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned();
    globex.gives(&globex.draft(subject, email).claim("nonce", parameter("nonce")).signed());
    let back = format!("/login/oidc/globex/callback?code=a-code&state={}", parameter("state"));
    assert_eq!(browser.get(&back).await.leads_to(), "/membership");
}

#[rstest]
#[tokio::test]
async fn a_return_of_another_provider_is_refused(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (app, acme, globex) = dues_with_two(engine).await;
    let browser = app.visitor();
    let sent = begin(&browser).await;
    assert_eq!(browser.get(&sent.back().replace("/acme/", "/globex/")).await.status, 401);
    // RFC 9207: the return names its issuer in `iss`.
    let browser = app.visitor();
    let sent = begin(&browser).await;
    let crossed = format!("{}&iss={}", sent.back(), globex.keys.issuer);
    assert_eq!(browser.get(&crossed).await.status, 401);
    assert!(acme.received().is_empty() && globex.received().is_empty(), "no code was exchanged");
    let browser = app.visitor();
    let sent = begin(&browser).await;
    acme.gives(&acme.draft("ada-1", ADA).claim("nonce", sent.parameter("nonce")).signed());
    assert_eq!(browser.get(&format!("{}&iss={}", sent.back(), acme.keys.issuer)).await.leads_to(), "/usage");
}

#[rstest]
#[tokio::test]
async fn the_same_subject_of_two_providers_is_two_people(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (app, acme, globex) = dues_with_two(engine).await;
    let (ada, eve) = (app.visitor(), app.visitor());
    sign_in(&ada, &acme, "u-1", ADA).await;
    sign_in_at_globex(&eve, &globex, "u-1", "eve@example.com").await;
    assert_ne!(me(&ada).await["userId"], me(&eve).await["userId"]);
}

#[rstest]
#[tokio::test]
async fn a_sign_in_gets_a_session_of_its_own(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (app, acme) = dues_with(engine, true).await;
    let owner = app.owner().await;
    let browser = app.signed_in(&owner.email).await;
    let before = browser.cookie(COOKIE).unwrap();
    assert_eq!(sign_in(&browser, &acme, "ada-1", ADA).await.leads_to(), "/usage");
    assert_eq!(me(&browser).await["email"], ADA);
    assert_ne!(browser.cookie(COOKIE).unwrap(), before);
    // The session id from before the sign-in is no longer valid, so an attacker cannot plant it (session fixation).
    let other = app.visitor();
    other.set_cookie(COOKIE, &before);
    assert!(is_signed_out(&other).await);
}

#[rstest]
#[tokio::test]
async fn a_sign_in_leads_to_pages_of_this_site_alone(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (app, acme) = dues_with(engine, true).await;
    for next in ["https://evil.test/", "//evil.test/", "/%5Cevil.test", "/%09/evil.test", "javascript:alert(1)", ""] {
        let browser = app.visitor();
        let to: url::Url = browser.get(&format!("/login/oidc/acme?next={next}")).await.leads_to().parse().unwrap();
        let parameter = |name: &str| to.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned();
        acme.gives(&acme.draft("ada-1", ADA).claim("nonce", parameter("nonce")).signed());
        let back = back(&parameter("state"));
        assert_eq!(browser.get(&back).await.leads_to(), "/membership", "{next}");
    }
}

#[rstest]
#[tokio::test]
async fn a_provider_that_breaks_at_the_return_is_reported(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (app, acme) = dues_with(engine, true).await;
    // The provider does not know the code.
    let browser = app.visitor();
    let sent = begin(&browser).await;
    let refused = browser.get(&sent.back()).await;
    assert_eq!(refused.status, 401, "{refused:#?}");
    assert!(refused.text.contains("The sign-in wasn’t completed"), "{refused:#?}");
    acme.breaks();
    let answer = sign_in(&browser, &acme, "ada-1", ADA).await;
    assert_eq!(answer.status, 503, "{answer:#?}");
    assert!(answer.text.contains("We couldn’t reach") && is_signed_out(&browser).await, "{answer:#?}");
    let log = app.server.log();
    assert!(log.contains("failed to call an identity provider") && !log.contains(SECRET), "{log}");
}
