//! The contract of white-label: products, checkouts, customers and subscriptions in a tenant's account.

use billing::payment::{
    InvalidInputField, ProviderError,
    merchant::{
        CancellationTiming, MerchantApi, MerchantCredentials, NewMerchantCheckout, NewMerchantPrice,
        NewMerchantProduct, PageParams,
    },
    polar::merchant::PolarMerchant,
    stripe::merchant::StripeMerchant,
};
use domain::catalog::Cycle;
use rstest::rstest;
use serde_json::json;

use crate::{
    DAY_SECS,
    test_env::{ProviderKind, TestEnv, VALID_CARD},
};

const ALL: PageParams = PageParams { limit: 100, cursor: None };

/// Returns the API of a tenant's account. Each `name` opens a different account.
fn merchant(env: &TestEnv, which: ProviderKind, name: &str) -> Box<dyn MerchantApi> {
    match which {
        ProviderKind::Stripe => with_key(env, which, &format!("sk_test_51{name}")),
        ProviderKind::Polar => with_key(env, which, &format!("polar_sk_of_{name}")),
    }
}

fn with_key(env: &TestEnv, which: ProviderKind, key: &str) -> Box<dyn MerchantApi> {
    let credentials = MerchantCredentials { api_key: key.to_owned().into(), organization: Some("org-123".to_owned()) };
    match which {
        ProviderKind::Stripe => Box::new(StripeMerchant::new(&credentials, Some(&env.base)).unwrap()),
        ProviderKind::Polar => {
            Box::new(PolarMerchant::new(&credentials, Some(&env.base.join("polar").unwrap())).unwrap())
        }
    }
}

fn price(interval: &str) -> NewMerchantPrice {
    NewMerchantPrice { amount_minor: 9900, currency: "usd".to_owned(), interval: Some(interval.to_owned()) }
}

fn product(name: &str, prices: Vec<NewMerchantPrice>) -> NewMerchantProduct {
    let description = Some("For large teams".to_owned());
    NewMerchantProduct { name: name.to_owned(), description, prices, attempt: None }
}

fn checkout(price: &str) -> NewMerchantCheckout {
    NewMerchantCheckout {
        price: price.to_owned(),
        customer_email: Some("customer@example.com".to_owned()),
        success_url: "https://yourapp.com/success".to_owned(),
        cancel_url: Some("https://yourapp.com/cancel".to_owned()),
    }
}

#[rstest]
#[case::stripe(ProviderKind::Stripe)]
#[case::polar(ProviderKind::Polar)]
#[tokio::test]
async fn a_tenant_sells_to_its_customers(#[case] which: ProviderKind) {
    let env = TestEnv::start(which).await;
    let api = merchant(&env, which, "acme");
    let made = api.create_product(&product("Enterprise Plan", vec![price("month")])).await.unwrap();
    assert_eq!((&*made.name, made.description.as_deref()), ("Enterprise Plan", Some("For large teams")));
    let [sold] = made.prices.as_slice() else { panic!("{made:?}") };
    assert_eq!((sold.amount_minor, &*sold.currency, sold.interval.as_deref()), (Some(9900), "usd", Some("month")));
    assert_eq!(sold.interval_count, 1);
    assert_eq!(api.list_products(&ALL).await.unwrap().items, std::slice::from_ref(&made));

    for id in [&sold.id, &made.id] {
        let opened = api.create_checkout(&checkout(id)).await.unwrap();
        assert_eq!(env.page_status(&opened.url).await, 200);
    }
    let opened = api.create_checkout(&checkout(&sold.id)).await.unwrap();
    let (status, leads_to) = env.pay_on(&opened.url, VALID_CARD).await;
    assert_eq!((status, leads_to.as_deref()), (303, Some("https://yourapp.com/success")));

    let customers = api.list_customers(&ALL).await.unwrap().items;
    let [customer] = customers.as_slice() else { panic!("{customers:?}") };
    assert_eq!((&*customer.email, customer.name.as_deref()), ("ada@acme.test", Some("Ada")));
    assert!((env.now() - customer.created_at.as_secs()).abs() < 60);
    let subscriptions = api.list_subscriptions(&ALL).await.unwrap().items;
    let [live] = subscriptions.as_slice() else { panic!("{subscriptions:?}") };
    assert_eq!((&*live.status, &*live.product, &live.customer), ("active", "Enterprise Plan", &customer.id));
    assert_eq!(live.customer_email.as_deref(), Some("ada@acme.test"));
    let days = (live.period_end.unwrap().as_secs() - env.now()) / DAY_SECS;
    assert!((27..=31).contains(&days), "{days} days");
    assert_eq!(api.active_subscriptions(&customer.id).await.unwrap(), Some(subscriptions.clone()));

    for _ in 0..2 {
        let ending = api.end_subscription(&live.id, CancellationTiming::AtPeriodEnd).await.unwrap().unwrap();
        assert_eq!((&*ending.status, ending.cancel_at_period_end), ("active", true));
        assert_eq!((&ending.product, &ending.customer_email), (&live.product, &live.customer_email));
    }
    for end in [CancellationTiming::Immediately, CancellationTiming::Immediately, CancellationTiming::AtPeriodEnd] {
        let over = api.end_subscription(&live.id, end).await.unwrap().unwrap();
        assert_eq!(over.status, "canceled");
    }
    assert_eq!(api.active_subscriptions(&customer.id).await.unwrap(), Some(vec![]));
    assert_eq!(api.list_subscriptions(&ALL).await.unwrap().items.len(), 1, "what is over is still listed");
}

