//! The hosted customer portal, through its forms and links.

use crate::harness::{TestSandbox, card_form, list, text};
use serde_json::Value;

/// A subscription to the plan Pro, a portal configuration that allows a change to Team, and the id of Team's price.
struct Scene {
    sandbox: TestSandbox,
    subscription: Value,
    team: String,
    configuration: String,
}

impl Scene {
    async fn start() -> Self {
        let sandbox = TestSandbox::start().await;
        let pro = sandbox.price("Pro", 2900, "month").await;
        let team = sandbox.price("Team", 9900, "month").await;
        let subscription = sandbox.subscribed(&pro).await;
        let product = async |id: &str| text(&sandbox.get(&format!("/v1/prices/{id}")).await, "product").to_owned();
        let configuration = sandbox
            .post(
                "/v1/billing_portal/configurations",
                &[
                    ("features[subscription_update][enabled]", "true"),
                    ("features[subscription_update][default_allowed_updates][]", "price"),
                    ("features[subscription_update][proration_behavior]", "always_invoice"),
                    ("features[subscription_update][products][0][product]", &product(&pro).await),
                    ("features[subscription_update][products][0][prices][]", &pro),
                    ("features[subscription_update][products][1][product]", &product(&team).await),
                    ("features[subscription_update][products][1][prices][]", &team),
                    ("features[subscription_cancel][enabled]", "true"),
                    ("features[payment_method_update][enabled]", "true"),
                    ("features[invoice_history][enabled]", "true"),
                ],
            )
            .await;
        let configuration = text(&configuration, "id").to_owned();
        Self { sandbox, subscription, team, configuration }
    }

    fn id(&self) -> &str {
        text(&self.subscription, "id")
    }

    async fn now(&self) -> Value {
        self.sandbox.get(&format!("/v1/subscriptions/{}", self.id())).await
    }

    async fn portal(&self, more: &[(&str, &str)]) -> String {
        let mut form = vec![
            ("customer", text(&self.subscription, "customer")),
            ("configuration", &self.configuration),
            ("return_url", "http://shop.test/membership"),
        ];
        form.extend_from_slice(more);
        text(&self.sandbox.post("/v1/billing_portal/sessions", &form).await, "url").to_owned()
    }

    async fn page(&self, url: &str) -> String {
        let page = self.sandbox.client.get(url).send().await.unwrap();
        assert_eq!(page.status(), 200, "{url}");
        page.text().await.unwrap()
    }

