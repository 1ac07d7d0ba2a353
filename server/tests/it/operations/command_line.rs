//! The command line, and how the server starts and stops.

use std::{path::Path, process::Output, time::Instant};

use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{Engine, PASSWORD, TestApp, command, within_staleness};

const CATALOG: &str = include_str!("../../../domain/src/catalog/default.toml");

async fn run(arguments: &[&str], settings: &[(&str, &str)]) -> Output {
    command(arguments).envs(settings.iter().copied()).output().await.unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// The URL of a database in `folder`, so that none is created in the working directory.
fn database_in(folder: &Path) -> String {
    format!("sqlite://{}", folder.join("dues.db").display())
}

#[rstest]
#[case(&[], "server demo")]
#[case(&["demo"], "demo.json")]
#[case(&["serve"], "migrations")]
#[case(&["sandbox"], "SANDBOX_LISTEN")]
#[case(&["migrate"], "DATABASE_URL")]
#[case(&["backup"], "restore")]
#[case(&["backup", "create"], "SECRETS_KEY")]
#[case(&["backup", "verify"], "--scratch")]
#[case(&["backup", "restore"], "--force")]
#[case(&["catalog"], "check")]
#[case(&["catalog", "check"], "line")]
#[case(&["locales"], "export")]
#[case(&["locales", "check"], "LOCALES_DIR")]
#[case(&["locales", "export"], "--language")]
#[case(&["config"], "masked")]
#[case(&["manual"], "man pages")]
#[case(&["stripe"], "setup")]
#[case(&["stripe", "setup"], "STRIPE_SECRET_KEY")]
#[case(&["stripe", "import"], "--external-id-from")]
#[case(&["polar", "import"], "polar_customer_id")]
#[case(&["tenant"], "create")]
#[case(&["tenant", "create"], "--json")]
#[case(&["password-reset"], "--email")]
#[case(&["api-key"], "create")]
#[case(&["operator"], "remove")]
#[case(&["operator", "add"], "--email")]
#[case(&["operator", "list"], "--json")]
#[case(&["enterprise"], "list")]
#[case(&["enterprise", "list"], "--json")]
#[case(&["api-key", "create"], "--expires-at")]
#[case(&["api-key", "list"], "--tenant")]
#[case(&["installation-key"], "create")]
#[case(&["installation-key", "create"], "--scopes")]
#[case(&["installation-key", "list"], "--json")]
#[case(&["installation-key", "revoke"], "--id")]
#[case(&["api-key", "revoke"], "--id")]
#[tokio::test]
async fn every_command_has_help(#[case] arguments: &[&str], #[case] says: &str) {
    let output = run(&[arguments, &["--help"]].concat(), &[]).await;
    assert!(output.status.success(), "{output:?}");
    assert!(text(&output.stdout).contains(says), "{}", text(&output.stdout));
    assert!(output.stderr.is_empty(), "{output:?}");
}

#[tokio::test]
async fn an_unknown_command_is_refused() {
    for arguments in [&["dance"][..], &[], &["tenant", "create"], &["serve", "--fast"], &["demo", "--provider", "cash"]]
    {
        let output = run(arguments, &[]).await;
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(text(&output.stderr).contains("--help") || text(&output.stderr).contains("Usage:"), "{output:?}");
    }
}

#[tokio::test]
async fn catalog_mistakes_are_reported_with_line_and_key() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("plans.toml");
    let path = file.to_str().unwrap();
    std::fs::write(&file, CATALOG).unwrap();
    let good = run(&["catalog", "check", path], &[]).await;
    assert!(good.status.success(), "{good:?}");
    assert!(text(&good.stdout).contains("19 features, 8 plans"), "{}", text(&good.stdout));

    std::fs::write(&file, format!("{CATALOG}\n[plan.gold]\nrank = \"high\"\n")).unwrap();
    let bad = run(&["catalog", "check", path], &[]).await;
    assert_eq!(bad.status.code(), Some(1));
    let line = CATALOG.lines().count() + 3;
    let report = text(&bad.stdout);
    assert!(report.lines().all(|mistake| mistake.starts_with(&format!("{path}:"))), "{report}");
    assert!(
        report.lines().any(|mistake| mistake.starts_with(&format!("{path}:{line}:")) && mistake.contains("rank")),
        "{report}"
    );

    for (what, content) in [("empty", &b""[..]), ("no text", b"\xff\xfe"), ("no TOML", b"plans = [")] {
        std::fs::write(&file, content).unwrap();
        assert_eq!(run(&["catalog", "check", path], &[]).await.status.code(), Some(1), "{what}");
    }
    let missing = run(&["catalog", "check", "/no/such/file.toml"], &[]).await;
    assert_eq!(missing.status.code(), Some(1));
    assert_eq!(text(&missing.stderr).lines().count(), 1, "{missing:?}");
}

