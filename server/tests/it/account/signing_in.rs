//! Accounts, sessions and the open workspace.

use futures::future::join_all;
use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{Answer, Browser, Engine, PASSWORD, TestApp};

const SIGN_UP: &str = "/api/v1/auth/signup";
const LOG_IN: &str = "/api/v1/auth/login";
const LOG_OUT: &str = "/api/v1/auth/logout";
const ME: &str = "/api/v1/auth/me";
const COOKIE: &str = "dues_session";
const OTHER_PASSWORD: &str = "another battery staple";
/// How many failed logins of one account are allowed within 15 minutes.
const FAILURES: usize = 10;

fn credentials(email: &str, password: &str) -> Value {
    json!({ "email": email, "password": password })
}

/// Returns the status and body of an answer, without its headers, which differ each time.
fn stable_parts(answer: &Answer) -> (u16, Value) {
    (answer.status, answer.json())
}

#[rstest]
#[tokio::test]
async fn signing_up_creates_a_workspace_and_repeating_it_is_a_login(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let ada = app.visitor();
    let request_body =
        json!({ "email": " Ada@Example.com ", "password": PASSWORD, "tenantName": "Analytical Engines" });
    let made = ada.post(SIGN_UP, &request_body).await.expect(201);
    assert_eq!(made["email"], "ada@example.com");
    assert_eq!((&made["tenantName"], &made["role"]), (&json!("Analytical Engines"), &json!("owner")));
    assert_eq!(made["created"], true);
    let names: Vec<_> = made.as_object().unwrap().keys().cloned().collect();
    assert_eq!(names, ["userId", "email", "tenantId", "tenantName", "role", "created"]);

    let me = ada.get(ME).await.expect(200);
    assert_eq!((&me["userId"], &me["tenantId"]), (&made["userId"], &made["tenantId"]));
    assert_eq!(
        me["tenants"],
        json!([{ "id": made["tenantId"], "name": "Analytical Engines", "role": "owner", "plan": "free" }])
    );

    let again = app.visitor().post(SIGN_UP, &credentials("ada@example.com", PASSWORD)).await.expect(200);
    assert_eq!((&again["userId"], &again["tenantId"]), (&made["userId"], &made["tenantId"]));
    assert_eq!(again["created"], false);

    // With a wrong password, a sign-up with a taken address gets the same answer as a failed login.
    let stranger = app.visitor();
    let taken = stranger.post(SIGN_UP, &credentials("ada@example.com", OTHER_PASSWORD)).await;
    taken.refused(401, "invalid_credentials");
    assert_eq!(
        stable_parts(&taken),
        stable_parts(&stranger.post(LOG_IN, &credentials("ada@example.com", OTHER_PASSWORD)).await)
    );
    stranger.get(ME).await.refused(401, "unauthenticated");
}

#[rstest]
#[tokio::test]
async fn concurrent_sign_ups_of_an_address_create_one_account(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let request_body = credentials("ada@example.com", PASSWORD);
    let visitors: Vec<_> = (0..8).map(|_| app.visitor()).collect();
    let answers = join_all(visitors.iter().map(|visitor| visitor.post(SIGN_UP, &request_body))).await;
    let made = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!((made, answers.iter().filter(|answer| answer.status == 200).count()), (1, 7), "{answers:#?}");
    let me = visitors[0].get(ME).await.expect(200);
    for answer in answers {
        assert_eq!(answer.json()["userId"], me["userId"]);
        assert_eq!(answer.json()["tenantId"], me["tenantId"]);
    }
    assert_eq!(me["tenants"].as_array().unwrap().len(), 1);
}

