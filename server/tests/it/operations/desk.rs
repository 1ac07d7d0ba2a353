//! The operator's desk: a tenant's timeline, notes and invoices, the search, and where operators land.

use domain::account::Role;
use rstest::rstest;

use super::operator::{assert_no_page, operator, page_of, shown};
use crate::harness::{Engine, PASSWORD, TestApp, eventually};

/// Returns the rows of the page's only table.
fn rows(page: &str) -> usize {
    page.matches("<th role=\"rowheader\"").count()
}

#[rstest]
#[tokio::test]
async fn the_timeline_joins_all_logs_in_pages(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let (here, desk) = (app.owner_on("pro").await, operator(&app).await);
    eventually("an event has arrived", async || app.stored_events().await > 0).await;
    eventually("the jobs are done", async || app.jobs().await == 0).await;
    app.record_usage(&here, &[("websocket_rooms", 9), ("projects", 3)]).await;
    for year in 2100..2152 {
        let until = format!("{year}-01-31");
        let plan = [("tenant", here.tenant.as_str()), ("plan", "team"), ("planUntil", &until)];
        assert!(desk.submit("/rpc/operator-plan", &plan).await.leads_to().ends_with("code=settled"));
    }
    let path = format!("{}/timeline", page_of(&here));
    assert!(shown(&desk, &page_of(&here)).await.contains(&format!("href=\"{path}\"")));
    let first = shown(&desk, &path).await;
    assert_eq!(rows(&first), 50);
    assert!(first.contains("Granted plan Team") && !first.contains("Newest entries"), "{first}");
    let cursor = first.split("?after=").nth(1).unwrap().split('"').next().unwrap();
    let second = shown(&desk, &format!("{path}?after={cursor}")).await;
    assert!(second.contains("Newest entries") && !second.contains("Older entries"), "{second}");
    let both = first + &second;
    for words in ["Limit reached: ", "Received ", "Started a checkout for Pro"] {
        assert!(both.contains(words), "{words}: {both}");
    }
    assert_eq!(both.matches("Granted plan Team").count(), 52, "a page begins where the one before ended: {both}");
    for (kind, has, has_not) in [
        ("events", "Received ", "Granted plan"),
        ("overrides", "Granted plan", "Received "),
        ("notices", "Limit reached: ", "Granted plan"),
        ("plan", "Started a checkout for Pro", "Limit reached: "),
        ("access", "Created API key", "Granted plan"),
    ] {
        let page = shown(&desk, &format!("{path}?show={kind}")).await;
        assert!(page.contains(has) && !page.contains(has_not), "{kind}: {page}");
    }
    // Broken filters and cursors show the first page.
    assert_eq!(rows(&shown(&desk, &format!("{path}?show=tea&after=x")).await), 50);
    assert_no_page(&desk.get("/operator/tenants/unknown/timeline").await, "an unknown tenant");
}

#[rstest]
#[tokio::test]
async fn the_search_finds_tenants_and_people(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let (here, desk) = (app.owner_on("pro").await, operator(&app).await);
    let member = app.colleague_of(&here, Role::Member).await;
    app.set_external_id(&here, "Team_7").await;
    let subscription = app.subscriptions(&here.tenant).await.remove(0).external_id;
    let search = |text: &str| {
        let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("q", text).finish();
        format!("/operator/search?{query}")
    };
    // What names one tenant leads to it.
    for text in [here.tenant.as_str(), "Team_7", &subscription, &member.email, &here.email.to_uppercase()] {
        let answer = desk.get(&search(text)).await;
        assert_eq!((answer.status, answer.leads_to()), (303, page_of(&here).as_str()), "{text}");
    }
    let part = &member.email[1..member.email.len() - 2];
    for text in [part.to_owned(), part.to_uppercase()] {
        let page = shown(&desk, &search(&text)).await;
        assert!(page.contains(&member.email) && page.contains(&page_of(&here)), "{text}: {page}");
        assert!(!page.contains(&format!(">{}<", here.email)), "{text}: {page}");
    }
    // Neither `%` nor `_` is a pattern, and a short text finds no people.
    for text in ["%%%", "___", "@", "\u{0}", ""] {
        let page = shown(&desk, &search(text)).await;
        assert!(!page.contains(&member.email), "{text}: {page}");
    }
    // The field is on every page of the desk.
    for path in ["/operator", "/operator/work", "/operator/revenue", &page_of(&here)] {
        assert!(shown(&desk, path).await.contains("action=\"/operator/search\""), "{path}");
    }
}

