//! Pages of the workspace's own customers.

use billing::{
    payment::{
        ProviderError, TooManyRequests,
        merchant::{MerchantCustomer, MerchantPrice, MerchantProduct, MerchantSubscription, Page},
    },
    service::ServiceError,
};
use domain::{
    account::{Role, Viewer},
    subscription::Provider,
};

use super::{
    on_pro, rendered,
    shown::{assert_differences, assert_shown, assert_shown_with},
    sound,
};
use crate::{
    fixture::at,
    pages::settings::customers::{
        account::{Account, AccountPage},
        people, products, subscriptions,
    },
    request::draft::Draft,
};

fn ada(role: Role) -> Viewer {
    let mut viewer = on_pro().viewer.account_viewer().unwrap();
    viewer.current_membership.role = role;
    viewer
}

fn account_page<T>(providers: &[Provider], listed: Result<Vec<T>, ServiceError>, next: Option<&str>) -> AccountPage<T> {
    AccountPage {
        account: Account { providers: providers.to_vec(), named: None, after: None },
        listed: listed.map(|items| Page { items, next: next.map(str::to_owned) }),
    }
}

fn customers_page(account_page: &AccountPage<MerchantCustomer>) -> String {
    let html = rendered("/settings/customers", |req| people::page(req, ada(Role::Owner), Some(account_page)));
    sound(&html);
    html
}

fn pro_plan() -> MerchantProduct {
    let price = MerchantPrice {
        id: "price-123".to_owned(),
        amount_minor: Some(2900),
        currency: "usd".to_owned(),
        interval: Some("month".to_owned()),
        interval_count: 1,
    };
    MerchantProduct {
        id: "prod-123".to_owned(),
        name: "Pro <Plan>".to_owned(),
        description: Some("Access to all features".to_owned()),
        prices: vec![price],
    }
}

fn paid(status: &str, ends: bool) -> MerchantSubscription {
    MerchantSubscription {
        id: "sub-123".to_owned(),
        customer: "cust-123".to_owned(),
        customer_email: Some("john@example.com".to_owned()),
        status: status.to_owned(),
        period_end: Some(at("2026-02-01T00:00:00Z")),
        cancel_at_period_end: ends,
        product: "Pro Plan".to_owned(),
    }
}

#[test]
fn without_a_key_the_page_says_what_to_do() {
    let html = customers_page(&account_page(&[], Err(ServiceError::TenantBillingNotConfigured), None));
    assert_shown("customers/no_account", &html);
    assert!(!html.contains("aria-label=\"Lists\""), "there is nothing to choose between: {html}");
}

#[test]
fn customers_are_listed_with_links_to_their_subscriptions_and_older_ones() {
    let john = MerchantCustomer {
        id: "cust-123".to_owned(),
        email: "john@example.com".to_owned(),
        name: Some("John & Co".to_owned()),
        created_at: at("2026-01-15T00:00:00Z"),
    };
    let html = customers_page(&account_page(&[Provider::Polar, Provider::Stripe], Ok(vec![john]), Some("c/2")));
    assert_shown("customers/listed", &html);
}

#[test]
fn each_provider_error_has_a_message() {
    let unavailable = |cause| ServiceError::ProviderUnavailable { provider: "Stripe", cause };
    let html_for = |error| customers_page(&account_page(&[Provider::Stripe], Err(error), None));
    let busy = ProviderError::Unavailable(TooManyRequests { cause: "429".into(), retry_after_secs: None }.into());
    let refused = html_for(ServiceError::ProviderRejected { provider: "Stripe", reason: "<b>No.</b>".to_owned() });
    assert!(refused.contains("&lt;b&gt;No."), "{refused}");
    assert_differences(
        "customers/provider_errors",
        &customers_page(&account_page(&[Provider::Stripe], Ok(Vec::new()), None)),
        [
            ("no answer", html_for(unavailable(ProviderError::Unavailable("no answer".into())))),
            ("too many requests", html_for(unavailable(busy))),
            ("an unreadable answer", html_for(unavailable(ProviderError::Decode("no JSON".into())))),
            ("a wrong cursor", html_for(ServiceError::field("cursor", "cursor leads nowhere."))),
            ("rejected", refused),
        ],
    );
}

#[test]
fn a_product_offers_a_checkout_link_which_is_shown_once() {
    let account_page = account_page(&[Provider::Polar], Ok(vec![pro_plan()]), None);
    let page = |uri: &str, draft: &Draft| {
        let html = rendered(uri, |req| products::page(req, ada(Role::Admin), Some(&account_page), draft));
        sound(&html);
        html
    };
    let products = page("/settings/customers/products", &Draft::default());
    assert!(!products.contains("/rpc/create-checkout-link"), "{products}");
    let sell = page("/settings/customers/products?sell=price-123&wrong=success_url", &Draft::default());
    let gone = page("/settings/customers/products?sell=nope", &Draft::default());
    assert!(!gone.contains("/rpc/create-checkout-link"), "{gone}");
    let rejected = page("/settings/customers/products?sell=older", &Draft::of([("success_url", "x")]));
    let draft = Draft::of([("link", "https://checkout.polar.sh/c?a=1&b=2")]);
    let link = page("/settings/customers/products?code=link", &draft);
    let script = page("/settings/customers/products?code=link", &Draft::of([("link", "javascript:alert(1)")]));
    assert!(!script.contains("javascript:"), "{script}");
    let refused =
        page("/settings/customers/products?code=provider_rejected", &Draft::of([("refusal", "<i>Too short</i>")]));
    assert!(refused.contains("&lt;i&gt;Too short"), "{refused}");
    assert_shown_with(
        "customers/products",
        &products,
        [
            ("a price is chosen, and its address was wrong", sell),
            ("an unknown price", gone),
            ("a rejected form of a price that is not listed", rejected),
            ("the link", link),
            ("refused by the provider", refused),
        ],
    );
}

#[test]
fn a_cancellation_asks_for_confirmation_and_explains_it() {
    let page = |uri: &str, subscription: MerchantSubscription| {
        let account_page = account_page(&[Provider::Polar], Ok(vec![subscription]), None);
        let html =
            rendered(uri, |req| subscriptions::page(req, ada(Role::Owner), Some(&account_page), &Draft::default()));
        sound(&html);
        html
    };
    let list = page("/settings/customers/subscriptions", paid("active", false));
    assert!(list.contains("?end=sub-123"), "{list}");
    let over = page("/settings/customers/subscriptions", paid("canceled", false));
    assert!(!over.contains("?end=sub-123"), "what is over can't be ended: {over}");
    let asks = page("/settings/customers/subscriptions?end=sub-123", paid("active", false));
    let ends = page("/settings/customers/subscriptions?end=sub-123", paid("active", true));
    assert!(!ends.contains("value=\"period\"") && ends.contains("value=\"now\""), "{ends}");
    let gone = page("/settings/customers/subscriptions?end=sub-999", paid("active", false));
    assert_shown_with(
        "customers/subscriptions",
        &list,
        [("asks", asks), ("ends with its period already", ends), ("an unknown subscription", gone), ("over", over)],
    );
}

#[test]
fn a_member_reads_that_only_admins_see_customers() {
    let html = rendered("/settings/customers?end=x&sell=y", |req| people::page(req, ada(Role::Member), None));
    sound(&html);
    assert!(html.contains("Only owners and admins of Acme Robotics") && !html.contains("<table"), "{html}");
}
