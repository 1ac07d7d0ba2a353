//! White label: a workspace bills its customers through its own account at Polar or Stripe.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{Answer, Browser, Engine, Owner, TestApp};

const PRODUCTS: &str = "/billing/tenant/products";
const CHECKOUT: &str = "/billing/tenant/checkout";
const CUSTOMERS: &str = "/billing/tenant/customers";
const SUBSCRIPTIONS: &str = "/billing/tenant/subscriptions";
const SUCCESS: &str = "https://yourapp.com/success";

/// Stores the key of an account at Polar.
async fn store_polar_key(owner: &Owner, key: &str) {
    store_secret(owner, "polar_api_key", key).await;
    store_secret(owner, "polar_organization_id", "org-123").await;
}

async fn store_secret(owner: &Owner, secret: &str, value: &str) {
    owner.post("/tenant/secrets", &json!({ "key": secret, "value": value })).await.expect(201);
}

/// The provider of the workspace's account.
#[derive(Clone, Copy, Debug)]
enum AccountProvider {
    Polar,
    Stripe,
}

impl AccountProvider {
    const fn name(self) -> &'static str {
        match self {
            Self::Polar => "polar",
            Self::Stripe => "stripe",
        }
    }

    async fn key(self, owner: &Owner, account: &str) {
        match self {
            Self::Polar => store_polar_key(owner, &format!("polar_sk_of_{account}")).await,
            Self::Stripe => store_secret(owner, "stripe_secret_key", &format!("sk_test_51{account}")).await,
        }
    }
}

fn plan() -> Value {
    let price = json!({ "amount": 9900, "currency": "usd", "interval": "month" });
    json!({ "name": "Enterprise Plan", "description": "For large teams", "prices": [price] })
}

fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<_> = value.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

async fn delete(caller: &Browser, path: &str) -> Answer {
    caller.send(caller.request(Method::DELETE, path)).await
}

