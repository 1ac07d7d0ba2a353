//! A key of another provider account: calls to the provider are refused, subscriptions stay unchanged and webhook
//! events wait until the key is right.

use billing::store::webhook::inbox::EventState;
use domain::subscription::Subscription;
use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{Answer, Engine, Owner, TestApp, TestPolar, eventually, now_secs, standard_headers};

const CHANGED: &str = "provider_account_changed";
const OTHER_STRIPE: (&str, &str) = ("STRIPE_SECRET_KEY", "sk_test_51AnotherAccount00Key");
const OTHER_POLAR: (&str, &str) = ("POLAR_API_KEY", "polar_oat_of_another_organization");

async fn three_paying_owners(app: &TestApp) -> Vec<Owner> {
    let mut owners = Vec::new();
    for plan in ["starter", "pro", "team"] {
        owners.push(app.owner_on(plan).await);
    }
    owners
}

/// Returns the stored subscriptions without the time at which they were fetched.
async fn stored(app: &TestApp, owners: &[Owner]) -> Vec<Subscription> {
    let mut all = Vec::new();
    for owner in owners {
        let stored = app.subscriptions(&owner.tenant).await;
        all.extend(stored.into_iter().map(|stored| Subscription { fetched_at: stored.started_at, ..stored }));
    }
    all
}

