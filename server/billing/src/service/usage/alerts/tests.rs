use domain::{
    account::Role,
    entitlement::alert::AlertKind::{self, Cleared, Reached, Warning},
    ids::TenantId,
};
use rstest::rstest;

use super::{
    super::super::{
        Services,
        base::test_env::{NOW, TestEnv},
        tenant::team::KeysOfMember,
    },
    *,
};
use crate::{identity::factors::Confirmed, service::base::internal_features::TEAM_MEMBERS, store::testing::Engine};

const ROOMS: &str = "websocket_connections";
const TOKENS: &str = "ai_tokens";
const DAY_SECS: i64 = 86_400;

/// Returns the alerts of a feature, oldest first.
async fn alerts_of(services: &Services, tenant: &TenantId, feature: &str) -> Vec<(AlertKind, u64)> {
    let alerts = services.usage().alerts(tenant).await.unwrap();
    let of_feature = alerts.iter().rev().filter(|alert| alert.feature.as_str() == feature);
    of_feature.map(|alert| (alert.kind, alert.used)).collect()
}

#[rstest]
#[tokio::test]
async fn a_gauge_alerts_once_a_day_for_each_level(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let tenant = env.owner("free", "ada@alerts.test").await.current_membership.tenant_id;
    let services = &env.services;
    let set = async |to| services.usage().set_usage(&tenant, ROOMS, to, None).await.map(drop);
    set(7).await.unwrap();
    assert_eq!(alerts_of(services, &tenant, ROOMS).await, []);
    env.clock.advance(1);
    set(8).await.unwrap();
    env.clock.advance(1);
    set(10).await.unwrap();
    assert_eq!(alerts_of(services, &tenant, ROOMS).await, [(Warning, 8), (Reached, 10)]);
    services.usage().consume(&tenant, ROOMS, 1, None).await.unwrap_err();
    env.clock.advance(1);
    for to in [9, 10, 0, 8, 10, 3] {
        set(to).await.unwrap();
    }
    assert_eq!(alerts_of(services, &tenant, ROOMS).await, [(Warning, 8), (Reached, 10), (Cleared, 0)]);

    env.clock.advance(DAY_SECS);
    set(10).await.unwrap();
    let all = [(Warning, 8), (Reached, 10), (Cleared, 0), (Reached, 10)];
    assert_eq!(alerts_of(services, &tenant, ROOMS).await, all, "no warning on the way to the limit");
    let other = env.owner("free", "bob@alerts.test").await.current_membership.tenant_id;
    assert_eq!(alerts_of(services, &other, ROOMS).await, [], "no other tenant's");
}

#[rstest]
#[tokio::test]
async fn a_counter_alerts_again_in_its_next_period(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let tenant = env.owner("free", "ada@alerts.test").await.current_membership.tenant_id;
    let limit = env.services.usage().check(&tenant, TOKENS, 1).await.unwrap().limit;
    let Limit::AtMost(most) = limit else { panic!("{limit:?}") };
    for month in 1..=2_usize {
        env.services.usage().consume(&tenant, TOKENS, most - 1, None).await.unwrap();
        env.services.usage().consume(&tenant, TOKENS, 1, None).await.unwrap();
        env.clock.advance(40 * DAY_SECS);
        assert_eq!(alerts_of(&env.services, &tenant, TOKENS).await.len(), 2 * month);
    }
}

#[rstest]
#[tokio::test]
async fn concurrent_consumes_on_two_nodes_alert_once(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let tenant = env.owner("pro", "ada@alerts.test").await.current_membership.tenant_id;
    let nodes = [env.services.clone(), env.another_node().await];
    let calls = (0..200).map(|call| nodes[call % 2].usage().consume(&tenant, ROOMS, 1, None));
    futures::future::join_all(calls).await;
    let mut kinds: Vec<_> = alerts_of(&env.services, &tenant, ROOMS).await.into_iter().map(|(kind, _)| kind).collect();
    kinds.sort_by_key(|kind| kind.as_str());
    // A batch that takes the counter from below the warning to the limit alerts only of the limit.
    assert!(kinds == [Reached, Warning] || kinds == [Reached], "{kinds:?}");
}

