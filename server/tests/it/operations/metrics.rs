//! `GET /metrics` with many scrapers, and with a broken database.

use std::{collections::BTreeSet, time::Instant};

use rstest::rstest;
use serde_json::json;

use crate::harness::{Engine, TestApp, eventually};

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
    app.hide_the_jobs_table().await;
    eventually("they are read again from the database", async || scraper.get(METRICS).await.status == 500).await;
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