#[rstest]
#[tokio::test]
async fn forms_sign_up_in_and_out(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let ada = app.visitor();
    assert_eq!(ada.get("/").await.leads_to(), "/login");
    assert_eq!(ada.get("/membership").await.leads_to(), "/login");
    assert_eq!(ada.get("/checkout?plan=pro").await.leads_to(), "/login?next=%2Fcheckout%3Fplan%3Dpro");

    let form = [
        ("email", "ada@example.com"),
        ("password", PASSWORD),
        ("workspace", "Engines"),
        ("next", "/checkout?plan=pro"),
    ];
    assert_eq!(ada.submit("/rpc/signup", &form).await.leads_to(), "/checkout?plan=pro");
    assert_eq!(ada.get("/").await.leads_to(), "/membership");
    assert!(ada.get("/membership").await.text.contains("Engines"));
    assert_eq!(ada.submit("/rpc/logout", &[]).await.leads_to(), "/login?code=signed_out");
    assert_eq!(ada.get("/membership").await.leads_to(), "/login");

    let wrong = ada.submit("/rpc/login", &[("email", "ada@example.com"), ("password", OTHER_PASSWORD)]).await;
    assert_eq!(wrong.leads_to(), "/login?code=invalid_credentials");
    for elsewhere in ["https://evil.test/", "//evil.test/", "/\\evil.test", "javascript:alert(1)", "/rpc/logout"] {
        let form = [("email", "ada@example.com"), ("password", PASSWORD), ("next", elsewhere)];
        let to = app.visitor().submit("/rpc/login", &form).await;
        assert_eq!(to.leads_to(), "/membership", "{elsewhere} is not a page of Dues");
    }
    let taken =
        app.visitor().submit("/rpc/signup", &[("email", "ada@example.com"), ("password", OTHER_PASSWORD)]).await;
    assert_eq!(taken.leads_to(), "/signup?code=invalid_credentials");
    let weak = app.visitor().submit("/rpc/signup", &[("email", "ada"), ("password", "short")]).await;
    assert_eq!(weak.leads_to(), "/signup?code=validation_error&wrong=email&wrong=password");
}

#[rstest]
#[tokio::test]
async fn an_invalid_sign_up_is_reported_by_field(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let visitor = app.visitor();
    let long = "x".repeat(300);
    let emails = [
        json!(""),
        json!("ada"),
        json!("ada@"),
        json!("@example.com"),
        json!("a b@example.com"),
        json!("ada\u{0}@example.com"),
        json!("a@b@c"),
        json!(format!("{long}@example.com")),
        json!(7),
        json!(null),
        json!([]),
    ];
    for email in &emails {
        visitor.post(SIGN_UP, &json!({ "email": email, "password": PASSWORD })).await.refused_field("email");
    }
    let passwords = [
        json!(""),
        json!("short"),
        json!("123456789"),
        json!("x".repeat(2000)),
        json!(1_234_567_890),
        json!(null),
        json!({}),
    ];
    for password in &passwords {
        visitor
            .post(SIGN_UP, &json!({ "email": "ada@example.com", "password": password }))
            .await
            .refused_field("password");
    }
    for name in [json!("x".repeat(81)), json!("two\nlines"), json!("a\u{0}b"), json!(5), json!({})] {
        let request_body = json!({ "email": "ada@example.com", "password": PASSWORD, "tenantName": name });
        visitor.post(SIGN_UP, &request_body).await.refused_field("tenantName");
    }
    let body = visitor.post(SIGN_UP, &json!({})).await.refused_field("email");
    assert_eq!(body["fields"].as_object().unwrap().len(), 2);
    for request_body in [
        json!({}),
        json!({ "email": "ada@example.com" }),
        json!({ "password": PASSWORD }),
        json!({ "email": 1, "password": [] }),
    ] {
        visitor.post(LOG_IN, &request_body).await.refused(400, "validation_error");
    }
    visitor.get(ME).await.refused(401, "unauthenticated");
}

#[rstest]
#[tokio::test]
async fn a_refused_login_does_not_reveal_whether_an_account_exists(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    let visitor = app.visitor();
    let wrong = visitor.post(LOG_IN, &credentials(&owner.email, OTHER_PASSWORD)).await;
    wrong.refused(401, "invalid_credentials");
    for (email, password) in [
        ("unknown@example.com", PASSWORD),
        ("no address", PASSWORD),
        ("", ""),
        (owner.email.as_str(), ""),
        (owner.email.as_str(), &"x".repeat(4000)),
    ] {
        assert_eq!(
            stable_parts(&visitor.post(LOG_IN, &credentials(email, password)).await),
            stable_parts(&wrong),
            "{email}"
        );
    }
    assert!(visitor.cookie(COOKIE).is_none());
    visitor.post(LOG_IN, &credentials(&owner.email.to_uppercase(), PASSWORD)).await.expect(200);
}

#[rstest]
#[tokio::test]
async fn after_ten_failed_logins_only_that_account_is_throttled(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let (owner, other) = (app.owner().await, app.owner().await);
    let visitor = app.visitor();
    for email in [owner.email.as_str(), "unknown@example.com"] {
        for _ in 0..FAILURES {
            visitor.post(LOG_IN, &credentials(email, OTHER_PASSWORD)).await.refused(401, "invalid_credentials");
        }
        for password in [OTHER_PASSWORD, PASSWORD] {
            let throttled = visitor.post(LOG_IN, &credentials(email, password)).await;
            throttled.refused(429, "throttled");
            let secs: i64 = throttled.header("retry-after").unwrap().parse().unwrap();
            assert!((1..=900).contains(&secs), "{secs}");
        }
    }
    let form = visitor.submit("/rpc/login", &[("email", &owner.email), ("password", PASSWORD)]).await;
    assert!(form.leads_to().starts_with("/login?code=throttled&wait="), "{form:#?}");
    visitor.post(SIGN_UP, &credentials(&owner.email, PASSWORD)).await.refused(429, "throttled");
    for _ in 0..2 * FAILURES {
        app.visitor().post(LOG_IN, &credentials(&other.email, PASSWORD)).await.expect(200);
    }
    owner.get(ME).await.expect(200);
}