#[rstest]
#[tokio::test]
async fn a_changed_limit_alerts(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let tenant = env.owner("pro", "ada@alerts.test").await.current_membership.tenant_id;
    env.services.usage().consume(&tenant, ROOMS, 50, None).await.unwrap();
    assert_eq!(alerts_of(&env.services, &tenant, ROOMS).await, []);
    env.grant(&tenant, "free").await;
    env.services.usage().check_limits(&tenant).await.unwrap();
    assert_eq!(alerts_of(&env.services, &tenant, ROOMS).await, [(Reached, 50)]);
    env.clock.advance(1);
    env.grant(&tenant, "pro").await;
    env.services.usage().check_limits(&tenant).await.unwrap();
    env.services.usage().check_limits(&tenant).await.unwrap();
    assert_eq!(alerts_of(&env.services, &tenant, ROOMS).await, [(Reached, 50), (Cleared, 50)]);
}

#[rstest]
#[tokio::test]
async fn a_team_that_grows_and_shrinks_alerts_of_its_seats(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let tenants = env.services.tenants();
    let owner = env.owner("free", "ada@alerts.test").await;
    let tenant = &owner.current_membership.tenant_id;
    let places = env.services.usage().check(tenant, TEAM_MEMBERS, 1).await.unwrap().limit;
    assert_eq!(places, Limit::AtMost(2));
    let bob = env.colleague(&owner, "bob@alerts.test", Role::Member).await;
    env.run_due_jobs().await;
    assert_eq!(alerts_of(&env.services, tenant, TEAM_MEMBERS).await, [(Reached, 2)]);
    env.clock.advance(1);
    tenants.remove_member(&owner, &bob.user_id, KeysOfMember::End, Some(&Confirmed::not_asked())).await.unwrap();
    env.run_due_jobs().await;
    assert_eq!(alerts_of(&env.services, tenant, TEAM_MEMBERS).await, [(Reached, 2), (Cleared, 1)]);
    let verified = env.services.usage().verify_usage(Some(tenant), false).await.unwrap();
    assert_eq!(verified.discrepancies, [], "a level is no discrepancy");
}

#[rstest]
#[tokio::test]
async fn every_admin_is_mailed_once_and_no_member(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let owner = env.owner("free", "ada@alerts.test").await;
    env.colleague(&owner, "bob@alerts.test", Role::Admin).await;
    env.colleague(&owner, "eve@alerts.test", Role::Member).await;
    let tenant = &owner.current_membership.tenant_id;
    for to in [8, 9, 8, 2, 8] {
        env.services.usage().set_usage(tenant, ROOMS, to, None).await.unwrap();
    }
    env.run_due_jobs().await;
    let mut mails: Vec<_> = env
        .smtp
        .received()
        .iter()
        .map(|mail| (mail.to.clone(), mail.header("Subject").unwrap().to_owned()))
        // Admins also get mails about the team's seats.
        .filter(|(_, subject)| subject.contains("WebSocket"))
        .collect();
    mails.sort();
    let (near, again) = (
        "Acme Robotics: WebSocket connections close to the limit",
        "Acme Robotics: WebSocket connections back below the limit",
    );
    let expected: Vec<_> = ["ada@alerts.test", "bob@alerts.test"]
        .into_iter()
        .flat_map(|to| [again, near].map(|subject| (vec![to.to_owned()], subject.to_owned())))
        .collect();
    assert_eq!(mails, expected);
    let text = env.smtp.received().iter().find(|mail| mail.header("Subject") == Some(near)).unwrap().text();
    let expected = "WebSocket connections: 8 of 10 used.\n\nRequests are refused once the limit is reached.";
    assert!(text.replace("\r\n", "\n").contains(expected), "{text}");
    assert!(text.contains("https://dues.test/usage/websocket_connections"), "{text}");
    assert_eq!(env.jobs().await, 0);
}

#[rstest]
#[tokio::test]
async fn a_former_admin_is_not_mailed(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let tenants = env.services.tenants();
    let owner = env.owner("free", "ada@alerts.test").await;
    let admin = env.colleague(&owner, "bob@alerts.test", Role::Admin).await;
    let tenant = &owner.current_membership.tenant_id;
    env.services.usage().set_usage(tenant, ROOMS, 10, None).await.unwrap();
    let feature = ROOMS.parse().unwrap();
    let since = alert_period_start(domain::catalog::FeatureKind::Gauge, None, NOW);
    env.services.usage().alert_admins(tenant, &feature, since, Reached).await.unwrap();
    tenants.remove_member(&owner, &admin.user_id, KeysOfMember::End, Some(&Confirmed::not_asked())).await.unwrap();
    env.run_due_jobs().await;
    let to: Vec<_> = env.smtp.received().into_iter().flat_map(|mail| mail.to).collect();
    assert!(!to.is_empty() && to.iter().all(|to| to == "ada@alerts.test"), "{to:?}");
}
