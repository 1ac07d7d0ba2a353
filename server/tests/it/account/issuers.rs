//! Bearer tokens of the product's issuers: the tenant and role that they name, and what a caller with such a token may
//! do.

use std::time::Duration;

use billing::identity::token::{
    firebase::testing::{Answer as KeyAnswer, Draft, OTHER_KEY},
    issuer::testing::{ALGORITHMS, IssuerServer, SPOILT, key_set, keys_answer},
};
use domain::time::{Clock, SystemClock};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{Answer, Browser, Engine, TestApp};

const ME: &str = "/api/v1/auth/me";
const STATUS: &str = "/api/v1/billing/status";
const KEYS: &str = "/api/v1/tenant/api-keys";
const AUDIT: &str = "/api/v1/tenant/audit";

async fn dues_with_issuer(engine: Engine, tenant_is: &str) -> (TestApp, IssuerServer) {
    let issuer = IssuerServer::start().await;
    let app = TestApp::on(engine).with("TOKEN_ISSUERS", &issuer.setting(tenant_is)).start().await;
    (app, issuer)
}

fn draft(issuer: &IssuerServer) -> Draft {
    issuer.draft(SystemClock.now())
}

fn admin(issuer: &IssuerServer) -> Draft {
    draft(issuer).claim("app", json!({ "roles": ["billing-admin"] }))
}

async fn call(browser: &Browser, path: &str, token: &str, headers: &[(&str, &str)]) -> Answer {
    let request = browser.request(Method::GET, path).bearer_auth(token);
    browser.send(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))).await
}

async fn post(browser: &Browser, path: &str, token: &str, body: &Value) -> Answer {
    browser.send(browser.request(Method::POST, path).bearer_auth(token).json(body)).await
}

#[rstest]
#[tokio::test]
async fn a_token_speaks_for_the_tenant_that_it_names(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (app, issuer) = dues_with_issuer(engine, "external").await;
    let (acme, other) = (app.owner_granted("pro").await, app.owner().await);
    app.set_external_id(&acme, "acme").await;
    app.set_external_id(&other, "other").await;
    let visitor = app.visitor();
    for algorithm in ALGORITHMS {
        let token = draft(&issuer).signed_as(algorithm);
        let status = call(&visitor, STATUS, &token, &[]).await.expect(200);
        assert_eq!(status["data"]["plan"], "pro", "{algorithm}");
    }
    let token = draft(&issuer).signed();
    let me = call(&visitor, ME, &token, &[]).await.expect(200);
    assert_eq!((&me["userId"], &me["email"]), (&json!("ada|1"), &json!("ada@example.com")));
    assert_eq!((&me["tenantId"], &me["role"]), (&json!(acme.tenant.as_str()), &json!("member")));
    // A header may repeat the tenant, and may not name another one.
    for same in [("x-tenant-id", acme.tenant.as_str()), ("x-tenant-external-id", "acme")] {
        call(&visitor, STATUS, &token, &[same]).await.expect(200);
    }
    for another in [
        ("x-tenant-id", other.tenant.as_str()),
        ("x-tenant-id", "nowhere"),
        ("x-tenant-id", "a b"),
        ("x-tenant-external-id", "other"),
        ("x-tenant-external-id", "nowhere"),
    ] {
        call(&visitor, STATUS, &token, &[another]).await.refused(404, "tenant_not_found");
    }
    for nowhere in [
        draft(&issuer).claim("org", "nowhere"),
        draft(&issuer).claim("org", acme.tenant.as_str()),
        draft(&issuer).claim("org", 7),
        draft(&issuer).claim("org", json!(["acme"])),
        draft(&issuer).without("org"),
    ] {
        call(&visitor, STATUS, &nowhere.signed(), &[]).await.refused(404, "tenant_not_found");
    }
}

