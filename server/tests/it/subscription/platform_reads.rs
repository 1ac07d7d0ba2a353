//! Plans, subscription and usage as in the platform document.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{Browser, Engine, Owner, TestApp, eventually};

const PLANS: &str = "/billing/plans";
const SUBSCRIPTION: &str = "/billing/subscription";
const USAGE: &str = "/billing/usage";

/// The usage of the workspace in the platform document, and of one more feature.
const USED: [(&str, u64); 8] = [
    ("websocket_connections", 45),
    ("websocket_entities_watched", 8),
    ("websocket_rooms", 3),
    ("file_storage_bytes", 1_073_741_824),
    ("secrets", 12),
    ("ai_tokens", 6_210_000),
    ("ai_cost", 31_400_000),
    // This feature is not in the platform document.
    ("projects", 1),
];

#[rstest]
#[tokio::test]
async fn members_and_read_keys_get_the_same_answer(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let (owner, other) = (app.owner().await, app.owner().await);
    let member = app.member_of(&owner).await;
    let reader = app.service_of(&owner.tenant, "read,usage").await;
    for path in [PLANS, SUBSCRIPTION, USAGE] {
        let body = owner.get(path).await.expect(200);
        assert_eq!(member.get(path).await.expect(200), body, "{path}");
        assert_eq!(reader.get(path).await.expect(200), body, "{path}");
        app.visitor().get(path).await.refused(401, "unauthenticated");
    }
    for scope in ["usage", "billing", "secrets"] {
        let service = app.service_of(&owner.tenant, scope).await;
        for path in [PLANS, SUBSCRIPTION, USAGE] {
            let body = service.get(path).await.refused(403, "scope_required");
            assert!(body["message"].as_str().unwrap().contains("read"), "{body} names the scope");
        }
    }
    for path in [SUBSCRIPTION, USAGE] {
        assert_eq!(other.get(path).await.expect(200)["tenantId"], other.tenant.as_str());
        let foreign =
            |browser: &Browser| browser.request(Method::GET, path).header("x-tenant-id", other.tenant.as_str());
        for browser in [&*owner, &reader] {
            browser.send(foreign(browser)).await.refused(404, "tenant_not_found");
        }
    }
}

#[rstest]
#[tokio::test]
async fn plans_are_listed_as_documented_in_ascending_order(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let body = app.owner().await.get(PLANS).await.expect(200);
    let plans = body["plans"].as_array().unwrap();
    let tiers: Vec<_> = plans.iter().map(|plan| plan["tier"].as_str().unwrap()).collect();
    assert_eq!(tiers, ["free", "starter", "standard", "pro", "team", "business", "scale", "enterprise"]);
    let free = json!({
        "tier": "free",
        "name": "Free",
        "description": "For individual developers",
        "price": { "monthly": 0, "yearly": 0, "currency": "USD" },
        "limits": {
            "websocket": { "maxConnections": 10, "maxEntitiesWatched": 2, "maxRooms": 2 },
            "fileStorage": { "maxStorageMB": 200, "maxFileSizeMB": 5 },
            "api": { "requestsPerMinute": 100 },
            "ai": { "llmTokensPerMonth": 100_000, "maxCostPerMonth": 5 },
            "tenantConfig": { "maxSecrets": 5 }
        }
    });
    assert_eq!(plans[0], free);
    let pro = json!({ "monthly": 29, "yearly": 290, "currency": "USD" });
    assert_eq!((&plans[3]["price"], &plans[3]["description"]), (&pro, &json!("For small teams")));
    let enterprise = json!({
        "tier": "enterprise",
        "name": "Enterprise",
        "description": "For organizations with needs of their own",
        "price": { "monthly": null, "yearly": null, "currency": "USD" },
        "limits": {
            "websocket": { "maxConnections": 10_000, "maxEntitiesWatched": null, "maxRooms": null },
            "fileStorage": { "maxStorageMB": null, "maxFileSizeMB": null },
            "api": { "requestsPerMinute": 10_000 },
            "ai": { "llmTokensPerMonth": null, "maxCostPerMonth": null },
            "tenantConfig": { "maxSecrets": null }
        }
    });
    assert_eq!(plans[7], enterprise);
}

