//! Endpoints of the installation.

use domain::tenant::installation_scope::InstallationScope;

use super::*;
use crate::{mail::testing::Received, outbound::testing::Taken, service::base::permission::InstallationPrincipal};

fn key(scopes: &[InstallationScope]) -> InstallationPrincipal {
    InstallationPrincipal { key: "product".into(), scopes: scopes.into() }
}

/// A receiver of the installation's events.
async fn with_installation_endpoint(
    env: &TestEnv,
    events: Option<Vec<WebhookEvent>>,
) -> (Receiver, EndpointWithSecret) {
    let receiver = Receiver::start().await;
    let settings = EndpointSettings { events, ..for_url(&receiver.url()) };
    let key = key(&[InstallationScope::Webhooks]);
    let authority = EndpointAuthority::key(&key).unwrap();
    let made = env.services.endpoints().create_endpoint(authority, &Confirmed::not_asked(), settings).await.unwrap();
    (receiver, made)
}

/// Returns the messages that have arrived, in the order of their revisions.
async fn taken(env: &TestEnv, receiver: &Receiver) -> Vec<Value> {
    for _ in 0..20 {
        deliver_due_messages(&env.services).await;
    }
    let mut taken: Vec<_> = receiver.taken().iter().map(Taken::json).collect();
    taken.sort_by_key(|message| message["data"]["revision"].as_i64());
    taken
}

fn types(messages: &[Value]) -> Vec<&str> {
    messages.iter().map(|message| message["type"].as_str().unwrap()).collect()
}

async fn grant(env: &TestEnv, owner: &Viewer, plan: &str) {
    let change = OverrideChange { plan: PlanGrantChange::Grant(plan.to_owned()), ..OverrideChange::default() };
    env.services.operators().override_tenant(&owner.current_membership.tenant_id, &change).await.unwrap();
}

#[test]
fn only_a_key_with_the_scope_manages_endpoints() {
    for scope in InstallationScope::ALL {
        assert_eq!(EndpointAuthority::key(&key(&[scope])).is_some(), scope == InstallationScope::Webhooks, "{scope:?}");
    }
}

#[rstest]
#[tokio::test]
async fn the_installation_gets_the_events_of_all_tenants_with_their_ids_and_rising_revisions(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let (receiver, made) = with_installation_endpoint(&env, None).await;
    let (owner, of_workspace, _) = with_endpoint(&env).await;
    env.run("UPDATE tenants SET external_id = 'org/1' WHERE name = 'Acme Robotics'").await;
    let stranger = env.owner("free", "eve@hooks.test").await;
    grant(&env, &owner, "pro").await;
    grant(&env, &stranger, "team").await;
    set(&env, &owner, 0).await;

    let messages = taken(&env, &receiver).await;
    let of = |viewer: &Viewer| {
        let id = viewer.current_membership.tenant_id.as_str();
        messages.iter().filter(|message| message["data"]["tenantId"] == id).cloned().collect::<Vec<_>>()
    };
    let (ours, theirs) = (of(&owner), of(&stranger));
    assert_eq!(types(&ours), ["tenant.created", "subscription.updated"]);
    assert_eq!(types(&theirs), ["tenant.created", "subscription.updated"]);
    assert_eq!((&ours[1]["data"]["externalId"], &ours[1]["data"]["plan"]), (&json!("org/1"), &json!("pro")));
    assert_eq!(theirs[0]["data"]["externalId"], Value::Null);
    assert_eq!(theirs[0]["data"]["name"], "Acme Robotics");
    assert!(receiver.taken().iter().all(|sent| sent.is_signed_by(&made.secret)));
    for messages in [ours, theirs] {
        let revisions: Vec<_> = messages.iter().map(|message| message["data"]["revision"].as_i64().unwrap()).collect();
        assert!(revisions.is_sorted_by(|one, next| one < next), "{revisions:?}");
    }
    // The workspace's own endpoint receives its event without `revision` and `externalId`.
    let [own] = of_workspace.taken().try_into().unwrap();
    let data = own.json()["data"].clone();
    assert_eq!(data["tenantId"], owner.current_membership.tenant_id.as_str());
    assert!(data.get("revision").is_none() && data.get("externalId").is_none(), "{data}");
}