#[rstest]
#[tokio::test]
async fn operators_add_and_delete_notes_that_the_tenant_does_not_see(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let (here, desk) = (app.owner().await, operator(&app).await);
    let path = page_of(&here);
    let tenant = ("tenant", here.tenant.as_str());
    let note = [tenant, ("noteText", " Called <Ada>.\r\nAgain on Monday. ")];
    assert_eq!(desk.submit("/rpc/operator-add-note", &note).await.leads_to(), format!("{path}?code=noted"));
    let page = shown(&desk, &path).await;
    for words in ["Called &lt;Ada", "Again on Monday.", &desk.email, &format!("mailto:{}", here.email)] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let long = "x".repeat(2001);
    for text in ["", " ", "\u{7}", &long] {
        let refused = desk.submit("/rpc/operator-add-note", &[tenant, ("noteText", text)]).await;
        let answer = shown(&desk, refused.leads_to()).await;
        assert!(answer.contains("Enter up to 2,000 characters of plain text."), "{answer}");
    }
    let log = here.get("/api/v1/tenant/audit").await.expect(200).to_string();
    assert!(!log.contains("note") && !log.contains(&desk.email), "{log}");
    let id = page.split("name=\"note\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    // A note belongs to one tenant.
    let elsewhere = [("tenant", desk.tenant.as_str()), ("note", id)];
    let refused = desk.submit("/rpc/operator-delete-note", &elsewhere).await;
    assert!(refused.leads_to().ends_with("?code=not_found"), "{refused:#?}");
    assert!(shown(&desk, &path).await.contains("Again on Monday."));
    let deleted = desk.submit("/rpc/operator-delete-note", &[tenant, ("note", id)]).await;
    assert_eq!(deleted.leads_to(), format!("{path}?code=note_deleted"));
    assert!(shown(&desk, &path).await.contains("No notes yet."));
    let rows = app.every_row().await;
    assert!(rows.contains("tenant_note.added") && rows.contains("tenant_note.deleted"));
}

#[rstest]
#[tokio::test]
async fn a_note_that_is_sent_twice_is_stored_once(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let (here, desk) = (app.owner().await, operator(&app).await);
    let path = page_of(&here);
    let page = shown(&desk, &path).await;
    let id = page.split("name=\"note_id\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let note = [("tenant", here.tenant.as_str()), ("noteText", "Called Ada."), ("note_id", id)];
    for _ in 0..2 {
        assert_eq!(desk.submit("/rpc/operator-add-note", &note).await.leads_to(), format!("{path}?code=noted"));
    }
    let page = shown(&desk, &path).await;
    assert_eq!(page.matches("Called Ada.").count(), 1, "{page}");
    assert!(!page.contains(&format!("value=\"{id}\"")), "the next form has another id: {page}");
    assert_eq!(app.every_row().await.matches("tenant_note.added").count(), 1);
}

#[rstest]
#[tokio::test]
async fn a_key_of_the_installation_that_is_ordered_twice_is_created_once(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let desk = operator(&app).await;
    let form = [("name", "Back end"), ("scopes[]", "tenants"), ("key", "form-1")];
    let mut keys = Vec::new();
    for _ in 0..2 {
        assert_eq!(desk.submit("/rpc/make-installation-key", &form).await.leads_to(), "/operator/keys");
        keys.push(desk.cookie("fresh_desk_key").unwrap());
    }
    assert_eq!(keys[0], keys[1], "the repeat shows the same key");
    let page = shown(&desk, "/operator/keys").await;
    assert_eq!(page.matches("/operator/keys?revoke=").count(), 1, "{page}");
}

#[rstest]
#[tokio::test]
async fn a_tenants_invoices_are_read_from_the_provider(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let (here, desk) = (app.owner_on("pro").await, operator(&app).await);
    let page = shown(&desk, &format!("{}/invoices", page_of(&here))).await;
    assert!(page.contains("$29.00") && page.contains("Back to the tenant"), "{page}");
    let none = shown(&desk, &format!("{}/invoices", page_of(&desk))).await;
    assert!(none.contains("No invoices."), "{none}");
}

#[rstest]
#[tokio::test]
async fn an_operator_without_a_workspace_lands_on_the_desk(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let here = app.owner().await;
    let away = app.colleague_of(&here, Role::Member).await;
    let sign_in = async |next: &str| {
        let form = [("email", away.email.as_str()), ("password", PASSWORD), ("next", next)];
        app.visitor().submit("/rpc/login", &form).await.leads_to().to_owned()
    };
    let output = app.command(&["operator", "add", "--email", &away.email]).await;
    assert!(output.status.success(), "{output:?}");
    assert_eq!(sign_in("").await, "/membership", "an operator with a workspace");
    assert_eq!(away.submit("/rpc/leave", &[]).await.status, 303);
    assert_eq!(sign_in("").await, "/operator");
    assert_eq!(sign_in("/settings/account").await, "/settings/account");
    for path in ["/", "/login"] {
        assert_eq!(away.get(path).await.leads_to(), "/operator", "{path}");
        assert_eq!(here.get(path).await.leads_to(), "/membership", "{path}");
    }
}
