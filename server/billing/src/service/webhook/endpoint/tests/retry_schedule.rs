//! The retry schedule is a setting.

use super::*;
use crate::service::{RetrySchedule, WorkerSettings};

#[rstest]
#[tokio::test]
async fn a_failed_message_is_retried_as_the_settings_say(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let webhook_retries = RetrySchedule { delays_secs: vec![60], disabled_after_secs: 0 };
    let node = env.working_with(WorkerSettings { webhook_retries, ..WorkerSettings::default() }).await;
    let (owner, receiver, made) = with_endpoint(&env).await;
    receiver.answers(500);
    set(&env, &owner, 8).await;
    deliver_due_messages(&node).await;
    env.clock.advance(59);
    deliver_due_messages(&node).await;
    assert_eq!(receiver.taken().len(), 1, "not before a minute");
    env.clock.advance(8);
    deliver_due_messages(&node).await;
    assert_eq!(receiver.taken().len(), 2);
    let [given_up] = log(&env, &owner, &made.endpoint.id).await.try_into().unwrap();
    assert_eq!((given_up.state, given_up.attempts), (DeliveryState::Failed, 2));
    let endpoint =
        env.services.endpoints().endpoint(&owner.current_membership.tenant_id, &made.endpoint.id).await.unwrap();
    assert!(endpoint.disabled.is_some());
}
