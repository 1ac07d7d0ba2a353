//! The effects of another plan, before it is ordered.

use rstest::rstest;
use serde_json::{Value, json};

use crate::harness::{Engine, Owner, TestApp, eventually};

const PREFLIGHT: &str = "/api/v1/billing/preflight";
const CHECKOUT: &str = "/api/v1/billing/checkout";
const TOKENS: &str = "LLM tokens a month";

/// Returns the line of a feature in a preflight.
fn line(body: &Value, feature: &str) -> Value {
    body["features"].as_array().unwrap().iter().find(|line| line["feature"] == feature).unwrap().clone()
}

#[rstest]
#[tokio::test]
async fn a_preflight_reports_the_effects_of_a_plan_change(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner_on("pro").await;
    app.record_usage(&owner, &[("websocket_connections", 45)]).await;
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
    let in_dollars = owner.get(&format!("{PREFLIGHT}?plan=team&cycle=yearly&currency=usd")).await.expect(200);
    assert_eq!(in_dollars["price"], up["price"]);
    let also = owner.get(&format!("{PREFLIGHT}?plan=team&billingCycle=yearly")).await.expect(200);
    assert_eq!((&also["cycle"], &also["price"]), (&json!("yearly"), &up["price"]));

    for (wrong, field) in [
        ("", "plan"),
        ("?plan=", "plan"),
        ("?plan=gold", "plan"),
        ("?plan=pro&cycle=weekly", "cycle"),
        ("?plan=pro&billingCycle=weekly", "billingCycle"),
        ("?plan=team&currency=euro", "currency"),
        ("?plan=team&currency=JPY", "currency"),
    ] {
        owner.get(&format!("{PREFLIGHT}{wrong}")).await.refused_field(field);
    }
    assert_eq!(owner.status().await["plan"], "pro", "a preflight changes nothing");
}

/// Returns the texts of the cells in the page's row of tokens.
async fn cells(owner: &Owner, page: &str) -> Vec<String> {
    let shown = owner.get(page).await;
    assert_eq!(shown.status, 200, "{page}: {shown:#?}");
    let row = shown.text.split("<tr").filter(|row| row.contains(TOKENS)).last().unwrap();
    let row = row.split("</tr>").next().unwrap();
    row.split("<td").skip(1).map(|cell| words(cell.split("</td>").next().unwrap())).collect()
}

