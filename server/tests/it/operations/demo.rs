//! `server demo`: the product with stand-ins for its providers, and a clock that tests can advance.

use std::{net::SocketAddr, path::Path, process::Stdio};

use domain::{
    entitlement::history::Step,
    time::{Clock, SystemClock},
};
use reqwest::{Client, Method, redirect::Policy};
use serde_json::{Value, json};

use crate::harness::{Browser, command, eventually, now_secs, pay, standard_headers};

const DAY_SECS: i64 = 86_400;
/// The prices of Standard in the default catalog, and in a changed one.
const STANDARD: &str = "{ monthly = 19, yearly = 190 }";
const DEARER: &str = "{ monthly = 25, yearly = 250 }";

/// A running demo; dropping it kills the process.
struct Demo {
    child: tokio::process::Child,
    info: Value,
}

impl Demo {
    async fn start(data: &Path) -> Self {
        Self::start_with(data, &[]).await
    }

    async fn start_with(data: &Path, arguments: &[&str]) -> Self {
        Self::start_as(data, arguments, &[]).await
    }

    async fn start_as(data: &Path, arguments: &[&str], more: &[(&str, &str)]) -> Self {
        let file = data.join("demo.json");
        std::fs::remove_file(&file).ok();
        let settings =
            [("LISTEN", "127.0.0.1:0"), ("METRICS_LISTEN", "127.0.0.1:0"), ("SANDBOX_LISTEN", "127.0.0.1:0")];
        let mut demo = command(&[&["demo", "--data", data.to_str().unwrap()], arguments].concat());
        let child = demo.envs(settings).envs(more.iter().copied()).stdout(Stdio::null()).spawn().unwrap();
        eventually("the demo writes its address", async || file.exists()).await;
        Self { child, info: serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap() }
    }

    fn address(&self) -> SocketAddr {
        self.info["url"].as_str().unwrap().strip_prefix("http://").unwrap().parse().unwrap()
    }

    async fn log_in(&self, person: &Value) -> Browser {
        let browser = Browser::at(self.address());
        browser.post("/api/v1/auth/login", person).await.expect(200);
        browser
    }

    async fn advance(&self, days: i64) {
        let clock = format!("{}/clock", self.info["sandbox_url"].as_str().unwrap());
        let moved = Client::new().post(clock).json(&json!({ "advance_secs": days * DAY_SECS })).send().await.unwrap();
        assert_eq!(moved.status(), 200);
    }

    async fn stop(mut self) {
        let pid = self.child.id().unwrap().to_string();
        tokio::process::Command::new("kill").args(["-TERM", &pid]).status().await.unwrap();
        assert_eq!(self.child.wait().await.unwrap().code(), Some(0));
    }
}