async fn restart_with(app: &mut TestApp, (name, value): (&'static str, &str)) {
    app.server.terminate().await;
    app.set(name, value);
    app.restart().await;
}

/// Checks that every API call and form that needs the provider is refused.
async fn assert_provider_calls_refused(owner: &Owner) {
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
    assert!(words.contains("can’t be used right now"), "{words}");
}

async fn shows_warning(app: &TestApp, provider: &str) -> bool {
    let ready = app.visitor().get("/readyz").await.expect(200);
    let warnings = ready["warnings"].as_array().unwrap();
    warnings.iter().any(|warning| warning["code"] == CHANGED && warning["provider"] == provider)
}

#[rstest]
#[tokio::test]
async fn a_key_of_another_stripe_account_removes_no_plan_and_sells_nothing(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let mut app = TestApp::on(engine).with("RECONCILE_SECS", "1").start().await;
    let owners = three_paying_owners(&app).await;
    let newcomer = app.owner().await;
    let before = stored(&app, &owners).await;
    let right = app.settings_named(&["STRIPE_SECRET_KEY"]).next().unwrap().1.to_owned();
    let count = async |app: &TestApp, path: &str| app.stripe.list(path).await.len();
    let (sold, customers) = (count(&app, "/v1/subscriptions?status=all").await, count(&app, "/v1/customers").await);
    assert!(!shows_warning(&app, "stripe").await);

    restart_with(&mut app, OTHER_STRIPE).await;
    eventually("the warning is shown", async || shows_warning(&app, "stripe").await).await;
    for owner in &owners {
        assert_provider_calls_refused(owner).await;
    }
    newcomer.post("/api/v1/billing/checkout", &json!({ "plan": "pro" })).await.refused(503, CHANGED);
    let metrics = app.metrics().await;
    assert!(metrics.contains("dues_provider_account_changed{provider=\"stripe\"} 1"), "{metrics}");
    assert!(app.server.log().contains("provider account is not confirmed"));
    assert_eq!(stored(&app, &owners).await, before, "a subscription was changed");

    restart_with(&mut app, ("STRIPE_SECRET_KEY", &right)).await;
    eventually("the warning is gone", async || !shows_warning(&app, "stripe").await).await;
    for owner in &owners {
        owner.post("/billing/subscription/sync", &json!({})).await.expect(200);
    }
    assert_eq!(stored(&app, &owners).await, before, "a subscription was changed");
    let order = json!({ "targetPlan": "business", "billingCycle": "monthly" });
    let change = owners[1].post("/billing/upgrade", &order).await.expect(200);
    assert_eq!(change["session"]["id"], before[1].external_id.as_str(), "another subscription is changed");
    assert_eq!(count(&app, "/v1/subscriptions?status=all").await, sold, "nothing was sold twice");
    assert_eq!(count(&app, "/v1/customers").await, customers, "no customer was replaced");
}

#[rstest]
#[tokio::test]
async fn a_key_of_another_polar_account_removes_no_plan_and_its_webhooks_wait(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (mut app, polar) = TestPolar::start_with(engine, vec![("RECONCILE_SECS", "1".to_owned())]).await;
    let owners = three_paying_owners(&app).await;
    let before = stored(&app, &owners).await;
    let right = app.settings_named(&["POLAR_API_KEY"]).next().unwrap().1.to_owned();
    let sold = polar.list("subscriptions/").await.len();

    restart_with(&mut app, OTHER_POLAR).await;
    eventually("the warning is shown", async || shows_warning(&app, "polar").await).await;
    for owner in &owners {
        assert_provider_calls_refused(owner).await;
    }
    send_revoked_event(&app, &polar, &before[0].external_id).await.expect(200);
    assert_eq!(stored(&app, &owners).await, before, "a subscription was changed");
    polar.revoke(&before[0].external_id).await;

    restart_with(&mut app, ("POLAR_API_KEY", &right)).await;
    eventually("the event is processed", async || plan(&owners[0]).await == "free").await;
    assert!(!shows_warning(&app, "polar").await);
    assert_eq!((plan(&owners[1]).await, plan(&owners[2]).await), ("pro".into(), "team".into()));
    assert_eq!(stored(&app, &owners[1..]).await, before[1..], "a subscription was changed");
    owners[1].post("/billing/subscription/sync", &json!({})).await.expect(200);
    assert_eq!(polar.list("subscriptions/").await.len(), sold, "nothing was sold twice");
}

/// Sends an event of Polar that a subscription has ended.
async fn send_revoked_event(app: &TestApp, polar: &TestPolar, subscription: &str) -> Answer {
    let body = json!({ "type": "subscription.revoked", "data": { "id": subscription } }).to_string();
    let visitor = app.visitor();
    let mut request = visitor.request(reqwest::Method::POST, "/billing/webhook/polar").body(body.clone());
    for (name, value) in standard_headers(polar.webhook_secret.as_bytes(), "msg_meanwhile", now_secs(), &body) {
        request = request.header(name, value);
    }
    visitor.send(request).await
}

#[rstest]
#[tokio::test]
async fn a_polar_token_without_rights_removes_no_plan_and_sells_nothing(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (app, polar) = TestPolar::start_with(engine, vec![("RECONCILE_SECS", "1".to_owned())]).await;
    let owners = three_paying_owners(&app).await;
    let newcomer = app.owner().await;
    let before = stored(&app, &owners).await;
    let (sold, customers) = (polar.list("subscriptions/").await.len(), polar.list("customers/").await.len());

    // A running server notices the missing rights when its reconciliation is refused.
    polar.limit_token_scopes(Some("")).await;
    eventually("the warning is shown", async || shows_warning(&app, "polar").await).await;
    for owner in &owners {
        assert_provider_calls_refused(owner).await;
    }
    newcomer.post("/api/v1/billing/checkout", &json!({ "plan": "pro" })).await.refused(503, CHANGED);
    send_revoked_event(&app, &polar, &before[0].external_id).await.expect(200);
    let metrics = app.metrics().await;
    assert!(metrics.contains("dues_provider_account_changed{provider=\"polar\"} 1"), "{metrics}");
    assert_eq!(stored(&app, &owners).await, before, "a subscription was changed");

    polar.limit_token_scopes(None).await;
    eventually("the warning is gone", async || !shows_warning(&app, "polar").await).await;
    eventually("the event is processed", async || app.polar_event("msg_meanwhile").await == Some(EventState::Handled))
        .await;
    for owner in &owners {
        owner.post("/billing/subscription/sync", &json!({})).await.expect(200);
    }
    assert_eq!(stored(&app, &owners).await, before, "a subscription was changed");
    let order = json!({ "targetPlan": "business", "billingCycle": "monthly" });
    let change = owners[1].post("/billing/upgrade", &order).await.expect(200);
    assert_eq!(change["session"]["id"], before[1].external_id.as_str(), "another subscription is changed");
    assert_eq!(polar.list("subscriptions/").await.len(), sold, "nothing was sold twice");
    assert_eq!(polar.list("customers/").await.len(), customers, "no customer was replaced");
    polar.revoke(&before[0].external_id).await;
    eventually("the revoked plan has ended", async || plan(&owners[0]).await == "free").await;
}

#[rstest]
#[tokio::test]
async fn a_customer_deleted_at_polar_is_replaced(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(true, false)] has_paid: bool,
) {
    let (app, polar) = TestPolar::start(engine).await;
    let owner = if has_paid {
        app.owner_on("pro").await
    } else {
        let owner = app.owner().await;
        owner.checkout("pro").await;
        owner
    };
    let [deleted] = polar.list("customers/").await.try_into().unwrap();
    polar.delete_customer(deleted["id"].as_str().unwrap()).await;
    eventually("the subscription has ended", async || plan(&owner).await == "free").await;
    assert_eq!(owner.get("/membership").await.status, 200);

    let page = owner.checkout("team").await;
    assert!(page.contains("/pay/polar/"), "{page}");
    let back = app.stripe.pay(&page).await;
    assert_eq!(owner.get(&back).await.status, 200);
    assert_eq!(plan(&owner).await, "team");
    let [customer] = polar.list("customers/").await.try_into().unwrap();
    assert_ne!(customer["id"], deleted["id"]);
    assert_eq!(customer["external_id"], owner.tenant.as_str());
}

