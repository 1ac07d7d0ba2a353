//! The list of an account's customers, and their subscriptions as imports read them.

use std::collections::BTreeSet;

use billing::payment::{ListedCustomer, ProviderError};
use domain::{catalog::Cycle, subscription::BillingDetails};
use rstest::rstest;

use crate::test_env::{ProviderKind, TestEnv};

/// Reads all pages of the list of customers. Returns the number of pages, too.
async fn list_all(env: &TestEnv) -> (Vec<ListedCustomer>, usize) {
    let (mut all, mut after, mut pages) = (Vec::new(), None, 0);
    loop {
        let page = env.provider.list_customers(after.as_deref()).await.unwrap();
        pages += 1;
        assert!(page.customers.len() <= 100);
        all.extend(page.customers);
        after = page.next;
        if after.is_none() {
            return (all, pages);
        }
    }
}

#[rstest]
#[case::stripe(ProviderKind::Stripe)]
#[case::polar(ProviderKind::Polar)]
#[tokio::test]
async fn customers_are_listed_page_by_page(#[case] which: ProviderKind) {
    let env = TestEnv::start(which).await;
    assert_eq!(list_all(&env).await, (Vec::new(), 1));
    let mut made = BTreeSet::new();
    for number in 0..101 {
        made.insert(env.customer(&format!("tenant-{number}")).await.unwrap());
    }
    let (listed, pages) = list_all(&env).await;
    assert_eq!((listed.len(), pages), (101, 2));
    assert_eq!(listed.iter().map(|customer| customer.id.clone()).collect::<BTreeSet<_>>(), made);
    let tenants: BTreeSet<_> = listed.iter().map(|customer| customer.metadata["tenant_id"].clone()).collect();
    assert!(tenants.len() == 101 && tenants.contains("tenant-7"), "{tenants:?}");
    assert!(listed.iter().all(|customer| customer.email.is_some() && !customer.is_deleted));
}

#[rstest]
#[case::stripe(ProviderKind::Stripe)]
#[case::polar(ProviderKind::Polar)]
#[tokio::test]
async fn reading_subscriptions_lacks_only_the_next_payment(#[case] which: ProviderKind) {
    let env = TestEnv::start(which).await;
    let live = env.subscribe("acme", "pro", Cycle::Monthly).await;
    let without_next = |answers: Vec<billing::payment::SubscriptionAnswer>| {
        let mut fetched: Vec<_> =
            answers.into_iter().filter_map(billing::payment::SubscriptionAnswer::fetched).collect();
        for one in &mut fetched {
            one.details = BillingDetails { next_payment: None, ..one.details.clone() };
        }
        fetched
    };
    let listed = without_next(env.provider.list_subscriptions(&live.customer).await.unwrap());
    assert_eq!(listed.len(), 1);
    assert_eq!(without_next(env.provider.read_subscriptions(&live.customer).await.unwrap()), listed);
    let unknown = match which {
        ProviderKind::Stripe => "cus_unknown",
        ProviderKind::Polar => "00000000-0000-4000-8000-000000000000",
    };
    let unknown = env.provider.read_subscriptions(unknown).await;
    assert!(matches!(unknown, Err(ProviderError::UnknownCustomer(_))), "{unknown:?}");
}
