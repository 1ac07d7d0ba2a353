//! Options of a checkout: currency, discount, trial, language and metadata, and the settings of the provider's page.

use domain::tenant::installation_scope::InstallationScope;
use rstest::rstest;
use serde_json::{Value, json};
use tempfile::NamedTempFile;

use crate::harness::{Engine, Owner, TestApp};

const CHECKOUT: &str = "/api/v1/billing/checkout";
const CATALOG: &str = include_str!("../../../domain/src/catalog/default.toml");

/// The catalog with euro prices of Pro.
fn catalog() -> NamedTempFile {
    let file = NamedTempFile::new().unwrap();
    let euros = "[plan.pro]\nprice.EUR = { monthly = 27, yearly = 270 }\n";
    std::fs::write(&file, CATALOG.replace("[plan.pro]\n", euros)).unwrap();
    file
}

async fn latest_session(app: &TestApp) -> Value {
    app.stripe.list("/v1/checkout/sessions").await.remove(0)
}

#[rstest]
#[tokio::test]
async fn a_wrong_option_is_refused_by_its_name(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    for (field, value) in [
        ("currency", json!("gold")),
        ("currency", json!("EUR")),
        ("coupon", json!("two words")),
        ("coupon", json!("")),
        ("promotionCode", json!("a\nb")),
        ("trialDays", json!(731)),
        ("trialDays", json!(-1)),
        ("locale", json!("deutsch_land")),
        ("metadata", json!({ "tenant_id": "another" })),
        ("metadata", json!({ "external_id": "another" })),
        ("metadata", json!({ "order": 4711 })),
        ("metadata", json!({ "order": "v".repeat(501) })),
    ] {
        let answer = owner.post(CHECKOUT, &json!({ "plan": "pro", field: value })).await;
        answer.refused_field(field);
        let workspace = json!({ "type": "subscription", "planId": "pro", field: value });
        owner.post(CHECKOUT, &workspace).await.refused_field(field);
    }
    let both = json!({ "plan": "pro", "coupon": "SPRING", "promotionCode": "SUMMER" });
    owner.post(CHECKOUT, &both).await.refused_field("promotionCode");
    // A person's trial is the plan's.
    owner.post(CHECKOUT, &json!({ "plan": "pro", "trialDays": 7 })).await.refused_field("trialDays");
    assert_eq!(app.stripe.list("/v1/checkout/sessions").await.len(), 0);
}

#[rstest]
#[tokio::test]
async fn an_unknown_coupon_is_named_and_a_known_one_is_redeemed(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    let refused = owner.post(CHECKOUT, &json!({ "plan": "pro", "coupon": "GOLD" })).await.refused_field("coupon");
    assert!(refused["fields"]["coupon"].as_str().unwrap().contains("GOLD"), "{refused}");
    app.stripe.post("/v1/coupons", &[("id", "SPRING"), ("percent_off", "20"), ("duration", "forever")]).await;
    let answer = owner.post(CHECKOUT, &json!({ "plan": "pro", "coupon": "SPRING" })).await.expect(200);
    assert_eq!(latest_session(&app).await["amount_total"], 2320);
    let back = app.stripe.pay(answer["url"].as_str().unwrap()).await;
    owner.get(&back).await;
    let discounts = json!([{ "name": null, "percentOff": 20.0, "until": null }]);
    for path in ["/api/v1/entitlements", "/api/v1/billing/subscription", "/billing/subscription"] {
        let answer = owner.get(path).await.expect(200);
        let found = answer.get("discounts").unwrap_or(&answer["subscription"]["discounts"]);
        assert_eq!(*found, discounts, "{path}: {answer}");
    }
    for page in ["/membership", "/settings/billing"] {
        let html = owner.get(page).await.text;
        assert!(html.contains("20% off"), "{page}: {html}");
    }
    // What is for a first payment is refused for a change.
    let change = json!({ "plan": "team", "coupon": "SPRING" });
    owner.post(CHECKOUT, &change).await.refused_field("coupon");
}

#[rstest]
#[tokio::test]
async fn each_customer_redeems_their_own_code_and_none_of_another(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let (ada, eve) = (app.owner().await, app.owner().await);
    for owner in [&ada, &eve] {
        owner.post(CHECKOUT, &json!({ "plan": "pro" })).await.expect(200);
    }
    let customers = app.stripe.list("/v1/customers").await;
    let make_code = async |owner: &Owner, coupon: &str, percent: &str| {
        let is_own = |customer: &&Value| customer["metadata"]["tenant_id"] == owner.tenant.as_str();
        let customer = customers.iter().find(is_own).unwrap()["id"].as_str().unwrap();
        app.stripe.post("/v1/coupons", &[("id", coupon), ("percent_off", percent), ("duration", "forever")]).await;
        app.stripe.post("/v1/promotion_codes", &[("coupon", coupon), ("code", "VIP"), ("customer", customer)]).await;
    };
    let order = json!({ "plan": "pro", "promotionCode": "VIP" });
    make_code(&eve, "FIFTH", "20").await;
    ada.post(CHECKOUT, &order).await.refused_field("promotionCode");
    make_code(&ada, "HALF", "50").await;
    for (owner, amount) in [(&ada, 1450), (&eve, 2320)] {
        owner.post(CHECKOUT, &order).await.expect(200);
        assert_eq!(latest_session(&app).await["amount_total"], amount);
    }
}

