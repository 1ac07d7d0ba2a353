//! The stand-in for Stripe, with an account set up for the catalog as `server stripe setup` does.

mod gate;
mod recorder;
mod signature;

use std::{net::SocketAddr, sync::Arc};

use axum::middleware;
use billing::payment::{
    price_map::PriceMap,
    stripe::{Stripe, StripeConfig},
};
use domain::{
    catalog::{Catalog, Cycle, file::default_catalog},
    time::{Clock, ShiftedClock, SystemClock},
};
use reqwest::{Client, Method, RequestBuilder, redirect::Policy};
use sandbox::{PlantedCall, Sandbox, SandboxConfig};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};
use url::Url;

use self::{
    gate::Gate,
    recorder::{Recorder, record},
};
use super::server::Setting;

pub(crate) use signature::{now_secs, signature};

const KEY: &str = "sk_test_integration";
/// More webhooks than any test causes.
const ALL: u32 = 10_000;

pub(crate) struct TestStripe {
    /// The proxy through which Dues calls the API.
    pub(crate) gate: Gate,
    /// The calls that Dues has made.
    pub(crate) calls: Recorder,
    sandbox: Sandbox,
    pub(crate) webhook_secret: String,
    prices: PriceMap,
    portal_configuration: String,
    url: String,
    client: Client,
    /// The stand-in's billing time.
    clock: Arc<ShiftedClock>,
    _running: DropGuard,
}

/// Pays on a hosted page as a browser does, and returns the redirect target. `browser` must not follow redirects.
pub(crate) async fn pay(browser: &Client, page: &str) -> String {
    pay_as(browser, page, "ada@acme.test", "Ada Acme").await
}

async fn pay_as(browser: &Client, page: &str, email: &str, name: &str) -> String {
    let shown = browser.get(page).send().await.unwrap();
    assert_eq!(shown.status(), 200);
    let card = [
        ("email", email),
        ("card_number", "4242 4242 4242 4242"),
        ("expiry", "12 / 44"),
        ("cvc", "123"),
        ("name", name),
    ];
    let answer = browser.post(page).form(&card).send().await.unwrap();
    assert_eq!(answer.status(), 303, "{page} takes the card");
    answer.headers()["location"].to_str().unwrap().to_owned()
}

impl TestStripe {
    pub(crate) async fn start() -> Self {
        Self::start_selling(default_catalog()).await
    }

    /// Like [`Self::start`], with an account that is set up for another catalog.
    pub(crate) async fn start_selling(catalog: Catalog) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let url = format!("http://{address}");
        let clock = Arc::new(ShiftedClock::default());
        let sandbox = Sandbox::open(SandboxConfig {
            data_dir: None,
            public_url: url.clone(),
            merchant: sandbox::DEFAULT_MERCHANT.to_owned(),
            firebase_project: sandbox::DEFAULT_FIREBASE_PROJECT.to_owned(),
            wall: Arc::new(SystemClock),
            billing: clock.clone(),
        })
        .unwrap();
        let running = CancellationToken::new();
        let (calls, shutdown) = (Recorder::default(), running.clone());
        let router = sandbox.router().layer(middleware::from_fn_with_state(calls.clone(), record));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let deliverer = sandbox.clone();
        tokio::spawn(async move { deliverer.run(shutdown).await });