const SELLS: [(&str, &str); 3] =
    [("PAYMENT_PROVIDER", "stripe"), ("STRIPE_SECRET_KEY", "sk_test_x"), ("ALLOW_SANDBOX", "1")];

#[rstest]
#[case("LISTEN", "nowhere", &[])]
#[case("LISTEN", "127.0.0.1:99999", &[])]
#[case("LISTEN", "192.0.2.1:80", &[])]
#[case("DATABASE_URL", "mysql://localhost/dues", &[])]
#[case("DATABASE_URL", "sqlite:///proc/no/such/folder/dues.db", &[])]
#[case("DATABASE_URL", "postgres://dues@127.0.0.1:1/dues", &[])]
#[case("APP_URL", "dues.test", &[])]
#[case("APP_URL", "ftp://dues.test", &[])]
#[case("APP_URL", "https://ada:secret@dues.test", &[])]
#[case("APP_URL", "https://dues.test/?a=b", &[])]
#[case("CATALOG", "/no/such/file.toml", &[])]
#[case("PAYMENT_PROVIDER", "cash", &[])]
#[case("STRIPE_SECRET_KEY", "", &[("PAYMENT_PROVIDER", "stripe")])]
#[case("STRIPE_SECRET_KEY", "sk test", &[])]
#[case("STRIPE_SECRET_KEY", "sk_live_x", &[("STRIPE_API_BASE", "http://127.0.0.1:1/"), ("ALLOW_SANDBOX", "1")])]
#[case("STRIPE_API_BASE", "http://127.0.0.1:1/", &[("STRIPE_SECRET_KEY", "sk_test_x")])]
#[case("STRIPE_API_BASE", "not a url", &SELLS)]
#[case("STRIPE_PRICE_MAP", "{", &SELLS)]
#[case("STRIPE_PRICE_MAP", "[]", &SELLS)]
#[case("STRIPE_PRICE_MAP", r#"{"gold_monthly":"price_1"}"#, &SELLS)]
#[case("STRIPE_PRICE_MAP", r#"{"pro_weekly":"price_1"}"#, &SELLS)]
#[case("ALLOWED_REDIRECT_ORIGINS", "app.example.com", &[])]
#[case("SMTP_URL", "mail.example.com:25", &[])]
#[case("SMTP_URL", "smtp://mail.example.com?tls=perhaps", &[])]
#[case("MAIL_FROM", "Dues", &[])]
#[case("TRUSTED_PROXIES", "proxy", &[])]
#[case("GRACE_DAYS", "soon", &[])]
#[case("SECRETS_KEY", "c2hvcnQ=", &[])]
#[case("RATE_LIMIT_PERSON", "-1", &[])]
#[case("RATE_LIMIT_KEY", "many", &[])]
#[case("RATE_LIMIT_ADDRESS", "1.5", &[])]
#[case("SALES_EMAIL", "sales", &[])]
#[case("BRAND_ACCENT", "teal", &[])]
#[case("BRAND_LOGO", "/nowhere.svg", &[])]
#[case("METRICS_LISTEN", "9464", &[])]
#[case("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317", &[])]
#[case("OTEL_TRACES_SAMPLER_ARG", "2", &[])]
#[case("LOG_FORMAT", "xml", &[])]
#[case("RUST_LOG", "a=b=c", &[])]
#[tokio::test]
async fn an_invalid_setting_stops_the_start_with_one_line_that_names_it(
    #[case] name: &str,
    #[case] value: &str,
    #[case] beside: &[(&str, &str)],
) {
    let folder = tempfile::tempdir().unwrap();
    let database = database_in(folder.path());
    let settings = [
        &[("LISTEN", "127.0.0.1:0"), ("METRICS_LISTEN", "127.0.0.1:0"), ("DATABASE_URL", database.as_str())],
        beside,
        &[(name, value)],
    ]
    .concat();
    let began = Instant::now();
    let output = run(&["serve"], &settings).await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let line = text(&output.stderr);
    assert_eq!(line.lines().count(), 1, "{line}");
    let expects = ["it expects", "must", "write it like", "it has"];
    assert!(line.contains(name) && expects.iter().any(|words| line.contains(words)), "{line}");
    assert!(!line.contains("secret@"), "{line}");
    assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
}

