//! A sandbox on an ephemeral port, driven over HTTP.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Router, body::Bytes, extract::State, http::HeaderMap, http::StatusCode, routing::post};
use domain::time::{ShiftedClock, SystemClock};
use reqwest::{Client, RequestBuilder, Response, header};
use sandbox::{Sandbox, SandboxConfig};
use serde_json::Value;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

pub const KEY: &str = "sk_test_sandbox";
pub const DAY: i64 = 86_400;

pub struct TestSandbox {
    pub url: String,
    pub client: Client,
    pub billing: Arc<ShiftedClock>,
    pub sandbox: Sandbox,
    stop: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
}

impl TestSandbox {
    pub async fn start() -> Self {
        Self::start_in(None).await
    }

    pub async fn start_in(data_dir: Option<PathBuf>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let billing = Arc::new(ShiftedClock::new(0));
        let sandbox = Sandbox::open(SandboxConfig {
            data_dir,
            public_url: url.clone(),
            merchant: sandbox::DEFAULT_MERCHANT.to_owned(),
            firebase_project: sandbox::DEFAULT_FIREBASE_PROJECT.to_owned(),
            wall: Arc::new(SystemClock),
            billing: Arc::clone(&billing),
        })
        .unwrap();
        let stop = CancellationToken::new();
        let router = sandbox.router();
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let running = tokio::spawn({
            let (sandbox, stop) = (sandbox.clone(), stop.clone());
            async move { sandbox.run(stop).await }
        });
        let client = Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { url, client, billing, sandbox, stop, tasks: vec![serving, running] }
    }

    /// Aborts the server as `kill -9` would, without flushing.
    pub async fn kill(self) {
        for task in self.tasks {
            task.abort();
            let _ = task.await;
        }
        // A blocking task in progress keeps the data folder locked until the task ends.
        tokio::time::sleep(Duration::from_millis(100)).await;
    }

    pub async fn stop(self) {
        self.stop.cancel();
        let mut tasks = self.tasks.into_iter();
        let serving = tasks.next().unwrap();
        for running in tasks {
            running.await.unwrap();
        }
        serving.abort();
        let _ = serving.await;
    }

    fn full(&self, path: &str) -> String {
        if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.url) }
    }

    pub fn request(&self, method: reqwest::Method, path: &str) -> RequestBuilder {
        self.client.request(method, self.full(path)).bearer_auth(KEY)
    }

    /// Makes an API call that must succeed.
    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> Value {
        answered(self.request(reqwest::Method::POST, path).form(form).send().await.unwrap()).await
    }

    pub async fn get(&self, path: &str) -> Value {
        answered(self.request(reqwest::Method::GET, path).send().await.unwrap()).await
    }

    pub async fn delete(&self, path: &str) -> Value {
        answered(self.request(reqwest::Method::DELETE, path).send().await.unwrap()).await
    }

    /// Makes an API call that must fail, and returns its status and error object.
    pub async fn refused(&self, path: &str, form: &[(&str, &str)]) -> (u16, Value) {
        refusal(self.request(reqwest::Method::POST, path).form(form).send().await.unwrap()).await
    }

    pub async fn advance(&self, secs: i64) {
        answered(
            self.client
                .post(self.full("/clock"))
                .json(&serde_json::json!({ "advance_secs": secs }))
                .send()
                .await
                .unwrap(),
        )
        .await;
    }

    /// Posts a form to a hosted page, as a browser without JavaScript does.
    pub async fn submit<V: AsRef<str>>(&self, page: &str, form: &[(&str, V)]) -> Response {
        self.client
            .post(self.full(page))
            .header("accept", "text/html")
            .form(&form.iter().map(|(name, value)| (*name, value.as_ref())).collect::<Vec<_>>())
            .send()
            .await
            .unwrap()
    }

    /// Creates a product with a price of `amount` cents, and returns the price's id.
    pub async fn price(&self, name: &str, amount: i64, interval: &str) -> String {
        let product = self.post("/v1/products", &[("name", name)]).await;
        let price = self
            .post(
                "/v1/prices",
                &[
                    ("product", text(&product, "id")),
                    ("currency", "usd"),
                    ("unit_amount", &amount.to_string()),
                    ("recurring[interval]", interval),
                ],
            )
            .await;
        text(&price, "id").to_owned()
    }

    pub async fn session(&self, price: &str, more: &[(&str, &str)]) -> Value {
        let mut form = vec![
            ("mode", "subscription"),
            ("line_items[0][price]", price),
            ("line_items[0][quantity]", "1"),
            ("success_url", "http://shop.test/paid?session={CHECKOUT_SESSION_ID}"),
            ("cancel_url", "http://shop.test/back"),
        ];
        form.extend_from_slice(more);
        self.post("/v1/checkout/sessions", &form).await
    }

    /// Buys `price` with a card on the hosted page, and returns the session afterwards.
    pub async fn buy(&self, price: &str, more: &[(&str, &str)], card: &str) -> Value {
        let session = self.session(price, more).await;
        let paid = self.submit(text(&session, "url"), &card_form(card)).await;
        assert_eq!(paid.status(), 303, "{}", paid.text().await.unwrap());
        self.get(&format!("/v1/checkout/sessions/{}", text(&session, "id"))).await
    }

    /// Creates an active subscription to `price`.
    pub async fn subscribed(&self, price: &str) -> Value {
        let session = self.buy(price, &[], "4242 4242 4242 4242").await;
        self.get(&format!("/v1/subscriptions/{}", text(&session, "subscription"))).await
    }

    pub async fn events(&self) -> Vec<String> {
        let events = self.get("/v1/events?limit=100").await;
        let mut kinds: Vec<_> = list(&events).iter().map(|event| text(event, "type").to_owned()).collect();
        kinds.reverse();
        kinds
    }

    pub async fn deliveries(&self) -> Vec<Value> {
        let mut all = list_of(&answered(self.client.get(self.full("/deliveries")).send().await.unwrap()).await);
        all.reverse();
        all
    }

    /// Calls one of the board's switches as a program does: with JSON in the request and in the answer.
    pub async fn press(&self, path: &str, body: Value) -> Value {
        answered(self.client.post(self.full(path)).json(&body).send().await.unwrap()).await
    }
}