/// Returns the expected answer, with the dates and the currency of the stored subscription.
async fn subscription(app: &TestApp, owner: &Owner, expected: &Value) -> Value {
    let stored = &app.subscriptions(&owner.tenant).await[0];
    let dates = json!({
        "startDate": stored.started_at.rfc3339_secs(),
        "renewalDate": stored.period_end.rfc3339_secs(),
        "currentPeriodEnd": stored.period_end.rfc3339_secs(),
        "cancelAtPeriodEnd": false,
        "paymentMethod": "card",
        "currency": "USD",
    });
    let mut subscription = dates.as_object().unwrap().clone();
    subscription.extend(expected.as_object().unwrap().clone());
    json!({ "tenantId": owner.tenant.as_str(), "subscription": subscription })
}

#[rstest]
#[tokio::test]
async fn a_subscription_is_reported_from_start_to_end(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    let never = json!({
        "tenantId": owner.tenant.as_str(),
        "subscription": {
            "plan": "free", "status": "active", "startDate": null, "renewalDate": null, "currentPeriodEnd": null,
            "cancelAtPeriodEnd": false, "paymentMethod": null
        }
    });
    assert_eq!(owner.get(SUBSCRIPTION).await.expect(200), never);

    app.stripe.pay(&owner.checkout("pro").await).await;
    eventually("the webhook makes the plan active", async || owner.status().await["plan"] == "pro").await;
    let paid = owner.get(SUBSCRIPTION).await.expect(200);
    let next = json!({ "amount": 2900, "currency": "USD", "at": paid["subscription"]["renewalDate"] });
    let expected = json!({ "plan": "pro", "status": "active", "nextPayment": next });
    assert_eq!(paid, subscription(&app, &owner, &expected).await);
    for date in ["startDate", "renewalDate", "currentPeriodEnd"] {
        let date = paid["subscription"][date].as_str().unwrap();
        let pattern: String = date.chars().map(|char| if char.is_ascii_digit() { '0' } else { char }).collect();
        assert_eq!(pattern, "0000-00-00T00:00:00Z", "whole seconds");
    }
    assert!(paid["subscription"]["startDate"].as_str() < paid["subscription"]["renewalDate"].as_str());

    let id = app.subscriptions(&owner.tenant).await[0].external_id.clone();
    app.stripe.post(&format!("/v1/subscriptions/{id}"), &[("cancel_at_period_end", "true")]).await;
    eventually("the end is announced", async || owner.status().await["cancel_at_period_end"] == true).await;
    let leaving = json!({
        "plan": "pro", "status": "active", "renewalDate": null, "cancelAtPeriodEnd": true,
        "cancelAt": paid["subscription"]["renewalDate"],
    });
    assert_eq!(owner.get(SUBSCRIPTION).await.expect(200), subscription(&app, &owner, &leaving).await);

    app.stripe.cancel(&id).await;
    eventually("it has ended", async || owner.status().await["status"] == "canceled").await;
    let ended = owner.get(SUBSCRIPTION).await.expect(200);
    let at = app.subscriptions(&owner.tenant).await[0].ended_at.unwrap().rfc3339_secs();
    let body = &ended["subscription"];
    assert_eq!((&body["plan"], &body["status"]), (&json!("free"), &json!("canceled")));
    assert_eq!((&body["renewalDate"], &body["currentPeriodEnd"]), (&Value::Null, &json!(at)));
    assert_eq!(body.as_object().unwrap().len(), 7, "no field is left out: {body}");
}

#[rstest]
#[case::within_its_grace("7", "pro", 100, 45)]
#[case::after_it("0", "free", 10, 450)]
#[tokio::test]
async fn a_due_payment_shows_in_every_answer(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[case] grace_days: &str,
    #[case] plan: &str,
    #[case] limit: u64,
    #[case] percentage: u64,
) {
    let app = TestApp::on(engine).with("GRACE_DAYS", grace_days).start().await;
    let owner = app.owner_on("pro").await;
    app.record_usage(&owner, &[("websocket_connections", 45)]).await;
    app.stripe.set_payments_fail(true).await;
    app.stripe.press("/clock", &json!({ "advance_days": 32 })).await;
    eventually("it is due", async || owner.status().await["status"] == "past_due").await;
    let body = owner.get(SUBSCRIPTION).await.expect(200);
    assert_eq!(body, subscription(&app, &owner, &json!({ "plan": plan, "status": "past_due" })).await);
    let usage = owner.get(USAGE).await.expect(200);
    assert_eq!(usage["plan"], plan);
    let connections = json!({ "current": 45, "limit": limit, "percentage": percentage });
    assert_eq!(usage["usage"]["websocket"]["connections"], connections);
}