#[tokio::test]
async fn the_settings_in_force_are_printed_without_secrets() {
    let settings = [
        ("STRIPE_SECRET_KEY", "sk_test_hush"),
        ("STRIPE_WEBHOOK_SECRET", "whsec_hush"),
        ("SECRETS_KEY", "aHVzaGh1c2hodXNoaHVzaGh1c2hodXNoaHVzaGh1c2g="),
        ("DATABASE_URL", "postgres://dues:hush@db.test/dues"),
        ("APP_URL", "https://billing.example.com"),
    ];
    let output = run(&["config"], &settings).await;
    assert!(output.status.success(), "{output:?}");
    let lines = text(&output.stdout);
    assert!(!lines.contains("hush") && !lines.contains("aHVza"), "{lines}");
    for line in
        ["APP_URL=https://billing.example.com/", "LISTEN=127.0.0.1:3000", "PAYMENT_PROVIDER=none", "GRACE_DAYS=7"]
    {
        assert!(lines.lines().any(|other| other == line), "{line} in {lines}");
    }
    assert!(lines.contains("STRIPE_SECRET_KEY=•"), "{lines}");
}

#[rstest]
#[tokio::test]
async fn a_tenant_created_on_the_command_line_can_be_used(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let create = ["tenant", "create", "--name", "Acme", "--email", "Ada@Acme.test", "--password", PASSWORD];
    let made = app.command(&[&create[..], &["--plan", "pro", "--json"]].concat()).await;
    assert!(made.status.success(), "{made:?}");
    assert_eq!(text(&made.stdout).lines().count(), 1);
    let made: Value = serde_json::from_slice(&made.stdout).unwrap();
    assert_eq!((&made["name"], &made["plan"]), (&json!("Acme"), &json!("pro")));
    let ada = app.signed_in("ada@acme.test").await;
    let me = ada.get("/api/v1/auth/me").await.expect(200);
    assert_eq!((&me["tenantId"], &me["userId"]), (&made["id"], &made["owner"]["id"]));
    assert_eq!(ada.status().await["plan"], "pro");

    let plain = app.command(&create).await;
    assert!(plain.status.success() && text(&plain.stdout).starts_with("Acme is made"), "{plain:?}");
    for (wrong, says) in [
        ([&create[..], &["--plan", "gold"]].concat(), "gold"),
        (vec!["tenant", "create", "--name", "", "--email", "ada", "--password", "x"], "10 characters"),
        (vec!["api-key", "create", "--tenant", "unknown", "--scopes", "read"], "--tenant is wrong"),
    ] {
        let output = app.command(&wrong).await;
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let line = text(&output.stderr);
        assert!(line.lines().count() == 1 && line.contains(says), "{line}");
    }
}

