//! Usage over time: by month, as CSV, and with its projection on the page of a limit.

use rstest::rstest;
use serde_json::json;

use crate::harness::{Browser, Engine, Owner, TestApp};

const HISTORY: &str = "/api/v1/usage/history";
const CSV: &str = "/usage/history.csv";
const PAGE: &str = "/usage/websocket_rooms";

/// Opens rooms now.
async fn open_rooms(app: &TestApp, owner: &Owner, amount: u64) {
    let service = app.service_of(&owner.tenant, "usage").await;
    let body = json!({ "amount": amount });
    service.post("/api/v1/billing/features/websocket_rooms/consume", &body).await.expect(200);
}

#[rstest]
#[tokio::test]
async fn a_year_has_twelve_months(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner_granted("pro").await;
    open_rooms(&app, &owner, 3).await;
    let history = owner.get(&format!("{HISTORY}?feature=websocket_rooms&step=month")).await.expect(200);
    let points = history["points"].as_array().unwrap();
    assert_eq!((points.len(), &history["step"]), (12, &json!("month")));
    assert_eq!((&points[11]["amount"], &points[11]["used"], &points[10]["used"]), (&json!(3), &json!(3), &json!(0)));
    assert!(points.iter().all(|point| point["start"].as_str().unwrap().ends_with("-01T00:00:00Z")), "{points:?}");
    owner.get(&format!("{HISTORY}?feature=websocket_rooms&step=week")).await.refused_field("step");
    owner.get(&format!("{HISTORY}?feature=websocket_rooms&step=month&from=2020-01-01")).await.refused_field("from");

    let rows = async |query: &str| owner.get(&format!("{PAGE}{query}")).await.text.matches("<th scope=\"row\"").count();
    assert_eq!((rows("?range=year").await, rows("").await, rows("?range=day").await), (12, 30, 24));
}

#[rstest]
#[tokio::test]
async fn less_than_a_day_of_usage_is_not_projected(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner_granted("pro").await;
    open_rooms(&app, &owner, 3).await;
    for range in ["", "?range=day", "?range=year"] {
        let page = owner.get(&format!("{PAGE}{range}")).await.text;
        assert!(!page.contains("At this pace") && !page.contains("class=\"pace\""), "{range}: {page}");
        // 0, 2, 4, 6 and 8 of 10; the limit has a label of its own.
        assert_eq!(page.matches("class=\"value\"").count(), 5, "{range}: {page}");
        assert!(page.contains("Limit 10<"), "{range}: {page}");
    }
}

#[rstest]
#[tokio::test]
async fn usage_is_downloaded_as_csv_by_those_who_see_the_page(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let owner = app.owner_granted("pro").await;
    open_rooms(&app, &owner, 3).await;
    let table = owner.get(&format!("{CSV}?feature=websocket_rooms&step=month")).await;
    assert_eq!(table.status, 200);
    assert_eq!(table.header("content-type"), Some("text/csv; charset=utf-8"));
    assert_eq!(table.header("content-disposition"), Some("attachment; filename=\"usage-websocket_rooms.csv\""));
    assert_eq!(table.header("cache-control"), Some("no-store"));
    let lines: Vec<_> = table.text.split_terminator("\r\n").collect();
    let head = "\"start (UTC)\",\"websocket_rooms added (count)\",\"websocket_rooms total (count)\",\
                \"websocket_rooms highest (count)\"";
    assert_eq!((lines.len(), lines[0]), (13, head));
    assert!(lines[12].ends_with(",3,3,3") && lines[1].ends_with(",0,0,0"), "{lines:?}");

    let all = owner.get(CSV).await;
    assert_eq!(all.header("content-disposition"), Some("attachment; filename=\"usage.csv\""));
    assert_eq!(all.text.lines().count(), 31);
    assert!(all.text.contains("\"file_storage_bytes total (bytes)\"") && !all.text.contains("team_members"));
    // A member sees the page, and downloads the table of their own workspace.
    assert_eq!(app.member_of(&owner).await.get(CSV).await.text, all.text);
    let neighbour = app.owner_granted("pro").await;
    assert!(!neighbour.get(&format!("{CSV}?feature=websocket_rooms")).await.text.contains(",3"));

    owner.get(&format!("{CSV}?feature=tea")).await.refused(404, "unknown_feature");
    owner.get(&format!("{CSV}?step=week")).await.refused_field("step");
    owner.get(&format!("{CSV}?from=2020-01-01")).await.refused_field("from");
    app.visitor().get(CSV).await.refused(401, "unauthenticated");
    let key = app.key_of(&owner, &[domain::tenant::scope::Scope::Read]).await.key;
    Browser::with_key(app.server.address, &key).get(CSV).await.refused(401, "unauthenticated");
    let page = owner.get(PAGE).await.text;
    assert!(page.contains("/usage/history.csv?feature=websocket_rooms&amp;step=day"), "{page}");
    assert!(owner.get("/usage").await.text.contains("/usage/history.csv?step=day"));
}
