//! Trends and projections, on both databases.

use domain::{
    entitlement::history::{
        Span, Step,
        projection::Pace,
        trend::{DAYS, TrendComparison},
    },
    time::{Clock, Timestamp},
};
use rstest::rstest;

use crate::service::base::test_env::TestEnv;
use crate::store::testing::Engine;

const DAY: i64 = 86_400;
const ROOMS: &str = "websocket_rooms";
const TOKENS: &str = "ai_tokens";

#[rstest]
#[tokio::test]
async fn a_trend_covers_the_last_thirty_days_of_one_workspace(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let tenant = env.owner("pro", "ada@usage.test").await.current_membership.tenant_id;
    let neighbour = env.owner("pro", "eve@usage.test").await.current_membership.tenant_id;
    let services = &env.services;
    services.usage().consume(&tenant, ROOMS, 5, None).await.unwrap();
    services.usage().consume(&tenant, TOKENS, 900, None).await.unwrap();
    env.clock.advance(40 * DAY);
    services.usage().consume(&tenant, TOKENS, 70, None).await.unwrap();
    env.clock.advance(8 * DAY);
    services.usage().release(&tenant, ROOMS, 2, None).await.unwrap();
    services.usage().consume(&tenant, TOKENS, 90, None).await.unwrap();
    services.usage().consume(&neighbour, TOKENS, 1000, None).await.unwrap();

    let usage = services.usage().all_features(&tenant).await.unwrap().features;
    let trends = services.usage().recent_usage(&tenant, &usage).await.unwrap().trends;
    let trend_of = |feature: &str| trends.get(&feature.parse().unwrap()).unwrap();
    assert_eq!(trend_of(TOKENS).compared, TrendComparison::Added { week: 90, before: 70 });
    assert_eq!((trend_of(TOKENS).days[DAYS - 1], trend_of(TOKENS).days[DAYS - 9]), (90, 70));
    assert_eq!(trend_of(TOKENS).days.iter().sum::<u64>(), 160);
    assert_eq!(trend_of(ROOMS).compared, TrendComparison::Level { now: 3, then: 5 });
    assert_eq!(trends.len(), 2, "nothing else was counted");

    // Folded hours give the same trend.
    env.clock.advance(20 * DAY);
    let usage = services.usage().all_features(&tenant).await.unwrap().features;
    let before = services.usage().recent_usage(&tenant, &usage).await.unwrap().trends;
    services.housekeeping().fold_usage().await;
    let sum = |trends: &super::Trends| trends.get(&TOKENS.parse().unwrap()).map(|trend| trend.days.iter().sum::<u64>());
    assert_eq!(sum(&services.usage().recent_usage(&tenant, &usage).await.unwrap().trends), sum(&before));
}

#[rstest]
#[tokio::test]
async fn an_hour_of_a_folded_day_counts_after_the_day(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    const STARTS_AT: Timestamp = Timestamp::from_secs(1_762_560_000);
    let env = TestEnv::new(engine).await;
    let tenant = env.owner("pro", "ada@usage.test").await.current_membership.tenant_id;
    env.run(
        "INSERT INTO usage_hours (tenant_id, feature, starts_at, amount, peak, closing) \
         SELECT tenant_id, 'websocket_rooms', 1762560000000000, 2, 7, 7 FROM tenants",
    )
    .await;
    env.run(
        "INSERT INTO usage_days (tenant_id, feature, starts_at, amount, peak, closing) \
         SELECT tenant_id, 'websocket_rooms', 1762560000000000, 5, 6, 5 FROM tenants",
    )
    .await;
    let end = STARTS_AT.plus_secs(DAY);
    let history = env.services.usage().history(&tenant, ROOMS, Step::Day, Some(STARTS_AT), Some(end)).await.unwrap();
    assert_eq!(history.points, [Span { starts_at: STARTS_AT, amount: 7, peak: 7, closing: 7 }]);
}

#[rstest]
#[tokio::test]
async fn usage_is_projected_from_the_days_within_its_period(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let tenant = env.owner("free", "ada@usage.test").await.current_membership.tenant_id;
    let usage = env.services.usage();
    let projection = async || {
        let features = usage.all_features(&tenant).await.unwrap().features;
        let recent = usage.recent_usage(&tenant, &features).await.unwrap();
        let feature = usage.catalog().feature(TOKENS).unwrap();
        let reading = features.iter().find(|usage| usage.feature == feature.key).unwrap();
        let found = recent.projection(feature, reading, env.clock.now());
        assert_eq!(recent.trends[&feature.key].projection, found, "the overview states it, too");
        found
    };
    env.clock.set(Timestamp::parse_rfc3339("2026-01-30T12:00:00Z").unwrap());
    usage.consume(&tenant, TOKENS, 70_000, None).await.unwrap();
    env.clock.set(Timestamp::parse_rfc3339("2026-02-04T12:00:00Z").unwrap());
    usage.consume(&tenant, TOKENS, 30_000, None).await.unwrap();
    // The usage of January does not count. In three days of February less an hour, 30,000 of 100,000 were used.
    let found = projection().await.unwrap();
    assert_eq!((found.pace, found.until), (Pace::Days(3), Timestamp::parse_rfc3339("2026-03-01T00:00:00Z").unwrap()));
    assert_eq!(found.reached_at.unwrap().iso_day(), "2026-02-11");
    env.clock.set(Timestamp::parse_rfc3339("2026-03-01T12:00:00Z").unwrap());
    assert_eq!(projection().await, None, "a new period has too little data");
}