#[rstest]
#[tokio::test]
async fn a_workspace_sells_to_its_customers(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(AccountProvider::Polar, AccountProvider::Stripe)] account_provider: AccountProvider,
) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    account_provider.key(&owner, "acme").await;
    let service = app.service_of(&owner.tenant, "billing").await;

    let made = service.post(PRODUCTS, &plan()).await.expect(201);
    assert_eq!((&made["name"], &made["description"]), (&json!("Enterprise Plan"), &json!("For large teams")));
    let price = &made["prices"][0];
    assert_eq!(keys(price), ["amount", "currency", "id", "interval", "intervalCount"]);
    assert_eq!((&price["amount"], &price["interval"]), (&json!(9900), &json!("month")));
    let listed = owner.get(PRODUCTS).await.expect(200);
    assert_eq!(listed, json!({ "items": [made], "nextCursor": null }));

    let order = json!({
        "productPriceId": price["id"], "customerEmail": "customer@example.com",
        "successUrl": SUCCESS, "cancelUrl": "https://yourapp.com/cancel",
    });
    let checkout = service.post(CHECKOUT, &order).await.expect(200);
    assert_eq!(keys(&checkout), ["id", "url"]);
    let back = app.stripe.pay(checkout["url"].as_str().unwrap()).await;
    assert!(back.starts_with(SUCCESS), "{back}");

    let customers = service.get(CUSTOMERS).await.expect(200);
    let customer = &customers["items"][0];
    assert_eq!(keys(customer), ["created_at", "email", "id", "name"]);
    assert_eq!(customer["email"], "ada@acme.test", "as typed on the hosted page");
    let subscriptions = service.get(SUBSCRIPTIONS).await.expect(200);
    let subscription = &subscriptions["items"][0];
    assert_eq!((&subscription["customer_id"], &subscription["status"]), (&customer["id"], &json!("active")));
    assert_eq!(subscription["product"], json!({ "name": "Enterprise Plan" }));
    assert!(subscription["current_period_end"].as_str().unwrap().ends_with('Z'), "{subscription}");

    let state = format!("{CUSTOMERS}/{}/state", customer["id"].as_str().unwrap());
    let active = json!([{ "id": subscription["id"], "status": "active", "product": "Enterprise Plan" }]);
    let body = service.get(&state).await.expect(200);
    assert_eq!(body, json!({ "customerId": customer["id"], "hasActiveSubscription": true, "subscriptions": active }));

    let path = format!("{SUBSCRIPTIONS}/{}", subscription["id"].as_str().unwrap());
    for _ in 0..2 {
        let ends = delete(&service, &path).await.expect(200);
        assert_eq!(
            (&ends["status"], &ends["cancel_at_period_end"]),
            (&json!("active"), &json!(true)),
            "safe to repeat"
        );
    }
    let ended = delete(&service, &format!("{path}?immediately=true")).await.expect(200);
    assert_eq!(ended["status"], "canceled");
    assert_eq!(service.get(&state).await.expect(200)["hasActiveSubscription"], false);
    delete(&service, &format!("{SUBSCRIPTIONS}/unknown")).await.refused(404, "not_found");
    service.get(&format!("{CUSTOMERS}/unknown/state")).await.refused(404, "not_found");

    let log = owner.get("/api/v1/tenant/audit?action=secret.used").await.expect(200);
    let purposes: Vec<_> = log["items"].as_array().unwrap().iter().map(|entry| &entry["details"]["purpose"]).collect();
    assert!(purposes.contains(&&json!("create a checkout")), "{purposes:?}");

    let at = account_provider.name();
    let end = |immediately| (&subscription["id"], json!({ "provider": at, "immediately": immediately }));
    let expected = [
        ("customer_subscription.ended", end(true)),
        ("customer_subscription.ended", end(false)),
        ("customer_subscription.ended", end(false)),
        ("customer_checkout.started", (&checkout["id"], json!({ "provider": at, "price": price["id"] }))),
        ("product.made", (&made["id"], json!({ "provider": at, "name": "Enterprise Plan" }))),
    ];
    for action in ["product.made", "customer_checkout.started", "customer_subscription.ended"] {
        let log = owner.get(&format!("/api/v1/tenant/audit?action={action}")).await.expect(200);
        let log = log["items"].as_array().unwrap();
        assert!(log.iter().all(|entry| entry["actor"]["type"] == "api_key"), "{log:?}");
        let recorded: Vec<_> = log.iter().map(|entry| (action, (&entry["target"], entry["details"].clone()))).collect();
        let expected: Vec<_> = expected.iter().filter(|(done, _)| *done == action).cloned().collect();
        assert_eq!(recorded, expected, "an action on an unknown object was recorded");
    }
}

#[rstest]
#[tokio::test]
async fn the_highest_price_is_accepted_by_the_provider(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(AccountProvider::Polar, AccountProvider::Stripe)] account_provider: AccountProvider,
) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    account_provider.key(&owner, "acme").await;
    let mut dear = plan();
    dear["prices"][0]["amount"] = json!(99_999_999);
    owner.post(PRODUCTS, &dear).await.expect(201);
    dear["prices"][0]["amount"] = json!(100_000_000);
    owner.post(PRODUCTS, &dear).await.refused_field("prices");
    if matches!(account_provider, AccountProvider::Stripe) {
        dear["prices"][0] = json!({ "amount": 8995, "currency": "kwd", "interval": "month" });
        let refused = owner.post(PRODUCTS, &dear).await;
        refused.refused_field("prices");
        assert!(refused.text.contains("KWD"), "it says what is wrong: {}", refused.text);
    }
    let form = [("name", "Dear"), ("price", "1000000.00"), ("currency", "USD"), ("cycle", "month")];
    let wrong = owner.submit("/rpc/create-product", &form).await;
    assert!(wrong.leads_to().contains("wrong=price"), "{wrong:#?}");
    assert!(owner.get(wrong.leads_to()).await.text.contains("below 1 million"));
}