#[rstest]
#[case::stripe(ProviderKind::Stripe)]
#[case::polar(ProviderKind::Polar)]
#[tokio::test]
async fn a_tenants_account_is_isolated_from_other_accounts(#[case] which: ProviderKind) {
    let env = TestEnv::start(which).await;
    let live = env.subscribe("acme", "pro", Cycle::Monthly).await;
    let installations = match which {
        ProviderKind::Stripe => env.report.prices.price(&crate::plan("pro"), Cycle::Monthly),
        ProviderKind::Polar => env.polar_report.products.price(&crate::plan("pro"), Cycle::Monthly),
    };
    let (api, other) = (merchant(&env, which, "acme"), merchant(&env, which, "zenith"));
    let others = other.create_product(&product("Zenith Plan", vec![price("month")])).await.unwrap();
    let sold = other.create_checkout(&checkout(&others.prices[0].id)).await.unwrap();
    assert_eq!(env.pay_on(&sold.url, VALID_CARD).await.0, 303);
    let paid = other.list_subscriptions(&ALL).await.unwrap().items.pop().unwrap();

    assert_eq!(api.list_products(&ALL).await.unwrap().items, []);
    assert_eq!(api.list_customers(&ALL).await.unwrap().items, []);
    assert_eq!(api.list_subscriptions(&ALL).await.unwrap().items, []);
    for customer in [&live.customer, &paid.customer] {
        assert_eq!(api.active_subscriptions(customer).await.unwrap(), None);
    }
    for id in [live.id.as_str(), &paid.id, "sub-123", "sub_123", "../customers"] {
        for end in [CancellationTiming::AtPeriodEnd, CancellationTiming::Immediately] {
            assert_eq!(api.end_subscription(id, end).await.unwrap(), None, "{id}");
        }
    }
    for price in [installations.unwrap(), &others.prices[0].id, &others.id, "price-123", "../products"] {
        let refused = api.create_checkout(&checkout(price)).await;
        let Err(ProviderError::InvalidInput { field: InvalidInputField::Price, reason }) = refused else {
            panic!("{price}: {refused:?}")
        };
        assert!(reason.starts_with("There is no such price or product"), "{reason}");
    }
    assert_eq!(env.customers().await.len(), 1, "nor has the installation more customers than before");
    assert_eq!(other.active_subscriptions(&paid.customer).await.unwrap(), Some(vec![paid]));
}

