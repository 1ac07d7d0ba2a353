use std::{
    net::{IpAddr, Ipv4Addr},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures::future::join_all;

use super::*;

const SIZE: QueueLimits =
    QueueLimits { name: "test", at_once: 1, reserved_for_known: 0, waiting: 6, max_waiting_per_client: 4 };
const NOWHERE: QueueClient = QueueClient::Network(None);

fn chosen(password: &str) -> NewPassword {
    NewPassword::choose(password, "", "").unwrap()
}

fn network(last: u8) -> QueueClient {
    QueueClient::Network(Some(IpAddr::from(Ipv4Addr::new(192, 0, 2, last))))
}

fn device_of(user: &str) -> QueueClient {
    QueueClient::KnownDevice(user.parse().unwrap())
}

/// Asks for a permit and returns once the request is queued.
async fn enqueue(queue: &FairQueue, from: QueueClient) -> tokio::task::JoinHandle<Option<Permit>> {
    let (queue, asked) = (queue.clone(), Arc::new(tokio::sync::Notify::new()));
    let queued = asked.clone();
    let waits = tokio::spawn(async move {
        let mut permit = Box::pin(queue.permit(from));
        let first = std::future::poll_fn(|context| std::task::Poll::Ready(Future::poll(permit.as_mut(), context)));
        let first = first.await;
        queued.notify_one();
        match first {
            std::task::Poll::Ready(permit) => permit,
            std::task::Poll::Pending => permit.await,
        }
    });
    asked.notified().await;
    waits
}

#[tokio::test]
async fn a_queue_is_bounded_in_all_and_for_each_network() {
    let queue = FairQueue::new(SIZE);
    let held = queue.permit(network(1)).await.unwrap();
    let mut waiting = Vec::new();
    for _ in 0..4 {
        waiting.push(enqueue(&queue, network(1)).await);
    }
    assert!(queue.permit(network(1)).await.is_none(), "a network has a maximum");
    for last in [2, 3] {
        waiting.push(enqueue(&queue, network(last)).await);
    }
    assert!(queue.permit(network(4)).await.is_none(), "the queue is full");
    drop(held);
    // Each permit is returned at once: the order does not matter.
    let served = join_all(waiting.into_iter().map(async |waits| waits.await.unwrap().is_some())).await;
    assert_eq!(served, [true; 6]);
    assert!(queue.permit(network(4)).await.is_some(), "all have been served");
}

#[tokio::test]
async fn networks_alternate_and_disconnected_callers_are_removed() {
    let queue = FairQueue::new(SIZE);
    let held = queue.permit(network(1)).await.unwrap();
    let first = enqueue(&queue, network(1)).await;
    let left = enqueue(&queue, network(1)).await;
    let third = enqueue(&queue, network(1)).await;
    let other = enqueue(&queue, network(2)).await;
    left.abort();
    assert!(left.await.unwrap_err().is_cancelled());
    drop(held);
    let first = first.await.unwrap().unwrap();
    assert!(!third.is_finished() && !other.is_finished());
    drop(first);
    let other = other.await.unwrap().unwrap();
    assert!(!third.is_finished(), "the other network goes before a network's second");
    drop(other);
    assert!(third.await.unwrap().is_some());
    // No permit was lost: there is one and no more.
    let held = queue.permit(network(1)).await.unwrap();
    let waits = enqueue(&queue, network(1)).await;
    assert!(!waits.is_finished());
    drop(held);
    assert!(waits.await.unwrap().is_some());
}

#[tokio::test]
async fn a_known_device_does_not_wait_for_unknown_ones() {
    let queue = FairQueue::new(QueueLimits { at_once: 2, reserved_for_known: 1, ..SIZE });
    let unknown_held = queue.permit(network(1)).await.unwrap();
    let mut unknown = Vec::new();
    for last in 2..=7 {
        unknown.push(enqueue(&queue, network(last)).await);
    }
    assert!(queue.permit(network(8)).await.is_none(), "the queue of unknown devices is full");
    let known = queue.permit(device_of("ada")).await.unwrap();
    assert!(unknown.iter().all(|waits| !waits.is_finished()));

    // Both permits are taken. The next free one goes to a known device though others have waited longer. Accounts
    // alternate.
    let again = enqueue(&queue, device_of("ada")).await;
    let third = enqueue(&queue, device_of("ada")).await;
    let other = enqueue(&queue, device_of("bea")).await;
    drop(unknown_held);
    let again = again.await.unwrap().unwrap();
    drop(again);
    let other = other.await.unwrap().unwrap();
    assert!(!third.is_finished(), "the other account goes before an account's second");
    drop(known);
    let third = third.await.unwrap().unwrap();
    drop(other);
    let first = unknown.remove(0).await.unwrap().unwrap();
    drop(third);
    assert!(unknown.iter().all(|waits| !waits.is_finished()), "one of the two permits is reserved for known devices");
    drop(first);
    let served = join_all(unknown.into_iter().map(async |waits| waits.await.unwrap().is_some())).await;
    assert_eq!(served, [true; 5]);
    // No permit was lost.
    let _both = (queue.permit(network(1)).await.unwrap(), queue.permit(device_of("ada")).await.unwrap());
    let waits = enqueue(&queue, device_of("ada")).await;
    assert!(!waits.is_finished());
}

#[tokio::test]
async fn a_full_sign_up_queue_refuses_and_does_not_delay_logins() {
    let passwords = Passwords::new().unwrap();
    let hash =
        passwords.acquire(Purpose::Other, NOWHERE).await.unwrap().hash(&chosen("correct horse battery")).await.unwrap();
    let (busy, flood) = (Arc::new(AtomicUsize::new(0)), passwords.clone());
    let refused = busy.clone();
    let flood = tokio::spawn(async move {
        join_all((0..300_u16).map(|number| {
            let (passwords, refused) = (flood.clone(), refused.clone());
            let from = network(u8::try_from(number % 20).unwrap());
            async move {
                match passwords.acquire(Purpose::Other, from).await {
                    Ok(turn) => drop(turn.hash(&chosen("battery staple horse")).await.unwrap()),
                    Err(PasswordError::Busy { retry_after_secs }) => {
                        assert!(retry_after_secs > 0);
                        refused.fetch_add(1, Ordering::SeqCst);
                    }
                    Err(error) => panic!("{error:?}"),
                }
            }
        }))
        .await;
    });
    while busy.load(Ordering::SeqCst) == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    for _ in 0..3 {
        let turn = passwords.acquire(Purpose::LogIn, NOWHERE).await.unwrap();
        assert!(turn.verify("correct horse battery", Some(&hash)).await.unwrap());
        assert!(!turn.verify("battery staple", Some(&hash)).await.unwrap());
    }
    assert!(!flood.is_finished(), "six logins were verified before sixty-five sign-ups");
    flood.await.unwrap();
    assert_eq!(busy.load(Ordering::SeqCst), 300 - 65, "one is hashed, 64 wait");
}

#[tokio::test]
async fn a_disconnected_callers_thread_is_released() {
    let passwords = Passwords::new().unwrap();
    for _ in 0..8 {
        let turn = passwords.acquire(Purpose::Other, NOWHERE).await.unwrap();
        let gone = tokio::time::timeout(Duration::ZERO, turn.hash(&chosen("correct horse battery"))).await;
        drop((turn, gone));
    }
    let turn = passwords.acquire(Purpose::Other, NOWHERE).await.unwrap();
    assert!(turn.hash(&chosen("correct horse battery")).await.is_ok());
}

#[test]
fn the_hash_for_unknown_accounts_is_as_dear_as_others() {
    let new = Argon2::default().hash_password(b"a password").unwrap();
    let none = PasswordHash::new(NO_ACCOUNT).unwrap();
    assert_eq!((none.algorithm, none.version, &none.params), (new.algorithm, new.version, &new.params));
    assert_eq!(none.hash.unwrap().as_ref().len(), new.hash.unwrap().as_ref().len());
}
