//! The stand-in for Polar, with an account set up for the catalog as `server polar setup` does.

use std::{net::SocketAddr, sync::Arc};

use aws_lc_rs::hmac;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use billing::{
    payment::{
        polar::{Polar, PolarConfig},
        price_map::PriceMap,
    },
    store::webhook::inbox::EventState,
};
use domain::{
    catalog::{
        Catalog, Cycle,
        file::{default_catalog, parse},
    },
    subscription::Provider,
};
use reqwest::{Client, redirect::Policy};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tempfile::NamedTempFile;

use super::{Engine, Host, TestApp, TestDatabase, TestStripe, server::Setting};

const KEY: &str = "polar_oat_integration";

pub(crate) struct TestPolar {
    pub(crate) webhook_secret: String,
    products: PriceMap,
    url: String,
    client: Client,
}

/// Returns the Standard Webhooks headers of `body`, signed with `key` at `secs` in Unix time.
pub(crate) fn standard_headers(key: &[u8], id: &str, secs: i64, body: &str) -> [(&'static str, String); 3] {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    let tag = hmac::sign(&key, format!("{id}.{secs}.{body}").as_bytes());
    [
        ("webhook-id", id.to_owned()),
        ("webhook-timestamp", secs.to_string()),
        ("webhook-signature", format!("v1,{}", BASE64_STANDARD.encode(tag))),
    ]
}

impl TestApp {
    /// Returns the state of an event of Polar; `None` if it was never stored.
    pub(crate) async fn polar_event(&self, id: &str) -> Option<EventState> {
        let mut reader = self.database.store.read().await.unwrap();
        reader.connection().find_event(Provider::Polar, id).await.unwrap().map(|(_, state)| state)
    }
}

impl TestPolar {
    /// Starts a server whose payment provider is Polar.
    pub(crate) async fn start(engine: Engine) -> (TestApp, Self) {
        Self::start_with(engine, Vec::new()).await
    }

    pub(crate) async fn start_with(engine: Engine, more: Vec<Setting>) -> (TestApp, Self) {
        Self::start_in(Host::TestProcess, engine, more).await
    }

    /// Starts a server that sells the plans of another catalog than the built-in one at Polar.
    pub(crate) async fn start_selling(engine: Engine, catalog: &str) -> (TestApp, Self) {
        // The server reads the file while it starts.
        let file = NamedTempFile::new().unwrap();
        std::fs::write(&file, catalog).unwrap();
        let path = file.path().to_str().unwrap().to_owned();
        let sold = parse(catalog).unwrap();
        Self::start_with_catalog(Host::TestProcess, engine, vec![("CATALOG", path)], sold).await
    }

    pub(crate) async fn start_in(host: Host, engine: Engine, more: Vec<Setting>) -> (TestApp, Self) {
        Self::start_with_catalog(host, engine, more, default_catalog()).await
    }

    async fn start_with_catalog(host: Host, engine: Engine, more: Vec<Setting>, catalog: Catalog) -> (TestApp, Self) {
        let (database, stripe) = tokio::join!(TestDatabase::new(engine), TestStripe::start());
        let url = stripe.url().to_owned();
        let base = |origin: &str| format!("{origin}/polar");
        let config = PolarConfig {
            api_key: KEY.to_owned().into(),
            organization: None,
            webhook_secrets: Vec::new(),
            products: PriceMap::default(),
            api_base: Some(base(&url).parse().unwrap()),
        };
        let webhook_url = format!("{}/billing/webhook/polar", super::APP_URL).parse().unwrap();
        let polar = Polar::new(config, Arc::new(catalog)).unwrap();
        let report = polar.setup(&webhook_url).await.unwrap();
        let polar = Self {
            webhook_secret: report.webhook_secret.unwrap().expose_secret().to_owned(),
            products: report.products,
            url,
            client: Client::builder().redirect(Policy::none()).build().unwrap(),
        };
        let mut settings = vec![
            ("PAYMENT_PROVIDER", "polar".to_owned()),
            ("POLAR_API_KEY", KEY.to_owned()),
            // Calls go through the gate, so that tests can cut Polar off.
            ("POLAR_API_BASE", base(&format!("http://{}", stripe.gate.address))),
            ("POLAR_PRODUCT_MAP", polar.products.to_json()),
            ("POLAR_WEBHOOK_SECRET", polar.webhook_secret.clone()),
        ];
        settings.extend(more);
        let app = TestApp::over(host, database, stripe, settings).await;
        polar.send_webhooks_to(app.server.address).await;
        (app, polar)
    }

    /// Returns the id of the product that sells a plan monthly.
    pub(crate) fn product(&self, plan: &str) -> &str {
        self.products.price(&plan.parse().unwrap(), Cycle::Monthly).unwrap()
    }

    async fn send_webhooks_to(&self, address: SocketAddr) {
        for endpoint in self.list("webhooks/endpoints").await {
            let path = format!("{}/polar/v1/webhooks/endpoints/{}", self.url, endpoint["id"].as_str().unwrap());
            let body = json!({ "url": format!("http://{address}/billing/webhook/polar") });
            let moved = self.client.patch(path).bearer_auth(KEY).json(&body).send().await.unwrap();
            assert_eq!(moved.status(), 200);
        }
    }

    pub(crate) async fn list(&self, path: &str) -> Vec<Value> {
        let address = format!("{}/polar/v1/{path}", self.url);
        let answer = self.client.get(address).bearer_auth(KEY).send().await.unwrap();
        let mut list: Value = answer.json().await.unwrap();
        serde_json::from_value(list["items"].take()).unwrap()
    }

    /// Ends a subscription at once, as in the provider's dashboard.
    pub(crate) async fn revoke(&self, subscription: &str) {
        let address = format!("{}/polar/v1/subscriptions/{subscription}", self.url);
        assert_eq!(self.client.delete(address).bearer_auth(KEY).send().await.unwrap().status(), 200);
    }

    /// Deletes a customer at Polar.
    pub(crate) async fn delete_customer(&self, customer: &str) {
        let address = format!("{}/polar/v1/customers/{customer}", self.url);
        assert_eq!(self.client.delete(address).bearer_auth(KEY).send().await.unwrap().status(), 204);
    }

    /// Limits Dues' token to `scopes`; `None` allows everything.
    pub(crate) async fn limit_token_scopes(&self, scopes: Option<&str>) {
        let mut body = json!({ "token": KEY });
        if let Some(scopes) = scopes {
            body["scopes"] = scopes.into();
        }
        let answer = self.client.post(format!("{}/polar/tokens", self.url)).json(&body).send().await.unwrap();
        assert_eq!(answer.status(), 200);
    }

    /// Changes an object at Polar, as in its dashboard.
    pub(crate) async fn patch(&self, path: &str, body: &Value) {
        let address = format!("{}/polar/v1/{path}", self.url);
        assert_eq!(self.client.patch(address).bearer_auth(KEY).json(body).send().await.unwrap().status(), 200);
    }

    /// Makes an object at Polar, as in its dashboard.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Value {
        let address = format!("{}/polar/v1/{path}", self.url);
        let answer = self.client.post(address).bearer_auth(KEY).json(body).send().await.unwrap();
        let (status, body) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{path}: {status}: {body}");
        serde_json::from_str(&body).unwrap()
    }

    /// Submits a form of a hosted page and returns the status.
    pub(crate) async fn submit(&self, page: &str, form: &[(&str, &str)]) -> u16 {
        self.client.post(page).form(form).send().await.unwrap().status().as_u16()
    }

    /// Makes every later charge to the only customer fail if `on` is true, and succeed otherwise.
    pub(crate) async fn set_payments_fail(&self, on: bool) {
        let customer = self.list("customers/").await[0]["id"].as_str().unwrap().to_owned();
        let address = format!("{}/customers/{customer}/fail_payments", self.url);
        assert_eq!(self.client.post(address).json(&json!({ "on": on })).send().await.unwrap().status(), 200);
    }

    pub(crate) async fn advance(&self, days: i64) {
        let body = json!({ "advance_secs": days * 86_400 });
        let moved = self.client.post(format!("{}/clock", self.url)).json(&body).send().await.unwrap();
        assert_eq!(moved.status(), 200);
    }
}
