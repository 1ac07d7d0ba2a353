//! Snapshot and feature check exactly as in the workspace document.

use domain::tenant::scope::Scope;
use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{Engine, TestApp, eventually};

const SNAPSHOT: &str = "/api/v1/billing/subscription";

fn check(feature: &str) -> String {
    format!("/api/v1/billing/features/{feature}/check")
}

fn free_limits() -> Value {
    json!({
        "auth_providers": 1, "database_connections": 1, "storage_gb": 0.195_312_5, "feature_flags": 5, "projects": 1,
        "environments": 1, "team_members": 2, "flutter_apps": 1, "game_projects": 0,
        "telemetry_events_monthly": 10_000, "ai_runtime": 0
    })
}

fn features(ai_runtime: bool) -> Value {
    json!({ "auth_providers": true, "database_connections": true, "feature_flags": true, "ai_runtime": ai_runtime })
}

#[rstest]
#[tokio::test]
async fn a_tenant_that_never_paid_has_the_snapshot_of_free(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    let free = json!({
        "tenantId": owner.tenant.as_str(),
        "tenantName": "Acme 0",
        "subscription": {
            "plan": "free", "status": "active", "billingCycle": null, "customerId": null, "externalId": null
        },
        "limits": free_limits(),
        "features": features(false),
    });
    assert_eq!(owner.get(SNAPSHOT).await.expect(200), free);
    assert_eq!(app.member_of(&owner).await.get(SNAPSHOT).await.expect(200), free);
    app.visitor().get(SNAPSHOT).await.refused(401, "unauthenticated");
    for scope in Scope::ALL.map(Scope::as_str) {
        app.service_of(&owner.tenant, scope).await.get(SNAPSHOT).await.refused(403, "session_required");
    }
}

#[rstest]
#[tokio::test]
async fn a_year_of_standard_has_the_documented_snapshot(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    let request_body = json!({ "type": "subscription", "planId": "standard", "billingCycle": "annual" });
    let checkout = owner.post("/api/v1/billing/checkout", &request_body).await.expect(200);
    let customer = app.stripe.list("/v1/customers").await[0]["id"].clone();
    let before = owner.get(SNAPSHOT).await.expect(200);
    assert_eq!(before["subscription"]["customerId"], customer, "the checkout created a customer");
    assert_eq!(before["subscription"]["externalId"], Value::Null);

    let back = app.stripe.pay(checkout["checkoutUrl"].as_str().unwrap()).await;
    assert_eq!(owner.get(&back).await.status, 200);
    let subscription = &app.subscriptions(&owner.tenant).await[0];
    assert!(subscription.external_id.starts_with("sub_") && customer.as_str().unwrap().starts_with("cus_"));
    let printed = json!({
        "tenantId": owner.tenant.as_str(),
        "tenantName": "Acme 0",
        "subscription": {
            "plan": "standard",
            "status": "active",
            "billingCycle": "annual",
            "customerId": customer,
            "externalId": subscription.external_id,
            "currency": "USD",
            "nextPayment": { "amount": 19_000, "currency": "USD", "at": subscription.period_end.rfc3339_secs() },
        },
        "limits": {
            "auth_providers": 1, "database_connections": 1, "storage_gb": 5, "feature_flags": 25, "projects": 1,
            "environments": 2, "team_members": 3, "flutter_apps": 2, "game_projects": 1,
            "telemetry_events_monthly": 100_000, "ai_runtime": 0
        },
        "features": features(false),
    });
    assert_eq!(owner.get(SNAPSHOT).await.expect(200), printed);

    // Exactly as documented.
    let answer = owner.get(&check("auth_providers")).await;
    answer.expect(200);
    assert_eq!(
        answer.text,
        r#"{"isValid":true,"failureReason":null,"hasWarning":false,"warningMessage":null,"used":0,"limit":1,"percentUsed":0.0}"#
    );

    app.stripe.cancel(&subscription.external_id).await;
    eventually("it has ended", async || owner.status().await["status"] == "canceled").await;
    let ended = owner.get(SNAPSHOT).await.expect(200);
    let subscription = json!({
        "plan": "free", "status": "canceled", "billingCycle": null, "customerId": customer, "externalId": subscription.external_id
    });
    assert_eq!((&ended["subscription"], &ended["limits"]), (&subscription, &free_limits()));
    let answer = owner.get(&check("game_projects")).await.expect(200);
    assert_eq!((&answer["failureReason"], &answer["hasWarning"]), (&json!("feature_not_included"), &json!(false)));
}

