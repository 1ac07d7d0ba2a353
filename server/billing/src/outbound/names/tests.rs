use std::{
    net::Ipv4Addr,
    sync::mpsc::{Receiver, Sender, channel},
};

use futures::future::join_all;
use http::HeaderMap;

use super::*;
use crate::outbound::{AddressError, AllowedTargets, CallError, EndpointClient};

/// For look-ups that hang.
const SHORT: Waits = Waits { new: Duration::from_millis(300), remembered: Duration::from_millis(100) };
/// For look-ups that must not time out.
const LONG: Waits = Waits { new: Duration::from_secs(20), remembered: Duration::from_secs(20) };

/// Name servers that do not answer until the sender is dropped.
#[derive(Clone)]
struct Silence(Arc<Mutex<Receiver<()>>>);

fn silence() -> (Sender<()>, Silence) {
    let (end, ended) = channel();
    (end, Silence(Arc::new(Mutex::new(ended))))
}

impl Silence {
    fn resolve(&self) -> impl FnOnce(&str) -> io::Result<Vec<IpAddr>> + Send + 'static + use<> {
        let Self(ended) = self.clone();
        move |_| {
            assert!(ended.lock().unwrap().recv().is_err(), "nothing is sent");
            address(9)
        }
    }
}

#[expect(clippy::unnecessary_wraps, reason = "it is what a resolver answers")]
fn address(last: u8) -> io::Result<Vec<IpAddr>> {
    Ok(vec![Ipv4Addr::new(198, 51, 100, last).into()])
}

fn tenant(number: usize) -> TenantId {
    format!("tenant-{number}").parse().unwrap()
}

/// Waits until `is_so` returns `true`; panics after at least 20 seconds.
async fn eventually(is_so: impl Fn() -> bool) {
    for _ in 0..2_000 {
        if is_so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it does not become so");
}

#[tokio::test]
async fn a_look_up_that_timed_out_holds_its_thread_until_it_is_done() {
    let names = Names::new(1, SHORT);
    let (end, silent) = silence();
    let slow = names.look_up(&tenant(0), "slow.example", silent.resolve()).await;
    assert!(matches!(slow, Err(LookUpError::TooSlow)), "{slow:?}");
    let next = names.look_up(&tenant(1), "next.example", |_| address(1)).await;
    assert!(matches!(next, Err(LookUpError::TooSlow)), "the only thread is still taken: {next:?}");
    drop(end);
    eventually(|| names.threads.available_permits() == 1).await;
    let names = Names { waits: LONG, ..names };
    assert_eq!(names.look_up(&tenant(1), "next.example", |_| address(1)).await.unwrap(), address(1).unwrap());
    let late = names.remembered.get("slow.example");
    assert_eq!(late, Some(address(9).unwrap()), "what came late serves the next call");
}

#[tokio::test]
async fn silent_name_servers_of_one_tenant_leave_threads_to_others() {
    let names = Names { waits: SHORT, ..Names::default() };
    let (end, silent) = silence();
    let slow = (0..40 * 5).map(|number| {
        let (names, resolve) = (names.clone(), silent.resolve());
        async move { names.look_up(&tenant(number % 40), &format!("{number}.example"), resolve).await }
    });
    for slow in join_all(slow).await {
        assert!(matches!(slow, Err(LookUpError::TooSlow)), "{slow:?}");
    }
    assert_eq!(names.threads.available_permits(), THREADS - 40 * THREADS_PER_TENANT);
    let names = Names { waits: LONG, ..names };
    let other = names.look_up(&tenant(40), "new.example", |_| address(1)).await;
    assert_eq!(other.unwrap(), address(1).unwrap(), "a name that was never looked up");
    drop(end);
    eventually(|| names.threads.available_permits() == THREADS).await;
    drop(names.shares.of(&tenant(0)));
    assert_eq!(names.shares.0.lock().unwrap().len(), 1, "nothing is remembered of tenants without look-ups");
}

#[tokio::test]
async fn a_tenant_waits_for_its_own_threads() {
    let names = Names::new(THREADS, LONG);
    let many = (0..20).map(|number| {
        let names = names.clone();
        async move { names.look_up(&tenant(0), &format!("{number}.example"), |_| address(1)).await }
    });
    for found in join_all(many).await {
        assert_eq!(found.unwrap(), address(1).unwrap());
    }
}

#[tokio::test]
async fn a_cached_name_resolves_while_all_threads_are_busy() {
    let names = Names::new(1, LONG);
    let found = names.look_up(&tenant(0), "known.example", |_| address(1)).await;
    assert_eq!(found.unwrap(), address(1).unwrap());
    let found = names.look_up(&tenant(0), "known.example", |_| address(2)).await;
    assert_eq!(found.unwrap(), address(2).unwrap(), "a fresh look-up takes precedence over the cache");
    let failed = names.look_up(&tenant(0), "known.example", |_| Err(io::ErrorKind::NotFound.into())).await;
    assert!(matches!(failed, Err(LookUpError::Failed(_))), "also where it fails: {failed:?}");

    let names = Names { waits: SHORT, ..names };
    let (_end, silent) = silence();
    let slow = names.look_up(&tenant(1), "slow.example", silent.resolve()).await;
    assert!(matches!(slow, Err(LookUpError::TooSlow)), "{slow:?}");
    let known = names.look_up(&tenant(0), "known.example", |_| address(3)).await;
    assert_eq!(known.unwrap(), address(2).unwrap());
    let new = names.look_up(&tenant(0), "new.example", |_| address(3)).await;
    assert!(matches!(new, Err(LookUpError::TooSlow)), "{new:?}");
}

#[tokio::test]
async fn few_addresses_of_a_name_are_cached() {
    let names = Names::new(1, LONG);
    let all = (0..=255).map(|last| IpAddr::from(Ipv4Addr::new(198, 51, 100, last))).collect::<Vec<_>>();
    let found = names.look_up(&tenant(0), "many.example", move |_| Ok(all)).await.unwrap();
    assert_eq!((found.len(), names.remembered.get("many.example").unwrap().len()), (256, MOST_ADDRESSES));
}

#[tokio::test]
async fn a_cached_address_is_checked_at_each_call() {
    let courier = EndpointClient::new(AllowedTargets { plain: true, private: false }).unwrap();
    courier.names.remembered.insert("inside.example".to_owned(), vec![Ipv4Addr::LOCALHOST.into()]);
    courier.names.threads.forget_permits(THREADS);
    let outcome = courier.post(&tenant(0), "http://inside.example/hook", HeaderMap::new(), String::new()).await;
    assert!(matches!(outcome, Err(CallError::Address(AddressError::Private))), "{outcome:?}");
}
