//! A tenant's own account: products, checkouts, customers and subscriptions of its own customers.

use billing::payment::{
    ProviderError,
    merchant::{
        MerchantApi, MerchantCredentials, MerchantEnd, NewMerchantCheckout, NewMerchantPrice, NewMerchantProduct,
        PageWish,
    },
    polar::merchant::PolarMerchant,
};

use crate::stand::{PAYS, Stand, Which};

const ALL: PageWish = PageWish { limit: 100, cursor: None };

fn merchant(stand: &Stand, key: &str) -> PolarMerchant {
    let credentials = MerchantCredentials { api_key: key.to_owned().into(), organization: Some("org-123".to_owned()) };
    PolarMerchant::new(&credentials, Some(&stand.base.join("polar").unwrap())).unwrap()
}

fn price(interval: &str) -> NewMerchantPrice {
    NewMerchantPrice { amount_minor: 9900, currency: "usd".to_owned(), interval: Some(interval.to_owned()) }
}

fn product(name: &str, prices: Vec<NewMerchantPrice>) -> NewMerchantProduct {
    NewMerchantProduct { name: name.to_owned(), description: Some("For large teams".to_owned()), prices }
}

fn checkout(price: &str) -> NewMerchantCheckout {
    NewMerchantCheckout {
        price: price.to_owned(),
        customer_email: Some("customer@example.com".to_owned()),
        success_url: "https://yourapp.com/success".to_owned(),
        cancel_url: Some("https://yourapp.com/cancel".to_owned()),
    }
}

#[tokio::test]
async fn a_tenant_sells_to_customers_of_its_own() {
    let stand = Stand::start(Which::Polar).await;
    let own = merchant(&stand, "polar_sk_of_a_tenant");
    let made = own.create_product(&product("Enterprise Plan", vec![price("month")])).await.unwrap();
    let [sold] = made.prices.as_slice() else { panic!("{made:?}") };
    assert_eq!((sold.amount_minor, &*sold.currency, sold.interval.as_deref()), (Some(9900), "usd", Some("month")));
    assert_eq!(own.list_products(&ALL).await.unwrap().items, std::slice::from_ref(&made));

    for id in [&sold.id, &made.id] {
        let opened = own.create_checkout(&checkout(id)).await.unwrap();
        assert_eq!(stand.page(&opened.url).await, 200);
    }
    let opened = own.create_checkout(&checkout(&sold.id)).await.unwrap();
    let (status, leads_to) = stand.pay_on(&opened.url, PAYS).await;
    assert_eq!((status, leads_to.as_deref()), (303, Some("https://yourapp.com/success")));

    let customers = own.list_customers(&ALL).await.unwrap().items;
    let [customer] = customers.as_slice() else { panic!("{customers:?}") };
    let subscriptions = own.list_subscriptions(&ALL).await.unwrap().items;
    let [live] = subscriptions.as_slice() else { panic!("{subscriptions:?}") };
    assert_eq!((&*live.status, &*live.product, &live.customer), ("active", "Enterprise Plan", &customer.id));
    assert_eq!(own.active_subscriptions(&customer.id).await.unwrap(), Some(subscriptions.clone()));

    for _ in 0..2 {
        let ending = own.end_subscription(&live.id, MerchantEnd::AtPeriodEnd).await.unwrap().unwrap();
        assert_eq!((&*ending.status, ending.cancel_at_period_end), ("active", true));
    }
    for _ in 0..2 {
        let over = own.end_subscription(&live.id, MerchantEnd::Immediately).await.unwrap().unwrap();
        assert_eq!(over.status, "canceled");
    }
    assert_eq!(own.active_subscriptions(&customer.id).await.unwrap(), Some(vec![]));
}

#[tokio::test]
async fn a_tenants_account_shows_nothing_of_anothers() {
    let stand = Stand::start(Which::Polar).await;
    let live = stand.subscribed("acme", "pro", domain::catalog::Cycle::Monthly).await;
    let own = merchant(&stand, "polar_sk_of_a_tenant");
    assert_eq!(own.list_products(&ALL).await.unwrap().items, []);
    assert_eq!(own.list_customers(&ALL).await.unwrap().items, []);
    assert_eq!(own.list_subscriptions(&ALL).await.unwrap().items, []);
    assert_eq!(own.active_subscriptions(&live.customer).await.unwrap(), None);
    assert_eq!(own.end_subscription(&live.id, MerchantEnd::Immediately).await.unwrap(), None);
    assert_eq!(own.end_subscription("sub-123", MerchantEnd::Immediately).await.unwrap(), None);
    let theirs = stand.polar_report.products.price(&crate::plan("pro"), domain::catalog::Cycle::Monthly).unwrap();
    let refused = own.create_checkout(&checkout(theirs)).await;
    assert!(matches!(refused, Err(ProviderError::Rejected { .. })), "{refused:?}");
}

#[tokio::test]
async fn a_list_goes_on_where_it_stopped() {
    let stand = Stand::start(Which::Polar).await;
    let own = merchant(&stand, "polar_sk_of_a_tenant");
    for name in ["One", "Two", "Three"] {
        own.create_product(&product(name, vec![price("year")])).await.unwrap();
    }
    let mut wish = PageWish { limit: 2, cursor: None };
    let mut names = Vec::new();
    loop {
        let page = own.list_products(&wish).await.unwrap();
        names.extend(page.items.into_iter().map(|it| it.name));
        wish.cursor = page.next;
        if wish.cursor.is_none() {
            break;
        }
    }
    assert_eq!(names, ["Three", "Two", "One"]);
    wish.cursor = Some("nowhere".to_owned());
    assert_eq!(own.list_products(&wish).await.unwrap().items, []);
}

#[tokio::test]
async fn what_polar_does_not_take_is_refused_with_a_reason_and_never_the_key() {
    let stand = Stand::start(Which::Polar).await;
    let wrong = merchant(&stand, "sk_wrong_0123456789").list_products(&ALL).await.unwrap_err();
    assert!(!format!("{wrong:?}").contains("sk_wrong"), "{wrong:?}");
    let ProviderError::Rejected { reason, .. } = wrong else { panic!("{wrong:?}") };
    assert_eq!(reason, "Polar does not accept the key in the secret polar_api_key.");

    let mixed = product("Mixed", vec![price("month"), price("year")]);
    let mixed = merchant(&stand, "polar_sk_of_a_tenant").create_product(&mixed).await;
    let Err(ProviderError::Rejected { reason, .. }) = mixed else { panic!("{mixed:?}") };
    assert!(reason.contains("one interval"), "{reason}");
}