pub fn card_form(number: &str) -> Vec<(&'static str, String)> {
    vec![
        ("email", "owner@acme.test".to_owned()),
        ("card_number", number.to_owned()),
        ("expiry", "12 / 34".to_owned()),
        ("cvc", "123".to_owned()),
        ("name", "Acme Robotics".to_owned()),
    ]
}

pub async fn answered(response: Response) -> Value {
    let status = response.status();
    let body = response.text().await.unwrap();
    assert!(status.is_success(), "{status}: {body}");
    serde_json::from_str(&body).unwrap()
}

pub async fn refusal(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    assert!((400..500).contains(&status), "{status}");
    let kind = response.headers().get(header::CONTENT_TYPE).unwrap().to_str().unwrap().to_owned();
    assert_eq!(kind, "application/json");
    let body: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
    let error = body.get("error").cloned().expect("Stripe's error object");
    assert!(!text(&error, "type").is_empty() && !text(&error, "message").is_empty(), "{error}");
    (status, error)
}

pub fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_else(|| panic!("no text {name} in {value}"))
}

pub fn list(value: &Value) -> &Vec<Value> {
    value["data"].as_array().expect("a list object")
}

pub fn list_of(value: &Value) -> Vec<Value> {
    value.as_array().cloned().expect("an array")
}

/// A webhook receiver that records requests and answers with configured statuses.
pub struct Receiver {
    pub url: String,
    shared: Arc<Mutex<Received>>,
}

struct Received {
    all: Vec<(HeaderMap, String)>,
    answers: Vec<u16>,
}

impl Receiver {
    pub async fn start() -> Self {
        Self::answering(Vec::new()).await
    }

    /// Answers with these statuses in order, then with 200.
    pub async fn answering(answers: Vec<u16>) -> Self {
        let shared = Arc::new(Mutex::new(Received { all: Vec::new(), answers }));
        let router = Router::new().route("/hook", post(receive)).with_state(Arc::clone(&shared));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, shared }
    }

    pub fn received(&self) -> Vec<(HeaderMap, String)> {
        self.shared.lock().unwrap().all.clone()
    }

    pub fn kinds(&self) -> Vec<String> {
        let kind = |body: &String| text(&serde_json::from_str::<Value>(body).unwrap(), "type").to_owned();
        self.received().iter().map(|(_, body)| kind(body)).collect()
    }

    pub async fn wait_for(&self, count: usize) -> Vec<(HeaderMap, String)> {
        for _ in 0..400 {
            if self.received().len() >= count {
                return self.received();
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("{count} webhooks expected, got {:?}", self.kinds());
    }
}

async fn receive(State(shared): State<Arc<Mutex<Received>>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let mut shared = shared.lock().unwrap();
    shared.all.push((headers, String::from_utf8(body.to_vec()).unwrap()));
    if shared.answers.is_empty() { StatusCode::OK } else { StatusCode::from_u16(shared.answers.remove(0)).unwrap() }
}

pub async fn endpoint(sandbox: &TestSandbox, url: &str, events: &[&str]) -> Value {
    let names: Vec<_> = (0..events.len()).map(|at| format!("enabled_events[{at}]")).collect();
    let mut form = vec![("url", url)];
    form.extend(names.iter().map(String::as_str).zip(events.iter().copied()));
    sandbox.post("/v1/webhook_endpoints", &form).await
}
