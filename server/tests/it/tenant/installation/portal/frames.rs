//! Portal sessions in frames on pages of the product.

use reqwest::header::SET_COOKIE;
use rstest::rstest;
use serde_json::json;

use super::{COOKIE, Product, drawn_for};
use crate::harness::{Answer, Engine, TestApp};

const HTTPS: &str = "https://dues.test";
const FOR_FRAMES: &str = "; SameSite=None; HttpOnly; Secure; Partitioned";

/// A product whose site frames pages of Dues, which is on https.
async fn framing_product(engine: Engine) -> Product {
    let app = TestApp::on(engine)
        .with("APP_URL", HTTPS)
        .with("ALLOWED_REDIRECT_ORIGINS", "https://shop.test")
        .with("EMBED_ORIGINS", "https://shop.test")
        .start()
        .await;
    let owner = app.owner().await;
    Product::of(app, owner).await
}

/// The lines that set cookies of this name.
fn cookie_lines<'a>(answer: &'a Answer, name: &str) -> Vec<&'a str> {
    let lines = answer.headers.get_all(SET_COOKIE).iter().map(|line| line.to_str().unwrap());
    lines.filter(|line| line.split('=').next() == Some(name)).collect()
}

#[track_caller]
fn assert_frameable(answer: &Answer, is_frameable: bool) {
    let policy = answer.header("content-security-policy").unwrap();
    assert_eq!(policy.ends_with("; frame-ancestors https://shop.test"), is_frameable, "{policy}");
    assert_eq!(answer.header("x-frame-options"), (!is_frameable).then_some("DENY"), "{answer:#?}");
}

#[rstest]
#[tokio::test]
async fn listed_sites_frame_the_pages_of_a_portal_session(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let product = framing_product(engine).await;
    let (session, visitor) = (product.app.visitor(), product.app.visitor());
    let link = product.link(&json!({ "allow": ["keys"] })).await;
    let link = link.strip_prefix(HTTPS).unwrap();
    let opened = session.get(link).await;
    assert_eq!((opened.status, opened.leads_to()), (303, "/membership"), "{opened:#?}");
    let [line] = cookie_lines(&opened, &format!("__Host-{COOKIE}"))[..] else { panic!("{opened:#?}") };
    assert!(line.ends_with(FOR_FRAMES), "{line}");
    for path in ["/membership", "/usage", "/settings/keys"] {
        let page = session.get(path).await;
        assert_eq!(page.status, 200, "{page:#?}");
        assert_frameable(&page, true);
    }
    let in_frame = session.request(reqwest::Method::GET, "/usage").header("sec-fetch-dest", "iframe");
    assert!(session.send(in_frame).await.text.contains("target=\"_top\""), "the way back leaves the frame");

    // What forms keep for the next page reaches the frame, too.
    let carried = drawn_for(&session).await;
    let form = [("name", "Nightly"), ("scopes[0]", "read")];
    let made = session.submit_to(&format!("/rpc/make-key{carried}"), &form).await;
    let [line] = cookie_lines(&made, "fresh_key")[..] else { panic!("{made:#?}") };
    assert!(line.ends_with(FOR_FRAMES), "{line}");

    // So do the pages that say that there is no session.
    let used = visitor.get(link).await;
    assert_eq!(used.status, 410);
    assert_frameable(&used, true);
    product.end_sessions().await;
    let ended = session.get("/usage").await;
    assert_eq!(ended.status, 410);
    assert_frameable(&ended, true);

    // Pages of an account are never framed, and its cookies stay with this site.
    for path in ["/membership", link] {
        assert_frameable(&product.owner.get(path).await, false);
    }
    assert_frameable(&visitor.get("/login").await, false);
    let dark = product.owner.submit("/rpc/theme", &[("theme", "dark")]).await;
    let [line] = cookie_lines(&dark, "__Host-theme")[..] else { panic!("{dark:#?}") };
    assert!(line.contains("SameSite=Lax"), "{line}");
}

#[rstest]
#[tokio::test]
async fn without_listed_sites_a_portal_session_is_not_framed(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let product = Product::start(engine).await;
    let session = product.app.visitor();
    let opened = session.get(&product.link(&json!({})).await).await;
    let [line] = cookie_lines(&opened, COOKIE)[..] else { panic!("{opened:#?}") };
    assert!(line.contains("SameSite=Lax") && !line.contains("Partitioned"), "{line}");
    let page = session.get("/membership").await;
    assert_eq!(page.header("x-frame-options"), Some("DENY"), "{page:#?}");
}
