//! The pages of imports on the operator's desk: a dry run, the report, the adoption of customers, and a CSV.

use reqwest::Method;
use rstest::rstest;

use super::operator::{assert_no_page, operator, shown};
use crate::harness::{Answer, Browser, Engine, Owner, TestApp, eventually};

const IMPORTS: &str = "/operator/imports";
const START: &str = "/rpc/operator-start-import";
const UPLOAD: &str = "/rpc/operator-upload-import";
const ADOPT: &str = "/rpc/operator-adopt-import";
const CANCEL: &str = "/rpc/operator-cancel-import";
const MEBIBYTE: usize = 1 << 20;

/// Creates a customer at the provider who pays for Pro.
async fn paying_customer(app: &TestApp, email: &str, org: &str) -> String {
    let customer = app.stripe.post("/v1/customers", &[("email", email), ("metadata[org]", org)]).await;
    let customer = customer["id"].as_str().unwrap().to_owned();
    let price = app.stripe.price("pro");
    let session = [
        ("mode", "subscription"),
        ("customer", customer.as_str()),
        ("line_items[0][price]", price.as_str()),
        ("line_items[0][quantity]", "1"),
        ("success_url", "http://shop.test/paid"),
        ("cancel_url", "http://shop.test/back"),
    ];
    let session = app.stripe.post("/v1/checkout/sessions", &session).await;
    app.stripe.pay_as(session["url"].as_str().unwrap(), email, "Ada Acme").await;
    customer
}

/// Starts an import with the form, and returns the path of its page when the dry run is done.
async fn preview(desk: &Owner, form: &[(&str, &str)]) -> String {
    let started = desk.submit(START, form).await;
    let path = started.leads_to().strip_suffix("?code=started").unwrap().to_owned();
    eventually("the dry run is done", async || shown(desk, &path).await.contains("This is a preview.")).await;
    path
}

/// Sends the form with a file as a browser without JavaScript does.
async fn upload(browser: &Browser, csv: &[u8]) -> Answer {
    upload_to(browser, &format!("{UPLOAD}{}", browser.drawn_for().await), csv).await
}

async fn upload_to(browser: &Browser, path: &str, csv: &[u8]) -> Answer {
    let part = |name: &str, file: &str, value: &[u8]| {
        let head = format!("--line\r\ncontent-disposition: form-data; name=\"{name}\"{file}\r\n\r\n");
        [head.as_bytes(), value, b"\r\n"].concat()
    };
    let body = [
        part("csvProvider", "", b"stripe"),
        part("csv", "; filename=\"customers.csv\"\r\ncontent-type: text/csv", csv),
        part("pasted", "", b""),
        b"--line--\r\n".to_vec(),
    ];
    let request = browser.request(Method::POST, path).header("accept", "text/html");
    browser.send(request.header("content-type", "multipart/form-data; boundary=line").body(body.concat())).await
}