async fn plan(owner: &Owner) -> Value {
    owner.status().await["plan"].clone()
}

#[rstest]
#[case::stripe("stripe", OTHER_STRIPE)]
#[case::polar("polar", OTHER_POLAR)]
#[tokio::test]
async fn a_running_server_switches_to_an_adopted_account_and_ends_no_earlier_subscription(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[case] provider: &str,
    #[case] other: (&'static str, &'static str),
) {
    let mut app = match provider {
        "polar" => TestPolar::start(engine).await.0,
        _ => TestApp::start(engine).await,
    };
    let owners = [app.owner_on("pro").await];
    let before = stored(&app, &owners).await;
    restart_with(&mut app, other).await;
    eventually("the warning is shown", async || shows_warning(&app, provider).await).await;

    let unsaid = app.command(&[provider, "adopt"]).await;
    let (out, wrong) = (String::from_utf8(unsaid.stdout).unwrap(), String::from_utf8(unsaid.stderr).unwrap());
    let named = |label: &str| {
        let line = out.lines().find_map(|line| line.strip_prefix(label)).unwrap_or_else(|| panic!("{label} in {out}"));
        line.trim().split(' ').next().unwrap().to_owned()
    };
    let (kept, found) = (named("Kept:"), named("Found:"));
    assert!(!unsaid.status.success() && kept != found, "{out}");
    assert!(wrong.contains(&format!("server {provider} adopt {found}")), "{wrong}");
    for other_account in [kept.as_str(), "acct_unknown"] {
        let refused = app.command(&[provider, "adopt", other_account]).await;
        assert!(!refused.status.success(), "{refused:?}");
    }
    assert!(shows_warning(&app, provider).await, "nothing was adopted");

    let done = app.command(&[provider, "adopt", "--yes", "--json"]).await;
    assert!(done.status.success(), "{done:?}");
    let said: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!((&said["provider"], &said["adopted"]), (&provider.into(), &true.into()), "{said}");
    assert_eq!((&said["before"]["id"], &said["account"]["id"]), (&kept.into(), &found.clone().into()), "{said}");
    let again = app.command(&[provider, "adopt", &found]).await;
    assert!(again.status.success() && String::from_utf8_lossy(&again.stdout).contains("already"), "{again:?}");
    eventually("the server uses the adopted account", async || !shows_warning(&app, provider).await).await;

    // The new account does not know the subscriptions of the previous account. They must not end because of that.
    owners[0].post("/billing/subscription/sync", &json!({})).await.refused(409, "unknown_at_provider");
    assert_eq!(plan(&owners[0]).await, "pro");
    assert_eq!(stored(&app, &owners).await, before, "a subscription was changed");
}
