//! A key of another account at the provider: what needs the provider says so, nothing is written, and afterwards all is as before.

use std::process::Output;

use domain::subscription::Subscription;
use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{Engine, Owner, TestApp, TestPolar, eventually, now_secs, standard_headers};

const CHANGED: &str = "provider_account_changed";
const OTHER_STRIPE: (&str, &str) = ("STRIPE_SECRET_KEY", "sk_test_51AnotherAccount00Key");
const OTHER_POLAR: (&str, &str) = ("POLAR_API_KEY", "polar_oat_of_another_organization");

async fn three_who_pay(app: &TestApp) -> Vec<Owner> {
    let mut owners = Vec::new();
    for plan in ["starter", "pro", "team"] {
        owners.push(app.owner_on(plan).await);
    }
    owners
}

/// What is stored of them, without when it was asked for.
async fn stored(app: &TestApp, owners: &[Owner]) -> Vec<Subscription> {
    let mut all = Vec::new();
    for owner in owners {
        let own = app.subscriptions(&owner.tenant).await;
        all.extend(own.into_iter().map(|own| Subscription { fetched_at: own.started_at, ..own }));
    }
    all
}

async fn restart_with(app: &mut TestApp, (name, value): (&'static str, &str)) {
    app.server.terminate().await;
    app.set(name, value);
    app.restart().await;
}

/// Everything that needs the provider, in the API and on pages.
async fn is_refused(owner: &Owner) {
    let order = json!({ "targetPlan": "business", "billingCycle": "monthly" });
    for (path, body) in [
        ("/billing/upgrade", order),
        ("/api/v1/billing/checkout", json!({ "plan": "business" })),
        ("/api/v1/billing/portal", json!({})),
        ("/api/v1/billing/cancel", json!({})),
        ("/api/v1/billing/resume", json!({})),
        ("/billing/subscription/sync", json!({})),
    ] {
        let answer = owner.post(path, &body).await;
        answer.refused(503, CHANGED);
        assert!(answer.header("retry-after").unwrap().parse::<u32>().unwrap() > 0, "{path}");
    }
    owner.get("/api/v1/billing/invoices").await.refused(503, CHANGED);
    let form = owner.submit("/rpc/checkout", &[("plan", "business"), ("cycle", "monthly")]).await;
    assert!(form.leads_to().contains("code=provider_account_changed"), "{form:#?}");
    assert_eq!(owner.submit("/rpc/sync", &[]).await.leads_to(), "/membership?code=provider_account_changed");
    for page in ["/membership", "/membership/invoices", "/usage"] {
        assert_eq!(owner.get(page).await.status, 200, "{page}");
    }
    let words = owner.get("/membership?code=provider_account_changed").await.text;
    assert!(words.contains("can’t be used now"), "{words}");
}

async fn warns(app: &TestApp, provider: &str) -> bool {
    let ready = app.visitor().get("/readyz").await.expect(200);
    let warnings = ready["warnings"].as_array().unwrap();
    warnings.iter().any(|it| it["code"] == CHANGED && it["provider"] == provider)
}

async fn adopt(app: &TestApp, arguments: &[&str]) -> Output {
    app.command(arguments).await
}

#[rstest]
#[tokio::test]
async fn a_wrong_key_for_stripe_takes_no_plan_away_and_sells_nothing(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let mut app = TestApp::on(engine).with("RECONCILE_SECS", "1").start().await;
    let owners = three_who_pay(&app).await;
    let newcomer = app.owner().await;
    let before = stored(&app, &owners).await;
    let right = app.settings_called(&["STRIPE_SECRET_KEY"]).next().unwrap().1.to_owned();
    let count = async |app: &TestApp, path: &str| app.stripe.list(path).await.len();
    let (sold, customers) = (count(&app, "/v1/subscriptions?status=all").await, count(&app, "/v1/customers").await);
    assert!(!warns(&app, "stripe").await);

    restart_with(&mut app, OTHER_STRIPE).await;
    eventually("it is told", async || warns(&app, "stripe").await).await;
    for owner in &owners {
        is_refused(owner).await;
    }
    newcomer.post("/api/v1/billing/checkout", &json!({ "plan": "pro" })).await.refused(503, CHANGED);
    let metrics = app.visitor().get("/metrics").await.text;
    assert!(metrics.contains("dues_provider_account_changed{provider=\"stripe\"} 1"), "{metrics}");
    assert!(app.server.log().contains("provider account changed"));
    let unsaid = adopt(&app, &["stripe", "adopt"]).await;
    let (out, wrong) = (String::from_utf8(unsaid.stdout).unwrap(), String::from_utf8(unsaid.stderr).unwrap());
    assert!(!unsaid.status.success() && out.contains("Kept:  acct_") && out.contains("Found: acct_1Another"), "{out}");
    assert!(wrong.contains("server stripe adopt acct_1Another"), "{wrong}");
    assert!(!adopt(&app, &["stripe", "adopt", "acct_of_nobody"]).await.status.success());
    assert_eq!(stored(&app, &owners).await, before, "nothing was written");

    restart_with(&mut app, ("STRIPE_SECRET_KEY", &right)).await;
    eventually("it is right again", async || !warns(&app, "stripe").await).await;
    for owner in &owners {
        owner.post("/billing/subscription/sync", &json!({})).await.expect(200);
    }
    assert_eq!(stored(&app, &owners).await, before, "all is as before");
    let order = json!({ "targetPlan": "business", "billingCycle": "monthly" });
    let change = owners[1].post("/billing/upgrade", &order).await.expect(200);
    assert_eq!(change["session"]["id"], before[1].external_id.as_str(), "what is paid is changed");
    assert_eq!(count(&app, "/v1/subscriptions?status=all").await, sold, "nothing was sold twice");
    assert_eq!(count(&app, "/v1/customers").await, customers, "no customer was replaced");
}

#[rstest]
#[tokio::test]
async fn a_wrong_key_for_polar_takes_no_plan_away_and_its_webhooks_wait(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (mut app, polar) = TestPolar::start_with(engine, vec![("RECONCILE_SECS", "1".to_owned())]).await;
    let owners = three_who_pay(&app).await;
    let before = stored(&app, &owners).await;
    let right = app.settings_called(&["POLAR_API_KEY"]).next().unwrap().1.to_owned();
    let sold = polar.list("subscriptions/").await.len();

    restart_with(&mut app, OTHER_POLAR).await;
    eventually("it is told", async || warns(&app, "polar").await).await;
    for owner in &owners {
        is_refused(owner).await;
    }
    let body = json!({ "type": "subscription.revoked", "data": { "id": before[0].external_id } }).to_string();
    let visitor = app.visitor();
    let mut request = visitor.request(reqwest::Method::POST, "/billing/webhook/polar").body(body.clone());
    for (name, value) in standard_headers(polar.webhook_secret.as_bytes(), "msg_meanwhile", now_secs(), &body) {
        request = request.header(name, value);
    }
    visitor.send(request).await.expect(200);
    assert_eq!(stored(&app, &owners).await, before, "nothing was written");
    polar.revoke(&before[0].external_id).await;

    restart_with(&mut app, ("POLAR_API_KEY", &right)).await;
    eventually("what was told is followed", async || plan(&owners[0]).await == "free").await;
    assert!(!warns(&app, "polar").await);
    assert_eq!((plan(&owners[1]).await, plan(&owners[2]).await), ("pro".into(), "team".into()));
    assert_eq!(stored(&app, &owners[1..]).await, before[1..], "all is as before");
    owners[1].post("/billing/subscription/sync", &json!({})).await.expect(200);
    assert_eq!(polar.list("subscriptions/").await.len(), sold, "nothing was sold twice");
}

async fn plan(owner: &Owner) -> Value {
    owner.status().await["plan"].clone()
}

#[tokio::test]
async fn a_server_that_runs_follows_an_account_that_is_adopted() {
    let mut app = TestApp::start(Engine::Sqlite).await;
    app.owner_on("pro").await;
    restart_with(&mut app, OTHER_STRIPE).await;
    eventually("it is told", async || warns(&app, "stripe").await).await;
    let done = adopt(&app, &["stripe", "adopt", "--yes", "--json"]).await;
    assert!(done.status.success(), "{done:?}");
    let said: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!((&said["provider"], &said["adopted"]), (&"stripe".into(), &true.into()), "{said}");
    assert_ne!(said["before"]["id"], said["account"]["id"]);
    eventually("the server follows", async || !warns(&app, "stripe").await).await;
}
