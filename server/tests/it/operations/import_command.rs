//! `server stripe import` beside a running server, and without one.

use std::process::{Output, Stdio};

use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{Engine, TestApp, eventually};

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

fn succeeded(output: &Output) -> &str {
    assert!(output.status.success(), "{output:?}");
    text(&output.stdout)
}

/// Creates a customer in Stripe's dashboard who pays for Pro.
async fn paying_customer(app: &TestApp, org: &str) -> String {
    let fields = [("email", "ops@acme.test"), ("name", "Acme"), ("metadata[org]", org)];
    let customer = app.stripe.post("/v1/customers", &fields).await["id"].as_str().unwrap().to_owned();
    let price = app.stripe.price("pro");
    let fields = [
        ("customer", customer.as_str()),
        ("items[0][price]", &price),
        ("collection_method", "send_invoice"),
        ("days_until_due", "30"),
    ];
    app.stripe.post("/v1/subscriptions", &fields).await;
    customer
}

#[rstest]
#[tokio::test]
async fn customers_are_imported_after_a_dry_run(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    for org in ["org_1", "org_2"] {
        paying_customer(&app, org).await;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.json");
    let command = ["stripe", "import", "--external-id-from", "metadata.org", "--report", file.to_str().unwrap()];
    let read_report = || serde_json::from_slice::<Value>(&std::fs::read(&file).unwrap()).unwrap();

    let dry = app.command(&[&command[..], &["--dry-run"]].concat()).await;
    let printed = succeeded(&dry);
    assert!(printed.contains("Run this without --dry-run to import."), "{printed}");
    let planned = read_report();
    assert_eq!(planned["totals"], json!([{ "currency": "USD", "subscriptions": 2, "monthly": 5_800 }]));
    assert_eq!(planned["prices"], json!([]));
    let row = &planned["rows"][0];
    assert_eq!((&row["outcome"], &row["plan"], &row["tenantId"]), (&json!("adopt"), &json!("pro"), &Value::Null));
    assert_eq!(row["price"], json!({ "amount": 2_900, "currency": "USD" }));

    let real = app.command(&command).await;
    assert!(succeeded(&real).contains("safe to run this again"), "{real:?}");
    assert!(read_report()["rows"].as_array().unwrap().iter().all(|row| row["tenantId"].is_string()));
    let again = app.command(&command).await;
    succeeded(&again);
    assert!(read_report()["rows"].as_array().unwrap().iter().all(|row| row["outcome"] == "already"));
}

#[rstest]
#[tokio::test]
async fn a_csv_names_the_customers_and_mistakes_are_one_line(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let customer = paying_customer(&app, "unused").await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("customers.csv");
    let path = file.to_str().unwrap();
    std::fs::write(&file, format!("external_id,name,email,stripe_customer_id\norg_1,Acme,,{customer}\n")).unwrap();
    let output = app.command(&["stripe", "import", "--file", path]).await;
    let printed = succeeded(&output);
    let adopted = printed.lines().find(|line| line.starts_with("adopt")).unwrap();
    assert!(adopted.trim_end().ends_with(" 1"), "{printed}");

    std::fs::write(&file, "external_id,name\norg_1,Acme\n").unwrap();
    for (arguments, says) in [
        (&["stripe", "import", "--file", path][..], "the header has no column stripe_customer_id"),
        (&["stripe", "import", "--file", "/no/such/file.csv"], "can't be read"),
        (&["stripe", "import", "--external-id-from", "email", "--report", "/no/such/report.json"], "can't be written"),
        (&["polar", "import", "--external-id-from", "email"], "POLAR_API_KEY is missing"),
    ] {
        let refused = app.command(arguments).await;
        let line = text(&refused.stderr);
        assert_eq!(refused.status.code(), Some(1), "{refused:?}");
        assert!(line.contains(says) && line.lines().count() == 1, "{line}");
    }
    for arguments in [&["stripe", "import"][..], &["stripe", "import", "--external-id-from", "name"]] {
        assert_eq!(app.command(arguments).await.status.code(), Some(2), "{arguments:?}");
    }
}

#[rstest]
#[tokio::test]
async fn a_killed_import_gives_way_to_one_with_other_arguments(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    // Slow enough for the process to be killed before it ends.
    let mut app = TestApp::on(engine).with("IMPORT_CUSTOMERS_PER_SEC", "2").start().await;
    // No worker takes the import further.
    app.server.terminate().await;
    for org in ["org_1", "org_2"] {
        paying_customer(&app, org).await;
    }
    let command = ["stripe", "import", "--external-id-from", "metadata.org"];
    let mut started = app.command_to_start(&command);
    let mut process = started.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let reads_subscriptions = || app.stripe.calls.take().iter().any(|call| call == "GET /v1/subscriptions");
    eventually("the import reads subscriptions", async || reads_subscriptions()).await;
    process.kill().await.unwrap();

    let other = ["stripe", "import", "--external-id-from", "customer", "--dry-run"];
    let refused = app.command(&other).await;
    let line = text(&refused.stderr);
    assert!(line.starts_with("another import from Stripe runs (--external-id-from metadata.org)"), "{refused:?}");
    app.expire_import_claims().await;
    let replaced = app.command(&other).await;
    assert!(succeeded(&replaced).starts_with("Canceled the import (--external-id-from metadata.org)"), "{replaced:?}");
}
