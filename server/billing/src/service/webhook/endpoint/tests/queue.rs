//! The queue of an endpoint: its cursor is never later than its first waiting message, and one node at a time claims
//! its messages.

use super::*;
use crate::store::webhook::webhook_messages::NewMessage;

/// Ends the wait of all messages, but leaves the cursors of endpoints as they are.
const END_MESSAGES: &str = "UPDATE webhook_messages SET next_try_at = NULL";

async fn cursor(env: &TestEnv) -> String {
    env.dump("SELECT COALESCE(CAST(next_try_at AS TEXT), 'none') FROM webhook_endpoints").await
}

#[rstest]
#[tokio::test]
async fn the_cursor_is_the_time_of_the_first_message_that_waits(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let (owner, receiver, made) = with_endpoint(&env).await;
    let id = &made.endpoint.id;
    assert_eq!(cursor(&env).await, "none\n");
    let first = env.services.wall_now();
    env.services.endpoints().ping_endpoint(&owner, id).await.unwrap();
    env.clock.advance(5);
    env.services.endpoints().ping_endpoint(&owner, id).await.unwrap();
    assert_eq!(cursor(&env).await, format!("{}\n", first.as_micros()));
    env.services.endpoints().deliver(&claim_one(&env.services).await.unwrap()).await.unwrap();
    assert_eq!(cursor(&env).await, format!("{}\n", first.plus_secs(5).as_micros()));
    deliver_due_messages(&env.services).await;
    assert_eq!((receiver.taken().len(), cursor(&env).await), (2, "none\n".to_owned()));
    let message = log(&env, &owner, id).await.remove(0).id;
    env.services.endpoints().resend_message(&owner, id, &message).await.unwrap();
    assert_eq!(cursor(&env).await, format!("{}\n", first.plus_secs(5).as_micros()));
    deliver_due_messages(&env.services).await;
    assert_eq!(receiver.taken().len(), 3);
}

#[rstest]
#[tokio::test]
async fn a_cursor_that_is_too_early_is_corrected(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let (owner, _receiver, made) = with_endpoint(&env).await;
    env.services.endpoints().ping_endpoint(&owner, &made.endpoint.id).await.unwrap();
    env.run(END_MESSAGES).await;
    assert_ne!(cursor(&env).await, "none\n");
    assert_eq!(claim_one(&env.services).await, None);
    assert_eq!(cursor(&env).await, "none\n");
}

#[rstest]
#[tokio::test]
async fn an_endpoint_that_is_disabled_has_no_cursor(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let (owner, _receiver, made) = with_endpoint(&env).await;
    env.services.endpoints().ping_endpoint(&owner, &made.endpoint.id).await.unwrap();
    assert_ne!(cursor(&env).await, "none\n");
    let off = EndpointChange { enabled: Some(false), ..EndpointChange::default() };
    env.services.endpoints().change_endpoint(&owner, &made.endpoint.id, off, None).await.unwrap();
    assert_eq!(cursor(&env).await, "none\n");
}

#[rstest]
#[case("UPDATE webhook_endpoints SET next_try_at = NULL")]
#[case("UPDATE webhook_endpoints SET next_try_at = next_try_at + 3600000000")]
#[tokio::test]
async fn a_cursor_that_a_version_without_cursors_left_late_is_corrected(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[case] leave: &'static str,
) {
    let env = TestEnv::new(engine).await;
    let (owner, _receiver, made) = with_endpoint(&env).await;
    env.services.endpoints().ping_endpoint(&owner, &made.endpoint.id).await.unwrap();
    let right = cursor(&env).await;
    env.run(leave).await;
    assert_eq!(claim_one(&env.services).await, None);
    assert_eq!(env.services.endpoints().correct_late_cursors(None).await.unwrap(), None);
    assert_eq!(cursor(&env).await, right);
    assert!(claim_one(&env.services).await.is_some());
}

#[rstest]
#[tokio::test]
async fn an_endpoint_with_a_backlog_queues_behind_those_that_became_due_before_it_was_served(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let (owner, _receiver, made) = with_endpoint(&env).await;
    for _ in 0..2 {
        env.services.endpoints().ping_endpoint(&owner, &made.endpoint.id).await.unwrap();
    }
    env.clock.advance(5);
    let served_at = env.services.wall_now();
    env.services.endpoints().deliver(&claim_one(&env.services).await.unwrap()).await.unwrap();
    let queued_at = format!("{}\n", served_at.as_micros());
    assert_eq!(cursor(&env).await, queued_at);
    env.services.endpoints().correct_late_cursors(None).await.unwrap();
    assert_eq!(cursor(&env).await, queued_at, "it is not late");
    assert!(claim_one(&env.services).await.is_some(), "its next message is due");
}

