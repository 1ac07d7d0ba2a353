//! Overrides, on both databases.

use domain::{catalog::Cycle, entitlement::alert::AlertKind, ids::PlanId, time::Clock};
use rstest::rstest;

use super::*;
use crate::{
    service::{Services, base::test_env::TestEnv},
    store::testing::Engine,
};

const ROOMS: &str = "websocket_rooms";
const DAY: i64 = 86_400;

fn limit(feature: &str, limit: Limit, until: Option<Timestamp>) -> OverrideChange {
    OverrideChange {
        limits: vec![(feature.to_owned(), CustomLimitChange::Set(limit))],
        until,
        ..OverrideChange::default()
    }
}

async fn most(services: &Services, tenant: &TenantId) -> Limit {
    services.usage().check(tenant, ROOMS, 1).await.unwrap().limit
}

#[rstest]
#[tokio::test]
async fn a_custom_limit_applies_on_every_node_until_its_end(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let viewer = env.owner("pro", "ada@acme.test").await;
    let tenant = viewer.current_membership.tenant_id.clone();
    let services = &env.services;
    let elsewhere = env.another_node().await;
    assert_eq!(most(&elsewhere, &tenant).await, Limit::AtMost(10));
    let end = env.clock.now().plus_secs(DAY);

    services.operators().override_tenant(&tenant, &limit(ROOMS, Limit::AtMost(12), Some(end))).await.unwrap();
    assert_eq!(most(services, &tenant).await, Limit::AtMost(12));
    let compared = services.subscriptions().membership(&viewer).await.unwrap().catalog;
    let rooms = ROOMS.parse().unwrap();
    for plan in &compared.plans {
        let planned = services.catalog().plan(plan.id.as_str()).unwrap().limit(&rooms);
        assert_eq!(plan.limit(&rooms), planned.max(Limit::AtMost(12)), "pages compare what would hold on {}", plan.id);
    }
    for _ in 0..12 {
        services.usage().consume(&tenant, ROOMS, 1, None).await.unwrap();
    }
    let refused = elsewhere.usage().consume(&tenant, ROOMS, 1, None).await.unwrap_err();
    assert_eq!(refused.code(), "limit_reached", "exact on a node with a stale cache");

    env.clock.advance(DAY);
    assert_eq!(most(services, &tenant).await, Limit::AtMost(10));
    assert_eq!(services.usage().consume(&tenant, ROOMS, 1, None).await.unwrap_err().code(), "limit_reached");
    services.operators().override_tenant(&tenant, &limit(ROOMS, Limit::Unlimited, None)).await.unwrap();
    assert_eq!(services.usage().consume(&tenant, ROOMS, 1, None).await.unwrap().limit, Limit::Unlimited);
    let back =
        OverrideChange { limits: vec![(ROOMS.to_owned(), CustomLimitChange::Remove)], ..OverrideChange::default() };
    assert_eq!(services.operators().override_tenant(&tenant, &back).await.unwrap().limits, []);
    assert_eq!(most(services, &tenant).await, Limit::AtMost(10));
}

#[rstest]
#[tokio::test]
async fn a_lower_limit_applies_on_its_plan_and_a_cap_on_every_plan(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let tenant = env.owner("pro", "ada@acme.test").await.current_membership.tenant_id;
    let services = &env.services;
    let subscriptions = services.subscriptions();
    services.operators().override_tenant(&tenant, &limit(ROOMS, Limit::AtMost(7), None)).await.unwrap();
    let on = async |plan: &str| {
        env.grant(&tenant, plan).await;
        subscriptions
            .tenant_plan(&tenant)
            .await
            .unwrap()
            .entitlements
            .limit(services.catalog(), &ROOMS.parse().unwrap())
    };
    assert_eq!((on("pro").await, on("team").await, on("free").await), (most_of(7), most_of(50), most_of(7)));
    on("pro").await;
    let said = services.checkouts().preflight(&tenant, "team", Cycle::Monthly, None).await.unwrap().features;
    let rooms = said.iter().find(|line| line.feature.as_str() == ROOMS).unwrap();
    assert_eq!((rooms.limit, rooms.new_limit), (most_of(7), on("team").await));

    let capped =
        OverrideChange { limits: vec![(ROOMS.to_owned(), CustomLimitChange::AtMost(7))], ..OverrideChange::default() };
    services.operators().override_tenant(&tenant, &capped).await.unwrap();
    assert_eq!((on("pro").await, on("team").await, on("free").await), (most_of(7), most_of(7), most_of(2)));
}