#[tokio::test]
async fn the_demo_renews_after_a_month_and_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let demo = Demo::start(folder.path()).await;
    let tenants = demo.info["tenants"].as_array().unwrap().clone();
    let plans: Vec<_> = tenants.iter().map(|tenant| tenant["plan"].as_str().unwrap()).collect();
    assert!(plans.contains(&"pro") && plans.iter().filter(|plan| **plan == "free").count() >= 2, "{plans:?}");
    let on = |plan: &str| tenants.iter().find(|tenant| tenant["plan"] == plan).unwrap();

    let owner = demo.log_in(&on("free")["owner"]).await;
    let checkout = owner.post("/api/v1/billing/checkout", &json!({ "plan": "team" })).await.expect(200);
    let hosted = Client::builder().redirect(Policy::none()).build().unwrap();
    let back = pay(&hosted, checkout["url"].as_str().unwrap()).await;
    let back = back.strip_prefix(demo.info["url"].as_str().unwrap()).unwrap();
    assert!(owner.get(back).await.text.contains("is on Team"));
    let bought = owner.status().await;

    let desk = demo.log_in(&demo.info["operator"]).await.get("/operator").await;
    assert!(desk.status == 200 && desk.text.contains("Acme Robotics"), "{desk:#?}");

    // The subscription renews after a month.
    demo.advance(32).await;
    eventually("the next period has begun", async || {
        let now = owner.status().await;
        now["plan"] == "team" && now["current_period_end"].as_str() > bought["current_period_end"].as_str()
    })
    .await;

    // A cancellation on the portal takes effect at the end of the period.
    let portal = owner.post("/api/v1/billing/portal", &json!({})).await.expect(200);
    let sandbox = demo.info["sandbox_url"].as_str().unwrap();
    let list = hosted.get(format!("{sandbox}/v1/subscriptions")).bearer_auth("sk_test_demo").send().await.unwrap();
    let list: Value = list.json().await.unwrap();
    let form = [("subscription", list["data"][0]["id"].as_str().unwrap())];
    let cancel = format!("{}/cancel", portal["url"].as_str().unwrap());
    assert_eq!(hosted.post(cancel).form(&form).send().await.unwrap().status(), 303);
    eventually("the end is announced", async || owner.status().await["cancel_at_period_end"] == true).await;
    assert_eq!(owner.status().await["plan"], "team");
    demo.advance(32).await;
    eventually("it has ended", async || owner.status().await["status"] == "canceled").await;
    assert_eq!(owner.status().await["plan"], "free");

    // A restart on the same folder at another address continues the same demo.
    demo.stop().await;
    let again = Demo::start(folder.path()).await;
    let ids = |demo: &Value| -> Vec<String> {
        demo["tenants"].as_array().unwrap().iter().map(|tenant| tenant["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ids(&again.info), ids(&Value::from_iter([("tenants", tenants.clone())])));
    let owner = again.log_in(&on("free")["owner"]).await;
    assert_eq!(owner.status().await["status"], "canceled");
    let keeper = again.log_in(&on("pro")["owner"]).await;
    eventually("Pro keeps renewing", async || keeper.status().await["plan"] == "pro").await;
    let checkout = owner.post("/api/v1/billing/checkout", &json!({ "plan": "starter" })).await.expect(200);
    pay(&hosted, checkout["url"].as_str().unwrap()).await;
    eventually("webhooks reach the new address", async || owner.status().await["plan"] == "starter").await;
    again.stop().await;
}

#[tokio::test]
async fn the_demo_sells_at_polar_and_shows_its_webhook_secret() {
    let folder = tempfile::tempdir().unwrap();
    let demo = Demo::start_with(folder.path(), &["--provider", "polar"]).await;
    let tenants = demo.info["tenants"].as_array().unwrap();
    let on = |plan: &str| tenants.iter().find(|tenant| tenant["plan"] == plan).unwrap();
    let owner = demo.log_in(&on("free")["owner"]).await;
    let order = json!({ "targetPlan": "team", "billingCycle": "monthly" });
    let answer = owner.post("/billing/upgrade", &order).await.expect(200);
    assert_eq!(answer["session"]["provider"], "polar");
    let hosted = Client::builder().redirect(Policy::none()).build().unwrap();
    let back = pay(&hosted, answer["checkoutUrl"].as_str().unwrap()).await;
    let back = back.strip_prefix(demo.info["url"].as_str().unwrap()).unwrap();
    assert!(owner.get(back).await.text.contains("is on Team"));
    let bought = owner.status().await;
    demo.advance(32).await;
    eventually("the next period has begun", async || {
        let now = owner.status().await;
        now["plan"] == "team" && now["current_period_end"].as_str() > bought["current_period_end"].as_str()
    })
    .await;

    let body = json!({ "type": "subscription.updated", "data": {} }).to_string();
    let secret = demo.info["polar"]["webhook_secret"].as_str().unwrap();
    let mut request = owner.request(Method::POST, "/billing/webhook/polar").body(body.clone());
    for (name, value) in standard_headers(secret.as_bytes(), "msg_of_a_script", now_secs(), &body) {
        request = request.header(name, value);
    }
    owner.send(request).await.expect(200);
    demo.stop().await;
}

#[tokio::test]
async fn the_calls_of_the_workspace_document_work_in_the_demo() {
    let folder = tempfile::tempdir().unwrap();
    let demo = Demo::start(folder.path()).await;
    let sandbox = demo.info["sandbox_url"].as_str().unwrap();
    assert_eq!(demo.info["firebase"], json!({ "project_id": "demo-dues", "jwks_url": format!("{sandbox}/jwks") }));
    let toolkit = format!("{sandbox}/identitytoolkit.googleapis.com/v1");
    let client = Client::new();
    let at_firebase = async |call: &str| -> Value {
        let person = json!({ "email": "ada@example.com", "password": "at-firebase", "returnSecureToken": true });
        let answer = client.post(format!("{toolkit}/accounts:{call}?key=any")).json(&person).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.json().await.unwrap()
    };
    let account = at_firebase("signUp").await;

    let visitor = Browser::at(demo.address());
    let bootstrap =
        json!({ "idToken": account["idToken"], "email": "ada@example.com", "password": "optional_password_context" });
    let made = visitor.post("/api/v1/auth/signup", &bootstrap).await.expect(201);
    let bearer = async |method: Method, path: &str, token: &Value, body: Option<Value>| {
        let request = Browser::at(demo.address()).request(method, path).bearer_auth(token.as_str().unwrap());
        let request = request.header("x-tenant-id", made["tenantId"].as_str().unwrap());
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        visitor.send(request).await
    };
    let checkout = json!({
        "type": "subscription",
        "planId": "standard",
        "successUrl": "https://app.dartstream.io/membership/membership-paid?checkout=success&plan=standard",
        "cancelUrl": "https://app.dartstream.io/membership"
    });
    let checkout =
        bearer(Method::POST, "/api/v1/billing/checkout", &account["idToken"], Some(checkout)).await.expect(200);
    let hosted = Client::builder().redirect(Policy::none()).build().unwrap();
    pay(&hosted, checkout["checkoutUrl"].as_str().unwrap()).await;
    // The next token opens the same account.
    let fresh = at_firebase("signInWithPassword").await;
    eventually("Standard is active", async || {
        let status = bearer(Method::GET, "/api/v1/billing/status", &fresh["idToken"], None).await.expect(200);
        status["data"]["plan"] == "standard"
    })
    .await;
    demo.stop().await;
}

#[rstest::rstest]
#[tokio::test]
async fn a_changed_catalog_on_the_same_folder_charges_its_prices(#[values("stripe", "polar")] provider: &str) {
    let folder = tempfile::tempdir().unwrap();
    // The demo listens on a fixed address, as when it is started by hand.
    let free_port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let at = [("LISTEN", &*free_port)];
    let first = Demo::start_as(folder.path(), &["--provider", provider], &at).await;
    let owner = first.info["tenants"].as_array().unwrap().iter().find(|tenant| tenant["plan"] == "free").unwrap();
    let owner = owner["owner"].clone();
    first.stop().await;

    // Standard costs more, and Scale is replaced by another plan.
    let catalog = include_str!("../../../domain/src/catalog/default.toml");
    let other = catalog.replace("[plan.scale", "[plan.grand").replace(STANDARD, DEARER);
    assert!(other.contains("[plan.grand]") && other.contains(DEARER) && !catalog.contains(DEARER));
    let file = folder.path().join("catalog.toml");
    std::fs::write(&file, other).unwrap();
    let settings = [at[0], ("CATALOG", file.to_str().unwrap())];
    let again = Demo::start_as(folder.path(), &["--provider", provider], &settings).await;
    let owner = again.log_in(&owner).await;
    let order = json!({ "targetPlan": "standard", "billingCycle": "monthly" });
    let answer = owner.post("/billing/upgrade", &order).await.expect(200);
    assert_eq!(answer["session"]["amount"], 2500);
    let hosted = Client::builder().redirect(Policy::none()).build().unwrap();
    let page = answer["checkoutUrl"].as_str().unwrap();
    assert!(hosted.get(page).send().await.unwrap().text().await.unwrap().contains("$25.00"));
    pay(&hosted, page).await;
    eventually("it is paid", async || owner.status().await["plan"] == "standard").await;
    let invoices = owner.get("/api/v1/billing/invoices").await.expect(200);
    assert_eq!(invoices["data"][0]["amount"], 2500);
    let change = owner.post("/billing/upgrade", &json!({ "targetPlan": "grand" })).await.expect(200);
    assert_eq!(change["session"]["plan"], "grand");
    again.stop().await;
}

#[tokio::test]
async fn the_page_of_a_limit_says_where_usage_leads_by_the_moved_clock() {
    const PAGE: &str = "/usage/ai_tokens";
    const MOVED: &str = "moved for this demo.";
    let folder = tempfile::tempdir().unwrap();
    let demo = Demo::start(folder.path()).await;
    let tenant = demo.info["tenants"].as_array().unwrap().iter().find(|tenant| tenant["plan"] == "free").unwrap();
    let owner = demo.log_in(&tenant["owner"]).await;
    let meter = Browser::with_key(demo.address(), tenant["api_keys"]["usage"].as_str().unwrap());
    let consume = async |amount: u64| {
        let body = json!({ "amount": amount });
        meter.post("/api/v1/billing/features/ai_tokens/consume", &body).await.expect(200);
    };
    assert!(!owner.get(PAGE).await.text.contains(MOVED), "both clocks show the same time");
    // To the third day of next month, so that the rest of the month is long.
    let now = SystemClock.now();
    demo.advance(now.days_until(Step::Month.end(now)) + 2).await;
    consume(1_000).await;
    demo.advance(3).await;
    let today = Step::Month.end(now).plus_secs(5 * DAY_SECS);
    for path in [PAGE, "/usage", "/membership", "/settings/billing", "/settings/audit"] {
        let page = owner.get(path).await.text;
        let clock = page.rsplit("Billing clock: ").next().unwrap().replace('\u{a0}', " ");
        assert!(page.contains(MOVED) && clock.starts_with(&today.date()), "{path}: {page}");
    }
    consume(5_000).await;
    let within = owner.get(PAGE).await.text;
    assert!(within.contains("At this pace, usage will be about") && within.contains("when the counter resets."));
    consume(60_000).await;
    let reset = Step::Month.end(Step::Month.end(now)).date();
    for range in ["", "?range=day", "?range=year"] {
        let page = owner.get(&format!("{PAGE}{range}")).await.text;
        // In the lead, in the chart's description and beside the chart.
        let count = page.matches("At this pace, the limit is reached around").count();
        assert!(count == 3 && page.contains("class=\"pace\""), "{range}: {page}");
        assert!(page.replace('\u{a0}', " ").contains(&reset), "the counter resets on {reset}: {page}");
        assert!(page.contains("66,000 of 100,000 used."), "{range}: {page}");
    }
    let past = owner.get(&format!("{PAGE}?from={}&to={}", now.plus_secs(-5 * DAY_SECS).iso_day(), now.iso_day())).await;
    assert!(!past.text.contains("At this pace") && !past.text.contains("class=\"pace\""), "{past:#?}");
    demo.stop().await;
}

#[tokio::test]
async fn keys_of_the_demo_are_created_by_the_installation() {
    let folder = tempfile::tempdir().unwrap();
    let demo = Demo::start(folder.path()).await;
    for tenant in demo.info["tenants"].as_array().unwrap() {
        let owner = demo.log_in(&tenant["owner"]).await;
        let list = owner.request(Method::GET, "/api/v1/tenant/api-keys");
        let list = list.header("x-tenant-id", tenant["id"].as_str().unwrap());
        let listed = owner.send(list).await.expect(200);
        let keys = tenant["api_keys"].as_object().unwrap();
        assert!(keys.contains_key("usage"), "{tenant}");
        for (scope, key) in keys {
            let id = key.as_str().unwrap().split('_').nth(1).unwrap();
            let item =
                listed["items"].as_array().unwrap().iter().find(|item| item["id"] == id).expect("the key is listed");
            assert_eq!(item["scopes"], json!([scope]));
            assert_eq!((&item["createdBy"], &item["selfIssuedMeter"]), (&json!(null), &json!(false)), "{item}");
        }
        let product = Browser::with_key(demo.address(), demo.info["installation_key"].as_str().unwrap());
        let check = product.request(Method::GET, "/api/v1/billing/features/ai_tokens/check");
        product.send(check.header("x-tenant-id", tenant["id"].as_str().unwrap())).await.expect(200);
        let meter = Browser::with_key(demo.address(), keys["usage"].as_str().unwrap());
        let body = meter.post("/api/v1/billing/features/ai_tokens/consume", &json!({})).await.expect(200);
        assert_eq!(body["isValid"], true, "{body}");
    }
    demo.stop().await;
}