#[rstest]
#[tokio::test]
async fn usage_is_reported_as_documented(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner_on("pro").await;
    app.record_usage(&owner, &USED).await;
    let printed = json!({
        "tenantId": owner.tenant.as_str(),
        "plan": "pro",
        "usage": {
            "websocket": {
                "connections": { "current": 45, "limit": 100, "percentage": 45 },
                "entitiesWatched": { "current": 8, "limit": 10, "percentage": 80 },
                "rooms": { "current": 3, "limit": 10, "percentage": 30 }
            },
            "fileStorage": {
                "storage": {
                    "current": 1_073_741_824,
                    "limit": 5_368_709_120_u64,
                    "percentage": 20,
                    "currentFormatted": "1 GB",
                    "limitFormatted": "5 GB"
                }
            },
            "api": { "requests": { "current": 0, "limit": 1000, "percentage": 0 } },
            "ai": {
                "llmTokens": { "current": 6_210_000, "limit": 10_000_000, "percentage": 62 },
                "cost": { "current": 31.4, "limit": 50, "percentage": 63 }
            },
            "tenantConfig": { "secrets": { "current": 12, "limit": 50, "percentage": 24 } }
        }
    });
    assert_eq!(owner.get(USAGE).await.expect(200), printed);

    let unlimited = app.owner_granted("enterprise").await;
    app.record_usage(&unlimited, &USED).await;
    let usage = unlimited.get(USAGE).await.expect(200);
    assert_eq!(usage["usage"]["tenantConfig"]["secrets"], json!({ "current": 12, "limit": null, "percentage": 0 }));
    let storage = json!({
        "current": 1_073_741_824, "limit": null, "percentage": 0, "currentFormatted": "1 GB", "limitFormatted": "No limit"
    });
    assert_eq!(usage["usage"]["fileStorage"]["storage"], storage);
}

#[rstest]
#[tokio::test]
async fn the_usage_page_and_both_apis_have_the_same_figures(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let owner = app.owner_on("pro").await;
    app.record_usage(&owner, &USED).await;
    let usage = owner.get(USAGE).await.expect(200);
    let page = owner.get("/usage").await.text;
    for (group, name, feature, title) in [
        ("websocket", "connections", "websocket_connections", "WebSocket connections"),
        ("websocket", "entitiesWatched", "websocket_entities_watched", "Entities watched"),
        ("websocket", "rooms", "websocket_rooms", "Rooms"),
        ("fileStorage", "storage", "file_storage_bytes", "Storage"),
        ("tenantConfig", "secrets", "secrets", "Secrets"),
    ] {
        let body = &usage["usage"][group][name];
        let checked = owner.get(&format!("/api/v1/billing/features/{feature}/check")).await.expect(200);
        assert_eq!((&checked["used"], &checked["limit"]), (&body["current"], &body["limit"]), "{feature}");
        assert!((checked["percentUsed"].as_f64().unwrap() - body["percentage"].as_f64().unwrap()).abs() <= 0.5);

        let words = |formatted: &str, figure: &str| match body[formatted].as_str() {
            Some(formatted) => formatted.replace(' ', "\u{a0}"),
            None => body[figure].to_string(),
        };
        let (used, most) = (words("currentFormatted", "current"), words("limitFormatted", "limit"));
        let row = page.split("<li>").find(|row| row.contains(&format!(">{title}</a></span>")));
        let row = row.unwrap_or_else(|| panic!("{title} is on the page"));
        assert!(row.contains(&format!("<b>{used}</b>")) && row.contains(&format!(" of {most}")), "{title}: {row}");
    }
}
