//! Overrides, on both databases.

use domain::{entitlement::alert::AlertKind, time::Clock};
use rstest::rstest;

use super::*;
use crate::{service::stage::Stage, store::testing::Engine};

const ROOMS: &str = "websocket_rooms";
const DAY: i64 = 86_400;

fn limit(feature: &str, limit: Limit, until: Option<Timestamp>) -> OverrideWish {
    OverrideWish { limits: vec![(feature.to_owned(), LimitWish::Set(limit))], until, ..OverrideWish::default() }
}

async fn most(services: &Services, tenant: &TenantId) -> Limit {
    services.check(tenant, ROOMS, 1).await.unwrap().limit
}

#[rstest]
#[tokio::test]
async fn a_limit_of_ones_own_holds_everywhere_until_its_end(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stage = Stage::new(engine).await;
    let viewer = stage.owner("pro", "ada@acme.test").await;
    let tenant = viewer.here.tenant_id.clone();
    let services = &stage.services;
    let elsewhere = stage.neighbour().await;
    assert_eq!(most(&elsewhere, &tenant).await, Limit::AtMost(10));
    let end = stage.clock.now().plus_secs(DAY);

    services.override_tenant(&tenant, &limit(ROOMS, Limit::AtMost(12), Some(end))).await.unwrap();
    assert_eq!(most(services, &tenant).await, Limit::AtMost(12));
    let compared = services.membership(&viewer).await.unwrap().catalog;
    let rooms = ROOMS.parse().unwrap();
    assert!(compared.plans.iter().all(|plan| plan.limit(&rooms) == Limit::AtMost(12)), "pages compare what would hold");
    for _ in 0..12 {
        services.consume(&tenant, ROOMS, 1, None).await.unwrap();
    }
    let refused = elsewhere.consume(&tenant, ROOMS, 1, None).await.unwrap_err();
    assert_eq!(refused.code(), "limit_reached", "exact on a node that was not told");

    stage.clock.advance(DAY);
    assert_eq!(most(services, &tenant).await, Limit::AtMost(10));
    assert_eq!(services.consume(&tenant, ROOMS, 1, None).await.unwrap_err().code(), "limit_reached");
    services.override_tenant(&tenant, &limit(ROOMS, Limit::Unlimited, None)).await.unwrap();
    assert_eq!(services.consume(&tenant, ROOMS, 1, None).await.unwrap().limit, Limit::Unlimited);
    let back = OverrideWish { limits: vec![(ROOMS.to_owned(), LimitWish::TakeBack)], ..OverrideWish::default() };
    assert_eq!(services.override_tenant(&tenant, &back).await.unwrap().limits, []);
    assert_eq!(most(services, &tenant).await, Limit::AtMost(10));
}

#[rstest]
#[tokio::test]
async fn the_end_of_a_limit_is_told_though_nothing_is_counted(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stage = Stage::new(engine).await;
    let tenant = stage.owner("pro", "ada@acme.test").await.here.tenant_id;
    let services = &stage.services;
    let end = stage.clock.now().plus_secs(DAY);
    services.override_tenant(&tenant, &limit(ROOMS, Limit::AtMost(40), Some(end))).await.unwrap();
    services.consume(&tenant, ROOMS, 12, None).await.unwrap();
    for (secs, told) in [(DAY - 1, None), (1, Some((AlertKind::Reached, Limit::AtMost(10))))] {
        stage.clock.advance(secs);
        services.turn_what_is_due().await.unwrap();
        stage.work().await;
        let alerts = services.alerts(&tenant).await.unwrap();
        assert_eq!(alerts.first().map(|alert| (alert.kind, alert.limit)), told);
    }
}

#[rstest]
#[tokio::test]
async fn a_plan_is_granted_until_a_date(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let stage = Stage::new(engine).await;
    let tenant = stage.owner("free", "ada@acme.test").await.here.tenant_id;
    let services = &stage.services;
    let end = stage.clock.now().plus_secs(DAY);
    let grant = OverrideWish { plan: PlanWish::Grant("team".to_owned()), until: Some(end), ..OverrideWish::default() };
    services.override_tenant(&tenant, &grant).await.unwrap();
    let held = services.holding(&tenant).await.unwrap().entitled;
    assert_eq!((held.plan.as_str(), held.granted_until), ("team", Some(end)));
    stage.clock.advance(DAY);
    assert_eq!(services.holding(&tenant).await.unwrap().entitled.plan.as_str(), "free");
}

#[rstest]
#[tokio::test]
async fn what_makes_no_sense_changes_nothing(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let stage = Stage::new(engine).await;
    let tenant = stage.owner("free", "ada@acme.test").await.here.tenant_id;
    let services = &stage.services;
    let past = Some(stage.clock.now());
    let grant = OverrideWish { plan: PlanWish::Grant("gold".to_owned()), ..OverrideWish::default() };
    let wrong = [
        grant,
        limit("tea", Limit::AtMost(1), None),
        limit("ai_runtime", Limit::AtMost(2), None),
        limit(ROOMS, Limit::AtMost(1), past),
    ];
    for wish in wrong {
        assert_eq!(services.override_tenant(&tenant, &wish).await.unwrap_err().code(), "validation_error");
    }
    let nobody = "nobody".parse().unwrap();
    let unknown = services.override_tenant(&nobody, &limit(ROOMS, Limit::AtMost(1), None)).await;
    assert_eq!(unknown.unwrap_err().code(), "tenant_not_found");
    assert_eq!(services.holding(&tenant).await.unwrap().tenant.overrides.limits, []);
}
