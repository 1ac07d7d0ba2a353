//! `GET /metrics` with many scrapers, and with a broken database.

use std::{collections::BTreeSet, time::Instant};

use rstest::rstest;

use crate::harness::{Browser, Engine, TestApp, eventually};

const METRICS: &str = "/metrics";

#[rstest]
#[tokio::test]
async fn metrics_are_rendered_once_a_second_for_all_scrapers(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::on(engine).in_a_process().with("RATE_LIMIT_ADDRESS", "0").start().await;
    let (scraper, began) = (app.visitor(), Instant::now());
    let mut texts = BTreeSet::new();
    for _ in 0..100 {
        let answer = scraper.get(METRICS).await;
        assert_eq!(answer.status, 200, "{answer:#?}");
        texts.insert(answer.text);
    }
    // Each request changes the counts, so two renderings are never equal.
    let seconds = usize::try_from(began.elapsed().as_secs()).unwrap();
    assert!(texts.len() <= seconds + 2, "{} texts in {seconds} seconds", texts.len());
}

#[rstest]
#[tokio::test]
async fn cached_metrics_are_served_without_the_database(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::on(engine).in_a_process().with("RATE_LIMIT_ADDRESS", "0").start().await;
    let scraper = app.visitor();
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
    let [subscription, others] = [app.server.address, other_node.address].map(Browser::at);
    assert!(subscription.get(METRICS).await.text.contains(counted));
    assert!(!others.get(METRICS).await.text.contains(counted));
}
