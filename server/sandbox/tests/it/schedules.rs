//! Subscription schedules: phases with several items, which begin as the clock moves.

use crate::harness::{DAY, TestSandbox, list, text};
use serde_json::{Value, json};

/// A subscription to two items, with its schedule.
struct Scene {
    sandbox: TestSandbox,
    subscription: Value,
    schedule: Value,
    pro: String,
    team: String,
    support: String,
}

impl Scene {
    async fn start() -> Self {
        let sandbox = TestSandbox::start().await;
        let pro = sandbox.price("Pro", 3000, "month").await;
        let team = sandbox.price("Team", 9000, "month").await;
        let support = sandbox.price("Support", 5000, "month").await;
        let bought = sandbox.subscribed(&pro).await;
        let path = format!("/v1/subscriptions/{}", text(&bought, "id"));
        let added =
            [("items[0][price]", support.as_str()), ("items[0][quantity]", "2"), ("proration_behavior", "none")];
        let subscription = sandbox.post(&path, &added).await;
        let form = [("from_subscription", text(&subscription, "id"))];
        let schedule = sandbox.post("/v1/subscription_schedules", &form).await;
        Self { sandbox, subscription, schedule, pro, team, support }
    }

    async fn now(&self) -> Value {
        self.sandbox.get(&format!("/v1/subscriptions/{}", text(&self.subscription, "id"))).await
    }

    fn path(&self) -> String {
        format!("/v1/subscription_schedules/{}", text(&self.schedule, "id"))
    }

    fn period_end(&self) -> i64 {
        self.subscription["items"]["data"][0]["current_period_end"].as_i64().unwrap()
    }

    /// Sets a second phase, to Team for three, after the current one.
    async fn change(&self, more: &[(&str, &str)]) -> Value {
        let (start, end) = (self.schedule["phases"][0]["start_date"].to_string(), self.period_end().to_string());
        let mut form = vec![
            ("phases[0][start_date]", start.as_str()),
            ("phases[0][end_date]", end.as_str()),
            ("phases[0][items][0][price]", self.pro.as_str()),
            ("phases[0][items][1][price]", self.support.as_str()),
            ("phases[0][items][1][quantity]", "2"),
            ("phases[1][items][0][price]", self.team.as_str()),
            ("phases[1][items][0][quantity]", "3"),
            ("phases[1][proration_behavior]", "none"),
        ];
        form.extend_from_slice(more);
        self.sandbox.post(&self.path(), &form).await
    }
}

fn items(subscription: &Value) -> Vec<(Value, Value)> {
    list(&subscription["items"]).iter().map(|item| (item["price"]["id"].clone(), item["quantity"].clone())).collect()
}

#[tokio::test]
async fn a_phase_begins_with_the_period_that_it_names() {
    let scene = Scene::start().await;
    assert_eq!((text(&scene.schedule, "status"), list_len(&scene.schedule["phases"][0]["items"])), ("active", 2));
    let changed = scene.change(&[("end_behavior", "release")]).await;
    assert_eq!((list_len(&changed["phases"]), &changed["phases"][1]["items"][0]["quantity"]), (2, &json!(3)));
    assert_eq!(scene.now().await["schedule"], scene.schedule["id"]);
    assert_eq!(items(&scene.now().await), [(json!(scene.pro), json!(1)), (json!(scene.support), json!(2))]);
    scene.sandbox.advance(32 * DAY).await;
    let now = scene.now().await;
    assert_eq!(items(&now), [(json!(scene.team), json!(3))]);
    let invoice = scene.sandbox.get(&format!("/v1/invoices/{}", text(&now, "latest_invoice"))).await;
    assert_eq!(invoice["amount_paid"], 27_000);
    scene.sandbox.advance(31 * DAY).await;
    assert_eq!(
        (&scene.now().await["schedule"], &scene.sandbox.get(&scene.path()).await["status"]),
        (&Value::Null, &json!("released"))
    );
}

#[tokio::test]
async fn a_phase_in_the_middle_of_a_period_is_prorated() {
    let scene = Scene::start().await;
    let (start, middle) =
        (scene.schedule["phases"][0]["start_date"].to_string(), (scene.period_end() - 15 * DAY).to_string());
    let form = [
        ("phases[0][start_date]", start.as_str()),
        ("phases[0][end_date]", middle.as_str()),
        ("phases[0][items][0][price]", scene.pro.as_str()),
        ("phases[0][items][1][price]", scene.support.as_str()),
        ("phases[0][items][1][quantity]", "2"),
        ("phases[1][items][0][price]", scene.pro.as_str()),
        ("phases[1][items][0][quantity]", "2"),
        ("phases[1][items][1][price]", scene.support.as_str()),
        ("phases[1][items][1][quantity]", "2"),
        ("phases[1][proration_behavior]", "always_invoice"),
    ];
    scene.sandbox.post(&scene.path(), &form).await;
    scene.sandbox.advance(20 * DAY).await;
    let now = scene.now().await;
    assert_eq!(items(&now), [(json!(scene.pro), json!(2)), (json!(scene.support), json!(2))]);
    let invoice = scene.sandbox.get(&format!("/v1/invoices/{}", text(&now, "latest_invoice"))).await;
    let lines = list(&invoice["lines"]);
    assert_eq!(lines.len(), 2, "only the item that changes is prorated");
    let amount = |line: &Value| line["amount"].as_i64().unwrap();
    assert!((amount(&lines[1]) + 2 * amount(&lines[0])).abs() <= 1, "two of Pro for one, each rounded");
}

#[tokio::test]
async fn a_schedule_that_ends_with_cancel_ends_the_subscription() {
    let scene = Scene::start().await;
    scene.change(&[("end_behavior", "cancel")]).await;
    assert!(scene.now().await["cancel_at"].as_i64().unwrap() > scene.period_end());
    scene.sandbox.advance(65 * DAY).await;
    assert_eq!(text(&scene.now().await, "status"), "canceled");
    assert_eq!(text(&scene.sandbox.get(&scene.path()).await, "status"), "completed");
}

#[tokio::test]
async fn a_schedule_is_released_or_canceled() {
    let scene = Scene::start().await;
    scene.change(&[]).await;
    let released = scene.sandbox.post(&format!("{}/release", scene.path()), &[]).await;
    assert_eq!((text(&released, "status"), &scene.now().await["schedule"]), ("released", &Value::Null));
    let (status, _) = scene.sandbox.refused(&format!("{}/cancel", scene.path()), &[]).await;
    assert_eq!(status, 400);
    let again = [("from_subscription", text(&scene.subscription, "id"))];
    let again = scene.sandbox.post("/v1/subscription_schedules", &again).await;
    let path = format!("/v1/subscription_schedules/{}/cancel", text(&again, "id"));
    let canceled = scene.sandbox.post(&path, &[("invoice_now", "false")]).await;
    assert_eq!((text(&canceled, "status"), text(&scene.now().await, "status")), ("canceled", "canceled"));
}

fn list_len(value: &Value) -> usize {
    value.as_array().map_or(0, Vec::len)
}
