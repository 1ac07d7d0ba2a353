mod changes;
mod installation;
mod neighbours;
mod queue;
mod retry_schedule;

use domain::account::{Role, Viewer};
use rstest::rstest;

use super::*;
use crate::{
    identity::factors::Confirmed,
    outbound::testing::Receiver,
    service::{
        base::test_env::TestEnv,
        operator::overrides::{OverrideChange, PlanGrantChange},
    },
    store::{job::old_rows::OldRows, testing::Engine},
    worker::housekeeping::tasks::HousekeepingTask,
    worker::{claim_one, deliver_due_messages},
};

const ROOMS: &str = "websocket_connections";
const DAY: i64 = 86_400;

fn for_url(url: &str) -> EndpointSettings {
    EndpointSettings { url: url.to_owned(), description: String::new(), events: None }
}

/// An owner whose workspace has an endpoint.
async fn with_endpoint(env: &TestEnv) -> (Viewer, Receiver, EndpointWithSecret) {
    let owner = env.owner("free", "ada@hooks.test").await;
    let receiver = Receiver::start().await;
    let made = env
        .services
        .endpoints()
        .create_endpoint(&owner, &Confirmed::not_asked(), for_url(&receiver.url()))
        .await
        .unwrap();
    (owner, receiver, made)
}

async fn log(env: &TestEnv, owner: &Viewer, id: &str) -> Vec<Delivery> {
    env.services.endpoints().deliveries(&owner.current_membership.tenant_id, id, None, 100).await.unwrap().items
}