#[rstest]
#[tokio::test]
async fn late_cursors_are_found_in_slices(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let (owner, receiver, made) = with_endpoint(&env).await;
    let mut ids = vec![made.endpoint.id];
    for _ in 0..2 {
        let settings = for_url(&receiver.url());
        let made = env.services.endpoints().create_endpoint(&owner, &Confirmed::not_asked(), settings).await.unwrap();
        ids.push(made.endpoint.id);
    }
    ids.sort();
    for id in &ids[1..] {
        env.services.endpoints().ping_endpoint(&owner, id).await.unwrap();
    }
    env.run("UPDATE webhook_endpoints SET next_try_at = NULL").await;
    let (mut found, mut slices, mut after) = (Vec::new(), 0, None);
    loop {
        let mut reader = env.database.store.read().await.unwrap();
        let slice = reader.connection().list_late_endpoints(after.as_ref(), 2).await.unwrap();
        found.extend(slice.late.into_iter().map(|(_, id)| id));
        slices += 1;
        after = slice.last;
        if after.is_none() {
            break;
        }
    }
    assert_eq!((found.as_slice(), slices), (&ids[1..], 2));
}

#[tokio::test]
async fn an_endpoint_that_another_node_is_claiming_is_skipped() {
    let env = TestEnv::new(Engine::Postgres).await;
    let (owner, _receiver, made) = with_endpoint(&env).await;
    let due = [(owner.current_membership.tenant_id.clone(), made.endpoint.id.clone())];
    let mut one = env.database.store.begin().await.unwrap();
    assert_eq!(one.connection().lock_due_endpoints(&due).await.unwrap(), due);
    let mut other = env.database.store.begin().await.unwrap();
    assert_eq!(other.connection().lock_due_endpoints(&due).await.unwrap(), []);
    one.commit().await.unwrap();
    assert_eq!(other.connection().lock_due_endpoints(&due).await.unwrap(), due);
}

#[tokio::test]
async fn a_message_is_found_that_is_inserted_while_the_cursor_is_raised() {
    let env = TestEnv::new(Engine::Postgres).await;
    let (owner, _receiver, made) = with_endpoint(&env).await;
    let (tenant, id) = (owner.current_membership.tenant_id.clone(), made.endpoint.id.clone());
    let store = env.database.store.clone();
    env.services.endpoints().ping_endpoint(&owner, &id).await.unwrap();
    env.run(END_MESSAGES).await;
    let message = NewMessage {
        tenant: tenant.clone(),
        id: announce::message_id(),
        endpoint: id.clone(),
        event: PING,
        body: "{}".to_owned(),
        about: None,
    };
    let mut inserting = store.begin().await.unwrap();
    inserting.connection().insert_messages(&[message], env.services.wall_now()).await.unwrap();
    let raising = tokio::spawn(async move {
        let mut tx = store.begin().await.unwrap();
        tx.connection().lock_endpoint(&tenant, &id).await.unwrap();
        tx.connection().update_endpoint_cursor(&tenant, &id).await.unwrap();
        tx.commit().await.unwrap();
    });
    env.database.wait_for_blocked_statement().await;
    inserting.commit().await.unwrap();
    raising.await.unwrap();
    assert_ne!(cursor(&env).await, "none\n");
    assert!(claim_one(&env.services).await.is_some());
}

#[tokio::test]
async fn usage_counts_while_an_endpoint_that_it_announces_to_is_deleted() {
    let env = TestEnv::new(Engine::Postgres).await;
    let (owner, _receiver, made) = with_endpoint(&env).await;
    let tenant = owner.current_membership.tenant_id.clone();
    let mut deleting = env.database.store.begin().await.unwrap();
    assert!(deleting.connection().delete_endpoint(&tenant, &made.endpoint.id).await.unwrap());
    let services = env.services.clone();
    let counting = tokio::spawn(async move { services.usage().set_usage(&tenant, ROOMS, 9, None).await.map(drop) });
    env.database.wait_for_blocked_statement().await;
    deleting.commit().await.unwrap();
    counting.await.unwrap().unwrap();
}

#[rstest]
#[tokio::test]
async fn a_message_that_waits_is_kept_for_any_time(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    const PURGE: HousekeepingTask = HousekeepingTask::Delete(OldRows::WebhookMessages);
    let env = TestEnv::new(engine).await;
    let (owner, receiver, made) = with_endpoint(&env).await;
    let id = &made.endpoint.id;
    set(&env, &owner, 8).await;
    // All nodes were down for a longer time than the log is kept.
    env.clock.advance(31 * DAY);
    env.services.housekeeping().finish_housekeeping(PURGE).await;
    deliver_due_messages(&env.services).await;
    assert_eq!(receiver.taken().len(), 1);
    let message = log(&env, &owner, id).await.remove(0).id;
    env.services.endpoints().resend_message(&owner, id, &message).await.unwrap();
    env.services.housekeeping().finish_housekeeping(PURGE).await;
    deliver_due_messages(&env.services).await;
    assert_eq!(receiver.taken().len(), 2, "it was sent again");
    env.services.housekeeping().finish_housekeeping(PURGE).await;
    assert_eq!(log(&env, &owner, id).await, []);
}