#[rstest]
#[tokio::test]
async fn limit_events_reach_the_installation_once_and_in_order(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let events = vec![WebhookEvent::LimitWarning, WebhookEvent::LimitReached, WebhookEvent::LimitCleared];
    let (receiver, _) = with_installation_endpoint(&env, Some(events)).await;
    let owner = env.owner("free", "ada@hooks.test").await;
    for to in [8, 10, 0, 8] {
        set(&env, &owner, to).await;
    }
    let messages = taken(&env, &receiver).await;
    assert_eq!(types(&messages), ["limit.warning", "limit.reached", "limit.cleared"]);
    assert_eq!((&messages[1]["data"]["used"], &messages[1]["data"]["feature"]), (&json!(10), &json!(ROOMS)));
}

#[rstest]
#[tokio::test]
async fn a_rolled_back_transaction_announces_nothing(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let (receiver, _) = with_installation_endpoint(&env, None).await;
    let owner = env.owner("free", "ada@hooks.test").await;
    let mut tx = env.services.store().begin().await.unwrap();
    let tenant = tx.connection().find_tenant(&owner.current_membership.tenant_id).await.unwrap().unwrap();
    env.services.endpoints().announce_tenant(&mut tx, TenantChange::Updated, &tenant).await.unwrap();
    drop(tx);
    assert_eq!(types(&taken(&env, &receiver).await), ["tenant.created"]);

    let mut tx = env.services.store().begin().await.unwrap();
    env.services.endpoints().announce_tenant(&mut tx, TenantChange::Deleted, &tenant).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(types(&taken(&env, &receiver).await), ["tenant.created", "tenant.deleted"]);
}

#[rstest]
#[tokio::test]
async fn a_workspace_cannot_subscribe_to_events_of_the_installation(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let (owner, _, made) = with_endpoint(&env).await;
    let endpoints = env.services.endpoints();
    let events = Some(vec![WebhookEvent::SubscriptionUpdated, WebhookEvent::TenantCreated]);
    let settings = EndpointSettings { events: events.clone(), ..for_url("http://127.0.0.1:9999/") };
    let refused = endpoints.create_endpoint(&owner, &Confirmed::not_asked(), settings).await;
    assert!(matches!(refused, Err(ServiceError::Validation { .. })), "{refused:?}");
    let change = EndpointChange { events: Some(events), ..EndpointChange::default() };
    let refused = endpoints.change_endpoint(&owner, &made.endpoint.id, change, None).await;
    assert!(matches!(refused, Err(ServiceError::Validation { .. })), "{refused:?}");
    // A workspace can't use the installation's endpoints, and an installation key can't use a workspace's.
    let (_, of_installation) = with_installation_endpoint(&env, None).await;
    let refused = endpoints.ping_endpoint(&owner, &of_installation.endpoint.id).await;
    assert!(matches!(refused, Err(ServiceError::NotFound(_))), "{refused:?}");
    let key = key(&[InstallationScope::Webhooks]);
    let refused = endpoints.delete_endpoint(EndpointAuthority::key(&key).unwrap(), &made.endpoint.id).await;
    assert!(matches!(refused, Err(ServiceError::NotFound(_))), "{refused:?}");
}

#[rstest]
#[tokio::test]
async fn operators_are_mailed_when_an_endpoint_of_the_installation_is_disabled(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let (receiver, made) = with_installation_endpoint(&env, None).await;
    let operator = env.owner("free", "op@hooks.test").await;
    let mut tx = env.database.store.begin().await.unwrap();
    tx.connection().insert_operator(&operator.user_id, env.services.wall_now()).await.unwrap();
    tx.commit().await.unwrap();
    receiver.answers(410);
    taken(&env, &receiver).await;
    env.run_due_jobs().await;
    let page = format!("/operator/webhooks/{}", made.endpoint.id);
    let links_to_it = |mail: &&Received| mail.text().contains(&page);
    assert_eq!(env.smtp.received().iter().filter(links_to_it).count(), 1);
    let found = env.services.endpoints().endpoint(&TenantId::installation(), &made.endpoint.id).await.unwrap();
    assert_eq!(found.disabled.map(|disabled| disabled.why), Some(DisabledWhy::Gone));
}
