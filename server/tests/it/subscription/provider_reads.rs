//! Calls to the payment provider that page loads cause.

use std::time::{Duration, Instant};

use reqwest::Method;
use rstest::rstest;
use serde_json::json;

use crate::{
    harness::{Browser, Engine, TestApp, eventually},
    subscription::trials::confirm,
};

const LOADS: usize = 100;
/// The default lifetime of a cached answer.
const CACHE_TTL: Duration = Duration::from_secs(3);
/// The maximum number of calls of one fetch from the provider.
const MAX_CALLS_PER_FETCH: usize = 6;

/// Loads a page [`LOADS`] times, and returns the number of calls and the maximum allowed.
async fn loads(app: &TestApp, browser: &Browser, path: &str) -> (usize, usize) {
    let (before, begun) = (app.stripe.gate.calls(), Instant::now());
    for _ in 0..LOADS {
        let page = browser.get(path).await;
        assert_eq!(page.status, 200, "{path}: {page:#?}");
    }
    let looks = usize::try_from(begun.elapsed().as_secs() / CACHE_TTL.as_secs()).unwrap() + 1;
    (app.stripe.gate.calls() - before, looks * MAX_CALLS_PER_FETCH)
}

/// Waits for the jobs of a purchase, as they call the provider too.
async fn wait_for_jobs(app: &TestApp) {
    eventually("the jobs of the purchase are done", async || app.jobs().await == 0).await;
}

#[rstest]
#[tokio::test]
async fn a_hundred_page_loads_call_the_provider_once_per_cache_period(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::on(engine).with("RATE_LIMIT_PAGES", "0").start().await;
    let owner = app.owner_on("pro").await;
    let member = app.member_of(&owner).await;
    wait_for_jobs(&app).await;
    // An unknown checkout session causes no call.
    for made_up in ["x", "cs_test_unknown"] {
        let path = format!("/membership/membership-paid?session_id={made_up}");
        assert_eq!(loads(&app, &member, &path).await.0, 0, "{path}");
    }
    for path in [
        "/membership/membership-paid?checkout=success",
        "/checkout?plan=team",
        "/membership/invoices",
        "/settings/billing",
        "/membership",
        "/usage",
    ] {
        for browser in [&member, &*owner] {
            let (calls, most) = loads(&app, browser, path).await;
            assert!(calls <= most, "{path} cost {calls} calls of at most {most}");
        }
    }
    // Concurrent loads share one fetch.
    let before = app.stripe.gate.calls();
    let pages = (0..LOADS).map(|_| member.get("/checkout?plan=business"));
    for page in futures::future::join_all(pages).await {
        assert_eq!(page.status, 200, "{page:#?}");
    }
    let calls = app.stripe.gate.calls() - before;
    assert!(calls <= 4 * MAX_CALLS_PER_FETCH, "{calls} calls");
}

#[rstest]
#[tokio::test]
async fn a_change_shows_at_once_despite_the_cache(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    app.stripe.drop_webhooks().await;
    let owner = app.owner().await;
    for plan in ["pro", "team"] {
        let before = owner.get("/membership/membership-paid?checkout=success").await;
        assert_eq!(before.status, 200);
        if plan == "pro" {
            app.stripe.pay(&owner.checkout(plan).await).await;
        } else {
            confirm(&app, &owner, plan).await;
        }
        let page = owner.get("/membership/membership-paid?checkout=success").await;
        assert_eq!(page.status, 200);
        assert_eq!(owner.status().await["plan"], plan, "{}", page.text);
    }
}

#[rstest]
#[tokio::test]
async fn beyond_its_call_budget_a_workspace_sees_stored_data(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::on(engine).with("PROVIDER_READ_LIMIT", "6").with("PROVIDER_READ_SECS", "0").start().await;
    let (owner, other) = (app.owner_on("pro").await, app.owner_on("pro").await);
    wait_for_jobs(&app).await;
    let invoices = async |browser: &Browser| browser.get("/api/v1/billing/invoices").await;
    let mut answered = 0;
    let refused = loop {
        let answer = invoices(&owner).await;
        if answer.status != 200 {
            break answer;
        }
        answered += 1;
        assert!(answered <= 6, "the budget does not apply");
    };
    refused.refused(429, "throttled");
    let wait: u32 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    let before = app.stripe.gate.calls();
    for path in ["/membership/membership-paid?checkout=success", "/checkout?plan=team", "/membership"] {
        let page = owner.get(path).await;
        assert_eq!(page.status, 200, "{path}: {page:#?}");
        assert!(page.text.contains("Pro"), "{path}");
    }
    let page = owner.get("/membership/invoices").await;
    assert_eq!(page.status, 200, "{page:#?}");
    let preflight = owner.get("/api/v1/billing/preflight?plan=team").await;
    assert_eq!(preflight.status, 200, "{preflight:#?}");
    assert_eq!(app.stripe.gate.calls(), before, "the provider was called");
    assert_eq!(invoices(&other).await.status, 200, "another workspace has a separate budget");
    // Manual syncs have a separate budget.
    let mut asked = 0;
    let refused = loop {
        let answer = owner.send(owner.request(Method::POST, "/billing/subscription/sync").json(&json!({}))).await;
        if answer.status != 200 {
            break answer;
        }
        asked += 1;
        assert!(asked <= 6, "the budget does not apply");
    };
    refused.refused(429, "throttled");
    let form = owner.submit("/rpc/sync", &[]).await;
    assert!(form.leads_to().contains("code=throttled"), "{form:#?}");
    assert!(owner.get(form.leads_to()).await.text.contains("Too many attempts"));
}
