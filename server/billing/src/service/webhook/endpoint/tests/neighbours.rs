//! Isolation: the endpoints of one workspace do not hold up those of another.

use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::*;
use crate::{
    store::webhook::webhook_endpoints::Pace,
    worker::{self, deliver_due_messages},
};

const WORKSPACES: usize = 20;
const ENDPOINTS: usize = 4;
/// Maximum time until a message arrives at a working endpoint. Generous, as other tests run at the same time, but less
/// than the 15 seconds of a call to an endpoint that does not answer.
const SOON: Duration = Duration::from_secs(6);

async fn until(what: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_mins(1), "{what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn endpoints_of_twenty_workspaces_that_do_not_answer_hold_up_no_other_webhook(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(false, true)] answered_before: bool,
) {
    let env = TestEnv::new(engine).await;
    let endpoints = env.services.endpoints();
    let (owner, receiver, _) = with_endpoint(&env).await;
    let silent = Receiver::start().await;
    let mut noisy = Vec::new();
    for number in 0..WORKSPACES {
        let neighbour = env.owner("free", &format!("noisy{number}@hooks.test")).await;
        for _ in 0..ENDPOINTS {
            endpoints.create_endpoint(&neighbour, &Confirmed::not_asked(), for_url(&silent.url())).await.unwrap();
        }
        noisy.push(neighbour);
    }
    if answered_before {
        for neighbour in &noisy {
            set(&env, neighbour, 8).await;
        }
        deliver_due_messages(&env.services).await;
    }
    let taken_before = silent.taken().len();
    silent.delays(Duration::from_mins(1));
    for neighbour in &noisy {
        set(&env, neighbour, 10).await;
    }
    let stop = CancellationToken::new();
    let worker = tokio::spawn(worker::run(env.services.clone(), stop));
    until("the silent receivers are called", || silent.taken().len() >= taken_before + WORKSPACES).await;
    let begun = Instant::now();
    set(&env, &owner, 8).await;
    until("the webhook arrives", || !receiver.taken().is_empty()).await;
    assert!(begun.elapsed() < SOON, "it took {:?}", begun.elapsed());
    worker.abort();
}

#[rstest]
#[tokio::test]
async fn the_workspace_that_was_served_least_recently_is_next(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let endpoints = env.services.endpoints();
    let (modest, receiver, _) = with_endpoint(&env).await;
    let greedy = env.owner("free", "bob@hooks.test").await;
    for _ in 0..MAX_ENDPOINTS {
        endpoints.create_endpoint(&greedy, &Confirmed::not_asked(), for_url(&receiver.url())).await.unwrap();
    }
    // The second workspace has one message, which was enqueued last.
    set(&env, &greedy, 8).await;
    env.clock.advance(1);
    set(&env, &modest, 8).await;
    let of = |claimed: &[crate::store::webhook::webhook_messages::ClaimedMessage], whom: &Viewer| {
        claimed.iter().filter(|message| message.tenant == whom.current_membership.tenant_id).count()
    };
    let first = endpoints.claim_messages(Pace::New, 2).await.unwrap();
    assert_eq!((of(&first, &greedy), of(&first, &modest)), (1, 1));
    let second = env.another_node().await.endpoints().claim_messages(Pace::New, 16).await.unwrap();
    assert_eq!((of(&second, &greedy), of(&second, &modest)), (1, 0), "two are in flight over all nodes");
    assert!(endpoints.claim_messages(Pace::New, 16).await.unwrap().is_empty());
    assert!(endpoints.claim_messages(Pace::Prompt, 16).await.unwrap().is_empty(), "no endpoint has answered yet");

    // An endpoint that answers in time is in the prompt lane, one that does not is in the slow lane.
    endpoints.deliver(&first[0]).await.unwrap();
    endpoints.note_slow(&second[0]).await.unwrap();
    let third = endpoints.claim_messages(Pace::New, 16).await.unwrap();
    assert!(!third.is_empty(), "both are done");
    env.clock.advance(1);
    set(&env, &greedy, 10).await;
    let fourth = endpoints.claim_messages(Pace::Prompt, 16).await.unwrap();
    assert!(fourth.iter().all(|message| first[0].endpoint == message.endpoint), "{fourth:#?}");
    assert!(endpoints.claim_messages(Pace::Slow, 16).await.unwrap().is_empty(), "the call is still in flight");
    env.clock.advance(60);
    let [slow] = endpoints.claim_messages(Pace::Slow, 16).await.unwrap().try_into().unwrap();
    assert_eq!((&slow.endpoint, slow.attempts), (&second[0].endpoint, 2));
    // An answer in time moves the endpoint to the prompt lane.
    endpoints.deliver(&slow).await.unwrap();
    let prompt = endpoints.claim_messages(Pace::Prompt, 16).await.unwrap();
    assert!(prompt.iter().any(|message| message.endpoint == slow.endpoint), "{prompt:#?}");
}

#[rstest]
#[tokio::test]
async fn pings_are_limited_for_each_workspace(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let endpoints = env.services.endpoints();
    let (owner, receiver, made) = with_endpoint(&env).await;
    let mut pings = 0;
    let refused = loop {
        match endpoints.ping_endpoint(&owner, &made.endpoint.id).await {
            Ok(_) => pings += 1,
            Err(error) => break error,
        }
        deliver_due_messages(&env.services).await;
        assert!(pings <= 20, "not throttled");
    };
    assert!(matches!(refused, ServiceError::Throttled { retry_after_secs: 1..=60 }), "{refused:?}");
    assert_eq!((pings, receiver.taken().len()), (20, 20));
    let message = log(&env, &owner, &made.endpoint.id).await.remove(0).id;
    let again = endpoints.resend_message(&owner, &made.endpoint.id, &message).await;
    assert!(matches!(again, Err(ServiceError::Throttled { .. })), "{again:?}");
    let other = env.owner("free", "bob@hooks.test").await;
    let endpoint =
        endpoints.create_endpoint(&other, &Confirmed::not_asked(), for_url(&receiver.url())).await.unwrap().endpoint.id;
    endpoints.ping_endpoint(&other, &endpoint).await.unwrap();
    env.clock.advance(61);
    endpoints.ping_endpoint(&owner, &made.endpoint.id).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn new_urls_are_limited_for_each_workspace(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let (owner, receiver, _) = with_endpoint(&env).await;
    let mut made = 1;
    let refused = loop {
        match env.services.endpoints().create_endpoint(&owner, &Confirmed::not_asked(), for_url(&receiver.url())).await
        {
            Ok(one) => env.services.endpoints().delete_endpoint(&owner, &one.endpoint.id).await.unwrap(),
            Err(error) => break error,
        }
        made += 1;
        assert!(made <= 60, "not throttled");
    };
    assert!(matches!(refused, ServiceError::Throttled { .. }), "{refused:?}");
    assert_eq!(made, 60);
}