#[rstest]
#[case::stripe(ProviderKind::Stripe)]
#[case::polar(ProviderKind::Polar)]
#[tokio::test]
async fn a_list_continues_at_the_cursor(#[case] which: ProviderKind) {
    let env = TestEnv::start(which).await;
    let api = merchant(&env, which, "acme");
    for name in ["One", "Two", "Three"] {
        api.create_product(&product(name, vec![price("year")])).await.unwrap();
    }
    let mut params = PageParams { limit: 2, cursor: None };
    let mut names = Vec::new();
    loop {
        let page = api.list_products(&params).await.unwrap();
        assert!(page.items.iter().all(|item| item.prices.len() == 1), "{page:?}");
        names.extend(page.items.into_iter().map(|item| item.name));
        params.cursor = page.next;
        if params.cursor.is_none() {
            break;
        }
    }
    assert_eq!(names, ["Three", "Two", "One"]);
    for nowhere in ["nowhere", "no/where", "0", "-1", "1 2", "99999999999999999999999"] {
        params.cursor = Some(nowhere.to_owned());
        let refused = [
            api.list_products(&params).await.map(|_| ()),
            api.list_customers(&params).await.map(|_| ()),
            api.list_subscriptions(&params).await.map(|_| ()),
        ];
        for refused in refused {
            let is_so = matches!(&refused, Err(ProviderError::InvalidInput { field: InvalidInputField::Cursor, .. }));
            assert!(is_so, "{nowhere}: {refused:?}");
        }
    }
}

#[rstest]
#[case::stripe(ProviderKind::Stripe)]
#[case::polar(ProviderKind::Polar)]
#[tokio::test]
async fn a_customers_subscription_renews_in_the_tenants_account(#[case] which: ProviderKind) {
    let env = TestEnv::start(which).await;
    let api = merchant(&env, which, "acme");
    let made = api.create_product(&product("Enterprise Plan", vec![price("month")])).await.unwrap();
    let opened = api.create_checkout(&checkout(&made.id)).await.unwrap();
    assert_eq!(env.pay_on(&opened.url, VALID_CARD).await.0, 303);
    let first = api.list_subscriptions(&ALL).await.unwrap().items.pop().unwrap();
    env.clock.advance(32 * DAY_SECS);
    let renewed = api.list_subscriptions(&ALL).await.unwrap().items.pop().unwrap();
    assert_eq!((&renewed.id, &*renewed.status), (&first.id, "active"));
    assert!(renewed.period_end > first.period_end);
}

#[rstest]
#[case::stripe(
    ProviderKind::Stripe,
    "sk_wrong_0123456789",
    "Stripe does not accept the key in the secret stripe_secret_key."
)]
#[case::polar(ProviderKind::Polar, "sk_wrong_0123456789", "Polar does not accept the key in the secret polar_api_key.")]
#[tokio::test]
async fn an_invalid_key_is_named_by_its_secret_and_never_quoted(
    #[case] which: ProviderKind,
    #[case] key: &str,
    #[case] expected: &str,
) {
    let env = TestEnv::start(which).await;
    let wrong = with_key(&env, which, key).list_products(&ALL).await.unwrap_err();
    assert!(!format!("{wrong:?}").contains("sk_wrong"), "{wrong:?}");
    let ProviderError::Rejected { reason, .. } = wrong else { panic!("{wrong:?}") };
    assert_eq!(reason, expected);
}

#[rstest]
#[case::stripe(ProviderKind::Stripe)]
#[case::polar(ProviderKind::Polar)]
#[tokio::test]
async fn an_invalid_product_is_rejected_with_the_providers_message(#[case] which: ProviderKind) {
    let env = TestEnv::start(which).await;
    let dear = NewMerchantPrice { amount_minor: 100_000_000, ..price("month") };
    let refused = merchant(&env, which, "acme").create_product(&product("Dear", vec![dear])).await;
    let Err(ProviderError::Rejected { reason, .. }) = refused else { panic!("{refused:?}") };
    assert!(reason.contains("99999999"), "{reason}");
    assert_eq!(merchant(&env, which, "acme").list_products(&ALL).await.unwrap().items, []);
}

#[tokio::test]
async fn polar_sells_a_product_at_one_interval() {
    let env = TestEnv::start(ProviderKind::Polar).await;
    let mixed = product("Mixed", vec![price("month"), price("year")]);
    let mixed = merchant(&env, ProviderKind::Polar, "acme").create_product(&mixed).await;
    let Err(ProviderError::InvalidInput { field: InvalidInputField::Prices, reason }) = mixed else {
        panic!("{mixed:?}")
    };
    assert!(reason.contains("one interval"), "{reason}");
}

