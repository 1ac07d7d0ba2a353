//! Public plans: the pricing page, `GET /billing/plans` without a caller, the order kept through sign-up, and frames.

use rstest::rstest;

use crate::harness::{Answer, Engine, PASSWORD, TestApp};

const PRICING: &str = "/pricing";
const PLANS: &str = "/billing/plans";

async fn public_app(engine: Engine) -> TestApp {
    TestApp::on(engine).with("PUBLIC_PLANS", "1").start().await
}

#[rstest]
#[tokio::test]
async fn the_plans_are_public_where_they_are_opened(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = public_app(engine).await;
    let visitor = app.visitor();
    // The page and the call need no database.
    app.hide_the_memberships_table().await;
    let page = visitor.get(PRICING).await;
    assert_eq!(page.status, 200, "{page:#?}");
    for text in ["Choose a plan.", "Team", "$99.00", "On request", "WebSocket connections"] {
        assert!(page.text.contains(text), "{text}: {}", page.text);
    }
    assert!(page.header("set-cookie").is_none(), "{page:#?}");
    let plans = visitor.get(PLANS).await.expect(200);
    assert_eq!(plans["plans"].as_array().unwrap().len(), 8, "{plans}");
    assert_eq!(plans["plans"][3]["tier"], "pro");
}

#[rstest]
#[tokio::test]
async fn callers_see_the_public_plans_as_well(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = public_app(engine).await;
    let owner = app.owner().await;
    owner.get(PLANS).await.expect(200);
    let page = owner.get(PRICING).await;
    assert!(page.text.contains("href=\"/checkout?plan=team&amp;cycle=monthly\""), "{}", page.text);
    app.key_named(&owner, "meter", &[domain::tenant::scope::Scope::Usage]).await.get(PLANS).await.expect(200);
}

#[tokio::test]
async fn without_the_setting_there_is_no_pricing_page() {
    let app = TestApp::on(Engine::Sqlite).with("EMBED_ORIGINS", "https://shop.example.com").start().await;
    let visitor = app.visitor();
    let page = visitor.get(PRICING).await;
    assert_eq!(page.status, 404, "{page:#?}");
    assert_unframeable(&page);
    visitor.get(PLANS).await.refused(401, "unauthenticated");
    assert_eq!(app.owner().await.get(PRICING).await.status, 404);
}

#[tokio::test]
async fn public_plans_are_limited_by_address() {
    let limited = TestApp::on(Engine::Sqlite).with("PUBLIC_PLANS", "1");
    let app = limited.with("RATE_LIMIT_ADDRESS", "2").with("RATE_LIMIT_PAGES", "2").start().await;
    for path in [PLANS, PRICING] {
        for _ in 0..2 {
            assert_eq!(app.visitor().get(path).await.status, 200, "{path}");
        }
        let refused = app.visitor().get(path).await;
        assert_eq!(refused.status, 429, "{path}: {refused:#?}");
        assert!(refused.header("retry-after").is_some(), "{refused:#?}");
    }
}

#[rstest]
#[tokio::test]
async fn a_chosen_plan_is_ordered_after_sign_up(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = public_app(engine).await;
    let visitor = app.visitor();
    let pricing = visitor.get("/pricing?cycle=yearly").await.text;
    assert!(pricing.contains("href=\"/signup?plan=pro&amp;cycle=yearly\""), "{pricing}");
    let signup = visitor.get("/signup?plan=pro&cycle=yearly").await.text;
    let next = "/checkout?plan=pro&cycle=yearly";
    assert!(signup.contains("value=\"/checkout?plan=pro&amp;cycle=yearly\""), "{signup}");
    assert!(signup.contains("Next, you review Pro."), "{signup}");
    assert!(signup.contains("href=\"/login?next=%2Fcheckout%3Fplan%3Dpro%26cycle%3Dyearly\""), "{signup}");

    let refused = visitor.submit("/rpc/signup", &[("email", "ada@new.test"), ("password", "x"), ("next", next)]).await;
    let again = visitor.get(refused.leads_to()).await.text;
    assert!(again.contains("Next, you review Pro."), "the order survives a mistake: {again}");
    let form = [("email", "ada@new.test"), ("password", PASSWORD), ("next", next)];
    let signed_up = visitor.submit("/rpc/signup", &form).await;
    assert_eq!(signed_up.leads_to(), next);
    let review = visitor.get(next).await;
    assert!(review.status == 200 && review.text.contains("$290.00"), "{review:#?}");
    assert_eq!(visitor.get("/signup?plan=team&cycle=monthly").await.leads_to(), "/checkout?plan=team&cycle=monthly");
}

#[rstest]
#[case::free("plan=free&cycle=monthly")]
#[case::custom("plan=enterprise")]
#[case::unknown("plan=nope")]
#[tokio::test]
async fn sign_up_ignores_a_plan_that_is_not_sold(#[case] query: &str) {
    let app = public_app(Engine::Sqlite).await;
    let signup = app.visitor().get(&format!("/signup?{query}")).await.text;
    assert!(!signup.contains("name=\"next\"") && signup.contains("needs no card"), "{signup}");
}

#[tokio::test]
async fn choosing_leads_to_the_product_where_it_is_set() {
    let product = "https://app.example.com/subscribe";
    let app = TestApp::on(Engine::Sqlite).with("PUBLIC_PLANS", "1").with("PRICING_ACTION_URL", product).start().await;
    let page = app.visitor().get(PRICING).await.text;
    assert!(page.contains(&format!("href=\"{product}?plan=pro&amp;cycle=monthly\"")), "{page}");
    assert!(page.contains("href=\"/membership/enterprise\"") && !page.contains("/signup"), "{page}");
}

#[track_caller]
fn assert_unframeable(answer: &Answer) {
    assert_eq!(answer.header("x-frame-options"), Some("DENY"), "{answer:#?}");
    let policy = answer.header("content-security-policy").unwrap();
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
}

#[rstest]
#[tokio::test]
async fn listed_sites_frame_the_pricing_page_alone(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let sites = "https://shop.example.com,http://127.0.0.1:8080";
    let app = TestApp::on(engine).with("PUBLIC_PLANS", "1").with("EMBED_ORIGINS", sites).start().await;
    let owner = app.owner().await;
    for path in [PRICING, "/pricing?cycle=yearly"] {
        for browser in [&app.visitor(), &*owner] {
            let page = browser.get(path).await;
            assert_eq!(page.header("x-frame-options"), None, "{page:#?}");
            let policy = page.header("content-security-policy").unwrap();
            assert!(policy.ends_with("; frame-ancestors https://shop.example.com http://127.0.0.1:8080"), "{policy}");
        }
    }
    for path in ["/login", "/signup?plan=pro", "/membership/enterprise", "/docs", "/pricing/more", PLANS, "/healthz"] {
        assert_unframeable(&app.visitor().get(path).await);
    }
    for path in ["/membership", "/checkout?plan=team", "/settings/keys"] {
        assert_unframeable(&owner.get(path).await);
    }
    let visitor = app.visitor();
    let in_frame = visitor.request(reqwest::Method::GET, PRICING).header("sec-fetch-dest", "iframe");
    let framed = visitor.send(in_frame).await;
    assert!(!framed.text.contains("<footer") && framed.text.contains("target=\"_top\""), "{}", framed.text);
}

#[tokio::test]
async fn without_listed_sites_the_pricing_page_is_not_framed() {
    let app = public_app(Engine::Sqlite).await;
    assert_unframeable(&app.visitor().get(PRICING).await);
}