#[rstest]
#[tokio::test]
async fn overrides_are_set_on_the_command_line(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    let settle = async |more: &[&str]| {
        app.command(&[&["tenant", "override", "--tenant", owner.tenant.as_str()], more].concat()).await
    };
    let ends = ["--until", "2099-01-31T00:00:00Z"];
    let output = settle(&[&["--plan", "team", "--limit", "projects=7", "--json"], &ends[..]].concat()).await;
    let body: Value = serde_json::from_slice(&output.stdout).unwrap();
    let limits = json!([{ "feature": "projects", "limit": 7, "until": "2099-01-31T00:00:00Z" }]);
    let granted = json!({ "plan": "team", "until": "2099-01-31T00:00:00Z" });
    assert_eq!(body, json!({ "id": owner.tenant, "plan": "team", "granted": granted, "limits": limits }));

    // The server runs in another process than the command, so it notices the change after a moment.
    within_staleness("the server has the plan", async || owner.status().await["plan"] == "team").await;
    let snapshot = owner.get("/api/v1/billing/subscription").await.expect(200);
    assert_eq!(snapshot["limits"]["projects"], 7);
    assert_eq!(owner.get("/api/v1/billing/features/projects/check").await.expect(200)["limit"], 7);
    let page = owner.get("/membership").await.text;
    assert!(
        page.contains("has been granted to this workspace") && page.contains("until <b>31\u{a0}Jan\u{a0}2099</b>"),
        "{page}"
    );

    let plain = settle(&["--no-plan", "--limit", "projects=plan", "--limit", "websocket_rooms=unlimited"]).await;
    let says = format!("Tenant {} is on free.\nwebsocket_rooms: no limit.\n", owner.tenant);
    assert_eq!(text(&plain.stdout), says);
    assert_eq!(text(&settle(&[]).await.stdout), says, "without options it only prints");
    let capped = settle(&["--limit", "projects=at-most:4", "--json"]).await;
    let capped: Value = serde_json::from_slice(&capped.stdout).unwrap();
    assert_eq!(capped["limits"][0], json!({ "feature": "projects", "limit": 4, "until": null, "atMost": true }));
    assert!(text(&settle(&[]).await.stdout).contains("projects: 4 at most on every plan."));
    assert_eq!(
        owner.get("/api/v1/billing/subscription").await.expect(200)["limits"]["projects"],
        1,
        "the limit of Free applies"
    );
    for (wrong, says) in [
        (&["--limit", "projects"][..], "write a limit as"),
        (&["--limit", "projects=at-most:many"], "write a limit as"),
        (&["--limit", "tea=1"], "no feature"),
        (&["--plan", "gold"], "no plan"),
        (&["--plan", "team", "--until", "2000-01-01T00:00:00Z"], "in the future"),
        (&["--plan", "team", "--no-plan"], "cannot be used with"),
    ] {
        let output = settle(wrong).await;
        assert!(!output.status.success() && text(&output.stderr).contains(says), "{wrong:?}: {output:?}");
    }
}

#[rstest]
#[tokio::test]
async fn keys_are_created_listed_and_revoked_on_the_command_line(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    let tenant = ["--tenant", owner.tenant.as_str()];
    let command =
        async |name: &str, more: &[&str]| app.command(&[&["api-key", name], &tenant[..], more].concat()).await;
    let scopes = ["--scopes", "usage,read", "--name", "nightly", "--expires-at", "2099-01-31T00:00:00Z"];
    let made = command("create", &[&scopes[..], &["--json"]].concat()).await;
    let made: Value = serde_json::from_slice(&made.stdout).unwrap();
    assert_eq!((&made["scopes"], &made["expiresAt"]), (&json!(["read", "usage"]), &json!("2099-01-31T00:00:00Z")));
    let (id, key) = (made["id"].as_str().unwrap(), made["key"].as_str().unwrap());

    let listed = command("list", &["--json"]).await;
    let listed: Value = serde_json::from_slice(&listed.stdout).unwrap();
    assert_eq!(listed, owner.get("/api/v1/tenant/api-keys").await.expect(200), "the same as over the API");
    assert_eq!(listed["items"][0]["createdBy"], Value::Null);
    let plain = command("list", &[]).await;
    let line = text(&plain.stdout);
    assert!(
        line.starts_with(id) && line.contains("read,usage") && line.contains("expires 2099") && !line.contains(key)
    );

    let visitor = app.visitor();
    let ask = async || visitor.send(visitor.request(reqwest::Method::GET, "/api/v1/auth/me").bearer_auth(key)).await;
    assert_eq!(ask().await.status, 200);
    let revoked = command("revoke", &["--id", id, "--json"]).await;
    assert_eq!(serde_json::from_slice::<Value>(&revoked.stdout).unwrap(), json!({ "id": id, "revoked": true }));
    // The server runs in another process than the command, so it notices the change after a moment.
    within_staleness("the server refuses the key", async || ask().await.status == 401).await;
    ask().await.refused(401, "unauthenticated");
    assert!(command("list", &[]).await.stdout.is_empty());

    for (name, wrong, says) in [
        ("revoke", &["--id", "x"][..], "--id is wrong"),
        ("create", &["--scopes", "read,read"], "each scope once"),
        ("create", &["--scopes", "read", "--expires-at", "2020-01-01T00:00:00Z"], "in the future"),
    ] {
        let output = command(name, wrong).await;
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(text(&output.stderr).lines().count() == 1 && text(&output.stderr).contains(says), "{output:?}");
    }
    let output = app.command(&["api-key", "list", "--tenant", "unknown"]).await;
    assert!(text(&output.stderr).contains("--tenant is wrong"), "{output:?}");
    assert_eq!(command("create", &["--scopes", "read", "--expires-at", "soon"]).await.status.code(), Some(2));
}