#[rstest]
#[tokio::test]
async fn the_products_back_end_sets_trial_language_and_metadata(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let product = app.product(&[InstallationScope::Billing]).await;
    let tenant = app.product_tenant("org_1", None).await;
    let order = json!({
        "plan": "pro", "trialDays": 21, "locale": "pt-BR", "metadata": { "campaign": "spring" },
    });
    let answer = product.post_for("org_1", CHECKOUT, &order).await.expect(200);
    let session = latest_session(&app).await;
    assert_eq!((&session["locale"], &session["amount_total"]), (&json!("pt-BR"), &json!(0)));
    let expected = [("campaign", "spring"), ("external_id", "org_1"), ("tenant_id", tenant.as_str()), ("plan", "pro")];
    for (key, value) in expected {
        assert_eq!(session["metadata"][key], value, "{session}");
    }
    let attempt = app.latest_attempt(&tenant).await.unwrap();
    assert_eq!((attempt.trial_days, attempt.options.trial_days), (21, Some(21)));

    app.stripe.pay(answer["url"].as_str().unwrap()).await;
    let subscription = app.stripe.list("/v1/subscriptions").await.remove(0);
    for (key, value) in expected {
        assert_eq!(subscription["metadata"][key], value, "{subscription}");
    }
}

#[rstest]
#[tokio::test]
async fn a_plan_is_sold_in_the_currency_of_the_order(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let catalog = catalog();
    let app = TestApp::on(engine).with("CATALOG", catalog.path().to_str().unwrap()).start().await;
    let owner = app.owner().await;
    let plans = owner.get("/billing/plans").await.expect(200);
    let pro = plans["plans"].as_array().unwrap().iter().find(|plan| plan["tier"] == "pro").unwrap();
    assert_eq!(pro["price"]["currency"], "USD");
    assert_eq!(
        pro["prices"],
        json!({ "EUR": { "monthly": 27, "yearly": 270 }, "USD": { "monthly": 29, "yearly": 290 } })
    );
    assert_eq!(plans["plans"][0].get("prices"), None);

    let review = owner.get("/checkout?plan=pro&cycle=monthly&currency=EUR").await.text;
    assert!(review.contains("27.00") && !review.contains("$29.00"), "{review}");
    assert!(review.contains("name=\"currency\" value=\"EUR\""), "{review}");
    owner.post(CHECKOUT, &json!({ "plan": "team", "currency": "EUR" })).await.refused_field("currency");
    let price = format!("/v1/prices/{}", app.stripe.price("pro"));
    app.stripe.post(&price, &[("currency_options[eur][unit_amount]", "2700")]).await;
    let checkout = owner.post(CHECKOUT, &json!({ "plan": "pro", "currency": "EUR" })).await.expect(200);
    let session = latest_session(&app).await;
    assert_eq!((&session["amount_total"], &session["currency"]), (&json!(2700), &json!("eur")));

    let back = app.stripe.pay(checkout["url"].as_str().unwrap()).await;
    assert_eq!(owner.get(&back).await.status, 200);
    for path in ["/api/v1/billing/subscription", "/billing/subscription"] {
        assert_eq!(owner.get(path).await.expect(200)["subscription"]["currency"], "EUR", "{path}");
    }
    owner.post(CHECKOUT, &json!({ "plan": "pro", "currency": "USD" })).await.refused_field("currency");
}

#[rstest]
#[tokio::test]
async fn the_settings_decide_what_the_hosted_page_offers(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::on(engine).with("CHECKOUT_PROMOTION_CODES", "1").with("CHECKOUT_AUTOMATIC_TAX", "1");
    let app = app.with("CHECKOUT_TAX_IDS", "1").with("CHECKOUT_BILLING_ADDRESS", "required").start().await;
    let owner = app.owner().await;
    let review = owner.get("/checkout?plan=pro&cycle=monthly").await.text;
    for words in [
        "name=\"promotion_code\"",
        "VAT or sales tax is added at Stripe.",
        "You can enter a tax ID at Stripe.",
        "Stripe asks for your billing address.",
    ] {
        assert!(review.contains(words), "{words}: {review}");
    }
    let order = [("plan", "pro"), ("cycle", "monthly"), ("promotion_code", " ")];
    assert!(owner.submit("/rpc/checkout", &order).await.leads_to().starts_with("http"));
    let session = latest_session(&app).await;
    assert_eq!(session["allow_promotion_codes"], true, "{session}");
    assert_eq!(session["billing_address_collection"], "required", "{session}");

    let order = [("plan", "pro"), ("cycle", "monthly"), ("promotion_code", "WINTER")];
    let back = owner.submit("/rpc/checkout", &order).await.leads_to().to_owned();
    let refused = owner.get(&back).await.text;
    assert!(
        refused.contains("This code can’t be redeemed.") && refused.contains("value=\"WINTER\""),
        "{back}: {refused}"
    );
}

#[rstest]
#[tokio::test]
async fn a_page_without_settings_offers_nothing_besides(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    let review = owner.get("/checkout?plan=pro&cycle=monthly").await.text;
    assert!(!review.contains("promotion_code") && !review.contains("VAT"), "{review}");
    owner.checkout("pro").await;
    let session = latest_session(&app).await;
    assert_eq!(session["allow_promotion_codes"], Value::Null, "{session}");
}
