//! `GET /metrics` with many scrapers, and with a broken database.

use std::{collections::BTreeSet, time::Instant};

use domain::tenant::scope::Scope;
use rstest::rstest;
use serde_json::json;
use tokio::net::TcpStream;

use crate::harness::{Browser, Engine, TestApp, eventually};

const METRICS: &str = "/metrics";

#[rstest]
#[tokio::test]
async fn metrics_are_rendered_once_a_second_for_all_scrapers(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::on(engine).in_a_process().with("RATE_LIMIT_ADDRESS", "0").start().await;
    let (scraper, began) = (app.server.scraper(), Instant::now());
    let mut texts = BTreeSet::new();
    for _ in 0..100 {
        app.visitor().get("/healthz").await.expect(200);
        let answer = scraper.get(METRICS).await;
        assert_eq!(answer.status, 200, "{answer:#?}");
        texts.insert(answer.text);
    }
    // Each other request changes the counts, so two renderings are never equal.
    let seconds = usize::try_from(began.elapsed().as_secs()).unwrap();
    assert!(texts.len() <= seconds + 2, "{} texts in {seconds} seconds", texts.len());
}

#[rstest]
#[tokio::test]
async fn cached_metrics_are_served_without_the_database(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::on(engine).in_a_process().with("RATE_LIMIT_ADDRESS", "0").start().await;
    let scraper = app.server.scraper();
    // The cache of one second may expire between the two requests.
    eventually("the cached text is served", async || {
        let before = scraper.get(METRICS).await;
        app.hide_the_jobs_table().await;
        let again = scraper.get(METRICS).await;
        app.restore_the_jobs_table().await;
        again.status == 200 && again.text == before.text
    })
    .await;
}

#[rstest]
#[tokio::test]
async fn without_the_database_only_the_depths_of_queues_are_unknown(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::on(engine).in_a_process().with("RATE_LIMIT_ADDRESS", "0").start().await;
    app.visitor().get("/healthz").await.expect(200);
    app.hide_the_jobs_table().await;
    eventually("the depths are unknown", async || {
        let text = app.metrics().await;
        text.lines().any(|line| line == "dues_webhook_messages_waiting NaN") && text.contains(r#"route="/healthz""#)
    })
    .await;
    app.restore_the_jobs_table().await;
    eventually("the depths are known again", async || {
        let text = app.metrics().await;
        text.contains("dues_webhook_messages_waiting 0") && !text.contains("NaN")
    })
    .await;
}

#[tokio::test]
async fn the_count_of_open_connections_falls_when_they_close() {
    let app = TestApp::start(Engine::Sqlite).await;
    let count = async || {
        let text = app.metrics().await;
        let number = text.lines().find_map(|line| line.strip_prefix("http_connections "));
        number.map_or(0, |number| number.parse::<usize>().unwrap())
    };
    let mut open = Vec::new();
    for _ in 0..10 {
        open.push(TcpStream::connect(app.server.address).await.unwrap());
    }
    eventually("they are counted", async || count().await >= 10).await;
    drop(open);
    eventually("they are counted no more", async || count().await < 10).await;
}

#[tokio::test]
async fn what_alerts_count_is_there_before_it_happens() {
    let app = TestApp::start(Engine::Sqlite).await;
    let owner = app.owner_granted("business").await;
    let key = app.key_of(&owner, &[Scope::Usage]).await.key;
    let service = Browser::with_key(app.server.address, &key);
    service.post("/api/v1/billing/features/ai_tokens/consume", &json!({ "amount": 1 })).await.expect(200);
    let expected = [
        "dues_group_commit_refused_total{writer=\"usage\"} 0",
        "dues_job_duration_seconds_count{lane=\"mail\",outcome=\"given_up\"} 0",
        "http_connections_refused_total 0",
    ];
    eventually("each series is at zero", async || {
        let text = app.metrics().await;
        expected.iter().all(|line| text.lines().any(|found| found == *line))
    })
    .await;
}

#[tokio::test]
async fn nodes_in_one_process_have_metrics_of_their_own() {
    let counted = r#"route="/healthz""#;
    let app = TestApp::start(Engine::Sqlite).await;
    let other_node = app.start_node().await;
    app.visitor().get("/healthz").await.expect(200);
    assert!(app.metrics().await.contains(counted));
    assert!(!other_node.scraper().get(METRICS).await.text.contains(counted));
}

#[tokio::test]
async fn metrics_are_served_at_an_address_of_their_own_and_nothing_else_there() {
    let app = TestApp::start(Engine::Sqlite).await;
    assert_eq!(app.visitor().get(METRICS).await.status, 404);
    let scraper = app.server.scraper();
    // Without the harness's client, which expects of the path what the API documents.
    let elsewhere = reqwest::get(format!("http://{}/healthz", app.server.metrics_address())).await.unwrap();
    assert_eq!(elsewhere.status(), 404);
    assert_eq!(scraper.post(METRICS, &json!({})).await.status, 405);
    let answer = scraper.get(METRICS).await;
    assert_eq!(answer.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    let owner = app.owner().await;
    let text = app.metrics().await;
    for private in [owner.email.as_str(), owner.tenant.as_str(), "Acme"] {
        assert!(!text.contains(private), "{private} is in {text}");
    }
}