    fn wanted(&self) -> [(&'static str, String); 4] {
        let item = text(&self.subscription["items"]["data"][0], "id").to_owned();
        [
            ("subscription", self.id().to_owned()),
            ("item", item),
            ("price", self.team.clone()),
            ("quantity", "1".to_owned()),
        ]
    }

    async fn confirm_flow(&self) -> String {
        let [_, (_, item), ..] = self.wanted();
        self.portal(&[
            ("flow_data[type]", "subscription_update_confirm"),
            ("flow_data[subscription_update_confirm][subscription]", self.id()),
            ("flow_data[subscription_update_confirm][items][0][id]", &item),
            ("flow_data[subscription_update_confirm][items][0][price]", &self.team),
            ("flow_data[subscription_update_confirm][items][0][quantity]", "1"),
            ("flow_data[after_completion][type]", "redirect"),
            ("flow_data[after_completion][redirect][return_url]", "http://shop.test/done"),
        ])
        .await
    }
}

#[tokio::test]
async fn a_change_shows_its_amount_and_is_charged_once() {
    let scene = Scene::start().await;
    scene.sandbox.advance(10 * crate::harness::DAY).await;
    let url = scene.confirm_flow().await;
    let html = scene.page(&url).await;
    assert!(
        html.contains("From Pro to Team.") && html.contains("Remaining time on Team") && html.contains("−$"),
        "{html}"
    );
    assert_eq!(scene.now().await["items"]["data"][0]["price"]["unit_amount"], 2900);

    for _ in 0..2 {
        let done = scene.sandbox.submit(&format!("{url}/change"), &scene.wanted()).await;
        assert_eq!(done.status(), 303);
        let led = done.headers()["location"].to_str().unwrap().to_owned();
        assert!(led == "http://shop.test/done" || url.ends_with(&led), "{led}");
    }
    assert_eq!(scene.now().await["items"]["data"][0]["price"]["unit_amount"], 9900);
    let invoices = scene.sandbox.get("/v1/invoices").await;
    assert_eq!(list(&invoices).len(), 2);
    let change = &list(&invoices)[0];
    assert_eq!((text(change, "billing_reason"), text(change, "status")), ("subscription_update", "paid"));
    assert_eq!(change["lines"]["data"][0]["parent"]["subscription_item_details"]["proration"], true);
    assert!(html.contains(&format!(
        "${}.{:02}",
        change["total"].as_i64().unwrap() / 100,
        change["total"].as_i64().unwrap() % 100
    )));
}

#[tokio::test]
async fn a_change_with_a_declined_charge_changes_nothing() {
    let scene = Scene::start().await;
    let customer = text(&scene.subscription, "customer");
    scene.sandbox.press(&format!("/customers/{customer}/fail_payments"), serde_json::json!({"on": true})).await;
    let url = scene.confirm_flow().await;
    let refused = scene.sandbox.submit(&format!("{url}/change"), &scene.wanted()).await;
    assert_eq!(refused.status(), 402);
    assert!(refused.text().await.unwrap().contains("Your card was declined."));
    assert_eq!(scene.now().await["items"]["data"][0]["price"]["unit_amount"], 2900);
}

#[tokio::test]
async fn a_cancellation_takes_effect_at_the_periods_end_and_can_be_withdrawn() {
    let scene = Scene::start().await;
    let url = scene
        .portal(&[
            ("flow_data[type]", "subscription_cancel"),
            ("flow_data[subscription_cancel][subscription]", scene.id()),
            ("flow_data[after_completion][type]", "redirect"),
            ("flow_data[after_completion][redirect][return_url]", "http://shop.test/membership"),
        ])
        .await;
    assert!(scene.page(&url).await.contains("Cancel Pro"));
    let done = scene.sandbox.submit(&format!("{url}/cancel"), &[("subscription", scene.id())]).await;
    assert_eq!(done.headers()["location"], "http://shop.test/membership");
    let now = scene.now().await;
    assert_eq!((text(&now, "status"), &now["cancel_at_period_end"]), ("active", &Value::from(true)));
    assert_eq!(now["cancel_at"], now["items"]["data"][0]["current_period_end"]);

    assert!(scene.page(&url).await.contains("Keep Pro"));
    scene.sandbox.submit(&format!("{url}/resume"), &[("subscription", scene.id())]).await;
    assert_eq!(scene.now().await["cancel_at_period_end"], false);

    scene.sandbox.submit(&format!("{url}/cancel"), &[("subscription", scene.id())]).await;
    scene.sandbox.advance(32 * crate::harness::DAY).await;
    assert_eq!(text(&scene.now().await, "status"), "canceled");
    assert!(scene.sandbox.events().await.contains(&"customer.subscription.deleted".to_owned()));
    assert!(scene.page(&url).await.contains("No running subscription"));
}

#[tokio::test]
async fn a_new_card_becomes_the_default() {
    let scene = Scene::start().await;
    let url = scene.portal(&[("flow_data[type]", "payment_method_update")]).await;
    assert!(scene.page(&url).await.contains("Use another card."));
    let declined = scene.sandbox.submit(&format!("{url}/card"), &card_form("4000000000000002")).await;
    assert_eq!(declined.status(), 402);
    let saved = scene.sandbox.submit(&format!("{url}/card"), &card_form("4000000000000341")).await;
    assert_eq!(saved.status(), 303);
    assert!(scene.page(&url).await.contains("Visa ending in 0341"));
    scene.sandbox.advance(32 * crate::harness::DAY).await;
    assert_eq!(text(&scene.now().await, "status"), "past_due");

    let html = scene.page(&url).await;
    assert!(html.contains("The payment of $29.00 was declined"));
    scene.sandbox.submit(&format!("{url}/card"), &card_form("4242424242424242")).await;
    let open = scene.sandbox.get("/v1/invoices?status=open").await;
    let hosted = text(&list(&open)[0], "hosted_invoice_url").to_owned();
    assert_eq!(scene.sandbox.submit::<&str>(&format!("{hosted}/pay"), &[]).await.status(), 303);
    assert_eq!(text(&scene.now().await, "status"), "active");
    assert!(scene.page(&hosted).await.contains("Paid"));
}

#[tokio::test]
async fn the_front_page_offers_what_the_configuration_allows() {
    let scene = Scene::start().await;
    let url = scene.portal(&[]).await;
    let html = scene.page(&url).await;
    for shown in
        ["$29.00 a month", "Team", "Cancel Pro", "Visa ending in 4242", "Back to Dues", "http://shop.test/membership"]
    {
        assert!(html.contains(shown), "{shown}");
    }
    let plain =
        scene.sandbox.post("/v1/billing_portal/sessions", &[("customer", text(&scene.subscription, "customer"))]).await;
    let html = scene.page(text(&plain, "url")).await;
    assert!(!html.contains("Change the plan") && html.contains("Cancel Pro"));
    let refused = scene.sandbox.submit(&format!("{}/change", text(&plain, "url")), &scene.wanted()).await;
    assert_eq!(refused.status(), 400);
}

#[tokio::test]
async fn flows_are_validated_on_creation() {
    let scene = Scene::start().await;
    let customer = text(&scene.subscription, "customer");
    let base = [("customer", customer), ("configuration", scene.configuration.as_str())];
    let with = |more: &[(&'static str, &'static str)]| base.into_iter().chain(more.iter().copied()).collect::<Vec<_>>();
    for (form, param) in [
        (with(&[("flow_data[type]", "dance")]), "flow_data[type]"),
        (with(&[("flow_data[type]", "subscription_cancel")]), "flow_data[subscription_cancel]"),
        (
            with(&[
                ("flow_data[type]", "subscription_cancel"),
                ("flow_data[subscription_cancel][subscription]", "sub_none"),
            ]),
            "flow_data[subscription_cancel][subscription]",
        ),
        (with(&[("return_url", "javascript:alert(1)")]), "return_url"),
    ] {
        let (status, error) = scene.sandbox.refused("/v1/billing_portal/sessions", &form).await;
        assert_eq!((status, text(&error, "param")), (400, param));
    }
}
