//! The operator's desk: access, contents and actions.

use domain::{account::Role, tenant::scope::Scope};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::{
    harness::{Answer, Browser, Engine, Owner, TestApp, eventually},
    pages::seats::catalog as catalog_with_seats,
};

const DESK: &str = "/operator";
const NO_PAGE: &str = "There’s no page at this address.";

/// Creates an operator with a separate workspace.
pub(super) async fn operator(app: &TestApp) -> Owner {
    let owner = app.owner().await;
    make_operator(app, &owner.email).await;
    owner
}

async fn make_operator(app: &TestApp, email: &str) {
    let output = app.command(&["operator", "add", "--email", email]).await;
    assert!(output.status.success(), "{output:?}");
    app.add_second_factor(email).await;
}

pub(super) fn page_of(owner: &Owner) -> String {
    format!("/operator/tenants/{}", owner.tenant)
}

/// Returns the paths of the desk's pages, with the page about the owner's workspace.
fn pages(owner: &Owner) -> [String; 13] {
    let listed = format!("{DESK}?search={}", owner.tenant);
    [
        DESK.to_owned(),
        listed,
        page_of(owner),
        format!("{}/timeline", page_of(owner)),
        format!("{}/invoices", page_of(owner)),
        "/operator/search?q=unknown".to_owned(),
        "/operator/work".to_owned(),
        "/operator/requests".to_owned(),
        "/operator/revenue".to_owned(),
        "/operator/imports".to_owned(),
        "/operator/keys".to_owned(),
        "/operator/mails".to_owned(),
        "/operator/mails/payment_failed?language=de".to_owned(),
    ]
}

#[track_caller]
pub(super) fn assert_no_page(page: &Answer, what: &str) {
    assert_eq!(page.status, 404, "{what}: {page:#?}");
    assert!(page.text.contains(NO_PAGE), "{what}: {page:#?}");
}

pub(super) async fn shown(browser: &Browser, path: &str) -> String {
    let page = browser.get(path).await;
    assert_eq!(page.status, 200, "{path}: {page:#?}");
    page.text
}

#[rstest]
#[tokio::test]
async fn operator_pages_do_not_exist_for_other_users(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (app, _keys) = TestApp::on(engine).with_firebase().await;
    let app = app.start().await;
    let (here, desk) = (app.owner().await, app.owner().await);
    let (member, admin) = (app.member_of(&here).await, app.colleague_of(&here, Role::Admin).await);
    let key = app.key_of(&desk, &Scope::ALL).await.key;
    // The operator's key and ID token do not open the desk: only a session does.
    let token = app.known_id_token(&desk.email).await;
    make_operator(&app, &desk.email).await;
    let visitor = app.visitor();
    for path in pages(&here) {
        for (who, browser) in [("visitor", &visitor), ("owner", &*here), ("admin", &*admin), ("member", &member)] {
            let page = browser.get(&path).await;
            assert_no_page(&page, &format!("{path} as {who}"));
            let unknown = browser.get("/operator/no/such/page").await;
            assert_eq!(unknown.text.contains("Operator’s desk"), page.text.contains("Operator’s desk"));
        }
        for bearer in [&key, &token] {
            let page = visitor.send(visitor.request(Method::GET, &path).bearer_auth(bearer)).await;
            assert_no_page(&page, &format!("{path} with a bearer"));
        }
        let page = shown(&desk, &path).await;
        assert!(page.contains("Operator’s desk"), "{page}");
    }
    for path in
        ["/operator/tenants/unknown", "/operator/tenants/a%20b", "/operator/tenants", "/operator/imports/unknown"]
    {
        let page = desk.get(path).await;
        assert_no_page(&page, path);
        assert!(page.text.contains("Go to the operator’s desk"), "{page:#?}");
        assert!(
            !here.get(path).await.text.contains("Go to the operator’s desk"),
            "the page links to the desk for a user who is no operator"
        );
    }
    for path in [DESK, "/operator/work", "/membership"] {
        assert!(shown(&desk, path).await.contains("href=\"/operator\""), "{path}");
    }
    assert!(!shown(&here, "/membership").await.contains("href=\"/operator\""));
}

