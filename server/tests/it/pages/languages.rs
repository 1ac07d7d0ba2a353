//! The language of pages: chosen, accepted by the browser, or the account's.

use reqwest::Method;
use rstest::rstest;

use crate::harness::{Answer, Engine, PASSWORD, TestApp};

/// The languages and directions that a page states.
fn language(page: &Answer) -> String {
    let html = page.text.split_once("<html").map_or("", |(_, html)| html);
    html.split_once('>').map_or("", |(attributes, _)| attributes).to_owned()
}

#[rstest]
#[tokio::test]
async fn a_page_is_in_the_language_that_the_browser_accepts_unless_another_was_chosen(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let visitor = app.visitor();
    let login = async |accepted: &str| {
        visitor.send(visitor.request(Method::GET, "/login").header("accept-language", accepted)).await
    };
    let german = login("de-AT,de;q=0.9,en;q=0.5").await;
    assert!(language(&german).contains("lang=\"de\"") && language(&german).contains("dir=\"ltr\""), "{}", german.text);
    assert!(german.text.contains("Anmelden"), "{}", german.text);
    for other in ["en", "fr", "", "x;q=é", "a;q=nan,b;q=inf", &"a,".repeat(1000)] {
        assert!(language(&login(other).await).contains("lang=\"en\""), "{other}");
    }

    let chosen = visitor.submit("/rpc/language", &[("language", "de"), ("back", "/login")]).await;
    assert_eq!(chosen.leads_to(), "/login");
    assert!(language(&login("en").await).contains("lang=\"de\""));
    let back = "/login?next=%2Fcheckout%3Fplan%3Dpro&code=throttled";
    let chosen = visitor.submit("/rpc/language", &[("language", "de"), ("back", back)]).await;
    assert_eq!(chosen.leads_to(), "/login?next=%2Fcheckout%3Fplan%3Dpro");
    for ignored in ["xx", "", "../../etc"] {
        visitor.submit("/rpc/language", &[("language", ignored), ("back", "https://evil.test/")]).await;
        assert!(language(&login("en").await).contains("lang=\"de\""), "{ignored}");
    }
    let unknown = visitor.get("/nothing-here").await;
    assert!(language(&unknown).contains("lang=\"de\""), "error pages, too: {}", unknown.text);
}

#[rstest]
#[tokio::test]
async fn an_account_keeps_its_language_in_a_new_browser(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    owner.submit("/rpc/language", &[("language", "de"), ("back", "/membership")]).await;
    assert!(language(&owner.get("/membership").await).contains("lang=\"de\""));
    let elsewhere = app.visitor();
    let form = [("email", owner.email.as_str()), ("password", PASSWORD)];
    elsewhere.submit("/rpc/login", &form).await;
    assert!(language(&elsewhere.get("/membership").await).contains("lang=\"de\""));
    // The next person at a shared browser does not find the language of the last one, but what was chosen here.
    elsewhere.submit("/rpc/logout", &[]).await;
    assert!(language(&elsewhere.get("/login").await).contains("lang=\"en\""));
    owner.submit("/rpc/logout", &[]).await;
    assert!(language(&owner.get("/login").await).contains("lang=\"de\""));
}

#[rstest]
#[tokio::test]
async fn the_api_speaks_english_in_every_language(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let visitor = app.visitor();
    let request = visitor.request(Method::GET, "/api/v1/billing/status").header("accept-language", "de");
    let english = visitor.get("/api/v1/billing/status").await;
    assert_eq!(visitor.send(request).await.json()["message"], english.json()["message"]);
}