#[rstest]
#[tokio::test]
async fn a_plan_without_limits_says_null(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner_granted("enterprise").await;
    app.record_usage(&owner, &[("file_storage_bytes", 1 << 40)]).await;
    let snapshot = owner.get(SNAPSHOT).await.expect(200);
    assert_eq!(snapshot["subscription"]["plan"], "enterprise");
    assert_eq!(snapshot["subscription"]["billingCycle"], Value::Null);
    assert_eq!(snapshot["features"], features(true));
    let limits = snapshot["limits"].as_object().unwrap();
    assert!(limits.iter().all(|(name, limit)| name == "ai_runtime" || limit.is_null()), "{limits:?}");
    assert_eq!(limits["ai_runtime"], 1);

    let answer = owner.get(&format!("{}?amount={}", check("file_storage_bytes"), i64::MAX)).await;
    answer.expect(200);
    assert_eq!(
        answer.text,
        r#"{"isValid":true,"failureReason":null,"hasWarning":false,"warningMessage":null,"used":1099511627776,"limit":null,"percentUsed":0.0}"#
    );
}

#[rstest]
#[tokio::test]
async fn every_member_may_check_and_a_check_changes_nothing(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let (owner, other) = (app.owner().await, app.owner().await);
    app.record_usage(&owner, &[("websocket_connections", 9), ("ai_tokens", 33_333)]).await;
    let near = json!({
        "isValid": true, "failureReason": null, "hasWarning": true,
        "warningMessage": "WebSocket connections: 9 of 10 used.", "used": 9, "limit": 10, "percentUsed": 90.0
    });
    let path = check("websocket_connections");
    for _ in 0..3 {
        assert_eq!(owner.get(&path).await.expect(200), near, "a check consumes nothing");
    }
    assert_eq!(app.member_of(&owner).await.get(&path).await.expect(200), near);
    for scope in Scope::ALL.map(Scope::as_str) {
        assert_eq!(app.service_of(&owner.tenant, scope).await.get(&path).await.expect(200), near, "{scope}");
    }
    app.visitor().get(&path).await.refused(401, "unauthenticated");
    app.visitor().get(&check("nope")).await.refused(401, "unauthenticated");
    let theirs = app.service_of(&other.tenant, "usage").await.get(&path).await.expect(200);
    assert_eq!((&theirs["used"], &theirs["hasWarning"]), (&json!(0), &json!(false)));

    let too_many = owner.get(&format!("{path}?amount=2")).await.expect(200);
    assert_eq!((&too_many["isValid"], &too_many["failureReason"]), (&json!(false), &json!("limit_reached")));
    let tokens = owner.get(&check("ai_tokens")).await.expect(200);
    assert_eq!((&tokens["used"], &tokens["percentUsed"]), (&json!(33_333), &json!(33.3)));
    let size = owner.get(&format!("{}?amount={}", check("file_size_bytes"), 5 << 20)).await.expect(200);
    assert_eq!((&size["isValid"], &size["used"], &size["limit"]), (&json!(true), &json!(0), &json!(5 << 20)));
    let size = owner.get(&format!("{}?amount={}", check("file_size_bytes"), (5 << 20) + 1)).await.expect(200);
    assert_eq!(size["failureReason"], "limit_reached");
    let flag = owner.get(&format!("{}?amount=7", check("ai_runtime"))).await.expect(200);
    let off = json!({
        "isValid": false, "failureReason": "feature_not_included", "hasWarning": false, "warningMessage": null,
        "used": 0, "limit": 0, "percentUsed": 0.0
    });
    assert_eq!(flag, off);
}