#[rstest]
#[tokio::test]
async fn concurrent_guesses_are_all_counted(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    let visitor = app.visitor();
    let wrong = credentials(&owner.email, OTHER_PASSWORD);
    let answers = join_all((0..30).map(|_| visitor.post(LOG_IN, &wrong))).await;
    let looked_at = answers.iter().filter(|answer| answer.status == 401).count();
    // Tolerates one guess above the limit, which is verified while another guess is counted.
    assert!((FAILURES..=FAILURES + 1).contains(&looked_at), "{looked_at} guesses were checked");
    assert_eq!(answers.iter().filter(|answer| answer.status == 429).count(), 30 - looked_at);
}

#[rstest]
#[tokio::test]
async fn an_address_that_tries_many_accounts_is_throttled_despite_forged_headers(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    let visitor = app.visitor();
    let guess = async |number: usize| {
        let request = visitor
            .request(reqwest::Method::POST, LOG_IN)
            .header("x-forwarded-for", format!("203.0.113.{}", number % 250));
        let answer =
            visitor.send(request.json(&credentials(&format!("user{number}@example.com"), OTHER_PASSWORD))).await;
        answer.status
    };
    let mut refused = 0;
    while guess(refused).await == 401 {
        refused += 1;
        assert!(refused <= 100, "the address is never throttled");
    }
    assert_eq!(refused, 100);
    visitor.post(LOG_IN, &credentials(&owner.email, PASSWORD)).await.refused(429, "throttled");
    owner.get(ME).await.expect(200);
}

#[rstest]
#[tokio::test]
async fn a_login_gets_a_new_session_id_and_a_logout_ends_it_on_the_server(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    let first = owner.cookie(COOKIE).unwrap();

    // A login replaces a session id that an attacker has planted in the browser (session fixation).
    let foisted = app.visitor();
    foisted.set_cookie(COOKIE, &first);
    foisted.post(LOG_IN, &credentials(&owner.email, PASSWORD)).await.expect(200);
    let second = foisted.cookie(COOKIE).unwrap();
    assert_ne!(first, second);
    owner.get(ME).await.refused(401, "unauthenticated");

    let made_up = app.visitor();
    made_up.set_cookie(COOKIE, "AAAAAAAAAAAAAAAAAAAAAA");
    made_up.post(LOG_IN, &credentials(&owner.email, PASSWORD)).await.expect(200);
    assert_ne!(made_up.cookie(COOKIE).unwrap(), "AAAAAAAAAAAAAAAAAAAAAA");

    let out = foisted.send(foisted.request(reqwest::Method::POST, LOG_OUT)).await;
    assert_eq!((out.status, out.text.as_str()), (204, ""));
    assert!(foisted.cookie(COOKIE).is_none(), "the cookie is deleted: {out:#?}");
    foisted.set_cookie(COOKIE, &second);
    foisted.get(ME).await.refused(401, "unauthenticated");
    assert_eq!(app.visitor().post(LOG_OUT, &json!({})).await.status, 204, "a logout without a session succeeds");
    made_up.get(ME).await.expect(200);
}