#[rstest]
#[tokio::test]
async fn each_workspace_has_a_separate_account_and_a_valid_key(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(AccountProvider::Polar, AccountProvider::Stripe)] account_provider: AccountProvider,
) {
    let app = TestApp::start(engine).await;
    let (acme, zenith) = (app.owner_with_order(&json!({ "plan": "pro" })).await, app.owner().await);
    acme.get(PRODUCTS).await.refused(409, "tenant_billing_not_configured");
    acme.post(PRODUCTS, &plan()).await.refused(409, "tenant_billing_not_configured");
    account_provider.key(&acme, "acme").await;
    account_provider.key(&zenith, "zenith").await;
    for list in [PRODUCTS, CUSTOMERS, SUBSCRIPTIONS] {
        assert_eq!(
            acme.get(list).await.expect(200)["items"],
            json!([]),
            "an object of the installation's account is shown"
        );
    }
    let made = acme.post(PRODUCTS, &plan()).await.expect(201);
    assert_eq!(zenith.get(PRODUCTS).await.expect(200)["items"], json!([]));
    let order = json!({ "productPriceId": made["prices"][0]["id"], "successUrl": SUCCESS });
    zenith.post(CHECKOUT, &order).await.refused_field("productPriceId");

    let key = match account_provider {
        AccountProvider::Polar => "polar_api_key",
        AccountProvider::Stripe => "stripe_secret_key",
    };
    for wrong in ["not a key of any account", "line one\nline two", "sk_live_51planted", "sk_test_51\u{e4}"] {
        store_secret(&zenith, key, wrong).await;
        let refused = zenith.get(PRODUCTS).await;
        refused.refused(502, "provider_rejected");
        assert!(!refused.text.contains(wrong), "{}", refused.text);
        assert!(refused.text.contains(key), "it says which secret is meant: {}", refused.text);
    }
    account_provider.key(&zenith, "zenith \r\n").await;
    zenith.get(PRODUCTS).await.expect(200);
    let nothing = json!({ "productPriceId": "nothing", "successUrl": SUCCESS });
    acme.post(CHECKOUT, &nothing).await.refused_field("productPriceId");
    let begun = "/api/v1/tenant/audit?action=customer_checkout.started";
    assert_eq!(acme.get(begun).await.expect(200)["items"], json!([]), "a refused checkout was recorded");
}

#[rstest]
#[tokio::test]
async fn a_workspace_with_two_accounts_must_name_the_provider(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    let at = |provider: &str| format!("{PRODUCTS}?provider={provider}");
    AccountProvider::Stripe.key(&owner, "acme").await;
    let at_stripe = owner.post(PRODUCTS, &plan()).await.expect(201);
    owner.get(&at("polar")).await.refused(409, "tenant_billing_not_configured");
    AccountProvider::Polar.key(&owner, "acme").await;
    assert_eq!(owner.get(PRODUCTS).await.expect(200)["items"], json!([]), "Polar is the default provider");
    let at_polar = owner.post(&at("polar"), &plan()).await.expect(201);
    assert_eq!(owner.get(PRODUCTS).await.expect(200)["items"], json!([at_polar]));
    assert_eq!(owner.get(&at("stripe")).await.expect(200)["items"], json!([at_stripe]));
    owner.get(&at("paypal")).await.refused(400, "validation_error");
    let order = json!({ "productPriceId": at_stripe["prices"][0]["id"], "successUrl": SUCCESS });
    owner.post(CHECKOUT, &order).await.refused_field("productPriceId");
    let order =
        json!({ "productPriceId": at_stripe["prices"][0]["id"], "successUrl": SUCCESS, "customerEmail": "a@b.co\n" });
    owner.post(&format!("{CHECKOUT}?provider=stripe"), &order).await.expect(200);
    let order =
        json!({ "productPriceId": at_polar["prices"][0]["id"], "successUrl": SUCCESS, "customerEmail": "a@b.co\n" });
    owner.post(&format!("{CHECKOUT}?provider=polar"), &order).await.expect(200);
}