        let config = StripeConfig {
            secret_key: KEY.to_owned().into(),
            webhook_secrets: Vec::new(),
            prices: PriceMap::default(),
            api_base: Some(url.parse().unwrap()),
            portal_configuration: None,
        };
        let app_url: Url = super::APP_URL.parse().unwrap();
        let webhook_url = app_url.join("webhooks/billing/stripe").unwrap();
        let stripe = Stripe::new(config, Arc::new(catalog)).unwrap();
        let report = stripe.setup(&app_url, &webhook_url).await.unwrap();
        Self {
            gate: Gate::before(address).await,
            calls,
            sandbox,
            webhook_secret: report.webhook_secret.unwrap().expose_secret().to_owned(),
            prices: report.prices,
            portal_configuration: report.portal_configuration,
            url,
            client: Client::builder().redirect(Policy::none()).build().unwrap(),
            clock,
            _running: running.drop_guard(),
        }
    }

    /// Returns the settings of a server whose provider is this stand-in.
    pub(crate) fn settings(&self) -> Vec<Setting> {
        vec![
            ("PAYMENT_PROVIDER", "stripe".to_owned()),
            ("STRIPE_SECRET_KEY", KEY.to_owned()),
            ("STRIPE_API_BASE", format!("http://{}/", self.gate.address)),
            ("ALLOW_SANDBOX", "1".to_owned()),
            ("STRIPE_PRICE_MAP", self.prices.to_json()),
            ("STRIPE_PORTAL_CONFIGURATION", self.portal_configuration.clone()),
            ("STRIPE_WEBHOOK_SECRET", self.webhook_secret.clone()),
        ]
    }

    /// Makes many objects at once, without HTTP and events. Returns them.
    pub(crate) async fn plant(&self, calls: Vec<PlantedCall>) -> Vec<Value> {
        self.sandbox.plant(KEY, calls).await.unwrap()
    }

    /// Returns the stand-in's base URL.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Sets the stand-in's billing time, in Unix seconds; the clock runs on from there.
    pub(crate) fn set_clock(&self, secs: i64) {
        self.clock.set_offset_secs(secs - SystemClock.now().as_secs());
    }

    /// Returns the id of the price that sells a plan monthly.
    pub(crate) fn price(&self, plan: &str) -> String {
        self.prices.price(&plan.parse().unwrap(), Cycle::Monthly).unwrap().to_owned()
    }

    /// Returns the id of the price that sells a seat of a plan monthly.
    pub(crate) fn seat_price(&self, plan: &str) -> String {
        self.prices.seat_price(&plan.parse().unwrap(), Cycle::Monthly).unwrap().to_owned()
    }

    /// Moves the webhook endpoints from the public address to the one on which the server listens.
    pub(crate) async fn send_webhooks_to(&self, address: SocketAddr) {
        let url = format!("http://{address}/webhooks/billing/stripe");
        for endpoint in self.list("/v1/webhook_endpoints").await {
            let path = format!("/v1/webhook_endpoints/{}", endpoint["id"].as_str().unwrap());
            self.call(self.request(Method::POST, &path).form(&[("url", &url)])).await;
        }
    }

    /// Drops every later webhook.
    pub(crate) async fn drop_webhooks(&self) {
        self.press("/deliveries/drop", &json!({ "count": ALL })).await;
    }

    /// Makes every later charge to the only customer fail if `on` is true, and succeed otherwise.
    pub(crate) async fn set_payments_fail(&self, on: bool) {
        let customer = self.list("/v1/customers").await[0]["id"].as_str().unwrap().to_owned();
        self.press(&format!("/customers/{customer}/fail_payments"), &json!({ "on": on })).await;
    }

    /// Posts to a control of the stand-in.
    pub(crate) async fn press(&self, path: &str, body: &Value) {
        self.call(self.client.post(format!("{}{path}", self.url)).json(body)).await;
    }

    /// Pays on a hosted page and returns the redirect target.
    pub(crate) async fn pay(&self, page: &str) -> String {
        pay(&self.client, page).await
    }

    /// Submits a form of a hosted page and returns the status.
    pub(crate) async fn submit(&self, page: &str, form: &[(&str, String)]) -> u16 {
        self.client.post(page).form(form).send().await.unwrap().status().as_u16()
    }

    /// Like [`Self::pay`], with this email and name.
    pub(crate) async fn pay_as(&self, page: &str, email: &str, name: &str) -> String {
        pay_as(&self.client, page, email, name).await
    }

    /// Returns the status of a hosted page.
    pub(crate) async fn page(&self, page: &str) -> u16 {
        self.client.get(page).send().await.unwrap().status().as_u16()
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        self.call(self.request(Method::GET, path)).await
    }

    pub(crate) async fn list(&self, path: &str) -> Vec<Value> {
        let mut list = self.get(path).await;
        serde_json::from_value(list["data"].take()).unwrap()
    }

    /// Returns the checkout sessions that can still be paid.
    pub(crate) async fn open_sessions(&self) -> Vec<Value> {
        let mut sessions = self.list("/v1/checkout/sessions?limit=100").await;
        sessions.retain(|session| session["status"] == "open");
        sessions
    }

    /// Ends a subscription at once, as in the provider's dashboard.
    pub(crate) async fn cancel(&self, subscription: &str) {
        self.call(self.request(Method::DELETE, &format!("/v1/subscriptions/{subscription}"))).await;
    }

    pub(crate) async fn delete_customer(&self, customer: &str) {
        self.call(self.request(Method::DELETE, &format!("/v1/customers/{customer}"))).await;
    }

    pub(crate) async fn post(&self, path: &str, form: &[(&str, &str)]) -> Value {
        self.call(self.request(Method::POST, path).form(form)).await
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url)).bearer_auth(KEY)
    }

    async fn call(&self, request: RequestBuilder) -> Value {
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let body = answer.text().await.unwrap();
        assert!(status.is_success(), "the stand-in answered {status}: {body}");
        serde_json::from_str(&body).unwrap()
    }
}