#[rstest]
#[tokio::test]
async fn a_token_may_name_the_tenant_by_the_id_of_dues(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (app, issuer) = dues_with_issuer(engine, "id").await;
    let owner = app.owner().await;
    let (visitor, id) = (app.visitor(), owner.tenant.as_str());
    for named in [id.to_owned(), id.to_ascii_uppercase()] {
        call(&visitor, STATUS, &draft(&issuer).claim("org", named).signed(), &[]).await.expect(200);
    }
    let deleted = draft(&issuer).claim("org", id).signed();
    app.mark_deleted(&owner).await;
    crate::harness::within_staleness("the tenant is gone", async || {
        call(&visitor, STATUS, &deleted, &[]).await.status == 404
    })
    .await;
    let installation = draft(&issuer).claim("org", "installation").signed();
    call(&visitor, STATUS, &installation, &[]).await.refused(404, "tenant_not_found");
}

#[rstest]
#[tokio::test]
async fn an_invalid_token_is_refused_everywhere(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (app, issuer) = dues_with_issuer(engine, "external").await;
    let owner = app.owner().await;
    app.set_external_id(&owner, "acme").await;
    let visitor = app.visitor();
    call(&visitor, STATUS, &draft(&issuer).signed(), &[]).await.expect(200);
    for (name, _, spoil) in SPOILT {
        println!("{name}");
        let token = spoil(draft(&issuer));
        call(&visitor, STATUS, &token, &[]).await.refused(401, "unauthenticated");
        call(&visitor, ME, &token, &[]).await.refused(401, "unauthenticated");
    }
    let of_another = draft(&issuer).claim("iss", "https://id.example.com").signed();
    call(&visitor, STATUS, &of_another, &[]).await.refused(401, "unauthenticated");
    // A session beside a token is ignored.
    call(&owner, STATUS, &of_another, &[]).await.refused(401, "unauthenticated");
}

#[rstest]
#[tokio::test]
async fn an_admin_of_the_product_is_one_here_and_needs_no_account(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (app, issuer) = dues_with_issuer(engine, "external").await;
    let owner = app.owner_granted("team").await;
    app.set_external_id(&owner, "acme").await;
    let visitor = app.visitor();
    let new_key = json!({ "name": "build", "scopes": ["read"] });
    let member = draft(&issuer).claim("auth_time", SystemClock.now().as_secs());
    post(&visitor, KEYS, &member.signed(), &new_key).await.refused(403, "admin_required");
    // Without a recent sign-in, calls that require a confirmation are refused.
    for old in [admin(&issuer).without("auth_time"), admin(&issuer).moved("auth_time", -3600)] {
        post(&visitor, KEYS, &old.signed(), &new_key).await.refused(403, "confirmation_required");
    }
    let token = admin(&issuer).signed();
    let made = post(&visitor, KEYS, &token, &new_key).await.expect(201);
    Browser::with_key(app.server.address, made["key"].as_str().unwrap()).get(STATUS).await.expect(200);
    // A tenant must not record its own usage, so its admin cannot create a key with the scope `usage`.
    let meter = json!({ "name": "meter", "scopes": ["usage"] });
    assert_eq!(post(&visitor, KEYS, &token, &meter).await.status, 403);
    let consume = "/api/v1/billing/features/projects/consume";
    post(&visitor, consume, &token, &json!({ "amount": 1 })).await.refused(403, "scope_required");
    let invited = json!({ "email": "new@acme.test", "role": "member" });
    post(&visitor, "/api/v1/tenant/invitations", &token, &invited).await.expect(201);
    let owners = json!({ "email": "boss@acme.test", "role": "owner" });
    post(&visitor, "/api/v1/tenant/invitations", &token, &owners).await.refused(403, "owner_required");
    let order = json!({ "plan": "starter" });
    post(&visitor, "/api/v1/billing/checkout", &member.signed(), &order).await.refused(403, "admin_required");
    let checkout = post(&visitor, "/api/v1/billing/checkout", &token, &order).await;
    assert!(!matches!(checkout.status, 401 | 403), "{checkout:#?}");
    // An invitation adds an account to a workspace, and a user of an issuer has no account.
    post(&visitor, "/api/v1/invitations/accept", &token, &json!({ "token": "a".repeat(64) }))
        .await
        .refused(403, "session_required");
    let audit = call(&owner, AUDIT, &token, &[]).await.expect(200);
    let entries = audit["items"].as_array().unwrap();
    let made = entries.iter().find(|entry| entry["action"] == "api_key.made").unwrap();
    assert!(made.to_string().contains("ada|1") && made.to_string().contains(&issuer.issuer), "{made}");
}

