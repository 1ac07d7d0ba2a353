use std::{
    net::IpAddr,
    time::{Duration, Instant},
};

use billing::service::base::permission::{KeyKind, KeyPrincipal};
use rstest::rstest;

use super::*;

const API: &str = "/api/v1/auth/me";

fn rates(person: u32, key: u32, address: u32) -> RequestLimiter {
    let [person, key, address] = [person, key, address].map(NonZeroU32::new);
    RequestLimiter::new(RateLimits { person, key, address, pages: None })
}

fn from(address: &str) -> Extensions {
    let mut extensions = Extensions::new();
    extensions.insert(ClientAddress(address.parse::<IpAddr>().unwrap()));
    extensions
}

fn holder(key: &str) -> Extensions {
    let mut extensions = from("192.0.2.1");
    extensions.insert(KeyPrincipal {
        key: key.into(),
        tenant: "acme".parse().unwrap(),
        scopes: Vec::new().into(),
        kind: KeyKind::Workspace,
    });
    extensions
}

/// How many of `times` requests are allowed.
fn passed(rates: &RequestLimiter, path: &str, caller: &Extensions, times: u32) -> u32 {
    let refused = |_: &u32| rates.count(path, caller).is_none_or(|status| status.retry_after_secs.is_none());
    u32::try_from((0..times).filter(refused).count()).unwrap()
}

#[rstest]
#[case("192.0.2.1", "192.0.2.1", true)]
#[case("192.0.2.1", "192.0.2.2", false)]
#[case("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true)]
#[case("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
fn anonymous_callers_are_counted_by_ipv4_address_or_ipv6_network(
    #[case] one: &str,
    #[case] other: &str,
    #[case] is_counted_together: bool,
) {
    let rates = rates(0, 0, 3);
    assert_eq!(passed(&rates, API, &from(one), 5), 3);
    assert_eq!(passed(&rates, API, &from(other), 5), if is_counted_together { 0 } else { 3 });
}

#[test]
fn key_is_counted_by_itself_from_any_address() {
    let rates = rates(0, 2, 1);
    assert_eq!(passed(&rates, API, &holder("a"), 5), 2);
    assert_eq!(passed(&rates, API, &holder("b"), 5), 2);
    assert_eq!(passed(&rates, API, &from("192.0.2.1"), 5), 1, "its address is not charged");
    assert_eq!(passed(&rates, "/rpc/login", &holder("c"), 5), 0, "a form is counted by its address");
}

#[test]
fn unlimited_caller_is_not_counted() {
    let rates = rates(0, 0, 0);
    assert!(rates.count(API, &holder("a")).is_none());
    assert!(rates.count(API, &from("192.0.2.1")).is_none());
}

#[test]
fn remaining_requests_are_sent_as_structured_fields() {
    let rates = rates(0, 2, 0);
    let headers = |status: RateLimitStatus<'_>| {
        let mut response = Response::default();
        status.set_headers(&mut response);
        let header = |name| response.headers().get(name).unwrap().to_str().unwrap().to_owned();
        (header(RATELIMIT_POLICY), header(RATELIMIT))
    };
    let (policy, first) = headers(rates.count(API, &holder("a")).unwrap());
    assert_eq!(policy, "\"principal\";q=2;w=60");
    assert_eq!(first, "\"principal\";r=1;t=30");
    assert_eq!(headers(rates.count(API, &holder("a")).unwrap()).1, "\"principal\";r=0;t=60");
    let refused = rates.count(API, &holder("a")).unwrap();
    // One request is refilled every half minute.
    assert!(refused.retry_after_secs.is_some_and(|secs| (25..=30).contains(&secs)), "{:?}", refused.retry_after_secs);
    assert_eq!(headers(refused).1, "\"principal\";r=0;t=60");
}

#[test]
fn refused_caller_is_allowed_again_after_retry_after() {
    let rates = rates(0, 60, 0);
    let wait =
        std::iter::repeat_with(|| rates.count(API, &holder("a")).unwrap().retry_after_secs).find_map(|wait| wait);
    std::thread::sleep(Duration::from_secs(wait.unwrap().unsigned_abs()));
    assert_eq!(passed(&rates, API, &holder("a"), 1), 1);
}

#[test]
fn callers_with_a_full_allowance_are_pruned() {
    let rates = rates(0, 0, 60_000);
    let rate = rates.address.as_ref().unwrap();
    for number in 0..1000 {
        passed(&rates, API, &from(&format!("2001:db8:0:{number:x}::1")), 1);
    }
    assert_eq!(rate.limiter.len(), 1000);
    let begun = Instant::now();
    while !rate.limiter.is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(10), "{} are left", rate.limiter.len());
        std::thread::sleep(Duration::from_millis(1));
        rate.limiter.retain_recent();
    }
}

#[test]
fn pages_are_counted_by_person_or_address_separately_from_the_api() {
    let limits = RateLimits { person: None, key: None, address: NonZeroU32::new(1), pages: NonZeroU32::new(3) };
    let rates = RequestLimiter::new(limits);
    let page = |from: &Extensions| {
        let mut request = Request::new(axum::body::Body::empty());
        *request.uri_mut() = "/membership".parse().unwrap();
        *request.extensions_mut() = from.clone();
        rates.count_request(&request).is_none_or(|status| status.retry_after_secs().is_none())
    };
    let office = from("192.0.2.1");
    assert_eq!((0..5).filter(|_| page(&office)).count(), 3);
    assert!(page(&from("192.0.2.2")), "another address");
    assert_eq!(passed(&rates, API, &office, 1), 1, "its API calls are not charged");
    let account = |user: &str| {
        let mut extensions = from("192.0.2.1");
        let email = "ada@example.com".parse().unwrap();
        extensions.insert(domain::account::Account { user_id: user.parse().unwrap(), email });
        extensions
    };
    assert_eq!((0..5).filter(|_| page(&account("ada"))).count(), 3, "a person is counted by themselves");
    assert!(page(&account("bob")), "another person at the same address");
}

#[test]
fn tracked_callers_are_bounded_under_a_flood() {
    let rate = PolicyLimiter::new("address", NonZeroU32::new(2).unwrap());
    for caller in 0..=u64::try_from(MAX_TRACKED_CALLERS).unwrap() {
        rate.count(caller << 20);
    }
    rate.prune();
    let counted = rate.limiter.len();
    for caller in 0..50_000 {
        rate.count((caller << 20) + 7);
    }
    assert!(rate.limiter.len() <= counted + usize::try_from(SHARED_BUCKETS).unwrap());
}