/// Returns the text of a cell without its tags.
fn words(cell: &str) -> String {
    let text: String = cell.split('>').skip(1).map(|part| part.split('<').next().unwrap()).collect();
    text.replace('\u{a0}', " ").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A custom limit of 200 K tokens for a tenant on Free, and the limit that each plan then has: on pages and as numbers.
struct CustomLimitCase {
    at_most: bool,
    shown: [&'static str; 8],
    figures: [Option<u64>; 8],
}

const PLANS: [&str; 8] = ["free", "starter", "standard", "pro", "team", "business", "scale", "enterprise"];
const HIGHER_LIMIT: CustomLimitCase = CustomLimitCase {
    at_most: false,
    shown: ["200,000 custom", "500,000", "1 M", "10 M", "50 M", "60 M", "75 M", "No limit"],
    figures: [
        Some(200_000),
        Some(500_000),
        Some(1_000_000),
        Some(10_000_000),
        Some(50_000_000),
        Some(60_000_000),
        Some(75_000_000),
        None,
    ],
};
const LOWER_LIMIT: CustomLimitCase = CustomLimitCase {
    at_most: true,
    shown: [
        "100,000",
        "200,000 custom",
        "200,000 custom",
        "200,000 custom",
        "200,000 custom",
        "200,000 custom",
        "200,000 custom",
        "200,000 custom",
    ],
    figures: [
        Some(100_000),
        Some(200_000),
        Some(200_000),
        Some(200_000),
        Some(200_000),
        Some(200_000),
        Some(200_000),
        Some(200_000),
    ],
};

#[rstest]
#[tokio::test]
async fn a_custom_limit_is_the_same_in_the_table_the_review_the_preflight_and_after_the_change(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(&HIGHER_LIMIT, &LOWER_LIMIT)] custom: &'static CustomLimitCase,
) {
    let CustomLimitCase { at_most, shown, figures } = *custom;
    let app = TestApp::start(engine).await;
    let (owner, operator) = (app.owner().await, app.owner().await);
    assert!(app.command(&["operator", "add", "--email", &operator.email]).await.status.success());
    app.add_second_factor(&operator.email).await;
    let tenant = owner.tenant.as_str();
    let mut limit = vec![("tenant", tenant), ("feature", "ai_tokens"), ("limit", "200,000")];
    limit.extend(at_most.then_some(("atMost", "1")));
    let set = operator.submit("/rpc/operator-limit", &limit).await;
    assert_eq!(set.leads_to(), format!("/operator/tenants/{tenant}?code=settled"));

    assert_eq!(cells(&owner, "/membership").await, shown, "the table");
    let review = cells(&owner, "/checkout?plan=pro").await;
    assert_eq!(review[1..], [shown[0], shown[3]], "the review: {review:?}");
    let held = async || owner.get("/api/v1/billing/features/ai_tokens/check").await.expect(200)["limit"].clone();
    assert_eq!(held().await, json!(figures[0]));
    for (plan, then) in PLANS.into_iter().zip(figures) {
        let body = owner.get(&format!("{PREFLIGHT}?plan={plan}")).await.expect(200);
        let line = line(&body, "ai_tokens");
        assert_eq!((&line["limit"], &line["limitThen"]), (&json!(figures[0]), &json!(then)), "{plan}: {body}");
    }

    let back = app.stripe.pay(&owner.checkout("pro").await).await;
    assert_eq!(owner.get(&back).await.status, 200);
    assert_eq!(owner.status().await["plan"], "pro");
    assert_eq!(held().await, json!(figures[3]), "the limit is as announced");
    assert_eq!(cells(&owner, "/membership").await, shown, "the table after the change");
    for (plan, then) in PLANS.into_iter().zip(figures) {
        let body = owner.get(&format!("{PREFLIGHT}?plan={plan}")).await.expect(200);
        let line = line(&body, "ai_tokens");
        assert_eq!((&line["limit"], &line["limitThen"]), (&json!(figures[3]), &json!(then)), "{plan}: {body}");
    }
}

#[rstest]
#[tokio::test]
async fn while_no_payment_is_collected_a_plan_that_starts_at_once_is_refused(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let owner = app.owner_on("pro").await;
    let id = app.subscriptions(&owner.tenant).await.remove(0).external_id;
    let path = format!("/v1/subscriptions/{id}");
    app.stripe.post(&path, &[("pause_collection[behavior]", "void")]).await;
    let refused = owner.post(CHECKOUT, &json!({ "plan": "team" })).await.expect(409);
    assert_eq!(refused["code"], "conflict", "{refused}");
    assert!(refused["message"].as_str().unwrap().contains("are paused at the provider"), "{refused}");
    let conflict =
        async |plan: &str| owner.get(&format!("{PREFLIGHT}?plan={plan}")).await.expect(200)["conflict"].clone();
    eventually("the preflight has the conflict", async || conflict("team").await == refused["message"]).await;
    let review = owner.get("/checkout?plan=team&cycle=monthly").await.text;
    assert!(review.contains("collects no payments") && !review.contains("/rpc/checkout"), "{review}");

    assert_eq!(conflict("starter").await, Value::Null, "it waits for the end of the period");
    owner.post(CHECKOUT, &json!({ "plan": "starter" })).await.expect(200);
    app.stripe.post(&path, &[("pause_collection", "")]).await;
    owner.post(CHECKOUT, &json!({ "plan": "team" })).await.expect(200);
}