#[rstest]
#[tokio::test]
async fn only_workspaces_of_the_user_can_be_opened(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let (owner, other) = (app.owner_on("pro").await, app.owner().await);
    let second = app.second_workspace_of(&owner).await;
    let open = async |browser: &Browser| browser.get(ME).await.expect(200)["tenantId"].as_str().unwrap().to_owned();
    let first = open(&owner).await;
    assert_eq!(first, owner.tenant.as_str());

    for foreign in [other.tenant.as_str(), "no-such-tenant", "", "../..", "a b", "\u{0}"] {
        assert_eq!(owner.submit("/rpc/workspace", &[("tenant", foreign)]).await.leads_to(), "/membership");
        assert_eq!(open(&owner).await, first, "{foreign}");
    }
    owner.submit("/rpc/workspace", &[("tenant", second.as_str())]).await;
    assert_eq!(open(&owner).await, second.as_str());
    assert_eq!(owner.status().await["plan"], "free");
    assert!(owner.get("/membership").await.text.contains("Zenith"));

    let asks_for = |tenant: &str| {
        owner.request(reqwest::Method::GET, "/api/v1/billing/status").header("x-tenant-id", tenant.as_bytes())
    };
    assert_eq!(owner.send(asks_for(&first)).await.expect(200)["data"]["plan"], "pro");
    let foreign = owner.send(asks_for(other.tenant.as_str())).await;
    foreign.refused(404, "tenant_not_found");
    for missing in ["01890000-0000-7000-8000-000000000000", "", "tenant-123", "*", "é", &"x".repeat(5000)] {
        assert_eq!(stable_parts(&owner.send(asks_for(missing)).await), stable_parts(&foreign), "{missing}");
    }
    let checkout =
        owner.request(reqwest::Method::POST, "/api/v1/billing/checkout").header("x-tenant-id", other.tenant.as_str());
    owner.send(checkout.json(&json!({ "plan": "pro" }))).await.refused(404, "tenant_not_found");
}

#[rstest]
#[tokio::test]
async fn an_api_key_reads_only_its_workspace_and_buys_nothing(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let (owner, other) = (app.owner_on("pro").await, app.owner().await);
    let key = app.api_key(&owner.tenant, "read").await;
    let visitor = app.visitor();
    let with = |method, path: &str, key: &str| visitor.request(method, path).bearer_auth(key);
    let (get, post) = (reqwest::Method::GET, reqwest::Method::POST);

    let status = visitor.send(with(get.clone(), "/api/v1/billing/status", &key)).await.expect(200);
    assert_eq!(status["data"]["plan"], "pro");
    let here = with(get.clone(), "/api/v1/billing/status", &key).header("x-tenant-id", owner.tenant.as_str());
    visitor.send(here).await.expect(200);
    let there = with(get.clone(), "/api/v1/billing/status", &key).header("x-tenant-id", other.tenant.as_str());
    visitor.send(there).await.refused(404, "tenant_not_found");
    let me = visitor.send(with(get.clone(), "/api/v1/auth/me", &key)).await.expect(200);
    assert_eq!((&me["tenantId"], &me["scopes"]), (&json!(owner.tenant), &json!(["read"])));
    for path in ["/api/v1/billing/checkout", "/api/v1/billing/portal"] {
        let answer = visitor.send(with(post.clone(), path, &key).json(&json!({ "plan": "team" }))).await;
        answer.refused(403, "session_required");
    }
    let mut last = key.clone();
    last.pop();
    last.push(if key.ends_with('0') { '1' } else { '0' });
    let (id, _) = key.rsplit_once('_').unwrap();
    let id_alone = format!("{id}_");
    for wrong in [last.as_str(), &id_alone, "dues_", "dues__", "", "x", &key.to_uppercase(), &"dues_".repeat(1000)] {
        visitor.send(with(get.clone(), "/api/v1/billing/status", wrong)).await.refused(401, "unauthenticated");
    }
    let odd = visitor.request(get, "/api/v1/billing/status").header("authorization", "Basic é".as_bytes());
    visitor.send(odd).await.refused(401, "unauthenticated");
}

#[rstest]
#[tokio::test]
async fn concurrent_guesses_do_not_delay_other_logins(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    let request_body = json!({ "email": owner.email, "password": "not their password" });
    let visitor = app.visitor();
    let answers = join_all((0..40).map(|_| visitor.post("/api/v1/auth/signup", &request_body))).await;
    for answer in answers {
        assert!(matches!(answer.status, 401 | 429), "{answer:#?}");
    }
}

#[rstest]
#[tokio::test]
async fn an_overlong_email_matches_no_account_and_is_not_counted(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    for email in ["a".repeat(4000) + "@example.com", format!("a@{}com", "x.".repeat(2000)), "a".repeat(255)] {
        for _ in 0..=FAILURES {
            let request_body = json!({ "email": email, "password": PASSWORD });
            app.visitor().post(LOG_IN, &request_body).await.refused(401, "invalid_credentials");
            let form = app.visitor().submit("/rpc/login", &[("email", &*email), ("password", PASSWORD)]).await;
            assert!(!form.leads_to().contains("throttled"), "{form:#?}");
        }
    }
    for _ in 0..=FAILURES {
        let long = "a".repeat(28_000) + "@example.com";
        let form = app.visitor().submit("/rpc/login", &[("email", &*long), ("password", PASSWORD)]).await;
        assert!(!form.leads_to().contains("throttled"), "{form:#?}");
    }
}