#[tokio::test]
async fn polar_charges_the_requested_price() {
    let env = TestEnv::start(ProviderKind::Polar).await;
    let api = merchant(&env, ProviderKind::Polar, "acme");
    let at = |amount_minor, currency: &str| NewMerchantPrice {
        amount_minor,
        currency: currency.to_owned(),
        ..price("month")
    };
    let made = api.create_product(&product("Both", vec![at(100, "usd"), at(9000, "eur")])).await.unwrap();
    for (price, asked, other) in [(&made.prices[0].id, "$1.00", "90.00"), (&made.prices[1].id, "90.00", "$1.00")] {
        let page = env.page_text(&api.create_checkout(&checkout(price)).await.unwrap().url).await;
        assert!(page.contains(asked) && !page.contains(other), "{page}");
    }
    let opened = api.create_checkout(&checkout(&made.prices[1].id)).await.unwrap();
    assert_eq!(env.pay_on(&opened.url, VALID_CARD).await.0, 303);
}

#[tokio::test]
async fn archived_products_at_polar_are_neither_listed_nor_sold() {
    let env = TestEnv::start(ProviderKind::Polar).await;
    let api = merchant(&env, ProviderKind::Polar, "acme");
    let kept = api.create_product(&product("Kept", vec![price("month")])).await.unwrap();
    let gone = api.create_product(&product("Gone", vec![price("month")])).await.unwrap();
    let path = format!("/polar/v1/products/{}", gone.id);
    env.patch_polar_as_tenant("polar_sk_of_acme", &path, &json!({ "is_archived": true })).await;
    assert_eq!(api.list_products(&ALL).await.unwrap().items, [kept]);
    for id in [&gone.id, &gone.prices[0].id] {
        let refused = api.create_checkout(&checkout(id)).await;
        assert!(
            matches!(refused, Err(ProviderError::InvalidInput { field: InvalidInputField::Price, .. })),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn polar_sells_one_time_prices() {
    let env = TestEnv::start(ProviderKind::Polar).await;
    let api = merchant(&env, ProviderKind::Polar, "acme");
    let once = NewMerchantPrice { interval: None, ..price("month") };
    let made = api.create_product(&product("Book", vec![once])).await.unwrap();
    assert_eq!(made.prices[0].interval, None);
    for _ in 0..2 {
        let opened = api.create_checkout(&checkout(&made.prices[0].id)).await.unwrap();
        assert!(env.page_text(&opened.url).await.contains("Paid once."));
        assert_eq!(env.pay_on(&opened.url, VALID_CARD).await.0, 303);
    }
    assert_eq!(api.list_subscriptions(&ALL).await.unwrap().items, []);
    assert_eq!(api.list_customers(&ALL).await.unwrap().items.len(), 1, "who pays once is a customer too");
}

#[tokio::test]
async fn a_retried_attempt_creates_one_product_at_polar() {
    let env = TestEnv::start(ProviderKind::Polar).await;
    let api = merchant(&env, ProviderKind::Polar, "acme");
    let new = |attempt: &str| NewMerchantProduct {
        attempt: Some(attempt.to_owned()),
        ..product("Enterprise Plan", vec![price("month")])
    };
    let made = api.create_product(&new("of-ada")).await.unwrap();
    assert_eq!(api.create_product(&new("of-ada")).await.unwrap(), made);
    let other = api.create_product(&new("of-bob")).await.unwrap();
    assert_eq!(api.list_products(&ALL).await.unwrap().items, [other, made]);
}

#[tokio::test]
async fn stripe_creates_a_product_with_all_of_its_prices_or_none() {
    let env = TestEnv::start(ProviderKind::Stripe).await;
    let api = merchant(&env, ProviderKind::Stripe, "acme");
    let once = NewMerchantPrice { interval: None, ..price("month") };
    let made = api.create_product(&product("Mixed", vec![price("month"), price("year"), once.clone()])).await.unwrap();
    let intervals: Vec<_> = made.prices.iter().map(|price| price.interval.as_deref()).collect();
    assert_eq!(intervals, [Some("month"), Some("year"), None]);
    let opened = api.create_checkout(&checkout(&made.prices[2].id)).await.unwrap();
    assert_eq!(env.pay_on(&opened.url, VALID_CARD).await.0, 303, "what is paid once is sold too");
    assert_eq!(api.list_subscriptions(&ALL).await.unwrap().items, []);
    assert_eq!(api.list_customers(&ALL).await.unwrap().items.len(), 1, "who pays once is a customer too");

    let dear = NewMerchantPrice { amount_minor: 100_000_000, ..once };
    let refused = api.create_product(&product("Half", vec![price("month"), dear])).await;
    assert!(matches!(refused, Err(ProviderError::Rejected { .. })), "{refused:?}");
    assert_eq!(api.list_products(&ALL).await.unwrap().items, [made], "a product is on sale whole or not at all");
}

#[tokio::test]
async fn a_retried_attempt_creates_one_product_at_stripe() {
    let env = TestEnv::start(ProviderKind::Stripe).await;
    let api = merchant(&env, ProviderKind::Stripe, "acme");
    let attempt = Some("of-ada".to_owned());
    let new = NewMerchantProduct { attempt, ..product("Mixed", vec![price("month"), price("year")]) };
    let made = api.create_product(&new).await.unwrap();
    assert_eq!(made.prices.len(), 2);
    env.post_as_tenant("sk_test_51acme", &format!("/v1/products/{}", made.id), &[("active", "false")]).await;
    assert_eq!(api.create_product(&new).await.unwrap(), made);
    assert_eq!(api.list_products(&ALL).await.unwrap().items, [made], "one that had failed half-way is on sale");
}

#[tokio::test]
async fn a_later_cancellation_is_brought_forward_to_the_period_end_at_stripe() {
    let env = TestEnv::start(ProviderKind::Stripe).await;
    let api = merchant(&env, ProviderKind::Stripe, "acme");
    let made = api.create_product(&product("Enterprise Plan", vec![price("month")])).await.unwrap();
    let opened = api.create_checkout(&checkout(&made.id)).await.unwrap();
    assert_eq!(env.pay_on(&opened.url, VALID_CARD).await.0, 303);
    let live = api.list_subscriptions(&ALL).await.unwrap().items.pop().unwrap();
    let in_a_year = (env.now() + 365 * DAY_SECS).to_string();
    env.post_as_tenant("sk_test_51acme", &format!("/v1/subscriptions/{}", live.id), &[("cancel_at", &in_a_year)]).await;
    assert!(!api.list_subscriptions(&ALL).await.unwrap().items[0].cancel_at_period_end);
    assert!(
        api.end_subscription(&live.id, CancellationTiming::AtPeriodEnd).await.unwrap().unwrap().cancel_at_period_end
    );
    env.clock.advance(32 * DAY_SECS);
    assert_eq!(api.list_subscriptions(&ALL).await.unwrap().items[0].status, "canceled");
}

#[tokio::test]
async fn a_product_with_a_custom_id_can_be_sold() {
    let env = TestEnv::start(ProviderKind::Stripe).await;
    let api = merchant(&env, ProviderKind::Stripe, "acme");
    api.create_product(&product("First", vec![price("month")])).await.unwrap();
    let fields = [
        ("id", "gold-monthly"),
        ("name", "Gold"),
        ("default_price_data[currency]", "usd"),
        ("default_price_data[unit_amount]", "900"),
    ];
    env.post_as_tenant("sk_test_51acme", "/v1/products", &fields).await;
    let opened = api.create_checkout(&checkout("gold-monthly")).await.unwrap();
    assert_eq!(env.page_status(&opened.url).await, 200);
    let first = api.list_products(&PageParams { limit: 1, cursor: None }).await.unwrap();
    assert_eq!(first.next.as_deref(), Some("gold-monthly"));
    let rest = api.list_products(&PageParams { limit: 1, cursor: first.next }).await.unwrap();
    assert_eq!(rest.items.iter().map(|item| &*item.name).collect::<Vec<_>>(), ["First"]);
}

#[tokio::test]
async fn prices_are_found_beyond_the_first_page_at_stripe() {
    let env = TestEnv::start(ProviderKind::Stripe).await;
    let api = merchant(&env, ProviderKind::Stripe, "acme");
    for number in 0..11 {
        api.create_product(&product(&format!("Plan {number}"), vec![price("month"); 10])).await.unwrap();
    }
    let listed = api.list_products(&ALL).await.unwrap().items;
    assert_eq!(listed.iter().map(|listed| listed.prices.len()).collect::<Vec<_>>(), [10; 11]);
}