#[rstest]
#[tokio::test]
async fn dues_counts_team_members_itself(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    let alone = owner.get(&check("team_members")).await.expect(200);
    assert_eq!((&alone["used"], &alone["percentUsed"], &alone["isValid"]), (&json!(1), &json!(50.0), &json!(true)));
    let member = app.member_of(&owner).await;
    let both = json!({
        "isValid": false, "failureReason": "limit_reached", "hasWarning": true,
        "warningMessage": "Team members: 2 of 2 used.", "used": 2, "limit": 2, "percentUsed": 100.0
    });
    // The member was created outside this server, which notices it after a moment.
    eventually("both are counted", async || member.get(&check("team_members")).await.expect(200) == both).await;
}

#[rstest]
#[tokio::test]
async fn a_check_of_an_unknown_feature_or_invalid_amount_is_refused(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    let path = check("auth_providers");
    for amount in [
        "0",
        "-1",
        "1.5",
        "",
        "abc",
        "1e3",
        "%2B1",
        "+1",
        "1%00",
        "99999999999999999999",
        "9223372036854775808",
        "%FF",
        "1&amount=2",
    ] {
        owner.get(&format!("{path}?amount={amount}")).await.refused_field("amount");
    }
    assert_eq!(owner.get(&format!("{path}?amount=0000001&other=x")).await.expect(200)["isValid"], true);
    let long = "x".repeat(5000);
    for feature in ["nope", "AUTH_PROVIDERS", "auth_providers%20", "%FF", "%00", "..%2F..", "%E3%83%97%E3%83%AD", &long]
    {
        let body = owner.get(&check(feature)).await.refused(404, "unknown_feature");
        assert!(body["message"].as_str().unwrap().len() < 200, "{body}");
    }
}

#[rstest]
#[case::within_its_grace("7")]
#[case::after_it("0")]
#[tokio::test]
async fn a_due_payment_is_reported_on_every_check(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[case] grace_days: &str,
) {
    let app = TestApp::on(engine).with("GRACE_DAYS", grace_days).start().await;
    let owner = app.owner_on("pro").await;
    app.record_usage(&owner, &[("websocket_connections", 45)]).await;
    app.stripe.set_payments_fail(true).await;
    app.stripe.press("/clock", &json!({ "advance_days": 32 })).await;
    eventually("it is due", async || owner.status().await["status"] == "past_due").await;

    let within = grace_days == "7";
    let snapshot = owner.get(SNAPSHOT).await.expect(200);
    let subscription = &snapshot["subscription"];
    let plan = if within { "pro" } else { "free" };
    assert_eq!((&subscription["plan"], &subscription["status"]), (&json!(plan), &json!("past_due")));
    assert_eq!(subscription["billingCycle"], "monthly", "the subscription is still billed");
    assert_eq!(snapshot["features"], features(within));

    for feature in ["websocket_connections", "ai_runtime", "file_size_bytes", "projects", "team_members"] {
        let body = owner.get(&check(feature)).await.expect(200);
        assert_eq!(body["hasWarning"], true, "{feature}: {body}");
        assert!(body["warningMessage"].as_str().unwrap().starts_with("A payment is "), "{body}");
    }
    let connections = owner.get(&check("websocket_connections")).await.expect(200);
    let runtime = owner.get(&check("ai_runtime")).await.expect(200);
    let figures = (&connections["used"], &connections["limit"], &connections["percentUsed"]);
    let reasons = (&connections["failureReason"], &runtime["failureReason"]);
    if within {
        assert_eq!(figures, (&json!(45), &json!(100), &json!(45.0)));
        assert_eq!(reasons, (&Value::Null, &Value::Null));
    } else {
        assert_eq!(figures, (&json!(45), &json!(10), &json!(450.0)));
        assert_eq!(reasons, (&json!("subscription_inactive"), &json!("subscription_inactive")));
        let beyond = owner.get(&format!("{}?amount=56", check("websocket_connections"))).await.expect(200);
        assert_eq!(beyond["failureReason"], "limit_reached", "Pro would not have allowed it either");
        assert_eq!(owner.get(&check("feature_flags")).await.expect(200)["isValid"], true, "Free allows it too");
    }
}