#[rstest]
#[tokio::test]
async fn the_same_subject_of_two_issuers_is_two_people(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let issuers = [IssuerServer::start().await, IssuerServer::start().await];
    let entries: Vec<Value> = issuers
        .iter()
        .flat_map(|issuer| serde_json::from_str::<Vec<Value>>(&issuer.setting("external")).unwrap())
        .collect();
    let app = TestApp::on(engine).with("TOKEN_ISSUERS", &json!(entries).to_string()).start().await;
    let owner = app.owner_granted("team").await;
    app.set_external_id(&owner, "acme").await;
    let (visitor, new_key) = (app.visitor(), json!({ "name": "build", "scopes": ["read"] }));
    let mut made = Vec::new();
    for issuer in &issuers {
        let request = visitor.request(Method::POST, KEYS).bearer_auth(admin(issuer).signed());
        let answer = visitor.send(request.header("idempotency-key", "the-same-key").json(&new_key)).await.expect(201);
        made.push(answer["key"].as_str().unwrap().to_owned());
    }
    assert_ne!(made[0], made[1], "the answer to one person was repeated to the other");
    let audit = call(&visitor, AUDIT, &admin(&issuers[0]).signed(), &[]).await.expect(200).to_string();
    for issuer in &issuers {
        assert!(audit.contains(&issuer.issuer), "{audit}");
    }
}

#[rstest]
#[tokio::test]
async fn a_rotated_key_replaces_the_former_one(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (app, issuer) = dues_with_issuer(engine, "external").await;
    let owner = app.owner().await;
    app.set_external_id(&owner, "acme").await;
    let visitor = app.visitor();
    call(&visitor, STATUS, &draft(&issuer).signed(), &[]).await.expect(200);
    issuer.answers(KeyAnswer::keys(&[&OTHER_KEY]));
    let rotated = draft(&issuer).header("kid", OTHER_KEY.kid).signed_by(&OTHER_KEY);
    call(&visitor, STATUS, &rotated, &[]).await.expect(200);
    call(&visitor, STATUS, &draft(&issuer).signed(), &[]).await.refused(401, "unauthenticated");
    assert_eq!(issuer.fetches(), 3);
}

#[rstest]
#[tokio::test]
async fn without_discovery_no_token_is_accepted(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (app, issuer) = dues_with_issuer(engine, "external").await;
    let owner = app.owner().await;
    app.set_external_id(&owner, "acme").await;
    issuer.discovers(KeyAnswer::broken());
    let answer = call(&app.visitor(), STATUS, &draft(&issuer).signed(), &[]).await;
    answer.refused(503, "issuer_unavailable");
    assert!(answer.header("retry-after").is_some());
    owner.get(STATUS).await.expect(200);
    assert_eq!(issuer.fetches(), 0);
}

#[rstest]
#[tokio::test]
async fn a_slow_issuer_delays_no_other_caller(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (app, issuer) = dues_with_issuer(engine, "external").await;
    let owner = app.owner().await;
    issuer.answers(KeyAnswer { after: Duration::from_mins(5), ..keys_answer(&key_set()) });
    let (visitor, token) = (app.visitor(), draft(&issuer).signed());
    let others = async {
        let all = async {
            for _ in 0..10 {
                owner.get(STATUS).await.expect(200);
            }
        };
        tokio::time::timeout(Duration::from_secs(4), all).await.expect("no session waits for the issuer");
    };
    let (waited, ()) = tokio::join!(call(&visitor, STATUS, &token, &[]), others);
    waited.refused(503, "issuer_unavailable");
    assert!(waited.header("retry-after").is_some());
}

#[rstest]
#[tokio::test]
async fn without_issuers_a_token_is_unknown(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (app, issuer) = (TestApp::start(engine).await, IssuerServer::start().await);
    call(&app.visitor(), STATUS, &draft(&issuer).signed(), &[]).await.refused(401, "unauthenticated");
    assert_eq!(issuer.fetches(), 0);
}