#[rstest]
#[tokio::test]
async fn customers_are_previewed_and_then_adopted(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let desk = operator(&app).await;
    assert!(shown(&desk, "/operator").await.contains("href=\"/operator/imports\">import them</a>"));
    let paying = paying_customer(&app, "ada@moving.test", "org-1").await;
    let idle = app.stripe.post("/v1/customers", &[("email", "bob@moving.test"), ("metadata[org]", "org-2")]).await;
    let idle = idle["id"].as_str().unwrap();
    app.stripe.post("/v1/customers", &[("email", "eve@moving.test")]).await;
    assert!(shown(&desk, IMPORTS).await.contains("No imports yet."));

    let path = preview(&desk, &[("provider", "stripe"), ("from", "metadata"), ("key", "org")]).await;
    let page = shown(&desk, &path).await;
    for words in [
        "2 customers can be adopted.",
        "External ID: metadata key org",
        "Adopt all 2 customers",
        "eve@moving.test",
        "No external ID",
        "$29.00 a month",
        &paying,
        idle,
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let listed = shown(&desk, IMPORTS).await;
    assert!(listed.contains(&format!("href=\"{path}\"")) && listed.contains(&desk.email), "{listed}");
    let filtered = shown(&desk, &format!("{path}?outcome=no_external_id")).await;
    assert!(filtered.contains("eve@moving.test") && !filtered.contains("ada@moving.test"), "{filtered}");
    assert!(!filtered.contains(ADOPT), "{filtered}");
    // Broken filters and cursors show the first page.
    assert!(shown(&desk, &format!("{path}?outcome=tea&after=x")).await.contains("ada@moving.test"));
    assert!(shown(&desk, "/operator?search=org-1").await.contains("No matching tenants."), "nothing is saved");

    let report = desk.get(&format!("{path}/report.json")).await.expect(200);
    let outcomes: Vec<_> = report["rows"].as_array().unwrap().iter().map(|row| &row["outcome"]).collect();
    assert_eq!(outcomes.len(), 3, "{report}");
    assert!(outcomes.iter().any(|outcome| *outcome == "no_subscription"), "{report}");
    assert_eq!(report["totals"][0]["monthly"], 2900, "{report}");
    assert_eq!(report["prices"], serde_json::json!([]), "{report}");

    let import = path.rsplit('/').next().unwrap();
    let none = desk.submit(ADOPT, &[("import", import)]).await;
    assert_eq!(none.leads_to(), format!("{path}?code=validation_error&wrong=rows"));
    assert!(shown(&desk, none.leads_to()).await.contains("Select at least one customer"));
    let position = page.split(&paying).next().unwrap().rsplit("name=\"rows[]\" value=\"").next().unwrap();
    let position = position.split('"').next().unwrap();
    let selected = desk.submit(ADOPT, &[("import", import), ("rows[]", position)]).await;
    assert_eq!(selected.leads_to(), format!("{path}?code=adopting"));
    eventually("one is adopted", async || shown(&desk, &path).await.contains("1 customer adopted.")).await;
    let tenants = shown(&desk, "/operator?search=org-1").await;
    assert!(tenants.contains(">Pro<"), "{tenants}");
    assert!(shown(&desk, "/operator?search=org-2").await.contains("No matching tenants."));

    let all = desk.submit(ADOPT, &[("import", import), ("listed", "1"), ("outcome", "no_subscription")]).await;
    assert_eq!(all.leads_to(), format!("{path}?code=adopting"));
    eventually("both are adopted", async || shown(&desk, &path).await.contains("2 customers adopted.")).await;
    assert!(!shown(&desk, "/operator?search=org-2").await.contains("No matching tenants."));
    assert!(!shown(&desk, &path).await.contains(ADOPT), "nothing is left to adopt");
    assert!(!shown(&desk, "/operator").await.contains("import them</a>"));
    assert_eq!(app.stripe.list("/v1/customers?limit=100").await.len(), 3, "no customer is made");
}

#[rstest]
#[tokio::test]
async fn a_csv_is_uploaded_or_pasted(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let desk = operator(&app).await;
    let customer = paying_customer(&app, "ada@moving.test", "").await;
    let csv = format!("external_id;name;stripe_customer_id\norg-1;Mill & Söhne;{customer}\n");
    let started = upload(&desk, csv.as_bytes()).await;
    let path = started.leads_to().strip_suffix("?code=started").unwrap().to_owned();
    eventually("the dry run is done", async || shown(&desk, &path).await.contains("This is a preview.")).await;
    let page = shown(&desk, &path).await;
    assert!(page.contains("1 customer can be adopted.") && page.contains("Mill &amp; Söhne"), "{page}");

    // A file of several megabytes is read: what is wrong with it is in its last line.
    let rows = format!("a,cus_1,{}\n", "x".repeat(990)).repeat(3_200);
    let long = format!("external_id,stripe_customer_id,note\n{rows}b\n");
    assert!(long.len() > 3 * MEBIBYTE);
    let refused = upload(&desk, long.as_bytes()).await;
    assert_eq!(refused.leads_to(), format!("{IMPORTS}?why=fields&line=3202&code=validation_error&wrong=csv"));
    let page = shown(&desk, refused.leads_to()).await;
    assert!(page.contains("has more or fewer fields than the header."), "{page}");
    let cases: [(&[u8], &str); 5] = [
        (b"", "code=validation_error&wrong=csv"),
        (b"external_id,stripe_customer_id\nM\xfcller,cus_1\n", "code=validation_error&wrong=csv"),
        (b"name\nAda\n", "why=header&code=validation_error&wrong=csv"),
        (b"external_id,stripe_customer_id\n", "why=empty&code=validation_error&wrong=csv"),
        (b"external_id,stripe_customer_id\na,\n", "why=no_customer&line=2&code=validation_error&wrong=csv"),
    ];
    for (csv, answer) in cases {
        assert_eq!(upload(&desk, csv).await.leads_to(), format!("{IMPORTS}?{answer}"));
    }
    upload(&desk, &vec![b'a'; 16 * MEBIBYTE + MEBIBYTE / 2]).await.refused(413, "payload_too_large");

    let pasted = [("csvProvider", "stripe"), ("pasted", csv.as_str())];
    assert!(desk.submit(UPLOAD, &pasted).await.leads_to().ends_with("?code=started"));
    let unknown = [("csvProvider", "bank"), ("pasted", csv.as_str())];
    assert!(desk.submit(UPLOAD, &unknown).await.leads_to().ends_with("?code=validation_error&wrong=csvProvider"));
}

#[rstest]
#[tokio::test]
async fn a_form_with_a_file_has_the_guards_of_every_form(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let (desk, other) = (operator(&app).await, app.owner().await);
    let csv = b"external_id,stripe_customer_id\na,cus_1\n";
    assert_eq!(upload(&app.visitor(), csv).await.leads_to(), "/login?code=session_over");
    assert_eq!(upload(&other, csv).await.leads_to(), "/operator");
    let large = vec![b'a'; MEBIBYTE];
    upload(&other, &large).await.refused(413, "payload_too_large");
    let drawn_for_other = format!("{UPLOAD}{}", other.drawn_for().await);
    assert!(upload_to(&desk, &drawn_for_other, csv).await.leads_to().starts_with("/form-refused"));
    let address = format!("{UPLOAD}{}", desk.drawn_for().await);
    let request = desk.request(Method::POST, &address).header("sec-fetch-site", "cross-site");
    let request = request.header("content-type", "multipart/form-data; boundary=line").body("--line--\r\n");
    desk.send(request).await.refused(403, "cross_site_request");
    for (content_type, body) in [("multipart/form-data", "--line--\r\n"), ("multipart/form-data; boundary=line", "x")] {
        let request = desk.request(Method::POST, &address).header("content-type", content_type).body(body);
        desk.send(request).await.refused(400, "invalid_form");
    }
    // No other form takes a file.
    let elsewhere = format!("{START}{}", desk.drawn_for().await);
    upload_to(&desk, &elsewhere, csv).await.refused(415, "unsupported_media_type");
    assert!(shown(&desk, IMPORTS).await.contains("No imports yet."));
}

#[rstest]
#[tokio::test]
async fn imports_are_for_operators_alone(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let (desk, other, visitor) = (operator(&app).await, app.owner().await, app.visitor());
    app.stripe.post("/v1/customers", &[("email", "ada@moving.test")]).await;
    let path = preview(&desk, &[("provider", "stripe"), ("from", "customer")]).await;
    let import = path.rsplit('/').next().unwrap();
    for browser in [&*other, &visitor] {
        assert_no_page(&browser.get(&path).await, "the page of an import");
        assert_eq!(browser.get(&format!("{path}/report.json")).await.status, 404);
        for form in [ADOPT, CANCEL] {
            let answer = browser.submit(form, &[("import", import), ("listed", "1")]).await;
            assert!(!answer.leads_to().starts_with(IMPORTS), "{answer:#?}");
        }
    }
    assert!(shown(&desk, &path).await.contains("1 customer can be adopted."));
    for unknown in ["x", "a%20b"] {
        assert_no_page(&desk.get(&format!("{IMPORTS}/{unknown}")).await, unknown);
        assert_eq!(desk.get(&format!("{IMPORTS}/{unknown}/report.json")).await.status, 404);
    }
    for form in [ADOPT, CANCEL] {
        for unknown in ["x", "", "../x"] {
            let answer = desk.submit(form, &[("import", unknown), ("listed", "1")]).await;
            assert!(answer.leads_to().ends_with("?code=not_found"), "{form} of {unknown}: {answer:#?}");
        }
    }
    for (form, wrong) in [
        (vec![("provider", "bank"), ("from", "email")], "provider"),
        (vec![("provider", "stripe"), ("from", "name")], "from"),
        (vec![("provider", "stripe"), ("from", "metadata"), ("key", " ")], "key"),
    ] {
        let refused = desk.submit(START, &form).await;
        assert_eq!(refused.leads_to(), format!("{IMPORTS}?code=validation_error&wrong={wrong}"));
        assert!(shown(&desk, refused.leads_to()).await.contains("1 field needs a correction"));
    }
}

#[rstest]
#[tokio::test]
async fn the_page_of_a_running_import_reloads_until_it_is_canceled(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let desk = operator(&app).await;
    // Customers are read at a bounded pace, so that the import runs for some seconds.
    for number in 0..80 {
        let email = format!("{number}@moving.test");
        app.stripe.post("/v1/customers", &[("email", email.as_str())]).await;
    }
    let started = desk.submit(START, &[("provider", "stripe"), ("from", "customer")]).await;
    let path = started.leads_to().split('?').next().unwrap();
    let running = desk.get(started.leads_to()).await;
    assert_eq!(running.header("refresh"), Some(format!("5; url={path}").as_str()), "{running:#?}");
    assert!(running.text.contains("Import started") && running.text.contains(CANCEL), "{running:#?}");
    let again = desk.submit(START, &[("provider", "stripe"), ("from", "email")]).await;
    assert_eq!(again.leads_to(), format!("{IMPORTS}?code=conflict"));
    let import = [("import", path.rsplit('/').next().unwrap())];
    assert_eq!(desk.submit(CANCEL, &import).await.leads_to(), format!("{path}?code=canceled"));
    let page = desk.get(path).await;
    assert!(page.text.contains("The import is canceled.") && page.header("refresh").is_none(), "{page:#?}");
    assert_eq!(desk.submit(CANCEL, &import).await.leads_to(), format!("{path}?code=conflict"));
    assert!(shown(&desk, &format!("{path}?code=conflict")).await.contains("Not possible right now"));
}