#[rstest]
#[tokio::test]
async fn operator_rights_end_at_once_and_need_no_workspace(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let here = app.owner().await;
    let away = app.colleague_of(&here, Role::Member).await;
    make_operator(&app, &away.email).await;
    assert_eq!(away.submit("/rpc/leave", &[]).await.status, 303);
    let page = shown(&away, DESK).await;
    assert!(page.contains(&away.email) && page.contains("Sign out"), "{page}");
    assert!(shown(&away, "/membership").await.contains("go to the operator’s desk"));
    let output = app.command(&["operator", "remove", "--email", &away.email, "--json"]).await;
    assert_eq!(
        serde_json::from_slice::<Value>(&output.stdout).unwrap(),
        json!({ "email": away.email, "operator": false })
    );
    assert_no_page(&away.get(DESK).await, "after the removal");
    let form = [("tenant", here.tenant.as_str()), ("plan", "team")];
    assert_eq!(away.submit("/rpc/operator-plan", &form).await.leads_to(), DESK);
    assert_eq!(here.status().await["plan"], "free");
    assert!(!shown(&away, "/membership").await.contains("href=\"/operator\""));
}

#[tokio::test]
async fn operators_are_added_listed_and_removed_on_the_command_line() {
    let app = TestApp::start(Engine::Sqlite).await;
    let owner = app.owner().await;
    let run = async |arguments: &[&str]| {
        let output = app.command(&[&["operator"], arguments].concat()).await;
        (output.status.success(), String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    assert_eq!(run(&["list"]).await.1, "There is no operator.\n");
    let (is_fine, output, _) = run(&["add", "--email", &owner.email]).await;
    assert!(is_fine && output.contains("http://dues.test/operator"), "{output}");
    let (_, listed, _) = run(&["list", "--json"]).await;
    let listed: Value = serde_json::from_str(&listed).unwrap();
    assert_eq!((&listed["items"][0]["email"], listed["items"].as_array().unwrap().len()), (&json!(owner.email), 1));
    assert!(listed["items"][0]["userId"].is_string() && listed["items"][0]["since"].is_string());
    let (is_fine, _, error) = run(&["add", "--email", "unknown@acme.test"]).await;
    assert!(!is_fine && error.contains("No account has the address unknown@acme.test"), "{error}");
    let id = listed["items"][0]["userId"].as_str().unwrap();
    let (_, again, _) = run(&["add", "--user", id, "--json"]).await;
    let again: Value = serde_json::from_str(&again).unwrap();
    assert_eq!((&again["id"], &again["email"]), (&json!(id), &json!(owner.email)));
    assert!(again["accountMadeAt"].as_str().unwrap().ends_with('Z'), "{again}");
    let (is_fine, output, _) = run(&["remove", "--email", &owner.email]).await;
    assert!(is_fine && output.contains("is no operator any more"), "{output}");
    assert!(run(&["remove", "--email", &owner.email]).await.1.contains("was no operator"));
}

#[rstest]
#[tokio::test]
async fn an_operator_finds_views_and_overrides_a_workspace(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let (here, desk) = (app.owner_on("pro").await, operator(&app).await);
    eventually("the jobs are done", async || app.jobs().await == 0).await;
    app.record_usage(&here, &[("websocket_rooms", 9), ("projects", 3)]).await;
    let subscription = app.subscriptions(&here.tenant).await.remove(0).external_id;
    for search in [here.tenant.as_str(), &here.email, &subscription] {
        let page = shown(&desk, &format!("{DESK}?search={search}")).await;
        assert!(page.contains(&page_of(&here)), "{search}: {page}");
        assert!(!page.contains(&page_of(&desk)), "{search}: {page}");
        assert!(page.contains("1 reached") && page.contains("1 close"), "{page}");
    }
    let page = shown(&desk, &page_of(&here)).await;
    let acme = "is on Pro.";
    for words in [
        acme,
        "Pro is paid through Stripe.",
        &subscription,
        "cus_",
        &here.email,
        "No overrides. The paid plan applies.",
        "paid",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let path = page_of(&here);
    let settled = format!("{path}?code=settled");
    let tenant = ("tenant", here.tenant.as_str());
    let plan = [tenant, ("plan", "team"), ("planUntil", "2099-01-31")];
    assert_eq!(desk.submit("/rpc/operator-plan", &plan).await.leads_to(), settled);
    let limit = [tenant, ("feature", "projects"), ("limit", "1,234"), ("limitUntil", "")];
    assert_eq!(desk.submit("/rpc/operator-limit", &limit).await.leads_to(), settled);
    // A custom limit of a cost is entered and shown in dollars.
    let cost = [tenant, ("feature", "ai_cost"), ("limit", "$2,500")];
    assert_eq!(desk.submit("/rpc/operator-limit", &cost).await.leads_to(), settled);
    assert!(shown(&desk, &path).await.contains("$2,500"));
    let back = [tenant, ("feature", "ai_cost"), ("limit", "plan")];
    assert_eq!(desk.submit("/rpc/operator-limit", &back).await.leads_to(), settled);
    let page = shown(&desk, &path).await;
    for words in ["is on Team.", "Team is granted until", "31\u{a0}Jan\u{a0}2099", "1,234", "until removed"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert_eq!(here.status().await["plan"], "team");
    for (of, is_custom) in [("projects", true), ("websocket_rooms", false)] {
        let page = shown(&here, &format!("/usage/{of}")).await;
        let has_note = page.contains("Custom limit, set for this workspace.");
        assert_eq!(has_note && page.contains("Custom limit</span>"), is_custom, "{of}: {page}");
    }
    assert!(shown(&desk, &format!("{DESK}?show=plan.team")).await.contains(&path));
    assert!(!shown(&desk, &format!("{DESK}?show=plan.pro")).await.contains(&path));

    let back = [tenant, ("takeBack", "1")];
    assert_eq!(desk.submit("/rpc/operator-plan", &back).await.leads_to(), settled);
    let back = [tenant, ("feature", "projects"), ("limit", "plan")];
    assert_eq!(desk.submit("/rpc/operator-limit", &back).await.leads_to(), settled);
    assert!(shown(&desk, &path).await.contains("No overrides. The paid plan applies."));

    assert_eq!(desk.submit("/rpc/operator-sync", &[tenant]).await.leads_to(), format!("{path}?code=synced"));
    let log = here.get("/api/v1/tenant/audit").await.expect(200);
    let by_operators = log["items"].as_array().unwrap().iter().filter(|entry| entry["actor"]["type"] == "operator");
    let by_operators: Vec<_> =
        by_operators.map(|entry| (entry["action"].as_str().unwrap(), &entry["actor"]["name"])).collect();
    let changed = ("overrides.changed", &Value::Null);
    assert_eq!(by_operators[..7], [&[("subscription.sync_asked", &Value::Null)][..], &[changed; 6]].concat());
    assert!(!log.to_string().contains(&desk.email), "the workspace sees the operator's address");
    let page = shown(&here, "/settings/audit").await;
    for words in ["Requested a sync of ", "Granted plan Team", "Set a custom limit: LLM spend a month"] {
        assert!(page.contains(words), "{words}: {page}");
    }
}

#[rstest]
#[tokio::test]
async fn invalid_input_is_refused_and_changes_nothing(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let (here, desk) = (app.owner().await, operator(&app).await);
    let before = app.tenant_rows(&here).await;
    let tenant = ("tenant", here.tenant.as_str());
    for (form, fields, wrong) in [
        ("limit", vec![tenant, ("feature", "projects"), ("limit", "many")], "limit"),
        ("limit", vec![tenant, ("feature", "projects"), ("limit", "")], "limit"),
        ("limit", vec![tenant, ("feature", "ai_cost"), ("limit", "0.0000001")], "limit"),
        ("limit", vec![tenant, ("feature", "file_storage_bytes"), ("limit", "-5 GB")], "limit"),
        ("limit", vec![tenant, ("feature", "tea"), ("limit", "5")], "limit"),
        ("limit", vec![tenant, ("feature", "ai_runtime"), ("limit", "5")], "limit"),
        ("limit", vec![tenant, ("feature", "projects"), ("limit", "5"), ("limitUntil", "2001-01-01")], "limitUntil"),
        ("limit", vec![tenant, ("feature", "projects"), ("limit", "5"), ("limitUntil", "soon")], "limitUntil"),
        ("plan", vec![tenant, ("plan", "gold")], "plan"),
        ("plan", vec![tenant], "plan"),
        ("plan", vec![tenant, ("plan", "team"), ("planUntil", "2001-01-01")], "planUntil"),
    ] {
        let answer = desk.submit(&format!("/rpc/operator-{form}"), &fields).await;
        let back = answer.leads_to().to_owned();
        assert_eq!(back, format!("{}?code=validation_error&wrong={wrong}", page_of(&here)), "{fields:?}");
        let page = shown(&desk, &back).await;
        assert!(page.contains("1 field needs a correction") && page.contains("aria-invalid=\"true\""), "{page}");
    }
    for (tenant, code) in [("unknown", "tenant_not_found"), ("", "tenant_not_found"), ("../x", "tenant_not_found")] {
        for form in ["plan", "limit", "sync"] {
            let fields = [("tenant", tenant), ("plan", "team"), ("feature", "projects"), ("limit", "5")];
            let answer = desk.submit(&format!("/rpc/operator-{form}"), &fields).await;
            assert_eq!(answer.leads_to(), format!("{DESK}?code={code}"), "{form} of {tenant}");
        }
    }
    assert_eq!(app.tenant_rows(&here).await, before);
    for query in
        ["?show=tea", "?show=plan.", "?after=x", "?after=1.%00", "?search=%00%25_'", "?search=&show=near&after=5.a"]
    {
        shown(&desk, &format!("{DESK}{query}")).await;
    }
    shown(&desk, "/operator/work?jobs=x&events=9.y").await;
    shown(&desk, "/operator/requests?show=tea&after=-").await;
}

#[rstest]
#[tokio::test]
async fn failed_jobs_are_listed_and_retried(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let (here, desk) = (app.owner().await, operator(&app).await);
    app.insert_unreadable_job().await;
    // Recording usage wakes the worker, which then takes the job.
    app.record_usage(&here, &[("projects", 1)]).await;
    eventually("the job has failed", async || {
        shown(&desk, "/operator/work").await.contains("Job from a newer version")
    })
    .await;
    let page = shown(&desk, "/operator/work").await;
    assert!(page.contains("1 failed job.") && page.contains("no tenant") && page.contains("value=\"odd\""), "{page}");
    assert!(shown(&desk, DESK).await.contains("1 failed job."));
    let tried = desk.submit("/rpc/operator-try-again", &[("job", "odd")]).await;
    assert_eq!(tried.leads_to(), "/operator/work?code=tried");
    let gone = desk.submit("/rpc/operator-try-again", &[("job", "none")]).await;
    assert_eq!(gone.leads_to(), "/operator/work?code=not_found");
}

#[rstest]
#[tokio::test]
async fn an_answered_request_shows_on_the_command_line(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let (here, desk) = (app.owner().await, operator(&app).await);
    let request_body =
        json!({ "company": "<b>Acme</b>", "email": "a@acme.test", "notes": "On our own metal.\n</textarea>" });
    let id = here.post("/api/v1/enterprise/enterprise-signup", &request_body).await.expect(201)["requestId"].clone();
    let id = id.as_str().unwrap();
    let page = shown(&desk, "/operator/requests").await;
    assert!(page.contains("&lt;b&gt;Acme&lt;/b&gt;") && page.contains(&page_of(&here)), "{page}");
    let note = "Called.\n</textarea><script>";
    let kept = desk.submit("/rpc/operator-request", &[("id", id), ("state", "talking"), ("note", note)]).await;
    assert_eq!(kept.leads_to(), "/operator/requests?code=handled");
    let page = shown(&desk, "/operator/requests?show=talking").await;
    assert!(page.contains("Called.\n&lt;/textarea>&lt;script>"), "{page}");
    assert!(shown(&desk, "/operator/requests?show=new").await.contains("No requests with this state."));
    let output = app.command(&["enterprise", "list", "--json"]).await;
    let listed: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&listed["items"][0]["state"], &listed["items"][0]["note"]), (&json!("talking"), &json!(note)));
    let output = app.command(&["enterprise", "list"]).await;
    assert!(String::from_utf8(output.stdout).unwrap().contains("state: talking"));
    for (id, state, code) in [(id, "sold", "validation_error"), ("none", "won", "not_found")] {
        let answer = desk.submit("/rpc/operator-request", &[("id", id), ("state", state), ("note", "x")]).await;
        assert!(answer.leads_to().starts_with(&format!("/operator/requests?code={code}")), "{answer:#?}");
        let of_list = [("id", id), ("state", state), ("show", "talking"), ("after", "5.x")];
        let answer = desk.submit("/rpc/operator-request", &of_list).await;
        let back = format!("/operator/requests?show=talking&after=5.x&code={code}");
        assert!(answer.leads_to().starts_with(&back), "{answer:#?}");
        let odd = [("id", id), ("state", state), ("show", "tea"), ("after", "x")];
        let answer = desk.submit("/rpc/operator-request", &odd).await;
        assert!(answer.leads_to().starts_with(&format!("/operator/requests?code={code}")), "{answer:#?}");
    }
    // The input is not lost: it is in the form again, or beside the change that another operator has made meanwhile.
    for (state, code, shows) in [("sold", "validation_error", ">Late words<"), ("won", "conflict", "“Late words”")]
    {
        let late = [("id", id), ("state", state), ("note", "Late words")];
        let back = desk.submit("/rpc/operator-request", &late).await;
        assert!(back.leads_to().contains(code), "{back:#?}");
        let page = shown(&desk, back.leads_to()).await;
        assert!(page.contains(shows), "{page}");
        assert_eq!(page.contains("Called.\n&lt;/textarea>&lt;script>"), code == "conflict", "{page}");
        assert!(!shown(&desk, "/operator/requests").await.contains("Late words"), "shown once");
    }
    let kept: Value = serde_json::from_slice(&app.command(&["enterprise", "list", "--json"]).await.stdout).unwrap();
    assert_eq!(kept, listed);
}

#[rstest]
#[tokio::test]
async fn revenue_is_shown_by_plan_and_in_total(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let desk = operator(&app).await;
    assert!(shown(&desk, "/operator/revenue").await.contains("$0.00 a month."));
    app.owner_on("pro").await;
    app.owner_with_order(&json!({ "plan": "team", "billingCycle": "yearly" })).await;
    app.owner_granted("scale").await;
    let page = shown(&desk, "/operator/revenue").await;
    // The total is $29.00 a month, plus a twelfth of $990.00 a year.
    for words in ["$111.50 a month.", "2 active subscriptions.", "$29.00", "$82.50", "before tax and discounts"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("Scale"), "a granted plan counts as revenue");
    // The trend ends with the present: two new subscriptions, and the MRR of the heading.
    for words in ["By month", "2 active", "Highest: $111.50", "Download CSV"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let csv = desk.get("/operator/revenue.csv").await;
    assert_eq!((csv.status, csv.headers["content-type"].to_str().unwrap()), (200, "text/csv; charset=utf-8"));
    let lines: Vec<_> = csv.text.lines().collect();
    assert_eq!(lines.len(), 13, "{lines:?}");
    let last = lines[12].split_once(',').unwrap().1;
    let expected = "\"USD\",\"111.50\",\"2\",\"2\",\"111.50\",\"0\",\"0.00\"";
    assert!(last.starts_with(expected), "{lines:?}");
    assert_no_page(&app.owner().await.get("/operator/revenue.csv").await, "as an owner");
    assert_no_page(&app.visitor().get("/operator/revenue.csv").await, "as a visitor");
}

#[rstest]
#[tokio::test]
async fn the_page_of_a_tenant_states_its_seats(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::on(engine).selling(catalog_with_seats()).start().await;
    let desk = operator(&app).await;
    let owner = app.owner_with_order(&json!({ "plan": "team", "seats": 4 })).await;
    let page = shown(&desk, &page_of(&owner)).await;
    assert!(page.contains("4 seats, 1 in use"), "{page}");
}