#[tokio::test]
async fn an_unreachable_database_is_reported_with_its_cause() {
    let output = run(&["migrate"], &[("DATABASE_URL", "postgres://dues@127.0.0.1:1/dues")]).await;
    assert!(text(&output.stderr).contains("refused"), "{output:?}");
}

#[tokio::test]
async fn migrating_a_database_twice_is_safe() {
    let folder = tempfile::tempdir().unwrap();
    let database = database_in(&folder.path().join("made/on/the/way"));
    for _ in 0..2 {
        let output = run(&["migrate"], &[("DATABASE_URL", &database)]).await;
        assert!(output.status.success(), "{output:?}");
        assert_eq!(text(&output.stdout), "The database has every migration.\n");
    }
}

#[tokio::test]
async fn the_sandbox_never_starts_beside_a_live_key() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    for command in ["sandbox", "demo"] {
        let settings =
            [("STRIPE_SECRET_KEY", "sk_live_x"), ("SANDBOX_LISTEN", "127.0.0.1:0"), ("LISTEN", "127.0.0.1:0")];
        let output = run(&[command, "--data", data], &settings).await;
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let line = text(&output.stderr);
        assert!(line.lines().count() == 1 && line.contains("STRIPE_SECRET_KEY is a live key"), "{line}");
        assert!(output.stdout.is_empty(), "{output:?}");
    }
}

#[rstest]
#[tokio::test]
async fn setting_stripe_up_again_changes_nothing(#[values(Engine::Sqlite)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let before = app.stripe.list("/v1/prices?limit=100").await.len();
    let output = app.command(&["stripe", "setup"]).await;
    assert!(output.status.success(), "{output:?}");
    let lines = text(&output.stdout);
    assert!(lines.contains("STRIPE_PRICE_MAP={") && lines.contains("STRIPE_PORTAL_CONFIGURATION=bpc_"), "{lines}");
    assert_eq!(app.stripe.list("/v1/prices?limit=100").await.len(), before);
}

#[rstest]
#[tokio::test]
async fn termination_waits_for_the_request_in_flight(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let mut app = TestApp::on(engine).in_a_process().start().await;
    let owner = app.owner().await;
    app.stripe.gate.stop_answering();
    let click = tokio::spawn(async move { owner.post("/api/v1/billing/checkout", &json!({ "plan": "pro" })).await });
    app.stripe.gate.wait_for_call().await;
    let visitor = app.visitor();
    let (status, answer) = tokio::join!(app.server.terminate(), click);
    assert_eq!(status.code(), Some(0), "{}", app.server.log());
    answer.unwrap().refused(503, "provider_unavailable");
    let refused = visitor.request(reqwest::Method::GET, "/healthz").send().await;
    assert!(refused.is_err_and(|error| error.is_connect()));
}

#[rstest]
#[tokio::test]
async fn an_idle_server_stops_at_once(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let mut app = TestApp::on(engine).in_a_process().start().await;
    let owner = app.owner_on("pro").await;
    let began = Instant::now();
    assert_eq!(app.server.terminate().await.code(), Some(0));
    assert!(began.elapsed().as_secs() < 5, "{:?}", began.elapsed());
    app.restart().await;
    assert_eq!(owner.status().await["plan"], "pro", "session and plan survive the restart");
}
