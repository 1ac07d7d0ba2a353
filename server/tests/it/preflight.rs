//! What another plan would bring, asked before anything is ordered.

use rstest::rstest;
use serde_json::json;

use crate::harness::{Engine, TestApp};

const PREFLIGHT: &str = "/api/v1/billing/preflight";

#[rstest]
#[tokio::test]
async fn a_change_of_plan_is_told_before_it_is_made(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner_on("pro").await;
    app.uses(&owner, &[("websocket_connections", 45)]).await;
    let line = |told: &serde_json::Value, feature: &str| {
        told["features"].as_array().unwrap().iter().find(|line| line["feature"] == feature).unwrap().clone()
    };

    let down = owner.get(&format!("{PREFLIGHT}?plan=free")).await.expect(200);
    assert_eq!((&down["direction"], &down["price"]), (&json!("down"), &json!({ "amount": 0, "currency": "USD" })));
    let connections =
        json!({ "feature": "websocket_connections", "used": 45, "limit": 100, "limitThen": 10, "outcome": "no_more" });
    assert_eq!(line(&down, "websocket_connections"), connections);
    assert_eq!(line(&down, "websocket_rooms")["outcome"], "fits");

    let up = owner.get(&format!("{PREFLIGHT}?plan=team&cycle=annual")).await.expect(200);
    assert_eq!((&up["direction"], &up["cycle"]), (&json!("up"), &json!("yearly")));
    assert_eq!(
        (&up["dueNow"]["currency"], line(&up, "websocket_connections")["limitThen"].as_u64()),
        (&json!("USD"), Some(500))
    );
    assert!(up["dueNow"]["amount"].as_i64().unwrap() > 0, "{up}");
    assert_eq!(owner.get(&format!("{PREFLIGHT}?plan=pro")).await.expect(200)["dueNow"], json!(null));
    let talked = owner.get(&format!("{PREFLIGHT}?plan=enterprise")).await.expect(200);
    for unknown in ["price", "dueNow", "startsAt", "conflict"] {
        assert_eq!(talked[unknown], json!(null), "{unknown}");
    }
    let also = owner.get(&format!("{PREFLIGHT}?plan=team&billingCycle=yearly")).await.expect(200);
    assert_eq!((&also["cycle"], &also["price"]), (&json!("yearly"), &up["price"]));

    for (wrong, field) in [
        ("", "plan"),
        ("?plan=", "plan"),
        ("?plan=gold", "plan"),
        ("?plan=pro&cycle=weekly", "cycle"),
        ("?plan=pro&billingCycle=weekly", "billingCycle"),
    ] {
        owner.get(&format!("{PREFLIGHT}{wrong}")).await.refused_field(field);
    }
    assert_eq!(owner.status().await["plan"], "pro", "asking changes nothing");
}