async fn set(env: &TestEnv, owner: &Viewer, to: u64) {
    env.services.usage().set_usage(&owner.current_membership.tenant_id, ROOMS, to, None).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn a_limit_event_is_sent_once_with_its_figures_and_signature(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let (owner, receiver, made) = with_endpoint(&env).await;
    for to in [7, 8, 9, 8] {
        set(&env, &owner, to).await;
    }
    deliver_due_messages(&env.services).await;
    deliver_due_messages(&env.services).await;
    let [sent] = receiver.taken().try_into().unwrap();
    assert!(sent.is_signed_by(&made.secret));
    assert_eq!(sent.header("content-type"), "application/json");
    let expected = json!({
        "type": "limit.warning",
        "timestamp": "2026-01-09T23:06:40.000Z",
        "data": {
            "tenantId": owner.current_membership.tenant_id, "feature": ROOMS, "used": 8, "limit": 10, "threshold": 8, "period": null
        }
    });
    assert_eq!(sent.json(), expected);
    let [entry] = log(&env, &owner, &made.endpoint.id).await.try_into().unwrap();
    assert_eq!((entry.id.as_str(), entry.attempts), (sent.id(), 1));
    assert!(matches!(entry.state, DeliveryState::Delivered { .. }), "{entry:?}");
    let last = entry.last.unwrap();
    assert_eq!((last.status, last.answer.as_deref()), (Some(200), Some("answered 200")));
}

#[rstest]
#[tokio::test]
async fn an_endpoint_receives_only_its_events_and_only_those_of_its_workspace(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let endpoints = env.services.endpoints();
    let (owner, all, _) = with_endpoint(&env).await;
    let (some, other) = (Receiver::start().await, Receiver::start().await);
    let events = Some(vec![WebhookEvent::LimitReached, WebhookEvent::LimitCleared]);
    let settings = EndpointSettings { events, ..for_url(&some.url()) };
    endpoints.create_endpoint(&owner, &Confirmed::not_asked(), settings).await.unwrap();
    let stranger = env.owner("free", "eve@hooks.test").await;
    endpoints.create_endpoint(&stranger, &Confirmed::not_asked(), for_url(&other.url())).await.unwrap();
    for to in [8, 10, 0] {
        set(&env, &owner, to).await;
    }
    deliver_due_messages(&env.services).await;
    let types = |receiver: &Receiver| {
        let mut types: Vec<_> =
            receiver.taken().iter().map(|sent| sent.json()["type"].as_str().unwrap().to_owned()).collect();
        types.sort();
        types
    };
    assert_eq!(types(&all), ["limit.cleared", "limit.reached", "limit.warning"]);
    assert_eq!(types(&some), ["limit.cleared", "limit.reached"]);
    assert_eq!(types(&other), [""; 0]);
    let mut ids: Vec<_> =
        [&all, &some].iter().flat_map(|receiver| receiver.taken()).map(|s| s.id().to_owned()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 5, "a message is one endpoint's");
}

#[rstest]
#[tokio::test]
async fn a_failed_message_is_retried_with_growing_delays_under_one_id(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let endpoints = env.services.endpoints();
    let (owner, receiver, made) = with_endpoint(&env).await;
    receiver.answers(500);
    set(&env, &owner, 8).await;
    deliver_due_messages(&env.services).await;
    for (tried, secs) in [5, 300, 1800, 7200, 18_000, 36_000, 36_000].into_iter().enumerate() {
        assert_eq!(receiver.taken().len(), tried + 1);
        env.clock.advance(secs - 1);
        deliver_due_messages(&env.services).await;
        assert_eq!(receiver.taken().len(), tried + 1, "not before {secs} s");
        env.clock.advance(secs / 10 + 1);
        deliver_due_messages(&env.services).await;
    }
    let taken = receiver.taken();
    assert_eq!(taken.len(), 8);
    assert!(taken.iter().all(|sent| sent.id() == taken[0].id() && sent.body == taken[0].body));
    assert!(taken.iter().all(|sent| sent.is_signed_by(&made.secret)));
    assert!(taken[0].header("webhook-timestamp") < taken[7].header("webhook-timestamp"));
    let [given_up] = log(&env, &owner, &made.endpoint.id).await.try_into().unwrap();
    assert_eq!((given_up.state, given_up.attempts), (DeliveryState::Failed, 8));
    assert_eq!(given_up.last.unwrap().status, Some(500));

    receiver.answers(204);
    endpoints.resend_message(&owner, &made.endpoint.id, taken[0].id()).await.unwrap();
    deliver_due_messages(&env.services).await;
    let [entry] = log(&env, &owner, &made.endpoint.id).await.try_into().unwrap();
    assert!(matches!(entry.state, DeliveryState::Delivered { .. }), "{entry:?}");
    assert_eq!(
        endpoints.endpoint(&owner.current_membership.tenant_id, &made.endpoint.id).await.unwrap().failing_since,
        None
    );
    assert_eq!(receiver.taken()[8].id(), taken[0].id());
}

#[rstest]
#[tokio::test]
async fn a_granted_plan_is_announced_once(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let (owner, receiver, _) = with_endpoint(&env).await;
    for plan in ["pro", "pro", "team"] {
        let change = OverrideChange { plan: PlanGrantChange::Grant(plan.to_owned()), ..OverrideChange::default() };
        env.services.operators().override_tenant(&owner.current_membership.tenant_id, &change).await.unwrap();
    }
    deliver_due_messages(&env.services).await;
    let plans: Vec<_> = receiver.taken().iter().map(|sent| sent.json()["data"]["plan"].clone()).collect();
    assert_eq!(plans, ["pro", "team"]);
}

#[rstest]
#[tokio::test]
async fn a_replaced_secret_signs_beside_the_new_one_for_a_day(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let endpoints = env.services.endpoints();
    let (owner, receiver, made) = with_endpoint(&env).await;
    let rotated = endpoints.rotate_endpoint_secret(&owner, &Confirmed::not_asked(), &made.endpoint.id).await.unwrap();
    assert_ne!(rotated.secret, made.secret);
    let ping = async || {
        endpoints.ping_endpoint(&owner, &made.endpoint.id).await.unwrap();
        deliver_due_messages(&env.services).await;
        let sent = receiver.taken().pop().unwrap();
        (sent.is_signed_by(&rotated.secret), sent.is_signed_by(&made.secret))
    };
    assert_eq!(ping().await, (true, true));
    env.clock.advance(DAY - 1);
    assert_eq!(ping().await, (true, true));
    env.clock.advance(1);
    assert_eq!(ping().await, (true, false));
    let clear = env.dump("SELECT secret || COALESCE(former_secret, '') FROM webhook_endpoints").await;
    assert!(!clear.contains("whsec_") && !clear.contains(made.secret.trim_start_matches("whsec_")), "{clear}");
}

#[rstest]
#[tokio::test]
async fn a_410_disables_the_endpoint_and_every_admin_is_mailed(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let endpoints = env.services.endpoints();
    let (owner, receiver, made) = with_endpoint(&env).await;
    env.colleague(&owner, "bob@hooks.test", Role::Admin).await;
    env.colleague(&owner, "eve@hooks.test", Role::Member).await;
    env.run_due_jobs().await;
    receiver.answers(410);
    set(&env, &owner, 8).await;
    set(&env, &owner, 10).await;
    deliver_due_messages(&env.services).await;
    set(&env, &owner, 0).await;
    deliver_due_messages(&env.services).await;
    assert_eq!(receiver.taken().len(), 1);
    let endpoint = endpoints.endpoint(&owner.current_membership.tenant_id, &made.endpoint.id).await.unwrap();
    assert_eq!(endpoint.disabled.map(|disabled| disabled.why), Some(DisabledWhy::Gone));
    let mut waiting =
        log(&env, &owner, &made.endpoint.id).await.into_iter().filter(|entry| entry.event.starts_with("limit"));
    assert!(waiting.all(|entry| entry.state == DeliveryState::Failed));
    env.run_due_jobs().await;
    let subject = "Acme Robotics: webhook endpoint disabled";
    let mails = env.smtp.received();
    let mut notified: Vec<_> = mails.iter().filter(|mail| mail.header("Subject") == Some(subject)).collect();
    notified.sort_by_key(|mail| mail.to.clone());
    assert_eq!(
        notified.iter().map(|mail| mail.to[0].as_str()).collect::<Vec<_>>(),
        ["ada@hooks.test", "bob@hooks.test"]
    );
    assert!(notified[0].text().contains(&receiver.url()), "{}", notified[0].text());

    let id = &made.endpoint.id;
    assert!(matches!(endpoints.ping_endpoint(&owner, id).await, Err(ServiceError::Conflict(_))));
    receiver.answers(200);
    let on = EndpointChange { enabled: Some(true), ..EndpointChange::default() };
    assert_eq!(endpoints.change_endpoint(&owner, id, on, Some(&Confirmed::not_asked())).await.unwrap().disabled, None);
    endpoints.ping_endpoint(&owner, id).await.unwrap();
    deliver_due_messages(&env.services).await;
    assert_eq!(receiver.taken().last().unwrap().json()["type"], "ping");
}

#[rstest]
#[tokio::test]
async fn five_days_without_a_success_disable_an_endpoint_and_a_success_resets_them(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let (owner, receiver, made) = with_endpoint(&env).await;
    let why = async || {
        let endpoint =
            env.services.endpoints().endpoint(&owner.current_membership.tenant_id, &made.endpoint.id).await.unwrap();
        endpoint.disabled.map(|disabled| disabled.why)
    };
    // One message a day, each retried until it is given up.
    let day = async |day: u64| {
        set(&env, &owner, if day.is_multiple_of(2) { 8 } else { 0 }).await;
        for _ in 0..12 {
            deliver_due_messages(&env.services).await;
            env.clock.advance(2 * 3600);
        }
        deliver_due_messages(&env.services).await;
    };
    receiver.answers(500);
    for number in 0..4 {
        day(number).await;
    }
    assert_eq!(why().await, None);
    receiver.answers_next(&[200]);
    for number in 4..9 {
        day(number).await;
        assert_eq!(why().await, None, "day {number}");
    }
    for number in 9..12 {
        day(number).await;
    }
    assert_eq!(why().await, Some(DisabledWhy::Failing));
}

#[rstest]
#[tokio::test]
async fn a_disabled_endpoint_receives_nothing_and_its_waiting_messages_are_given_up(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let endpoints = env.services.endpoints();
    let (owner, receiver, made) = with_endpoint(&env).await;
    let id = &made.endpoint.id;
    set(&env, &owner, 8).await;
    let off = EndpointChange { enabled: Some(false), ..EndpointChange::default() };
    endpoints.change_endpoint(&owner, id, off, Some(&Confirmed::not_asked())).await.unwrap();
    set(&env, &owner, 10).await;
    deliver_due_messages(&env.services).await;
    assert_eq!(receiver.taken(), []);
    let [entry] = log(&env, &owner, id).await.try_into().unwrap();
    assert_eq!(entry.state, DeliveryState::Failed);
    assert_eq!(entry.last.unwrap().error.as_deref(), Some("The endpoint was disabled."));
    endpoints.delete_endpoint(&owner, id).await.unwrap();
    assert!(matches!(
        endpoints.endpoint(&owner.current_membership.tenant_id, id).await,
        Err(ServiceError::NotFound(_))
    ));
    assert_eq!(env.dump("SELECT message_id FROM webhook_messages").await, "");
}

#[rstest]
#[tokio::test]
async fn an_endpoint_has_one_message_in_flight_and_that_of_a_dead_node_is_claimed_again(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let endpoints = env.services.endpoints();
    let (owner, receiver, made) = with_endpoint(&env).await;
    let other = endpoints.create_endpoint(&owner, &Confirmed::not_asked(), for_url(&receiver.url())).await.unwrap();
    for id in [&made.endpoint.id, &made.endpoint.id, &other.endpoint.id] {
        endpoints.ping_endpoint(&owner, id).await.unwrap();
    }
    let neighbour = env.another_node().await;
    let first = claim_one(&env.services).await.unwrap();
    let second = claim_one(&neighbour).await.unwrap();
    assert_ne!(first.endpoint, second.endpoint);
    assert_eq!(claim_one(&env.services).await, None, "each endpoint has one in flight");
    env.clock.advance(60);
    let again = claim_one(&neighbour).await.unwrap();
    assert_eq!((again.id.as_str(), again.attempts), (first.id.as_str(), 2));
    // A worker whose claim has expired does not overwrite what the next worker stores.
    endpoints.deliver(&first).await.unwrap();
    let entry =
        endpoints.deliveries(&owner.current_membership.tenant_id, &first.endpoint, None, 100).await.unwrap().items;
    assert!(entry.iter().all(|entry| matches!(entry.state, DeliveryState::Waiting { .. })), "{entry:?}");
}

#[rstest]
#[tokio::test]
async fn invalid_endpoints_are_rejected(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let owner = env.owner("free", "ada@hooks.test").await;
    let endpoints = env.services.endpoints();
    let bad = [
        ("url", for_url("ftp://example.com")),
        ("url", for_url("")),
        ("description", EndpointSettings { description: "x".repeat(201), ..for_url("http://127.0.0.1:9999/") }),
        ("events", EndpointSettings { events: Some(Vec::new()), ..for_url("http://127.0.0.1:9999/") }),
        (
            "events",
            EndpointSettings { events: Some(vec![WebhookEvent::LimitReached; 2]), ..for_url("http://127.0.0.1:9999/") },
        ),
    ];
    for (field, settings) in bad {
        let Err(ServiceError::Validation { fields, .. }) =
            endpoints.create_endpoint(&owner, &Confirmed::not_asked(), settings.clone()).await
        else {
            panic!("{settings:?}")
        };
        assert_eq!(fields.keys().collect::<Vec<_>>(), [&field]);
    }
    for _ in 0..MAX_ENDPOINTS {
        endpoints.create_endpoint(&owner, &Confirmed::not_asked(), for_url("http://127.0.0.1:9999/")).await.unwrap();
    }
    let more = endpoints.create_endpoint(&owner, &Confirmed::not_asked(), for_url("http://127.0.0.1:9999/")).await;
    assert!(matches!(more, Err(ServiceError::TooManyEndpoints { most: MAX_ENDPOINTS })));
    let member = env.colleague(&owner, "eve@hooks.test", Role::Member).await;
    let refused = endpoints.create_endpoint(&member, &Confirmed::not_asked(), for_url("http://127.0.0.1:9999/")).await;
    assert!(matches!(refused, Err(ServiceError::AdminRequired)));
}

#[rstest]
#[tokio::test]
async fn the_log_is_paged_and_old_messages_are_purged(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let endpoints = env.services.endpoints();
    let (owner, _receiver, made) = with_endpoint(&env).await;
    let (tenant, id) = (&owner.current_membership.tenant_id, &made.endpoint.id);
    let mut sent = Vec::new();
    for _ in 0..7 {
        sent.insert(0, endpoints.ping_endpoint(&owner, id).await.unwrap().id);
        deliver_due_messages(&env.services).await;
    }
    let (mut read, mut cursor) = (Vec::new(), None);
    loop {
        let page = endpoints.deliveries(tenant, id, cursor.as_deref(), 3).await.unwrap();
        read.extend(page.items.into_iter().map(|entry| entry.id));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(read, sent);
    let purge = HousekeepingTask::Delete(OldRows::WebhookMessages);
    env.clock.advance(30 * DAY);
    env.services.housekeeping().finish_housekeeping(purge).await;
    assert_eq!(log(&env, &owner, id).await.len(), 7, "to the day");
    env.clock.advance(1);
    env.services.housekeeping().finish_housekeeping(purge).await;
    assert_eq!(log(&env, &owner, id).await.len(), 0);
}
