//! Portal sessions in frames on pages of the product.

use reqwest::{Method, RequestBuilder, header::SET_COOKIE};
use rstest::rstest;
use serde_json::{Value, json};

use super::{BACK, COOKIE, Product, WAY_BACK, assert_portal_form, drawn_for};
use crate::harness::{Answer, Browser, Engine, TestApp, eventually};

const HTTPS: &str = "https://dues.test";
const FOR_FRAMES: &str = "; SameSite=None; HttpOnly; Secure; Partitioned";
const LEAVE_FRAME: &str = "/membership/provider";

/// A product whose site frames pages of Dues, which is on https.
async fn framing_product(engine: Engine, settings: &[(&'static str, &str)]) -> Product {
    let app = TestApp::on(engine)
        .with("APP_URL", HTTPS)
        .with("ALLOWED_REDIRECT_ORIGINS", "https://shop.test")
        .with("EMBED_ORIGINS", "https://shop.test");
    let app = settings.iter().fold(app, |app, (name, value)| app.with(name, value)).start().await;
    let owner = app.owner().await;
    Product::of(app, owner).await
}

/// A browser that has opened a new link in a frame.
async fn visit_in_frame(product: &Product, fields: &Value) -> Browser {
    let link = product.link(fields).await;
    let browser = product.app.visitor();
    let opened = browser.send(in_frame(&browser, Method::GET, link.strip_prefix(HTTPS).unwrap())).await;
    assert_eq!(opened.status, 303, "{opened:#?}");
    browser
}

/// A request as a browser sends it for a frame.
fn in_frame(browser: &Browser, method: Method, path: &str) -> RequestBuilder {
    let request = browser.request(method, path).header("accept", "text/html");
    request.header("sec-fetch-dest", "iframe").header("sec-fetch-site", "same-origin")
}

/// Returns the address of the page's main link, which replaces the whole window.
#[track_caller]
fn way_out(page: &Answer) -> String {
    let mut tags = page.text.split("<a ").skip(1).filter_map(|link| link.split('>').next());
    let tag = tags.find(|tag| tag.contains("button main") && tag.contains("target=\"_top\""));
    let tag = tag.unwrap_or_else(|| panic!("{page:#?}"));
    let (_, address) = tag.split_once("href=\"").unwrap();
    address.split('"').next().unwrap().replace("&amp;", "&")
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
    let product = framing_product(engine, &[]).await;
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
    let framed = session.send(in_frame(&session, Method::GET, "/usage")).await;
    assert!(framed.text.contains("target=\"_top\""), "the way back leaves the frame");

    // The cookie in which a form passes a value to the next page is sent to the frame, too.
    let carried = drawn_for(&session).await;
    let form = [("name", "Nightly"), ("scopes[0]", "read")];
    let made = session.submit_to(&format!("/rpc/make-key{carried}"), &form).await;
    let [line] = cookie_lines(&made, "fresh_key")[..] else { panic!("{made:#?}") };
    assert!(line.ends_with(FOR_FRAMES), "{line}");

    // The pages about a used link and an ended session can be framed, too.
    let used = visitor.get(link).await;
    assert_eq!(used.status, 410);
    assert_frameable(&used, true);
    product.end_sessions().await;
    let ended = session.get("/usage").await;
    assert_eq!(ended.status, 410);
    assert_frameable(&ended, true);

    // Pages of an account can't be framed, and its cookies are not sent to frames of other sites.
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
async fn a_framed_session_pays_in_the_whole_window_and_returns_to_the_product(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let product = framing_product(engine, &[]).await;
    let session = visit_in_frame(&product, &json!({})).await;
    let carried = drawn_for(&session).await;
    let order = [("plan", "pro"), ("cycle", "monthly")];
    let submit = async |form: &str, fields: &[(&str, &str)]| {
        session.send(in_frame(&session, Method::POST, &format!("/rpc/{form}{carried}")).form(fields)).await
    };

    let ordered = submit("checkout", &order).await;
    assert_eq!(ordered.leads_to(), LEAVE_FRAME, "the provider's page can't be framed");
    let [line] = cookie_lines(&ordered, "provider_page")[..] else { panic!("{ordered:#?}") };
    assert!(line.ends_with(FOR_FRAMES), "{line}");
    let page = session.send(in_frame(&session, Method::GET, LEAVE_FRAME)).await;
    assert_portal_form(&page);
    assert_frameable(&page, true);
    let again = session.send(in_frame(&session, Method::GET, LEAVE_FRAME)).await;
    assert_eq!(again.leads_to(), "/membership", "the link is shown once");

    // The whole window lacks the frame's cookie, so the payment leads back to the product and not to Dues.
    assert_eq!(product.app.stripe.pay(&way_out(&page)).await, BACK);
    eventually("the plan is paid", async || product.owner.status().await["plan"] == "pro").await;
    let invoices = session.send(in_frame(&session, Method::GET, "/membership/invoices")).await;
    assert!(invoices.text.contains("target=\"_top\">Invoice"), "{}", invoices.text);

    assert_eq!(submit("portal", &[("door", "home")]).await.leads_to(), LEAVE_FRAME);
    let page = session.send(in_frame(&session, Method::GET, LEAVE_FRAME)).await;
    let portal = reqwest::get(way_out(&page)).await.unwrap().text().await.unwrap();
    assert!(portal.contains(BACK), "{portal}");

    // Outside of a frame the form redirects to the provider's page directly, and that page links back to Dues.
    let opened = session.submit_to(&format!("/rpc/portal{carried}"), &[("door", "home")]).await;
    assert_ne!(opened.leads_to(), LEAVE_FRAME);
    let portal = reqwest::get(opened.leads_to()).await.unwrap().text().await.unwrap();
    assert!(portal.contains(&format!("{HTTPS}/membership?from=portal")) && !portal.contains(BACK), "{portal}");
}

#[rstest]
#[tokio::test]
async fn another_site_sends_no_form_of_a_framed_session(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let product = framing_product(engine, &[]).await;
    let session = visit_in_frame(&product, &json!({})).await;
    let form = format!("/rpc/sync{}", drawn_for(&session).await);
    for (header, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://shop.test"),
        ("origin", "null"),
    ] {
        let request = session.request(Method::POST, &form).header("accept", "text/html").header(header, value);
        session.send(request.form(&[("from", "settings")])).await.refused(403, "cross_site_request");
    }
    let request = in_frame(&session, Method::POST, &form).header("origin", HTTPS);
    assert!(
        session.send(request.form(&[("from", "settings")])).await.leads_to().starts_with("/settings/billing/activity")
    );
}

#[rstest]
#[tokio::test]
async fn errors_are_shown_in_the_frame_and_lead_back(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let product = framing_product(engine, &[("RATE_LIMIT_PAGES", "5")]).await;
    let session = visit_in_frame(&product, &json!({})).await;
    let mut page = session.get("/usage").await;
    for _ in 0..10 {
        if page.status == 429 {
            break;
        }
        page = session.get("/usage").await;
    }
    assert_eq!(page.status, 429, "{page:#?}");
    assert_portal_form(&page);
    assert_frameable(&page, true);

    let product = framing_product(engine, &[]).await;
    let session = visit_in_frame(&product, &json!({})).await;
    product.app.hide_the_portal_sessions_table().await;
    let broken = session.get("/usage").await;
    assert_eq!(broken.status, 500, "{broken:#?}");
    assert_frameable(&broken, true);
    assert_frameable(&product.app.visitor().get("/usage").await, false);
}

#[rstest]
#[tokio::test]
async fn the_pricing_page_leads_back_in_the_frame_of_a_session(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let product = framing_product(engine, &[("PUBLIC_PLANS", "1")]).await;
    let session = visit_in_frame(&product, &json!({})).await;
    let page = session.send(in_frame(&session, Method::GET, "/pricing")).await;
    assert_portal_form(&page);
    let visitor = product.app.visitor();
    let page = visitor.send(in_frame(&visitor, Method::GET, "/pricing")).await;
    assert!(page.status == 200 && !page.text.contains(WAY_BACK), "{page:#?}");
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