#[rstest]
#[tokio::test]
async fn forms_act_like_the_api_and_a_repeated_form_acts_once(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(AccountProvider::Polar, AccountProvider::Stripe)] account_provider: AccountProvider,
) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    account_provider.key(&owner, "acme").await;
    let product =
        [("key", "k1"), ("name", "Enterprise Plan"), ("price", "99.00"), ("currency", "USD"), ("cycle", "month")];
    for _ in 0..2 {
        let sent = owner.submit("/rpc/create-product", &product).await;
        assert_eq!(sent.leads_to(), "/settings/customers/products?code=made", "{sent:#?}");
    }
    let listed = owner.get(PRODUCTS).await.expect(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 1, "{listed}");
    let price = &listed["items"][0]["prices"][0];
    assert_eq!(
        (&price["amount"], &price["currency"], &price["interval"]),
        (&json!(9900), &json!("usd"), &json!("month"))
    );
    let page = owner.get("/settings/customers/products").await;
    assert!(page.text.contains("Enterprise Plan") && page.text.contains("$99.00 a month"), "{}", page.text);

    let price = price["id"].as_str().unwrap();
    let link = [("key", "k2"), ("price", price), ("customer_email", "ada@example.com"), ("success_url", SUCCESS)];
    let sent = owner.submit("/rpc/create-checkout-link", &link).await;
    assert_eq!(sent.leads_to(), "/settings/customers/products?code=link", "{sent:#?}");
    let wrong = owner.submit("/rpc/create-checkout-link", &[("price", price), ("success_url", "http://x")]).await;
    assert!(wrong.leads_to().contains("wrong=success_url"), "{wrong:#?}");
    let wrong = owner.submit("/rpc/create-product", &[("name", ""), ("price", "1.005"), ("currency", "usd")]).await;
    assert!(wrong.leads_to().contains("wrong=price"), "{wrong:#?}");

    let order = json!({ "productPriceId": price, "successUrl": SUCCESS });
    let checkout = owner.post(CHECKOUT, &order).await.expect(200);
    app.stripe.pay(checkout["url"].as_str().unwrap()).await;
    let paid = owner.get(SUBSCRIPTIONS).await.expect(200)["items"][0].clone();
    let page = owner.get("/settings/customers").await;
    assert!(page.text.contains("ada@acme.test"), "{}", page.text);
    let page = owner.get("/settings/customers/subscriptions").await;
    assert!(page.text.contains("Enterprise Plan") && page.text.contains("ada@acme.test"), "{}", page.text);
    let id = paid["id"].as_str().unwrap();
    let page = owner.get(&format!("/settings/customers/subscriptions?end={id}")).await;
    assert!(page.text.contains("Cancel Enterprise Plan for ada@acme.test?"), "{}", page.text);
    for (when, code) in [("period", "ending"), ("now", "ended"), ("now", "ended")] {
        let sent = owner.submit("/rpc/end-customer-subscription", &[("subscription", id), ("when", when)]).await;
        assert!(sent.leads_to().ends_with(&format!("code={code}")), "{sent:#?}");
    }
    assert_eq!(owner.get(SUBSCRIPTIONS).await.expect(200)["items"][0]["status"], "canceled");
}

#[tokio::test]
async fn the_page_shows_the_message_of_the_provider() {
    // With `PROVIDER_READ_SECS` 0, pages do not cache the provider's answers.
    let app = TestApp::on(Engine::Sqlite).with("PROVIDER_READ_SECS", "0").start().await;
    let owner = app.owner().await;
    let says = async |words: &str| {
        for path in ["/settings/customers", "/settings/customers/products", "/settings/customers/subscriptions"] {
            let page = owner.get(path).await;
            assert_eq!(page.status, 200, "{path}");
            assert!(page.text.contains(words), "{path} says {words}: {}", page.text);
        }
    };
    says("No payment account connected yet.").await;
    store_secret(&owner, "stripe_secret_key", "sk_test_51acme").await;
    says("Newest first").await;
    app.stripe.gate.close();
    says("We couldn’t reach Stripe").await;
    store_secret(&owner, "stripe_secret_key", "sk_live_51planted").await;
    says("Stripe rejected this request").await;
    let member = app.member_of(&owner).await;
    let page = member.get("/settings/customers/products").await;
    assert!(page.text.contains("Only owners and admins") && !page.text.contains("rejected"), "{}", page.text);
}