const fn most_of(figure: u64) -> Limit {
    Limit::AtMost(figure)
}

#[rstest]
#[tokio::test]
async fn a_custom_limit_of_a_former_version_keeps_applying_on_the_current_plan(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let (tenant, other) = (env.owner("pro", "ada@acme.test").await, env.owner("pro", "eve@evil.test").await);
    let tenant = tenant.current_membership.tenant_id;
    services_set(&env, &other.current_membership.tenant_id).await;
    env.run(
        r#"UPDATE tenants SET limit_overrides = '[{"feature":"websocket_rooms","limit":7,"until":null}]'
            WHERE limit_overrides = '[]'"#,
    )
    .await;
    for _ in 0..2 {
        env.services.operators().backfill_override_plans().await.unwrap();
        let held = env.services.subscriptions().tenant_plan(&tenant).await.unwrap();
        let [one] = held.tenant.overrides.limits.as_slice() else { panic!("{:?}", held.tenant.overrides) };
        assert_eq!((one.custom.limit, one.custom.set_on_plan.as_ref().map(PlanId::as_str)), (most_of(7), Some("pro")));
        assert_eq!(held.entitlements.limit(env.services.catalog(), &one.feature), most_of(7));
    }
}

async fn services_set(env: &TestEnv, tenant: &TenantId) {
    env.services.operators().override_tenant(tenant, &limit(ROOMS, Limit::Unlimited, None)).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn the_end_of_a_custom_limit_raises_an_alert_without_usage(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let tenant = env.owner("pro", "ada@acme.test").await.current_membership.tenant_id;
    let services = &env.services;
    let end = env.clock.now().plus_secs(DAY);
    services.operators().override_tenant(&tenant, &limit(ROOMS, Limit::AtMost(40), Some(end))).await.unwrap();
    services.usage().consume(&tenant, ROOMS, 12, None).await.unwrap();
    for (secs, expected) in [(DAY - 1, None), (1, Some((AlertKind::Reached, Limit::AtMost(10))))] {
        env.clock.advance(secs);
        services.subscriptions().enqueue_due_transitions().await.unwrap();
        env.run_due_jobs().await;
        let alerts = services.usage().alerts(&tenant).await.unwrap();
        assert_eq!(alerts.first().map(|alert| (alert.kind, alert.limit)), expected);
    }
}

#[rstest]
#[tokio::test]
async fn a_plan_is_granted_until_a_date(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let tenant = env.owner("free", "ada@acme.test").await.current_membership.tenant_id;
    let services = &env.services;
    let end = env.clock.now().plus_secs(DAY);
    let grant = OverrideChange {
        plan: PlanGrantChange::Grant("team".to_owned()),
        until: Some(end),
        ..OverrideChange::default()
    };
    services.operators().override_tenant(&tenant, &grant).await.unwrap();
    let held = services.subscriptions().tenant_plan(&tenant).await.unwrap().entitlements;
    assert_eq!((held.plan.as_str(), held.granted_until), ("team", Some(end)));
    env.clock.advance(DAY);
    assert_eq!(services.subscriptions().tenant_plan(&tenant).await.unwrap().entitlements.plan.as_str(), "free");
}

#[rstest]
#[tokio::test]
async fn an_invalid_override_changes_nothing(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let tenant = env.owner("free", "ada@acme.test").await.current_membership.tenant_id;
    let services = &env.services;
    let past = Some(env.clock.now());
    let grant = OverrideChange { plan: PlanGrantChange::Grant("gold".to_owned()), ..OverrideChange::default() };
    let wrong = [
        grant,
        limit("tea", Limit::AtMost(1), None),
        limit("ai_runtime", Limit::AtMost(2), None),
        limit(ROOMS, Limit::AtMost(1), past),
    ];
    for change in wrong {
        assert_eq!(
            services.operators().override_tenant(&tenant, &change).await.unwrap_err().code(),
            "validation_error"
        );
    }
    let unknown_tenant = "unknown".parse().unwrap();
    let unknown = services.operators().override_tenant(&unknown_tenant, &limit(ROOMS, Limit::AtMost(1), None)).await;
    assert_eq!(unknown.unwrap_err().code(), "tenant_not_found");
    assert_eq!(services.subscriptions().tenant_plan(&tenant).await.unwrap().tenant.overrides.limits, []);
}