#[tokio::test]
async fn a_long_list_is_paged() {
    let app = TestApp::start(Engine::Sqlite).await;
    let owner = app.owner().await;
    store_polar_key(&owner, "polar_sk_of_acme").await;
    for number in 0..5 {
        let mut product = plan();
        product["name"] = json!(format!("Plan {number}"));
        owner.post(PRODUCTS, &product).await.expect(201);
    }
    let (mut seen, mut path) = (Vec::new(), format!("{PRODUCTS}?limit=2"));
    loop {
        let page = owner.get(&path).await.expect(200);
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 2);
        seen.extend(items.iter().map(|item| item["name"].to_string()));
        match page["nextCursor"].as_str() {
            Some(next) => path = format!("{PRODUCTS}?limit=2&cursor={next}"),
            None => break,
        }
    }
    seen.sort();
    assert_eq!(seen, (0..5).map(|number| format!("\"Plan {number}\"")).collect::<Vec<_>>());
}

#[rstest]
#[tokio::test]
async fn an_unknown_price_or_cursor_is_a_client_error(
    #[values(AccountProvider::Polar, AccountProvider::Stripe)] account_provider: AccountProvider,
) {
    let app = TestApp::start(Engine::Sqlite).await;
    let owner = app.owner().await;
    account_provider.key(&owner, "acme").await;
    for price in ["price-123", "../products"] {
        let order = json!({ "productPriceId": price, "successUrl": SUCCESS });
        owner.post(CHECKOUT, &order).await.refused_field("productPriceId");
        let link = [("key", price), ("price", price), ("success_url", SUCCESS)];
        let sent = owner.submit("/rpc/create-checkout-link", &link).await;
        assert!(sent.leads_to().contains("wrong=sell"), "{sent:#?}");
        let page = owner.get(sent.leads_to()).await;
        assert!(page.text.contains("Choose another price"), "{}", page.text);
    }
    for list in [PRODUCTS, CUSTOMERS, SUBSCRIPTIONS] {
        for cursor in ["abc", "0"] {
            owner.get(&format!("{list}?cursor={cursor}")).await.refused_field("cursor");
        }
    }
    for page in ["/settings/customers", "/settings/customers/products", "/settings/customers/subscriptions"] {
        let page = owner.get(&format!("{page}?after=abc")).await;
        assert_eq!(page.status, 200);
        assert!(page.text.contains("This page of the list doesn’t exist"), "{}", page.text);
    }
}

#[tokio::test]
async fn invalid_input_reaches_no_provider() {
    let app = TestApp::start(Engine::Sqlite).await;
    let owner = app.owner().await;
    let price = json!({ "amount": 100, "currency": "usd", "interval": "month" });
    for wrong in [
        json!({ "name": "", "prices": [price] }),
        json!({ "name": "Plan", "prices": [] }),
        json!({ "name": "Plan", "prices": [{ "amount": -1, "currency": "usd" }] }),
        json!({ "name": "Plan", "prices": [{ "amount": 1.5, "currency": "usd" }] }),
        json!({ "name": "Plan", "prices": [{ "amount": 1, "currency": "dollars" }] }),
        json!({ "name": "Plan", "prices": [{ "amount": 1, "currency": "usd", "interval": "fortnight" }] }),
        json!({ "name": "Plan", "prices": "free" }),
    ] {
        owner.post(PRODUCTS, &wrong).await.refused(400, "validation_error");
    }
    for wrong in [
        json!({ "productPriceId": "", "successUrl": SUCCESS }),
        json!({ "productPriceId": "price-1", "successUrl": "http://yourapp.com/" }),
        json!({ "productPriceId": "price-1", "successUrl": SUCCESS, "customerEmail": "unknown" }),
        json!({ "productPriceId": "price-1", "successUrl": SUCCESS, "cancelUrl": "https://a:b@yourapp.com/" }),
    ] {
        owner.post(CHECKOUT, &wrong).await.refused(400, "validation_error");
    }
    for query in ["limit=0", "limit=101", "limit=many", "cursor="] {
        owner.get(&format!("{CUSTOMERS}?{query}")).await.refused(400, "validation_error");
    }
    delete(&owner, &format!("{SUBSCRIPTIONS}/sub-1?immediately=perhaps")).await.refused(400, "validation_error");
}
